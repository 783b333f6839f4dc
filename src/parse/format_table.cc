// THE format table: a format is one row here and one file beside this one. Must never know how a format works.
#include <array>

#include "caddy_parser.h"
#include "combined_parser.h"
#include "ga4_parser.h"
#include "json_formats.h"
#include "matomo_parser.h"
#include "native_parser.h"
#include "nginx_json_parser.h"
#include "weir/parse/parser.h"

namespace weir {
namespace {

constexpr std::array kFormats{
    FormatRow{"native", "Weir's own JSON: an object, an array of objects, or one of them per line", make_native_parser,
              recognises_native},
    FormatRow{"combined", "access logs of Apache and nginx: combined or common, also with a host in front",
              make_combined_parser, recognises_combined, false},
    FormatRow{"nginx_json", "access logs with one JSON object per line, under most of the names in use",
              make_nginx_json_parser, recognises_nginx_json},
    FormatRow{"caddy", "access logs of Caddy 2 in JSON", make_caddy_parser, recognises_caddy},
    FormatRow{"ga4", "what the Google tag sends to /g/collect: query strings", make_ga4_parser, recognises_ga4, false},
    FormatRow{"matomo", "what trackers send to matomo.php: query strings, forms, bulks", make_matomo_parser,
              recognises_matomo, false},
    FormatRow{"segment", "calls of Segment's HTTP API, alone or in batches; RudderStack speaks it too",
              make_segment_parser, recognises_segment},
    FormatRow{"plausible", "events of Plausible's tracker and API", make_plausible_parser, recognises_plausible},
    FormatRow{"umami", "events of Umami's tracker and API, alone or in an array", make_umami_parser, recognises_umami},
    FormatRow{"ga4_mp", "documents of Google Analytics' Measurement Protocol", make_ga4_mp_parser, recognises_ga4_mp},
};

}  // namespace

std::span<const FormatRow> format_table() { return kFormats; }

const FormatRow* find_format(std::string_view name) {
  for (const FormatRow& row : kFormats) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (const FormatRow& row : kFormats) names.emplace_back(row.name);
  return names;
}

}  // namespace weir
