// Channel: GA4's default channel group, from campaign fields and referrer, first match wins. The value of the
// `channel` dimension; called by the reader. Must never allocate and never depend on the case of a text.
#pragma once

#include <span>
#include <string_view>

namespace weir {

/// Where a visit came from. Texts are decoded; case does not matter.
struct TrafficSource {
  std::string_view source, medium, campaign;  // utm_* or the event's own fields
  std::string_view referrer_host;             // host of the referrer; empty: none
  std::string_view own_host;                  // host of the page: a referral from it (www. aside) is no referral
  bool paid_click = false;                    // an ad click id was in the url
};

/// The channel's name, such as "Organic Search", "Direct", "AI Assistants". A view of static storage. Any
/// thread. Rules and their order: GA4 default channel group (support.google.com/analytics/answer/9756891)
/// with AI assistants added. The source is `source`, or else the referrer's host. Where GA4 is silent:
/// an ad click id counts as a paid medium, and alone (no source, no medium) as Paid Search, since search
/// advertisements are what loses its referrer most; a source that no rule knows is a Referral; a medium or a
/// campaign without any source that no rule knows is Unassigned; Direct is what has none of the three.
std::string_view channel_of(const TrafficSource& traffic);

/// All names `channel_of` may give, in the order of the rules' table. Static storage.
std::span<const std::string_view> channel_names();

}  // namespace weir
