#include "weir/net/negotiation.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <zlib.h>

#include <algorithm>
#include <charconv>

#include "weir/core/ascii.h"
#include "weir/core/check.h"

namespace weir {
namespace {

/// The text before the next `mark`, without white space around it; takes both off the front.
std::string_view next_part(std::string_view& list, char mark) {
  const std::size_t place = list.find(mark);
  const std::string_view part = list.substr(0, place);
  list.remove_prefix(place == std::string_view::npos ? list.size() : place + 1);
  const std::size_t from = part.find_first_not_of(" \t");
  if (from == std::string_view::npos) return {};
  return part.substr(from, part.find_last_not_of(" \t") - from + 1);
}

/// The weight among an element's parameters; 1 without one, 0 when it is none.
double weight_of(std::string_view element) {
  while (!element.empty()) {
    const std::string_view parameter = next_part(element, ';');
    if (parameter.size() < 2 || !equal_ignoring_case(parameter.substr(0, 2), "q=")) continue;
    double weight = 0;
    const auto [end, problem] = std::from_chars(parameter.begin() + 2, parameter.end(), weight);
    return problem == std::errc() && weight >= 0 && weight <= 1 ? weight : 0;
  }
  return 1;
}

/// What an element names, in front of its parameters.
std::string_view name_of(std::string_view element) { return next_part(element, ';'); }

/// How exactly a range such as "text/*" names a type: 3 the type itself, 1 everything, 0 not at all.
int match_of(std::string_view range, std::string_view media_type) {
  if (equal_ignoring_case(range, media_type)) return 3;
  if (range == "*/*") return 1;
  const std::string_view kind = media_type.substr(0, media_type.find('/') + 1);
  return range.ends_with("/*") && equal_ignoring_case(range.substr(0, range.size() - 1), kind) ? 2 : 0;
}

}  // namespace

std::string_view next_element(std::string_view& list) { return next_part(list, ','); }

std::string list_of(const HttpRequest& request, std::string_view name) {
  return fmt::format("{}", fmt::join(request.headers(name), ", "));
}

bool accepts_gzip(std::string_view accept_encoding) {
  while (!accept_encoding.empty()) {
    const std::string_view element = next_element(accept_encoding);
    const std::string_view name = name_of(element);
    if (equal_ignoring_case(name, "gzip") || equal_ignoring_case(name, "x-gzip")) return weight_of(element) > 0;
  }
  return false;
}

double accepted_weight(std::string_view accept, std::string_view media_type) {
  if (accept.empty()) return 1;
  int best = 0;
  double weight = 0;
  while (!accept.empty()) {
    const std::string_view element = next_element(accept);
    const int match = match_of(name_of(element), media_type);
    if (match == 0 || match < best) continue;
    // Of several versions of a type the one that is wanted most counts.
    weight = match == best ? std::max(weight, weight_of(element)) : weight_of(element);
    best = match;
  }
  return weight;
}

std::string gzip(std::string_view text, int level) {
  z_stream stream{};
  constexpr int kGzipWindow = 15 + 16;
  constexpr int kMemoryLevel = 9;
  WEIR_CHECK(::deflateInit2(&stream, level, Z_DEFLATED, kGzipWindow, kMemoryLevel, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(::deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // zlib only reads it
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  WEIR_CHECK(::deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  return out;
}

}  // namespace weir
