// Bots: which user agents are programs and not people, by the list of the package crawler-user-agents. Called by
// the reader, which remembers the answer per user agent. Must never trust a user agent to be long, short or text.
#pragma once

#include <memory>
#include <string_view>

namespace re2 {
class RE2;
}  // namespace re2

namespace weir {

class LiteralSet;

/// All patterns of the list: a table of texts, and one automaton for what is more than a text. Immutable; any thread,
/// though threads that share one wait for each other now and then.
class BotList {
 public:
  /// Compiles the list: a millisecond, some hundred kilobytes.
  BotList();
  ~BotList();
  BotList(const BotList&) = delete;
  BotList& operator=(const BotList&) = delete;

  /// Whether a pattern is found in the first 512 bytes, or the device rules say "bot". No user agent is no bot.
  bool contains(std::string_view user_agent) const;

 private:
  std::unique_ptr<const LiteralSet> literals_;
  std::unique_ptr<const re2::RE2> expressions_;
};

}  // namespace weir
