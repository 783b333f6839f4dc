// See prometheus_server.h.
#include "support/prometheus_server.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "support/exposition.h"
#include "support/http_client.h"

namespace weir::support {
namespace {

/// Names this Prometheus as a target, once its port is known. Prometheus watches the file.
constexpr std::string_view kItself = "itself.json";
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

std::string PrometheusServer::config_of(std::uint16_t target_port, const PrometheusOptions& options) const {
  const std::string interval = std::to_string(options.interval_seconds) + "s";
  std::string text = "global: {scrape_interval: " + interval + ", scrape_timeout: " + interval +
                     ", evaluation_interval: 1s}\n"
                     "scrape_configs:\n"
                     "  - job_name: weir\n"
                     "    static_configs: [{targets: [\"127.0.0.1:" +
                     std::to_string(target_port) + "\"";
  for (const std::uint16_t port : options.further_targets) text += ", \"127.0.0.1:" + std::to_string(port) + "\"";
  text += "]}]\n" + options.job;
  if (options.other_programs) {
    text += "  - job_name: other\n    static_configs: [{targets: [\"127.0.0.1:" + std::to_string(kDeadPort) +
            "\"]}]\n    file_sd_configs: [{files: [\"" + folder_.path(kItself) + "\"]}]\n";
  }
  text += "rule_files:\n";
  for (const std::string& file : options.rule_files) text += "  - \"" + file + "\"\n";
  return text;
}

PrometheusServer::PrometheusServer(std::uint16_t target_port, const PrometheusOptions& options) {
  const std::string config = folder_.write("prometheus.yml", config_of(target_port, options));
  if (!options.history.empty()) take_history(options.history);
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
  if (options.other_programs) {
    static_cast<void>(folder_.write(kItself, "[{\"targets\": [\"127.0.0.1:" + std::to_string(port_) + "\"]}]"));
  }
}

void PrometheusServer::take_history(const std::string& text) {
  const ProcessResult result = run_process({"promtool", "tsdb", "create-blocks-from", "openmetrics", "--quiet",
                                            folder_.write("history.txt", text), folder_.path("data")});
  EXPECT_EQ(result.exit_code, 0) << result.output << result.log;
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

std::vector<LoadedRule> PrometheusServer::rules() {
  std::vector<LoadedRule> rules;
  static_cast<void>(process_->wait_until([&] {
    const nlohmann::json answer = nlohmann::json::parse(get(port_, "/api/v1/rules"), nullptr, false);
    if (answer.is_discarded()) return false;
    rules.clear();
    bool all = true;
    for (const nlohmann::json& group : answer["data"]["groups"]) {
      for (const nlohmann::json& rule : group["rules"]) {
        rules.push_back({rule.value("name", ""), rule.value("type", "") == "alerting", rule.value("query", ""),
                         rule.value("health", ""), rule.value("lastError", "")});
        all = all && rules.back().health != "unknown";
      }
    }
    return all;
  }));
  return rules;
}

std::string history_of(const std::string& scrape, const std::set<std::string>& names, std::uint16_t target_port,
                       const HistorySpan& span) {
  const Exposition exposition = read_exposition(scrape);
  const std::string target = "job=\"weir\",instance=\"127.0.0.1:" + std::to_string(target_port) + "\"";
  std::string text;
  for (const auto& [series, value] : exposition.values) {
    const std::size_t brace = series.find('{');
    const std::string name = series.substr(0, brace);
    if (!names.contains(name)) continue;
    const std::string own = brace == std::string::npos ? "}" : "," + series.substr(brace + 1);
    const bool climbs = name.ends_with("_total") || name.ends_with("_bucket") || name.ends_with("_count");
    for (int i = 0; i < span.count; ++i) {
      text += name + "{" + target + own + " " + std::to_string(climbs && i == 0 ? 0 : value) + " " +
              std::to_string(span.first_seconds + i * span.step_seconds) + "\n";
    }
  }
  return text + "# EOF\n";
}

std::string promtool_check_metrics(const std::string& scrape) {
  const ProcessResult result = run_process({"promtool", "check", "metrics"}, scrape);
  if (result.exit_code == 127) return "promtool (package prometheus) cannot be started";
  if (result.exit_code != 0) return "exit code " + std::to_string(result.exit_code) + ": " + result.output + result.log;
  return result.output + result.log;
}

}  // namespace weir::support
