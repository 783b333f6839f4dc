// How EventMaker finds the labels of an event. What a text was looked up to is remembered (EventMaker::known), so the
// long way is walked once per text.
#include <algorithm>

#include "text_kind.h"
#include "weir/classify/device.h"
#include "weir/core/ascii.h"
#include "weir/core/text.h"
#include "weir/pipeline/event_maker.h"

namespace weir {
namespace {

constexpr std::string_view kDefaultSite = "default";

/// False for a server that hands on events of visitors it names: its own name says nothing about them.
bool sender_is_visitor(const RawEvent& raw, const Origin& origin) { return origin.from_browser || raw.visitor.empty(); }

}  // namespace

std::string_view EventMaker::agent_of(const RawEvent& raw, const Origin& origin) {
  return first_of(raw.user_agent, sender_is_visitor(raw, origin) ? origin.user_agent : std::string_view());
}

/// What an event says about its site: its field, or the host of its url.
std::string_view EventMaker::site_text(const RawEvent& raw, const KnownUrl& url) {
  const std::string_view host = url.host == 0 ? std::string_view() : parts_of(raw.url).host;
  if (!sites_.empty()) {
    const Site* site = raw.site.empty() ? sites_.of_host(host) : sites_.of_name(raw.site);
    if (site == nullptr && raw.site.empty() && host.empty()) site = sites_.of_name(kDefaultSite);
    return site == nullptr ? std::string_view() : site->name;
  }
  if (!raw.site.empty()) return raw.site;
  if (host.empty()) return kDefaultSite;
  scratch_ = host;
  // Host names are case-insensitive; a site that was given is taken as it is.
  std::transform(scratch_.begin(), scratch_.end(), scratch_.begin(), lower);
  return scratch_;
}

Symbol EventMaker::site_symbol(const RawEvent& raw, KnownUrl& url) {
  if (raw.site.empty()) {
    if (url.site == 0) url.site = intern(site_text(raw, url));
    return url.site;
  }
  return known(of_kind(TextKind::kSite, hasher_(raw.site)), [&](Known& entry) { entry.symbol = intern(raw.site); })
      .symbol;
}

/// With a list of sites: 0 when the site is not in it, or does not let pages of the event's web origin send.
Symbol EventMaker::listed_site_symbol(const RawEvent& raw, KnownUrl& url, const Origin& origin) {
  const auto look_up = [&](Known& entry) {
    const std::string_view name = site_text(raw, url);
    entry.symbol = name.empty() ? 0 : intern(name);
  };
  Symbol site = url.site;
  if (!raw.site.empty()) {
    site = known(of_kind(TextKind::kSite, hasher_(raw.site)), look_up).symbol;
  } else if (site == 0) {
    site = url.site = known(of_kind(TextKind::kSite, mix(url.host, 1)), look_up).symbol;
  }
  if (site == 0 || origin.web_origin.empty()) return site;
  const Known& allowed = known(of_kind(TextKind::kWebOrigin, mix(hasher_(origin.web_origin), site)), [&](Known& entry) {
    entry.symbol = sites_.allows(*sites_.of_name(site_text(raw, url)), origin.web_origin) ? 1 : 0;
  });
  return allowed.symbol == 1 ? site : 0;
}

Symbol EventMaker::campaign_symbol(const RawEvent& raw, const KnownUrl& url) {
  if (raw.campaign.empty()) return url.campaign;
  return known(of_kind(TextKind::kCampaign, hasher_(raw.campaign)),
               [&](Known& entry) { entry.symbol = intern(raw.campaign); })
      .symbol;
}

Symbol EventMaker::device_symbol(const RawEvent& raw, const Origin& origin) {
  if (!raw.device.empty()) {
    return known(of_kind(TextKind::kDevice, hasher_(raw.device)),
                 [&](Known& entry) { entry.symbol = intern(raw.device); })
        .symbol;
  }
  const std::string_view agent = first_of(raw.user_agent, origin.user_agent);
  if (agent.empty()) return special_.none;
  // An app tells its device also beside a visitor's id; a program that hands events on would make visitors bots.
  const bool handed_on = agent_of(raw, origin).empty();
  return known(of_kind(TextKind::kUserAgent, mix(hasher_(agent), handed_on)),
               [&](Known& entry) {
                 const bool program = handed_on && bots_ != nullptr && bots_->contains(agent);
                 entry.symbol = program ? special_.none : intern(device_of(agent));
               })
      .symbol;
}

Symbol EventMaker::channel_symbol(const RawEvent& raw, const KnownUrl& url) {
  std::uint64_t from_host = 0;
  if (!raw.referrer.empty()) {
    from_host = known(of_kind(TextKind::kReferrer, hasher_(raw.referrer)), [&](Known& entry) {
                  entry.symbol = hash_of(referrer_host(raw.referrer));
                }).symbol;
  }
  // Only a referrer is ever compared with the own host.
  std::uint64_t text = mix(mix(from_host, from_host == 0 ? 0 : url.host), url.traffic);
  const bool tagged = !raw.source.empty() || !raw.medium.empty() || !raw.campaign.empty();
  if (tagged) text = mix(mix(text, hash_of(raw.source)), mix(hash_of(raw.medium), hash_of(raw.campaign)));
  return known(of_kind(TextKind::kChannel, text), [&](Known& entry) { entry.symbol = intern(channel_of_event(raw)); })
      .symbol;
}

/// The long way to an event's channel.
std::string_view EventMaker::channel_of_event(const RawEvent& raw) const {
  const UrlParts url = parts_of(raw.url);
  const CampaignParameters utm = campaign_parameters(url.query);
  const std::string source = decode_query_value(first_of(raw.source, utm.source));
  const std::string medium = decode_query_value(first_of(raw.medium, utm.medium));
  const std::string campaign = decode_query_value(first_of(raw.campaign, utm.campaign));
  TrafficSource traffic;
  traffic.referrer_host = referrer_host(raw.referrer);
  traffic.own_host = url.host;
  traffic.source = source;
  traffic.medium = medium;
  traffic.campaign = campaign;
  traffic.paid_click = utm.paid_click;
  return channel_rules_.channel_of(traffic);
}

Symbol EventMaker::country_symbol(const RawEvent& raw, const Origin& origin) {
  std::optional<CountryCode> country = country_code(raw.country);
  if (!country) country = country_code(origin.country);
  if (!country && parts_.countries != nullptr) {
    // Not remembered: that would be a table of addresses.
    const std::optional<IpAddress> address = parse_ip_address(first_of(raw.address, origin.address));
    if (address) country = parts_.countries->country_of(*address);
  }
  if (!country) return special_.none;
  const std::string_view text = text_of(*country);
  return known(of_kind(TextKind::kCountry, hasher_(text)), [&](Known& entry) { entry.symbol = intern(text); }).symbol;
}

Symbol EventMaker::term_symbol(const RawEvent& raw, const KnownUrl& url) {
  if (raw.term.empty()) return url.term;
  return known(of_kind(TextKind::kTerm, hasher_(raw.term)), [&](Known& entry) { entry.symbol = intern(raw.term); })
      .symbol;
}

Symbol EventMaker::brand_symbol(const RawEvent& raw, const KnownUrl& url, Symbol site) {
  if (raw.term.empty() && url.term == special_.none) return special_.none;
  const std::uint64_t term = raw.term.empty() ? url.term : hasher_(raw.term);
  return known(of_kind(TextKind::kBrand, mix(site, term)),
               [&](Known& entry) {
                 const auto own = brand_terms_by_site_.find(site);
                 const BrandTerms& terms = own == brand_terms_by_site_.end() ? brand_terms_ : own->second;
                 entry.symbol = intern(terms.brand_of(term_of(raw)));
               })
      .symbol;
}

/// The search term of an event, decoded.
std::string EventMaker::term_of(const RawEvent& raw) const {
  if (!raw.term.empty()) return std::string(raw.term);
  return decode_query_value(campaign_parameters(parts_of(raw.url).query).term);
}

}  // namespace weir
