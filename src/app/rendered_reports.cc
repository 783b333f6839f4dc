#include "rendered_reports.h"

#include <algorithm>

#include "weir/core/check.h"
#include "weir/net/negotiation.h"

namespace weir {
namespace {

constexpr std::size_t kCompressedBytes = 4096;  // smaller answers fit into a few packets as they are
constexpr int kFastest = 1;                     // level of gzip: a tenth of the bytes already

}  // namespace

const RenderedReports::Body& RenderedReports::find(const SinkRow& sink, const Report& report, Encoding wanted) {
  const auto found = plain_.find(&sink);
  const bool usable = found != plain_.end() && is_fresh(found->second) &&
                      (found->second.report == report.number || clock_.steady_ms() < rested_ms_);
  const Rendered& plain = usable ? found->second : render(sink, report);
  if (wanted == Encoding::kPlain || plain.body.text.size() < kCompressedBytes) return plain.body;
  const auto compressed = compressed_.find(&sink);
  return compressed != compressed_.end() ? compressed->second.body : compress(sink, plain).body;
}

const RenderedReports::Rendered& RenderedReports::render(const SinkRow& sink, const Report& report) {
  WEIR_CHECK(sink.render != nullptr);
  const TimeMs began_ms = clock_.steady_ms();
  compressed_.erase(&sink);
  Rendered& plain = plain_[&sink];
  plain = {.report = report.number, .at_ms = 0, .body = {sink.render(report, options_), Encoding::kPlain}};
  plain.at_ms = clock_.steady_ms();
  ++renderings_;
  rest_from(began_ms);
  return plain;
}

const RenderedReports::Rendered& RenderedReports::compress(const SinkRow& sink, const Rendered& plain) {
  const TimeMs began_ms = clock_.steady_ms();
  Rendered& compressed = compressed_[&sink];
  compressed = {
      .report = plain.report, .at_ms = plain.at_ms, .body = {gzip(plain.body.text, kFastest), Encoding::kGzip}};
  rest_from(began_ms);
  return compressed;
}

/// A rest is as long as the work was: half of the thread's time goes into texts, as long as none of them gets old.
void RenderedReports::rest_from(TimeMs began_ms) {
  const TimeMs now_ms = clock_.steady_ms();
  rested_ms_ = std::max(rested_ms_, now_ms) + (now_ms - began_ms);
}

void RenderedReports::forget_old() {
  const auto is_old = [this](const auto& entry) { return !is_fresh(entry.second); };
  std::erase_if(plain_, is_old);
  std::erase_if(compressed_, is_old);
}

bool RenderedReports::is_fresh(const Rendered& rendered) const {
  return clock_.steady_ms() - rendered.at_ms < kFreshMs;
}

}  // namespace weir
