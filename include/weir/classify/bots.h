// Bots: which user agents are programs and not people, by the list of the package crawler-user-agents. Called by
// the reader, which remembers the answer per user agent. Must never trust a user agent to be long, short or text.
#pragma once

#include <memory>
#include <string_view>

namespace re2 {
class RE2;
}  // namespace re2

namespace weir {

/// All patterns of the list as one automaton, which reads a user agent once. Immutable; any thread, though threads
/// that share one wait for each other now and then.
class BotList {
 public:
  /// Compiles the list: some milliseconds, some megabytes.
  BotList();
  ~BotList();
  BotList(const BotList&) = delete;
  BotList& operator=(const BotList&) = delete;

  /// Whether a pattern is found in the first 512 bytes, or the device rules say "bot". No user agent is no bot.
  bool contains(std::string_view user_agent) const;

 private:
  std::unique_ptr<const re2::RE2> patterns_;
};

}  // namespace weir
