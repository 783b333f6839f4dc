// Completions and manual pages know every command and option that --help shows, and shells and man understand them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "running_server.h"
#include "weir/app/config_options.h"

namespace weir::e2e {
namespace {

using support::ProcessResult;
using support::run_process;

std::set<std::string> lines_of(const std::string& text) {
  std::set<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.insert(line);
  return lines;
}

std::string output_of(const std::vector<std::string>& arguments) {
  std::vector<std::string> command{kProgram};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const ProcessResult result = run_process(command);
  EXPECT_EQ(result.exit_code, 0) << result.log;
  return result.output;
}

std::vector<std::string> found_in(const std::string& text, const char* pattern) {
  const std::regex regex(pattern);
  std::vector<std::string> found;
  for (std::sregex_iterator it(text.begin(), text.end(), regex), end; it != end; ++it) found.push_back((*it)[1]);
  return found;
}

/// Names of the commands, as --help lists them behind "Subcommands:".
std::vector<std::string> commands() {
  const std::string help = output_of({"--help"});
  std::vector<std::string> names = found_in(help.substr(help.find("Subcommands:")), "\n  ([a-z]+) ");
  EXPECT_GE(names.size(), 8U);
  return names;
}

std::vector<std::string> options_of(const std::string& command) {
  const std::string help = output_of({command, "--help"});
  std::vector<std::string> names = found_in(help.substr(0, help.find("Example")), "[ ,](--[a-z0-9-]+)");
  EXPECT_GE(names.size(), 1U) << command;
  return names;
}

/// What bash offers for the last of these words.
std::set<std::string> offered_by_bash(const std::string& words, int last) {
  const std::string script = output_of({"completion", "bash"}) + fmt::format(
                                                                     "COMP_WORDS=(weir {}); COMP_CWORD={}; _weir weir\n"
                                                                     "printf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
                                                                     words, last);
  const ProcessResult result = run_process({"bash", "-u", "-c", script});
  EXPECT_EQ(result.exit_code, 0) << result.log;
  EXPECT_EQ(result.log, "");
  return lines_of(result.output);
}

TEST(Completion, bash_offers_every_command_and_option) {
  const std::set<std::string> first = offered_by_bash("''", 1);
  for (const std::string& command : commands()) {
    EXPECT_TRUE(first.contains(command)) << command;
    const std::set<std::string> offered = offered_by_bash(command + " --", 2);
    for (const std::string& option : options_of(command)) {
      EXPECT_TRUE(offered.contains(option)) << command << " " << option;
    }
  }
  EXPECT_EQ(offered_by_bash("serve --conf", 2), std::set<std::string>{"--config"});
  EXPECT_EQ(offered_by_bash("completion ''", 2).count("zsh"), 1U);
}

TEST(Completion, bash_offers_files_where_files_are_meant_and_nothing_for_other_values) {
  const support::TemporaryFolder folder;
  const std::string file = folder.write("one file.yaml", "");
  EXPECT_EQ(offered_by_bash("serve --config '" + folder.path("one") + "'", 3), std::set<std::string>{file});
  EXPECT_EQ(offered_by_bash("check '" + folder.path("one") + "'", 2), std::set<std::string>{file});
  EXPECT_EQ(offered_by_bash("serve --for ''", 3), std::set<std::string>{""});
}

TEST(Completion, zsh_and_fish_understand_theirs) {
  const support::TemporaryFolder folder;
  const ProcessResult zsh = run_process({"zsh", "-n", folder.write("_weir", output_of({"completion", "zsh"}))});
  EXPECT_EQ(zsh.exit_code, 0) << zsh.log;
  const std::string fish = folder.write("weir.fish", output_of({"completion", "fish"}));
  for (const std::string& command : commands()) {
    const ProcessResult offered = run_process({"env", "HOME=" + folder.path("home"), "fish", "--private", "-c",
                                               fmt::format("source {}; complete -C 'weir {} --'", fish, command)});
    for (const std::string& option : options_of(command)) {
      EXPECT_NE(offered.output.find(option + "\t"), std::string::npos) << command << " " << option << offered.log;
    }
  }
}

/// A page as a reader sees it, on one line, without hyphenation.
std::string rendered(const std::string& page) {
  const ProcessResult result = run_process({"env", "MANWIDTH=2000", "man", "--warnings", "--nh", "-l", "-"}, page);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.log, "") << "troff has nothing to complain about";
  return std::regex_replace(result.output, std::regex("\\s+"), " ");
}

TEST(Manual, describes_every_command_and_option) {
  const std::string page = rendered(output_of({"manual"}));
  for (const std::string& command : commands()) {
    EXPECT_NE(page.find("weir " + command), std::string::npos) << command;
    for (const std::string& option : options_of(command)) EXPECT_NE(page.find(option), std::string::npos) << option;
  }
}

TEST(Manual, describes_every_key_of_the_configuration) {
  const std::string page = rendered(output_of({"manual", "--configuration"}));
  for (const OptionRow& row : option_table()) {
    EXPECT_NE(page.find(std::string(row.path)), std::string::npos) << row.path;
    EXPECT_NE(page.find(std::string(row.help)), std::string::npos) << row.path;
  }
}

}  // namespace
}  // namespace weir::e2e
