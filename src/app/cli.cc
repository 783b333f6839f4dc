// The command line: one CLI11 subcommand per command, each with examples.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "command_tree.h"
#include "load_options.h"
#include "output.h"
#include "weir/app/commands.h"
#include "weir/app/config.h"
#include "weir/app/config_faults.h"
#include "weir/core/time_text.h"
#include "weir/parse/parser.h"

namespace weir {
namespace {

/// An option that takes a span such as 30m.
CLI::Option* add_duration(CLI::App& app, const std::string& name, std::function<void(TimeMs)> set,
                          const std::string& help, TimeMs least_ms = 0) {
  const auto parse = [name, least_ms, set = std::move(set)](const std::string& text) {
    const std::optional<TimeMs> span_ms = parse_duration(text);
    if (!span_ms) {
      throw CLI::ValidationError(
          name, fmt::format("\"{}\" is no duration up to ten years; write 500ms, 30s, 5m or 1h", text));
    }
    if (*span_ms < least_ms) {
      throw CLI::ValidationError(name, fmt::format("found {}; expected at least {}", text, format_duration(least_ms)));
    }
    set(*span_ms);
  };
  return app.add_option_function<std::string>(name, parse, help)->type_name("DURATION");
}

void add_serve(CLI::App& program, ServeCommand& command) {
  CLI::App& app = *program.add_subcommand("serve", "Run the sidecar: take events in, export live KPIs");
  app.add_option("-c,--config", command.config, "Configuration file (config/weir.yaml documents every key)")
      ->type_name("FILE");
  app.add_option("--web-config", command.web_config,
                 "TLS and users of the admin listener, in Prometheus's format; instead of admin.web_config")
      ->type_name("FILE");
  app.add_flag("--demo", command.demo, "Feed it generated traffic through its own HTTP port");
  app.add_flag("--table", command.table, "Show a live KPI table on the terminal");
  add_duration(
      app, "--for", [&](TimeMs span_ms) { command.for_ms = span_ms; }, "Stop by itself after this time", 1);
  app.footer(
      "Examples:\n"
      "  weir serve -c /etc/weir/weir.yaml\n"
      "  weir serve --demo --table --for 30s\n"
      "  curl -d '{\"type\":\"page_view\",\"url\":\"/\",\"visitor\":\"v1\"}' http://127.0.0.1:8080/v1/events\n"
      "  curl http://127.0.0.1:9464/metrics");
}

void add_replay(CLI::App& program, ReplayCommand& command) {
  CLI::App& app = *program.add_subcommand("replay", "Run files through the pipeline at full speed and report");
  app.add_option("FILE", command.files, "Files to read in order; - is stdin; .gz is read as is")->required();
  app.add_option("-c,--config", command.config, "Configuration file")->type_name("FILE");
  app.add_option("--format", command.format,
                 "Input format: auto (by each file's first lines), " + join_words(format_names()))
      ->type_name("NAME");
  app.add_flag("--json", command.json, "Print the report as JSON");
  app.add_flag("-q,--quiet", command.quiet, "No progress bar");
  app.add_option("--rollup", command.rollup, "Rollup shown by the table (site, landing, channel, ...)")
      ->type_name("NAME");
  add_duration(
      app, "--every", [&](TimeMs span_ms) { command.every_ms = span_ms; },
      "Add the windows at each multiple of this span", 1);
  add_duration(
      app, "--lateness", [&](TimeMs span_ms) { command.lateness_ms = span_ms; },
      "How far behind the newest an event may come, instead of sessions.lateness");
  app.footer(
      "Examples:\n"
      "  weir replay events.ndjson\n"
      "  weir replay --json --lateness 60s day1.ndjson.gz day2.ndjson.gz > report.json\n"
      "  weir replay --every 5m --json events.ndjson\n"
      "  weir replay --lateness 60s /var/log/apache2/access.log.*.gz\n"
      "  weir generate --sessions 1000 | weir replay -");
}

void add_generate(CLI::App& program, GenerateCommand& command) {
  CLI::App& app =
      *program.add_subcommand("generate", "Write synthetic visits as NDJSON, with the report they must give");
  GeneratorOptions& options = command.options;
  app.add_option("--seed", options.seed, "Same seed, same bytes")->capture_default_str();
  app.add_option("--sessions", options.sessions, "How many sessions")->capture_default_str();
  add_duration(
      app, "--disorder", [&](TimeMs span_ms) { options.disorder_ms = span_ms; },
      "Events come up to this much out of order");
  app.add_option("--duplicates", options.duplicate_ratio, "Repeated deliveries per event, 0..1")->type_name("RATIO");
  app.add_option("--malformed", options.malformed_ratio, "Broken lines per event, 0..1")->type_name("RATIO");
  app.add_option("--late", options.late_ratio, "Events behind the watermark per event, 0..1")->type_name("RATIO");
  app.add_option("--rate", options.sessions_per_second, "Sessions that begin per second of event time")
      ->capture_default_str();
  app.add_option("--sites", options.sites, "Number of sites")->capture_default_str();
  add_duration(
      app, "--lateness", [&](TimeMs span_ms) { options.lateness_ms = span_ms; },
      "The lateness of the configuration that will read it (default 5s)");
  app.add_option("--truth", command.truth, "Write the exact report the events must give to this file")
      ->type_name("FILE");
  app.add_option("-o,--output", command.output, "File to write events to; - is stdout")->type_name("FILE");
  app.footer(
      "Examples:\n"
      "  weir generate --sessions 10000 > events.ndjson\n"
      "  weir generate --seed 7 --sessions 100000 --disorder 3s --truth truth.json -o events.ndjson\n"
      "The truth has the funnels \"checkout\" and \"signup\"; config/demo.yaml defines them.");
}

void add_top(CLI::App& program, TopCommand& command) {
  CLI::App& app = *program.add_subcommand("top", "Show the live numbers of a running instance in the terminal");
  app.add_option("--url", command.url, "Admin listener of the instance; its host is a numeric address or localhost")
      ->type_name("URL")
      ->capture_default_str();
  app.add_option("--ca-file", command.ca_file, "Who may have signed the certificate behind https:// (PEM)")
      ->type_name("FILE");
  app.add_option("--site", command.site, "Only this site")->type_name("NAME");
  app.add_option("--window", command.window, "Sliding window, such as 1h (default: the instance's first)")
      ->type_name("NAME");
  app.add_option("--rollup", command.rollup, "What the rows are")->type_name("NAME")->capture_default_str();
  app.add_option("--sort", command.sort, "Column the rows are sorted by, largest first")
      ->type_name("COLUMN")
      ->capture_default_str();
  add_duration(
      app, "--every", [&](TimeMs span_ms) { command.every_ms = span_ms; }, "Time between two looks (default 1s)", 100);
  app.add_flag("--once", command.once, "Print all rows once and end, as without a terminal");
  app.footer(
      "Keys: q quit, w next window, s next site, r next rollup, o next column to sort by, R reverse.\n"
      "Examples:\n"
      "  weir top\n"
      "  weir top --url http://10.0.0.5:9464 --site shop --window 1h --sort bounce\n"
      "  weir top --url https://user:password@10.0.0.5:9464 --ca-file ca.crt\n"
      "  weir top --once | head");
}

void add_load_bounds(CLI::App& app, LoadCommand& command) {
  app.add_option("--connections", command.connections, "Connections kept open")->capture_default_str();
  app.add_option("--pipeline", command.pipeline, "Requests under way on each of them")->capture_default_str();
  app.add_option("--threads", command.threads, "Threads that send")->capture_default_str();
  add_duration(
      app, "--timeout", [&](TimeMs span_ms) { command.timeout_ms = span_ms; },
      "Wait so long for an answer (default 10s)", 100);
  add_duration(
      app, "--p99", [&](TimeMs span_ms) { command.p99_ms = span_ms; },
      "Fail when the p99 latency is over this; of a ramp the bound (default 100ms)", 1);
  app.add_flag("--allow-remote", command.allow_remote, "Load another machine than this one");
}

void add_load(CLI::App& program, LoadCommand& command) {
  CLI::App& app = *program.add_subcommand("load", "Send made-up visits at a steady rate and measure the latency");
  app.add_option("--target", command.target, "Where to: http://ADDRESS:PORT/PATH, or tcp://ADDRESS:PORT for lines")
      ->type_name("URL")
      ->capture_default_str();
  const auto set_rate = [&command](const std::string& text) {
    const std::optional<double> rate = parse_rate(text);
    if (!rate) throw CLI::ValidationError("--rate", fmt::format("\"{}\" is no rate; write 250, 10k or 1.5M", text));
    command.rate = *rate;
  };
  app.add_option_function<std::string>("--rate", set_rate, "Events per second, of a ramp its first (default 1000)")
      ->type_name("N");
  add_duration(
      app, "--for,--duration", [&](TimeMs span_ms) { command.for_ms = span_ms; },
      "How long, of a ramp each step (default 10s)", 100);
  app.add_option("--batch", command.batch, "Events per request, as NDJSON when more than 1")->capture_default_str();
  add_load_bounds(app, command);
  app.add_flag("--ramp", command.ramp, "Raise the rate until it is too much, and find the highest that is not");
  app.add_option("--verify", command.verify, "Compare the report of this admin listener with what was sent")
      ->type_name("URL");
  app.add_option("--seed", command.seed, "Same seed, same visits (by other visitors)");
  app.add_flag("--json", command.json, "Print the result as JSON");
  app.add_flag("-q,--quiet", command.quiet, "No line of progress");
  app.footer(
      "Requests are sent when they are due, however slow the answers are, and latency counts from that time.\n"
      "Examples:\n"
      "  weir load --rate 5k --for 30s\n"
      "  weir load --rate 200k --batch 100 --connections 8\n"
      "  weir load --rate 2k --verify http://127.0.0.1:9464\n"
      "  weir load --ramp --rate 1k --for 5s --p99 20ms --json > knee.json\n"
      "  weir load --target tcp://127.0.0.1:9000 --rate 50k");
}

void add_check(CLI::App& program, CheckCommand& command) {
  CLI::App& app = *program.add_subcommand("check", "Validate a configuration file, or list what can be configured");
  app.add_option("FILE", command.file, "Configuration file")->type_name("");
  app.add_flag("--options", command.list_options, "Print every option with its bounds and default");
  app.require_option(1);
  app.footer("Examples:\n  weir check weir.yaml && systemctl reload weir\n  weir check --options | less");
}

struct CompletionCommand {
  std::string shell;
};

void add_completion(CLI::App& program, CompletionCommand& command) {
  CLI::App& app =
      *program.add_subcommand("completion", "Print the script by which a shell completes this command line");
  app.add_option("SHELL", command.shell, "Which shell")
      ->required()
      ->type_name("")
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  app.footer(
      "Examples:\n"
      "  source <(weir completion bash)\n"
      "  weir completion fish > ~/.config/fish/completions/weir.fish\n"
      "The Debian package has them in place.");
}

int run_completion(const CompletionCommand& command, const CLI::App& program) {
  const CommandTree tree = read_command_tree(program);
  if (command.shell == "bash") return write_output(bash_completion(tree));
  return write_output(command.shell == "zsh" ? zsh_completion(tree) : fish_completion(tree));
}

struct ManualCommand {
  bool configuration = false;
};

void add_manual(CLI::App& program, ManualCommand& command) {
  CLI::App& app = *program.add_subcommand("manual", "Print the manual page, for man");
  app.add_flag("--configuration", command.configuration, "The page of the configuration file, weir.yaml(5)");
  app.footer("Examples:\n  weir manual | man -l -\n  weir manual --configuration | man -l -");
}

int run_manual(const ManualCommand& command, const CLI::App& program) {
  return write_output(command.configuration ? configuration_manual() : program_manual(read_command_tree(program)));
}

/// "serve, replay and so on", as the program has them.
std::string command_names(const CLI::App& program) {
  std::vector<std::string> names;
  for (const CLI::App* command : program.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

int run_program(int argc, const char* const* argv) {
  CLI::App program{"Weir: live session analytics for the monitoring stack", "weir"};
  program.set_version_flag("-V,--version", std::string("weir ") + WEIR_VERSION);
  program.footer(
      "Run `weir COMMAND --help` for options and examples.\nExit codes: 0 done, 1 failed, 2 usage, 75 undecided, "
      "78 configuration.");
  ServeCommand serve;
  ReplayCommand replay;
  GenerateCommand generate;
  TopCommand top;
  LoadCommand load;
  CheckCommand check;
  CompletionCommand completion;
  ManualCommand manual;
  add_serve(program, serve);
  add_replay(program, replay);
  add_generate(program, generate);
  add_top(program, top);
  add_load(program, load);
  add_check(program, check);
  add_completion(program, completion);
  add_manual(program, manual);
  if (argc <= 1) {
    fmt::print("{}", program.help());
    return kExitUsage;
  }
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  if (program.get_subcommands().empty()) {
    fmt::print(stderr, "weir: a command is missing: {}; see weir --help\n", command_names(program));
    return kExitUsage;
  }
  if (program.got_subcommand("serve")) return run_serve(serve);
  if (program.got_subcommand("replay")) return run_replay(replay);
  if (program.got_subcommand("generate")) return run_generate(generate);
  if (program.got_subcommand("load")) return run_load(load);
  if (program.got_subcommand("top")) return run_top(top);
  if (program.got_subcommand("completion")) return run_completion(completion, program);
  if (program.got_subcommand("manual")) return run_manual(manual, program);
  return run_check(check);
}

}  // namespace weir
