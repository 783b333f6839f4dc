// Kinds of text that EventMaker remembers the look-ups of, and small choices between texts. Private to its two files.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir {

/// Kinds of text, so that equal texts of different kinds are told apart.
enum class TextKind : std::uint64_t {
  kSite = 1,
  kPage,
  kChannel,
  kCampaign,
  kDevice,
  kCountry,
  kTerm,
  kBrand,
  kWebOrigin,
  kBot,
  kUserAgent,
  kReferrer,
  kConversion,
  kCustom
};

/// Both are hashes of texts already, so that moving them apart is enough.
constexpr std::uint64_t of_kind(TextKind kind, std::uint64_t hash) {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15ULL;
  return hash + static_cast<std::uint64_t>(kind) * kOdd;
}

}  // namespace weir
