// From generated visits to what people see: a real Prometheus with the rules scrapes a real Weir, and has a past in
// which other visits came a week earlier. Every query of every dashboard and every rule must have an answer, and
// what dashboards show must be what the generator says.
//
// Ratios and counts must be exact, quantiles of one instance within 2 %. Those of several instances are interpolated in
// buckets, the only form that can be added up, and kept between the lowest and the highest of the instances: so they
// must be what the truth's dwell times give in the same way, and near the truth itself.
#include "support/dashboards.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "dashboard_scene.h"
#include "merged_truth.h"
#include "shown_truth.h"

namespace weir::e2e {
namespace {

using nlohmann::json;
using support::DashboardQuery;
using support::QuerySample;

constexpr const char* kPage = "/pricing";
constexpr const char* kChannel = "Email";
constexpr const char* kWindowTable = "Top landing pages";
constexpr const char* kRangeTable = "Top landing pages of the time range";

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

void expect_state(DashboardScene& scene, const std::string& panel, const std::string& at, double wanted) {
  for (const DashboardQuery& query : scene.queries()) {
    if (query.place != panel) continue;
    const std::string promql = support::filled_in(query, all_chosen(scene, query));
    const std::vector<QuerySample> shown = scene.prometheus().query(promql, at);
    ASSERT_EQ(shown.size(), 1U) << promql;
    EXPECT_EQ(shown[0].value, wanted) << promql;
    return;
  }
  ADD_FAILURE() << "no panel " << panel;
}

/// Two instances are up, one is down; the program of another job that is down as well does not count. When none is up,
/// as an hour before the first was, none is ready.
void expect_state_true(DashboardScene& scene) {
  expect_state(scene, "Instances down", scene.at(), 1);
  expect_state(scene, "Instances ready", scene.at(), 2);
  expect_state(scene, "Instances ready", fmt::format("{:.3f}", std::stod(scene.at()) - 3600), 0);
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

const Figure kSessionFigure = at_pointer("/sessions");
const Figure kVisitorFigure = at_pointer("/visitors");
const Figure kBounce = at_pointer("/bounce_ratio");
const Figure kPages = at_pointer("/pages_per_session");
const Figure kConversion = at_pointer("/conversion_ratio");
const Figure kDwellMedian = at_pointer("/dwell_seconds/p50");
const Figure kDwellP95 = at_pointer("/dwell_seconds/p95");
const Figure kOrders = at_pointer("/orders");
const Figure kRevenue = at_pointer("/revenue/USD");
const Figure kOrderValue = at_pointer("/average_order_value/USD");
/// Of dwell times in buckets, as those of sessions that ended within a range are shown.
Figure interpolated(double quantile) {
  return [quantile](const json& row) -> json {
    const std::vector<double> values = row["dwell_seconds"]["values"];
    return values.empty() ? json(nullptr) : json(interpolated_seconds(values, quantile));
  };
}

/// The same of rows of two instances: not below the lower of their quantiles, and not above the higher one.
Figure bounded(const char* name, double quantile) {
  return [=](const json& row) -> json {
    const json estimate = interpolated(quantile)(row);
    if (estimate.is_null()) return nullptr;
    const json& dwell = row["dwell_seconds"];
    return std::clamp<double>(estimate, dwell["lowest"][name], dwell["highest"][name]);
  };
}

/// Numbers at the top of a dashboard, and its graphs of the same names.
std::vector<Shown> headline(const char* dashboard, const char* ref) {
  return {{dashboard, "Sessions", ref, kSessionFigure}, {dashboard, "Bounce", ref, kBounce},
          {dashboard, "Pages / session", ref, kPages},  {dashboard, "Conversion", ref, kConversion},
          {dashboard, "Visitors", ref, kVisitorFigure}, {dashboard, "Leakage of $funnel", ref, whole_leakage}};
}

/// Each number has what it was a week earlier as its second query.
void expect_headline(DashboardScene& scene, const char* dashboard, const Rows& rows, const std::vector<json>& past) {
  const Rows before{past, rows.labels, rows.values};
  for (const auto& [ref, then] : {std::pair{"A", &rows}, std::pair{"B", &before}}) {
    for (const Shown& shown : headline(dashboard, ref)) expect_shown(scene, shown, *then);
    expect_shown(scene, {dashboard, "Dwell p50", ref, kDwellMedian, kQuantileTolerance}, *then);
    expect_shown(scene, {dashboard, "Dwell p95", ref, kDwellP95, kQuantileTolerance}, *then);
  }
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

/// Steps of the funnel of a site by cause: each a row with label, leaked sessions and their share of those at the step.
std::vector<json> causes_of(const json& row) {
  std::vector<json> causes;
  for (const json& step : steps_of(row)) {
    const json all = step.value("causes", json::object());
    for (const auto& [cause, leaked] : all.items()) {
      const double share = leaked.get<double>() / step["reached"].get<double>();
      causes.push_back({{"step", step["step"]}, {"cause", cause}, {"leaked", leaked}, {"share", share}});
    }
  }
  return causes;
}

json change_of_share(const json& row) { return row["share"].get<double>() - row["past"]["share"].get<double>(); }

void expect_leakage_of_sites(DashboardScene& scene, const Rows& site, const Rows& past_site) {
  const char* const uid = "weir-landing-pages";
  const std::vector<std::string> labels{"step", "cause"};
  const std::vector<json> past = causes_of(past_site.rows[0]);
  const Rows causes{with_past(causes_of(site.rows[0]), past, labels), labels, site.values};
  const Rows past_causes{past, labels, site.values};
  const char* const table = "Leakage by step and cause";
  expect_shown(scene, {uid, table, "A", at_pointer("/leaked")}, causes);
  expect_shown(scene, {uid, table, "B", at_pointer("/share")}, causes);
  expect_shown(scene, {uid, table, "C", at_pointer("/share")}, past_causes);
  expect_shown(scene, {uid, table, "D", change_of_share, 1e-6}, causes);
  for (const auto& [ref, then] : {std::pair{"A", &site}, std::pair{"B", &past_site}}) {
    const Rows steps{steps_of(then->rows[0]).get<std::vector<json>>(), {"step"}, site.values};
    expect_shown(scene, {uid, "Leakage of each step", ref, at_pointer("/leakage_ratio")}, steps);
  }
}

void expect_landing_pages_true(DashboardScene& scene) {
  const char* const uid = "weir-landing-pages";
  const Rows site{rows_of(scene.truth(), "site", json::object()), {}, choices(scene)};
  const Rows past_site{rows_of(scene.past_truth(), "site", json::object()), {}, choices(scene)};
  expect_headline(scene, uid, site, past_site.rows);
  expect_leakage_of_sites(scene, site, past_site);
  expect_shown(scene, {uid, "Dwell", "A", kDwellMedian, kQuantileTolerance}, site);
  expect_shown(scene, {uid, "Dwell", "B", kDwellMedian, kQuantileTolerance}, past_site);
  expect_shown(scene, {uid, "Dwell", "C", kDwellP95, kQuantileTolerance}, site);
  expect_shown(scene, {uid, "Dwell", "D", kDwellP95, kQuantileTolerance}, past_site);
  const std::vector<json> past_pages = rows_of(scene.past_truth(), "landing", json::object());
  const Rows pages{with_past(rows_of(scene.truth(), "landing", json::object()), past_pages, {"landing_page"}),
                   {"landing_page"},
                   choices(scene)};
  for (const char* table : {kWindowTable, kRangeTable}) {
    for (const Shown& shown : std::initializer_list<Shown>{{uid, table, "A", kSessionFigure},
                                                           {uid, table, "C", kBounce},
                                                           {uid, table, "D", kPages},
                                                           {uid, table, "G", kConversion},
                                                           {uid, table, "H", whole_leakage}}) {
      expect_shown(scene, shown, pages);
    }
  }
  expect_shown(scene, {uid, kWindowTable, "B", growth_of_sessions}, pages);
  expect_shown(scene, {uid, kWindowTable, "E", kDwellMedian, kQuantileTolerance}, pages);
  expect_shown(scene, {uid, kWindowTable, "F", kDwellP95, kQuantileTolerance}, pages);
  // Prometheus extrapolates to the moment asked for, which is up to a step behind what it scraped a week ago.
  expect_shown(scene, {uid, kRangeTable, "B", growth_of_sessions, 0.1}, pages);
  expect_shown(scene, {uid, kRangeTable, "E", interpolated(0.5)}, pages);
  expect_shown(scene, {uid, kRangeTable, "F", interpolated(0.95)}, pages);
}

void expect_one_landing_page_true(DashboardScene& scene) {
  const char* const uid = "weir-one-landing-page";
  Rows page{rows_of(scene.truth(), "landing", {{"landing_page", kPage}}), {}, choices(scene)};
  page.values["channel"] = ".*";
  Rows pair{
      rows_of(scene.truth(), "landing_channel", {{"landing_page", kPage}, {"channel", kChannel}}), {}, page.values};
  pair.values["channel"] = kChannel;
  const std::vector<json> past_page = rows_of(scene.past_truth(), "landing", {{"landing_page", kPage}});
  const std::vector<json> past_pair =
      rows_of(scene.past_truth(), "landing_channel", {{"landing_page", kPage}, {"channel", kChannel}});
  for (const auto& [rows, past] : {std::pair{page, past_page}, std::pair{pair, past_pair}}) {
    expect_headline(scene, uid, rows, past);
    expect_shown(scene, {uid, "Sessions of one event", "A", unknown_dwell_ratio}, rows);
    expect_steps(scene, rows);
    // The last bucket of a heat map holds all sessions whose dwell is known.
    expect_shown(scene, {uid, "Dwell distribution", "A", at_pointer("/dwell_seconds/known")},
                 {rows.rows, {}, rows.values, "le", "+Inf"});
  }
  Rows channels{rows_of(scene.truth(), "landing_channel", {{"landing_page", kPage}}), {"channel"}, page.values};
  expect_shown(scene, {uid, "Channels of this page", "A", kSessionFigure}, channels);
  expect_shown(scene, {uid, "Channels of this page", "B", kBounce}, channels);
  expect_shown(scene, {uid, "Channels of this page", "C", kPages}, channels);
  expect_shown(scene, {uid, "Channels of this page", "D", kConversion}, channels);
}

void expect_acquisition_true(DashboardScene& scene) {
  const char* const uid = "weir-acquisition";
  const Rows site{rows_of(scene.truth(), "site", json::object()), {}, choices(scene)};
  const Rows past_site{rows_of(scene.past_truth(), "site", json::object()), {}, choices(scene)};
  for (const auto& [ref, then] : {std::pair{"A", &site}, std::pair{"B", &past_site}}) {
    for (const Shown& shown :
         std::initializer_list<Shown>{{uid, "Sessions", ref, kSessionFigure},
                                      {uid, "Conversion", ref, kConversion},
                                      {uid, "Orders", ref, kOrders},
                                      {uid, "Revenue in $currency", ref, kRevenue},
                                      {uid, "Average order value in $currency", ref, kOrderValue}}) {
      expect_shown(scene, shown, *then);
    }
  }
  const std::map<std::string, std::string> tables{{"channel", "What channels bring"},
                                                  {"campaign", "What campaigns bring"}};
  for (const auto& [rollup, table] : tables) {
    const std::vector<json> past = rows_of(scene.past_truth(), rollup, json::object());
    const Rows rows{
        with_past(rows_of(scene.truth(), rollup, json::object()), past, {rollup}), {rollup}, choices(scene)};
    for (const Shown& shown : std::initializer_list<Shown>{{uid, table.c_str(), "A", kSessionFigure},
                                                           {uid, table.c_str(), "B", growth_of_sessions},
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

/// What docs/grafana.md promises of several instances: of a site, and of medians; and of the 95th percentile of a page,
/// above which there are few sessions.
constexpr double kBucketTolerance = 0.1;
constexpr double kFewSessionsTolerance = 0.25;

/// A panel and its query.
using Place = std::pair<const char*, const char*>;

void expect_bounded_quantiles(DashboardScene& scene, const char* dashboard, Place median, Place p95, const Rows& rows,
                              double p95_tolerance) {
  expect_shown(scene, {dashboard, median.first, median.second, bounded("p50", 0.5), kQuantileTolerance}, rows);
  expect_shown(scene, {dashboard, p95.first, p95.second, bounded("p95", 0.95), kQuantileTolerance}, rows);
  expect_shown(scene, {dashboard, median.first, median.second, kDwellMedian, kBucketTolerance}, rows);
  expect_shown(scene, {dashboard, p95.first, p95.second, kDwellP95, p95_tolerance}, rows);
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
  expect_bounded_quantiles(scene, "weir-landing-pages", {"Dwell p50", "A"}, {"Dwell p95", "A"}, site, kBucketTolerance);
  expect_bounded_quantiles(scene, "weir-landing-pages", {"Dwell", "A"}, {"Dwell", "C"}, site, kBucketTolerance);
  const Rows pages{merged("landing", {"landing_page"}), {"landing_page"}, values};
  expect_bounded_quantiles(scene, "weir-landing-pages", {kWindowTable, "E"}, {kWindowTable, "F"}, pages,
                           kFewSessionsTolerance);
  expect_shown(scene, {"weir-landing-pages", kRangeTable, "E", interpolated(0.5), kQuantileTolerance}, pages);
  expect_shown(scene, {"weir-landing-pages", kRangeTable, "F", interpolated(0.95), kQuantileTolerance}, pages);
  expect_shown(scene, {"weir-landing-pages", kRangeTable, "E", kDwellMedian, kBucketTolerance}, pages);
  expect_shown(scene, {"weir-landing-pages", kRangeTable, "F", kDwellP95, kFewSessionsTolerance}, pages);
  for (const auto& [ref, figure] : std::map<const char*, Figure>{
           {"A", kSessionFigure}, {"C", kBounce}, {"D", kPages}, {"G", kConversion}, {"H", whole_leakage}}) {
    expect_shown(scene, {"weir-landing-pages", "Top landing pages", ref, figure}, pages);
  }
  const Rows channels{merged("channel", {"channel"}), {"channel"}, values};
  for (const auto& [ref, figure] : std::map<const char*, Figure>{
           {"A", kSessionFigure}, {"F", kRevenue}, {"G", kOrderValue}, {"H", revenue_per_session}}) {
    expect_shown(scene, {"weir-acquisition", "What channels bring", ref, figure}, channels);
  }
  Rows page{{}, {}, values};
  page.values["channel"] = ".*";
  for (const json& row : pages.rows) {
    if (row["landing_page"] == kPage) page.rows = {row};
  }
  ASSERT_EQ(page.rows.size(), 1U);
  for (const Shown& shown : headline("weir-one-landing-page", "A")) expect_shown(scene, shown, page);
  expect_bounded_quantiles(scene, "weir-one-landing-page", {"Dwell p50", "A"}, {"Dwell p95", "A"}, page,
                           kFewSessionsTolerance);
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
