// ChannelRules: the user's own channels, tried before the built-in ones. Called by the reader, which remembers the
// answers. A value: to change rules, put another one in its place.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weir/classify/channel.h"

namespace weir {

/// One rule: all patterns that are given must match. A pattern is a glob without regard to case; `referrer` is held
/// against the referrer's host, without "www.". A pattern never matches what a visit does not have.
struct ChannelRule {
  std::string channel;
  std::string source, medium, campaign, referrer;  // empty: anything

  bool operator==(const ChannelRule&) const = default;
};

/// Rules in order; the first that matches wins, and without one the built-in rules do. Immutable; any thread.
class ChannelRules {
 public:
  ChannelRules() = default;
  explicit ChannelRules(std::vector<ChannelRule> rules);
  /// The channel of a visit: a view of this object, or of static storage.
  std::string_view channel_of(const TrafficSource& traffic) const;

 private:
  std::vector<ChannelRule> rules_;  // patterns in lower case
};

}  // namespace weir
