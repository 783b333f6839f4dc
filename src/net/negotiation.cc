#include "weir/net/negotiation.h"

#include <zlib.h>

#include <algorithm>
#include <charconv>

#include "weir/core/check.h"

namespace weir {
namespace {

/// The weight among an element's parameters; 1 without one, 0 when it is none.
double weight_of(std::string_view element) {
  const std::size_t place = element.find("q=");
  if (place == std::string_view::npos) return 1;
  const std::string_view text = element.substr(place + 2);
  double weight = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), weight);
  return problem == std::errc() && weight >= 0 && weight <= 1 ? weight : 0;
}

std::string_view name_of(std::string_view element) { return element.substr(0, element.find_first_of("; \t")); }

/// How exactly a range such as "text/*" names a type: 3 the type itself, 1 everything, 0 not at all.
int match_of(std::string_view range, std::string_view media_type) {
  if (range == media_type) return 3;
  if (range == "*/*") return 1;
  const std::size_t slash = media_type.find('/');
  return range.ends_with("/*") && range.substr(0, range.size() - 1) == media_type.substr(0, slash + 1) ? 2 : 0;
}

}  // namespace

std::string_view next_element(std::string_view& list) {
  const std::size_t comma = list.find(',');
  std::string_view element = list.substr(0, comma);
  list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  const std::size_t from = element.find_first_not_of(" \t");
  if (from == std::string_view::npos) return {};
  return element.substr(from, element.find_last_not_of(" \t") - from + 1);
}

bool accepts_gzip(std::string_view accept_encoding) {
  while (!accept_encoding.empty()) {
    const std::string_view element = next_element(accept_encoding);
    if (name_of(element) == "gzip" || name_of(element) == "x-gzip") return weight_of(element) > 0;
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
