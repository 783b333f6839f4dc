// Only whether any pattern matches is asked for, so those that are plain texts, nearly all, are looked for as texts,
// and the others are joined into one. Its automaton is made state by state as user agents come, which of 1,500 patterns
// takes far longer than reading them. One that grows too large on hostile text starts anew in bounded memory; RE2 never
// takes more than linear time.
#include "weir/classify/bots.h"

#include <re2/re2.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "crawler_patterns.h"
#include "literal_set.h"
#include "weir/classify/device.h"
#include "weir/core/ascii.h"
#include "weir/core/check.h"

namespace weir {
namespace {

constexpr std::size_t kLongestBytes = 512;
constexpr std::int64_t kAutomatonBytes = 32 << 20;

/// The text a pattern stands for when it is but a text, with some of its characters escaped.
std::optional<std::string> literal_of(std::string_view pattern) {
  constexpr std::string_view kSpecial = "^$.|?*+()[]{}";
  std::string literal;
  while (!pattern.empty()) {
    if (kSpecial.find(pattern.front()) != std::string_view::npos) return std::nullopt;
    if (pattern.front() == '\\') {
      pattern.remove_prefix(1);
      // Behind a backslash a letter or digit means something else than itself.
      if (pattern.empty() || is_letter(pattern.front()) || is_digit(pattern.front())) return std::nullopt;
    }
    literal += pattern.front();
    pattern.remove_prefix(1);
  }
  return literal;
}

re2::RE2::Options options() {
  re2::RE2::Options options(re2::RE2::Latin1);  // user agents are bytes; ill-formed UTF-8 must not hide a bot
  options.set_max_mem(kAutomatonBytes);
  options.set_never_capture(true);
  options.set_log_errors(false);
  return options;
}

/// All patterns of the list: texts, and "(?:A)|(?:B)|..." of those that are more than a text.
struct Patterns {
  LiteralSet literals;
  std::string joined;
};

Patterns read_patterns(std::string_view list) {
  Patterns patterns;
  while (!list.empty()) {
    const std::string_view line = list.substr(0, list.find('\n'));
    list.remove_prefix(std::min(line.size() + 1, list.size()));
    if (line.empty() || line.front() == '#') continue;
    std::optional<std::string> literal = literal_of(line);
    if (literal && literal->size() >= LiteralSet::kLeastBytes) {
      patterns.literals.add(std::move(*literal));
      continue;
    }
    if (!patterns.joined.empty()) patterns.joined += '|';
    patterns.joined.append("(?:").append(line).append(")");
  }
  return patterns;
}

}  // namespace

BotList::BotList() {
  Patterns patterns = read_patterns(crawler_patterns());
  literals_ = std::make_unique<const LiteralSet>(std::move(patterns.literals));
  expressions_ = std::make_unique<const re2::RE2>(patterns.joined, options());
  WEIR_CHECK(!patterns.joined.empty() && expressions_->ok());  // the list is part of the program
}

BotList::~BotList() = default;

bool BotList::contains(std::string_view user_agent) const {
  if (user_agent.empty()) return false;
  const std::string_view text = user_agent.substr(0, kLongestBytes);
  return literals_->any_in(text) || device_of(text) == "bot" ||
         re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *expressions_);
}

}  // namespace weir
