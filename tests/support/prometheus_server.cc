// See prometheus_server.h.
#include "support/prometheus_server.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "support/http_client.h"

namespace weir::support {
namespace {

constexpr std::string_view kListening = "\"Listening on\" address=127.0.0.1:";

std::string percent_encoded(const std::string& text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char byte : text) {
    const auto code = static_cast<unsigned char>(byte);
    ((encoded += '%') += kDigits[code >> 4]) += kDigits[code & 15];
  }
  return encoded;
}

/// GET by HTTP/1.0, so that the answer comes in one piece up to the end of the connection. Empty unless it is 200.
std::string get(std::uint16_t port, const std::string& path) {
  SocketClient client(port);
  if (!client.connected() || !client.send("GET " + path + " HTTP/1.0\r\n\r\n")) return {};
  const std::string answer = client.read_to_end().value_or("");
  const std::size_t head_end = answer.find("\r\n\r\n");
  if (head_end == std::string::npos || answer.rfind("HTTP/1.0 200", 0) != 0) return {};
  return answer.substr(head_end + 4);
}

}  // namespace

PrometheusServer::PrometheusServer(std::uint16_t target_port) {
  const std::string config = folder_.write("prometheus.yml",
                                           "global: {scrape_interval: 1s, scrape_timeout: 1s}\n"
                                           "scrape_configs:\n"
                                           "  - job_name: weir\n"
                                           "    static_configs: [{targets: [\"127.0.0.1:" +
                                               std::to_string(target_port) + "\"]}]\n");
  process_ = std::make_unique<ChildProcess>(
      std::vector<std::string>{"prometheus", "--config.file=" + config, "--storage.tsdb.path=" + folder_.path("data"),
                               "--web.listen-address=127.0.0.1:0", "--log.level=info"});
  const std::string line = process_->wait_for_log_line(kListening);
  const std::size_t place = line.find(kListening);
  if (place == std::string::npos) {
    ADD_FAILURE() << "Prometheus (package prometheus) does not start: " << process_->log();
    return;
  }
  port_ = static_cast<std::uint16_t>(std::strtoul(line.c_str() + place + kListening.size(), nullptr, 10));
  const bool ready = process_->wait_until([this] { return !get(port_, "/-/ready").empty(); });
  EXPECT_TRUE(ready) << process_->log();
}

std::vector<QuerySample> PrometheusServer::query(const std::string& promql, const std::string& at) {
  std::string path = "/api/v1/query?query=" + percent_encoded(promql);
  if (!at.empty()) path += "&time=" + at;
  const nlohmann::json answer = nlohmann::json::parse(get(port_, path), nullptr, false);
  if (answer.is_discarded() || answer.value("status", "") != "success") {
    ADD_FAILURE() << "no answer to " << promql;
    return {};
  }
  std::vector<QuerySample> samples;
  for (const nlohmann::json& series : answer["data"]["result"]) {
    QuerySample sample;
    for (const auto& [name, value] : series["metric"].items()) sample.labels[name] = value.get<std::string>();
    sample.value = std::strtod(series["value"][1].get<std::string>().c_str(), nullptr);
    sample.at = series["value"][0].dump();
    samples.push_back(std::move(sample));
  }
  return samples;
}

std::string PrometheusServer::wait_for_value(const std::string& promql, double wanted) {
  std::string at;
  static_cast<void>(process_->wait_until([&] {
    const std::vector<QuerySample> samples = query(promql);
    if (samples.size() == 1 && samples[0].value == wanted) at = samples[0].at;
    return !at.empty();
  }));
  return at;
}

std::string promtool_check_metrics(const std::string& scrape) {
  const ProcessResult result = run_process({"promtool", "check", "metrics"}, scrape);
  if (result.exit_code == 127) return "promtool (package prometheus) cannot be started";
  if (result.exit_code != 0) return "exit code " + std::to_string(result.exit_code) + ": " + result.output + result.log;
  return result.output + result.log;
}

}  // namespace weir::support
