// The small world the generated visitors live in: pages, traffic sources with the channel they must be put in,
// campaigns, devices, names. Only sources whose channel nobody disputes belong here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir::generator {

/// Pages, as the contract names them. Order is popularity as landing page; the last two are never landed on.
inline constexpr std::array<std::string_view, 42> kPages{"/",
                                                         "/product/weir-mug",
                                                         "/pricing",
                                                         "/blog/session-windows",
                                                         "/product/gauge-poster",
                                                         "/blog",
                                                         "/docs",
                                                         "/product/sluice-lamp",
                                                         "/blog/what-is-a-weir",
                                                         "/product/flow-shirt",
                                                         "/signup",
                                                         "/blog/caf%C3%A9-culture",
                                                         "/product/delta-print",
                                                         "/docs/install",
                                                         "/about",
                                                         "/product/river-map",
                                                         "/blog/dwell-time",
                                                         "/product/lock-notebook",
                                                         "/docs/configuration",
                                                         "/blog/bounce-myths",
                                                         "/product/brook-pencil",
                                                         "/support",
                                                         "/product/canal-cap",
                                                         "/blog/late-events",
                                                         "/docs/metrics",
                                                         "/product/ripple-vase",
                                                         "/blog/2025/12/year-in-review",
                                                         "/product/dam-puzzle",
                                                         "/careers",
                                                         "/product/spillway-bag",
                                                         "/docs/faq",
                                                         "/blog/grafana-tips",
                                                         "/product/tide-clock",
                                                         "/contact",
                                                         "/product/float-keyring",
                                                         "/imprint",
                                                         "/blog/one-binary",
                                                         "/product/marsh-candle",
                                                         "/docs/api/v1",
                                                         "/press",
                                                         "/cart",
                                                         "/checkout"};
inline constexpr std::size_t kLandingPages = 40;

/// Index of a page that must exist.
consteval std::uint16_t page_index(std::string_view page) {
  for (std::size_t i = 0; i < kPages.size(); ++i) {
    if (kPages[i] == page) return static_cast<std::uint16_t>(i);
  }
  throw "no such page";
}
inline constexpr std::uint16_t kCartPage = page_index("/cart");
inline constexpr std::uint16_t kCheckoutPage = page_index("/checkout");
inline constexpr std::uint16_t kPricingPage = page_index("/pricing");
inline constexpr std::uint16_t kSignupPage = page_index("/signup");

/// A way into the site. Empty source: told by the referrer alone.
struct TrafficSource {
  std::string_view channel;
  std::string_view source;
  std::string_view medium;
  std::string_view referrer;
  double share;
};
inline constexpr std::array<TrafficSource, 8> kTraffic{{
    {"Direct", "", "", "", 0.27},
    {"Organic Search", "", "", "https://www.google.com/", 0.27},
    {"Paid Search", "google", "cpc", "https://www.google.com/", 0.12},
    {"Email", "newsletter", "email", "", 0.09},
    {"Organic Social", "", "", "https://www.facebook.com/", 0.10},
    {"Referral", "partner", "referral", "", 0.05},
    {"Referral", "", "", "https://blog.example.net/", 0.06},
    {"AI Assistants", "", "", "https://chatgpt.com/", 0.04},
}};
inline constexpr std::uint8_t kDirect = 0;

/// Campaigns of tagged sources; index 0 is "no campaign".
inline constexpr std::array<std::string_view, 7> kCampaigns{
    "", "spring_sale", "brand_search", "weekly_digest", "summer launch", "partner_week", "winback"};
inline constexpr std::array<std::string_view, 3> kDevices{"desktop", "mobile", "tablet"};
inline constexpr std::array<std::string_view, 3> kCurrencies{"USD", "EUR", "GBP"};
inline constexpr std::array<std::string_view, 4> kConversionNames{"purchase", "signup", "newsletter", "donation"};
inline constexpr std::uint8_t kPurchase = 0;
inline constexpr std::uint8_t kSignup = 1;
inline constexpr std::uint8_t kNewsletter = 2;
inline constexpr std::uint8_t kDonation = 3;
inline constexpr std::array<std::string_view, 3> kCustomNames{"add_to_cart", "search", "video_play"};
inline constexpr std::uint8_t kAddToCart = 0;
inline constexpr std::uint8_t kSearch = 1;
inline constexpr std::uint8_t kVideoPlay = 2;
/// Type of a custom event that is told by its name alone.
inline constexpr std::string_view kGenericCustomType = "custom";

/// Host, and name, of a site: "shop.example.com", "shop-2.example.com", ...
inline std::string site_name(std::uint32_t site) {
  return site == 0 ? "shop.example.com" : "shop-" + std::to_string(site + 1) + ".example.com";
}

}  // namespace weir::generator
