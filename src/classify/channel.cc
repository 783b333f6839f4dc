// Channel rules in GA4's order: first match wins. Paid channels come first, then what the source's category
// says, then what the medium says. Must never allocate.
#include "weir/classify/channel.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "weir/classify/source_category.h"
#include "weir/core/ascii.h"

namespace weir {
namespace {

constexpr std::string_view kDirect = "Direct";
constexpr std::string_view kCrossNetwork = "Cross-network";
constexpr std::string_view kPaidShopping = "Paid Shopping";
constexpr std::string_view kPaidSearch = "Paid Search";
constexpr std::string_view kPaidSocial = "Paid Social";
constexpr std::string_view kPaidVideo = "Paid Video";
constexpr std::string_view kDisplay = "Display";
constexpr std::string_view kPaidOther = "Paid Other";
constexpr std::string_view kOrganicShopping = "Organic Shopping";
constexpr std::string_view kOrganicSocial = "Organic Social";
constexpr std::string_view kOrganicVideo = "Organic Video";
constexpr std::string_view kAssistants = "AI Assistants";
constexpr std::string_view kOrganicSearch = "Organic Search";
constexpr std::string_view kEmail = "Email";
constexpr std::string_view kAffiliates = "Affiliates";
constexpr std::string_view kAudio = "Audio";
constexpr std::string_view kSms = "SMS";
constexpr std::string_view kPush = "Mobile Push Notifications";
constexpr std::string_view kReferral = "Referral";
constexpr std::string_view kUnassigned = "Unassigned";

constexpr std::array kNames{kDirect,       kCrossNetwork, kPaidShopping,  kPaidSearch,      kPaidSocial,
                            kPaidVideo,    kDisplay,      kPaidOther,     kOrganicShopping, kOrganicSocial,
                            kOrganicVideo, kAssistants,   kOrganicSearch, kEmail,           kAffiliates,
                            kAudio,        kSms,          kPush,          kReferral,        kUnassigned};

bool equals_any(std::string_view text, std::initializer_list<std::string_view> wanted) {
  return std::any_of(wanted.begin(), wanted.end(),
                     [&](std::string_view one) { return equal_ignoring_case(text, one); });
}

std::size_t find_text(std::string_view text, std::string_view wanted) {
  const auto place = std::search(text.begin(), text.end(), wanted.begin(), wanted.end(), same_letter);
  return place == text.end() ? std::string_view::npos : static_cast<std::size_t>(place - text.begin());
}

bool contains(std::string_view text, std::string_view wanted) {
  return find_text(text, wanted) != std::string_view::npos;
}

bool starts_with(std::string_view text, std::string_view start) {
  return text.size() >= start.size() && equal_ignoring_case(text.substr(0, start.size()), start);
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && equal_ignoring_case(text.substr(text.size() - end.size()), end);
}

/// GA4: ^(.*cp.*|ppc|retargeting|paid.*)$
bool is_paid_medium(std::string_view medium) {
  return contains(medium, "cp") || equals_any(medium, {"ppc", "retargeting"}) || starts_with(medium, "paid");
}

/// GA4: ^(.*(([^a-df-z]|^)shop|shopping).*)$, so "shop" and "eshop" are shops and "workshop" is not.
bool is_shop_campaign(std::string_view campaign) {
  if (contains(campaign, "shopping")) return true;
  for (std::size_t place = 0; (place = find_text(campaign, "shop")) != std::string_view::npos;) {
    const char before = place == 0 ? ' ' : lower(campaign[place - 1]);
    if (before == 'e' || before < 'a' || before > 'z') return true;
    campaign.remove_prefix(place);
    campaign.remove_prefix(1);
  }
  return false;
}

/// "newsletter-7" and "e-mail": people vary these words more than any other.
bool names_email(std::string_view text) {
  return contains(text, "email") || contains(text, "e-mail") || contains(text, "e_mail") || contains(text, "e mail") ||
         contains(text, "newsletter");
}

/// Category of "googleads", "fb-ads" and the like; kUnknown when the source is no advertising system.
SourceCategory advertiser_category(std::string_view source) {
  constexpr std::string_view kSuffix = "ads";
  if (equal_ignoring_case(source, "adwords")) return SourceCategory::kSearch;
  if (!ends_with(source, kSuffix)) return SourceCategory::kUnknown;
  source.remove_suffix(kSuffix.size());
  while (!source.empty() && (source.back() == '-' || source.back() == '_' || source.back() == ' ')) {
    source.remove_suffix(1);
  }
  return source_category(source);
}

/// What the rules look at.
struct Visit {
  std::string_view source;  // as given; empty when the referrer is the source
  std::string_view medium;
  std::string_view campaign;
  SourceCategory category = SourceCategory::kUnknown;
  bool has_source = false;
  bool paid = false;
  bool shop_campaign = false;
};

bool is_own(std::string_view referrer_host, std::string_view own_host) {
  return equal_ignoring_case(bare_host(referrer_host), bare_host(own_host));
}

Visit look_at(const TrafficSource& traffic) {
  Visit visit;
  const bool direct = equals_any(traffic.source, {"(direct)", "direct"});
  if (!direct) visit.source = traffic.source;
  if (!equals_any(traffic.medium, {"(none)", "(not set)"})) visit.medium = traffic.medium;
  if (!equals_any(traffic.campaign, {"(none)", "(not set)", "(direct)"})) visit.campaign = traffic.campaign;
  const bool referred = !direct && visit.source.empty() && !is_own(traffic.referrer_host, traffic.own_host);
  const std::string_view source = referred ? traffic.referrer_host : visit.source;
  visit.has_source = !source.empty();
  visit.category = source_category(source);
  visit.paid = traffic.paid_click || is_paid_medium(visit.medium);
  visit.shop_campaign = is_shop_campaign(visit.campaign);
  if (visit.category == SourceCategory::kUnknown) {
    visit.category = advertiser_category(visit.source);
    visit.paid = visit.paid || visit.category != SourceCategory::kUnknown;
  }
  if (traffic.paid_click && !visit.has_source && visit.medium.empty()) visit.category = SourceCategory::kSearch;
  return visit;
}

/// Rules of what was paid for; empty when none holds.
std::string_view paid_channel(const Visit& visit) {
  if (contains(visit.campaign, "cross-network")) return kCrossNetwork;
  if (visit.paid) {
    if (visit.category == SourceCategory::kShopping || visit.shop_campaign) return kPaidShopping;
    if (visit.category == SourceCategory::kSearch) return kPaidSearch;
    if (visit.category == SourceCategory::kSocial) return kPaidSocial;
    if (visit.category == SourceCategory::kVideo) return kPaidVideo;
  }
  if (equals_any(visit.medium, {"display", "banner", "expandable", "interstitial", "cpm"})) return kDisplay;
  return visit.paid ? kPaidOther : std::string_view{};
}

/// Rules of known sites; empty when none holds.
std::string_view organic_channel(const Visit& visit) {
  if (visit.category == SourceCategory::kShopping || visit.shop_campaign) return kOrganicShopping;
  const bool social_medium =
      equals_any(visit.medium, {"social", "social-network", "social-media", "sm", "social network", "social media"});
  if (visit.category == SourceCategory::kSocial || social_medium) return kOrganicSocial;
  if (visit.category == SourceCategory::kVideo || contains(visit.medium, "video")) return kOrganicVideo;
  if (visit.category == SourceCategory::kAssistant) return kAssistants;
  if (visit.category == SourceCategory::kSearch || equal_ignoring_case(visit.medium, "organic")) return kOrganicSearch;
  return {};
}

/// Rules of what the site itself sent out; empty when none holds.
std::string_view messaging_channel(const Visit& visit) {
  if (visit.category == SourceCategory::kEmail || names_email(visit.source) || names_email(visit.medium)) return kEmail;
  if (equals_any(visit.medium, {"affiliate", "affiliates"})) return kAffiliates;
  if (equal_ignoring_case(visit.medium, "audio")) return kAudio;
  if (equal_ignoring_case(visit.source, "sms") || equal_ignoring_case(visit.medium, "sms")) return kSms;
  const bool push = ends_with(visit.medium, "push") || contains(visit.medium, "mobile") ||
                    contains(visit.medium, "notification") || equal_ignoring_case(visit.source, "firebase");
  return push ? kPush : std::string_view{};
}

}  // namespace

std::string_view channel_of(const TrafficSource& traffic) {
  const Visit visit = look_at(traffic);
  for (const auto rules : {paid_channel, organic_channel, messaging_channel}) {
    const std::string_view channel = rules(visit);
    if (!channel.empty()) return channel;
  }
  if (visit.has_source || equals_any(visit.medium, {"referral", "app", "link"})) return kReferral;
  return visit.medium.empty() && visit.campaign.empty() ? kDirect : kUnassigned;
}

std::span<const std::string_view> channel_names() { return kNames; }

}  // namespace weir
