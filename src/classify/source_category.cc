// THE source table: well-known sites, sorted by name, and the lookup in it. Consulted once per classified
// event. Must stay sorted (checked by the compiler) and must never allocate.
#include "weir/classify/source_category.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "weir/core/ascii.h"

namespace weir {
namespace {

/// What a row's name stands for.
enum class Reach : std::uint8_t {
  kSite,   // a domain and all below it
  kName,   // a bare name only, as written in utm_source
  kBrand,  // a bare name, and the domain of that name under any country's or general ending
};

struct Row {
  std::string_view name;  // lower case
  SourceCategory category;
  Reach reach;
};

using enum SourceCategory;
using enum Reach;

constexpr std::array kRows = std::to_array<Row>({
    {"360.cn", kSearch, kSite},
    {"accounts.google.com", kOther, kSite},
    {"aistudio.google.com", kAssistant, kSite},
    {"alibaba", kShopping, kBrand},
    {"aliexpress", kShopping, kBrand},
    {"amazon", kShopping, kBrand},
    {"amzn.to", kShopping, kSite},
    {"answers.yahoo.com", kSocial, kSite},
    {"anthropic", kAssistant, kName},
    {"aol", kSearch, kBrand},
    {"ask", kSearch, kName},
    {"ask.com", kSearch, kSite},
    {"askubuntu.com", kSocial, kSite},
    {"aws.amazon.com", kOther, kSite},
    {"baidu", kSearch, kBrand},
    {"bard.google.com", kAssistant, kSite},
    {"bilibili", kVideo, kBrand},
    {"bing", kSearch, kBrand},
    {"blog.naver.com", kSocial, kSite},
    {"blog.yahoo.co.jp", kSocial, kSite},
    {"blogger", kSocial, kBrand},
    {"blogspot", kSocial, kBrand},
    {"bluesky", kSocial, kName},
    {"bookmarks.yahoo.co.jp", kSocial, kSite},
    {"bookmarks.yahoo.com", kSocial, kSite},
    {"brave", kSearch, kName},
    {"bsky", kSocial, kName},
    {"bsky.app", kSocial, kSite},
    {"bsky.social", kSocial, kSite},
    {"cafe.naver.com", kSocial, kSite},
    {"calendar.google.com", kOther, kSite},
    {"chat.qwen.ai", kAssistant, kSite},
    {"chatgpt", kAssistant, kName},
    {"chatgpt.com", kAssistant, kSite},
    {"chiebukuro.yahoo.co.jp", kSocial, kSite},
    {"classroom.google.com", kOther, kSite},
    {"claude", kAssistant, kName},
    {"claude.ai", kAssistant, kSite},
    {"claude.com", kAssistant, kSite},
    {"cloud.google.com", kOther, kSite},
    {"coccoc", kSearch, kBrand},
    {"com.google.android.gm", kEmail, kSite},
    {"com.google.android.googlequicksearchbox", kSearch, kSite},
    {"com.linkedin.android", kSocial, kSite},
    {"com.reddit.frontpage", kSocial, kSite},
    {"copilot", kAssistant, kName},
    {"copilot.cloud.microsoft", kAssistant, kSite},
    {"copilot.com", kAssistant, kSite},
    {"copilot.microsoft.com", kAssistant, kSite},
    {"d.tube", kVideo, kSite},
    {"dailymotion", kVideo, kBrand},
    {"daum", kSearch, kBrand},
    {"ddg", kSearch, kName},
    {"deepseek", kAssistant, kBrand},
    {"deref-gmx.net", kEmail, kSite},
    {"deref-mail.com", kEmail, kSite},
    {"developers.google.com", kOther, kSite},
    {"deviantart", kSocial, kBrand},
    {"digg", kSocial, kBrand},
    {"discord", kSocial, kBrand},
    {"discordapp.com", kSocial, kSite},
    {"disneyplus", kVideo, kName},
    {"disneyplus.com", kVideo, kSite},
    {"docs.google.com", kOther, kSite},
    {"dogpile", kSearch, kBrand},
    {"douban", kSocial, kBrand},
    {"doubao.com", kAssistant, kSite},
    {"drive.google.com", kOther, kSite},
    {"duckduckgo", kSearch, kBrand},
    {"e.mail.ru", kEmail, kSite},
    {"ebay", kShopping, kBrand},
    {"ecosia", kSearch, kBrand},
    {"etsy", kShopping, kBrand},
    {"facebook", kSocial, kBrand},
    {"fandom", kSocial, kBrand},
    {"fastmail.com", kEmail, kSite},
    {"fb", kSocial, kName},
    {"fb.com", kSocial, kSite},
    {"fb.me", kSocial, kSite},
    {"flickr", kSocial, kBrand},
    {"flipboard", kSocial, kBrand},
    {"flipkart.com", kShopping, kSite},
    {"foursquare", kSocial, kBrand},
    {"gemini", kAssistant, kName},
    {"gemini.google.com", kAssistant, kSite},
    {"getpocket.com", kSocial, kSite},
    {"glassdoor", kSocial, kBrand},
    {"gmail", kEmail, kName},
    {"gmail.com", kEmail, kSite},
    {"go.mail.ru", kSearch, kSite},
    {"goodreads", kSocial, kBrand},
    {"google", kSearch, kBrand},
    {"google shopping", kShopping, kName},
    {"google-play", kSearch, kName},
    {"grok", kAssistant, kName},
    {"grok.com", kAssistant, kSite},
    {"groups.google.com", kSocial, kSite},
    {"hackernews", kSocial, kName},
    {"hatena.ne.jp", kSocial, kSite},
    {"hootsuite", kSocial, kBrand},
    {"hotmail", kEmail, kName},
    {"hulu", kVideo, kBrand},
    {"idealo", kShopping, kBrand},
    {"ig", kSocial, kName},
    {"igshopping", kShopping, kName},
    {"instagram", kSocial, kBrand},
    {"iq.com", kVideo, kSite},
    {"iqiyi", kVideo, kBrand},
    {"kagi", kSearch, kBrand},
    {"kakao", kSocial, kBrand},
    {"kimi.com", kAssistant, kSite},
    {"kin.naver.com", kSocial, kSite},
    {"klaviyo", kEmail, kName},
    {"lifestream.aol.com", kSocial, kSite},
    {"line", kSocial, kName},
    {"line.me", kSocial, kSite},
    {"linkedin", kSocial, kBrand},
    {"livejournal", kSocial, kBrand},
    {"lnkd.in", kSocial, kSite},
    {"lobste.rs", kSocial, kSite},
    {"login.yahoo.com", kOther, kSite},
    {"lycos", kSearch, kBrand},
    {"mail.aol.com", kEmail, kSite},
    {"mail.google.com", kEmail, kSite},
    {"mail.naver.com", kEmail, kSite},
    {"mail.proton.me", kEmail, kSite},
    {"mail.qq.com", kEmail, kSite},
    {"mail.yahoo.com", kEmail, kSite},
    {"mail.zoho.com", kEmail, kSite},
    {"mailchi.mp", kEmail, kSite},
    {"mailchimp", kEmail, kName},
    {"mastodon", kSocial, kName},
    {"mastodon.social", kSocial, kSite},
    {"medium", kSocial, kName},
    {"medium.com", kSocial, kSite},
    {"meet.google.com", kOther, kSite},
    {"meetup", kSocial, kBrand},
    {"mercadolibre", kShopping, kBrand},
    {"mercadolivre.com.br", kShopping, kSite},
    {"messages.google.com", kSocial, kSite},
    {"messages.yahoo.co.jp", kSocial, kSite},
    {"messenger", kSocial, kBrand},
    {"meta.ai", kAssistant, kSite},
    {"mistral", kAssistant, kName},
    {"mistral.ai", kAssistant, kSite},
    {"mojeek", kSearch, kBrand},
    {"msn", kSearch, kName},
    {"msn.com", kSearch, kSite},
    {"myspace", kSocial, kBrand},
    {"naver", kSearch, kBrand},
    {"netflix", kVideo, kBrand},
    {"news.ycombinator.com", kSocial, kSite},
    {"nextdoor", kSocial, kBrand},
    {"nicovideo.jp", kSocial, kSite},
    {"notebooklm.google.com", kAssistant, kSite},
    {"odnoklassniki.ru", kSocial, kSite},
    {"odysee.com", kVideo, kSite},
    {"ok.ru", kSocial, kSite},
    {"onet.pl", kSearch, kSite},
    {"openai", kAssistant, kName},
    {"openai.com", kAssistant, kSite},
    {"outlook", kEmail, kName},
    {"outlook.live.com", kEmail, kSite},
    {"outlook.office.com", kEmail, kSite},
    {"outlook.office365.com", kEmail, kSite},
    {"perplexity", kAssistant, kBrand},
    {"petalsearch.com", kSearch, kSite},
    {"phind", kAssistant, kBrand},
    {"pi.ai", kAssistant, kSite},
    {"pin.it", kSocial, kSite},
    {"pinterest", kSocial, kBrand},
    {"plus.google.com", kSocial, kSite},
    {"plus.url.google.com", kSocial, kSite},
    {"pocket.co", kSocial, kSite},
    {"poe.com", kAssistant, kSite},
    {"presearch.com", kSearch, kSite},
    {"pulse.yahoo.com", kSocial, kSite},
    {"quora", kSocial, kBrand},
    {"qwant", kSearch, kBrand},
    {"qzone.qq.com", kSocial, kSite},
    {"rakuten.co.jp", kSearch, kSite},
    {"rambler", kSearch, kBrand},
    {"redd.it", kSocial, kSite},
    {"reddit", kSocial, kBrand},
    {"researchgate.net", kSocial, kSite},
    {"rumble.com", kVideo, kSite},
    {"search.brave.com", kSearch, kSite},
    {"search.ukr.net", kSearch, kSite},
    {"sendgrid", kEmail, kName},
    {"serverfault.com", kSocial, kSite},
    {"seznam", kSearch, kBrand},
    {"shop.app", kShopping, kSite},
    {"shopify", kShopping, kBrand},
    {"shopping.google.com", kShopping, kSite},
    {"shopping.naver.com", kShopping, kSite},
    {"shopping.yahoo.co.jp", kShopping, kSite},
    {"shopping.yahoo.com", kShopping, kSite},
    {"shopzilla", kShopping, kBrand},
    {"sites.google.com", kSocial, kSite},
    {"skype", kSocial, kBrand},
    {"slashdot.org", kSocial, kSite},
    {"slideshare.net", kSocial, kSite},
    {"snapchat", kSocial, kBrand},
    {"so.com", kSearch, kSite},
    {"social", kSocial, kName},
    {"sogou", kSearch, kBrand},
    {"stackexchange", kSocial, kBrand},
    {"stackoverflow", kSocial, kBrand},
    {"startpage", kSearch, kBrand},
    {"stripe", kShopping, kBrand},
    {"superuser.com", kSocial, kSite},
    {"support.google.com", kOther, kSite},
    {"swisscows", kSearch, kBrand},
    {"t.co", kSocial, kSite},
    {"t.me", kSocial, kSite},
    {"ted", kVideo, kName},
    {"ted.com", kVideo, kSite},
    {"telegram", kSocial, kName},
    {"telegram.org", kSocial, kSite},
    {"temu.com", kShopping, kSite},
    {"threads", kSocial, kName},
    {"threads.com", kSocial, kSite},
    {"threads.net", kSocial, kSite},
    {"tiktok", kSocial, kBrand},
    {"translate.google.com", kOther, kSite},
    {"tripadvisor", kSocial, kBrand},
    {"tumblr", kSocial, kBrand},
    {"twitch", kVideo, kBrand},
    {"twitter", kSocial, kBrand},
    {"veoh", kVideo, kBrand},
    {"vimeo", kVideo, kBrand},
    {"vk", kSocial, kName},
    {"vk.com", kSocial, kSite},
    {"vkontakte.ru", kSocial, kSite},
    {"wa.me", kSocial, kSite},
    {"walmart", kShopping, kBrand},
    {"wattpad", kSocial, kBrand},
    {"wechat", kSocial, kBrand},
    {"weibo", kSocial, kBrand},
    {"weixin.qq.com", kSocial, kSite},
    {"whatsapp", kSocial, kBrand},
    {"wistia", kVideo, kBrand},
    {"wordpress", kSocial, kBrand},
    {"x", kSocial, kName},
    {"x.ai", kAssistant, kSite},
    {"x.com", kSocial, kSite},
    {"xiaohongshu.com", kSocial, kSite},
    {"xing", kSocial, kBrand},
    {"ya.ru", kSearch, kSite},
    {"yahoo", kSearch, kBrand},
    {"yandex", kSearch, kBrand},
    {"yelp", kSocial, kBrand},
    {"you.com", kAssistant, kSite},
    {"youku", kVideo, kBrand},
    {"youtu.be", kVideo, kSite},
    {"youtube", kVideo, kBrand},
    {"zalando", kShopping, kBrand},
    {"zhihu.com", kSocial, kSite},
});
static_assert(std::is_sorted(kRows.begin(), kRows.end(), [](const Row& a, const Row& b) { return a.name < b.name; }));

constexpr std::size_t kLongestHostBytes = 253;  // RFC 1035, 2.3.4
constexpr std::size_t kDeepestLabels = 6;       // labels looked at, from the right

const Row* find_row(std::string_view name) {
  const auto place = std::lower_bound(kRows.begin(), kRows.end(), name,
                                      [](const Row& row, std::string_view wanted) { return row.name < wanted; });
  return place != kRows.end() && place->name == name ? &*place : nullptr;
}

/// "com", "de", "co.uk", "com.br": endings under which well-known brands own their names.
bool is_public_ending(std::string_view ending) {
  constexpr std::array<std::string_view, 3> kGeneral{"com", "net", "org"};
  constexpr std::array<std::string_view, 5> kSecondLevel{"co", "com", "net", "org", "ne"};
  const auto is_in = [](const auto& list, std::string_view text) {
    return std::find(list.begin(), list.end(), text) != list.end();
  };
  const std::size_t dot = ending.find('.');
  if (dot == std::string_view::npos) return ending.size() == 2 || is_in(kGeneral, ending);
  return is_in(kSecondLevel, ending.substr(0, dot)) && ending.size() - dot - 1 == 2;
}

/// The row of a domain as it stands, without looking below it; nullptr when there is none.
const Row* row_of_domain(std::string_view domain) {
  const Row* row = find_row(domain);
  if (row != nullptr) return row;
  const std::size_t dot = domain.find('.');
  if (dot == std::string_view::npos || !is_public_ending(domain.substr(dot + 1))) return nullptr;
  row = find_row(domain.substr(0, dot));
  return row != nullptr && row->reach == kBrand ? row : nullptr;
}

/// Drops labels from the left until `kDeepestLabels` are left.
std::string_view last_labels(std::string_view host) {
  std::size_t labels = 1;
  for (std::size_t i = host.size(); i > 0; --i) {
    if (host[i - 1] == '.' && ++labels > kDeepestLabels) return host.substr(i);
  }
  return host;
}

}  // namespace

std::string_view bare_host(std::string_view host) {
  constexpr std::string_view kPrefix = "www.";
  if (host.ends_with('.')) host.remove_suffix(1);
  const bool prefixed = host.size() > kPrefix.size() && std::equal(kPrefix.begin(), kPrefix.end(), host.begin(),
                                                                   [](char a, char b) { return a == lower(b); });
  return prefixed ? host.substr(kPrefix.size()) : host;
}

SourceCategory source_category(std::string_view source) {
  const std::string_view bare = bare_host(source);
  if (bare.empty() || bare.size() > kLongestHostBytes) return kUnknown;
  std::array<char, kLongestHostBytes> buffer;
  std::transform(bare.begin(), bare.end(), buffer.begin(), lower);
  const std::string_view name{buffer.data(), bare.size()};
  if (name.find('.') == std::string_view::npos) {
    const Row* row = find_row(name);
    return row == nullptr ? kUnknown : row->category;
  }
  for (std::string_view domain = last_labels(name);;) {
    const std::size_t dot = domain.find('.');
    if (dot == std::string_view::npos) return kUnknown;
    const Row* row = row_of_domain(domain);
    if (row != nullptr) return row->category;
    domain.remove_prefix(dot + 1);
  }
}

}  // namespace weir
