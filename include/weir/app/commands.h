// The commands of the program. Each returns the exit code: 0, 1 (failed), 2 (usage), 75 (undecided: try
// again), 78 (configuration).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "weir/app/generator.h"
#include "weir/core/clock.h"

namespace weir {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitUndecided = 75;
inline constexpr int kExitConfig = 78;

struct ServeCommand {
  std::string config;      // empty: defaults
  std::string web_config;  // instead of admin.web_config; empty: that one
  bool demo = false;       // feed the server generated traffic through its own HTTP port
  bool table = false;      // show a live table on the terminal
  TimeMs for_ms = 0;       // 0: until SIGINT or SIGTERM
};
int run_serve(const ServeCommand& command);

struct ReplayCommand {
  std::string config;
  std::string format = "auto";  // or a row of THE format table
  bool json = false;
  bool quiet = false;  // no progress bar
  TimeMs every_ms = 0;
  std::optional<TimeMs> lateness_ms;  // instead of the configured one
  std::string rollup;                 // of the table; empty: as configured
  std::vector<std::string> files;
};
int run_replay(const ReplayCommand& command);

struct GenerateCommand {
  GeneratorOptions options;
  std::string truth;  // file for the expected report; empty: none
  std::string output = "-";
};
int run_generate(const GenerateCommand& command);

struct TopCommand {
  std::string url = "http://127.0.0.1:9464";  // of the admin listener
  std::string ca_file;                        // who signed its certificate; empty: whom the system trusts
  std::string site;                           // empty: all
  std::string window;                         // empty: the server's first
  std::string rollup = "landing";
  std::string sort = "sessions";
  TimeMs every_ms = 1000;
  bool once = false;  // print and end; so it is when there is no terminal
};
int run_top(const TopCommand& command);

struct LoadCommand {
  std::string target = "http://127.0.0.1:8080/v1/events";
  double rate = 1000;       // events per second; of a ramp its first step
  TimeMs for_ms = 10'000;   // of a ramp each step
  std::uint64_t batch = 1;  // events per request
  std::uint64_t connections = 16;
  std::uint64_t pipeline = 1;  // requests under way per connection
  std::uint64_t threads = 1;
  TimeMs timeout_ms = 10'000;         // for an answer
  std::optional<TimeMs> p99_ms;       // more than that fails
  std::optional<std::uint64_t> seed;  // of the visits; otherwise by chance
  std::string verify;                 // url of the admin listener; empty: nothing is verified
  bool ramp = false;
  bool allow_remote = false;
  bool json = false;
  bool quiet = false;  // no progress line
};
int run_load(const LoadCommand& command);

struct CheckCommand {
  std::string file;           // the configuration to look at
  bool list_options = false;  // instead: print what there is to configure
};
int run_check(const CheckCommand& command);

/// Parses the command line and runs the command.
int run_program(int argc, const char* const* argv);

}  // namespace weir
