#include "weir/classify/brand.h"

#include <algorithm>

#include "weir/core/ascii.h"
#include "weir/core/text.h"

namespace weir {
namespace {

constexpr std::size_t kLongestBytes = 1024;

/// Letters, digits and bytes beyond ASCII. Everything else parts words.
bool is_word_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || is_letter(c) || is_digit(c);
}

/// " word word ": lower case, one space between words and at both ends; bytes of `kept` count as letters.
std::string words_of(std::string_view text, std::string_view kept) {
  std::string words = " ";
  for (const char c : text) {
    if (is_word_byte(c) || kept.find(c) != std::string_view::npos) {
      words += lower(c);
    } else if (words.back() != ' ') {
      words += ' ';
    }
  }
  if (words.back() != ' ') words += ' ';
  return words;
}

}  // namespace

BrandTerms::BrandTerms(const std::vector<std::string>& terms) {
  for (const std::string& term : terms) {
    if (is_usable(term)) patterns_.push_back("*" + words_of(term, "*") + "*");
  }
}

std::string_view BrandTerms::brand_of(std::string_view search_term) const {
  const std::string words = words_of(search_term.substr(0, kLongestBytes), "");
  if (patterns_.empty() || words == " ") return "(none)";
  const bool brand = std::any_of(patterns_.begin(), patterns_.end(),
                                 [&](const std::string& pattern) { return glob_match(pattern, words); });
  return brand ? "brand" : "non_brand";
}

bool BrandTerms::is_usable(std::string_view term) { return std::any_of(term.begin(), term.end(), is_word_byte); }

}  // namespace weir
