// The patterns are joined into one, since only whether any matches is asked for. An automaton that grows too large on
// hostile text starts anew in bounded memory; RE2 never takes more than linear time.
#include "weir/classify/bots.h"

#include <re2/re2.h>

#include <algorithm>
#include <string>

#include "crawler_patterns.h"
#include "weir/classify/device.h"
#include "weir/core/check.h"

namespace weir {
namespace {

constexpr std::size_t kLongestBytes = 512;
constexpr std::int64_t kAutomatonBytes = 32 << 20;

/// "(?:A)|(?:B)|...".
std::string joined_patterns(std::string_view list) {
  std::string joined;
  while (!list.empty()) {
    const std::string_view line = list.substr(0, list.find('\n'));
    list.remove_prefix(std::min(line.size() + 1, list.size()));
    if (line.empty() || line.front() == '#') continue;
    if (!joined.empty()) joined += '|';
    joined.append("(?:").append(line).append(")");
  }
  return joined;
}

re2::RE2::Options options() {
  re2::RE2::Options options(re2::RE2::Latin1);  // user agents are bytes; ill-formed UTF-8 must not hide a bot
  options.set_max_mem(kAutomatonBytes);
  options.set_never_capture(true);
  options.set_log_errors(false);
  return options;
}

}  // namespace

BotList::BotList() : patterns_(std::make_unique<const re2::RE2>(joined_patterns(crawler_patterns()), options())) {
  WEIR_CHECK(patterns_->ok());  // the list is part of the program
}

BotList::~BotList() = default;

bool BotList::contains(std::string_view user_agent) const {
  if (user_agent.empty()) return false;
  const std::string_view text = user_agent.substr(0, kLongestBytes);
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *patterns_) || device_of(text) == "bot";
}

}  // namespace weir
