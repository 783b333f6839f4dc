// The rows of THE format table whose documents JsonParser reads; each is a file of its own. What each makes of its
// events is told in docs/formats.md.
#pragma once

#include <memory>
#include <string_view>

#include "weir/parse/parser.h"

namespace weir {

/// Segment's HTTP API, also spoken by RudderStack.
std::unique_ptr<Parser> make_segment_parser(const ParserOptions& options);
bool recognises_segment(std::string_view line);
/// Plausible's events API and tracker.
std::unique_ptr<Parser> make_plausible_parser(const ParserOptions& options);
bool recognises_plausible(std::string_view line);
/// Umami's tracker and API.
std::unique_ptr<Parser> make_umami_parser(const ParserOptions& options);
bool recognises_umami(std::string_view line);
/// The Measurement Protocol of Google Analytics 4.
std::unique_ptr<Parser> make_ga4_mp_parser(const ParserOptions& options);
bool recognises_ga4_mp(std::string_view line);

}  // namespace weir
