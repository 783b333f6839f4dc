// Config: the sum of all layers' options, and the one place that reads them from YAML. The keys themselves are
// rows of THE option table (config_options.h). It never reads the environment or the command line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/result.h"
#include "weir/ingest/source.h"
#include "weir/pipeline/options.h"
#include "weir/sink/sinks.h"

namespace weir {

/// What SIGTERM does.
struct ShutdownOptions {
  TimeMs delay_ms = 0;       // not ready, but still listening
  TimeMs timeout_ms = 5000;  // then connections may take so long to finish
};

struct Config {
  SourceOptions sources;
  HttpServerOptions admin{.listen = {"127.0.0.1", 9464}, .connections = 128};  // each may wait for a large answer
  std::string web_config;         // of the admin listener: TLS and users; empty: plain HTTP for everybody
  std::size_t live_streams = 64;  // readers of the live feed at once
  PipelineOptions pipeline;
  SinkOptions sinks;
  ShutdownOptions shutdown;
  std::string log_level = "info";  // trace, debug, info, warn or error
  std::string log_path;            // empty: standard error
};

/// Longest configuration read, in bytes.
inline constexpr std::size_t kMaxConfigBytes = 1024 * 1024;

/// The defaults.
Config default_config();

/// Parses and validates a whole configuration. On failure the message has one line per fault, all faults of
/// the file in the order of their place: "FILE:LINE:COLUMN: KEY: what was found; what is allowed". Lines and
/// columns count from 1, columns in bytes. The message has no newline at its end. A file that is not YAML at all
/// yields the one fault at which reading had to stop. `file` is only used in messages. Any thread.
Result<Config> parse_config(std::string_view yaml, std::string_view file);

/// Reads and parses a file. A missing or unreadable file is an error that names it and the cause:
/// "cannot open FILE: No such file or directory".
Result<Config> load_config(const std::string& path);

/// Reads a file of at most kMaxConfigBytes. A longer one is read one byte too far, for its parser to refuse.
Result<std::string> read_config_text(const std::string& path);

/// What reading a configuration again changes, by keys: at once, and only by a restart.
struct ConfigChanges {
  std::vector<std::string> applied;
  std::vector<std::string> postponed;
};
/// Gives `running` what of `fresh` a running server takes up (see reloaded()), and says what that was.
ConfigChanges take_up_changes(Config& running, const Config& fresh);

/// Every key of the option table with its unit, bounds, default and help, as text for people. Ends in a newline.
std::string describe_options();

}  // namespace weir
