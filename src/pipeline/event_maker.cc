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
  kConversion,
  kCustom
};

std::uint64_t of_kind(TextKind kind, std::uint64_t hash) { return mix(hash, static_cast<std::uint64_t>(kind)); }

constexpr std::uint64_t kServerError = 500;
constexpr std::string_view kDefaultSite = "default";

std::string_view first_of(std::string_view preferred, std::string_view otherwise) {
  return preferred.empty() ? otherwise : preferred;
}

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
      known_(kKnownCount) {
  for (const Rollup& rollup : rollups) {
    for (const Dimension dimension : rollup.dimensions) needed_[static_cast<std::size_t>(dimension)] = true;
  }
}

std::optional<Rejection> EventMaker::make(const RawEvent& raw, const Origin& origin, TimeMs received_ms, Event& event) {
  event = Event{};
  UrlParts url;
  if (!raw.url.empty()) {
    const std::optional<UrlParts> parts = split_url(raw.url);
    if (!parts) return Rejection::kBadUrl;
    url = *parts;
  }
  if (const auto rejection = set_time(raw, received_ms, event)) return rejection;
  const std::string_view site = first_of(first_of(raw.site, url.host), kDefaultSite);
  event.dimensions[static_cast<std::size_t>(Dimension::kSite)] =
      known(of_kind(TextKind::kSite, mix(hasher_(site), raw.site.empty())), [&](Known& entry) {
        scratch_ = site;
        // Host names are case-insensitive; a site that was given is taken as it is.
        if (raw.site.empty()) {
          std::transform(scratch_.begin(), scratch_.end(), scratch_.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
        }
        entry.symbol = intern(scratch_);
      }).symbol;
  if (const auto rejection = set_ids(raw, origin, event)) return rejection;
  set_type(raw, event);
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

void EventMaker::set_dimensions(const RawEvent& raw, const UrlParts& url, const Origin& origin, Event& event) {
  const auto slot = [&](Dimension dimension) -> Symbol& {
    return event.dimensions[static_cast<std::size_t>(dimension)];
  };
  slot(Dimension::kLandingPage) = special_.none;
  set_steps(raw, url, event);
  const CampaignParameters utm = url.query.empty() ? CampaignParameters{} : campaign_parameters(url.query);
  const std::string_view campaign = first_of(raw.campaign, utm.campaign);
  slot(Dimension::kCampaign) = special_.none;
  if (!campaign.empty()) {
    const bool encoded = raw.campaign.empty();
    slot(Dimension::kCampaign) =
        known(of_kind(TextKind::kCampaign, mix(hasher_(campaign), encoded)), [&](Known& entry) {
          entry.symbol = intern(encoded ? decode_query_value(campaign) : std::string(campaign));
        }).symbol;
  }
  slot(Dimension::kChannel) = needs(Dimension::kChannel) ? channel_symbol(raw, url, utm) : special_.none;
  slot(Dimension::kDevice) = special_.none;
  if (!needs(Dimension::kDevice)) return;
  const std::string_view agent = first_of(raw.user_agent, origin.user_agent);
  if (!raw.device.empty()) {
    slot(Dimension::kDevice) = known(of_kind(TextKind::kDevice, hasher_(raw.device)), [&](Known& entry) {
                                 entry.symbol = intern(raw.device);
                               }).symbol;
  } else if (!agent.empty()) {
    slot(Dimension::kDevice) = known(of_kind(TextKind::kUserAgent, hasher_(agent)), [&](Known& entry) {
                                 entry.symbol = intern(device_of(agent));
                               }).symbol;
  }
}

void EventMaker::set_steps(const RawEvent& raw, const UrlParts& url, Event& event) {
  if (event.type == EventType::kPageView) {
    const std::string_view page = canonical_page(url.path);
    const Known& entry = known(of_kind(TextKind::kPage, hasher_(page)), [&](Known& fresh) {
      const std::string_view named = page_rules_.apply(page);
      fresh.steps = funnels_.steps_of_page(named);
      fresh.symbol = intern(named);
    });
    event.dimensions[static_cast<std::size_t>(Dimension::kLandingPage)] = entry.symbol;
    event.steps = entry.steps;
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

Symbol EventMaker::channel_symbol(const RawEvent& raw, const UrlParts& url, const CampaignParameters& utm) {
  TrafficSource traffic;
  traffic.own_host = url.host;
  traffic.paid_click = utm.paid_click;
  if (!raw.referrer.empty()) {
    if (const std::optional<UrlParts> referrer = split_url(raw.referrer)) traffic.referrer_host = referrer->host;
  }
  const bool nothing_known = traffic.referrer_host.empty() && raw.source.empty() && raw.medium.empty() &&
                             raw.campaign.empty() && url.query.empty();
  if (nothing_known) {
    return known(of_kind(TextKind::kChannel, 0), [&](Known& entry) { entry.symbol = intern(channel_of(traffic)); })
        .symbol;
  }
  const std::string_view source = first_of(raw.source, utm.source);
  const std::string_view medium = first_of(raw.medium, utm.medium);
  const std::string_view campaign = first_of(raw.campaign, utm.campaign);
  const auto hash = [this](std::string_view part) { return part.empty() ? 0 : hasher_(part); };
  std::uint64_t text = mix(hash(traffic.referrer_host), hash(source));
  text = mix(text, mix(hash(medium), hash(campaign)));
  // Only a referrer is ever compared with the own host.
  text = mix(text, mix(traffic.referrer_host.empty() ? 0 : hash(traffic.own_host), traffic.paid_click));
  return known(of_kind(TextKind::kChannel, text),
               [&](Known& entry) {
                 const std::string decoded_source = decode_query_value(source);
                 const std::string decoded_medium = decode_query_value(medium);
                 const std::string decoded_campaign = decode_query_value(campaign);
                 traffic.source = decoded_source;
                 traffic.medium = decoded_medium;
                 traffic.campaign = decoded_campaign;
                 entry.symbol = intern(channel_of(traffic));
               })
      .symbol;
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
