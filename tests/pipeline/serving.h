// Pipelines in serve for tests: a plain one, and one over a disk that fails when it is told to, whose process can end
// in an instant.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/fault_disk.h"
#include "support/naive_model.h"
#include "support/naive_to_engine.h"
#include "weir/pipeline/pipeline.h"

namespace weir::support {

inline constexpr TimeMs kNowMs = 4'000'000'000'000;  // behind every event, so that no clock is ahead

/// A body that the memory behind it may be read of, and which is kept at once.
inline BodyResult take_padded(Pipeline& pipeline, std::string body, const Origin& origin) {
  const std::size_t size = body.size();
  body.resize(size + 64, ' ');
  BodyResult result = pipeline.take_body(std::string_view(body).substr(0, size), origin);
  static_cast<void>(pipeline.keep_bodies());
  return result;
}

/// The report behind all that was taken in.
inline std::shared_ptr<const Report> report_now(Pipeline& pipeline) {
  std::uint64_t number = 0;
  while (number == 0) number = pipeline.tick();
  while (pipeline.report()->number < number) std::this_thread::yield();
  return pipeline.report();
}

/// A pipeline that keeps nothing, with a clock that is moved by hand. One test thread.
class Serve {
 public:
  Serve(TimeMs now_ms, PipelineSettings settings) : clock_(now_ms) {
    settings.options.windows.rollups = default_rollups();
    settings.options.hash_seed = 1;
    pipeline_ = *Pipeline::start(settings, clock_);
  }
  BodyResult take(std::string body, const Origin& origin = {}) {
    return take_padded(*pipeline_, std::move(body), origin);
  }
  /// Asks for a report and waits until it is published.
  std::shared_ptr<const Report> tick() { return report_now(*pipeline_); }
  void pass(TimeMs by_ms) { clock_.advance(by_ms); }
  TimeMs now_ms() const { return clock_.now_ms(); }
  Pipeline& pipeline() { return *pipeline_; }

 private:
  ManualClock clock_;
  std::unique_ptr<Pipeline> pipeline_;
};

/// One test thread.
class Serving {
 public:
  Serving(PipelineOptions options, std::string directory) : options_(std::move(options)) {
    options_.state.directory = std::move(directory);
    options_.state.disk = disk_.env();
    start();
  }
  ~Serving() { crash(); }
  Serving(const Serving&) = delete;
  Serving& operator=(const Serving&) = delete;

  void start() {
    Result<std::unique_ptr<Pipeline>> pipeline = Pipeline::start({options_, PipelineMode::kServe, 0}, clock_);
    ASSERT_TRUE(pipeline) << pipeline.error().message;
    pipeline_ = std::move(*pipeline);
  }
  /// Begins anew at `sync`; `durable` gets the number that answers may be sent up to.
  void start_synced(std::atomic<std::uint64_t>& durable) {
    options_.state.durability = "sync";
    crash();
    start();
    pipeline_->on_durable([&durable](std::uint64_t number) { durable = number; });
  }
  void crash() {
    disk_.dead = true;
    pipeline_.reset();
    disk_.dead = false;
  }
  BodyResult take_body(const std::string& body) {
    return take_padded(*pipeline_, body, {.address = "192.0.2.1", .user_agent = "test"});
  }
  Pipeline& operator*() { return *pipeline_; }
  Pipeline* operator->() { return pipeline_.get(); }
  FaultDisk& disk() { return disk_; }
  PipelineOptions& options() { return options_; }
  ManualClock& clock() { return clock_; }

 private:
  FaultDisk disk_;
  ManualClock clock_{kNowMs};
  PipelineOptions options_;
  std::unique_ptr<Pipeline> pipeline_;
};

inline PipelineOptions serving_options(const NaiveOptions& naive, std::size_t shards) {
  PipelineOptions options = engine_options(naive);
  options.reader.bots = "include";
  options.shards = shards;
  options.batch_events = 16;
  options.windows.currencies = 256;  // which few are shown apart depends on the reports made before
  return options;
}

/// Takes some of the lines in at once, which makes a record of the journal.
inline void take_lines(Pipeline& pipeline, const std::vector<std::string>& lines, std::size_t from, std::size_t to) {
  std::string text;
  for (std::size_t i = from; i < to; ++i) (text += lines[i]) += '\n';
  pipeline.open_stream(SourceKind::kStdin)->write(text);
}

}  // namespace weir::support
