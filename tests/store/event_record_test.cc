// Events through a record and back, in another process's tables, and records that were damaged.
#include "weir/store/event_record.h"

#include <gtest/gtest.h>

#include <random>

#include "support/seed.h"
#include "weir/model/currency.h"

namespace weir {
namespace {

constexpr std::uint64_t kSeed = 7;

struct Tables {
  SymbolTable symbols{Hasher(kSeed), 1000};
  Symbol none = symbols.symbol_of(kNoneLabel);
};

Event random_event(std::mt19937_64& random, Tables& tables, const std::vector<std::string>& labels) {
  Event event;
  event.time_ms = static_cast<TimeMs>(1'700'000'000'000 + random() % 100'000);
  event.visitor = random() | 1;
  event.session = random() % 2 == 0 ? event.visitor : random() | 1;
  if (random() % 2 == 0) event.delivery = random() | 1;
  if (random() % 4 == 0) event.order = random() | 1;
  if (random() % 3 == 0) event.steps = random();
  event.type = static_cast<EventType>(random() % static_cast<unsigned>(EventType::kCount));
  if (event.type == EventType::kConversion) {
    event.amount = static_cast<double>(random() % 100'000) / 100;
    event.currency = kDollar;
  }
  event.failed = random() % 2 == 0;
  event.slow = random() % 2 == 0;
  event.late = random() % 2 == 0;
  event.derived = random() % 2 == 0;
  for (Symbol& symbol : event.dimensions) {
    const std::string& label = labels[random() % labels.size()];
    symbol = label.empty() ? tables.none : tables.symbols.intern(label);
  }
  return event;
}

std::vector<std::string> many_labels() {
  std::vector<std::string> labels{"", "/", "Größe", std::string(kNoneLabel), std::string(kOtherLabel)};
  for (int i = 0; i < 400; ++i) labels.push_back("/page/" + std::to_string(i));
  return labels;
}

void expect_same(const Event& one, const Event& two) {
  EXPECT_EQ(one.time_ms, two.time_ms);
  EXPECT_EQ(one.visitor, two.visitor);
  EXPECT_EQ(one.session, two.session);
  EXPECT_EQ(one.delivery, two.delivery);
  EXPECT_EQ(one.order, two.order);
  EXPECT_EQ(one.steps, two.steps);
  EXPECT_EQ(one.amount, two.amount);
  EXPECT_EQ(one.dimensions, two.dimensions);
  EXPECT_EQ(one.currency, two.currency);
  EXPECT_EQ(one.type, two.type);
  EXPECT_EQ(one.failed, two.failed);
  EXPECT_EQ(one.slow, two.slow);
  EXPECT_EQ(one.late, two.late);
  EXPECT_EQ(one.derived, two.derived);
}

TEST(EventRecord, events_come_back_in_a_process_that_knows_none_of_their_texts) {
  std::mt19937_64 random(support::test_seed());
  Tables written;
  const std::vector<std::string> labels = many_labels();
  RecordWriter writer(written.symbols, written.none);
  for (const std::size_t count : {0U, 1U, 3U, 500U, 2U}) {  // one writer for all, after the large one too
    const RecordHead head{.received_ms = 1'700'000'000'000,
                          .newest_ms = 1'699'999'999'000,
                          .started = true,
                          .source = "1:2",
                          .place = "place 77",
                          .replaces_all_places = count == 3};
    writer.begin(head);
    std::vector<Event> events;
    for (std::size_t i = 0; i < count; ++i) {
      events.push_back(random_event(random, written, labels));
      writer.add(events.back());
    }
    const std::string bytes(writer.finish());

    Tables read;
    EventRecord record;
    ASSERT_TRUE(read_record(bytes, read.symbols, read.none, record));
    EXPECT_EQ(record.head.received_ms, head.received_ms);
    EXPECT_EQ(record.head.newest_ms, head.newest_ms);
    EXPECT_TRUE(record.head.started);
    EXPECT_EQ(record.head.source, head.source);
    EXPECT_EQ(record.head.place, head.place);
    EXPECT_EQ(record.head.replaces_all_places, head.replaces_all_places);
    ASSERT_EQ(record.events.size(), count);
    for (std::size_t i = 0; i < count; ++i) {
      expect_same(record.events[i], events[i]);
      for (const Symbol symbol : events[i].dimensions) {
        EXPECT_TRUE(symbol == read.none || read.symbols.text(symbol) == written.symbols.text(symbol));
      }
    }
  }
}

TEST(EventRecord, no_byte_of_it_can_change_or_be_missing_unnoticed) {
  std::mt19937_64 random(support::test_seed());
  Tables written;
  RecordWriter writer(written.symbols, written.none);
  writer.begin({.received_ms = 1'700'000'000'000, .newest_ms = 5, .started = true, .source = "s", .place = "p"});
  for (int i = 0; i < 3; ++i) writer.add(random_event(random, written, many_labels()));
  const std::string bytes(writer.finish());
  Tables read;
  EventRecord record;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(read_record(std::string_view(bytes).substr(0, size), read.symbols, read.none, record)) << size;
  }
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(read_record(flipped, read.symbols, read.none, record)) << bit;
  }
  EXPECT_FALSE(read_record(bytes + "x", read.symbols, read.none, record));
}

}  // namespace
}  // namespace weir
