// Tests of brand terms: whole words, whatever stands around them.
#include "weir/classify/brand.h"

#include <gtest/gtest.h>

#include <string>

namespace weir {
namespace {

struct BrandCase {
  std::string term;
  std::string_view brand;
};

TEST(BrandTerms, are_found_as_whole_words_in_any_case) {
  const BrandTerms terms({"Acme", "weir mug", "glob*", "caf\xC3\xA9"});
  for (const BrandCase& row : {BrandCase{"acme", "brand"},
                               {"buy ACME-shoes", "brand"},
                               {"acme's shop", "brand"},
                               {"acmeology", "non_brand"},
                               {"the weir  mug", "brand"},
                               {"the weir-mug", "brand"},
                               {"mug weir", "non_brand"},
                               {"weir mugs", "non_brand"},
                               {"globe", "brand"},
                               {"a globus b", "brand"},
                               {"aglobe", "non_brand"},
                               {"caf\xC3\xA9 paris", "brand"},
                               {"caf\xC3\xA9s", "non_brand"},
                               {"acme*x", "brand"},
                               {"", "(none)"},
                               {" ?! ", "(none)"},
                               {std::string(2000, 'x') + " acme", "non_brand"}}) {
    EXPECT_EQ(terms.brand_of(row.term), row.brand) << row.term;
  }
}

TEST(BrandTerms, without_terms_nothing_is_said) {
  EXPECT_EQ(BrandTerms().brand_of("acme"), "(none)");
  EXPECT_EQ(BrandTerms({"", "*", " - "}).brand_of("acme"), "(none)");
  EXPECT_FALSE(BrandTerms::is_usable("*"));
  EXPECT_TRUE(BrandTerms::is_usable("7*"));
}

}  // namespace
}  // namespace weir
