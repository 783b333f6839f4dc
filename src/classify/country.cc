#include "weir/classify/country.h"

#include <fmt/format.h>
#include <maxminddb.h>
#include <netinet/in.h>

#include <cerrno>
#include <cstring>

#include "weir/core/ascii.h"

namespace weir {
namespace {

char upper(char letter) { return static_cast<char>(lower(letter) - ('a' - 'A')); }

/// The code in one of an entry's maps of countries.
std::optional<CountryCode> code_at(MMDB_lookup_result_s& found, const char* map) {
  const char* const path[] = {map, "iso_code", nullptr};
  MMDB_entry_data_s data{};
  if (MMDB_aget_value(&found.entry, &data, path) != MMDB_SUCCESS || !data.has_data) return std::nullopt;
  if (data.type != MMDB_DATA_TYPE_UTF8_STRING) return std::nullopt;
  return country_code({data.utf8_string, data.data_size});
}

}  // namespace

std::optional<CountryCode> country_code(std::string_view text) {
  if (text.size() != 2 || !is_letter(text[0]) || !is_letter(text[1])) return std::nullopt;
  const CountryCode code{upper(text[0]), upper(text[1])};
  const bool unknown = code[0] == code[1] && (code[0] == 'X' || code[0] == 'Z');
  return unknown ? std::nullopt : std::optional(code);
}

Result<std::unique_ptr<CountryDatabase>> CountryDatabase::open(const std::string& path) {
  auto database = std::make_unique<MMDB_s>();
  const int problem = MMDB_open(path.c_str(), MMDB_MODE_MMAP, database.get());
  if (problem != MMDB_SUCCESS) {
    const bool by_system = problem == MMDB_IO_ERROR || problem == MMDB_FILE_OPEN_ERROR;
    const std::string cause = by_system ? std::strerror(errno) : MMDB_strerror(problem);
    return Error{fmt::format("cannot use the database of countries {}: {}", path, cause)};
  }
  const std::string kind = database->metadata.database_type == nullptr ? "" : database->metadata.database_type;
  std::unique_ptr<CountryDatabase> opened(new CountryDatabase(std::move(database)));
  for (const char* word : {"Country", "City", "Enterprise"}) {
    if (kind.find(word) != std::string::npos) return opened;
  }
  return Error{
      fmt::format("cannot use the database of countries {}: it is of the kind \"{}\"; expected a Country or City "
                  "database",
                  path, kind)};
}

CountryDatabase::CountryDatabase(std::unique_ptr<MMDB_s> database) : database_(std::move(database)) {}

CountryDatabase::~CountryDatabase() { MMDB_close(database_.get()); }

std::optional<CountryCode> CountryDatabase::country_of(const IpAddress& address) const {
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  std::memcpy(&v6.sin6_addr, address.bytes.data(), address.bytes.size());
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  std::memcpy(&v4.sin_addr, address.bytes.data() + 12, 4);
  const auto* socket_address =
      address.is_v4() ? reinterpret_cast<const sockaddr*>(&v4) : reinterpret_cast<const sockaddr*>(&v6);
  int problem = MMDB_SUCCESS;
  MMDB_lookup_result_s found = MMDB_lookup_sockaddr(database_.get(), socket_address, &problem);
  if (problem != MMDB_SUCCESS || !found.found_entry) return std::nullopt;
  const std::optional<CountryCode> country = code_at(found, "country");  // where the address is used
  return country ? country : code_at(found, "registered_country");
}

}  // namespace weir
