// The manual pages as troff, from the command tree and THE option table.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "command_tree.h"
#include "weir/app/config.h"
#include "weir/app/config_kinds.h"
#include "weir/app/config_options.h"

namespace weir {
namespace {

/// Text as troff shows it: signs that mean something to it are escaped, also at the beginning of a line.
std::string roff(std::string_view text) {
  std::string out;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == '\'') {
      out += "\\(aq";
    } else if (c == '`') {
      out += "\\(ga";
    } else if (c == '~') {
      out += "\\(ti";
    } else if (c == '^') {
      out += "\\(ha";
    } else {
      out += c;
    }
    line_begins = c == '\n';
  }
  return out;
}

std::string heading(std::string_view page, int section) {
  return fmt::format(".\\\" Written by `weir manual`.\n.TH {} {} \"\" \"weir {}\" \"Weir\"\n", page, section,
                     WEIR_VERSION);
}

/// "-c, --config FILE", or the name of an argument.
std::string synopsis_of(const OptionHelp& option) {
  std::string text;
  for (const std::string& name : option.names) {
    text += fmt::format("{}\\fB{}\\fR", text.empty() ? "" : ", ", roff(name));
  }
  const std::string value = option.choices.empty() ? option.value : fmt::format("{}", fmt::join(option.choices, "|"));
  if (!value.empty()) text += fmt::format("{}\\fI{}\\fR", text.empty() ? "" : " ", roff(value));
  return text;
}

std::string options_of(const CommandHelp& command) {
  std::string text;
  for (const OptionHelp& option : command.options) {
    const std::string fallback = option.fallback.empty() ? "" : fmt::format(" (default {})", option.fallback);
    text += fmt::format(".TP\n{}\n{}\n", synopsis_of(option), roff(option.help + fallback));
  }
  return text;
}

constexpr std::string_view kSignals =
    ".SH SIGNALS\n"
    "Of \\fBweir serve\\fR:\n"
    ".TP\n\\fBSIGTERM\\fR, \\fBSIGINT\\fR\n"
    "Stop taking events in, answer requests under way, count all that was received, and end. A second one cuts the "
    "connections first; a third ends at once.\n"
    ".TP\n\\fBSIGHUP\\fR\n"
    "Read the configuration again, all or nothing, and open files again that are written to.\n";

constexpr std::string_view kExitStatus =
    ".SH EXIT STATUS\n"
    ".TP\n0\nDone.\n"
    ".TP\n1\nFailed; standard error says why.\n"
    ".TP\n2\nThe command line is wrong.\n"
    ".TP\n78\nThe configuration is wrong.\n";

constexpr std::string_view kEnvironment =
    ".SH ENVIRONMENT\n"
    ".TP\n\\fBNOTIFY_SOCKET\\fR, \\fBWATCHDOG_USEC\\fR, \\fBWATCHDOG_PID\\fR\n"
    "By these systemd asks to be told when the service is ready, stops, and that it is alive.\n";

constexpr std::string_view kFiles =
    ".SH FILES\n"
    ".TP\n\\fI/etc/weir/weir.yaml\\fR\nConfiguration of the service, see \\fBweir.yaml\\fR(5).\n";

}  // namespace

std::string program_manual(const CommandTree& tree) {
  std::string page = heading("WEIR", 1);
  page += ".SH NAME\nweir \\- live session analytics for the monitoring stack\n";
  page += ".SH SYNOPSIS\n";
  for (const CommandHelp& command : tree.commands) {
    std::string arguments;
    for (const OptionHelp& option : command.options) {
      if (option.names.empty()) arguments += " " + synopsis_of(option);
    }
    page += fmt::format("\\fBweir {}\\fR [\\fIOPTIONS\\fR]{}\n.br\n", roff(command.name), arguments);
  }
  page +=
      ".SH DESCRIPTION\n"
      "Weir turns clickstream events into live session KPIs for Prometheus and Grafana. It runs beside web servers, "
      "takes "
      "page views and conversions in, groups them into visits in event time, and keeps bounce ratio, pages per "
      "session, "
      "dwell time, conversions, revenue and funnel leakage of every landing page over sliding windows.\n";
  page += ".SH OPTIONS\n" + options_of(tree.program);
  page += ".SH COMMANDS\n";
  for (const CommandHelp& command : tree.commands) {
    page += fmt::format(".SS weir {}\n{}.\n{}", roff(command.name), roff(command.help), options_of(command));
    if (!command.footer.empty()) page += fmt::format(".PP\n.nf\n{}\n.fi\n", roff(command.footer));
  }
  page += kSignals;
  page += kExitStatus;
  page += kEnvironment;
  page += kFiles;
  return page + ".SH SEE ALSO\n\\fBweir.yaml\\fR(5), \\fBprometheus\\fR(1), \\fBsystemd.service\\fR(5)\n";
}

std::string configuration_manual() {
  std::string page = heading("WEIR.YAML", 5);
  page +=
      ".SH NAME\nweir.yaml \\- configuration of weir\n"
      ".SH DESCRIPTION\n"
      "A YAML file. Every key has a default, so it holds only what shall be otherwise. The parts of a key between dots "
      "are "
      "nested maps: \\fBsessions.timeout\\fR is \\fBtimeout\\fR below \\fBsessions\\fR. A key with \\fBNAME\\fR takes "
      "any "
      "name of your own in this place. Durations are a whole number and ms, s, m, h or d; sizes are bytes, or KiB, "
      "MiB, "
      "GiB; off turns a listener or a file off. Unknown keys are errors.\n"
      ".PP\n"
      "\\fBweir check\\fR \\fIFILE\\fR says what is wrong with a file. On SIGHUP a running \\fBweir serve\\fR reads it "
      "again, all or nothing, and logs which changes are in effect and which wait for a restart.\n"
      ".SH KEYS\n";
  const Config defaults = default_config();
  for (const OptionRow& row : option_table()) {
    const std::string unit = row.unit.empty() ? "" : fmt::format(" ({})", row.unit);
    page += fmt::format(".TP\n\\fB{}\\fR{}\n{}\nExpected: {}.\nDefault: {}\n", roff(row.path), roff(unit),
                        roff(row.help), roff(row.kind->expected(row)), roff(option_text(row, defaults)));
  }
  return page + ".SH FILES\n.TP\n\\fI/etc/weir/weir.yaml\\fR\nThe one of the service.\n.SH SEE ALSO\n\\fBweir\\fR(1)\n";
}

}  // namespace weir
