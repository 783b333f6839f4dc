#include "support/random_event.h"

#include <utility>
#include <vector>

#include "support/naive_event.h"

namespace weir::support {
namespace {

/// A JSON object under construction: its members are written in random order.
class Members {
 public:
  void text(const std::string& key, const std::string& value) { raw(key, "\"" + value + "\""); }
  void number(const std::string& key, std::int64_t value) { raw(key, std::to_string(value)); }
  void raw(const std::string& key, const std::string& value) { members_.push_back("\"" + key + "\"" + ":" + value); }

  std::string written(RandomSource& random) {
    random.shuffle(members_);
    const std::string space = random.chance(20) ? " " : "";
    std::string object = "{";
    for (std::size_t i = 0; i < members_.size(); ++i) object += (i == 0 ? "" : "," + space) + members_[i];
    return object + space + "}" + (random.chance(5) ? "\r" : "");
  }

 private:
  std::vector<std::string> members_;
};

std::string time_value(std::int64_t ts_ms, RandomSource& random) {
  const std::string plain = naive_time_text(ts_ms);
  switch (random.between(0, 5)) {
    case 0:
      return "\"" + plain + "\"";
    case 1: {  // the same instant as a clock two hours and a half ahead shows it
      std::string ahead = naive_time_text(ts_ms + 150 * 60'000);
      ahead.pop_back();
      return "\"" + ahead + "+02:30\"";
    }
    case 2:
      return std::to_string(ts_ms * 1000);
    case 3:
      if (ts_ms % 1000 == 0) return std::to_string(ts_ms / 1000);
      return std::to_string(ts_ms);
    case 4:
      if (ts_ms % 1000 == 0) return "\"" + plain.substr(0, 19) + "Z\"";
      return "\"" + plain.substr(0, 23) + "999Z\"";  // digits beyond milliseconds are cut off
    default:
      return std::to_string(ts_ms);
  }
}

/// A text written with its last byte escaped now and then.
std::string maybe_escaped(const std::string& text, RandomSource& random) {
  if (!random.chance(10)) return text;
  static const char* const kDigits = "0123456789abcdef";
  const auto last = static_cast<unsigned char>(text.back());
  return text.substr(0, text.size() - 1) + "\\u00" + kDigits[last >> 4] + kDigits[last & 15];
}

struct Address {
  std::string prefix;  // scheme and host, or empty
  std::string own_referrer;
};

Address random_address(const RandomEventFrame& frame, RandomSource& random) {
  if (frame.default_site) return {};
  if (!frame.site.empty() && random.chance(50)) return {};
  return {random.pick({"https://example.com", "http://Example.COM:8080", "HTTPS://example.com"}),
          "https://example.com/elsewhere"};
}

/// Traffic fields nobody disputes the channel of.
void add_traffic(const Address& address, std::string& query, Members& members, RandomSource& random) {
  if (random.chance(45)) return;
  if (random.chance(50)) {
    const std::string referrer =
        random.pick({"https://www.google.com/", "https://www.facebook.com/page?x=1", "http://blog.neighbour.org/a/b"});
    members.text("referrer", address.own_referrer.empty() || random.chance(80) ? referrer : address.own_referrer);
    return;
  }
  const bool mail = random.chance(50);
  const std::string source = mail ? "newsletter" : "google";
  const std::string medium = mail ? "email" : "cpc";
  const std::string campaign = random.pick({"spring", "autumn", "winter", ""});
  if (random.chance(50)) {
    query = "?utm_source=" + source + "&utm_medium=" + medium;
    if (!campaign.empty()) query += "&utm_campaign=" + campaign + random.pick({"", "%20deal", "+deal", "%2Bone"});
    if (random.chance(20)) members.text("campaign", "own");
  } else {
    members.text("source", source);
    members.text("medium", medium);
    members.text("campaign", campaign);
  }
}

void add_url(const RandomEventFrame& frame, Members& members, RandomSource& random) {
  const Address address = random_address(frame, random);
  std::string path = random.pick({"/", "/pricing", "/pricing/", "/product/1", "/product/2", "/product/10", "/cart",
                                  "/cart//", "/a%20b", "/checkout/done"});
  if (!address.prefix.empty() && random.chance(10)) path = "";
  std::string query = random.chance(10) ? "?page=2&q=a%26b" : "";
  add_traffic(address, query, members, random);
  members.text("url", address.prefix + path + query + random.pick({"", "", "#top", "#a?b/"}));
}

void add_sale(Members& members, RandomSource& random) {
  if (random.chance(70)) members.text("name", random.pick({"purchase", "purchase", "signup", "purchased"}));
  if (random.chance(50)) members.text("order", random.pick({"o1", "o2", "o3", "o4", "o5"}));
  if (random.chance(70)) members.raw("value", random.pick({"19.99", "0.1", "5", "0", "1e3", "1234567.89", "0.3"}));
  if (random.chance(50)) members.text("currency", random.pick({"EUR", "eur", "USD", "GBP", "Euro", "U$D", "", "JPY"}));
}

void add_kind(const RandomEventFrame& frame, Members& members, RandomSource& random) {
  const std::int64_t kind = random.between(1, 100);
  if (kind <= 45) {
    members.text("type", "page_view");
    add_url(frame, members, random);
  } else if (kind <= 60) {
    members.text("type", "conversion");
    add_sale(members, random);
  } else if (kind <= 70) {
    members.text("type", "engagement");
    if (random.chance(80)) members.number("engaged_ms", random.pick<std::int64_t>({0, 1, 3000, 5000, 9999, 10'000}));
  } else if (kind <= 77) {
    members.text("type", "error");
  } else {
    members.text("type", random.pick({"search", "add_to_cart", "add_to_list", "click", "purchase"}));
    if (random.chance(40)) members.text("name", random.pick({"search", "hero", "add_to_cart"}));
  }
  // Events other than page views may tell their url too. Their site must not change by it.
  if (kind > 45 && (frame.default_site || !frame.site.empty())) {
    if (random.chance(30)) add_url(frame, members, random);
  } else if (kind > 45) {
    members.text("url", "https://example.com/somewhere");
  }
}

}  // namespace

std::string random_event_text(const RandomEventFrame& frame, RandomSource& random) {
  Members members;
  members.raw("ts", time_value(frame.ts_ms, random));
  members.text("visitor", maybe_escaped(frame.visitor, random));
  if (!frame.site.empty()) members.text("site", frame.site);
  if (!frame.session.empty()) members.text("session", frame.session);
  if (!frame.id.empty()) members.text("id", maybe_escaped(frame.id, random));
  add_kind(frame, members, random);
  if (random.chance(60)) members.text("device", random.pick({"mobile", "desktop", "tablet", ""}));
  if (random.chance(10)) members.number("status", random.pick<std::int64_t>({200, 404, 499, 500, 503}));
  if (random.chance(15)) members.number("duration_ms", frame.slow_ms + random.between(-1, 1));
  if (random.chance(10)) members.raw("extra", R"({"type":"page_view","list":[1,{"visitor":null}],"text":"\"}{"})");
  return members.written(random);
}

std::string broken_line(std::int64_t ts_ms, RandomSource& random) {
  const std::string ts = std::to_string(ts_ms);
  const std::vector<std::string> lines{
      "not json",
      "{",
      "{}",
      "42",
      "null",
      "\"text\"",
      R"({"type":"page_view","visitor":"v1","url":"/","ts":)" + ts,
      R"({"type":"page_view","visitor":"v1","url":"/","ts":)" + ts + "} x",
      R"({"type":"page_view","visitor":"v1","url":"/","ts":)" + ts + "}}",
      R"({"type":"page_view","visitor":"v1","url":"/ ,"ts":)" + ts + "}",
      R"({"type":"page_view","visitor":"v1","ts":)" + ts + "}",
      R"({"type":"page_view","url":"/","ts":)" + ts + "}",
      R"({"type":"page_view","visitor":"","url":"/","ts":)" + ts + "}",
      R"({"visitor":"v1","url":"/","ts":)" + ts + "}",
      R"({"type":"","visitor":"v1","url":"/","ts":)" + ts + "}",
      R"({"type":7,"visitor":"v1","url":"/","ts":)" + ts + "}",
      R"({"type":"page_view","visitor":"v1","url":"javascript:open","ts":)" + ts + "}",
      R"({"type":"page_view","visitor":"v1","url":"/","ts":"yesterday"})",
      R"({"type":"page_view","visitor":"v1","url":"/","ts":"2026-02-30T00:00:00Z"})",
      R"({"type":"page_view","visitor":"v1","url":"/","ts":true})",
      "{\"type\":\"page_view\",\"visitor\":\"v\xff\",\"url\":\"/\",\"ts\":" + ts + "}",
      R"({"type":"page_view","visitor":"v1","url":"/","ts":)" + ts + R"(,"pad":")" + std::string(17'000, 'x') + "\"}",
  };
  return random.pick(lines);
}

}  // namespace weir::support
