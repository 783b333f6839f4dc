// A real Prometheus for end-to-end tests: scrapes its targets every second, evaluates rules as often, and answers
// PromQL. It comes with the package prometheus; a machine without it cannot run these tests.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "support/process.h"

namespace weir::support {

/// One series of an answer.
struct QuerySample {
  std::map<std::string, std::string> labels;
  double value = 0;
  std::string at;  // seconds since 1970
};

/// One rule as Prometheus has loaded it.
struct LoadedRule {
  std::string name;
  bool alert = false;
  std::string query;
  std::string health;  // "ok", "err" or "unknown"
  std::string error;
};

/// What it knows beside its first target.
struct PrometheusOptions {
  std::vector<std::uint16_t> further_targets = {};
  int interval_seconds = 1;  // of scrapes, and how long one may take
  std::vector<std::string> rule_files = {};
  std::string history = {};  // OpenMetrics text with times of the past, see history_of()
  std::string job = {};  // further keys of the job weir: whole lines of YAML, indented by four spaces
  /// A job `other`: this Prometheus itself, and a target that is down.
  bool other_programs = false;
};

/// Port of this machine where nobody listens: a target that is down.
inline constexpr std::uint16_t kDeadPort = 1;

/// Runs from construction to destruction, on a port and with a storage folder of its own.
class PrometheusServer {
 public:
  /// Scrapes http://127.0.0.1:target_port/metrics, and further targets, as job weir. Adds a failure to the running test
  /// when it does not start.
  explicit PrometheusServer(std::uint16_t target_port, const PrometheusOptions& options = {});

  /// Result of an instant query at a time as wait_for_value() gave it, or now. An error is a failure of the running
  /// test and an empty answer.
  std::vector<QuerySample> query(const std::string& promql, const std::string& at = {});
  /// Waits until the query yields one series of this value. The time at which it did, for further queries on the same
  /// scrape; empty when it never did.
  std::string wait_for_value(const std::string& promql, double wanted);
  /// The rules in the order of their files, once all have been evaluated.
  std::vector<LoadedRule> rules();

 private:
  std::string config_of(std::uint16_t target_port, const PrometheusOptions& options) const;
  void take_history(const std::string& text);

  TemporaryFolder folder_;
  std::unique_ptr<ChildProcess> process_;
  std::uint16_t port_ = 0;
};

/// A scrape as it would have been read again and again over `count` steps of `step_seconds` from `first_seconds` on,
/// for PrometheusOptions::history: OpenMetrics text with the labels that Prometheus adds. Counters and buckets
/// are 0 in the first step; all else stays what it is.
struct HistorySpan {
  std::int64_t first_seconds = 0;  // since 1970
  std::int64_t step_seconds = 15;  // below five minutes, after which Prometheus takes a series for gone
  int count = 0;                   // two or more
};
/// Only the metrics called `names`.
std::string history_of(const std::string& scrape, const std::set<std::string>& names, std::uint16_t target_port,
                       const HistorySpan& span);

/// What `promtool check metrics` has to say; empty when all is well.
std::string promtool_check_metrics(const std::string& scrape);

}  // namespace weir::support
