#include "feed_server.h"

#include <chrono>

#include "input.h"
#include "measure.h"
#include "weir/core/check.h"

namespace weir::bench {
namespace {

constexpr int kLookMs = 1;

SourceOptions source_options(Feed feed) {
  SourceOptions options;
  options.http_enabled = feed == Feed::kHttp;
  options.http.listen.port = 0;
  if (feed == Feed::kTcp) options.tcp_listen = "127.0.0.1:0";
  return options;
}

}  // namespace

FeedServer::FeedServer(Feed feed, std::size_t sessions, const StateOptions& state) {
  PipelineOptions options = pipeline_options(sessions);
  options.state = state;
  options.shards = 1;
  auto pipeline = Pipeline::start({options, PipelineMode::kServe, 0}, clock_);
  WEIR_CHECK(pipeline.has_value());
  pipeline_ = std::move(*pipeline);
  const SourceOptions sources = source_options(feed);
  const SourceContext context{loop_.io(), *pipeline_, stats_, {}, tail_stats_, {}};
  for (const SourceRow& row : source_table()) {
    if (!row.enabled(sources)) continue;
    auto source = row.start(sources, context);
    WEIR_CHECK(source.has_value());
    source_ = std::move(*source);
  }
  WEIR_CHECK(source_ != nullptr);
  ingest_thread_ = std::thread([this] {
    loop_.run();
    ingest_seconds_ = cpu_seconds(Cpu::kThread);
  });
}

FeedServer::~FeedServer() { stop(); }

void FeedServer::wait_for(std::size_t events) const {
  while (pipeline_->received() < static_cast<std::int64_t>(events)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(kLookMs));
  }
}

void FeedServer::settle(std::size_t events) {
  wait_for(events);
  std::uint64_t number = 0;
  while (number == 0 || pipeline_->report()->number < number) {
    if (number == 0) number = pipeline_->tick();
    std::this_thread::sleep_for(std::chrono::milliseconds(kLookMs));
  }
}

std::shared_ptr<const Report> FeedServer::finish(std::size_t events) {
  wait_for(events);
  stop();
  return pipeline_->finish();
}

/// The client has closed its connections, so the loop has nothing left to do once the listener is closed.
void FeedServer::stop() {
  if (!ingest_thread_.joinable()) return;
  loop_.post([this] { source_->stop(); });
  ingest_thread_.join();
}

}  // namespace weir::bench
