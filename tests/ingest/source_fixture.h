// Starts sources by their rows of THE source table, against a fake intake.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fake_intake.h"
#include "support/io_thread.h"
#include "weir/ingest/source.h"

namespace weir {

class SourceTest : public testing::Test {
 protected:
  void TearDown() override {
    if (source_) thread_.run([this] { source_.reset(); });
  }

  Result<std::unique_ptr<Source>> try_start(std::string_view name, const SourceOptions& options) {
    for (const SourceRow& row : source_table()) {
      if (row.name != name) continue;
      EXPECT_TRUE(row.enabled(options));
      return thread_.run([&] { return row.start(options, {thread_.io(), intake_, stats_, on_end_, tail_stats_, {}}); });
    }
    return Error{"no such row"};
  }
  void start(std::string_view name, const SourceOptions& options) {
    auto source = try_start(name, options);
    ASSERT_TRUE(source.has_value()) << source.error().message;
    source_ = std::move(*source);
  }

  /// The HTTP source on a port of its own, for pages of these origins.
  void start_http(std::vector<std::string> origins = {"*"}) {
    SourceOptions options;
    options.http_origins = std::move(origins);
    start_http_with(std::move(options));
  }
  void start_http_with(SourceOptions options) {
    options.http.listen = {"127.0.0.1", 0};
    start("http", options);
  }

  std::function<void()> on_end_;
  support::FakeIntake intake_;
  StatBoard stats_;
  StatBoard tail_stats_;
  support::IoThread thread_;
  std::unique_ptr<Source> source_;
};

}  // namespace weir
