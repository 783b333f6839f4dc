// Generator: synthetic visits of a small web shop and its blog as native NDJSON, with the exact report they must
// give. It stands before the flow: `weir generate`, the demo and tests feed its lines to the engine. The truth comes
// from the plan of each visit and from the definitions of the KPIs; it must never use code of the engine.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/clock.h"
#include "weir/model/funnel.h"

namespace weir {

/// The funnels the generated visitors walk: "checkout" (product, cart, checkout, purchase) and "signup" (pricing,
/// form, signup). A configuration that shall reproduce the truth needs the same funnels.
std::vector<Funnel> default_generator_funnels();

/// What to generate. Two generators with equal options write the same bytes on any machine. The visits, and so the
/// rollups of the truth, are the same with and without noise: disorder, duplicates, malformed
/// and late lines change the lines but not what they must add up to.
struct GeneratorOptions {
  std::uint64_t seed = 1;
  std::uint64_t sessions = 1000;        // exactly so many sessions; 1..4e9
  TimeMs disorder_ms = 0;               // an event comes at most so much later than a younger one; 0..lateness_ms
  double duplicate_ratio = 0;           // copies per event, 0..1
  double malformed_ratio = 0;           // broken lines per event, 0..1
  double late_ratio = 0;                // events older than the watermark per event, 0..1
  TimeMs start_ms = 1'767'225'600'000;  // 2026-01-01T00:00:00Z; nothing counted is older
  double sessions_per_second = 50;      // arrival rate (Poisson) in event time, returning visitors aside; > 0
  double speed = 1;                     // think times inside a visit are divided by it; > 0
  TimeMs timeout_ms = 30 * 60 * 1000;   // the engine's sessions.timeout; 1 s..2 h
  TimeMs lateness_ms = 5000;            // the engine's sessions.lateness
  TimeMs slow_ms = 3000;                // the engine's funnels.slow_ms; 10..100,000
  std::uint64_t sites = 1;              // web properties, 1..1000
  double return_ratio = 0.2;            // visitors who come back after a visit, 0..1
  std::string visitor_prefix;           // in front of every visitor's id, to tell runs apart; letters and digits
  bool same_times = true;               // some events of a visit have the time of the one before
  std::uint32_t landing_pages = 40;     // pages visits begin on, the most popular ones; 3..40
  std::vector<Funnel> funnels = default_generator_funnels();  // of which the truth is kept
  bool keep_truth = true;  // off: only counts are kept, so memory does not grow with the sessions
};

/// Why the options cannot be used, as a sentence for people; empty when they can.
std::string problem_of(const GeneratorOptions& options);

/// What the lines must add up to. Opaque; see render_truth_json.
class Truth;

/// Writes the lines one at a time, in order of arrival. Memory: the events of visits under way, one small record per
/// visitor who will come back, and the truth (about 60 bytes per session). Owned by one thread.
class Generator {
 public:
  /// Options without a problem (checked).
  explicit Generator(GeneratorOptions options);
  ~Generator();
  Generator(Generator&&) noexcept;
  Generator& operator=(Generator&&) noexcept;

  /// Replaces `line` by the next line, without newline. False, and `line` empty, after the last one.
  [[nodiscard]] bool next(std::string& line);

  /// When the line of the last next() arrives, for pacing: start_ms or later, never steps backwards, and at most
  /// disorder_ms behind the event's own time. Without disorder it is that time.
  TimeMs time_ms() const;

  /// The truth of all lines; complete after next() returned false (before that it covers visits planned so far).
  const Truth& truth() const;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

/// The report of the contract's section 7 that the lines must give: events, first_event, last_event and the six
/// default rollups, rows by sessions (most first), then labels. Quantiles are exact nearest rank; every step but
/// the last lists all four causes. Indented by one space, ends in a newline.
std::string render_truth_json(const Truth& truth);

/// The known dwell times of a rollup of the truth, in milliseconds: per row of the report, ascending. From them follow
/// quantiles of rows together, which those of single rows do not tell.
std::vector<std::vector<std::uint32_t>> truth_dwell_ms(const Truth& truth, std::string_view rollup);

}  // namespace weir
