// weir serve: sources on the ingest thread, the admin listener, signals and the terminal on the main thread. The admin
// listener opens first and says that Weir is not ready, while a thread of its own brings kept state back.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

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
#include "admin_guard.h"
#include "demo_feed.h"
#include "health_log.h"
#include "log.h"
#include "output.h"
#include "recovery_watch.h"
#include "service_watch.h"
#include "web_config.h"
#include "weir/app/commands.h"
#include "weir/app/config.h"
#include "weir/app/config_faults.h"
#include "weir/core/thread_name.h"
#include "weir/core/time_text.h"
#include "weir/net/descriptor_limit.h"
#include "weir/net/event_loop.h"
#include "weir/pipeline/pipeline.h"

namespace weir {
namespace {

constexpr TimeMs kIdleCheckMs = 20;
constexpr TimeMs kTableMs = 1000;
constexpr TimeMs kReadyMs = 100;
constexpr TimeMs kRecoveryShownMs = 3000;
constexpr TimeMs kStuckMs = 10'000;  // beyond shutdown.timeout, in which a source should have noticed

std::int64_t open_connections(const StatBoard& stats) { return stats.read()[Stat::kConnectionsOpen]; }

/// What a signal does when nobody listens for it any more, as the last events are being counted.
void end_at_once(int /*signal*/) { std::_Exit(kExitFailed); }

/// The running server. Built, run and stopped by run_serve's thread.
class Server {
 public:
  Server(Config config, const ServeCommand& command, ServiceLog& log)
      : config_(std::move(config)),
        command_(command),
        log_(log),
        live_feed_([this] { return pipeline_->report(); }, clock_, config_.live_streams) {}

  /// Opens state and the admin listener.
  Result<std::monostate> start();
  /// Brings state back, takes events in until a signal or --for, drains, and prints the last report if a table was
  /// asked for. Fails before the first event is taken in.
  Result<int> run();

 private:
  Result<std::monostate> start_admin();
  Result<std::monostate> start_sources();
  void recovered(const Result<std::monostate>& result);
  Result<std::monostate> take_events_in();
  void use(WebAccess access);
  std::string admin_address() const;
  void log_addresses() const;
  void look_after_ready();
  void on_signal(int signal);
  void reload();
  Result<Config> read_again() const;
  void reopen_files();
  void begin_stop();
  void cut_short(const char* signal_name);
  void drain();
  void sources_drained();
  std::uint16_t http_port() const;

  Config config_;
  ServeCommand command_;
  ServiceLog& log_;
  ServiceWatch watch_;
  HealthLog health_;
  SystemClock clock_;
  // Above all that counts in them or reads them until it goes.
  StatBoard ingest_stats_;  // written by the ingest thread
  StatBoard tail_stats_;    // written by the thread of the tail source
  StatBoard server_stats_;  // written by the main thread
  StatBoard admin_stats_;   // likewise: of operators' connections, which nobody is told
  AdminGuard guard_{clock_};
  LiveFeed live_feed_;  // used on the main thread, but for its stats
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<AdminEndpoint> admin_endpoint_;
  EventLoop admin_loop_;   // run by the main thread
  EventLoop ingest_loop_;  // run by the ingest thread
  std::unique_ptr<HttpServer> admin_;
  std::vector<std::unique_ptr<Source>> sources_;
  std::vector<std::string> source_names_;
  std::unique_ptr<DemoFeed> demo_;
  std::unique_ptr<RecoveryWatch> recovery_;  // until it is over
  std::thread ingest_thread_;
  std::string failure_;   // why no events were taken in
  bool started_ = false;  // events are taken in
  bool tls_ = false;
  bool stopping_ = false;
  bool draining_ = false;   // sources are told to stop
  bool drained_ = false;    // no source is left
  bool overdue_ = false;    // shutdown.timeout is over, or nobody waits for it
  bool cut_short_ = false;  // by a second signal
};

Result<std::monostate> Server::start() {
  Result<std::unique_ptr<Pipeline>> pipeline = Pipeline::open({config_.pipeline, PipelineMode::kServe, 0}, clock_);
  if (!pipeline) return pipeline.error();
  pipeline_ = std::move(*pipeline);
  pipeline_->add_stats_from([this] {
    StatValues stats = ingest_stats_.read();
    stats += tail_stats_.read();
    stats += server_stats_.read();
    stats += live_feed_.stats();
    stats[Stat::kConnectionsRefused] += admin_stats_.read()[Stat::kConnectionsRefused];
    return stats;
  });
  return start_admin();
}

Result<std::monostate> Server::start_admin() {
  Result<WebAccess> access = load_web_access(config_.web_config);
  if (!access) return access.error();
  admin_endpoint_ = std::make_unique<AdminEndpoint>(*pipeline_, server_stats_, config_.sinks, live_feed_, clock_);
  HttpServerOptions options = config_.admin;
  options.keeps_spare_descriptors = false;  // they are for whoever wants to know what is wrong
  Result<std::unique_ptr<HttpServer>> admin = HttpServer::listen(
      admin_loop_.io(), options,
      [this](const HttpRequest& request) {
        const std::optional<HttpResponse> refusal = guard_.refuse(request);
        HttpResponse response = refusal ? *refusal : admin_endpoint_->handle(request);
        guard_.add_headers(response);
        return response;
      },
      &admin_stats_, false);
  if (!admin) return admin.error();
  admin_ = std::move(*admin);
  use(std::move(*access));
  return std::monostate{};
}

/// Connections accepted and requests read from now on.
void Server::use(WebAccess access) {
  tls_ = access.tls != nullptr;
  server_stats_.set(Stat::kCertificateExpiry, tls_ ? access.tls->expiry_seconds() : 0);
  admin_->use_tls(std::move(access.tls));
  guard_.use(std::move(access.config.users), std::move(access.config.headers));
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

/// Ready is who is neither starting nor stopping and can keep what it is sent.
void Server::look_after_ready() {
  admin_endpoint_->forget_old();
  health_.look_at_memory(pipeline_->memory());
  if (!started_) return;
  health_.look_at_journal(*pipeline_);
  server_stats_.set(Stat::kReady, pipeline_->keeps() && !stopping_ ? 1 : 0);
}

std::string Server::admin_address() const {
  ListenAddress admin = config_.admin.listen;
  admin.port = admin_->port();
  return fmt::format("{}://{}", tls_ ? "https" : "http", to_string(admin));
}

void Server::log_addresses() const {
  std::string addresses;
  for (const auto& source : sources_) addresses += source->description() + ", ";
  spdlog::info("ready: events at {0}metrics at {1}/metrics, live page at {1}/", addresses, admin_address());
}

void Server::recovered(const Result<std::monostate>& result) {
  recovery_->log_found(result);
  recovery_.reset();
  const Result<std::monostate> taken = result ? take_events_in() : result;
  if (taken) return;
  failure_ = taken.error().message;
  admin_loop_.stop();
}

Result<std::monostate> Server::take_events_in() {
  if (const Result<std::monostate> sources = start_sources(); !sources) return sources;
  ingest_loop_.every(config_.pipeline.publish_interval_ms, [this] { pipeline_->tick(); });
  ingest_thread_ = std::thread([this] {
    name_this_thread("weir-ingest");
    ingest_loop_.run();
    admin_loop_.post([this] { sources_drained(); });
  });
  if (command_.for_ms > 0) admin_loop_.after(command_.for_ms, [this] { begin_stop(); });
  if (command_.table) admin_loop_.every(kTableMs, [this] { draw_table(*pipeline_->report(), config_.sinks); });
  watch_.start(admin_loop_, ingest_loop_, *pipeline_, config_.pipeline.publish_interval_ms);
  started_ = true;
  server_stats_.set(Stat::kReady, 1);
  log_addresses();
  watch_.tell("READY=1");
  if (command_.demo) demo_ = std::make_unique<DemoFeed>(ListenAddress{config_.sources.http.listen.host, http_port()});
  return std::monostate{};
}

Result<int> Server::run() {
  admin_loop_.on_signals({SIGINT, SIGTERM, SIGHUP}, [this](int signal) { on_signal(signal); });
  admin_loop_.every(LiveFeed::kLookMs, [this] { live_feed_.publish(); });
  admin_loop_.every(kReadyMs, [this] { look_after_ready(); });
  recovery_ = std::make_unique<RecoveryWatch>(*pipeline_, config_.pipeline.state, watch_, admin_loop_);
  recovery_->run(admin_address(), [this](const Result<std::monostate>& result) { recovered(result); });
  admin_loop_.every(kRecoveryShownMs, [this] {
    if (recovery_ != nullptr) recovery_->log_progress();
  });
  admin_loop_.run();
  if (!started_) return Error{failure_};
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, end_at_once);
  ingest_thread_.join();
  const std::shared_ptr<const Report> report = pipeline_->finish();
  const bool all_kept = HealthLog::tell_end(*pipeline_, *report);
  const int written = command_.table ? write_output(render_table(*report, config_.sinks)) : kExitOk;
  return cut_short_ || !all_kept ? kExitFailed : written;
}

void Server::on_signal(int signal) {
  if (!started_) {
    if (signal == SIGHUP) return spdlog::warn("SIGHUP: still starting; send it again when Weir is ready");
    spdlog::info("{}: stopped while state was brought back; it stays as it is",
                 signal == SIGINT ? "SIGINT" : "SIGTERM");
    std::_Exit(kExitOk);
  }
  if (signal == SIGHUP) {
    watch_.tell("RELOADING=1");
    reopen_files();
    reload();
    return watch_.tell("READY=1");
  }
  const char* const name = signal == SIGINT ? "SIGINT" : "SIGTERM";
  if (stopping_) return cut_short(name);
  spdlog::info("{}: draining; once more to wait for no connection", name);
  begin_stop();
}

/// Also when the configuration is broken: whoever moved a file away waits for it to be let go.
void Server::reopen_files() {
  for (const Result<std::monostate>& opened : {log_.reopen(), pipeline_->reopen_files()}) {
    if (!opened) spdlog::error("SIGHUP: {}; going on with the file as it was", opened.error().message);
  }
}

/// The configuration as the files say it now; the command line goes before them.
Result<Config> Server::read_again() const {
  Result<Config> config = command_.config.empty() ? Result<Config>(config_) : load_config(command_.config);
  if (config && !command_.web_config.empty()) config->web_config = command_.web_config;
  return config;
}

/// All of what changed and can be applied, or nothing.
void Server::reload() {
  if (command_.config.empty() && command_.web_config.empty()) {
    return spdlog::warn("SIGHUP: there is no configuration file to read again");
  }
  const Result<Config> config = read_again();
  std::string problem = config ? "" : config.error().message;
  if (config) {
    Result<WebAccess> access = load_web_access(config->web_config);
    const Result<std::monostate> applied = access ? pipeline_->reload(config->pipeline.reader) : access.error();
    if (!applied) problem = applied.error().message;
    if (applied) use(std::move(*access));
  }
  server_stats_.add(problem.empty() ? Stat::kReloadsDone : Stat::kReloadsFailed);
  if (!problem.empty()) return spdlog::error("SIGHUP: the configuration stays as it was:\n{}", problem);
  const ConfigChanges changes = take_up_changes(config_, *config);
  ServiceLog::set_level(config_.log_level);
  spdlog::info("SIGHUP: read {} again; in effect now: {}",
               command_.config.empty() ? command_.web_config : command_.config,
               changes.applied.empty() ? "no changes" : join_words(changes.applied));
  if (!changes.postponed.empty()) {
    spdlog::warn("only a restart brings the changes of {}", join_words(changes.postponed));
  }
}

/// First not ready, then no new connections, then no connections at all; the admin listener stays until the sources
/// are done, so that all of this can be watched.
void Server::begin_stop() {
  if (stopping_) return;
  stopping_ = true;
  server_stats_.set(Stat::kReady, 0);
  watch_.tell("STOPPING=1");
  if (config_.shutdown.delay_ms == 0) return drain();
  admin_loop_.after(config_.shutdown.delay_ms, [this] { drain(); });
}

/// A second signal: the user will not wait for clients. What was received is counted and kept all the same; a third
/// signal ends that, too.
void Server::cut_short(const char* signal_name) {
  if (cut_short_) std::_Exit(kExitFailed);
  cut_short_ = true;
  overdue_ = true;
  spdlog::warn("{}: {} connections are cut; once more to end at once", signal_name, open_connections(ingest_stats_));
  drain();
  ingest_loop_.post([this] { ingest_loop_.stop(); });
}

void Server::drain() {
  if (draining_) return;
  draining_ = true;
  if (demo_) demo_->stop();
  ingest_loop_.post([this, timeout_ms = config_.shutdown.timeout_ms] {
    for (auto& source : sources_) source->stop();
    ingest_loop_.every(kIdleCheckMs, [this] {
      if (open_connections(ingest_stats_) == 0) ingest_loop_.stop();
    });
    ingest_loop_.after(timeout_ms, [this, timeout_ms] {
      spdlog::warn(
          "{} connections did not finish within shutdown.timeout ({}) and are cut: what came on them and was "
          "not read is not counted",
          open_connections(ingest_stats_), format_duration(timeout_ms));
      ingest_loop_.stop();
    });
  });
  admin_loop_.after(config_.shutdown.timeout_ms, [this] {
    overdue_ = true;
    if (drained_) admin_loop_.stop();
  });
  admin_loop_.after(config_.shutdown.timeout_ms + kStuckMs, [this] {
    if (drained_) return;
    spdlog::critical("a source does not stop: ending without counting what is under way");
    std::_Exit(kExitFailed);
  });
}

void Server::sources_drained() {
  drained_ = true;
  admin_->stop();
  admin_loop_.every(kIdleCheckMs, [this] {
    if (overdue_ || open_connections(admin_stats_) == 0) admin_loop_.stop();
  });
}

}  // namespace

int run_serve(const ServeCommand& command) {
  raise_descriptor_limit();
  Result<Config> config = command.config.empty() ? Result<Config>(default_config()) : load_config(command.config);
  if (!config) {
    fmt::print(stderr, "{}\n", config.error().message);
    return kExitConfig;
  }
  if (!command.web_config.empty()) config->web_config = command.web_config;
  if (command.demo && !config->sources.http_enabled) {
    fmt::print(stderr, "weir: --demo sends to the HTTP source: set sources.http.enabled: true\n");
    return kExitUsage;
  }
  if (command.demo && config->pipeline.funnels.empty()) config->pipeline.funnels = default_generator_funnels();
  const Result<std::unique_ptr<ServiceLog>> log = ServiceLog::open(config->log_path, config->log_level);
  if (!log) {
    fmt::print(stderr, "weir: {}\n", log.error().message);
    return kExitFailed;
  }
  const bool log_is_elsewhere = !config->log_path.empty();
  Server server(std::move(*config), command, **log);
  const Result<std::monostate> started = server.start();
  const Result<int> exit_code = started ? server.run() : Result<int>(started.error());
  if (exit_code) return *exit_code;
  spdlog::error("{}", exit_code.error().message);
  if (log_is_elsewhere) fmt::print(stderr, "weir: {}\n", exit_code.error().message);
  return kExitFailed;
}

}  // namespace weir
