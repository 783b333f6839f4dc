// Device classes of real user agents, and of texts that are none.
#include "weir/classify/device.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "support/seed.h"

namespace weir {
namespace {

constexpr struct {
  std::string_view device, user_agent;
} kDeviceRows[] = {
    {"(none)", ""},
    {"desktop",
     "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"},
    {"desktop",
     "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 "
     "Safari/605.1.15"},
    {"desktop", "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0"},
    {"desktop",
     "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"},
    {"desktop", "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; SLCC2; Tablet PC 2.0)"},
    {"desktop", "something else entirely"},
    {"mobile",
     "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
     "Mobile/15E148 Safari/604.1"},
    {"mobile",
     "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile "
     "Safari/537.36"},
    {"mobile", "Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0"},
    {"mobile",
     "Mozilla/5.0 (Linux; Android 10; CUBOT X30) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/96.0 Mobile "
     "Safari/537.36"},
    {"mobile", "Dalvik/2.1.0 (Linux; U; Android 13; SM-A536B Build/TP1A.220624.014)"},
    {"mobile", "Shop/1.2 CFNetwork/1410.0.3 Darwin/22.6.0"},
    {"mobile", "okhttp/4.12.0"},
    {"mobile", "Mozilla/5.0 (BB10; Touch) AppleWebKit/537.10+ (KHTML, like Gecko) Version/10.0.9.2372 Safari/537.10+"},
    {"mobile", "Opera/9.80 (J2ME/MIDP; Opera Mini/7.1.32052/29.3709; U; en) Presto/2.8.119 Version/11.10"},
    {"mobile", "Mozilla/5.0 (iPod touch; CPU iPhone OS 12_5 like Mac OS X) AppleWebKit/605.1.15"},
    {"tablet",
     "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 "
     "Mobile/15E148 Safari/604.1"},
    {"tablet",
     "Mozilla/5.0 (Linux; Android 13; SM-X700) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"},
    {"tablet", "Mozilla/5.0 (Android 13; Tablet; rv:127.0) Gecko/127.0 Firefox/127.0"},
    {"tablet",
     "Mozilla/5.0 (Linux; Android 9; KFMAWI) AppleWebKit/537.36 (KHTML, like Gecko) Silk/120.4 like Chrome/120.0 "
     "Safari/537.36"},
    {"tv",
     "Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) Version/6.0 TV Safari/537.36"},
    {"tv",
     "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/79.0 Safari/537.36 "
     "WebAppManager"},
    {"tv",
     "Mozilla/5.0 (Linux; Android 9; AFTMM Build/PS7233) AppleWebKit/537.36 (KHTML, like Gecko) Silk/108.3 like "
     "Chrome/108.0 Safari/537.36"},
    {"tv",
     "Mozilla/5.0 (Linux; Android 12; BRAVIA 4K VH2) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0 "
     "Safari/537.36"},
    {"tv", "Mozilla/5.0 (Linux; Android) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/90.0 Safari/537.36 CrKey/1.54"},
    {"tv", "Roku/DVP-9.10 (519.10E04111A)"},
    {"tv",
     "Mozilla/5.0 (PlayStation; PlayStation 5/6.00) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.0 "
     "Safari/605.1.15"},
    {"tv",
     "Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox One) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/90.0 "
     "Edge/44.18363"},
    {"bot", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
    {"bot",
     "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 "
     "Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
    {"bot",
     "Mozilla/5.0 (iPhone; CPU iPhone OS 6_0 like Mac OS X) AppleWebKit/536.26 Version/6.0 Mobile/10A5376e "
     "Safari/8536.25 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"},
    {"bot", "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)"},
    {"bot", "Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/help/us/ysearch/slurp)"},
    {"bot", "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.1; +https://openai.com/gptbot)"},
    {"bot", "CCBot/2.0 (https://commoncrawl.org/faq/)"},
    {"bot", "facebookexternalhit/1.1"},
    {"bot",
     "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/126.0.0.0 Safari/537.36"},
    {"bot", "curl/8.5.0"},
    {"bot", "Wget/1.21.4"},
    {"bot", "python-requests/2.31.0"},
    {"bot", "Go-http-client/1.1"},
    {"bot", "Java/17.0.2"},
    {"bot", "Tiny Tiny RSS/1.11 (+http://tt-rss.org/)"},
    {"bot", "CUBOT and a bot"},
};

TEST(DeviceOf, real_user_agents_get_their_class) {
  for (const auto& row : kDeviceRows) EXPECT_EQ(device_of(row.user_agent), row.device) << row.user_agent;
}

TEST(DeviceOf, case_does_not_matter) {
  for (const auto& row : kDeviceRows) {
    std::string upper(row.user_agent);
    for (char& c : upper) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
    EXPECT_EQ(device_of(upper), row.device) << upper;
  }
}

TEST(DeviceOf, only_a_bounded_prefix_is_read) {
  EXPECT_EQ(device_of(std::string(509, 'x') + "bot"), "bot");
  EXPECT_EQ(device_of(std::string(510, 'x') + "bot"), "desktop");
  EXPECT_EQ(device_of(std::string(1'000'000, 'b')), "desktop");
}

TEST(DeviceOf, random_bytes_give_one_of_the_known_classes) {
  constexpr std::array<std::string_view, 6> kDevices{"desktop", "mobile", "tablet", "tv", "bot", "(none)"};
  std::mt19937_64 random(support::test_seed());
  for (int i = 0; i < 50'000; ++i) {
    std::vector<char> bytes(random() % 40);
    for (char& byte : bytes) {
      byte = random() % 4 == 0 ? static_cast<char>(random() & 0xFF) : "botandirx;+:"[random() % 12];
    }
    const std::string_view device = device_of({bytes.data(), bytes.size()});
    ASSERT_NE(std::find(kDevices.begin(), kDevices.end(), device), kDevices.end());
  }
}

}  // namespace
}  // namespace weir
