#include "weir/sink/self_metrics.h"

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "weir/sink/process_facts.h"

namespace weir {
namespace {

using Families = std::vector<prometheus::MetricFamily>;

/// One metric that is not in the self-metrics table; left out when its value is unknown.
struct LooseMetric {
  std::string_view name;
  StatKind kind;
  std::string_view help;
  std::optional<double> value;
};

prometheus::MetricFamily family_of(std::string_view name, StatKind kind, std::string_view help) {
  prometheus::MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = kind == StatKind::kCounter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
  return family;
}

prometheus::ClientMetric& add_metric(prometheus::MetricFamily& family, double value) {
  prometheus::ClientMetric& metric = family.metric.emplace_back();
  if (family.type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  return metric;
}

/// Builds fresh families at every scrape, as Prometheus advises for values that live elsewhere.
class SelfMetrics final : public prometheus::Collectable {
 public:
  SelfMetrics(const Report& report, RenderCost cost) : report_(report), cost_(cost) {}

  Families Collect() const override {
    Families families;
    add_build_info(families);
    add_stats(families);
    add_loose_metrics(families);
    return families;
  }

 private:
  static void add_build_info(Families& families) {
    auto& family = families.emplace_back(family_of("weir_build_info", StatKind::kGauge, "Always 1; its version."));
    add_metric(family, 1).label.push_back({"version", WEIR_VERSION});
  }

  void add_stats(Families& families) const {
    for (const StatRow& row : stat_table()) {
      if (families.back().name != row.family) families.push_back(family_of(row.family, row.kind, row.help));
      prometheus::ClientMetric& metric =
          add_metric(families.back(), static_cast<double>(report_.stats[row.stat]) * row.scale);
      if (row.label_name.empty()) continue;
      metric.label.push_back({std::string(row.label_name), std::string(row.label_value)});
    }
  }

  void add_loose_metrics(Families& families) const {
    using enum StatKind;
    const ProcessFacts process = read_process_facts();
    std::optional<double> watermark_seconds;
    if (report_.watermark_ms) watermark_seconds = static_cast<double>(*report_.watermark_ms) / 1000.0;
    const std::array<LooseMetric, 9> loose{{
        {"weir_watermark_timestamp_seconds", kGauge, "Event time before which nothing more is expected.",
         watermark_seconds},
        {"weir_series", kGauge, "KPI series in this scrape.", static_cast<double>(cost_.series)},
        {"weir_render_duration_seconds", kGauge, "Time taken to render the KPI series of this scrape.", cost_.seconds},
        {"process_cpu_seconds_total", kCounter, "User and system CPU time spent.", process.cpu_seconds},
        {"process_resident_memory_bytes", kGauge, "Resident memory.", process.resident_memory_bytes},
        {"process_virtual_memory_bytes", kGauge, "Virtual memory.", process.virtual_memory_bytes},
        {"process_open_fds", kGauge, "Open file descriptors.", process.open_fds},
        {"process_max_fds", kGauge, "Most file descriptors that may be open.", process.max_fds},
        {"process_start_time_seconds", kGauge, "Start of the process, seconds since 1970.", process.start_time_seconds},
    }};
    for (const LooseMetric& metric : loose) {
      if (!metric.value) continue;
      add_metric(families.emplace_back(family_of(metric.name, metric.kind, metric.help)), *metric.value);
    }
  }

  const Report& report_;
  RenderCost cost_;
};

}  // namespace

std::string render_self_metrics(const Report& report, RenderCost cost) {
  return prometheus::TextSerializer().Serialize(SelfMetrics(report, cost).Collect());
}

}  // namespace weir
