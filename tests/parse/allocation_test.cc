// Once warm, parsing allocates nothing: counted with operators new and delete of this test binary.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>

#include "support/counted_allocations.h"
#include "weir/parse/line_buffer.h"
#include "weir/parse/parser.h"

namespace weir::test {
namespace {

/// Ten thousand lines of all kinds: plain, escaped, nested, arrays, refused for every reason, oversize.
std::string mixed_lines() {
  const std::array<std::string, 10> kinds{
      R"({"type":"page_view","ts":"2022-10-25T07:49:55.529Z","visitor":"v1","url":"https://shop.example/p?a=b"})",
      R"({"type":"page_view","ts":1767225600123,"url":"\/caf\u00e9","name":"\ud83d\ude00","\u0074erm":"x"})",
      R"({"type":"conversion","value":12.5,"currency":"EUR","order":"o1","x":{"y":[1,2,{"z":null}]}})",
      R"([{"type":"a"},{"type":"b"},3,{"type":"c"}])",
      R"({"type":"page_view"})",
      R"({"type":"\ud800","ts":"nonsense"})",
      R"({"type":"t","ts":"2022-10-25T09:49:55+02:00","value":1e999})",
      R"({"broken":)",
      R"({"type":"deep","x":[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]})",
      "{\"type\":\"bad\xFF\"}",
  };
  std::string text;
  for (std::size_t i = 0; i < 10'000; ++i) {
    text += i % 1000 == 999 ? std::string(20'000, 'x') : kinds[i % kinds.size()];
    text += '\n';
  }
  return text;
}

/// Streams `text` through a line buffer into a parser; the number of events and refusals.
std::size_t run(std::string_view text, LineBuffer& buffer, Parser& parser) {
  std::array<ParsedEvent, 32> events;
  std::size_t total = 0;
  while (!text.empty()) {
    const std::span<char> room = buffer.prepare();
    const std::size_t size = std::min(room.size(), text.size());
    std::copy_n(text.begin(), size, room.begin());
    buffer.commit(size);
    text.remove_prefix(size);
    parser.begin(buffer.take_lines(), Framing::kLines);
    while (const std::size_t count = parser.next(events)) total += count;
    while (!buffer.take_oversize().empty()) ++total;
  }
  return total;
}

TEST(Allocation, ten_thousand_lines_of_any_kind_allocate_nothing) {
  const std::string text = mixed_lines();
  LineBuffer buffer(16 * 1024);
  const std::unique_ptr<Parser> parser = find_format("native")->make({});
  const std::size_t warm_up = run(text, buffer, *parser);
  const std::size_t before = allocations();
  const std::size_t total = run(text, buffer, *parser);
  EXPECT_EQ(allocations() - before, 0U);
  EXPECT_EQ(total, warm_up);
  EXPECT_EQ(total, 10'000U + 3 * 1000U) << "an array of four counts as four";
}

TEST(Allocation, lines_of_access_logs_and_queries_allocate_nothing) {
  const std::array<std::pair<std::string_view, std::string_view>, 5> samples{{
      {"combined",
       R"(a.example 1.2.3.4 - - [17/May/2015:10:05:03 +0000] "GET http://b.example/\x22a\"b HTTP/1.1" 200 5 "\x41" "\"")"},
      {"nginx_json",
       R"({"msec":1767225600.5,"remote_addr":"::1","host":"a.example","request":"GET /\x22\u00e9 HTTP/1.1","x":[[{}]]})"},
      {"caddy",
       R"({"ts":1767225600.5,"request":{"client_ip":"::1","method":"GET","host":"a.example","uri":"/\u00e9"}})"},
      {"ga4", "v=2&en=page%5Fview&cid=5.7&dl=https%3A%2F%2Fa.example%2F&dr=a+b"},
      {"matomo", "?idsite=1&rec=1&url=https%3A%2F%2Fa.example%2F&e_c=a%20b&e_a=c+d"},
  }};
  for (const auto& [format, sample] : samples) {
    std::string text;
    for (int i = 0; i < 2'000; ++i) ((text += sample) += '\n') += "refused\n";
    LineBuffer buffer(16 * 1024);
    const std::unique_ptr<Parser> parser = find_format(format)->make({});
    const std::size_t warm_up = run(text, buffer, *parser);
    const std::size_t before = allocations();
    const std::size_t total = run(text, buffer, *parser);
    EXPECT_EQ(allocations() - before, 0U) << format;
    EXPECT_EQ(total, 4'000U) << format;
    EXPECT_EQ(warm_up, 4'000U) << format;
  }
}

TEST(Allocation, counting_works) {
  const std::size_t before = allocations();
  const std::string text(1000, 'x');
  EXPECT_GT(allocations(), before) << text.size();
}

}  // namespace
}  // namespace weir::test
