#include "weir/kpi/totals.h"

#include <algorithm>

#include "weir/model/money_codec.h"

namespace weir {

Contribution::Contribution(const SessionFacts& session, const FunnelSet& funnels)
    : revenue_(session.revenue), column_count_(funnels.column_count()), dwell_known_(session.dwell_known) {
  const auto count = [&](Part part, std::int64_t amount) { parts_[static_cast<std::size_t>(part)] = amount; };
  count(Part::kSessions, 1);
  count(Part::kLandedSessions, session.landed);
  count(Part::kBouncedSessions, session.bounced);
  count(Part::kEngagedSessions, session.engaged);
  count(Part::kConvertedSessions, session.converted);
  count(Part::kPageViews, session.page_views);
  count(Part::kOrders, session.orders);
  count(session.dwell_known ? Part::kDwellKnownSessions : Part::kDwellUnknownSessions, 1);
  if (session.dwell_known) {
    count(Part::kDwellMs, session.dwell_ms);
    dwell_bin_ = DwellHistogram::bin_of(session.dwell_ms);
  }
  for (std::size_t f = 0; f < funnels.size(); ++f) {
    const FunnelProgress progress = session.funnels[f];
    if (progress.reached == 0) continue;
    columns_[entered_++] = static_cast<std::uint16_t>(funnels.column(f, progress.reached, progress.cause));
  }
}

void Totals::add(const Contribution& session, int sign) {
  for (std::size_t i = 0; i < kPartCount; ++i) parts_[i] += sign < 0 ? -session.parts_[i] : session.parts_[i];
  if (session.dwell_known_) dwell_.add_one(session.dwell_bin_, sign);
  for (const Money& money : session.revenue_) add_money({money.currency, sign * money.nanos});
  if (session.entered_ == 0) return;
  if (funnel_columns_.empty()) funnel_columns_.resize(session.column_count_);
  for (std::size_t i = 0; i < session.entered_; ++i) funnel_columns_[session.columns_[i]] += sign;
}

void Totals::add_money(Money money) {
  const auto find = [&](Currency currency) {
    return std::find_if(revenue_.begin(), revenue_.end(), [&](const Money& m) { return m.currency == currency; });
  };
  auto place = find(money.currency);
  if (place == revenue_.end() && revenue_.size() >= kMaxCurrencies) {
    money.currency = kNoCurrency;
    place = find(kNoCurrency);
  }
  if (place == revenue_.end()) {
    revenue_.push_back(money);
  } else {
    place->nanos += money.nanos;
  }
}

void Totals::merge(const Totals& other, int sign) {
  for (std::size_t i = 0; i < kPartCount; ++i) parts_[i] += sign * other.parts_[i];
  for (const Money& money : other.revenue_) add_money({money.currency, sign * money.nanos});
  if (!other.funnel_columns_.empty()) {
    funnel_columns_.resize(std::max(funnel_columns_.size(), other.funnel_columns_.size()));
    for (std::size_t i = 0; i < other.funnel_columns_.size(); ++i) {
      funnel_columns_[i] += sign * other.funnel_columns_[i];
    }
  }
  dwell_.merge(other.dwell_, sign);
}

void Totals::clear() {
  parts_.fill(0);
  revenue_.clear();
  funnel_columns_.clear();
  dwell_.clear();
}

void Totals::save(ByteWriter& writer) const {
  for (const std::int64_t part : parts_) writer.signed_number(part);
  writer.number(revenue_.size());
  for (const Money& money : revenue_) save_money(money, writer);
  writer.number(funnel_columns_.size());
  for (const std::int64_t sessions : funnel_columns_) writer.signed_number(sessions);
  dwell_.save(writer);
}

bool Totals::load(ByteReader& reader, const FunnelSet& funnels) {
  clear();
  for (std::int64_t& part : parts_) part = reader.sum();
  for (std::size_t left = reader.count(kLeastMoneyBytes); left > 0; --left) add_money(load_money(reader));
  funnel_columns_.resize(reader.count(1));
  for (std::int64_t& sessions : funnel_columns_) sessions = reader.sum();
  if (!funnel_columns_.empty() && funnel_columns_.size() != funnels.column_count()) return reader.fail();
  return dwell_.load(reader);
}

void Totals::keep_currencies(std::span<const Currency> kept) {
  const auto apart = [&](const Money& money) {
    return money.currency == kNoCurrency || std::find(kept.begin(), kept.end(), money.currency) != kept.end();
  };
  const auto first = std::stable_partition(revenue_.begin(), revenue_.end(), apart);
  const std::vector<Money> rest(first, revenue_.end());
  revenue_.erase(first, revenue_.end());
  for (const Money& money : rest) add_money({kNoCurrency, money.nanos});
}

std::int64_t Totals::funnel_reached(const FunnelSet& funnels, std::size_t funnel, std::size_t step) const {
  if (funnel_columns_.empty()) return 0;
  std::int64_t sessions = 0;
  for (std::size_t reached = step; reached <= funnels.funnels()[funnel].steps.size(); ++reached) {
    for (std::size_t cause = 0; cause < kLeakCauseCount; ++cause) {
      sessions += funnel_columns_[funnels.column(funnel, reached, static_cast<LeakCause>(cause))];
    }
  }
  return sessions;
}

std::int64_t Totals::funnel_leaked(const FunnelSet& funnels, std::size_t funnel, std::size_t step,
                                   LeakCause cause) const {
  const bool last = step == funnels.funnels()[funnel].steps.size();
  if (funnel_columns_.empty() || last) return 0;
  return funnel_columns_[funnels.column(funnel, step, cause)];
}

}  // namespace weir
