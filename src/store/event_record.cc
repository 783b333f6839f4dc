#include "weir/store/event_record.h"

#include <algorithm>
#include <bit>
#include <optional>

#include "weir/core/hash.h"
#include "weir/core/text.h"
#include "weir/model/event_codec.h"

namespace weir {
namespace {

// version, head, texts, events, and at the end the checksum of all of it.
constexpr std::uint8_t kVersion = 2;
constexpr std::size_t kChecksumBytes = sizeof(std::uint64_t);
constexpr std::size_t kFirstKnown = 256;
constexpr std::size_t kRememberedTexts = 1024;  // a power of two
constexpr std::size_t kMostEventBytes =
    2 + 5 * sizeof(std::uint64_t) + (4 + kDimensionCount) * ByteCursor::kMostNumberBytes;
constexpr std::size_t kMostLabelBytes = 1024;  // limits.label_bytes cannot be more
constexpr std::size_t kLeastRecordEventBytes = 3 + 8 + 1;

/// What of an event is written because it is not what most events have.
enum Rest : std::uint8_t { kSession = 1, kDelivery = 2, kOrder = 4, kSteps = 8, kAmount = 16, kCurrency = 32 };

/// The seed is the same in every process, because records outlive them. It finds damage, not malice.
std::uint64_t checksum_of(std::string_view bytes) { return Hasher(0)(bytes); }

std::uint8_t rest_of(const Event& event) {
  unsigned rest = 0;
  if (event.session != event.visitor) rest |= kSession;
  if (event.delivery != 0) rest |= kDelivery;
  if (event.order != 0) rest |= kOrder;
  if (event.steps != 0) rest |= kSteps;
  if (event.amount != 0) rest |= kAmount;
  if (event.currency != 0) rest |= kCurrency;
  return static_cast<std::uint8_t>(rest);
}

}  // namespace

RecordWriter::RecordWriter(const SymbolTable& symbols, Symbol none)
    : symbols_(symbols), none_(none), known_(kFirstKnown), remembered_(kRememberedTexts) {}

void RecordWriter::begin(const RecordHead& head) {
  if (++record_ == 0) {
    std::fill(known_.begin(), known_.end(), Known{});
    record_ = 1;
  }
  text_count_ = 0;
  event_count_ = 0;
  last_ms_ = head.received_ms;
  last_.fill(none_);
  head_.clear();
  texts_.clear();
  event_bytes_ = 0;
  head_.byte(kVersion);
  head_.number(static_cast<std::uint64_t>(head.received_ms));
  head_.flag(head.started);
  head_.number(static_cast<std::uint64_t>(head.newest_ms));
  head_.text(head.source);
  head_.text(head.place);
  head_.flag(head.replaces_all_places);
}

void RecordWriter::add(const Event& event) {
  if (events_.size() < event_bytes_ + kMostEventBytes) events_.resize(2 * events_.size() + kMostEventBytes);
  ByteCursor to(events_.data() + event_bytes_);
  const std::uint8_t rest = rest_of(event);
  to.byte(marks_of(event));
  to.byte(rest);
  to.signed_number(event.time_ms - last_ms_);
  last_ms_ = event.time_ms;
  to.fixed(event.visitor);
  if ((rest & kSession) != 0) to.fixed(event.session);
  if ((rest & kDelivery) != 0) to.fixed(event.delivery);
  if ((rest & kOrder) != 0) to.fixed(event.order);
  if ((rest & kSteps) != 0) to.number(event.steps);
  if ((rest & kAmount) != 0) to.fixed(std::bit_cast<std::uint64_t>(event.amount));
  if ((rest & kCurrency) != 0) to.number(event.currency);
  // Events that come together have most of their labels in common.
  unsigned changed = 0;
  for (std::size_t i = 0; i < kDimensionCount; ++i) changed |= event.dimensions[i] != last_[i] ? 1U << i : 0;
  to.number(changed);
  for (; changed != 0; changed &= changed - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(changed));
    const Symbol symbol = last_[i] = event.dimensions[i];
    to.number(symbol == none_ ? 0 : place_of(symbol));
  }
  event_bytes_ = static_cast<std::size_t>(to.at() - events_.data());
  ++event_count_;
}

RecordWriter::Known& RecordWriter::slot_of(Symbol symbol) {
  const std::size_t mask = known_.size() - 1;
  std::size_t i = symbol & mask;
  while (known_[i].record == record_ && known_[i].symbol != symbol) i = (i + 1) & mask;
  return known_[i];
}

std::uint32_t RecordWriter::place_of(Symbol symbol) {
  Known* known = &slot_of(symbol);
  if (known->record == record_) return known->place;
  if (text_count_ * 2 >= known_.size()) {
    grow();
    known = &slot_of(symbol);
  }
  *known = {symbol, record_, ++text_count_};
  texts_.text(text_of(symbol));
  return known->place;
}

/// The table of symbols has a lock and hands out copies, and most texts come in record after record.
const std::string& RecordWriter::text_of(Symbol symbol) {
  Remembered& remembered = remembered_[symbol & (kRememberedTexts - 1)];
  if (remembered.symbol != symbol) {
    // A text that was forgotten since the event was made is one that nobody could show either.
    std::optional<std::string> text = symbols_.text(symbol);
    remembered.symbol = text ? symbol : 0;
    remembered.text = std::move(text).value_or(std::string());
  }
  return remembered.text;
}

void RecordWriter::grow() {
  std::vector<Known> before(known_.size() * 2);
  before.swap(known_);
  for (const Known& known : before) {
    if (known.record == record_) slot_of(known.symbol) = known;
  }
}

std::string_view RecordWriter::finish() {
  head_.number(text_count_);
  bytes_.assign(head_.bytes());
  bytes_.append(texts_.bytes());
  head_.clear();
  head_.number(event_count_);
  bytes_.append(head_.bytes());
  bytes_.append(events_.data(), event_bytes_);
  head_.clear();
  head_.fixed(checksum_of(bytes_));
  bytes_.append(head_.bytes());
  return bytes_;
}

namespace {

/// Reads events one after the other: each is written as what differs from the one before it.
class EventsReader {
 public:
  EventsReader(ByteReader& reader, const std::vector<Symbol>& symbols, TimeMs received_ms)
      : reader_(reader), symbols_(symbols), last_ms_(received_ms) {
    last_.fill(symbols.front());
  }

  bool read(Event& event) {
    event = Event{};
    if (!set_marks(reader_.byte(), event)) return reader_.fail();
    const std::uint8_t rest = reader_.byte();
    const std::int64_t step_ms = reader_.signed_number();
    if (step_ms > kLatestTimeMs || step_ms < -kLatestTimeMs) return reader_.fail();
    event.time_ms = last_ms_ += step_ms;
    event.visitor = reader_.fixed();
    event.session = (rest & kSession) != 0 ? reader_.fixed() : event.visitor;
    if ((rest & kDelivery) != 0) event.delivery = reader_.fixed();
    if ((rest & kOrder) != 0) event.order = reader_.fixed();
    if ((rest & kSteps) != 0) event.steps = reader_.number();
    if ((rest & kAmount) != 0) event.amount = reader_.real();
    if ((rest & kCurrency) != 0) event.currency = static_cast<std::uint16_t>(reader_.number(0xffff));
    for (std::uint64_t changed = reader_.number((1U << kDimensionCount) - 1); changed != 0; changed &= changed - 1) {
      last_[static_cast<std::size_t>(std::countr_zero(changed))] = symbols_[reader_.number(symbols_.size() - 1)];
    }
    event.dimensions = last_;
    const bool in_time = event.time_ms >= 0 && event.time_ms <= kLatestTimeMs;
    return in_time && may_be(event) ? reader_.ok() : reader_.fail();
  }

 private:
  ByteReader& reader_;
  const std::vector<Symbol>& symbols_;  // by place
  TimeMs last_ms_;
  DimensionValues last_{};
};

bool read_head(ByteReader& reader, RecordHead& head) {
  if (reader.byte() != kVersion) return reader.fail();
  head.received_ms = reader.time();
  head.started = reader.flag();
  head.newest_ms = reader.time();
  head.source = reader.text();
  head.place = reader.text();
  head.replaces_all_places = reader.flag();
  return reader.ok();
}

}  // namespace

bool read_record(std::string_view bytes, SymbolTable& symbols, Symbol none, EventRecord& record) {
  if (bytes.size() < kChecksumBytes) return false;
  const std::string_view body = bytes.substr(0, bytes.size() - kChecksumBytes);
  if (ByteReader(bytes.substr(body.size())).fixed() != checksum_of(body)) return false;
  ByteReader reader(body);
  record.events.clear();
  if (!read_head(reader, record.head)) return false;
  std::vector<Symbol> places{none};
  for (std::size_t left = reader.count(1); left > 0; --left) {
    const std::string_view text = reader.text();
    if (!is_clean_label(text, kMostLabelBytes)) return false;
    places.push_back(text.empty() ? none : symbols.intern(text));
  }
  EventsReader events(reader, places, record.head.received_ms);
  record.events.resize(reader.count(kLeastRecordEventBytes));
  for (Event& event : record.events) {
    if (!events.read(event)) return false;
  }
  return reader.done();
}

}  // namespace weir
