// weir serve: sources on the ingest thread, the admin listener, signals and the terminal on the main thread.
#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "admin_endpoint.h"
#include "demo_feed.h"
#include "output.h"
#include "terminal.h"
#include "weir/app/commands.h"
#include "weir/app/config.h"
#include "weir/app/config_faults.h"
#include "weir/core/thread_name.h"
#include "weir/net/event_loop.h"
#include "weir/pipeline/pipeline.h"

namespace weir {
namespace {

constexpr TimeMs kDrainMs = 5000;  // how long connections may take to finish when stopping
constexpr TimeMs kIdleCheckMs = 20;
constexpr TimeMs kTableMs = 1000;
constexpr TimeMs kReadyMs = 100;

/// Ends a loop when its last connection is gone, or when connections have had their time.
void stop_when_idle(EventLoop& loop, const StatBoard& stats) {
  loop.after(kDrainMs, [&loop] { loop.stop(); });
  loop.every(kIdleCheckMs, [&loop, &stats] {
    if (stats.read()[Stat::kConnectionsOpen] == 0) loop.stop();
  });
}

/// The running server. Built, run and stopped by run_serve's thread.
class Server {
 public:
  Server(Config config, const ServeCommand& command)
      : config_(std::move(config)),
        command_(command),
        live_feed_([this] { return pipeline_->report(); }, clock_, config_.live_streams) {}

  /// Opens everything; fails before the first event is taken in.
  Result<std::monostate> start();
  /// Runs until a signal or --for, drains, and prints the last report if a table was asked for.
  int run();

 private:
  Result<std::monostate> start_sources();
  void log_recovery() const;
  void log_addresses() const;
  void look_after_ready();
  void on_signal(int signal);
  void reload();
  void begin_stop();
  void draw_table();
  std::uint16_t http_port() const;

  Config config_;
  ServeCommand command_;
  SystemClock clock_;
  // Above all that counts in them or reads them until it goes.
  StatBoard ingest_stats_;  // written by the ingest thread
  StatBoard tail_stats_;    // written by the thread of the tail source
  StatBoard server_stats_;  // written by the main thread
  StatBoard admin_stats_;   // likewise: of operators' connections, which nobody is told
  LiveFeed live_feed_;      // used on the main thread, but for its stats
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<AdminEndpoint> admin_endpoint_;
  EventLoop admin_loop_;   // run by the main thread
  EventLoop ingest_loop_;  // run by the ingest thread
  std::unique_ptr<HttpServer> admin_;
  std::vector<std::unique_ptr<Source>> sources_;
  std::vector<std::string> source_names_;
  std::unique_ptr<DemoFeed> demo_;
  bool stopping_ = false;
  bool keeps_ = true;  // events can be kept as durability asks
};

Result<std::monostate> Server::start() {
  Result<std::unique_ptr<Pipeline>> pipeline = Pipeline::start({config_.pipeline, PipelineMode::kServe, 0}, clock_);
  if (!pipeline) return pipeline.error();
  pipeline_ = std::move(*pipeline);
  log_recovery();
  pipeline_->add_stats_from([this] {
    StatValues stats = ingest_stats_.read();
    stats += tail_stats_.read();
    stats += server_stats_.read();
    stats += live_feed_.stats();
    return stats;
  });
  admin_endpoint_ = std::make_unique<AdminEndpoint>(*pipeline_, server_stats_, config_.sinks, live_feed_);
  Result<std::unique_ptr<HttpServer>> admin = HttpServer::listen(
      admin_loop_.io(), config_.admin, [this](const HttpRequest& request) { return admin_endpoint_->handle(request); },
      &admin_stats_, false);
  if (!admin) return admin.error();
  admin_ = std::move(*admin);
  return start_sources();
}

Result<std::monostate> Server::start_sources() {
  const SourceContext context{.io = ingest_loop_.io(),
                              .intake = *pipeline_,
                              .stats = ingest_stats_,
                              .on_end = {},
                              .tail_stats = tail_stats_,
                              .warn = [](const std::string& text) { spdlog::warn("{}", text); }};
  for (const SourceRow& row : source_table()) {
    if (!row.enabled(config_.sources)) continue;
    Result<std::unique_ptr<Source>> source = row.start(config_.sources, context);
    if (!source) return source.error();
    sources_.push_back(std::move(*source));
    source_names_.emplace_back(row.name);
  }
  if (sources_.empty()) return Error{"no source is configured: enable sources.http, or set sources.tcp.listen"};
  return std::monostate{};
}

std::uint16_t Server::http_port() const {
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    if (source_names_[i] == "http") return sources_[i]->port();
  }
  return 0;
}

void Server::log_recovery() const {
  const StateOptions& state = config_.pipeline.state;
  if (!state.kept()) return spdlog::info("nothing is kept over a restart: see state.directory and durability");
  const RecoveredState& found = pipeline_->recovered();
  for (const std::string& warning : found.warnings) spdlog::warn("{}", warning);
  if (!found.any) return spdlog::info("keeping state in {} (durability: {})", state.directory, state.durability);
  spdlog::info("recovered the state in {} in {:.3f} s: {} events in {} records of the journal behind the snapshot",
               state.directory, static_cast<double>(found.duration_ms) / 1000, found.events, found.records);
}

/// Ready is who is neither starting nor stopping and can keep what it is sent.
void Server::look_after_ready() {
  const bool keeps = pipeline_->keeps();
  server_stats_.set(Stat::kReady, keeps && !stopping_ ? 1 : 0);
  if (keeps == keeps_) return;
  keeps_ = keeps;
  if (keeps) return spdlog::info("the journal works again: events are taken");
  spdlog::error("events are refused because they cannot be kept: {}; will try again", pipeline_->problem());
}

void Server::log_addresses() const {
  std::string addresses;
  for (const auto& source : sources_) addresses += source->description() + ", ";
  ListenAddress admin = config_.admin.listen;
  admin.port = admin_->port();
  spdlog::info("ready: events at {0}metrics at http://{1}/metrics, live page at http://{1}/", addresses,
               to_string(admin));
}

int Server::run() {
  ingest_loop_.every(config_.pipeline.publish_interval_ms, [this] { pipeline_->tick(); });
  std::thread ingest_thread([this] {
    name_this_thread("weir-ingest");
    ingest_loop_.run();
  });
  admin_loop_.on_signals({SIGINT, SIGTERM, SIGHUP}, [this](int signal) { on_signal(signal); });
  if (command_.for_ms > 0) admin_loop_.after(command_.for_ms, [this] { begin_stop(); });
  admin_loop_.every(LiveFeed::kLookMs, [this] { live_feed_.publish(); });
  admin_loop_.every(kReadyMs, [this] { look_after_ready(); });
  if (command_.table) admin_loop_.every(kTableMs, [this] { draw_table(); });
  server_stats_.set(Stat::kReady, 1);
  log_addresses();
  if (command_.demo) demo_ = std::make_unique<DemoFeed>(ListenAddress{config_.sources.http.listen.host, http_port()});
  admin_loop_.run();
  ingest_thread.join();
  const std::shared_ptr<const Report> report = pipeline_->finish();
  const StatValues& stats = report->stats;
  spdlog::info("stopped: {} events received, {} counted, {} rejected, {} late, {} duplicate", stats.received(),
               stats.counted(), stats.rejected(), stats[Stat::kLate], stats[Stat::kDuplicate]);
  return command_.table ? write_output(render_table(*report, config_.sinks)) : kExitOk;
}

void Server::on_signal(int signal) {
  if (signal == SIGHUP) return reload();
  if (stopping_) std::_Exit(kExitFailed);  // a second signal: the user will not wait
  spdlog::info("{}: draining; once more to stop at once", signal == SIGINT ? "SIGINT" : "SIGTERM");
  begin_stop();
}

/// All of what changed and can be applied, or nothing.
void Server::reload() {
  if (command_.config.empty()) return spdlog::warn("SIGHUP: there is no configuration file to read again");
  const Result<Config> config = load_config(command_.config);
  std::string problem = config ? "" : config.error().message;
  if (config) {
    const Result<std::monostate> applied = pipeline_->reload(config->pipeline.reader);
    if (!applied) problem = applied.error().message;
  }
  server_stats_.add(problem.empty() ? Stat::kReloadsDone : Stat::kReloadsFailed);
  if (!problem.empty()) return spdlog::error("SIGHUP: the configuration stays as it was:\n{}", problem);
  const ConfigChanges changes = take_up_changes(config_, *config);
  spdlog::info("SIGHUP: read {} again; in effect now: {}", command_.config,
               changes.applied.empty() ? "no changes" : join_words(changes.applied));
  if (!changes.postponed.empty()) {
    spdlog::warn("only a restart brings the changes of {}", join_words(changes.postponed));
  }
}

void Server::begin_stop() {
  if (stopping_) return;
  stopping_ = true;
  server_stats_.set(Stat::kReady, 0);
  if (demo_) demo_->stop();
  ingest_loop_.post([this] {
    ingest_loop_.stop_timers();
    for (auto& source : sources_) source->stop();
    stop_when_idle(ingest_loop_, ingest_stats_);
  });
  admin_->stop();
  // Its timers go on until it stops: with them would end the wait for a second signal.
  stop_when_idle(admin_loop_, admin_stats_);
}

void Server::draw_table() {
  if (isatty(STDOUT_FILENO) == 0) return;  // in a file or pipe only the final table makes sense
  SinkOptions options = config_.sinks;
  if (const std::optional<Terminal::Size> size = Terminal::size()) options.width = size->width;
  options.color = true;
  options.rows = 12;
  static_cast<void>(write_output("\x1b[H\x1b[J" + render_table(*pipeline_->report(), options)));
}

void set_up_log(const std::string& level) {
  const auto log = spdlog::stderr_color_mt("weir");
  log->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v");
  log->set_level(spdlog::level::from_str(level));
  spdlog::set_default_logger(log);
}

}  // namespace

int run_serve(const ServeCommand& command) {
  Result<Config> config = command.config.empty() ? Result<Config>(default_config()) : load_config(command.config);
  if (!config) {
    fmt::print(stderr, "{}\n", config.error().message);
    return kExitConfig;
  }
  if (command.demo && !config->sources.http_enabled) {
    fmt::print(stderr, "weir: --demo sends to the HTTP source: set sources.http.enabled: true\n");
    return kExitUsage;
  }
  if (command.demo && config->pipeline.funnels.empty()) config->pipeline.funnels = default_generator_funnels();
  set_up_log(config->log_level);
  Server server(std::move(*config), command);
  if (const Result<std::monostate> started = server.start(); !started) {
    spdlog::error("{}", started.error().message);
    return kExitFailed;
  }
  return server.run();
}

}  // namespace weir
