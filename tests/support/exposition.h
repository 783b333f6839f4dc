// A strict reader of the Prometheus text format 0.0.4, written from the format's description and sharing
// nothing with the writer. Stricter than Prometheus itself: what a server would silently drop is an error.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace weir::support {

/// One sample as read.
struct Sample {
  std::string name;
  std::map<std::string, std::string> labels;  // unescaped
  double value = 0;
};

/// A whole scrape.
struct Exposition {
  std::vector<Sample> samples;               // in order
  std::map<std::string, std::string> types;  // family -> counter, gauge or histogram
  std::map<std::string, double> values;      // "name{labels as written}" -> value
  std::vector<std::string> errors;           // "line 3: ..."; empty when all is well
};

/// Reads a scrape and checks: names, escapes, UTF-8, numbers, no label set twice, HELP and TYPE once and before
/// the samples, families in one piece, counters not below 0, buckets cumulative and agreeing with _count.
Exposition read_exposition(std::string_view text);

/// Samples by "name{labels as written}". Every error is a failure of the running test.
std::map<std::string, double> parse_exposition(std::string_view text);

}  // namespace weir::support
