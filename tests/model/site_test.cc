// Tests of the list of sites: whose an event is, and whose pages may send.
#include "weir/model/site.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

SiteList shops() {
  return SiteList(
      {{.name = "shop", .hosts = {"shop.example", "*.shop.example"}, .origins = {}, .brand_terms = {}},
       {.name = "blog", .hosts = {"blog.shop.example"}, .origins = {"https://cms.example:8443"}, .brand_terms = {}},
       {.name = "app", .hosts = {}, .origins = {"*"}, .brand_terms = {}}});
}

std::string name_of(const Site* site) { return site == nullptr ? "" : site->name; }

TEST(SiteList, a_host_belongs_to_the_site_that_lists_it_best) {
  const SiteList sites = shops();
  EXPECT_EQ(name_of(sites.of_host("shop.example")), "shop");
  EXPECT_EQ(name_of(sites.of_host("WWW.Shop.Example.")), "shop");
  EXPECT_EQ(name_of(sites.of_host("a.b.shop.example")), "shop");
  EXPECT_EQ(name_of(sites.of_host("blog.shop.example")), "blog");
  EXPECT_EQ(name_of(sites.of_host("myshop.example")), "");
  EXPECT_EQ(name_of(sites.of_host("shop.example.evil.example")), "");
  EXPECT_EQ(name_of(sites.of_host("")), "");
  EXPECT_EQ(name_of(sites.of_host(std::string(300, 'a') + ".shop.example")), "");
}

TEST(SiteList, a_name_is_one_in_the_list_or_a_host) {
  const SiteList sites = shops();
  EXPECT_EQ(name_of(sites.of_name("blog")), "blog");
  EXPECT_EQ(name_of(sites.of_name("blog.shop.example")), "blog");
  EXPECT_EQ(name_of(sites.of_name("Blog")), "");
  EXPECT_EQ(name_of(sites.of_name("default")), "");
}

TEST(SiteList, pages_may_send_for_the_site_they_belong_to) {
  const SiteList sites = shops();
  const Site& shop = *sites.of_name("shop");
  const Site& blog = *sites.of_name("blog");
  EXPECT_TRUE(sites.allows(shop, "https://shop.example"));
  EXPECT_TRUE(sites.allows(shop, "http://www.shop.example:8080"));
  EXPECT_FALSE(sites.allows(shop, "https://blog.shop.example"));
  EXPECT_FALSE(sites.allows(shop, "https://shop.example.evil.example"));
  EXPECT_FALSE(sites.allows(shop, "null"));
  EXPECT_TRUE(sites.allows(blog, "HTTPS://cms.example:8443"));
  EXPECT_FALSE(sites.allows(blog, "https://cms.example"));
  EXPECT_TRUE(sites.allows(*sites.of_name("app"), "null"));
  EXPECT_TRUE(sites.allows("https://anything.example"));
  EXPECT_FALSE(
      SiteList({{.name = "a", .hosts = {"[::1]"}, .origins = {}, .brand_terms = {}}}).allows("http://[::2]:80"));
  EXPECT_TRUE(
      SiteList({{.name = "a", .hosts = {"[::1]"}, .origins = {}, .brand_terms = {}}}).allows("http://[::1]:80"));
}

TEST(SiteList, without_sites_it_is_empty) {
  EXPECT_TRUE(SiteList().empty());
  EXPECT_FALSE(SiteList().allows("https://shop.example"));
}

}  // namespace
}  // namespace weir
