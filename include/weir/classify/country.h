// Country: two letters from what somebody says, or from a database by address. The value of the `country` dimension;
// called by the reader. An address is looked at and never kept.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "weir/core/ip_address.h"
#include "weir/core/result.h"

struct MMDB_s;

namespace weir {

/// A country's code in upper case.
using CountryCode = std::array<char, 2>;
inline std::string_view text_of(const CountryCode& code) { return {code.data(), code.size()}; }

/// The code that `text` is, in any case (ISO 3166-1 alpha-2); nullopt for anything but two letters, and for XX and
/// ZZ, which say "unknown".
std::optional<CountryCode> country_code(std::string_view text);

/// A MaxMind database (.mmdb) of countries or cities, mapped into memory. Any thread.
class CountryDatabase {
 public:
  /// Fails when the file is missing, is no such database, or names no countries; the message names the file.
  static Result<std::unique_ptr<CountryDatabase>> open(const std::string& path);
  ~CountryDatabase();
  CountryDatabase(const CountryDatabase&) = delete;
  CountryDatabase& operator=(const CountryDatabase&) = delete;

  /// The country of an address; nullopt when the database does not know it.
  std::optional<CountryCode> country_of(const IpAddress& address) const;

 private:
  explicit CountryDatabase(std::unique_ptr<MMDB_s> database);
  std::unique_ptr<MMDB_s> database_;
};

}  // namespace weir
