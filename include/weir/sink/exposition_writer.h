// Writes the Prometheus text format 0.0.4 into one string. Used by the KPI renderer, whose thousands of
// series are too many for prometheus-cpp's one-object-per-sample model. It must never write a header without
// a sample, or let a label value end its own quotes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

/// Appends `name="value"` to `labels`, after a comma unless `labels` is empty. `value` is escaped; ill-formed
/// UTF-8 and NUL, which Prometheus refuses, become U+FFFD.
void append_label(std::string& labels, std::string_view name, std::string_view value);

/// Appends families to a string. Families must not repeat and label sets must be unique: the caller's part.
/// Not thread-safe.
class ExpositionWriter {
 public:
  /// `out` must outlive the writer.
  explicit ExpositionWriter(std::string& out) : out_(out) {}

  /// Starts a family. `type` is counter, gauge or histogram; `help` is one line without backslashes. HELP and
  /// TYPE are written with the first sample, so a family without samples leaves no trace.
  void begin_family(std::string_view name, std::string_view type, std::string_view help);

  /// Writes a sample of the current family. `labels` come from append_label; `more_labels` are put behind
  /// them, so that what many samples share is rendered once.
  void sample(std::string_view labels, std::string_view more_labels, std::int64_t value);
  void sample(std::string_view labels, std::string_view more_labels, double value);

  /// As `sample`, with a suffix behind the family's name (histograms: "_bucket").
  void suffixed_sample(std::string_view suffix, std::string_view labels, std::string_view more_labels,
                       std::int64_t value);
  void suffixed_sample(std::string_view suffix, std::string_view labels, std::string_view more_labels, double value);

  /// Samples written so far.
  std::size_t series() const { return series_; }

 private:
  void open_sample(std::string_view suffix, std::string_view labels, std::string_view more_labels);

  std::string& out_;
  std::string name_;
  std::string header_;  // of the current family; empty once written
  std::size_t series_ = 0;
};

}  // namespace weir
