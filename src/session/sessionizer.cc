#include "weir/session/sessionizer.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "weir/core/check.h"

namespace weir {
namespace {

constexpr TimeMs kDayMs = 24 * 60 * 60 * 1000;
constexpr std::size_t kRelievedShare = 64;    // of open sessions are closed at a time when memory is short
constexpr std::size_t kUnusedShare = 8;       // of the slots are worth giving back
constexpr std::uint32_t kEngagedMs = 10'000;  // GA4: ten seconds engaged make an engaged session

std::uint32_t saturating_add(std::uint32_t sum, double amount) {
  const double total = sum + amount;
  constexpr auto kMost = std::numeric_limits<std::uint32_t>::max();
  return total >= kMost ? kMost : static_cast<std::uint32_t>(total);
}

}  // namespace

Sessionizer::Sessionizer(const SessionOptions& options, const FunnelSet& funnels, Contributions contributions,
                         Symbol none, SessionObserver& observer)
    : options_(options),
      funnels_(funnels),
      contributions_(contributions),
      observer_(observer),
      table_(options.sessions),
      calendar_(options.timeout_ms, options.sessions),
      orders_(options.orders),
      dimensions_(options.sessions + 1),  // one more while a session changes from one combination to another
      purchases_(options.sessions),
      dirty_(options.sessions),
      none_(none) {}

void Sessionizer::apply(const Event& event) {
  expire(event.time_ms);
  Slot slot = table_.find(event.session);
  bool goes_on = false;
  if (slot == SessionTable::kNone) {
    if (table_.size() >= options_.sessions) make_room();
    slot = table_.insert(event.session);
    calendar_.enter(slot, event.time_ms + options_.timeout_ms);
    start(table_[slot], event);
  } else if (!continues(table_[slot], event)) {
    // The same record takes the next session; its place in the calendar is still good.
    close(slot);
    table_[slot] = SessionRecord{};
    start(table_[slot], event);
  } else {
    goes_on = true;
  }
  // What was put in is taken back as it was, so nothing of the record may change before.
  touch(slot);
  table_[slot].lone = !goes_on;
  update(table_[slot], event);
}

bool Sessionizer::continues(const SessionRecord& session, const Event& event) const {
  if (event.time_ms - session.last_ms() > options_.timeout_ms) return false;
  if (event.time_ms - session.first_ms > options_.max_duration_ms) return false;
  if (options_.split_on_midnight && event.time_ms / kDayMs != session.first_ms / kDayMs) return false;
  if (options_.split_on_campaign) {
    constexpr auto kCampaign = static_cast<std::size_t>(Dimension::kCampaign);
    const Symbol campaign = event.dimensions[kCampaign];
    if (campaign != none_ && campaign != dimensions_[session.dimensions][kCampaign]) return false;
  }
  return true;
}

void Sessionizer::start(SessionRecord& session, const Event& event) {
  session.key = event.session;
  session.visitor = event.visitor;
  session.serial = next_serial_++ & SessionRecord::kSequenceMask;
  session.first_ms = event.time_ms;
  if (event.type == EventType::kPageView) return;  // update() sets the dimensions
  DimensionValues dimensions = event.dimensions;
  dimensions[static_cast<std::size_t>(Dimension::kLandingPage)] = none_;
  set_dimensions(session, dimensions);
}

void Sessionizer::set_dimensions(SessionRecord& session, const DimensionValues& dimensions) {
  const DimensionPool::Id before = session.dimensions;
  session.dimensions = dimensions_.hold(dimensions);
  if (before != DimensionPool::kNone) dimensions_.drop(before);
}

void Sessionizer::touch(Slot slot) {
  SessionRecord& session = table_[slot];
  if (contributions_ == Contributions::kFinal || session.dirty) return;
  if (dirty_count_ >= options_.sessions) publish();  // slots are used again, so there may be more than sessions
  if (session.put) observer_.take_back(facts_of(session));
  session.put = false;
  session.dirty = true;
  dirty_[dirty_count_++] = slot;
}

void Sessionizer::update(SessionRecord& session, const Event& event) {
  session.last_offset_ms = static_cast<std::uint32_t>(event.time_ms - session.first_ms);
  switch (event.type) {
    case EventType::kPageView:
      if (session.page_views == 0) {
        set_dimensions(session, event.dimensions);
        session.moved = true;
      }
      if (session.page_views != std::numeric_limits<std::uint32_t>::max()) ++session.page_views;
      break;
    case EventType::kConversion:
      convert(session, event);
      break;
    case EventType::kEngagement:
      session.engaged_ms = static_cast<std::uint16_t>(
          std::min(saturating_add(session.engaged_ms, event.amount), SessionRecord::kMostEngagedMs));
      break;
    case EventType::kCustom:
      session.custom = true;
      break;
    case EventType::kError:
    case EventType::kCount:
      break;
  }
  if (!funnels_.empty()) update_funnels(session, event);
}

void Sessionizer::update_funnels(SessionRecord& session, const Event& event) {
  for (std::size_t f = 0; f < funnels_.size(); ++f) {
    PackedProgress& progress = session.funnels[f];
    const std::size_t step_count = funnels_.funnels()[f].steps.size();
    if (progress.reached() == step_count) continue;
    const bool takes_step = (event.steps >> (funnels_.first_bit(f) + progress.reached())) & 1U;
    if (takes_step) {
      progress.take_step();
    } else if (progress.reached() > 0) {
      if (event.failed) progress.note(LeakCause::kError);
      if (event.slow) progress.note(LeakCause::kSlow);
      if (event.type == EventType::kPageView) progress.note(LeakCause::kWandered);
    }
  }
}

void Sessionizer::convert(SessionRecord& session, const Event& event) {
  session.converted = true;
  const bool has_order = event.order != 0;
  if (has_order) {
    if (orders_.find_or_insert(event.order, event.time_ms)) return;
  }
  if (!has_order && event.amount <= 0) return;
  Purchases& purchases = purchases_of(session);
  ++purchases.orders;
  if (event.amount > 0) add_revenue(purchases, {event.currency, to_nanos(event.amount)});
}

Sessionizer::Purchases& Sessionizer::purchases_of(SessionRecord& session) {
  if (session.purchases == 0) {
    session.purchases = free_purchases_ != 0 ? free_purchases_ : ++purchases_used_;
    free_purchases_ = std::exchange(purchases_[session.purchases - 1].orders, 0);
  }
  return purchases_[session.purchases - 1];
}

void Sessionizer::add_revenue(Purchases& purchases, Money money) {
  const auto place = [&](Currency wanted) {
    const auto end = purchases.moneys.begin() + purchases.money_count;
    return std::find_if(purchases.moneys.begin(), end, [&](const Money& held) { return held.currency == wanted; });
  };
  auto found = place(money.currency);
  const auto end = purchases.moneys.begin() + purchases.money_count;
  if (found == end && purchases.money_count >= Purchases::kMostCurrencies) {
    money.currency = kNoCurrency;
    found = place(kNoCurrency);
  }
  if (found == end) {
    *found = money;
    ++purchases.money_count;
  } else {
    found->nanos += money.nanos;
  }
}

void Sessionizer::drop_purchases(SessionRecord& session) {
  if (session.purchases == 0) return;
  Purchases& purchases = purchases_[session.purchases - 1];
  purchases.money_count = 0;
  purchases.orders = free_purchases_;
  free_purchases_ = std::exchange(session.purchases, 0);
}

void Sessionizer::expire(TimeMs time_ms) {
  if (!calendar_.due(time_ms)) return;
  const auto prepare = [&](Slot slot, int step) { prepare_close(slot, step); };
  calendar_.drain(time_ms, prepare, [&](Slot slot) {
    const TimeMs deadline_ms = table_[slot].last_ms() + options_.timeout_ms;
    if (deadline_ms >= time_ms) {
      calendar_.enter(slot, deadline_ms);
      return;
    }
    close(slot);
    table_.erase(slot);
  });
}

void Sessionizer::close_earliest() {
  const Slot slot = calendar_.take_earliest([&](Slot s) { return table_[s].last_ms() + options_.timeout_ms; });
  WEIR_CHECK(slot != SessionTable::kNone);
  close(slot);
  table_.erase(slot);
}

void Sessionizer::make_room() {
  close_earliest();
  ++closed_early_;
}

void Sessionizer::relieve(std::size_t spared_bytes) {
  publish();  // compact() moves records, and dirty_ says where they are
  dirty_.forget();
  std::size_t closing = table_.size() * sizeof(SessionRecord) > spared_bytes ? table_.size() / kRelievedShare : 0;
  closed_for_memory_ += static_cast<std::int64_t>(closing);
  for (; closing > 0; --closing) close_earliest();
  if (table_.unused_slots() * kUnusedShare > table_.size()) calendar_.rename(table_.compact());
}

void Sessionizer::close_all() {
  const auto prepare = [&](Slot slot, int step) { prepare_close(slot, step); };
  calendar_.drain_all(prepare, [&](Slot slot) { close(slot); });
  table_.clear();
}

/// Brings what close() and erase() will touch into the cache: first the record, then what it leads to.
void Sessionizer::prepare_close(Slot slot, int step) {
  if (step == 0) {
    table_.prefetch_slot(slot);
  } else {
    table_.prefetch(table_[slot].key);
    dimensions_.prefetch(table_[slot].dimensions);
    observer_.expect(table_[slot].visitor);
  }
}

void Sessionizer::close(Slot slot) {
  SessionRecord& session = table_[slot];
  session.dirty = false;  // its entry in dirty_ is passed over by publish()
  if (!session.put) put(session);
  observer_.closed(facts_of(session));
  drop_purchases(session);
  dimensions_.drop(session.dimensions);
}

void Sessionizer::put(SessionRecord& session) {
  session.put_sequence = observer_.put(facts_of(session)) & SessionRecord::kSequenceMask;
  session.put = true;
  session.visited = true;
  session.moved = false;
}

void Sessionizer::publish() {
  for (std::size_t i = 0; i < dirty_count_; ++i) {
    SessionRecord& session = table_[dirty_[i]];
    if (!session.dirty) continue;
    session.dirty = false;
    put(session);
  }
  dirty_count_ = 0;
}

SessionFacts Sessionizer::facts_of(const SessionRecord& session) const {
  SessionFacts facts;
  facts.visitor = session.visitor;
  facts.serial = session.serial;
  facts.put_sequence = session.put_sequence;
  facts.start_ms = session.first_ms;
  facts.dwell_ms = session.last_offset_ms;
  facts.page_views = session.page_views;
  facts.visit = !session.visited ? VisitState::kNew : session.moved ? VisitState::kMoved : VisitState::kSame;
  facts.landed = session.page_views > 0;
  facts.converted = session.converted;
  facts.bounced = session.page_views == 1 && !session.converted && !session.custom;
  facts.dwell_known = !session.lone;
  facts.engaged = session.page_views >= 2 || session.converted || session.engaged_ms >= kEngagedMs ||
                  session.last_offset_ms >= kEngagedMs;
  facts.dimensions = dimensions_[session.dimensions];
  if (session.purchases != 0) {
    facts.orders = purchases_[session.purchases - 1].orders;
    facts.revenue = purchases_[session.purchases - 1].revenue();
  }
  for (std::size_t f = 0; f < funnels_.size(); ++f) {
    facts.funnels[f] = {session.funnels[f].reached(), session.funnels[f].cause()};
  }
  return facts;
}

}  // namespace weir
