#include "weir/pipeline/event_maker.h"

#include <algorithm>

#include "weir/classify/device.h"
#include "weir/core/text.h"
#include "weir/model/currency.h"

namespace weir {
namespace {

/// Kinds of text, so that equal texts of different kinds are told apart.
enum class TextKind : std::uint64_t {
  kSite = 1,
  kPage,
  kChannel,
  kCampaign,
  kDevice,
  kUserAgent,
  kReferrer,
  kConversion,
  kCustom
};

std::uint64_t of_kind(TextKind kind, std::uint64_t hash) { return mix(hash, static_cast<std::uint64_t>(kind)); }

constexpr std::uint64_t kServerError = 500;
constexpr std::string_view kDefaultSite = "default";

std::string_view first_of(std::string_view preferred, std::string_view otherwise) {
  return preferred.empty() ? otherwise : preferred;
}

/// Parts of a url; none of one that cannot be split.
UrlParts parts_of(std::string_view url) { return split_url(url).value_or(UrlParts{}); }

EventType type_of(std::string_view word) {
  if (word == "page_view") return EventType::kPageView;
  if (word == "conversion") return EventType::kConversion;
  if (word == "engagement") return EventType::kEngagement;
  if (word == "error") return EventType::kError;
  return EventType::kCustom;
}

}  // namespace

EventMaker::EventMaker(const ReaderOptions& options, const std::vector<Rollup>& rollups, const FunnelSet& funnels,
                       SymbolTable& symbols, SpecialSymbols special, Hasher hasher, TimeSource time_source)
    : options_(options),
      page_rules_(options.page_rules),
      funnels_(funnels),
      symbols_(symbols),
      special_(special),
      hasher_(hasher),
      visitor_salt_(random_seed()),
      time_source_(time_source),
      known_(kKnownCount),
      known_urls_(kKnownUrlCount) {
  for (const Rollup& rollup : rollups) {
    for (const Dimension dimension : rollup.dimensions) needed_[static_cast<std::size_t>(dimension)] = true;
  }
}

std::optional<Rejection> EventMaker::make(const RawEvent& raw, const Origin& origin, TimeMs received_ms, Event& event) {
  event = Event{};
  KnownUrl& url = known_url(raw.url);
  if (url.bad) return Rejection::kBadUrl;
  if (const auto rejection = set_time(raw, received_ms, event)) return rejection;
  event.dimensions[static_cast<std::size_t>(Dimension::kSite)] = site_symbol(raw, url);
  if (const auto rejection = set_ids(raw, origin, event)) return rejection;
  set_type(raw, event);
  set_steps(raw, url, event);
  set_dimensions(raw, url, origin, event);
  return std::nullopt;
}

std::optional<Rejection> EventMaker::set_time(const RawEvent& raw, TimeMs received_ms, Event& event) {
  event.time_ms = raw.ts_ms.value_or(received_ms);
  if (time_source_ == TimeSource::kLive) {
    // Source of the formula: the contract, after Snowplow's derived_tstamp.
    if (raw.ts_ms && raw.sent_at_ms) event.time_ms = received_ms - (*raw.sent_at_ms - *raw.ts_ms);
    if (event.time_ms > received_ms + options_.clock_ahead_ms) {
      event.time_ms = received_ms;
      ++stats_[Stat::kClockClamped];
    }
  }
  if (event.time_ms < 0) return Rejection::kBadTime;
  return std::nullopt;
}

std::optional<Rejection> EventMaker::set_ids(const RawEvent& raw, const Origin& origin, Event& event) {
  const Symbol site = event.dimensions[static_cast<std::size_t>(Dimension::kSite)];
  if (!raw.visitor.empty()) {
    if (raw.visitor.size() > options_.visitor_bytes) return Rejection::kTooLong;
    event.visitor = mix(site, hasher_(raw.visitor));
  } else {
    if (raw.visitor_given || origin.address.empty()) return Rejection::kMissingField;
    const std::string_view agent = first_of(raw.user_agent, origin.user_agent);
    event.visitor = mix(mix(site, visitor_salt_), mix(hasher_(origin.address), hasher_(agent)));
  }
  event.session = raw.session.empty() ? event.visitor : mix(event.visitor, hasher_(raw.session));
  if (!raw.id.empty()) event.delivery = mix(event.visitor, hasher_(raw.id));
  return std::nullopt;
}

void EventMaker::set_type(const RawEvent& raw, Event& event) {
  event.type = type_of(raw.type);
  event.failed = event.type == EventType::kError || raw.status.value_or(0) >= kServerError;
  event.slow = raw.duration_ms.value_or(0) > static_cast<std::uint64_t>(funnels_.slow_ms());
  if (event.type == EventType::kConversion) {
    if (!raw.order.empty()) event.order = mix(event.visitor, hasher_(raw.order));
    event.amount = raw.value.value_or(0);
    event.currency = raw.currency.empty() ? kDollar : pack_currency(raw.currency);
    if (!is_known_currency(event.currency)) event.currency = kNoCurrency;
  } else if (event.type == EventType::kEngagement) {
    event.amount = static_cast<double>(raw.engaged_ms.value_or(0));
  }
}

void EventMaker::set_dimensions(const RawEvent& raw, const KnownUrl& url, const Origin& origin, Event& event) {
  const auto slot = [&](Dimension dimension) -> Symbol& {
    return event.dimensions[static_cast<std::size_t>(dimension)];
  };
  slot(Dimension::kLandingPage) = event.type == EventType::kPageView ? url.page : special_.none;
  slot(Dimension::kCampaign) = campaign_symbol(raw, url);
  slot(Dimension::kChannel) = needs(Dimension::kChannel) ? channel_symbol(raw, url) : special_.none;
  slot(Dimension::kDevice) = needs(Dimension::kDevice) ? device_symbol(raw, origin) : special_.none;
}

void EventMaker::set_steps(const RawEvent& raw, KnownUrl& url, Event& event) {
  if (event.type == EventType::kPageView) {
    if (url.page == 0) {
      const std::string_view page = canonical_page(parts_of(raw.url).path);
      const Known& entry = known(of_kind(TextKind::kPage, hasher_(page)), [&](Known& fresh) {
        const std::string_view named = page_rules_.apply(page);
        fresh.steps = funnels_.steps_of_page(named);
        fresh.symbol = intern(named);
      });
      url.page = entry.symbol;
      url.steps = entry.steps;
    }
    event.steps = url.steps;
  } else if (funnels_.empty()) {
    return;
  } else if (event.type == EventType::kConversion) {
    event.steps = known(of_kind(TextKind::kConversion, hasher_(raw.name)), [&](Known& fresh) {
                    fresh.steps = funnels_.steps_of_conversion(raw.name);
                  }).steps;
  } else if (event.type == EventType::kCustom) {
    event.steps = known(of_kind(TextKind::kCustom, mix(hasher_(raw.type), hasher_(raw.name))), [&](Known& fresh) {
                    fresh.steps = funnels_.steps_of_event(raw.type, raw.name);
                  }).steps;
  }
}

Symbol EventMaker::site_symbol(const RawEvent& raw, KnownUrl& url) {
  if (raw.site.empty()) {
    if (url.site != 0) return url.site;
    scratch_ = first_of(parts_of(raw.url).host, kDefaultSite);
    // Host names are case-insensitive; a site that was given is taken as it is.
    std::transform(scratch_.begin(), scratch_.end(), scratch_.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
    return url.site = intern(scratch_);
  }
  return known(of_kind(TextKind::kSite, hasher_(raw.site)), [&](Known& entry) { entry.symbol = intern(raw.site); })
      .symbol;
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
  return known(of_kind(TextKind::kUserAgent, hasher_(agent)),
               [&](Known& entry) { entry.symbol = intern(device_of(agent)); })
      .symbol;
}

Symbol EventMaker::channel_symbol(const RawEvent& raw, const KnownUrl& url) {
  std::uint64_t referrer_host = 0;
  if (!raw.referrer.empty()) {
    referrer_host = known(of_kind(TextKind::kReferrer, hasher_(raw.referrer)), [&](Known& entry) {
                      entry.symbol = hash_of(parts_of(raw.referrer).host);
                    }).symbol;
  }
  // Only a referrer is ever compared with the own host.
  std::uint64_t text = mix(mix(referrer_host, referrer_host == 0 ? 0 : url.host), url.traffic);
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
  traffic.referrer_host = parts_of(raw.referrer).host;
  traffic.own_host = url.host;
  traffic.source = source;
  traffic.medium = medium;
  traffic.campaign = campaign;
  traffic.paid_click = utm.paid_click;
  return channel_of(traffic);
}

EventMaker::KnownUrl& EventMaker::known_url(std::string_view url) {
  const std::uint64_t text = hasher_(url);
  KnownUrl& entry = known_urls_[text % kKnownUrlCount];
  const std::uint32_t generation = symbols_.generation();
  if (entry.text == text && entry.generation == generation) return entry;
  entry = KnownUrl{};
  look_up(url, entry);
  entry.text = text;
  entry.generation = generation;  // as read before: see known()
  return entry;
}

void EventMaker::look_up(std::string_view url, KnownUrl& entry) {
  const std::optional<UrlParts> parts = split_url(url);
  entry.bad = !parts.has_value();
  entry.campaign = special_.none;
  if (entry.bad) return;
  entry.host = hash_of(parts->host);
  if (parts->query.empty()) return;
  const CampaignParameters utm = campaign_parameters(parts->query);
  entry.traffic = mix(mix(hash_of(utm.source), hash_of(utm.medium)), mix(hash_of(utm.campaign), utm.paid_click));
  if (utm.campaign.empty()) return;
  entry.campaign = known(of_kind(TextKind::kCampaign, mix(hasher_(utm.campaign), 1)), [&](Known& fresh) {
                     fresh.symbol = intern(decode_query_value(utm.campaign));
                   }).symbol;
}

template <class Fill>
const EventMaker::Known& EventMaker::known(std::uint64_t text, Fill fill) {
  Known& entry = known_[text % kKnownCount];
  const std::uint32_t generation = symbols_.generation();
  if (entry.text == text && entry.generation == generation) return entry;
  entry = Known{};
  fill(entry);
  // Interning may itself have begun a generation; an entry of the one before is looked up again next time.
  entry.text = text;
  entry.generation = generation;
  return entry;
}

Symbol EventMaker::intern(std::string_view label) {
  if (label.empty()) return special_.none;
  if (is_clean_label(label, options_.label_bytes)) return symbols_.intern(label);
  if (label.size() > options_.label_bytes) ++stats_[Stat::kLabelsCut];
  return symbols_.intern(clean_label(label, options_.label_bytes));
}

}  // namespace weir
