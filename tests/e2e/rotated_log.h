// A web server's log that is rotated while requests come all the time, and a Weir that reads it and is stopped and
// started again. Shared by the tests of rotation; each of them brings its server and its way of rotating.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "page_load.h"
#include "running_server.h"
#include "support/guide.h"
#include "web_server.h"

namespace weir::e2e {

class RotatedLog : public testing::Test {
 protected:
  static constexpr int kClients = 3;

  /// `shown_log` is the path of the log in the guide.
  RotatedLog(std::string_view guide, const std::string& shown_log);

  /// A block of the guide, with the paths of this test.
  std::string from_guide(std::string_view language, std::string_view words) const;
  /// Starts Weir, and only then the load: the guide's Weir begins at the end of the log.
  void start(std::unique_ptr<WebServer> server, PageLoad::Options load);
  void start_weir();
  /// Stops Weir, and adds up what it counted.
  void stop_weir();
  /// Ends the load, lets Weir read the rest, and compares.
  void expect_every_line_once();

  /// Of all lives of Weir; -1 when it does not say.
  std::int64_t received() const;
  std::int64_t metric(const std::string& name) const;
  /// Waits until Weir, which reads the oldest first, has read more than that.
  testing::AssertionResult weir_reads_more_than(std::int64_t count);

  /// True when the server has a log again; it makes it some time behind the signal.
  bool log_has_lines();
  void run_logrotate(const std::string& configuration) const;
  /// Rotates the log six times in each of two lives of Weir, and once between them, with a configuration of the guide
  /// that compresses files at the rotation after theirs.
  void rotate_by_logrotate(const std::string& configuration);

  const std::vector<support::CodeBlock> guide_;
  const support::TemporaryFolder folder_;
  const std::string shown_log_;
  const std::string log_;
  std::unique_ptr<WebServer> server_;
  std::optional<RunningServer> weir_;
  std::optional<PageLoad> load_;
  std::int64_t received_ = 0;  // in former lives of Weir
  std::int64_t counted_ = 0;
};

}  // namespace weir::e2e
