// DailySalts: the random keys under which derived visitors are hashed, one per UTC day. Today's and yesterday's are
// kept, older ones are wiped, and with them every way back from a hash. Must never be logged or exported.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "weir/core/clock.h"
#include "weir/core/result.h"

namespace weir {

/// A SipHash key.
using Salt = std::array<std::uint64_t, 2>;

inline constexpr TimeMs kDayMs = 86'400'000;

/// Owned by one thread. Several processes may share a file: who comes first to a day draws its salt.
class DailySalts {
 public:
  /// Salts in memory only.
  DailySalts() = default;
  /// Salts in a file of two lines, "DAY SALT", made with mode 0600 when it is missing; empty: in memory only. Fails,
  /// naming the file, when it cannot be read and written, when others may read it, or when it holds anything else.
  static Result<DailySalts> open(const std::string& path);
  ~DailySalts();
  DailySalts(DailySalts&& other) noexcept;
  DailySalts& operator=(DailySalts&& other) noexcept;

  /// Makes `day` (days since 1970) today, if it is later than today; days never go back. Reads the file and writes it
  /// once a day. A file that fails then costs a count: the salt is this process's own.
  void advance_to(std::int64_t day);

  std::int64_t today() const { return today_; }
  const Salt& today_salt() const { return today_salt_; }
  const Salt& yesterday_salt() const { return yesterday_salt_; }
  /// Days on which the file could not be used.
  std::int64_t file_errors() const { return file_errors_; }

 private:
  bool share(bool has_yesterday);
  void wipe();

  std::string path_;
  std::int64_t today_ = -1;
  Salt today_salt_{};
  Salt yesterday_salt_{};
  std::int64_t file_errors_ = 0;
};

}  // namespace weir
