// The table for people: golden texts, and that no label, number or width breaks a line. Widths are checked with
// the C library's own table of characters.
#include <gtest/gtest.h>
#include <wchar.h>

#include <clocale>

#include "report_samples.h"
#include "support/seed.h"
#include "weir/core/text.h"
#include "weir/sink/display.h"
#include "weir/sink/sinks.h"

namespace weir {
namespace {

/// Columns by the C library's own table of characters; -1 when a character must not be printed.
int library_width(const std::string& text) {
  int width = 0;
  std::mbstate_t state{};
  for (std::size_t i = 0; i < text.size();) {
    wchar_t character = 0;
    const std::size_t size = std::mbrtowc(&character, text.data() + i, text.size() - i, &state);
    if (size == 0 || size > 4) return -1;
    i += size;
    if (static_cast<unsigned>(character) < 0x20 || character == 0x7F) return -1;
    width += std::max(0, wcwidth(character));
  }
  return width;
}

std::vector<std::string> table_lines(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\n', start);
    lines.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return lines;
}

TEST(TerminalTable, small_report) {
  SinkOptions options;
  options.width = 100;
  EXPECT_EQ(render_table(small_report(), options),
            "11 events counted, 2 rejected (bad_url 2), 1 late, 0 duplicate, 1 queued\n"
            "5 sessions, 2026-01-01 00:00:00 to 2026-01-01 00:04:05 UTC\n"
            "\n"
            "landing page  sessions  bounce  pages  dwell p50    p95   conv  orders     revenue   leak\n"
            "/                    4   50.0%   2.25      11.9s  2m06s  25.0%       2  30.50 EUR+  50.0%\n"
            "/cart                1  100.0%   1.00          -      -   0.0%       0           -      -\n"
            "leak: sessions of funnel checkout lost between product and purchase\n"
            "\n"
            "window                      sessions  bounce  pages  dwell p50    p95   conv     revenue   leak\n"
            " 5m to 2026-01-01 00:05:00         5   60.0%   2.00      11.9s  2m06s  20.0%  30.50 EUR+  50.0%\n");
}

TEST(TerminalTable, unknown_is_a_dash_and_never_zero) {
  Report report = small_report();
  report.rollups[0].cells = {{{"shop", "(none)"}, totals_of({{.page_views = 0, .landed = false}}, *report.funnels, 1)}};
  const std::vector<std::string> lines = table_lines(render_table(report, {}));
  EXPECT_EQ(lines[4], "(none)               1       -      -          -    -  0.0%     -") << lines[4];
}

TEST(TerminalTable, no_sessions_is_a_sentence) {
  Report report;
  EXPECT_EQ(render_table(report, {}),
            "0 events counted, 0 rejected, 0 late, 0 duplicate\nNo sessions yet: no events have come in.\n");
  report.stats[Stat::kReceivedFile] = 3;
  report.stats[Stat::kRejectedMalformed] = 3;
  EXPECT_EQ(render_table(report, {}),
            "0 events counted, 3 rejected (malformed 3), 0 late, 0 duplicate\n"
            "No sessions yet: none of the events that came in could be counted.\n");
  report.stats[Stat::kRejectedMalformed] = 2;
  report.stats[Stat::kQueued] = 1;
  EXPECT_EQ(render_table(report, {}),
            "0 events counted, 2 rejected (malformed 2), 0 late, 0 duplicate, 1 queued\n"
            "No sessions yet: the first events are still being put in order.\n");
}

TEST(TerminalTable, rows_beyond_the_limit_are_counted) {
  const Report report = big_report(488);
  SinkOptions options;
  const std::string text = render_table(report, options);
  EXPECT_NE(text.find("\n... and 468 more\n"), std::string::npos) << text;
  EXPECT_NE(text.find("/value/19 "), std::string::npos);
  EXPECT_EQ(text.find("/value/20 "), std::string::npos);
  options.rows = 0;
  EXPECT_NE(render_table(report, options).find("\n... and 488 more\n"), std::string::npos);
  options.rows = 488;
  EXPECT_EQ(render_table(report, options).find("more\n"), std::string::npos);
}

TEST(TerminalTable, an_unknown_rollup_shows_the_first) {
  const Report report = big_report(2);
  SinkOptions site;
  site.rollup = "site";
  SinkOptions unknown;
  unknown.rollup = "nonsense";
  SinkOptions channel;
  channel.rollup = "channel";
  EXPECT_EQ(render_table(report, unknown), render_table(report, site));
  EXPECT_NE(render_table(report, channel), render_table(report, site));
}

TEST(TerminalTable, sites_are_named_only_when_there_are_several) {
  Report report = small_report();
  EXPECT_EQ(render_table(report, {}).find("shop"), std::string::npos);
  add_cell(report, 0, {"blog", "/"}, {{.page_views = 1}});
  EXPECT_NE(render_table(report, {}).find("\nblog  / "), std::string::npos);
}

TEST(TerminalTable, a_series_of_windows_shows_its_newest_moments) {
  Report report = small_report();
  report.windows[0].length_ms = 300'000;
  for (int i = 1; i < 50; ++i) {
    WindowTotals next = report.windows.back();
    next.at_ms += 60'000;
    report.windows.push_back(std::move(next));
  }
  const std::string text = render_table(report, {});
  EXPECT_NE(text.find("\n 5m to 2026-01-01 00:54:00 "), std::string::npos) << text;
  EXPECT_EQ(text.find("00:05:00 "), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with("... and 30 earlier\n")) << text;
}

TEST(TerminalTable, narrow_terminals_drop_figures_but_keep_sessions) {
  SinkOptions options;
  for (options.width = 20; options.width < 120; ++options.width) {
    const std::string text = render_table(small_report(), options);
    EXPECT_NE(text.find("  sessions"), std::string::npos) << options.width << "\n" << text;
  }
  options.width = 40;
  const std::string narrow = render_table(small_report(), options);
  EXPECT_EQ(narrow.find("revenue"), std::string::npos);
  EXPECT_EQ(narrow.find("leak"), std::string::npos) << "no note without its column";
  EXPECT_NE(narrow.find("bounce"), std::string::npos);
}

TEST(TerminalTable, colour_only_when_asked) {
  SinkOptions options;
  EXPECT_EQ(render_table(big_report(30), options).find('\x1b'), std::string::npos);
  options.color = true;
  std::string text = render_table(big_report(30), options);
  EXPECT_NE(text.find("\x1b[1m"), std::string::npos);
  for (const std::string_view code : {"\x1b[1m", "\x1b[2m", "\x1b[0m"}) {
    for (std::size_t at = text.find(code); at != std::string::npos; at = text.find(code)) text.erase(at, code.size());
  }
  options.color = false;
  EXPECT_EQ(text, render_table(big_report(30), options));
}

TEST(TerminalTable, no_line_is_wider_than_the_terminal_whatever_the_labels) {
  ASSERT_NE(std::setlocale(LC_CTYPE, "C.UTF-8"), nullptr);
  std::mt19937_64 random(support::test_seed());
  for (int round = 0; round < 400; ++round) {
    Report report = small_report();
    report.funnels = std::make_shared<const FunnelSet>(
        std::vector<Funnel>{{hostile_text(random, 30), {{hostile_text(random, 60), {}, "*"}, {"b", {}, "*"}}}}, 3000);
    report.rollups[0].cells.clear();
    for (std::size_t i = 0; i < kStatCount; ++i) {
      report.stats[static_cast<Stat>(i)] = static_cast<std::int64_t>(random() >> (random() % 64) >> 8);
    }
    const std::size_t cells = 1 + random() % 5;
    for (std::size_t i = 0; i < cells; ++i) {
      const double dwell = static_cast<double>(random() % 4'000'000);
      const Money money{pack_currency("EUR"), to_nanos(static_cast<double>(random() >> (random() % 64)) / 1e5)};
      add_cell(report, 0, {hostile_text(random, 20), hostile_text(random, 150)},
               {{.page_views = static_cast<std::uint32_t>(random()),
                 .dwell_seconds = dwell,
                 .orders = 1,
                 .revenue = {money},
                 .funnel_reached = 1}});
    }
    SinkOptions options;
    options.width = random() % 200;
    for (const std::string& line : table_lines(render_table(report, options))) {
      ASSERT_TRUE(is_valid_utf8(line));
      const int width = library_width(line);
      ASSERT_GE(width, 0) << "a character that must not be printed";
      ASSERT_LE(width, static_cast<int>(options.width)) << line;
    }
  }
}

TEST(Display, width_is_never_less_than_the_c_library_says) {
  ASSERT_NE(std::setlocale(LC_CTYPE, "C.UTF-8"), nullptr);
  for (char32_t code_point = 0x20; code_point <= 0x10FFFF; ++code_point) {
    if (code_point >= 0xD800 && code_point <= 0xDFFF) continue;
    std::mbstate_t state{};
    std::array<char, 8> bytes{};
    const std::size_t size = std::wcrtomb(bytes.data(), static_cast<wchar_t>(code_point), &state);
    ASSERT_LE(size, 4U);
    const int width = wcwidth(static_cast<wchar_t>(code_point));
    ASSERT_GE(static_cast<int>(display_width({bytes.data(), size})), width) << std::hex << std::uint32_t{code_point};
  }
}

TEST(Display, figures_for_people) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(1000), "1,000");
  EXPECT_EQ(format_count(-1234567), "-1,234,567");
  EXPECT_EQ(format_count(123456), "123,456");
  EXPECT_EQ(format_short_count(999'999), "999,999");
  EXPECT_EQ(format_short_count(1'234'567), "1.23M");
  EXPECT_EQ(format_short_count(99'949'999), "99.9M");
  EXPECT_EQ(format_short_count(99'950'001), "100M");
  EXPECT_EQ(format_short_count(999'500'001), "1.00G");
  EXPECT_EQ(format_short_count(4.5e12), "4.50T");
  EXPECT_EQ(format_short_count(1e18), "1.00e+18");
  EXPECT_EQ(format_dwell(0), "0.0s");
  EXPECT_EQ(format_dwell(6.4), "6.4s");
  EXPECT_EQ(format_dwell(59.94), "59.9s");
  EXPECT_EQ(format_dwell(59.96), "1m00s");
  EXPECT_EQ(format_dwell(125), "2m05s");
  EXPECT_EQ(format_dwell(3599.6), "1h00m");
  EXPECT_EQ(format_dwell(3720), "1h02m");
  EXPECT_EQ(format_dwell(86'400 * 3 + 4 * 3600), "3d04h");
  EXPECT_EQ(format_percent(0.0357), "3.6%");
  EXPECT_EQ(format_percent(1), "100.0%");
}

TEST(Display, long_text_is_cut_in_the_middle_at_character_borders) {
  EXPECT_EQ(fit_to_width("/products/shoes", 15), "/products/shoes");
  EXPECT_EQ(fit_to_width("/products/shoes", 9), "/pro…hoes");
  EXPECT_EQ(fit_to_width("/products/shoes", 2), "/…");
  EXPECT_EQ(fit_to_width("/products/shoes", 1), "…");
  EXPECT_EQ(fit_to_width("/products/shoes", 0), "");
  EXPECT_EQ(fit_to_width("ééééé", 5), "ééééé");
  EXPECT_EQ(fit_to_width("水水水水", 6), "水…水");
  EXPECT_EQ(fit_to_width("水水水水", 3), "…");
}

TEST(Display, nothing_a_terminal_would_act_upon_is_printed) {
  EXPECT_EQ(printable("a\x1b[31mb\r\n"), "a�[31mb��");
  EXPECT_EQ(printable("a\u202Eb\u200Bc\u2066"), "a�b�c�");
  EXPECT_EQ(printable("a\xFF"), "a�");
  EXPECT_EQ(printable("/é水"), "/é水");
}

}  // namespace
}  // namespace weir
