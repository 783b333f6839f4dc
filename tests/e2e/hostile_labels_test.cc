// Every text that ends in a label, from every place a client or a log can put one, against a real Prometheus: no byte
// of it may take a scrape down.
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <cctype>
#include <chrono>
#include <fstream>
#include <string>
#include <vector>

#include "running_server.h"
#include "support/exposition.h"
#include "support/prometheus_server.h"
#include "support/text.h"

namespace weir::e2e {
namespace {

using support::HttpReply;
using support::PrometheusServer;

// One rollup for each dimension, with room for all that is sent, so that nothing hides in __other__; and hostile names
// where the configuration gives them.
constexpr const char* kConfig = R"(
sources:
  http: {listen: "127.0.0.1:0", country_header: X-Country}
  tcp: {listen: "127.0.0.1:0", format: combined}
  stdin: {enabled: true, format: nginx_json}
  tail:
    - {path: "TAILED", format: caddy, from: start}
admin: {listen: "127.0.0.1:0"}
pipeline: {publish_interval: 200ms, shards: 2}
sessions: {lateness: 2s}
export: {ratios: false}
windows: [5m]
limits: {label_bytes: 255, cells: 40000, currencies: 256}
channels:
  - {channel: "\"} 1 {é\\", source: "ours*"}
brand_terms: ["a\"b"]
funnels:
  f:
    - {name: "\"quoted\\", page: "/known*"}
    - {name: "{a=\"b\"} 1 # é 😀", event: "*"}
rollups:
  site: {dimensions: [], limit: 2000}
  landing: {dimensions: [landing_page], limit: 5000}
  channel: {dimensions: [channel], limit: 1000}
  campaign: {dimensions: [campaign], limit: 2000}
  device: {dimensions: [device], limit: 1000}
  country: {dimensions: [country], limit: 1000}
  brand: {dimensions: [brand], limit: 1000}
  term: {dimensions: [term], limit: 2000}
)";

/// All bytes, but of letters and digits only one each: those are in every label there is.
std::vector<int> bytes_to_try() {
  std::vector<int> bytes;
  for (int byte = 0; byte < 0x100; ++byte) {
    if (std::isalnum(byte) == 0 || byte == '0' || byte == 'A' || byte == 'a') bytes.push_back(byte);
  }
  return bytes;
}

/// Texts of labels as JSON has them: every byte below 0x80, ends of UTF-8's ranges, and what JSON can say beyond them.
std::vector<std::string> json_texts() {
  std::vector<std::string> texts;
  for (const int byte : bytes_to_try()) {
    if (byte < 0x80) texts.push_back(fmt::format("x\\u{:04x}y", byte));
  }
  for (const char* text : {"\\u0080",
                           "\\u07ff",
                           "\\u0800",
                           "\\ufffd",
                           "\\ufffe",
                           "\\uffff",
                           "\\u2028",
                           "\\u202e",
                           "\\ud800\\udc00",
                           "\\udbff\\udfff",
                           "\\ud800",
                           "\\udc00",
                           "\\udc00\\ud800",
                           "\\\\",
                           "\\\\n",
                           "\\\"} 1\\nweir_up 2\\n# TYPE x",
                           "\xc3\xab",
                           "\xf0\x9f\x98\x80",
                           "\xff",
                           "\xc0\xaf",
                           "\xed\xa0\x80",
                           "\xf4\x90\x80\x80",
                           "{}",
                           "__other__",
                           "(none)",
                           "\\u00e9\\u0301",
                           " "}) {
    texts.emplace_back(text);
  }
  texts.push_back(std::string(300, 'a'));
  std::string cut_inside;  // a limit of bytes falls inside a character
  for (int i = 0; i < 200; ++i) cut_inside += "\xc3\xab";
  texts.push_back(cut_inside);
  return texts;
}

/// `frame` with each byte there is in the place of "{}".
std::vector<std::string> with_every_byte(const std::string& frame) {
  std::vector<std::string> texts;
  for (const int byte : bytes_to_try()) {
    texts.push_back(support::replaced(frame, "{}", std::string(1, static_cast<char>(byte))));
  }
  return texts;
}
std::vector<std::string> with_every_byte_encoded(const std::string& frame) {
  std::vector<std::string> texts;
  for (const int byte : bytes_to_try()) texts.push_back(support::replaced(frame, "{}", fmt::format("%{:02x}", byte)));
  return texts;
}
std::vector<std::string> with_json_texts(const std::string& frame) {
  std::vector<std::string> texts;
  for (const std::string& text : json_texts()) texts.push_back(support::replaced(frame, "{}", text));
  return texts;
}

std::string as_lines(const std::vector<std::string>& texts) { return fmt::format("{}\n", fmt::join(texts, "\n")); }

void post_all(const RunningServer& server, const std::string& path, const std::vector<std::string>& bodies) {
  for (const std::string& body : bodies) {
    const int status = support::http_request(server.http_port(), "POST", path, {}, body).status;
    EXPECT_TRUE((status >= 200 && status < 300) || status == 400) << status << " for " << body;
  }
}

/// Every field of the native format that has an effect, as JSON texts and as raw bytes, one event for each.
void send_native(const RunningServer& server) {
  const std::vector<std::string> frames{
      R"({"type":"page_view","visitor":"v1","site":"s","url":"/{}"})",
      R"({"type":"page_view","visitor":"v2","site":"{}","url":"/"})",
      R"({"type":"page_view","visitor":"v3","url":"https://{}/"})",
      R"({"type":"page_view","visitor":"v4-{}","site":"s","url":"/","source":"{}","medium":"{}"})",
      R"({"type":"page_view","visitor":"v5-{}","site":"s","url":"/","campaign":"{}","content":"{}"})",
      R"({"type":"page_view","visitor":"v6-{}","site":"s","url":"/","source":"google","medium":"organic","term":"{}"})",
      R"({"type":"page_view","visitor":"v7-{}","site":"s","url":"/?utm_source={}&utm_campaign={}&utm_term={}"})",
      R"({"type":"page_view","visitor":"v8-{}","site":"s","url":"/","referrer":"https://{}.example/{}?q={}"})",
      R"({"type":"page_view","visitor":"v9-{}","site":"s","url":"/","device":"{}","country":"{}","user_agent":"{}"})",
      R"({"type":"conversion","visitor":"va","site":"s","name":"{}","order":"{}","value":1,"currency":"{}"})",
      R"({"type":"{}","visitor":"vb","site":"s","name":"{}","url":"/","id":"{}","session":"{}"})",
      R"({"type":"error","visitor":"vc","site":"s","name":"{}","url":"/{}"})",
  };
  for (const std::string& frame : frames) {
    post_all(server, "/v1/events", {as_lines(with_json_texts(frame))});
    post_all(server, "/v1/events", {as_lines(with_every_byte(frame))});
  }
}

/// The formats of other tools, and the pixel with bytes in its query and in the headers that become labels.
void send_as_other_tools(const RunningServer& server) {
  post_all(server, "/api/event",
           with_json_texts(R"({"name":"{}","url":"https://p.example/{}","domain":"p{}","referrer":"https://{}/"})"));
  post_all(
      server, "/api/send",
      with_json_texts(
          R"({"type":"event","payload":{"website":"u{}","hostname":"{}","url":"/{}","referrer":"{}","name":"{}"}})"));
  post_all(
      server, "/v1/page",
      with_json_texts(
          R"({"anonymousId":"a{}","name":"{}","context":{"page":{"url":"https://s.example/{}"},"campaign":{"name":"{}","source":"{}"}}})"));
  post_all(
      server, "/mp/collect",
      with_json_texts(
          R"({"client_id":"{}","events":[{"name":"page_view","params":{"page_location":"https://g.example/{}","campaign":"{}"}}]})"));
  for (const char* frame : {"/weir.gif?t=page_view&u=/{}&s={}&r=https://{}/&n={}&source={}&campaign={}&visitor={}",
                            "/g/collect?v=2&cid={}&en=page_view&dl=https://g.example/{}%3Futm_campaign={}&dr={}",
                            "/matomo.php?rec=1&idsite={}&url=https://m.example/{}&urlref=https://{}/&_rcn={}"}) {
    for (const std::string& target : with_every_byte_encoded(frame)) {
      EXPECT_LT(support::http_request(server.http_port(), "GET", target).status, 500) << target;
    }
  }
  for (const std::string& text : with_every_byte("x{}y")) {
    const support::HttpHeaders headers{
        {"Referer", "https://h.example/" + text}, {"User-Agent", text}, {"X-Country", text}};
    EXPECT_LT(support::http_request(server.http_port(), "GET", "/weir.gif", headers).status, 500) << text;
  }
}

/// Access logs: raw bytes in lines of combined over TCP, JSON texts in those of nginx on stdin and of Caddy in a file.
void send_access_logs(RunningServer& server, const std::string& tailed) {
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  support::SocketClient tcp(server.tcp_port());
  const std::string time = fmt::format("{:%d/%b/%Y:%H:%M:%S +0000}", fmt::gmtime(now));
  for (const std::string& line :
       with_every_byte("c{}.example 198.51.100.7 - - [" + time +
                       R"(] "GET /c{}?utm_campaign=c{} HTTP/1.1" 200 5 "https://c{}/" "c{}")")) {
    ASSERT_TRUE(tcp.send(line + "\n"));
  }
  tcp.finish_sending();
  const std::string json_time = fmt::format("{:%Y-%m-%dT%H:%M:%S+00:00}", fmt::gmtime(now));
  ASSERT_TRUE(server.process().feed(as_lines(
      with_json_texts(R"({"time_iso8601":")" + json_time +
                      R"(","remote_addr":"198.51.100.8","request_method":"GET","request_uri":"/n{}","status":"200",)"
                      R"("http_referrer":"https://{}/","http_user_agent":"{}","host":"n{}"})"))));
  std::ofstream(tailed) << as_lines(with_json_texts(
                               R"({"ts":)" + std::to_string(now) +
                               R"(,"request":{"remote_ip":"198.51.100.9","proto":"HTTP/2.0","method":"GET",)"
                               R"("host":"d{}","uri":"/d{}","headers":{"User-Agent":["{}"],)"
                               R"("Referer":["https://{}/"]}},"size":1,"status":200})"))
                        << "\n";
}

TEST(HostileLabels, none_breaks_a_scrape_wherever_it_comes_from) {
  const support::TemporaryFolder folder;
  const std::string tailed = folder.write("access.log", "");
  RunningServer server(support::replaced(kConfig, "TAILED", tailed), support::ChildStreams::Input::kPipe);
  const std::string known =
      R"({"type":"page_view","visitor":"k","site":"known","url":"/say \"\\n\\\" \u00eb","source":"ours"})";
  ASSERT_EQ(server.post(known).status, 202);
  ASSERT_NO_FATAL_FAILURE(send_access_logs(server, tailed));
  send_native(server);
  send_as_other_tools(server);
  const auto counted = [&](const char* name) { return sum_of(support::read_exposition(server.scrape()).values, name); };
  for (const char* source : {"http", "tcp", "stdin", "tail"}) {
    const std::string series = fmt::format("weir_events_received_total{{source=\"{}\"}}", source);
    ASSERT_TRUE(server.process().wait_until([&] { return counted(series.c_str()) >= 80; })) << source;
  }
  // Once none waits to be put in order all that hold labels are exported.
  ASSERT_TRUE(server.process().wait_until([&] { return counted("weir_events_queued") == 0; }));

  const std::string scrape = server.scrape();
  const std::map<std::string, double> values = support::parse_exposition(scrape);
  EXPECT_TRUE(events_add_up(values));
  EXPECT_EQ(support::promtool_check_metrics(scrape), "");
  EXPECT_FALSE(server.report().is_discarded());
  PrometheusServer prometheus(server.admin_port(), {.interval_seconds = 10});
  const std::string at = prometheus.wait_for_value("up", 1);
  ASSERT_FALSE(at.empty());
  const auto samples = prometheus.query(R"(weir_landing_window_sessions{site="known"})", at);
  ASSERT_EQ(samples.size(), 1U);
  EXPECT_EQ(samples[0].labels.at("landing_page"), "/say \"\\n\\\" \xc3\xab");
  const auto channels = prometheus.query(R"(weir_channel_window_sessions{site="known"})", at);
  ASSERT_EQ(channels.size(), 1U);
  EXPECT_EQ(channels[0].labels.at("channel"), "\"} 1 {\xc3\xa9\\");
  // The texts are shown, not folded: of each rollup Prometheus has more cells than bytes would be hidden.
  for (const auto& [query, least] :
       {std::pair{"count(weir_site_sessions_total or weir_site_window_sessions)", 80},
        std::pair{"count(weir_landing_window_sessions)", 300}, std::pair{"count(weir_campaign_window_sessions)", 80},
        std::pair{"count(weir_term_window_sessions)", 80}}) {
    const auto count = prometheus.query(query, at);
    ASSERT_EQ(count.size(), 1U) << query;
    EXPECT_GE(count[0].value, least) << query;
  }
  EXPECT_EQ(server.stop(), 0);
}

}  // namespace
}  // namespace weir::e2e
