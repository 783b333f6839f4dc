// What tests of the window layer share: symbols, special symbols and sessions by hand.
#pragma once

#include <string>

#include "weir/model/session_facts.h"
#include "weir/model/symbol_table.h"
#include "weir/window/cell_table.h"

namespace weir::testing_window {

inline constexpr auto kSite = static_cast<std::size_t>(Dimension::kSite);
inline constexpr auto kPage = static_cast<std::size_t>(Dimension::kLandingPage);

struct Labels {
  explicit Labels(std::size_t capacity = 1'000'000) : symbols(Hasher(1), capacity) {}

  SpecialSymbols special() const { return {symbols.symbol_of(kNoneLabel), symbols.symbol_of(kOtherLabel)}; }
  DimensionValues dimensions(const std::string& site, const std::string& page) {
    DimensionValues values;
    values.fill(special().none);
    values[kSite] = symbols.intern(site);
    if (page != kNoneLabel) values[kPage] = symbols.intern(page);
    return values;
  }
  /// A landed session of one page view.
  SessionFacts session(const std::string& site, const std::string& page, TimeMs start_ms = 0) {
    SessionFacts facts;
    facts.visitor = facts.serial = ++last_serial;
    facts.start_ms = start_ms;
    facts.page_views = 1;
    facts.landed = page != kNoneLabel;
    facts.dimensions = dimensions(site, page);
    return facts;
  }

  SymbolTable symbols;
  std::uint64_t last_serial = 0;
};

inline Rollup landing_rollup(std::size_t limit = 100) {
  return {.name = "landing", .dimensions = {Dimension::kLandingPage}, .limit = limit};
}

}  // namespace weir::testing_window
