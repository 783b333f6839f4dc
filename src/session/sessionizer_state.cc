// The open sessions of a shard as bytes, for snapshots.
#include <array>
#include <limits>

#include "weir/model/money_codec.h"
#include "weir/session/sessionizer.h"

namespace weir {
namespace {

constexpr std::size_t kLeastSessionBytes = 3 * 8 + 9 + kMaxFunnels;
constexpr std::size_t kMostSessionBytes = 3 * 8 + 1 + 8 * ByteCursor::kMostNumberBytes + kMaxFunnels;
constexpr std::size_t kPrefetchAhead = 16;  // sessions
constexpr std::uint32_t kMost32 = std::numeric_limits<std::uint32_t>::max();

/// The flags of a session in their order.
std::uint8_t flags_of(const SessionRecord& session) {
  unsigned flags = 0;
  unsigned bit = 1;
  for (const bool flag :
       {session.lone, session.converted, session.custom, session.put, session.visited, session.moved}) {
    if (flag) flags |= bit;
    bit <<= 1;
  }
  return static_cast<std::uint8_t>(flags);
}

void set_flags(std::uint8_t flags, SessionRecord& session) {
  const auto flag = [flags](unsigned place) { return (flags >> place & 1U) != 0; };
  session.lone = flag(0);
  session.converted = flag(1);
  session.custom = flag(2);
  session.put = flag(3);
  session.visited = flag(4);
  session.moved = flag(5);
}

}  // namespace

void Sessionizer::save(ByteWriter& writer) const {
  writer.number(next_serial_);
  writer.number(static_cast<std::uint64_t>(calendar_.drained_to_ms()));
  orders_.save(writer);
  dimensions_.save(writer);
  writer.number(table_.size());
  // Records lie all over the table, so each is asked for some sessions before it is needed.
  std::array<Slot, kPrefetchAhead> ahead{};
  std::size_t asked = 0;
  std::size_t saved = 0;
  const auto save_next = [&] { save_session(table_[ahead[saved++ % kPrefetchAhead]], writer); };
  calendar_.for_each([&](Slot slot) {
    table_.prefetch_slot(slot);
    if (asked - saved == kPrefetchAhead) save_next();
    ahead[asked++ % kPrefetchAhead] = slot;
  });
  while (saved < asked) save_next();
}

void Sessionizer::save_session(const SessionRecord& session, ByteWriter& writer) const {
  static const Purchases kNothing;
  const Purchases& purchases = session.purchases == 0 ? kNothing : purchases_[session.purchases - 1];
  writer.put<kMostSessionBytes>([&](ByteCursor& to) {
    to.fixed(session.key);
    to.fixed(session.visitor);
    to.fixed(static_cast<std::uint64_t>(session.first_ms));
    to.number(session.serial);
    to.number(session.put_sequence);
    to.byte(flags_of(session));
    for (const std::uint64_t value :
         {std::uint64_t{session.dimensions}, std::uint64_t{session.last_offset_ms}, std::uint64_t{session.page_views},
          std::uint64_t{purchases.orders}, std::uint64_t{session.engaged_ms}, std::uint64_t{purchases.money_count}}) {
      to.number(value);
    }
    for (const PackedProgress progress : session.funnels) to.byte(progress.bits());
  });
  for (const Money& money : purchases.revenue()) save_money(money, writer);
}

bool Sessionizer::load(ByteReader& reader) {
  next_serial_ = reader.number(SessionRecord::kSequenceMask);
  calendar_.drain(reader.time(), [](Slot) {});
  if (!orders_.load(reader)) return false;
  const std::vector<DimensionValues> combinations = load_combinations(reader);
  for (std::size_t left = reader.count(kLeastSessionBytes); left > 0; --left) {
    if (!load_session(reader, combinations)) return false;
  }
  return reader.ok();
}

bool Sessionizer::load_session(ByteReader& reader, const std::vector<DimensionValues>& combinations) {
  SessionRecord session;
  session.key = reader.fixed();
  session.visitor = reader.fixed();
  session.first_ms = reader.fixed_time();
  session.serial = reader.number(SessionRecord::kSequenceMask) & SessionRecord::kSequenceMask;
  session.put_sequence = reader.number(SessionRecord::kSequenceMask) & SessionRecord::kSequenceMask;
  set_flags(reader.byte(), session);
  const std::uint64_t combination = reader.number();
  if (combination >= combinations.size()) return reader.fail();
  session.last_offset_ms = static_cast<std::uint32_t>(reader.number(kMost32));
  session.page_views = static_cast<std::uint32_t>(reader.number(kMost32));
  const auto orders = static_cast<std::uint32_t>(reader.number(kMost32));
  session.engaged_ms = static_cast<std::uint16_t>(reader.number(SessionRecord::kMostEngagedMs));
  const auto money_count = static_cast<std::uint32_t>(reader.number(Purchases().moneys.size()));
  const TimeMs deadline_ms = session.last_ms() + options_.timeout_ms;
  if (!load_progress(reader, session) || session.key == 0) return reader.fail();
  // Contributions are put by publish(), which comes before save().
  const bool put = session.put || contributions_ == Contributions::kFinal;
  if (!put || !calendar_.may_enter(deadline_ms) || table_.find(session.key) != SessionTable::kNone) {
    return reader.fail();
  }
  if (table_.size() >= options_.sessions) make_room();  // for its purchases, too
  if (!load_purchases(reader, {.money_count = money_count, .orders = orders}, session)) return false;
  const Slot slot = table_.insert(session.key);
  set_dimensions(session, combinations[combination]);
  table_[slot] = session;
  calendar_.enter(slot, deadline_ms);
  return true;
}

bool Sessionizer::load_progress(ByteReader& reader, SessionRecord& session) const {
  for (std::size_t f = 0; f < kMaxFunnels; ++f) {
    session.funnels[f] = PackedProgress::of_bits(reader.byte());
    const std::size_t steps = f < funnels_.size() ? funnels_.funnels()[f].steps.size() : 0;
    if (session.funnels[f].reached() > steps) return reader.fail();
  }
  return reader.ok();
}

bool Sessionizer::load_purchases(ByteReader& reader, Purchases purchases, SessionRecord& session) {
  for (std::size_t i = 0; i < purchases.money_count; ++i) purchases.moneys[i] = load_money(reader);
  if (!reader.ok()) return false;
  if (purchases.money_count > 0 || purchases.orders > 0) purchases_of(session) = purchases;
  return true;
}

}  // namespace weir
