// A real Prometheus for end-to-end tests: scrapes one target every second and answers PromQL. It comes with the
// package prometheus; a machine without it cannot run these tests.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
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

/// Runs from construction to destruction, on a port and with a storage folder of its own.
class PrometheusServer {
 public:
  /// Scrapes http://127.0.0.1:target_port/metrics. Adds a failure to the running test when it does not start.
  explicit PrometheusServer(std::uint16_t target_port);

  /// Result of an instant query at a time as wait_for_value() gave it, or now. An error is a failure of the running
  /// test and an empty answer.
  std::vector<QuerySample> query(const std::string& promql, const std::string& at = {});
  /// Waits until the query yields one series of this value. The time at which it did, for further queries on the same
  /// scrape; empty when it never did.
  std::string wait_for_value(const std::string& promql, double wanted);

 private:
  TemporaryFolder folder_;
  std::unique_ptr<ChildProcess> process_;
  std::uint16_t port_ = 0;
};

/// What `promtool check metrics` has to say; empty when all is well.
std::string promtool_check_metrics(const std::string& scrape);

}  // namespace weir::support
