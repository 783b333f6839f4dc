// A real Apache and a real Caddy that log as their guides say, with other paths and ports, and a Weir that tails the
// log with the guide's configuration: every line counts once, as what it is. Rotation is in
// access_log_rotation_test.cc.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <utility>

#include "apache_server.h"
#include "caddy_server.h"
#include "running_server.h"
#include "support/exposition.h"
#include "support/guide.h"
#include "support/text.h"

namespace weir::e2e {
namespace {

using nlohmann::json;
using support::block_with;
using support::replaced;

constexpr int kLoggedVisitors = 80;  // half of them with a phone, a quarter is shown an error instead of the order
constexpr const char* kDesktop = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
constexpr const char* kPhone =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
    "Mobile/15E148 Safari/604.1";

/// What the test adds to the configuration of a guide, so that it can look at single visits soon.
constexpr const char* kMore =
    "pipeline: {publish_interval: 10ms}\n"
    "funnels:\n"
    "  buying:\n"
    "  - {name: cart, page: /cart}\n"
    "  - {name: order, page: /order}\n";

/// Requests for curl, which makes them one after the other, those of a visitor over one connection: a server may log
/// what it answers over several in another order.
class Requests {
 public:
  struct Visitor {
    std::string address;     // of the socket; this machine has all of 127.0.0.0/8. Weir looks at the first three bytes
    std::string user_agent;  // empty: curl's own
    std::string header = "X-Nothing: 1";
  };

  Requests(const WebServer& server, std::string host) : port_(server.port()), host_(std::move(host)) {}

  void add(const Visitor& visitor, std::string_view path, int status, const char* referrer = "") {
    if (!statuses_.empty()) text_ += "next\n";
    option("url", fmt::format("http://127.0.0.1:{}{}", port_, path));
    option("interface", visitor.address);
    if (!visitor.user_agent.empty()) option("user-agent", visitor.user_agent);
    option("referer", referrer);
    option("header", "Host: " + host_);
    option("header", visitor.header);
    option("output", "/dev/null");
    option("write-out", "%{http_code}\\n");
    text_ += "path-as-is\ngloboff\n";
    statuses_ += fmt::format("{}\n", status);
  }

  /// Makes them all. Returns how many, and adds a failure to the running test when a status is another one.
  std::int64_t make() const {
    const support::ProcessResult done = support::run_process({"curl", "-q", "-sS", "-K", "-"}, text_);
    EXPECT_EQ(done.exit_code, 0) << done.log;
    EXPECT_EQ(done.output, statuses_);
    return std::count(statuses_.begin(), statuses_.end(), '\n');
  }

 private:
  void option(const char* name, std::string_view value) {
    text_ += fmt::format("{} = \"", name);
    for (const char c : value) {
      if (c == '"' || c == '\\') text_ += '\\';
      text_ += c;
    }
    text_ += "\"\n";
  }

  const std::uint16_t port_;
  const std::string host_;
  std::string text_;
  std::string statuses_;
};

/// The numbers a rollup of the report has under a name, by the values of its dimension.
std::map<std::string, json> numbers_of(const json& report, const std::string& rollup, const std::string& dimension,
                                       const std::string& name) {
  std::map<std::string, json> numbers;
  for (const json& row : report["rollups"][rollup]) {
    EXPECT_EQ(row["site"], "shop.example");
    numbers[row[dimension]] = row[name];
  }
  return numbers;
}

/// A server and a Weir, both as the guide says.
class AccessLog : public testing::Test {
 protected:
  void start_weir(const std::vector<support::CodeBlock>& guide, const std::string& shown_log) {
    std::string yaml = block_with(guide, "yaml", "tail:");
    ASSERT_NE(yaml.find(shown_log), std::string::npos);
    yaml = replaced(replaced(yaml, shown_log, log_), "/var/lib/weir/tail.state", folder_.path("tail.state"));
    // Nothing is out of order here, and nobody wants to wait.
    const std::string prompt = "sessions:\n  lateness: 1s\n";
    const std::string patient = "sessions:\n  lateness: 60s\n";
    yaml = yaml.find(patient) == std::string::npos ? yaml + prompt : replaced(yaml, patient, prompt);
    weir_.emplace(on_free_ports(yaml) + kMore);
    // It begins at the end of the log.
    ASSERT_TRUE(weir_->process().wait_until(
        [&] { return sum_of(support::parse_exposition(weir_->scrape()), "weir_tail_files_open") == 1; }));
  }

  /// Waits until that many lines are counted.
  json report_of(std::int64_t lines) {
    EXPECT_TRUE(weir_->wait_for_count("counted", lines)) << weir_->report()["events"] << weir_->process().log();
    return weir_->report();
  }

  void expect_visits_to_count_once(const WebServer& server, const std::string& host);

  const support::TemporaryFolder folder_;
  const std::string log_ = folder_.path("access.log");
  std::optional<RunningServer> weir_;
};

void AccessLog::expect_visits_to_count_once(const WebServer& server, const std::string& host) {
  Requests requests(server, host);
  for (int v = 0; v < kLoggedVisitors; ++v) {
    const Requests::Visitor visitor{fmt::format("127.1.{}.1", v), v % 2 == 0 ? kDesktop : kPhone};
    requests.add(visitor, fmt::format("/page{}?v={}&utm_medium=email", v % 4, v), 200);
    requests.add(visitor, "/style.css", 200);
    requests.add(visitor, "/missing", 404);
    requests.add(visitor, "/cart", 200);
    requests.add(visitor, v % 4 == 0 ? "/broken" : "/order", v % 4 == 0 ? 503 : 200);
  }
  requests.add({"127.2.1.1", ""}, "/page0", 200);
  requests.add({"127.2.2.1", R"(Mozilla/5.0 "GET / HTTP/1.1" 200 5 "\)"},
               R"(/a%22b%0a"\"<?q=%00"&utm_medium=cpc&utm_source=google)", 200);
  requests.add({"127.2.3.1", std::string(kDesktop) + " \"\\ \xff"}, "/evil%22%0a\"\\x41\xff{}?x=%00\"", 200,
               "https://www.google.com/\" 404 \\\"");
  const std::int64_t lines = requests.make();
  const json report = report_of(lines);
  EXPECT_EQ(report["events"]["received"], lines);
  const std::map<std::string, double> scrape = support::parse_exposition(weir_->scrape());
  EXPECT_EQ(scrape.at("weir_events_counted_total{type=\"page_view\"}"), 3 * kLoggedVisitors + 2);
  EXPECT_EQ(scrape.at("weir_events_counted_total{type=\"resource\"}"), 2 * kLoggedVisitors);
  EXPECT_EQ(scrape.at("weir_events_counted_total{type=\"bot\"}"), 1);
  using Numbers = std::map<std::string, json>;
  for (const char* each : {"sessions", "visitors"}) {
    EXPECT_EQ(numbers_of(report, "landing", "landing_page", each), (Numbers{{"/page0", 20},
                                                                            {"/page1", 20},
                                                                            {"/page2", 20},
                                                                            {"/page3", 20},
                                                                            {R"(/a%22b%0a"\"<)", 1},
                                                                            {R"(/evil%22%0a"\x41%ff{})", 1}}));
    EXPECT_EQ(numbers_of(report, "device", "device", each), (Numbers{{"desktop", 42}, {"mobile", 40}}));
    EXPECT_EQ(numbers_of(report, "channel", "channel", each),
              (Numbers{{"Email", kLoggedVisitors}, {"Organic Search", 1}, {"Paid Search", 1}}));
  }
  const json cart = report["rollups"]["site"][0]["funnels"]["buying"][0];
  EXPECT_EQ(cart["reached"], kLoggedVisitors);
  EXPECT_EQ(cart["causes"], (json{{"error", kLoggedVisitors / 4}, {"slow", 0}, {"wandered", 0}, {"left", 0}}));
}

class ApacheGuide : public AccessLog {
 protected:
  /// A block of the guide, with the paths of this test.
  std::string from_guide(std::string_view words) const {
    return replaced(block_with(guide_, "apache", words), "/var/log/apache2/weir.log", log_);
  }
  static constexpr const char* kPages = "Redirect 404 /missing\nRedirect 503 /broken\n";

  const std::vector<support::CodeBlock> guide_ = support::blocks_of_guide("apache");
};

TEST_F(ApacheGuide, its_log_counts_every_line_once_as_what_it_is) {
  const Apache apache(folder_, {.server = from_guide("LogFormat"), .host = kPages});
  ASSERT_NO_FATAL_FAILURE(start_weir(guide_, "/var/log/apache2/weir.log"));
  expect_visits_to_count_once(apache, "shop.example");
}

TEST_F(ApacheGuide, its_lines_behind_a_load_balancer_have_the_address_of_the_visitor) {
  const std::string shown = from_guide("RemoteIP");
  const std::string trusted = replaced(shown, "10.0.0.0/8", "127.0.0.0/8");
  ASSERT_NE(trusted, shown);
  const Apache apache(folder_, {.server = from_guide("LogFormat") + trusted, .host = {}});
  ASSERT_NO_FATAL_FAILURE(start_weir(guide_, "/var/log/apache2/weir.log"));
  Requests requests(apache, "shop.example");
  for (int v = 0; v < kLoggedVisitors; ++v) {
    requests.add({"127.0.0.1", kDesktop, fmt::format("X-Forwarded-For: 203.0.{}.7", v)}, "/page", 200);
  }
  const json report = report_of(requests.make());
  EXPECT_EQ(numbers_of(report, "landing", "landing_page", "visitors"),
            (std::map<std::string, json>{{"/page", kLoggedVisitors}}));
}

class CaddyGuide : public AccessLog {
 protected:
  const std::vector<support::CodeBlock> guide_ = support::blocks_of_guide("caddy");
};

TEST_F(CaddyGuide, its_log_counts_every_line_once_as_what_it_is) {
  const std::string shown = "/var/log/caddy/access.log";
  make_caddy_log(guide_, log_);
  const Caddy caddy(folder_, replaced(block_with(guide_, "caddyfile", "output file"), shown, log_),
                    "respond /missing 404\nrespond /broken 503\n");
  ASSERT_NO_FATAL_FAILURE(start_weir(guide_, shown));
  expect_visits_to_count_once(caddy, caddy.host());
}

}  // namespace
}  // namespace weir::e2e
