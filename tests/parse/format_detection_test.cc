// Which format a file is of, and which hits of an access log are pages.
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>

#include "format_support.h"
#include "support/files.h"
#include "support/golden.h"
#include "weir/parse/parser.h"

namespace weir::test {
namespace {

std::string_view detected(std::string_view head) {
  const FormatRow* const row = detect_format(head);
  return row == nullptr ? "none" : row->name;
}

constexpr std::string_view kNative = R"({"type":"page_view","ts":1,"visitor":"v","url":"/","status":200})";
constexpr std::string_view kCombined = R"(1.2.3.4 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 5 "-" "-")";

TEST(DetectFormat, the_golden_files_of_each_format_are_recognised) {
  const std::filesystem::path folder = support::golden_folder("formats");
  for (const std::string name :
       {"combined/combined", "combined/common", "combined/host_in_front", "nginx_json/recommended",
        "nginx_json/aliases", "caddy/caddy", "ga4/single", "matomo/requests", "matomo/bulks_in_lines"}) {
    EXPECT_EQ(detected(support::read_whole_file(folder / (name + ".lines"))), name.substr(0, name.find('/'))) << name;
  }
}

TEST(DetectFormat, what_other_tools_send_is_recognised_line_by_line) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"segment", R"({"type":"track","event":"Signed Up","anonymousId":"a","messageId":"m"})"},
      {"segment", R"({"batch":[{"type":"page","name":"Home","userId":"u","properties":{"path":"/"}}]})"},
      {"plausible", R"({"name":"pageview","url":"https://shop.example/","domain":"shop.example"})"},
      {"plausible", R"({"n":"pageview","u":"https://shop.example/","d":"shop.example","r":null})"},
      {"umami", R"({"type":"event","payload":{"website":"w","hostname":"shop.example","url":"/"}})"},
      {"ga4_mp",
       R"({"client_id":"1.2","events":[{"name":"page_view","params":{"page_location":"https://a.example/"}}]})"},
      {"native", R"({"type":"track","visitor":"a"})"},
      {"native", R"({"type":"custom","name":"payload","visitor":"a"})"},
  };
  for (const auto& [format, line] : cases) EXPECT_EQ(detected(std::string(line) + "\n"), format) << line;
}

TEST(DetectFormat, native_events_are_recognised_alone_and_in_arrays) {
  const std::string event(kNative);
  for (const std::string& head : {event, event + "\n", "[" + event + "," + event + "]\n", "\xEF\xBB\xBF" + event,
                                  "\r\n\r\n  " + event + "\r\n", event + "\n{\"type\":\"x\",\"ha"}) {
    EXPECT_EQ(detected(head), "native") << head;
  }
}

TEST(DetectFormat, most_lines_decide_and_bad_ones_do_not_hide_the_format) {
  const std::string good = std::string(kCombined) + "\n";
  EXPECT_EQ(detected("junk\n" + good + "more junk\n"), "combined");
  EXPECT_EQ(detected(good + good + std::string(kNative) + "\n"), "combined");
  EXPECT_EQ(detected(std::string(kNative) + "\n" + good.substr(0, 60)), "native");
}

TEST(DetectFormat, a_text_without_lines_is_native_and_a_foreign_one_nothing) {
  for (const std::string_view head : {"", "\n\n", " \r\n"}) EXPECT_EQ(detected(head), "native");
  for (const std::string_view head : {"hello\n", "{}\n", "{\"a\":1}\n", "a,b,c\n1,2,3\n", "\x1F\x8B\x08", "\1\2\3\n"}) {
    EXPECT_EQ(detected(head), "none") << head;
  }
}

TEST(DetectFormat, every_name_is_listed_once) {
  std::set<std::string_view> names;
  for (const FormatRow& row : format_table()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_EQ(find_format(row.name), &row);
  }
}

bool is_page(const std::string& method, const std::string& target, int status, const AccessLogOptions& options) {
  ParserOptions all;
  all.access_log = options;
  const std::string line = "1.2.3.4 - - [17/May/2015:10:05:03 +0000] \"" + method + " " + target + " HTTP/1.1\" " +
                           std::to_string(status) + " 5";
  return !events_of("combined", line, Framing::kLines, {}, all)[0].contains("resource");
}

TEST(PageLike, the_default_takes_pages_as_they_are_and_failed_ones) {
  struct Case {
    const char* method;
    const char* target;
    int status;
    bool page;
  };
  for (const Case& c : std::initializer_list<Case>{{"GET", "/", 200, true},
                                                   {"GET", "/a.html", 200, true},
                                                   {"GET", "/a.php?x=b.png", 200, true},
                                                   {"GET", "/a", 304, true},
                                                   {"GET", "/a", 301, true},
                                                   {"GET", "/a", 503, true},
                                                   {"GET", "/a", 404, false},
                                                   {"GET", "/a", 101, false},
                                                   {"HEAD", "/", 200, false},
                                                   {"POST", "/", 200, false},
                                                   {"GET", "/a.png", 200, false},
                                                   {"GET", "/a.PNG?x", 200, false},
                                                   {"GET", "/a.png/b", 200, true},
                                                   {"GET", "/v1.2/about", 200, true},
                                                   {"GET", "/.well-known", 200, true},
                                                   {"GET", "/a.b#c.png", 200, true},
                                                   {"GET", "/favicon.ico", 200, false},
                                                   {"GET", "*", 200, false},
                                                   {"GET", "/a.", 200, true},
                                                   {"GET", "/a.averyverylongextension", 200, true}}) {
    EXPECT_EQ(is_page(c.method, c.target, c.status, {}), c.page) << c.method << c.target << c.status;
  }
}

TEST(PageLike, methods_statuses_extensions_and_paths_are_configurable) {
  AccessLogOptions options;
  options.methods = {"POST", "HEAD"};
  options.statuses = {"404", "1xx"};
  options.static_extensions = {"page", "a"};
  options.ignored_paths = {"/api/", "/healthz"};
  EXPECT_TRUE(is_page("POST", "/a.png", 404, options));
  EXPECT_TRUE(is_page("HEAD", "/api", 199, options));
  EXPECT_FALSE(is_page("GET", "/a", 404, options));
  EXPECT_FALSE(is_page("POST", "/a", 200, options));
  EXPECT_FALSE(is_page("POST", "/x.Page", 404, options));
  EXPECT_FALSE(is_page("POST", "/api/x", 404, options));
  EXPECT_FALSE(is_page("POST", "/healthz", 404, options));
  options.statuses.clear();
  EXPECT_FALSE(is_page("POST", "/", 404, options));
}

TEST(PageLike, the_configured_host_stands_in_for_one_the_log_does_not_have) {
  ParserOptions options;
  options.access_log.host = "shop.example";
  EXPECT_EQ(events_of("combined", kCombined, Framing::kLines, {}, options)[0]["url"], "//shop.example/");
  EXPECT_EQ(events_of("combined", "other.example " + std::string(kCombined), Framing::kLines, {}, options)[0]["url"],
            "//other.example/");
}

}  // namespace
}  // namespace weir::test
