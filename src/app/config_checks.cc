// One function per rule across options; check_config runs them all.
#include "weir/app/config_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <vector>

#include "weir/core/text.h"
#include "weir/core/time_text.h"
#include "weir/net/address.h"

namespace weir {
namespace {

struct Check {
  const Config& config;
  const ValuePlaces& places;
  ConfigFaults& faults;

  /// Adds a fault at the first of `keys` that the file gives. Without one, or when one of them could not be read,
  /// there is nothing to blame and nothing is added.
  void blame(std::initializer_list<std::string_view> keys, std::string_view text) const {
    std::optional<FilePosition> position;
    std::string_view blamed;
    for (const std::string_view key : keys) {
      const auto place = places.find(std::string(key));
      if (place == places.end()) continue;
      if (!place->second.good) return;
      if (position) continue;
      position = place->second.position;
      blamed = key;
    }
    if (position) faults.add(*position, blamed.substr(0, blamed.find(".NAME")), text);
  }
};

void check_session_times(const Check& check) {
  const SessionOptions& sessions = check.config.pipeline.sessions;
  if (sessions.dedup_ms < sessions.lateness_ms) {
    check.blame(
        {"sessions.dedup", "sessions.lateness"},
        fmt::format("found dedup {} under lateness {}; expected dedup at least as long, or repeated events that "
                    "come late would count twice",
                    format_duration(sessions.dedup_ms), format_duration(sessions.lateness_ms)));
  }
  if (sessions.max_duration_ms < sessions.timeout_ms) {
    check.blame({"sessions.max_duration", "sessions.timeout"},
                fmt::format("found max_duration {} under timeout {}; expected max_duration at least as long, or the "
                            "timeout would never matter",
                            format_duration(sessions.max_duration_ms), format_duration(sessions.timeout_ms)));
  }
}

void check_body_memory(const Check& check) {
  struct Server {
    std::string_view body_key;
    std::string_view memory_key;
    const HttpServerOptions& options;
  };
  const Config& config = check.config;
  for (const Server& server : {Server{"sources.http.body_bytes", "sources.http.body_memory_bytes", config.sources.http},
                               Server{"admin.body_bytes", "admin.body_memory_bytes", config.admin}}) {
    if (server.options.body_memory_bytes >= server.options.body_bytes) continue;
    check.blame({server.memory_key, server.body_key},
                fmt::format("found body_memory_bytes {} under body_bytes {}; expected room for at least one body",
                            server.options.body_memory_bytes, server.options.body_bytes));
  }
}

struct Listener {
  std::string_view key;
  ListenAddress address;
};

bool is_any_interface(const ListenAddress& address) { return address.host == "0.0.0.0" || address.host == "::"; }

/// Two listeners that the system would not let bind together.
bool collide(const ListenAddress& a, const ListenAddress& b) {
  if (a.port == 0 || a.port != b.port) return false;
  return a.host == b.host || is_any_interface(a) || is_any_interface(b);
}

void check_listeners(const Check& check) {
  const SourceOptions& sources = check.config.sources;
  std::vector<Listener> listeners{{"admin.listen", check.config.admin.listen}};
  if (sources.http_enabled) listeners.push_back({"sources.http.listen", sources.http.listen});
  if (!sources.tcp_listen.empty()) {
    const Result<ListenAddress> address = parse_listen_address(sources.tcp_listen);
    if (address) listeners.push_back({"sources.tcp.listen", *address});
  }
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (!collide(listeners[i].address, listeners[j].address)) continue;
      check.blame({listeners[i].key, listeners[j].key},
                  fmt::format("found {} taken by both {} and {}; expected a port of its own for each listener",
                              to_string(listeners[i].address), listeners[j].key, listeners[i].key));
    }
  }
}

void check_sources(const Check& check) {
  const SourceOptions& sources = check.config.sources;
  const bool any = std::ranges::any_of(source_table(), [&](const SourceRow& row) { return row.enabled(sources); });
  if (any) return;
  std::string names;
  for (const SourceRow& row : source_table()) names += fmt::format("{}sources.{}", names.empty() ? "" : ", ", row.name);
  check.blame({"sources.http.enabled", "sources.tcp.listen", "sources.unix.path", "sources.stdin.enabled",
               "sources.syslog.path", "sources.syslog.listen", "sources.tail"},
              "found every source off; expected at least one of " + names);
}

void check_queue(const Check& check) {
  const PipelineOptions& pipeline = check.config.pipeline;
  if (pipeline.queue_events >= pipeline.batch_events) return;
  check.blame({"pipeline.queue_events", "pipeline.batch_events"},
              fmt::format("found queue_events {} under batch_events {}; expected room for at least one batch",
                          pipeline.queue_events, pipeline.batch_events));
}

void check_table(const Check& check) {
  std::vector<std::string> names;
  for (const Rollup& rollup : check.config.pipeline.windows.rollups) {
    if (rollup.name == check.config.sinks.rollup) return;
    names.push_back(rollup.name);
  }
  const std::string_view nearest = nearest_word(check.config.sinks.rollup, names);
  const std::string cure = nearest.empty() ? std::string() : fmt::format("; did you mean \"{}\"?", nearest);
  check.blame({"table.rollup", "rollups.NAME"},
              fmt::format("found no rollup \"{}\" for table.rollup to show; expected one of {}{}",
                          clean_label(check.config.sinks.rollup, 48), join_words(names), cure));
}

struct UsedPath {
  std::string_view key;
  const std::string& path;
};

/// Sockets and files that Weir writes: each needs a path of its own.
void check_paths(const Check& check) {
  const SourceOptions& sources = check.config.sources;
  const std::array<UsedPath, 7> used{{{"sources.unix.path", sources.unix_path},
                                      {"sources.syslog.path", sources.syslog.path},
                                      {"sources.tail_state", sources.tail_state},
                                      {"identity.salt_file", check.config.pipeline.reader.salt_file},
                                      {"dead_letter.path", check.config.pipeline.reader.dead_letter_path},
                                      {"state.directory", check.config.pipeline.state.directory},
                                      {"log.path", check.config.log_path}}};
  for (std::size_t i = 0; i < used.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (used[i].path.empty() || used[i].path != used[j].path) continue;
      check.blame({used[i].key, used[j].key},
                  fmt::format("found the path of {}; expected a path of its own", used[j].key));
    }
  }
}

}  // namespace

void check_config(const Config& config, const ValuePlaces& places, ConfigFaults& faults) {
  const Check check{config, places, faults};
  check_session_times(check);
  check_body_memory(check);
  check_listeners(check);
  check_sources(check);
  check_queue(check);
  check_table(check);
  check_paths(check);
}

}  // namespace weir
