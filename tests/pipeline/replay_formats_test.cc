// Replay of files of several formats: each file is read as what it is, and what is nothing is named.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "weir/ingest/routes.h"
#include "weir/parse/parser.h"
#include "weir/pipeline/pipeline.h"
#include "weir/pipeline/replay.h"

namespace weir {
namespace {

constexpr std::string_view kNative =
    R"({"type":"page_view","ts":"2026-01-01T00:00:00Z","visitor":"v","url":"https://shop.example/"})"
    "\n";
constexpr std::string_view kCombined =
    "shop.example 1.2.3.4 - - [01/Jan/2026:00:00:01 +0000] \"GET /a HTTP/1.1\" 200 5 \"-\" \"agent\"\n"
    "shop.example 1.2.3.4 - - [01/Jan/2026:00:00:01 +0000] \"GET /a.css HTTP/1.1\" 200 5 \"-\" \"agent\"\n";
constexpr std::string_view kCaddy =
    R"({"ts":1767225602,"request":{"client_ip":"1.2.3.4","method":"GET","host":"shop.example","uri":"/b",)"
    R"("headers":{"User-Agent":["agent"]}},"status":200})"
    "\n";
constexpr std::string_view kMatomo = "?idsite=1&rec=1&url=https%3A%2F%2Fshop.example%2Fc&cid=a&cdt=1767225603\n";

TEST(Routes, name_formats_of_the_table) {
  for (const Route& route : route_table()) EXPECT_NE(find_format(route.format), nullptr) << route.path;
}

class ReplayFormats : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "weir_formats_XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string file(std::string_view name, std::string_view text) {
    const std::string path = folder_ + "/" + std::string(name);
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  Result<Report> replay(std::vector<std::string> paths, const std::string& format = "auto") {
    FileProgress progress;
    PipelineOptions options;
    options.shards = 1;
    options.windows.rollups = default_rollups();
    return replay_files({std::move(paths), format}, options, 0, progress);
  }

  std::string folder_;
};

TEST_F(ReplayFormats, each_file_is_read_as_the_format_it_is_of) {
  const Result<Report> report =
      replay({file("n", kNative), file("c", kCombined), file("y", kCaddy), file("m", kMatomo), file("e", "")});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->stats[Stat::kReceivedFile], 5);
  EXPECT_EQ(report->stats[Stat::kCountedPageView], 4);
  EXPECT_EQ(report->stats[Stat::kCountedResource], 1);
}

TEST_F(ReplayFormats, a_native_event_behind_a_resource_is_no_resource) {
  // Parsers share their room for events: what one leaves in it must not show in another's.
  std::string css;
  for (int i = 0; i < 64; ++i) css += kCombined.substr(kCombined.find('\n') + 1);
  const Result<Report> report = replay({file("c", css), file("n", kNative)});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->stats[Stat::kCountedResource], 64);
  EXPECT_EQ(report->stats[Stat::kCountedPageView], 1);
}

TEST_F(ReplayFormats, sessions_a_client_calls_other_are_not_among_the_folded_ones) {
  constexpr std::string_view kCalledOther =
      R"({"type":"page_view","ts":"2026-01-01T00:00:00Z","visitor":"v","url":"/","site":"__other__",)"
      R"("campaign":"__other__","device":"__other__"})"
      "\n";
  const Result<Report> report = replay({file("n", kCalledOther)});
  ASSERT_TRUE(report) << report.error().message;
  for (const RollupTotals& rollup : report->rollups) {
    ASSERT_EQ(rollup.cells.size(), 1U);
    EXPECT_EQ(rollup.cells[0].labels[0], "__other__ (sent)");
    for (const std::string& label : rollup.cells[0].labels) EXPECT_NE(label, kOtherLabel);
  }
}

TEST_F(ReplayFormats, the_same_address_and_agent_are_one_visitor_in_all_logs) {
  const Result<Report> report = replay({file("c", kCombined), file("y", kCaddy)});
  ASSERT_TRUE(report) << report.error().message;
  ASSERT_FALSE(report->first_event_ms == std::nullopt);
  EXPECT_EQ(report->stats[Stat::kCountedPageView], 2);
  ASSERT_FALSE(report->rollups.empty());
  ASSERT_EQ(report->rollups[0].cells.size(), 1U);
  EXPECT_EQ(report->rollups[0].cells[0].totals[Part::kSessions], 1);
}

TEST_F(ReplayFormats, a_file_of_no_format_is_named_with_the_formats_there_are) {
  const std::string path = file("x", "date,path\n2026-01-01,/\n");
  const Result<Report> report = replay({path});
  ASSERT_FALSE(report);
  EXPECT_NE(report.error().message.find(path), std::string::npos) << report.error().message;
  EXPECT_NE(report.error().message.find("--format"), std::string::npos) << report.error().message;
  for (const FormatRow& row : format_table()) {
    EXPECT_NE(report.error().message.find(row.name), std::string::npos) << report.error().message;
  }
}

TEST_F(ReplayFormats, a_format_that_is_given_is_not_guessed) {
  const Result<Report> report = replay({file("n", kNative)}, "combined");
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->stats[Stat::kRejectedMalformed], 1);
  const Result<Report> unknown = replay({file("n", kNative)}, "combinde");
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().message.find("combinde"), std::string::npos);
  EXPECT_NE(unknown.error().message.find("combined"), std::string::npos);
}

TEST_F(ReplayFormats, a_large_file_is_read_whole_behind_its_first_lines) {
  std::string text;
  for (int i = 0; i < 5'000; ++i) text += kCombined;
  const Result<Report> report = replay({file("c", text)});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->stats[Stat::kReceivedFile], 10'000);
  EXPECT_EQ(report->stats[Stat::kCountedPageView], 5'000);
}

}  // namespace
}  // namespace weir
