// BrandTerms: whether a search was for the brand itself. The value of the `brand` dimension; called by the reader,
// which remembers the answers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// The words by which people look for a brand. Immutable; any thread.
class BrandTerms {
 public:
  BrandTerms() = default;
  /// Each term is one word or several, without regard to case (of ASCII letters); "*" stands for any run of
  /// characters.
  explicit BrandTerms(const std::vector<std::string>& terms);

  /// "brand" when a term is found as whole words in the search term, "non_brand" when none is, and "(none)" without
  /// a search term or without any terms. "acme" is found in "buy ACME-shoes", not in "acmeology"; "acme*" in both.
  std::string_view brand_of(std::string_view search_term) const;

  /// Whether a term has a word to look for.
  static bool is_usable(std::string_view term);

 private:
  std::vector<std::string> patterns_;  // "* acme *"
};

}  // namespace weir
