// RenderedReports: the newest report as sinks have it, rendered once for all who ask for it, and, when that takes long,
// not again before as much time has passed. Without it a storm of scrapes would keep the admin thread from saying that
// Weir is ready. It must never show a text more than a second after it was rendered.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "weir/core/clock.h"
#include "weir/kpi/report.h"
#include "weir/sink/sinks.h"

namespace weir {

/// Keeps at most two texts for each sink. One thread.
class RenderedReports {
 public:
  /// No text is used longer than this: what it says of the process (process_*) is of the moment it was rendered.
  static constexpr TimeMs kFreshMs = 1000;
  enum class Encoding : std::uint8_t { kPlain, kGzip };

  struct Body {
    std::string text;
    Encoding encoding = Encoding::kPlain;
  };

  /// `clock` outlives it.
  RenderedReports(SinkOptions options, const Clock& clock) : options_(std::move(options)), clock_(clock) {}

  /// `report`, the newest, as `sink` has it; or one that was the newest until just now, while the thread rests from
  /// rendering. In the wanted encoding, unless it is so small that it stays plain. `sink` renders and outlives this
  /// object. What is returned lives until the next call.
  const Body& find(const SinkRow& sink, const Report& report, Encoding wanted);
  /// Lets go of texts that are too old to be used.
  void forget_old();
  /// How often a sink rendered so far.
  std::int64_t renderings() const { return renderings_; }

 private:
  struct Rendered {
    std::uint64_t report = 0;  // its number
    TimeMs at_ms = 0;          // by the steady clock, as is all time here
    Body body;
  };

  const Rendered& render(const SinkRow& sink, const Report& report);
  const Rendered& compress(const SinkRow& sink, const Rendered& plain);
  void rest_from(TimeMs began_ms);
  bool is_fresh(const Rendered& rendered) const;

  SinkOptions options_;
  const Clock& clock_;
  std::map<const SinkRow*, Rendered> plain_;
  std::map<const SinkRow*, Rendered> compressed_;  // of the same texts
  TimeMs rested_ms_ = 0;                           // until then texts are used that are not the newest
  std::int64_t renderings_ = 0;
};

}  // namespace weir
