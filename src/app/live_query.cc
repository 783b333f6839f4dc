#include "live_query.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

#include "weir/core/text.h"

namespace weir {
namespace {

constexpr std::size_t kShownBytes = 40;  // of what was asked for, in an error

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (comma > 0) parts.emplace_back(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return parts;
}

std::optional<std::size_t> rows_of(std::string_view text) {
  std::size_t rows = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rows);
  if (error != std::errc() || end != text.data() + text.size() || rows < 1 || rows > kMostLiveRows) return std::nullopt;
  return rows;
}

}  // namespace

Result<LiveQuery> parse_live_query(std::string_view query) {
  LiveQuery wanted;
  while (!query.empty()) {
    const std::size_t size = std::min(query.find('&'), query.size());
    const std::string_view parameter = query.substr(0, size);
    query.remove_prefix(std::min(size + 1, query.size()));
    if (parameter.empty()) continue;
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    const std::string_view name = parameter.substr(0, equals);
    const std::string value = decode_query_value(parameter.substr(std::min(equals + 1, parameter.size())));
    if (name == "window") {
      wanted.window = value;
    } else if (name == "rollup") {
      wanted.rollups = split(value);
    } else if (name == "site") {
      wanted.site = value;
    } else if (name == "rows") {
      const std::optional<std::size_t> rows = rows_of(value);
      if (!rows) return Error{fmt::format("rows must be a number from 1 to {}", kMostLiveRows)};
      wanted.rows = *rows;
    } else {
      return Error{
          fmt::format("no parameter \"{}\"; there are window, rollup, site, rows", clean_label(name, kShownBytes))};
    }
  }
  return wanted;
}

}  // namespace weir
