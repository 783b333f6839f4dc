// ByteWriter and ByteReader: how state is put into bytes and taken out of them again, for journal and snapshots. The
// reader takes any bytes: whatever is wrong with them makes it fail, never read outside of them or ask for memory that
// they do not bear out.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "weir/core/clock.h"

namespace weir {

/// Latest time that state may hold: what ten thousand years are in microseconds read as milliseconds, and far enough
/// from the end of the type for sums.
inline constexpr TimeMs kLatestTimeMs = TimeMs{1} << 60;

/// Puts values where there is room for them and does not look whether there is: for much at once. Numbers take a byte
/// for each seven bits, fixed() always eight.
class ByteCursor {
 public:
  static constexpr std::size_t kMostNumberBytes = 10;

  explicit ByteCursor(char* at) : at_(at) {}

  /// Behind what was put.
  char* at() const { return at_; }
  void byte(std::uint8_t value) { *at_++ = static_cast<char>(value); }
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) byte(static_cast<std::uint8_t>(value | 0x80));
    byte(static_cast<std::uint8_t>(value));
  }
  /// A number that may be negative; small ones of either sign are short.
  void signed_number(std::int64_t value) {
    number((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
  }
  void fixed(std::uint64_t value) {
    static_assert(std::endian::native == std::endian::little);
    std::memcpy(at_, &value, sizeof(value));
    at_ += sizeof(value);
  }

 private:
  char* at_;
};

/// Appends values to a string, encoded as ByteCursor does.
class ByteWriter {
 public:
  void byte(std::uint8_t value) { bytes_.push_back(static_cast<char>(value)); }
  void flag(bool value) { byte(value ? 1 : 0); }
  void number(std::uint64_t value) {
    if (value < 0x80) return byte(static_cast<std::uint8_t>(value));
    put<ByteCursor::kMostNumberBytes>([value](ByteCursor& to) { to.number(value); });
  }
  void signed_number(std::int64_t value) {
    put<ByteCursor::kMostNumberBytes>([value](ByteCursor& to) { to.signed_number(value); });
  }
  void fixed(std::uint64_t value) {
    put<sizeof(value)>([value](ByteCursor& to) { to.fixed(value); });
  }
  void real(double value) { fixed(std::bit_cast<std::uint64_t>(value)); }
  void text(std::string_view value) {
    number(value.size());
    bytes_.append(value);
  }
  /// Puts several values by `fill(ByteCursor&)`, which take no more than so many bytes.
  template <std::size_t most_bytes, class Fill>
  void put(Fill fill) {
    std::array<char, most_bytes> room;
    ByteCursor to(room.data());
    fill(to);
    bytes_.append(room.data(), static_cast<std::size_t>(to.at() - room.data()));
  }

  const std::string& bytes() const { return bytes_; }
  std::string take() { return std::move(bytes_); }
  /// Begins anew; memory is kept.
  void clear() { bytes_.clear(); }
  /// Takes memory for so many bytes at once: growing on the way means to copy.
  void reserve(std::size_t bytes) { bytes_.reserve(bytes); }

 private:
  std::string bytes_;
};

/// Takes values off the front of bytes, which must outlive it. Once something was wrong, every further value is 0 or
/// empty and ok() is false.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  bool ok() const { return !failed_; }
  /// True when everything was read and was right.
  bool done() const { return !failed_ && rest_.empty(); }
  /// Says that a value makes no sense. Always false, so that it can be returned.
  bool fail() {
    failed_ = true;
    rest_ = {};
    return false;
  }
  std::size_t bytes_left() const { return rest_.size(); }

  std::uint8_t byte() {
    if (rest_.empty()) return static_cast<std::uint8_t>(fail());
    const auto value = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }
  bool flag() { return number(1) == 1; }
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t next = byte();
      const std::uint64_t bits = next & 0x7fU;
      if (shift == 63 && bits > 1) break;
      value |= bits << shift;
      if (next < 0x80) return value;
    }
    return static_cast<std::uint64_t>(fail());
  }
  /// A number up to `most`; a larger one is a failure.
  std::uint64_t number(std::uint64_t most) {
    const std::uint64_t value = number();
    return value <= most ? value : static_cast<std::uint64_t>(fail());
  }
  std::int64_t signed_number() {
    const std::uint64_t value = number();
    return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
  }
  /// A sum: a number so small, up or down, that many of them can be added.
  std::int64_t sum() {
    constexpr std::int64_t kMost = std::int64_t{1} << 56;
    const std::int64_t value = signed_number();
    return value <= kMost && value >= -kMost ? value : static_cast<std::int64_t>(fail());
  }
  TimeMs time() { return static_cast<TimeMs>(number(kLatestTimeMs)); }
  std::uint64_t fixed() {
    std::uint64_t value = 0;
    if (rest_.size() < sizeof(value)) return static_cast<std::uint64_t>(fail());
    std::memcpy(&value, rest_.data(), sizeof(value));
    rest_.remove_prefix(sizeof(value));
    return value;
  }
  /// A time that was put by fixed().
  TimeMs fixed_time() {
    const std::uint64_t value = fixed();
    return value <= static_cast<std::uint64_t>(kLatestTimeMs) ? static_cast<TimeMs>(value)
                                                              : static_cast<TimeMs>(fail());
  }
  double real() { return std::bit_cast<double>(fixed()); }
  /// A view of the bytes.
  std::string_view text() {
    const std::uint64_t size = number();
    if (size > rest_.size()) {
      fail();
      return {};
    }
    const std::string_view value = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return value;
  }
  /// How many items follow, each of which takes at least `least_bytes` (not 0); more than there can be is a failure.
  std::size_t count(std::size_t least_bytes) {
    const std::uint64_t items = number();
    return items <= rest_.size() / least_bytes ? static_cast<std::size_t>(items) : static_cast<std::size_t>(fail());
  }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace weir
