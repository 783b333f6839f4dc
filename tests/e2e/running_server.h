// `weir serve` as a child process with a configuration of its own, on ports the system chose, and the means to talk
// to it. Shared by the end-to-end tests.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/http_client.h"
#include "support/process.h"
#include "weir/app/generator.h"

namespace weir::e2e {

/// Path of the program under test.
inline constexpr const char* kProgram = WEIR_BINARY;

inline constexpr double kMebibyte = 1024.0 * 1024.0;

/// YAML that makes an engine agree with the generator's truth: its funnels, and rollups nothing is folded in.
std::string truth_config();

/// Listeners for HTTP, TCP and the admin, on ports the system chooses.
std::string listeners_config();

/// A configuration with `sources:` that names no listener, as guides have it, on ports the system chooses.
std::string on_free_ports(const std::string& yaml);

/// The numbers of the log line with which the server ends.
struct StoppedCounts {
  std::int64_t received = -1;
  std::int64_t counted = 0;
  std::int64_t rejected = 0;
  std::int64_t late = 0;
  std::int64_t duplicate = 0;
  std::int64_t shed = 0;
};

/// A running server. Made and used by one thread; clients of other threads use the ports only.
class RunningServer {
 public:
  /// Starts it with this configuration and waits until it is ready. Adds a failure to the running test when it is not.
  explicit RunningServer(const std::string& yaml,
                         support::ChildStreams::Input input = support::ChildStreams::Input::kNothing);
  /// The same by way of another program, such as {"prlimit", "--nofile=100"}, which becomes the server.
  RunningServer(const std::vector<std::string>& by_way_of, const std::string& yaml,
                support::ChildStreams::Input input = support::ChildStreams::Input::kNothing);

  /// Replaces its configuration file, for a SIGHUP.
  void rewrite_config(const std::string& yaml) const { static_cast<void>(folder_.write("weir.yaml", yaml)); }
  support::ChildProcess& process() { return *process_; }
  std::uint16_t http_port() const { return http_port_; }
  std::uint16_t tcp_port() const { return tcp_port_; }
  std::uint16_t admin_port() const { return admin_port_; }

  support::HttpReply post(std::string_view body, const support::HttpHeaders& headers = {}) const;
  support::HttpReply get(std::string_view path) const;
  std::string scrape() const { return get("/metrics").body; }
  /// One series of a scrape, with its labels as they are written; -1 when there is none.
  double metric(const std::string& series) const;
  nlohmann::json report() const;

  /// Waits until the report's events.FIELD is `wanted`.
  bool wait_for_count(const std::string& field, std::int64_t wanted);
  /// Sends SIGTERM and waits for the end.
  std::optional<int> stop();
  /// Of the log, once it has stopped; received is -1 when there is no such line.
  StoppedCounts stopped_counts() const;

 private:
  support::TemporaryFolder folder_;
  std::unique_ptr<support::ChildProcess> process_;
  std::uint16_t http_port_ = 0;
  std::uint16_t tcp_port_ = 0;
  std::uint16_t admin_port_ = 0;
};

/// All lines of a generator, and their truth.
struct Generated {
  std::vector<std::string> lines;  // without newlines, in order of arrival
  nlohmann::json truth;
};
Generated generate(const GeneratorOptions& options);

/// Sum over all series of a family: every key of a parsed scrape that is `name` or `name{...}`.
std::int64_t sum_of(const std::map<std::string, double>& scrape, const std::string& name);

/// True when received = counted + rejected + late + duplicate + shed + queued.
testing::AssertionResult events_add_up(const std::map<std::string, double>& scrape);

}  // namespace weir::e2e
