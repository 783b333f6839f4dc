// What the dashboards are tested on: a real Prometheus with the rules scrapes a real Weir while generated visits go by,
// and has a past in which other visits came a week earlier. A second Weir has other visits to the same site, a third
// is down. Prometheus watches other programs as well: itself, and one that is down.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "running_server.h"
#include "support/dashboards.h"
#include "support/prometheus_server.h"
#include "weir/core/clock.h"

namespace weir::e2e {

/// Host of the site whose visits have a truth. Two other sites have visits under way.
inline constexpr const char* kShop = "shop.example.com";
/// Site of two visits by search, one of which is for the brand.
inline constexpr const char* kBrandSite = "brand.example.com";

/// Lines that arrive between two scrapes.
struct Batch {
  TimeMs first_ms = 0;
  TimeMs last_ms = 0;
  std::int64_t lines = 0;
  std::string text;
};

/// Visits with known truth, all ended by now and begun within the last day. Rows of the truth have all known dwell
/// times, in seconds and ascending, at /dwell_seconds/values.
struct Visits {
  std::vector<Batch> batches;
  nlohmann::json truth;
};

/// Built once, and then only asked. Belongs to the thread of the test.
class DashboardScene {
 public:
  DashboardScene();

  support::PrometheusServer& prometheus() { return *prometheus_; }
  /// All of all dashboards.
  const std::vector<support::DashboardQuery>& queries() const { return queries_; }
  const nlohmann::json& truth() const { return visits_.truth; }
  /// Of the visits of the first instance a week ago.
  const nlohmann::json& past_truth() const { return past_visits_.truth; }
  /// Of the second instance.
  const nlohmann::json& second_truth() const { return second_visits_.truth; }
  /// The moment of the last scrape of the first instance: what is asked for then is not extrapolated. Empty when the
  /// visits could not be delivered, which has failed the test.
  const std::string& at() const { return at_; }
  /// The label of the first instance.
  std::string instance() const { return instance_of(server_); }

 private:
  static std::string instance_of(const RunningServer& server);
  std::string history_for(const std::vector<std::string>& rule_files);
  void send_all();
  void deliver(RunningServer& server, const Batch& batch, std::int64_t& sent);

  TimeMs now_ms_;
  std::vector<support::DashboardQuery> queries_;
  Visits visits_;
  Visits past_visits_;
  Visits second_visits_;
  RunningServer server_;
  RunningServer second_server_;
  std::unique_ptr<support::PrometheusServer> prometheus_;
  std::string at_;
};

}  // namespace weir::e2e
