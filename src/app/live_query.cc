#include "live_query.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "weir/core/text.h"

namespace weir {
namespace {

constexpr std::size_t kShownBytes = 40;  // of what was asked for, in an error

std::optional<unsigned> hex_digit(char letter) {
  if (letter >= '0' && letter <= '9') return static_cast<unsigned>(letter - '0');
  const char lower = static_cast<char>(letter | 0x20);
  if (lower >= 'a' && lower <= 'f') return static_cast<unsigned>(lower - 'a' + 10);
  return std::nullopt;
}

/// `text` with %HH and '+' decoded; a malformed escape stays as it is.
std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
    const auto low = high ? hex_digit(text[i + 2]) : std::nullopt;
    if (low) {
      out += static_cast<char>(*high * 16 + *low);
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

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
    const std::string value = decoded(parameter.substr(std::min(equals + 1, parameter.size())));
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
