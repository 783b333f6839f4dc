// Values through bytes and back, and bytes that nobody should have written.
#include "weir/core/codec.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "support/seed.h"

namespace weir {
namespace {

TEST(Codec, every_value_comes_back_as_it_was) {
  ByteWriter writer;
  const std::vector<std::uint64_t> numbers{0, 1, 127, 128, 16'383, 16'384, std::uint64_t{1} << 63, ~std::uint64_t{0}};
  const std::vector<std::int64_t> signed_numbers{
      0, -1, 1, -64, 64, std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
  for (const std::uint64_t value : numbers) writer.number(value);
  for (const std::int64_t value : signed_numbers) writer.signed_number(value);
  for (const std::uint64_t value : numbers) writer.fixed(value);
  writer.real(-0.1);
  writer.flag(true);
  writer.flag(false);
  writer.text(std::string("a\0b", 3));
  writer.text("");
  writer.byte(255);
  ByteReader reader(writer.bytes());
  for (const std::uint64_t value : numbers) EXPECT_EQ(reader.number(), value);
  for (const std::int64_t value : signed_numbers) EXPECT_EQ(reader.signed_number(), value);
  for (const std::uint64_t value : numbers) EXPECT_EQ(reader.fixed(), value);
  EXPECT_EQ(reader.real(), -0.1);
  EXPECT_TRUE(reader.flag());
  EXPECT_FALSE(reader.flag());
  EXPECT_EQ(reader.text(), std::string_view("a\0b", 3));
  EXPECT_EQ(reader.text(), "");
  EXPECT_FALSE(reader.done());
  EXPECT_EQ(reader.byte(), 255);
  EXPECT_TRUE(reader.done());
}

TEST(Codec, what_is_cut_short_fails_and_stays_failed) {
  ByteWriter writer;
  writer.number(1'000'000);
  writer.fixed(7);
  writer.text("some text");
  for (std::size_t size = 0; size < writer.bytes().size(); ++size) {
    ByteReader reader(std::string_view(writer.bytes()).substr(0, size));
    static_cast<void>(reader.number());
    static_cast<void>(reader.fixed());
    static_cast<void>(reader.text());
    EXPECT_FALSE(reader.ok()) << size;
    EXPECT_FALSE(reader.done()) << size;
    EXPECT_EQ(reader.number(), 0U);
    EXPECT_EQ(reader.text(), "");
  }
}

TEST(Codec, numbers_longer_than_they_can_be_fail) {
  ByteReader eleven(std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11));
  EXPECT_EQ(eleven.number(), 0U);
  EXPECT_FALSE(eleven.ok());
  ByteReader two_high_bits(std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10));
  static_cast<void>(two_high_bits.number());
  EXPECT_FALSE(two_high_bits.ok());
}

TEST(Codec, values_out_of_bounds_fail) {
  ByteWriter writer;
  writer.number(11);
  EXPECT_EQ(ByteReader(writer.bytes()).number(11), 11U);
  ByteReader number(writer.bytes());
  EXPECT_EQ(number.number(10), 0U);
  EXPECT_FALSE(number.ok());

  ByteReader flag("\x02");
  EXPECT_FALSE(flag.flag());
  EXPECT_FALSE(flag.ok());

  ByteWriter late;
  late.number(static_cast<std::uint64_t>(kLatestTimeMs) + 1);
  ByteReader time(late.bytes());
  static_cast<void>(time.time());
  EXPECT_FALSE(time.ok());
}

TEST(Codec, no_more_items_are_promised_than_the_bytes_can_hold) {
  ByteWriter writer;
  writer.number(3);
  const std::string bytes = writer.bytes() + std::string(24, 'x');
  EXPECT_EQ(ByteReader(bytes).count(8), 3U);
  ByteReader too_many(std::string_view(bytes).substr(0, 24));
  EXPECT_EQ(too_many.count(8), 0U);
  EXPECT_FALSE(too_many.ok());
}

TEST(Codec, any_bytes_are_read_without_harm) {
  std::mt19937_64 random(support::test_seed());
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes(random() % 40, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    ByteReader reader(bytes);
    while (reader.ok() && reader.bytes_left() > 0) {
      switch (random() % 5) {
        case 0:
          static_cast<void>(reader.number());
          break;
        case 1:
          EXPECT_LE(reader.text().size(), bytes.size());
          break;
        case 2:
          EXPECT_LE(reader.count(3), bytes.size() / 3);
          break;
        case 3:
          EXPECT_GE(reader.time(), 0);
          break;
        default:
          static_cast<void>(reader.sum());
      }
    }
  }
}

}  // namespace
}  // namespace weir
