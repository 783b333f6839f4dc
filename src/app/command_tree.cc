#include "command_tree.h"

#include <CLI/CLI.hpp>

namespace weir {
namespace {

/// CLI11 appends what a value may be to its type: "NAME:{bash,zsh}".
OptionHelp option_help(const CLI::Option& option) {
  OptionHelp help;
  for (const std::string& name : option.get_snames()) help.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) help.names.push_back("--" + name);
  help.help = option.get_description();
  if (option.get_items_expected_max() > 0) {
    const std::string type = option.get_type_name();
    const std::size_t choices = type.find(":{");
    help.value = type.substr(0, choices);
    if (choices != std::string::npos) {
      help.choices = CLI::detail::split(type.substr(choices + 2, type.find('}') - choices - 2), ',');
    }
    help.fallback = option.get_default_str();
  }
  if (help.names.empty()) help.value = option.get_name(true);
  return help;
}

CommandHelp command_help(const CLI::App& app) {
  CommandHelp command{app.get_name(), app.get_description(), app.get_footer(), {}};
  for (const CLI::Option* option : app.get_options()) command.options.push_back(option_help(*option));
  return command;
}

}  // namespace

CommandTree read_command_tree(const CLI::App& program) {
  CommandTree tree{command_help(program), {}};
  for (const CLI::App* app : program.get_subcommands([](const CLI::App*) { return true; })) {
    tree.commands.push_back(command_help(*app));
  }
  return tree;
}

}  // namespace weir
