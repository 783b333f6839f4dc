// CommandTree: the command line as data, read from the CLI11 program itself. What is written from it (completions, the
// manual) knows of a new option without a second row anywhere.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace weir {

/// An option, a flag, or an argument without a name.
struct OptionHelp {
  std::vector<std::string> names;  // "-c", "--config"; none: an argument by its place
  std::string value;               // "FILE"; empty: takes none
  std::vector<std::string> choices;
  std::string fallback;  // what holds without it; empty: said nowhere
  std::string help;

  bool takes_file() const { return value == "FILE"; }
};

struct CommandHelp {
  std::string name;
  std::string help;
  std::string footer;  // examples, and what else stands under the options
  std::vector<OptionHelp> options;
};

struct CommandTree {
  CommandHelp program;
  std::vector<CommandHelp> commands;
};

CommandTree read_command_tree(const CLI::App& program);

/// Scripts for shells; see `weir completion`.
std::string bash_completion(const CommandTree& tree);
std::string zsh_completion(const CommandTree& tree);
std::string fish_completion(const CommandTree& tree);

/// Manual pages, as troff: weir(1), and weir.yaml(5) with THE option table.
std::string program_manual(const CommandTree& tree);
std::string configuration_manual();

}  // namespace weir
