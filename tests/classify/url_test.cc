// Url splitting, pages, page rules and campaign parameters, by tables of what clients really send.
#include "weir/classify/url.h"

#include <gtest/gtest.h>

#include <functional>
#include <iterator>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "support/seed.h"

namespace weir {
namespace {

struct UrlCase {
  std::string_view url, host, path, query;
};

constexpr UrlCase kGoodUrls[] = {
    {"https://shop.example/cart?x=1#top", "shop.example", "/cart", "x=1"},
    {"http://shop.example", "shop.example", "", ""},
    {"http://shop.example/", "shop.example", "/", ""},
    {"HTTPS://Shop.Example/A", "Shop.Example", "/A", ""},
    {"https://shop.example?utm_source=a", "shop.example", "", "utm_source=a"},
    {"https://shop.example#x?y", "shop.example", "", ""},
    {"https://shop.example/a#b?c=d", "shop.example", "/a", ""},
    {"https://shop.example/a?b?c", "shop.example", "/a", "b?c"},
    {"https://shop.example/a?b#c#d", "shop.example", "/a", "b"},
    {"https://shop.example:8443/a", "shop.example", "/a", ""},
    {"https://shop.example:/a", "shop.example", "/a", ""},
    {"https://shop.example:port/a", "shop.example", "/a", ""},
    {"https://user@shop.example/a", "shop.example", "/a", ""},
    {"https://user:secret@shop.example:1/a", "shop.example", "/a", ""},
    {"https://user:p@ss@shop.example/a", "shop.example", "/a", ""},
    {"https://shop.example/@user", "shop.example", "/@user", ""},
    {"https://shop.example?mail=a@b", "shop.example", "", "mail=a@b"},
    {"http://[::1]/a", "[::1]", "/a", ""},
    {"http://[2001:db8::1]:8080/a?b", "[2001:db8::1]", "/a", "b"},
    {"http://user:secret@[::1]:80", "[::1]", "", ""},
    {"http://127.0.0.1:3000/x", "127.0.0.1", "/x", ""},
    {"http://localhost:3000/x", "localhost", "/x", ""},
    {"//cdn.example/a?b", "cdn.example", "/a", "b"},
    {"//cdn.example", "cdn.example", "", ""},
    {"//user@cdn.example:1/a", "cdn.example", "/a", ""},
    {"//", "", "//", ""},
    {"///a/b", "", "///a/b", ""},
    {"/", "", "/", ""},
    {"", "", "", ""},
    {"   ", "", "", ""},
    {"/a/b/?c#d", "", "/a/b/", "c"},
    {"a/b?c", "", "a/b", "c"},
    {"?utm_source=a", "", "", "utm_source=a"},
    {"#only", "", "", ""},
    {"/a:b", "", "/a:b", ""},
    {"/javascript:alert(1)", "", "/javascript:alert(1)", ""},
    {"/redirect?to=https://other.example/x", "", "/redirect", "to=https://other.example/x"},
    {"/redirect/https://other.example/x", "", "/redirect/https://other.example/x", ""},
    {"localhost:3000/x", "", "localhost:3000/x", ""},
    {"shop.example:443", "", "shop.example:443", ""},
    {"1http://x/y", "", "1http://x/y", ""},
    {"://x/y", "", "://x/y", ""},
    {":80", "", ":80", ""},
    {"  https://shop.example/a \r\n", "shop.example", "/a", ""},
    {"/a|b{c}\xC3\xA9\xFF", "", "/a|b{c}\xC3\xA9\xFF", ""},
    {"/caf%C3%A9%2Fx", "", "/caf%C3%A9%2Fx", ""},
    {"https://evil.example\\@shop.example/", "evil.example", "\\@shop.example/", ""},
    {"https://b\xC3\xBC"
     "cher.example/a",
     "b\xC3\xBC"
     "cher.example",
     "/a", ""},
    {"https://shop.example./a", "shop.example.", "/a", ""},
    {"/a b c", "", "/a b c", ""},
};

TEST(SplitUrl, usable_urls_are_split_and_the_rest_is_dropped) {
  for (const UrlCase& row : kGoodUrls) {
    SCOPED_TRACE(row.url);
    const std::optional<UrlParts> parts = split_url(row.url);
    ASSERT_TRUE(parts.has_value());
    EXPECT_EQ(parts->host, row.host);
    EXPECT_EQ(parts->path, row.path);
    EXPECT_EQ(parts->query, row.query);
  }
}

constexpr std::string_view kRefusedUrls[] = {
    "javascript:alert(1)",
    "JavaScript:alert(1)//x",
    " javascript:void(0)",
    "data:text/html,<script>",
    "mailto:a@b.example",
    "about:blank",
    "blob:https://shop.example/1",
    "vbscript:x",
    "file:///etc/passwd",
    "FILE:/etc/passwd",
    "ftp://shop.example/a",
    "chrome-extension://abcdef/x",
    "android-app://com.example",
    "ws://shop.example/",
    "x+y-z.1://host/",
    "tel:+123",
    "http:",
    "http:/a",
    "https:shop.example/a",
    "http://",
    "http:///a",
    "https://?a",
    "https://#a",
    "http://:80/a",
    "http://user@/a",
    "http://user:secret@:80/a",
    "http://[/a",
    "http://[::1/a",
    "http://[]/a",
    "http://[::1]x/a",
    "http://\\a",
};

TEST(SplitUrl, other_schemes_and_absolute_urls_without_host_are_refused) {
  for (const std::string_view url : kRefusedUrls) EXPECT_FALSE(split_url(url).has_value()) << url;
}

TEST(SplitUrl, embedded_zero_bytes_are_bytes_like_others) {
  const std::optional<UrlParts> parts = split_url(std::string_view{"/a\0b?c\0d", 8});
  ASSERT_TRUE(parts.has_value());
  EXPECT_EQ(parts->path, std::string_view("/a\0b", 4));
  EXPECT_EQ(parts->query, std::string_view("c\0d", 3));
}

bool lies_inside(std::string_view part, std::string_view whole) {
  const std::less_equal<const char*> ordered;
  return part.empty() ||
         (ordered(whole.data(), part.data()) && ordered(part.data() + part.size(), whole.data() + whole.size()));
}

/// Random text in which the bytes that mean something to a url are frequent.
std::string random_text(std::mt19937_64& random) {
  constexpr std::string_view kFragments[] = {
      "http", "https", "://", "//", ":",   "@",           "[",      "]",    "/", "\\", "?",      "#",
      "&",    "=",     "%",   "%2", "%zz", "utm_source=", "gclid=", "www.", ".", "*",  "google", "javascript:"};
  std::string text;
  for (std::uint64_t left = random() % 12; left > 0; --left) {
    if (random() % 3 == 0) {
      text += static_cast<char>(random() & 0xFF);
    } else {
      text += kFragments[random() % std::size(kFragments)];
    }
  }
  return text;
}

TEST(SplitUrl, random_bytes_give_views_into_the_input_or_nothing) {
  std::mt19937_64 random(support::test_seed());
  const PageRules rules({"/:a", "/:a/*", "*"});
  int split = 0;
  for (int i = 0; i < 200'000; ++i) {
    // An allocation of exactly this size lets an address sanitizer see any byte read outside.
    const std::string text = random_text(random);
    const std::vector<char> bytes(text.begin(), text.end());
    const std::string_view input(bytes.data(), bytes.size());
    const std::optional<UrlParts> parts = split_url(input);
    if (!parts) continue;
    ++split;
    ASSERT_TRUE(lies_inside(parts->host, input)) << text;
    ASSERT_TRUE(lies_inside(parts->path, input)) << text;
    ASSERT_TRUE(lies_inside(parts->query, input)) << text;
    ASSERT_EQ(parts->query.find('#'), std::string_view::npos) << text;
    ASSERT_EQ(parts->path.find_first_of("?#"), std::string_view::npos) << text;
    ASSERT_EQ(parts->host.find_first_of("/@?#\\"), std::string_view::npos) << text;
    const std::string_view page = canonical_page(parts->path);
    ASSERT_TRUE(page == "/" || (lies_inside(page, input) && !page.empty() && !page.ends_with('/'))) << text;
    ASSERT_FALSE(rules.apply(page).empty());
    const CampaignParameters parameters = campaign_parameters(parts->query);
    ASSERT_TRUE(lies_inside(parameters.source, input)) << text;
  }
  EXPECT_GT(split, 1000);
}

TEST(CanonicalPage, trailing_slashes_go_and_nothing_else) {
  constexpr struct {
    std::string_view path, page;
  } kRows[] = {
      {"", "/"},
      {"/", "/"},
      {"//", "/"},
      {"////", "/"},
      {"/blog", "/blog"},
      {"/blog/", "/blog"},
      {"/blog//", "/blog"},
      {"/blog//x/", "/blog//x"},
      {"//x", "//x"},
      {"/A/b", "/A/b"},
      {"/a%2F/", "/a%2F"},
      {"a/b/", "a/b"},
      {"/index.html", "/index.html"},
      {"/./", "/."},
      {"/a/../b", "/a/../b"},
      {"/a b/", "/a b"},
  };
  for (const auto& row : kRows) EXPECT_EQ(canonical_page(row.path), row.page) << row.path;
}

TEST(PageRules, a_pattern_matches_by_its_segments) {
  constexpr struct {
    std::string_view pattern, page;
    bool matches;
  } kRows[] = {
      {"/product/:id", "/product/42", true},
      {"/product/:id", "/product/a%20b", true},
      {"/product/:id", "/product", false},
      {"/product/:id", "/product/", false},
      {"/product/:id", "/product//", false},
      {"/product/:id", "/product/42/reviews", false},
      {"/product/:id", "/products/42", false},
      {"/product/:id", "/Product/42", false},
      {"/product/:id/reviews", "/product/42/reviews", true},
      {"/product/:id/reviews", "/product/42", false},
      {"/product/:id/reviews", "/product//reviews", false},
      {"/:lang/:page", "/de/start", true},
      {"/:lang/:page", "/de", false},
      {"/:lang/:page", "/de/start/now", false},
      {"/:any", "/x", true},
      {"/:any", "/", false},
      {"/blog/*", "/blog/a", true},
      {"/blog/*", "/blog/a/b/c", true},
      {"/blog/*", "/blog/", true},
      {"/blog/*", "/blog", true},
      {"/blog/*", "/blogs", false},
      {"/blog/*", "/blo", false},
      {"/blog*", "/blog", true},
      {"/blog*", "/blogs/a", true},
      {"/blog*", "/blo", false},
      {"/u/:id/*", "/u/7/a/b", true},
      {"/u/:id/*", "/u/7", true},
      {"/u/:id/*", "/u", false},
      {"/*", "/", true},
      {"/*", "/a/b", true},
      {"/about", "/about", true},
      {"/about", "/about/us", false},
      {"/about", "/abou", false},
      {"/a:b", "/a:b", true},
      {"/a:b", "/axb", false},
  };
  for (const auto& row : kRows) {
    const PageRules rules({std::string(row.pattern)});
    EXPECT_EQ(rules.apply(row.page), row.matches ? row.pattern : row.page) << row.pattern << " on " << row.page;
  }
}

TEST(PageRules, the_first_match_wins_and_its_text_outlives_the_page) {
  const PageRules rules({"/product/new", "/product/:id", "/*"});
  EXPECT_EQ(rules.apply("/product/new"), "/product/new");
  EXPECT_EQ(rules.apply("/product/7"), "/product/:id");
  EXPECT_EQ(rules.apply("/other"), "/*");
  std::string_view page;
  {
    const std::string temporary = "/product/8";
    page = rules.apply(temporary);
  }
  EXPECT_EQ(page, "/product/:id");
}

TEST(PageRules, without_rules_a_page_is_itself) { EXPECT_EQ(PageRules().apply("/x"), "/x"); }

TEST(PageRules, unusable_patterns_are_explained_and_usable_ones_are_not) {
  for (const char* good :
       {"/", "/about", "/product/:id", "/:a_1/:B", "/*", "/blog*", "/blog/*", "/caf\xC3\xA9", "/a:b", "/a/:b/*"}) {
    EXPECT_EQ(PageRules::problem_of(good), "") << good;
  }
  const std::string endless = "/" + std::string(600, 'a');
  for (const std::string& bad : {std::string(), std::string("product"), std::string("*"), std::string("/a/"),
                                 std::string("/a?b"), std::string("/a#b"), std::string("/:"), std::string("/:/x"),
                                 std::string("/:id*"), std::string("/:a-b"), std::string("/*/a"), std::string("/a*b"),
                                 std::string("/**"), std::string("/a\nb"), std::string("/\xFF"), endless}) {
    EXPECT_NE(PageRules::problem_of(bad), "") << bad;
  }
}

TEST(CampaignParameters, the_first_of_each_counts_and_stays_encoded) {
  const CampaignParameters parameters = campaign_parameters(
      "a=b&utm_source=news%20letter&utm_medium=e+mail&utm_source=second&utm_campaign=spring=sale&utm_term=t&utm_"
      "content=c");
  EXPECT_EQ(parameters.source, "news%20letter");
  EXPECT_EQ(parameters.medium, "e+mail");
  EXPECT_EQ(parameters.campaign, "spring=sale");
  EXPECT_EQ(parameters.term, "t");
  EXPECT_EQ(parameters.content, "c");
  EXPECT_FALSE(parameters.paid_click);
}

TEST(CampaignParameters, odd_queries_are_read_as_far_as_they_go) {
  EXPECT_EQ(campaign_parameters("&&=&utm_source&utm_source=&utm_source=x&").source, "x");
  EXPECT_EQ(campaign_parameters("xutm_source=a&UTM_SOURCE=b&utm_sourcex=c&utm_=d").source, "");
  EXPECT_EQ(campaign_parameters("utm_medium=a;utm_source=b").medium, "a;utm_source=b");
  EXPECT_EQ(campaign_parameters("").campaign, "");
}

TEST(CampaignParameters, ids_that_only_advertisements_carry_mean_a_paid_click) {
  for (const char* query : {"gclid=x", "a=b&gbraid=x", "wbraid=x", "dclid=x", "msclkid=x&a=b", "yclid=1", "ttclid=1",
                            "twclid=1", "rdt_cid=1", "li_fat_id=1", "ScCid=1", "sccid=1"}) {
    EXPECT_TRUE(campaign_parameters(query).paid_click) << query;
  }
  for (const char* query :
       {"gclid=", "gclid", "fbclid=x", "xgclid=1", "gclidx=1", "GCLID=1", "q=gclid", "utm_gclid=1", ""}) {
    EXPECT_FALSE(campaign_parameters(query).paid_click) << query;
  }
}

}  // namespace
}  // namespace weir
