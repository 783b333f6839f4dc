#include "query_parameters.h"

#include <algorithm>

#include "field_values.h"
#include "json_text.h"
#include "weir/core/ascii.h"

namespace weir {
std::string_view query_of(std::string_view text) {
  const std::size_t mark = text.find_first_of("?=&");
  return mark != std::string_view::npos && text[mark] == '?' ? text.substr(mark + 1) : text;
}

std::string_view decoded_value(std::string_view value, TextRoom& texts) {
  if (value.find_first_of("%+") == std::string_view::npos) return value;
  const std::span<char> out = texts.rest();
  WEIR_CHECK(out.size() >= value.size());
  std::size_t size = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    char character = value[i] == '+' ? ' ' : value[i];
    if (character == '%' && i + 2 < value.size()) {
      const int high = hex_digit(value[i + 1]);
      const int low = hex_digit(value[i + 2]);
      if (high >= 0 && low >= 0) {
        character = static_cast<char>(high * 16 + low);
        i += 2;
      }
    }
    out[size++] = character;
  }
  return texts.keep(size);
}

std::optional<std::uint64_t> whole_of_value(std::string_view value) {
  return is_json_number(value) ? whole_of_number(value) : std::nullopt;
}

std::optional<double> amount_of_value(std::string_view value) {
  return is_json_number(value) ? amount_of_number(value) : std::nullopt;
}

}  // namespace weir
