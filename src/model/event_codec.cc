#include "weir/model/event_codec.h"

#include "weir/model/currency.h"

namespace weir {
namespace {

constexpr unsigned kTypeBits = 4;  // then one bit for each mark
static_assert(static_cast<unsigned>(EventType::kCount) <= 1U << kTypeBits);

}  // namespace

std::uint8_t marks_of(const Event& event) {
  unsigned marks = static_cast<unsigned>(event.type);
  unsigned bit = 1U << kTypeBits;
  for (const bool mark : {event.failed, event.slow, event.late, event.derived}) {
    if (mark) marks |= bit;
    bit <<= 1;
  }
  return static_cast<std::uint8_t>(marks);
}

bool may_be(const Event& event) {
  constexpr double kMostEngagedMs = 1e20;  // of 64 bits
  const double most = event.type == EventType::kConversion ? kMaxValue : kMostEngagedMs;
  return event.visitor != 0 && event.session != 0 && event.amount >= 0 && event.amount <= most;
}

bool set_marks(std::uint8_t marks, Event& event) {
  const unsigned type = marks & ((1U << kTypeBits) - 1);
  if (type >= static_cast<unsigned>(EventType::kCount)) return false;
  event.type = static_cast<EventType>(type);
  const auto marked = [&](unsigned place) { return (marks >> (kTypeBits + place) & 1U) != 0; };
  event.failed = marked(0);
  event.slow = marked(1);
  event.late = marked(2);
  event.derived = marked(3);
  return true;
}

void save_event(const Event& event, ByteWriter& writer) {
  writer.number(static_cast<std::uint64_t>(event.time_ms));
  for (const std::uint64_t id : {event.visitor, event.session, event.delivery, event.order, event.steps}) {
    writer.fixed(id);
  }
  writer.real(event.amount);
  for (const Symbol symbol : event.dimensions) writer.fixed(symbol);
  writer.number(event.currency);
  writer.byte(marks_of(event));
}

bool load_event(ByteReader& reader, Event& event) {
  event = Event{};
  event.time_ms = reader.time();
  for (std::uint64_t* id : {&event.visitor, &event.session, &event.delivery, &event.order, &event.steps}) {
    *id = reader.fixed();
  }
  event.amount = reader.real();
  for (Symbol& symbol : event.dimensions) symbol = reader.fixed();
  event.currency = static_cast<Currency>(reader.number(0xffff));
  if (!set_marks(reader.byte(), event)) return reader.fail();
  return may_be(event) ? reader.ok() : reader.fail();
}

}  // namespace weir
