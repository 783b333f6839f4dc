// THE dimension table: what sessions can be grouped by. A rollup is a list of dimensions; every cell is
// also per site. Adding a dimension is one row here, plus its classifier in classify/.
// Every row costs 8 bytes per event under way, and per combination of values that open sessions or visits have.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// Seeded hash of a label's text; the text itself is in the SymbolTable. 0 is no symbol.
using Symbol = std::uint64_t;

/// Dimensions in table order. Site is row 0 and part of every rollup.
enum class Dimension : std::uint8_t {
  kSite,
  kLandingPage,
  kChannel,
  kCampaign,
  kDevice,
  kCountry,
  kBrand,
  kTerm,
  kCount
};
inline constexpr std::size_t kDimensionCount = static_cast<std::size_t>(Dimension::kCount);

/// A value for each dimension.
using DimensionValues = std::array<Symbol, kDimensionCount>;

/// One row: the label name used in metrics, reports and configuration.
struct DimensionRow {
  Dimension dimension;
  std::string_view label;
};
inline constexpr std::array<DimensionRow, kDimensionCount> kDimensionTable{{
    {Dimension::kSite, "site"},
    {Dimension::kLandingPage, "landing_page"},
    {Dimension::kChannel, "channel"},
    {Dimension::kCampaign, "campaign"},
    {Dimension::kDevice, "device"},
    {Dimension::kCountry, "country"},
    {Dimension::kBrand, "brand"},
    {Dimension::kTerm, "term"},
}};

inline std::string_view label_of(Dimension dimension) {
  return kDimensionTable[static_cast<std::size_t>(dimension)].label;
}

/// The dimension of a label name; nullopt when there is none.
inline std::optional<Dimension> dimension_of(std::string_view label) {
  for (const DimensionRow& row : kDimensionTable) {
    if (row.label == label) return row.dimension;
  }
  return std::nullopt;
}

/// Label value of a session without the thing (no page view, no campaign).
inline constexpr std::string_view kNoneLabel = "(none)";
/// Label value of the cell into which cells beyond a rollup's limit are folded.
inline constexpr std::string_view kOtherLabel = "__other__";

/// A list of dimensions for which KPIs are kept. `site` is implied and not in `dimensions`.
struct Rollup {
  std::string name;                   // [a-z][a-z0-9_]*: becomes weir_NAME_* metrics
  std::vector<Dimension> dimensions;  // without kSite, in label order
  std::size_t limit = 100;            // cells exported; the rest fold into __other__

  bool operator==(const Rollup&) const = default;
};

}  // namespace weir
