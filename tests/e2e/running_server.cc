// See running_server.h.
#include "running_server.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <regex>

#include "support/guide.h"
#include "support/text.h"

namespace weir::e2e {
namespace {

using support::ChildProcess;
using support::HttpHeaders;
using support::HttpReply;

std::uint16_t port_behind(const std::string& line, const std::string& words) {
  std::smatch found;
  if (!std::regex_search(line, found, std::regex(words + "127\\.0\\.0\\.1:([0-9]+)"))) return 0;
  return static_cast<std::uint16_t>(std::stoul(found[1]));
}

const char* kind_of(FunnelStep::Kind kind) {
  switch (kind) {
    case FunnelStep::Kind::kPage:
      return "page";
    case FunnelStep::Kind::kConversion:
      return "conversion";
    case FunnelStep::Kind::kEvent:
      return "event";
  }
  return "";
}

}  // namespace

std::string truth_config() {
  std::string yaml = "funnels:\n";
  for (const Funnel& funnel : default_generator_funnels()) {
    yaml += fmt::format("  {}:\n", funnel.name);
    for (const FunnelStep& step : funnel.steps) {
      yaml += fmt::format("    - {{name: {}, {}: \"{}\"}}\n", step.name, kind_of(step.kind), step.pattern);
    }
  }
  return yaml +
         "rollups:\n"
         "  site: {dimensions: [], limit: 10}\n"
         "  landing: {dimensions: [landing_page], limit: 100}\n"
         "  channel: {dimensions: [channel], limit: 30}\n"
         "  campaign: {dimensions: [campaign], limit: 30}\n"
         "  device: {dimensions: [device], limit: 10}\n"
         "  landing_channel: {dimensions: [landing_page, channel], limit: 500}\n";
}

std::string listeners_config() {
  return "sources:\n"
         "  http: {listen: \"127.0.0.1:0\"}\n"
         "  tcp: {listen: \"127.0.0.1:0\"}\n"
         "admin: {listen: \"127.0.0.1:0\"}\n";
}

std::string on_free_ports(const std::string& yaml) {
  return support::replaced(yaml, "sources:\n", "sources:\n  http: {listen: \"127.0.0.1:0\"}\n") +
         "admin: {listen: \"127.0.0.1:0\"}\n";
}

RunningServer::RunningServer(const std::string& yaml, support::ChildStreams::Input input)
    : RunningServer({}, yaml, input) {}

RunningServer::RunningServer(const std::vector<std::string>& by_way_of, const std::string& yaml,
                             support::ChildStreams::Input input) {
  std::vector<std::string> command = by_way_of;
  for (const std::string& word : {std::string(kProgram), std::string("serve"), std::string("-c")}) {
    command.push_back(word);
  }
  command.push_back(folder_.write("weir.yaml", yaml));
  process_ = std::make_unique<ChildProcess>(command, support::ChildStreams{.input = input});
  const std::string line = process_->wait_for_log_line("ready: ");
  http_port_ = port_behind(line, "events at http://");
  tcp_port_ = port_behind(line, "tcp://");
  admin_port_ = port_behind(line, "metrics at https?://");
  if (admin_port_ == 0) ADD_FAILURE() << "weir serve is not ready: " << process_->log();
}

HttpReply RunningServer::post(std::string_view body, const HttpHeaders& headers) const {
  return support::http_request(http_port_, "POST", "/v1/events", headers, body);
}

HttpReply RunningServer::get(std::string_view path) const { return support::http_request(admin_port_, "GET", path); }

double RunningServer::metric(const std::string& series) const {
  const std::string text = scrape();
  const std::string start = "\n" + series + " ";
  const std::size_t at = text.find(start);
  return at == std::string::npos ? -1 : std::strtod(text.c_str() + at + start.size(), nullptr);
}

nlohmann::json RunningServer::report() const {
  return nlohmann::json::parse(get("/api/v1/report").body, nullptr, false);
}

bool RunningServer::wait_for_count(const std::string& field, std::int64_t wanted) {
  return process_->wait_until([&] {
    const nlohmann::json found = report();
    return !found.is_discarded() && found["events"].value(field, std::int64_t{-1}) == wanted;
  });
}

std::optional<int> RunningServer::stop() {
  process_->signal(SIGTERM);
  return process_->wait_for_exit();
}

StoppedCounts RunningServer::stopped_counts() const {
  static const std::regex kLine(
      "stopped: ([0-9]+) events received, ([0-9]+) counted, ([0-9]+) rejected, ([0-9]+) late, ([0-9]+) duplicate, "
      "([0-9]+) shed\n");
  std::smatch found;
  const std::string log = process_->log();
  if (!std::regex_search(log, found, kLine)) return {};
  const auto number = [&found](std::size_t i) { return static_cast<std::int64_t>(std::stoll(found[i])); };
  return {number(1), number(2), number(3), number(4), number(5), number(6)};
}

Generated generate(const GeneratorOptions& options) {
  Generated generated;
  Generator generator(options);
  std::string line;
  while (generator.next(line)) generated.lines.push_back(line);
  generated.truth = nlohmann::json::parse(render_truth_json(generator.truth()));
  return generated;
}

std::int64_t sum_of(const std::map<std::string, double>& scrape, const std::string& name) {
  double sum = 0;
  for (auto row = scrape.lower_bound(name); row != scrape.end() && row->first.starts_with(name); ++row) {
    if (row->first.size() == name.size() || row->first[name.size()] == '{') sum += row->second;
  }
  return static_cast<std::int64_t>(sum);
}

testing::AssertionResult events_add_up(const std::map<std::string, double>& scrape) {
  const std::int64_t received = sum_of(scrape, "weir_events_received_total");
  std::int64_t accounted = 0;
  std::string parts;
  for (const char* name : {"weir_events_counted_total", "weir_events_rejected_total", "weir_events_late_total",
                           "weir_events_duplicate_total", "weir_events_shed_total", "weir_events_queued"}) {
    accounted += sum_of(scrape, name);
    parts += fmt::format(" {}={}", name, sum_of(scrape, name));
  }
  if (!scrape.contains("weir_events_queued")) return testing::AssertionFailure() << "no weir_events_queued";
  if (received == accounted) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "received " << received << ", accounted for " << accounted << ":" << parts;
}

}  // namespace weir::e2e
