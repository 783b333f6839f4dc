// From generated visits to what people see: a real Prometheus with the rules scrapes a real Weir, and has a past in
// which the same visits came a week earlier. Every query of every dashboard and every rule must have an answer, and
// what dashboards show must be what the generator says.
//
// Ratios and counts must be exact. Dwell quantiles come from buckets, the only form that can be added up over
// instances: the estimate and the exact nearest-rank value lie in the same bucket, so the error is below the width of
// that bucket.
#include "support/dashboards.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>

#include "dashboard_scene.h"
#include "merged_truth.h"
#include "weir/kpi/report.h"

namespace weir::e2e {
namespace {

using nlohmann::json;
using support::DashboardQuery;
using support::QuerySample;

constexpr const char* kPage = "/pricing";
constexpr const char* kChannel = "Email";

/// What is chosen at the top of a dashboard.
std::map<std::string, std::string> choices(const DashboardScene& scene) {
  return {{"job", "weir"},          {"instance", scene.instance()},
          {"site", kShop},          {"landing_page", kPage},
          {"channel", ".+"},        {"funnel", "checkout"},
          {"currency", "USD"},      {"window", "24h"},
          {"top", "100"},           {"__range", "1h"},
          {"__rate_interval", "1h"}};
}

/// "All" of a choice, as its dashboard has it.
std::map<std::string, std::string> all_chosen(const DashboardScene& scene, const DashboardQuery& query) {
  std::map<std::string, std::string> values = choices(scene);
  values["job"] = ".+";
  values["instance"] = ".+";
  if (query.dashboard == "weir-one-landing-page") {
    values["channel"] = ".*";
  } else {
    values["site"] = ".+";
  }
  return values;
}

bool has_numbers(const std::vector<QuerySample>& samples) {
  return std::any_of(samples.begin(), samples.end(),
                     [](const QuerySample& sample) { return !std::isnan(sample.value); });
}

void expect_every_query_answered(DashboardScene& scene) {
  EXPECT_GT(scene.queries().size(), 150U);
  std::set<std::string> dashboards;
  for (const DashboardQuery& query : scene.queries()) {
    dashboards.insert(query.dashboard);
    const std::string promql = support::filled_in(query, all_chosen(scene, query));
    EXPECT_TRUE(has_numbers(scene.prometheus().query(promql, scene.at())))
        << query.dashboard << ", " << query.place << " " << query.ref << ": " << promql;
  }
  EXPECT_EQ(dashboards.size(), 4U);
}

using Numbers = std::map<std::map<std::string, std::string>, double>;

Numbers numbers_of(const std::vector<QuerySample>& samples) {
  Numbers numbers;
  for (const QuerySample& sample : samples) numbers[sample.labels] = std::isnan(sample.value) ? -1 : sample.value;
  return numbers;
}

/// "All" jobs are those of Weir: other programs have up and process_* as well.
void expect_no_other_program_shown(DashboardScene& scene) {
  for (const DashboardQuery& query : scene.queries()) {
    std::map<std::string, std::string> values = all_chosen(scene, query);
    const std::string promql = support::filled_in(query, values);
    const Numbers all = numbers_of(scene.prometheus().query(promql, scene.at()));
    values["job"] = "weir";
    const Numbers own = numbers_of(scene.prometheus().query(support::filled_in(query, values), scene.at()));
    ASSERT_EQ(all.size(), own.size()) << query.dashboard << ", " << query.place << ": " << promql;
    for (const auto& [labels, value] : own) {
      ASSERT_TRUE(all.contains(labels)) << promql;
      EXPECT_NEAR(all.at(labels), value, 1e-9 * std::abs(value)) << query.dashboard << ", " << query.place;
    }
  }
}

/// Two instances are up, one is down; the program of another job that is down as well does not count.
void expect_state_true(DashboardScene& scene) {
  for (const auto& [panel, wanted] : std::map<std::string, double>{{"Instances down", 1}, {"Instances ready", 2}}) {
    for (const DashboardQuery& query : scene.queries()) {
      if (query.place != panel) continue;
      const std::vector<QuerySample> shown =
          scene.prometheus().query(support::filled_in(query, all_chosen(scene, query)), scene.at());
      ASSERT_EQ(shown.size(), 1U) << query.promql;
      EXPECT_EQ(shown[0].value, wanted) << query.promql;
    }
  }
}

void expect_every_rule_answered(DashboardScene& scene) {
  // There is a target, so that none is missing can only be told by the tests of promtool.
  const std::set<std::string> silent{"WeirTargetsMissing"};
  const std::vector<support::LoadedRule> rules = scene.prometheus().rules();
  EXPECT_GT(rules.size(), 40U);
  for (const support::LoadedRule& rule : rules) {
    EXPECT_EQ(rule.health, "ok") << rule.name << ": " << rule.error;
    if (silent.contains(rule.name)) continue;
    // An alert is silent when all is well: asked for 0 or 1 instead, it answers wherever it has something to judge.
    const std::string promql = rule.alert ? support::with_bool(rule.query) : rule.name;
    EXPECT_TRUE(has_numbers(scene.prometheus().query(promql))) << rule.name << ": " << promql;
  }
}

/// One row of the truth, to its figure; null where there is none.
using Figure = std::function<json(const json& row)>;

Figure at_pointer(const std::string& pointer) {
  return [pointer](const json& row) -> json {
    const json::json_pointer place(pointer);
    return row.contains(place) ? row[place] : json(nullptr);
  };
}

json steps_of(const json& row) { return row["funnels"]["checkout"]; }

json whole_leakage(const json& row) {
  const double first = steps_of(row).front()["reached"].get<double>();
  if (first == 0) return nullptr;
  return 1 - steps_of(row).back()["reached"].get<double>() / first;
}

json revenue_per_session(const json& row) {
  const json revenue = at_pointer("/revenue/USD")(row);
  if (revenue.is_null()) return nullptr;
  return revenue.get<double>() / row["sessions"].get<double>();
}

json unknown_dwell_ratio(const json& row) {
  return row["dwell_seconds"]["unknown"].get<double>() / row["sessions"].get<double>();
}

/// A query of a panel, and what it must show per row of the truth. All panels of the title are meant.
struct Shown {
  const char* dashboard;
  const char* panel;
  const char* ref;
  Figure figure;
  bool from_buckets = false;
};

/// Both in one bucket of the dwell histogram. What is above the last bound is shown as that bound.
void expect_same_bucket(double exact, double shown, const std::string& what) {
  const auto upper = std::lower_bound(kDwellBucketBounds.begin(), kDwellBucketBounds.end(), exact);
  if (upper == kDwellBucketBounds.end()) {
    EXPECT_EQ(shown, kDwellBucketBounds.back()) << what;
    return;
  }
  EXPECT_LE(shown, *upper) << what << ", exactly " << exact;
  EXPECT_GE(shown, upper == kDwellBucketBounds.begin() ? 0 : *std::prev(upper)) << what << ", exactly " << exact;
}

/// Null in the truth is no series, or 0 / 0.
void expect_figure(const json& exact, const std::vector<QuerySample>& found, bool from_buckets,
                   const std::string& what) {
  if (exact.is_null()) {
    EXPECT_FALSE(has_numbers(found)) << what;
    return;
  }
  ASSERT_EQ(found.size(), 1U) << what;
  const double wanted = exact.get<double>();
  if (from_buckets) {
    expect_same_bucket(wanted, found[0].value, what);
  } else {
    EXPECT_NEAR(found[0].value, wanted, 1e-9 * std::abs(wanted)) << what;
  }
}

/// Which rows of the truth a dashboard is about, and the labels that tell its rows apart.
struct Rows {
  std::vector<json> rows;
  std::vector<std::string> labels;
  std::map<std::string, std::string> values;
  const char* only_label = nullptr;  // of the answer, only series with this label count
  const char* only_value = nullptr;
};

std::vector<json> rows_of(const json& truth, const std::string& rollup, const json& labels) {
  std::vector<json> rows;
  for (const json& row : truth["rollups"][rollup]) {
    const auto agrees = [&](const auto& label) { return row[label.key()] == label.value(); };
    const auto items = labels.items();
    if (std::all_of(items.begin(), items.end(), agrees)) rows.push_back(row);
  }
  EXPECT_FALSE(rows.empty()) << rollup << labels;
  return rows;
}

void expect_shown(DashboardScene& scene, const Shown& shown, const Rows& expected) {
  std::size_t panels = 0;
  for (const DashboardQuery& query : scene.queries()) {
    if (query.dashboard != shown.dashboard || query.place != shown.panel || query.ref != shown.ref) continue;
    ++panels;
    const std::string promql = support::filled_in(query, expected.values);
    std::vector<QuerySample> samples = scene.prometheus().query(promql, scene.at());
    if (expected.only_label != nullptr) {
      std::erase_if(samples,
                    [&](QuerySample& sample) { return sample.labels[expected.only_label] != expected.only_value; });
    }
    EXPECT_LE(samples.size(), expected.rows.size()) << promql;
    for (const json& row : expected.rows) {
      std::vector<QuerySample> found;
      std::copy_if(samples.begin(), samples.end(), std::back_inserter(found), [&](const QuerySample& sample) {
        return std::all_of(expected.labels.begin(), expected.labels.end(),
                           [&](const std::string& label) { return sample.labels.at(label) == row[label]; });
      });
      std::string what = query.place + " " + query.ref;
      for (const std::string& label : expected.labels) what += " " + row[label].get<std::string>();
      expect_figure(shown.figure(row), found, shown.from_buckets, what + ": " + promql);
    }
  }
  EXPECT_GT(panels, 0U) << shown.dashboard << " has no panel " << shown.panel;
}

const Figure kSessions = at_pointer("/sessions");
const Figure kVisitors = at_pointer("/visitors");
const Figure kBounce = at_pointer("/bounce_ratio");
const Figure kPages = at_pointer("/pages_per_session");
const Figure kConversion = at_pointer("/conversion_ratio");
const Figure kDwellMedian = at_pointer("/dwell_seconds/p50");
const Figure kDwellP95 = at_pointer("/dwell_seconds/p95");
const Figure kOrders = at_pointer("/orders");
const Figure kRevenue = at_pointer("/revenue/USD");
const Figure kOrderValue = at_pointer("/average_order_value/USD");
const Figure kNothingNew = [](const json&) { return json(0.0); };

/// Numbers at the top of a dashboard, and its graphs of the same names.
std::vector<Shown> headline(const char* dashboard, const char* ref) {
  return {{dashboard, "Sessions", ref, kSessions},     {dashboard, "Bounce", ref, kBounce},
          {dashboard, "Pages / session", ref, kPages}, {dashboard, "Conversion", ref, kConversion},
          {dashboard, "Visitors", ref, kVisitors},     {dashboard, "Leakage of $funnel", ref, whole_leakage}};
}

/// Each number has what it was a week earlier, which was the same, as its second query.
void expect_headline(DashboardScene& scene, const char* dashboard, const Rows& rows) {
  for (const char* ref : {"A", "B"}) {
    for (const Shown& shown : headline(dashboard, ref)) expect_shown(scene, shown, rows);
  }
  expect_shown(scene, {dashboard, "Dwell p50", "A", kDwellMedian, true}, rows);
  expect_shown(scene, {dashboard, "Dwell p95", "A", kDwellP95, true}, rows);
}

void expect_steps(DashboardScene& scene, const Rows& page) {
  const char* const uid = "weir-one-landing-page";
  const Rows steps{steps_of(page.rows[0]).get<std::vector<json>>(), {"step"}, page.values};
  expect_shown(scene, {uid, "Sessions that reached each step", "A", at_pointer("/reached")}, steps);
  expect_shown(scene, {uid, "Leakage and its causes", "A", at_pointer("/reached")}, steps);
  expect_shown(scene, {uid, "Leakage and its causes", "B", at_pointer("/leakage_ratio")}, steps);
  expect_shown(scene, {uid, "Leakage of each step", "A", at_pointer("/leakage_ratio")}, steps);
  const std::vector<std::pair<const char*, const char*>> causes{
      {"C", "error"}, {"D", "slow"}, {"E", "wandered"}, {"F", "left"}};
  for (const auto& [ref, cause] : causes) {
    expect_shown(scene, {uid, "Leakage and its causes", ref, at_pointer(fmt::format("/causes/{}", cause))}, steps);
  }
}

void expect_landing_pages_true(DashboardScene& scene) {
  const char* const uid = "weir-landing-pages";
  const Rows site{rows_of(scene.truth(), "site", json::object()), {}, choices(scene)};
  expect_headline(scene, uid, site);
  const Rows pages{rows_of(scene.truth(), "landing", json::object()), {"landing_page"}, choices(scene)};
  for (const char* table : {"Top landing pages", "Top landing pages of the time range"}) {
    for (const Shown& shown : std::initializer_list<Shown>{{uid, table, "A", kSessions},
                                                           {uid, table, "C", kBounce},
                                                           {uid, table, "D", kPages},
                                                           {uid, table, "E", kDwellMedian, true},
                                                           {uid, table, "F", kDwellP95, true},
                                                           {uid, table, "G", kConversion},
                                                           {uid, table, "H", whole_leakage}}) {
      expect_shown(scene, shown, pages);
    }
  }
  expect_shown(scene, {uid, "Top landing pages", "B", kNothingNew}, pages);
}

void expect_one_landing_page_true(DashboardScene& scene) {
  const char* const uid = "weir-one-landing-page";
  Rows page{rows_of(scene.truth(), "landing", {{"landing_page", kPage}}), {}, choices(scene)};
  page.values["channel"] = ".*";
  Rows pair{
      rows_of(scene.truth(), "landing_channel", {{"landing_page", kPage}, {"channel", kChannel}}), {}, page.values};
  pair.values["channel"] = kChannel;
  for (const Rows& rows : {page, pair}) {
    expect_headline(scene, uid, rows);
    expect_shown(scene, {uid, "Sessions of one event", "A", unknown_dwell_ratio}, rows);
    expect_steps(scene, rows);
    // The last bucket of a heat map holds all sessions whose dwell is known.
    expect_shown(scene, {uid, "Dwell distribution", "A", at_pointer("/dwell_seconds/known")},
                 {rows.rows, {}, rows.values, "le", "+Inf"});
  }
  Rows channels{rows_of(scene.truth(), "landing_channel", {{"landing_page", kPage}}), {"channel"}, page.values};
  expect_shown(scene, {uid, "Channels of this page", "A", kSessions}, channels);
  expect_shown(scene, {uid, "Channels of this page", "B", kBounce}, channels);
  expect_shown(scene, {uid, "Channels of this page", "C", kPages}, channels);
  expect_shown(scene, {uid, "Channels of this page", "D", kConversion}, channels);
}

void expect_acquisition_true(DashboardScene& scene) {
  const char* const uid = "weir-acquisition";
  const Rows site{rows_of(scene.truth(), "site", json::object()), {}, choices(scene)};
  for (const char* ref : {"A", "B"}) {
    for (const Shown& shown :
         std::initializer_list<Shown>{{uid, "Sessions", ref, kSessions},
                                      {uid, "Conversion", ref, kConversion},
                                      {uid, "Orders", ref, kOrders},
                                      {uid, "Revenue in $currency", ref, kRevenue},
                                      {uid, "Average order value in $currency", ref, kOrderValue}}) {
      expect_shown(scene, shown, site);
    }
  }
  const std::map<std::string, std::string> tables{{"channel", "What channels bring"},
                                                  {"campaign", "What campaigns bring"}};
  for (const auto& [rollup, table] : tables) {
    const Rows rows{rows_of(scene.truth(), rollup, json::object()), {rollup}, choices(scene)};
    for (const Shown& shown : std::initializer_list<Shown>{{uid, table.c_str(), "A", kSessions},
                                                           {uid, table.c_str(), "B", kNothingNew},
                                                           {uid, table.c_str(), "C", kBounce},
                                                           {uid, table.c_str(), "D", kConversion},
                                                           {uid, table.c_str(), "E", kOrders},
                                                           {uid, table.c_str(), "F", kRevenue},
                                                           {uid, table.c_str(), "G", kOrderValue},
                                                           {uid, table.c_str(), "H", revenue_per_session}}) {
      expect_shown(scene, shown, rows);
    }
  }
  std::map<std::string, std::string> brands = choices(scene);
  brands["site"] = kBrandSite;
  expect_shown(scene, {uid, "Brand share", "A", at_pointer("/share")}, {{json{{"share", 0.5}}}, {}, brands});
}

/// Two instances with visits of their own, few of each on most pages: a mean of their ratios is not the ratio of both.
void expect_two_instances_true(DashboardScene& scene) {
  std::map<std::string, std::string> values = choices(scene);
  values["instance"] = ".+";
  const auto merged = [&](const std::string& rollup, const std::vector<std::string>& labels) {
    return merged_rows(scene.truth()["rollups"][rollup], scene.second_truth()["rollups"][rollup], labels);
  };
  const Rows site{merged("site", {}), {}, values};
  for (const Shown& shown : headline("weir-landing-pages", "A")) expect_shown(scene, shown, site);
  const Rows pages{merged("landing", {"landing_page"}), {"landing_page"}, values};
  for (const auto& [ref, figure] : std::map<const char*, Figure>{
           {"A", kSessions}, {"C", kBounce}, {"D", kPages}, {"G", kConversion}, {"H", whole_leakage}}) {
    expect_shown(scene, {"weir-landing-pages", "Top landing pages", ref, figure}, pages);
  }
  const Rows channels{merged("channel", {"channel"}), {"channel"}, values};
  for (const auto& [ref, figure] : std::map<const char*, Figure>{
           {"A", kSessions}, {"F", kRevenue}, {"G", kOrderValue}, {"H", revenue_per_session}}) {
    expect_shown(scene, {"weir-acquisition", "What channels bring", ref, figure}, channels);
  }
  Rows page{{}, {}, values};
  page.values["channel"] = ".*";
  for (const json& row : pages.rows) {
    if (row["landing_page"] == kPage) page.rows = {row};
  }
  ASSERT_EQ(page.rows.size(), 1U);
  for (const Shown& shown : headline("weir-one-landing-page", "A")) expect_shown(scene, shown, page);
  expect_steps(scene, page);
}

TEST(Dashboards, have_an_answer_to_every_query_and_show_the_truth) {
  DashboardScene scene;
  ASSERT_FALSE(scene.at().empty());
  expect_every_query_answered(scene);
  expect_every_rule_answered(scene);
  expect_no_other_program_shown(scene);
  expect_state_true(scene);
  expect_landing_pages_true(scene);
  expect_one_landing_page_true(scene);
  expect_acquisition_true(scene);
  expect_two_instances_true(scene);
}

}  // namespace
}  // namespace weir::e2e
