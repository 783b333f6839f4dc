// Completion scripts for shells, from the command tree. They hold all words themselves, so that a key press starts no
// program.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "command_tree.h"

namespace weir {
namespace {

std::string joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, " ")); }

std::vector<std::string> command_names(const CommandTree& tree) {
  std::vector<std::string> names;
  for (const CommandHelp& command : tree.commands) names.push_back(command.name);
  return names;
}

/// `text` with a backslash before each of `special`.
std::string escaped(std::string_view text, std::string_view special) {
  std::string out;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

/// In single quotes of a POSIX shell.
std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

/// What bash does behind an option that takes a value.
std::string bash_value_case(const CommandHelp& command, const OptionHelp& option) {
  std::string pattern;
  for (const std::string& name : option.names) {
    pattern += fmt::format("{}\"{} {}\"", pattern.empty() ? "" : " | ", command.name, name);
  }
  const std::string action = option.takes_file() ? "_weir_files \"${word}\""
                             : option.choices.empty()
                                 ? ":"
                                 : fmt::format("_weir_words \"{}\" \"${{word}}\"", joined(option.choices));
  return fmt::format("    {})\n      {}\n      return\n      ;;\n", pattern, action);
}

std::string bash_words_case(const CommandHelp& command, std::vector<std::string> words) {
  bool files = false;
  for (const OptionHelp& option : command.options) {
    words.insert(words.end(), option.names.begin(), option.names.end());
    if (!option.names.empty()) continue;
    files = files || option.takes_file();
    words.insert(words.end(), option.choices.begin(), option.choices.end());
  }
  return fmt::format("    \"{}\") words=\"{}\" files={} ;;\n", command.name, joined(words), files ? "yes" : "no");
}

/// One argument of zsh's _arguments per name of an option.
std::string zsh_specification(const OptionHelp& option) {
  std::string value;
  if (!option.value.empty()) {
    const std::string action = option.takes_file()      ? "_files"
                               : option.choices.empty() ? " "
                                                        : fmt::format("({})", joined(option.choices));
    value = fmt::format(":{}:{}", escaped(option.value, ":"), action);
  }
  if (option.names.empty()) return " \\\n        " + shell_quoted("*" + value);
  std::string out;
  for (const std::string& name : option.names) {
    out += " \\\n        " + shell_quoted(fmt::format("{}[{}]{}", name, escaped(option.help, "[]:\\"), value));
  }
  return out;
}

std::string fish_line(std::string_view condition, const OptionHelp& option) {
  std::string line = fmt::format("complete -c weir -n {}", shell_quoted(condition));
  for (const std::string& name : option.names) {
    line += name.starts_with("--") ? fmt::format(" -l {}", name.substr(2)) : fmt::format(" -s {}", name.substr(1));
  }
  if (!option.names.empty() && !option.value.empty()) line += " -r";
  if (option.takes_file()) line += " -F";
  if (!option.choices.empty()) line += " -a " + shell_quoted(joined(option.choices));
  return line + fmt::format(" -d {}\n", shell_quoted(option.help));
}

}  // namespace

std::string bash_completion(const CommandTree& tree) {
  std::string script =
      "# Completion of weir for bash; written by `weir completion bash`.\n"
      "_weir_words() { mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$2\"); }\n"
      "_weir_files() {\n"
      "  compopt -o filenames 2>/dev/null\n"
      "  mapfile -t COMPREPLY < <(compgen -f -- \"$1\")\n"
      "}\n"
      "_weir() {\n"
      "  local word=\"${COMP_WORDS[COMP_CWORD]}\" previous=\"${COMP_WORDS[COMP_CWORD - 1]}\" command=\"\" words files\n"
      "  [[ ${COMP_CWORD} -gt 1 ]] && command=\"${COMP_WORDS[1]}\"\n"
      "  COMPREPLY=()\n"
      "  case \"${command} ${previous}\" in\n";
  for (const CommandHelp& command : tree.commands) {
    for (const OptionHelp& option : command.options) {
      if (!option.names.empty() && !option.value.empty()) script += bash_value_case(command, option);
    }
  }
  script += "  esac\n  case \"${command}\" in\n";
  CommandHelp program = tree.program;
  program.name.clear();  // where no command is given yet
  script += bash_words_case(program, command_names(tree));
  for (const CommandHelp& command : tree.commands) script += bash_words_case(command, {});
  return script +
         "    *) return ;;\n"
         "  esac\n"
         "  if [[ ${files} == yes && ${word} != -* ]]; then\n"
         "    _weir_files \"${word}\"\n"
         "  else\n"
         "    _weir_words \"${words}\" \"${word}\"\n"
         "  fi\n"
         "}\n"
         "complete -F _weir weir\n";
}

std::string zsh_completion(const CommandTree& tree) {
  std::string script =
      "#compdef weir\n"
      "# Completion of weir for zsh; written by `weir completion zsh`.\n"
      "_weir() {\n"
      "  if ((CURRENT == 2)); then\n"
      "    local -a commands=(\n";
  for (const CommandHelp& command : tree.commands) {
    script += "      " + shell_quoted(escaped(command.name, ":") + ":" + escaped(command.help, ":\\")) + "\n";
  }
  script += "    )\n    _describe command commands\n    _arguments";
  for (const OptionHelp& option : tree.program.options) script += zsh_specification(option);
  script +=
      "\n    return\n  fi\n  local command=\"${words[2]}\"\n  shift words\n  ((CURRENT--))\n  case \"${command}\" in\n";
  for (const CommandHelp& command : tree.commands) {
    script += fmt::format("    {})\n      _arguments", command.name);
    for (const OptionHelp& option : command.options) script += zsh_specification(option);
    script += "\n      ;;\n";
  }
  return script +
         "  esac\n"
         "}\n"
         "if [[ ${funcstack[1]} == _weir ]]; then _weir \"$@\"; else compdef _weir weir; fi\n";
}

std::string fish_completion(const CommandTree& tree) {
  std::string script =
      "# Completion of weir for fish; written by `weir completion fish`.\n"
      "complete -c weir -f\n";
  for (const CommandHelp& command : tree.commands) {
    script += fmt::format("complete -c weir -n __fish_use_subcommand -a {} -d {}\n", command.name,
                          shell_quoted(command.help));
  }
  for (const OptionHelp& option : tree.program.options) script += fish_line("__fish_use_subcommand", option);
  for (const CommandHelp& command : tree.commands) {
    for (const OptionHelp& option : command.options) {
      script += fish_line("__fish_seen_subcommand_from " + command.name, option);
    }
  }
  return script;
}

}  // namespace weir
