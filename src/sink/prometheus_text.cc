// Renders the KPI families from a report. Values flow report -> rows with ready labels -> one string. Family
// by family, because all samples of a family must stand together. It must never export one label set twice.
#include <chrono>
#include <map>
#include <vector>

#include "weir/core/check.h"
#include "weir/core/time_text.h"
#include "weir/kpi/kpi_table.h"
#include "weir/sink/exposition_writer.h"
#include "weir/sink/part_value.h"
#include "weir/sink/self_metrics.h"
#include "weir/sink/sinks.h"

namespace weir {
namespace {

/// One cell with its labels rendered once for all families.
struct Row {
  std::string labels;
  const Totals* totals;
};

/// All that is exported under one prefix: a rollup's counters, or its windows.
struct Group {
  std::string prefix;       // "weir_landing" or "weir_landing_window"
  std::string_view suffix;  // of names: "_total" for counters
  std::string_view type;
  std::string_view help;    // sentence put behind the part's own
  bool PartRow::*exported;  // which rows of the part table are members
  std::vector<Row> rows;

  bool is_counter() const { return type == "counter"; }
};

/// One step of a funnel with its labels rendered once for all cells.
struct StepLabels {
  std::size_t funnel;
  std::size_t step;  // 1-based
  bool last;
  std::string labels;
};

std::vector<StepLabels> step_labels_of(const FunnelSet& funnels) {
  std::vector<StepLabels> steps;
  for (std::size_t f = 0; f < funnels.size(); ++f) {
    const Funnel& funnel = funnels.funnels()[f];
    for (std::size_t step = 1; step <= funnel.steps.size(); ++step) {
      std::string labels;
      append_label(labels, "funnel", funnel.name);
      append_label(labels, "step", funnel.steps[step - 1].name);
      steps.push_back({f, step, step == funnel.steps.size(), std::move(labels)});
    }
  }
  return steps;
}

std::string cell_labels(const Rollup& rollup, const std::vector<std::string>& values) {
  WEIR_CHECK(values.size() == rollup.dimensions.size() + 1);
  std::string labels;
  append_label(labels, label_of(Dimension::kSite), values[0]);
  for (std::size_t i = 0; i < rollup.dimensions.size(); ++i) {
    append_label(labels, label_of(rollup.dimensions[i]), values[i + 1]);
  }
  return labels;
}

/// Writes the families of a report's rollups. Lives for one rendering.
class KpiRenderer {
 public:
  KpiRenderer(ExpositionWriter& writer, const FunnelSet& funnels)
      : writer_(writer), funnels_(funnels), steps_(step_labels_of(funnels)) {}

  void write_counters(const Rollup& rollup, const std::vector<CellCounters>& cells);
  /// `windows` are of this rollup, no length twice.
  void write_windows(const Rollup& rollup, const std::vector<const WindowTotals*>& windows, bool with_ratios);

 private:
  void begin(const Group& group, std::string_view name, std::string_view suffix, std::string_view help);
  void write_parts(const Group& group);
  void write_revenue(const Group& group);
  void write_funnel_sessions(const Group& group);
  void write_funnel_leaks(const Group& group);
  void write_dwell(const Group& group, const std::vector<CellCounters>& cells);
  void write_ratios(const Group& group);
  void write_order_values(const Group& group);
  void write_leakage_ratios(const Group& group);

  ExpositionWriter& writer_;
  const FunnelSet& funnels_;
  std::vector<StepLabels> steps_;
};

void KpiRenderer::begin(const Group& group, std::string_view name, std::string_view suffix, std::string_view help) {
  std::string full_name = group.prefix;
  full_name.append("_").append(name).append(suffix);
  std::string full_help(help);
  full_help.append(" ").append(group.help);
  writer_.begin_family(full_name, group.type, full_help);
}

void KpiRenderer::write_parts(const Group& group) {
  for (const PartRow& part : part_table()) {
    if (!(part.*group.exported)) continue;
    begin(group, part.name, group.suffix, part.help);
    for (const Row& row : group.rows) {
      if (part.scale == 1) {
        writer_.sample(row.labels, {}, (*row.totals)[part.part]);
      } else {
        writer_.sample(row.labels, {}, scaled_value(part, *row.totals));
      }
    }
  }
}

void KpiRenderer::write_revenue(const Group& group) {
  begin(group, "revenue", group.suffix, "Revenue of orders, in units of its currency.");
  for (const Row& row : group.rows) {
    for (const Money& money : row.totals->revenue()) {
      // A gauge's zero is what a session that was taken back leaves behind; a counter must not vanish.
      if (money.nanos == 0 && !group.is_counter()) continue;
      std::string currency;
      append_label(currency, "currency", currency_code(money.currency));
      writer_.sample(row.labels, currency, from_nanos(money.nanos));
    }
  }
}

void KpiRenderer::write_funnel_sessions(const Group& group) {
  begin(group, "funnel_sessions", group.suffix, "Sessions that reached a step of a funnel.");
  for (const Row& row : group.rows) {
    for (const StepLabels& step : steps_) {
      writer_.sample(row.labels, step.labels, row.totals->funnel_reached(funnels_, step.funnel, step.step));
    }
  }
}

void KpiRenderer::write_funnel_leaks(const Group& group) {
  begin(group, "funnel_leaked_sessions", group.suffix,
        "Sessions that got to a step of a funnel and no further, by what they did next.");
  for (const StepLabels& step : steps_) {
    if (step.last) continue;
    for (std::size_t i = 0; i < kLeakCauseCount; ++i) {
      std::string labels = step.labels;
      append_label(labels, "cause", kLeakCauseNames[i]);
      for (const Row& row : group.rows) {
        const auto cause = static_cast<LeakCause>(i);
        writer_.sample(row.labels, labels, row.totals->funnel_leaked(funnels_, step.funnel, step.step, cause));
      }
    }
  }
}

/// The upper bounds as labels, +Inf last; written as OpenMetrics has them, so that both formats have the same series.
std::vector<std::string> bucket_labels() {
  std::vector<std::string> labels;
  for (const double bound : kDwellBucketBounds) {
    labels.push_back("le=\"" + std::to_string(static_cast<std::int64_t>(bound)) + ".0\"");
  }
  labels.emplace_back("le=\"+Inf\"");
  return labels;
}

static_assert(
    [] {
      for (const double bound : kDwellBucketBounds) {
        if (static_cast<double>(static_cast<std::int64_t>(bound)) != bound) return false;
      }
      return true;
    }(),
    "bucket_labels writes whole seconds");

void KpiRenderer::write_dwell(const Group& group, const std::vector<CellCounters>& cells) {
  const std::vector<std::string> bounds = bucket_labels();
  writer_.begin_family(group.prefix + "_dwell_seconds", "histogram",
                       "Known dwell times: last event less first event. " + std::string(group.help));
  for (std::size_t c = 0; c < cells.size(); ++c) {
    const Counters& counters = cells[c].counters;
    const std::string& labels = group.rows[c].labels;
    std::int64_t count = 0;
    for (std::size_t b = 0; b < bounds.size(); ++b) {
      count += counters.dwell_buckets[b];
      writer_.suffixed_sample("_bucket", labels, bounds[b], count);
    }
    writer_.suffixed_sample("_sum", labels, {}, static_cast<double>(counters.totals[Part::kDwellMs]) / 1000.0);
    writer_.suffixed_sample("_count", labels, {}, count);
  }
}

void KpiRenderer::write_ratios(const Group& group) {
  for (const RatioRow& ratio : ratio_table()) {
    begin(group, ratio.name, {}, ratio.help);
    for (const Row& row : group.rows) {
      if (const auto value = ratio.formula(*row.totals)) writer_.sample(row.labels, {}, *value);
    }
  }
}

void KpiRenderer::write_order_values(const Group& group) {
  begin(group, "average_order_value", {}, "Revenue / orders, in units of the currency.");
  for (const Row& row : group.rows) {
    for (const Money& money : row.totals->revenue()) {
      const auto value = average_order_value(*row.totals, money);
      if (money.nanos == 0 || !value) continue;
      std::string currency;
      append_label(currency, "currency", currency_code(money.currency));
      writer_.sample(row.labels, currency, *value);
    }
  }
}

void KpiRenderer::write_leakage_ratios(const Group& group) {
  begin(group, "funnel_leakage_ratio", {}, "Share of sessions at a step of a funnel that never took the next.");
  for (const Row& row : group.rows) {
    for (const StepLabels& step : steps_) {
      const auto value = leakage_ratio(*row.totals, funnels_, step.funnel, step.step);
      if (value) writer_.sample(row.labels, step.labels, *value);
    }
  }
}

void KpiRenderer::write_counters(const Rollup& rollup, const std::vector<CellCounters>& cells) {
  Group group{"weir_" + rollup.name, "_total", "counter", "Counted when a session closes.", &PartRow::counter, {}};
  for (const CellCounters& cell : cells) {
    group.rows.push_back({cell_labels(rollup, cell.labels), &cell.counters.totals});
  }
  write_parts(group);
  write_revenue(group);
  write_dwell(group, cells);
  write_funnel_sessions(group);
  write_funnel_leaks(group);
}

void KpiRenderer::write_windows(const Rollup& rollup, const std::vector<const WindowTotals*>& windows,
                                bool with_ratios) {
  Group group{
      "weir_" + rollup.name + "_window", "", "gauge", "In the window, open sessions included.", &PartRow::gauge, {}};
  for (const WindowTotals* window : windows) {
    const std::string length = format_duration(window->length_ms);
    for (const CellTotals& cell : window->cells) {
      Row row{cell_labels(rollup, cell.labels), &cell.totals};
      append_label(row.labels, "window", length);
      group.rows.push_back(std::move(row));
    }
  }
  write_parts(group);
  write_revenue(group);
  write_funnel_sessions(group);
  write_funnel_leaks(group);
  if (!with_ratios) return;
  write_ratios(group);
  write_order_values(group);
  write_leakage_ratios(group);
}

/// The newest window of each length of a rollup. A live report holds no other; a replay's series has many
/// moments, and exporting more than one of them would repeat label sets.
std::vector<const WindowTotals*> newest_windows(const Report& report, std::size_t rollup) {
  std::map<TimeMs, const WindowTotals*> newest;
  for (const WindowTotals& window : report.windows) {
    if (window.rollup == rollup) newest[window.length_ms] = &window;
  }
  std::vector<const WindowTotals*> windows;
  for (const auto& [length_ms, window] : newest) windows.push_back(window);
  return windows;
}

}  // namespace

std::string render_prometheus(const Report& report, const SinkOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  const FunnelSet no_funnels;
  std::string out;
  ExpositionWriter writer(out);
  KpiRenderer renderer(writer, report.funnels ? *report.funnels : no_funnels);
  WEIR_CHECK(report.rollups.size() == report.rollup_specs.size());
  for (std::size_t i = 0; i < report.rollups.size(); ++i) {
    renderer.write_counters(report.rollup_specs[i], report.rollups[i].counters);
    renderer.write_windows(report.rollup_specs[i], newest_windows(report, i), options.ratios);
  }
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
  out += render_self_metrics(report, {writer.series(), spent.count()});
  return out;
}

}  // namespace weir
