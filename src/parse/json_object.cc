// Implementation of json_object.h.
#include "json_object.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "field_values.h"
#include "json_text.h"
#include "weir/core/ascii.h"

namespace weir {
namespace {

namespace dom = simdjson::dom;

/// A number as text, in a place of its own.
class NumberText {
 public:
  /// Empty when `element` is no number.
  explicit NumberText(dom::element element) {
    // Not is_double() and the like: they are true for all numbers that could be converted.
    if (element.type() == dom::element_type::INT64) write(element.get_int64().value_unsafe());
    if (element.type() == dom::element_type::UINT64) write(element.get_uint64().value_unsafe());
    if (element.type() == dom::element_type::DOUBLE) write(element.get_double().value_unsafe());
  }
  std::string_view text() const { return {text_.data(), size_}; }

 private:
  template <class Number>
  void write(Number number) {
    size_ = fmt::format_to_n(text_.data(), text_.size(), "{}", number).size;
  }

  std::array<char, 32> text_{};  // the longest double takes 24
  std::size_t size_ = 0;
};

}  // namespace

Fault fault_of(simdjson::error_code error) {
  if (error == simdjson::SUCCESS) return {};
  if (error == simdjson::UTF8_ERROR) return Rejection::kInvalidUtf8;
  return error == simdjson::DEPTH_ERROR ? Rejection::kTooDeep : Rejection::kMalformed;
}

std::string_view as_site(std::string_view text, TextRoom& texts) {
  std::string_view site = trim_json_space(text);
  const std::size_t colon = site.rfind(':');
  const bool has_port = colon != std::string_view::npos && site.find(':') == colon &&
                        site.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
  if (has_port) site = site.substr(0, colon);
  if (std::all_of(site.begin(), site.end(), [](char c) { return c == lower(c); })) return site;
  if (!texts.has_room(site.size())) return {};
  std::transform(site.begin(), site.end(), texts.rest().begin(), lower);
  return texts.keep(site.size());
}

std::string_view encode_path(std::string_view text, TextRoom& texts) {
  constexpr std::size_t kEncodedSize = 3;
  const auto marks = std::count_if(text.begin(), text.end(), [](char c) { return c == '?' || c == '#'; });
  if (marks == 0) return text;
  const std::size_t size = text.size() + static_cast<std::size_t>(marks) * (kEncodedSize - 1);
  if (!texts.has_room(size)) return {};
  auto end = texts.rest().begin();
  for (const char character : text) {
    const std::string_view part = character == '?' ? "%3F" : character == '#' ? "%23" : std::string_view(&character, 1);
    end = std::copy(part.begin(), part.end(), end);
  }
  return texts.keep(size);
}

std::optional<dom::element> JsonObject::find(std::string_view key) const {
  dom::element element;
  if (!object_ || object_->at_key(key).get(element) != simdjson::SUCCESS) return std::nullopt;
  return element;
}

JsonObject JsonObject::object(std::string_view key) const {
  const std::optional<dom::element> element = find(key);
  dom::object inner;
  if (!element || element->get_object().get(inner) != simdjson::SUCCESS) return {};
  return JsonObject(inner);
}

std::string_view JsonObject::text(std::string_view key) const {
  const std::optional<dom::element> element = find(key);
  std::string_view text;
  if (!element || element->get_string().get(text) != simdjson::SUCCESS) return {};
  return text;
}

std::string_view JsonObject::text(std::initializer_list<std::string_view> keys) const {
  for (const std::string_view key : keys) {
    if (const std::string_view found = text(key); !found.empty()) return found;
  }
  return {};
}

std::string_view JsonObject::id(std::string_view key, TextRoom& texts) const {
  const std::optional<dom::element> element = find(key);
  if (!element) return {};
  if (element->is_string()) return text(key);
  const bool whole = element->type() == dom::element_type::INT64 || element->type() == dom::element_type::UINT64;
  return whole ? texts.join({NumberText(*element).text()}) : std::string_view();
}

std::optional<double> JsonObject::amount(std::string_view key) const {
  const std::optional<dom::element> element = find(key);
  if (!element) return std::nullopt;
  if (!element->is_string()) {
    const NumberText number(*element);
    return number.text().empty() ? std::nullopt : amount_of_number(number.text());
  }
  const std::string_view inside = trim_json_space(text(key));
  return is_json_number(inside) ? amount_of_number(inside) : std::nullopt;
}

std::optional<std::uint64_t> JsonObject::whole(std::string_view key) const {
  constexpr double kLargest = 1e15;  // exact in a double
  const std::optional<double> value = amount(key);
  if (!value || *value > kLargest) return std::nullopt;
  return static_cast<std::uint64_t>(*value);
}

JsonTime JsonObject::time(std::string_view key) const {
  const std::optional<dom::element> element = find(key);
  if (!element || element->is_null()) return {};
  std::optional<TimeMs> instant;
  if (element->is_string()) {
    const std::string_view inside = trim_json_space(text(key));
    instant = is_json_number(inside) ? instant_of_number(inside) : InstantReader().read(inside);
  } else if (const NumberText number(*element); !number.text().empty()) {
    instant = instant_of_number(number.text());
  }
  return {instant, !instant.has_value()};
}

bool JsonObject::is_false(std::string_view key) const {
  const std::optional<dom::element> element = find(key);
  bool value = true;
  return element && element->get_bool().get(value) == simdjson::SUCCESS && !value;
}

}  // namespace weir
