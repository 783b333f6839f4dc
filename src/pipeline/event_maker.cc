#include "weir/pipeline/event_maker.h"

#include <algorithm>

#include "text_kind.h"
#include "weir/core/text.h"
#include "weir/model/currency.h"

namespace weir {
namespace {

constexpr std::uint64_t kServerError = 500;
constexpr std::string_view kExclude = "exclude";
constexpr std::string_view kInclude = "include";
constexpr std::string_view kAggregate = "aggregate";
constexpr std::string_view kDrop = "drop";
/// What a client's label is called that is spelled like the one of folded cells: it must not hide among them. Fits
/// into the shortest limits.label_bytes.
constexpr std::string_view kSentOtherLabel = "__other__ (sent)";
/// Keeps visitors of one event apart from all others.
constexpr std::uint64_t kOptedOut = 0x6f707465646f7574;

std::string_view told_apart(std::string_view label) { return label == kOtherLabel ? kSentOtherLabel : label; }

EventType type_of(std::string_view word) {
  if (word == "page_view") return EventType::kPageView;
  if (word == "conversion") return EventType::kConversion;
  if (word == "engagement") return EventType::kEngagement;
  if (word == "error") return EventType::kError;
  return EventType::kCustom;
}

}  // namespace

EventMaker::EventMaker(const ReaderOptions& options, const std::vector<Rollup>& rollups, const FunnelSet& funnels,
                       SymbolTable& symbols, SpecialSymbols special, Hasher hasher, TimeSource time_source,
                       MakerParts parts)
    : options_(options),
      page_rules_(options.page_rules),
      channel_rules_(options.channels),
      sites_(options.sites),
      brand_terms_(options.brand_terms),
      bots_(options.bots == kInclude ? nullptr : std::make_unique<const BotList>()),
      parts_(std::move(parts)),
      funnels_(funnels),
      symbols_(symbols),
      special_(special),
      hasher_(hasher),
      opted_out_events_(random_seed()),
      excludes_bots_(options.bots == kExclude || time_source == TimeSource::kLive),
      drops_opted_out_(options.honor_gpc == kDrop),
      aggregates_opted_out_(options.honor_gpc == kAggregate),
      time_source_(time_source),
      known_(kKnownPairs),
      known_urls_(kKnownUrlCount) {
  for (const Rollup& rollup : rollups) {
    for (const Dimension dimension : rollup.dimensions) needed_[static_cast<std::size_t>(dimension)] = true;
  }
  for (const Site& site : options.sites) {
    const Symbol name = symbols.symbol_of(told_apart(site.name));
    if (!site.brand_terms.empty()) brand_terms_by_site_[name] = BrandTerms(site.brand_terms);
  }
}

Result<MakerParts> EventMaker::open_parts(const ReaderOptions& options, TimeMs session_timeout_ms,
                                          TimeSource time_source) {
  const bool live = time_source == TimeSource::kLive;
  Result<VisitorIdentity> identity = VisitorIdentity::open({.scope = live ? IdentityScope::kDay : IdentityScope::kRun,
                                                            .salt_file = live ? options.salt_file : std::string(),
                                                            .timeout_ms = session_timeout_ms,
                                                            .overnight_visitors = options.overnight_visitors});
  if (!identity) return Error{"identity.salt_file: " + identity.error().message};
  Result<std::unique_ptr<const CountryDatabase>> countries = open_countries(options);
  if (!countries) return countries.error();
  return MakerParts{.identity = std::move(*identity), .countries = std::move(*countries)};
}

Result<std::unique_ptr<const CountryDatabase>> EventMaker::open_countries(const ReaderOptions& options) {
  if (options.country_database.empty()) return std::unique_ptr<const CountryDatabase>();
  Result<std::unique_ptr<CountryDatabase>> countries = CountryDatabase::open(options.country_database);
  if (!countries) return Error{"geoip.database: " + countries.error().message};
  return std::unique_ptr<const CountryDatabase>(std::move(*countries));
}

void EventMaker::take_over_from(EventMaker& before) {
  parts_.identity = std::move(before.parts_.identity);
  opted_out_events_ = before.opted_out_events_;
  stats_ = before.stats_;
}

StatValues EventMaker::stats() const {
  StatValues stats = stats_;
  parts_.identity.add_stats(stats);
  return stats;
}

std::optional<Stat> EventMaker::set_apart(const RawEvent& raw, const Origin& origin) {
  if (raw.resource) return Stat::kCountedResource;
  if (origin.opted_out && drops_opted_out_) return Stat::kCountedOptedOut;
  if (bots_ == nullptr) return std::nullopt;
  const std::string_view agent = agent_of(raw, origin);
  if (agent.empty()) return std::nullopt;
  const Known& entry = known(of_kind(TextKind::kBot, hasher_(agent)),
                             [&](Known& fresh) { fresh.symbol = bots_->contains(agent) ? 1 : 0; });
  if (entry.symbol == 0) return std::nullopt;
  if (excludes_bots_) return Stat::kCountedBot;
  ++stats_[Stat::kBotsIncluded];
  return std::nullopt;
}

Fault EventMaker::make(const RawEvent& raw, const Origin& origin, TimeMs received_ms, Event& event) {
  keep_up_with_symbols();
  KnownUrl& url = known_url(raw.url);
  if (url.campaign == 0) return Rejection::kBadUrl;
  if (const auto rejection = set_time(raw, received_ms, event)) return rejection;
  const Symbol site = sites_.empty() ? site_symbol(raw, url) : listed_site_symbol(raw, url, origin);
  if (site == 0) return Rejection::kUnknownSite;
  event.dimensions[static_cast<std::size_t>(Dimension::kSite)] = site;
  if (const auto rejection = set_ids(raw, url, origin, event)) return rejection;
  set_type(raw, event);
  set_steps(raw, url, event);
  set_dimensions(raw, url, origin, event);
  return std::nullopt;
}

Fault EventMaker::set_time(const RawEvent& raw, TimeMs received_ms, Event& event) {
  event.time_ms = raw.ts_ms.value_or(received_ms);
  if (time_source_ == TimeSource::kLive) {
    // Source of the formula: the contract, after Snowplow's derived_tstamp.
    if (raw.ts_ms && raw.sent_at_ms) event.time_ms = received_ms - (*raw.sent_at_ms - *raw.ts_ms);
    // Nothing is received before it happens, and one clock ahead would make the events of all others late.
    if (event.time_ms > received_ms + options_.clock_ahead_ms) ++stats_[Stat::kClockClamped];
    event.time_ms = std::min(event.time_ms, received_ms);
  }
  if (event.time_ms < 0) return Rejection::kBadTime;
  return std::nullopt;
}

Fault EventMaker::set_ids(const RawEvent& raw, const KnownUrl& url, const Origin& origin, Event& event) {
  const Symbol site = event.dimensions[static_cast<std::size_t>(Dimension::kSite)];
  if (raw.visitor.size() > options_.visitor_bytes) return Rejection::kTooLong;
  if (origin.opted_out && aggregates_opted_out_) {
    // Nothing ties two events together; only a second delivery of the same one is known again.
    const std::uint64_t own = raw.id.empty() ? ++opted_out_events_ : hasher_(raw.id);
    event.visitor = mix(mix(site, kOptedOut), own);
  } else if (!raw.visitor.empty()) {
    event.visitor = mix(site, hasher_(raw.visitor));
  } else {
    const std::string_view address = first_of(raw.address, origin.address);
    if (raw.visitor_given || address.empty()) return Rejection::kMissingField;
    const std::string_view agent = first_of(raw.user_agent, origin.user_agent);
    event.visitor = parts_.identity.visitor_of({site_text(raw, url), address, agent}, event.time_ms);
    event.derived = true;
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
  slot(Dimension::kCountry) = needs(Dimension::kCountry) ? country_symbol(raw, origin) : special_.none;
  slot(Dimension::kTerm) = needs(Dimension::kTerm) ? term_symbol(raw, url) : special_.none;
  slot(Dimension::kBrand) = needs(Dimension::kBrand) ? brand_symbol(raw, url, slot(Dimension::kSite)) : special_.none;
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

/// What was looked up before the symbol table began a generation is looked up again, so that its texts are not
/// forgotten.
void EventMaker::keep_up_with_symbols() {
  const std::uint32_t generation = symbols_.generation();
  if (generation == known_generation_) return;
  known_generation_ = generation;
  std::fill(known_.begin(), known_.end(), KnownPair{});
  std::fill(known_urls_.begin(), known_urls_.end(), KnownUrl{});
}

EventMaker::KnownUrl& EventMaker::known_url(std::string_view url) {
  const std::uint64_t text = hasher_(url);
  KnownUrl& entry = known_urls_[text % kKnownUrlCount];
  if (entry.text == text) return entry;
  entry = KnownUrl{};
  look_up(url, entry);
  entry.text = text;
  return entry;
}

void EventMaker::look_up(std::string_view url, KnownUrl& entry) {
  const std::optional<UrlParts> parts = split_url(url);
  if (!parts) return;
  entry.campaign = special_.none;
  entry.term = special_.none;
  entry.host = hash_of(parts->host);
  if (parts->query.empty()) return;
  const CampaignParameters utm = campaign_parameters(parts->query);
  entry.traffic = mix(mix(hash_of(utm.source), hash_of(utm.medium)), mix(hash_of(utm.campaign), utm.paid_click));
  const bool with_term = !utm.term.empty() && (needs(Dimension::kTerm) || needs(Dimension::kBrand));
  if (with_term) {
    entry.term = known(of_kind(TextKind::kTerm, mix(hasher_(utm.term), 1)), [&](Known& fresh) {
                   fresh.symbol = intern(decode_query_value(utm.term));
                 }).symbol;
  }
  if (utm.campaign.empty()) return;
  entry.campaign = known(of_kind(TextKind::kCampaign, mix(hasher_(utm.campaign), 1)), [&](Known& fresh) {
                     fresh.symbol = intern(decode_query_value(utm.campaign));
                   }).symbol;
}

/// All labels that events bring pass through here.
Symbol EventMaker::intern(std::string_view label) {
  if (label.empty()) return special_.none;
  if (is_clean_label(label, options_.label_bytes)) return symbols_.intern(told_apart(label));
  if (label.size() > options_.label_bytes) ++stats_[Stat::kLabelsCut];
  return symbols_.intern(clean_label(label, options_.label_bytes));
}

}  // namespace weir
