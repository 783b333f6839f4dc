// Writes one planned event as a line of native JSON, in one of the many wordings that mean the same. All wording comes
// from PlannedEvent::wording, so a copy of an event is a copy of its line.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "generator_visit.h"

namespace weir::generator {

/// Line writer. One thread.
class LineWriter {
 public:
  /// `visitor_prefix` stands in front of every visitor's id as it is.
  LineWriter(std::uint32_t sites, std::string visitor_prefix);

  /// Appends the event's line to `line`, without newline.
  void write(const PlannedEvent& event, std::string& line) const;

  /// Appends an event by the same visitor that is new (fresh delivery id `late_number`) but of a time long gone.
  void write_late(const PlannedEvent& like, TimeMs time_ms, std::uint64_t late_number, std::string& line) const;

  /// Appends something that is not one complete JSON object: the front of `whole`, or plain text.
  void write_malformed(const std::string& whole, Random& random, std::string& line) const;

 private:
  void write_visitor(const PlannedEvent& event, Random& wording, std::string& line) const;
  void write_place(const PlannedEvent& event, Random& wording, std::string& line) const;
  void write_url(const PlannedEvent& event, Random& wording, bool absolute, std::string& line) const;
  void write_page_view(const PlannedEvent& event, Random& wording, std::string& line) const;

  std::vector<std::string> sites_;
  std::string visitor_prefix_;
};

}  // namespace weir::generator
