// EventMaker: RawEvent -> Event. Checks what formats do not, classifies, interns labels, hashes ids.
// The one place where the parse and classify layers meet: event_maker.cc fills events, event_maker_labels.cc looks
// labels up.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "weir/classify/bots.h"
#include "weir/classify/brand.h"
#include "weir/classify/channel_rules.h"
#include "weir/classify/country.h"
#include "weir/classify/url.h"
#include "weir/core/hash.h"
#include "weir/core/stats.h"
#include "weir/ingest/intake.h"
#include "weir/model/event.h"
#include "weir/model/funnel.h"
#include "weir/model/raw_event.h"
#include "weir/model/rejection.h"
#include "weir/model/site.h"
#include "weir/model/symbol_table.h"
#include "weir/pipeline/options.h"
#include "weir/pipeline/visitor_identity.h"
#include "weir/window/cell_table.h"

namespace weir {

/// How event time relates to wall time.
enum class TimeSource : std::uint8_t {
  kEvents,  // replay: times are taken as they are
  kLive,    // serve: future times and skewed clocks are corrected by the time of receipt
};

/// What a maker uses that can fail to open.
struct MakerParts {
  VisitorIdentity identity;
  std::unique_ptr<const CountryDatabase> countries;  // null: none
};

/// Makes events. Remembers what texts were looked up to, so that a repeated url costs one hash and one compare.
/// Owned by whoever owns the reader; not thread-safe.
class EventMaker {
 public:
  /// Funnels and symbols outlive the maker. Only dimensions used by `rollups` are worked out.
  EventMaker(const ReaderOptions& options, const std::vector<Rollup>& rollups, const FunnelSet& funnels,
             SymbolTable& symbols, SpecialSymbols special, Hasher hasher, TimeSource time_source,
             MakerParts parts = {});

  /// The counter of an event that counts apart and goes no further: resources, bots, visitors who opted out and are
  /// not to be counted. nullopt for all others, which make() takes.
  std::optional<Stat> set_apart(const RawEvent& raw, const Origin& origin);

  /// Fills `event`, which must be a fresh one, or says why it is refused. `received_ms` is the wall time of receipt.
  Fault make(const RawEvent& raw, const Origin& origin, TimeMs received_ms, Event& event);

  /// Opens what the options name; the message of a failure names the key and the file.
  static Result<MakerParts> open_parts(const ReaderOptions& options, TimeMs session_timeout_ms, TimeSource time_source);

  /// Null when no database is configured.
  static Result<std::unique_ptr<const CountryDatabase>> open_countries(const ReaderOptions& options);

  /// Goes on for the maker that this one replaces: takes its derived visitors and its counts. `before` is of no use
  /// afterwards.
  void take_over_from(EventMaker& before);

  /// Who derived visitors are: what an earlier process knew of them, and the events it left behind.
  VisitorIdentity& identity() { return parts_.identity; }

  /// kLabelsCut, kClockClamped, kBotsIncluded, kOvernightForgotten and kSaltFileErrors.
  StatValues stats() const;

 private:
  /// What a text was looked up to. Texts are told apart by their seeded hash.
  struct Known {
    std::uint64_t text = 0;  // 0: none
    std::uint64_t steps = 0;
    Symbol symbol = 0;
  };
  /// Two texts share a cache line, so that those that meet in it do not push each other out in turn.
  struct alignas(64) KnownPair {
    Known latest;
    Known other;
  };
  static constexpr std::size_t kKnownPairs = 4096;

  /// What a url was looked up to, likewise: one line of the cache.
  struct alignas(64) KnownUrl {
    std::uint64_t text = 0;
    std::uint64_t host = 0;     // hash; 0: the url has none
    std::uint64_t traffic = 0;  // hash of what its query says about the traffic source; 0: it has no query
    std::uint64_t steps = 0;    // funnel steps of its page
    Symbol site = 0;            // of its host; 0: not looked up yet
    Symbol page = 0;            // 0: not looked up yet
    Symbol campaign = 0;        // 0: the url is bad
    Symbol term = 0;
  };
  static_assert(sizeof(KnownUrl) == 64);
  static constexpr std::size_t kKnownUrlCount = 4096;

  void keep_up_with_symbols();
  Fault set_time(const RawEvent& raw, TimeMs received_ms, Event& event);
  Fault set_ids(const RawEvent& raw, const KnownUrl& url, const Origin& origin, Event& event);
  void set_type(const RawEvent& raw, Event& event);
  void set_dimensions(const RawEvent& raw, const KnownUrl& url, const Origin& origin, Event& event);
  void set_steps(const RawEvent& raw, KnownUrl& url, Event& event);
  /// The user agent of an event's visitor: the event's own, or the sender's where that is the visitor.
  static std::string_view agent_of(const RawEvent& raw, const Origin& origin);
  Symbol site_symbol(const RawEvent& raw, KnownUrl& url);
  Symbol listed_site_symbol(const RawEvent& raw, KnownUrl& url, const Origin& origin);
  std::string_view site_text(const RawEvent& raw, const KnownUrl& url);
  Symbol campaign_symbol(const RawEvent& raw, const KnownUrl& url);
  Symbol channel_symbol(const RawEvent& raw, const KnownUrl& url);
  Symbol device_symbol(const RawEvent& raw, const Origin& origin);
  Symbol country_symbol(const RawEvent& raw, const Origin& origin);
  Symbol term_symbol(const RawEvent& raw, const KnownUrl& url);
  Symbol brand_symbol(const RawEvent& raw, const KnownUrl& url, Symbol site);
  std::string term_of(const RawEvent& raw) const;
  std::string_view channel_of_event(const RawEvent& raw) const;
  bool needs(Dimension dimension) const { return needed_[static_cast<std::size_t>(dimension)]; }

  /// The entry for a text of some kind, filled by `fill(Known&)` when it is not known.
  template <class Fill>
  const Known& known(std::uint64_t text, Fill fill) {
    KnownPair& pair = known_[text % kKnownPairs];
    Known& entry = pair.latest;
    if (entry.text == text) return entry;
    if (pair.other.text == text) return pair.other;
    pair.other = entry;
    entry = Known{};
    fill(entry);
    entry.text = text;
    return entry;
  }
  KnownUrl& known_url(std::string_view url);
  void look_up(std::string_view url, KnownUrl& entry);
  Symbol intern(std::string_view label);
  /// Hash of a text that may be missing: 0 then.
  std::uint64_t hash_of(std::string_view text) const { return text.empty() ? 0 : hasher_(text); }

  ReaderOptions options_;
  PageRules page_rules_;
  ChannelRules channel_rules_;
  SiteList sites_;
  BrandTerms brand_terms_;
  std::unordered_map<Symbol, BrandTerms> brand_terms_by_site_;  // of sites that have their own
  std::unique_ptr<const BotList> bots_;                         // null: nobody asks who is one
  MakerParts parts_;
  const FunnelSet& funnels_;
  SymbolTable& symbols_;
  SpecialSymbols special_;
  Hasher hasher_;
  std::uint64_t opted_out_events_ = 0;
  bool excludes_bots_;  // else they are counted among all
  bool drops_opted_out_;
  bool aggregates_opted_out_;
  TimeSource time_source_;
  std::array<bool, kDimensionCount> needed_{};
  std::vector<KnownPair> known_;
  std::vector<KnownUrl> known_urls_;
  std::uint32_t known_generation_ = 0;  // of the symbol table when the last event began
  std::string scratch_;
  StatValues stats_;
};

}  // namespace weir
