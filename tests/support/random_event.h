// Texts of random events and of broken lines, for random_stream.cc.
#pragma once

#include <cstdint>
#include <string>

#include "support/random_source.h"

namespace weir::support {

/// Who an event belongs to and when it happened; the rest is drawn.
struct RandomEventFrame {
  std::string visitor;
  std::string site;           // value of the `site` field; empty: no such field
  bool default_site = false;  // without the field: only bare paths as url, so that the site is "default"
  std::string session;        // empty: none
  std::string id;             // empty: none
  std::int64_t ts_ms = 0;
  std::int64_t slow_ms = 0;
};

/// A valid event as a line of native JSON.
std::string random_event_text(const RandomEventFrame& frame, RandomSource& random);

/// A line that must be refused, for one of many reasons.
std::string broken_line(std::int64_t ts_ms, RandomSource& random);

}  // namespace weir::support
