// Posts every tests/golden/bad_input/NAME.ndjson as one body to a running HTTP source with the whole pipeline behind
// it, and compares what comes of it with NAME.expected: the reply, the dead letters, the counters and the rows of the
// report. NAME.yaml beside it is the configuration, NAME.headers the headers of the request, one per line. The server's
// clock stands at noon of 2026-01-01. WEIR_UPDATE_GOLDEN=1 writes .expected anew: read the difference.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "support/exposition.h"
#include "support/files.h"
#include "support/golden.h"
#include "support/http_client.h"
#include "support/io_thread.h"
#include "support/process.h"
#include "support/text.h"
#include "weir/app/config.h"
#include "weir/core/time_text.h"
#include "weir/kpi/kpi_table.h"
#include "weir/pipeline/pipeline.h"

namespace weir {
namespace {

const std::filesystem::path kFolder = support::golden_folder("bad_input");
constexpr TimeMs kNowMs = 1'767'268'800'000;  // 2026-01-01T12:00:00Z
constexpr std::string_view kDefaultYaml = "rollups: {landing: {dimensions: [landing_page], limit: 100}}\n";

std::string beside(std::filesystem::path input, std::string_view extension) {
  return support::read_whole_file(input.replace_extension(extension));
}

/// The configuration of a case, with all that must not depend on the machine.
Config config_of(const std::filesystem::path& input, const std::string& dead_letter_path) {
  std::string yaml = beside(input, ".yaml");
  if (yaml.empty()) yaml = kDefaultYaml;
  const Result<Config> read = parse_config(yaml, input.stem().string() + ".yaml");
  EXPECT_TRUE(read) << (read ? "" : read.error().message);
  Config config = read ? *read : default_config();
  config.sources.http.listen = {"127.0.0.1", 0};
  config.pipeline.shards = 2;
  config.pipeline.hash_seed = 1;
  config.pipeline.reader.dead_letter_path = dead_letter_path;
  return config;
}

support::HttpHeaders headers_of(const std::filesystem::path& input) {
  support::HttpHeaders headers;
  std::istringstream lines(beside(input, ".headers"));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t colon = line.find(": ");
    EXPECT_NE(colon, std::string::npos) << line;
    if (colon != std::string::npos) headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
  }
  return headers;
}

std::unique_ptr<Source> start_http(const Config& config, const SourceContext& context) {
  for (const SourceRow& row : source_table()) {
    if (row.name != "http") continue;
    Result<std::unique_ptr<Source>> source = row.start(config.sources, context);
    if (source) return std::move(*source);
    ADD_FAILURE() << source.error().message;
  }
  return nullptr;
}

/// Everything a case leaves behind.
struct Outcome {
  support::HttpReply reply;
  std::shared_ptr<const Report> report;
  std::string dead_letters;
};

Outcome run_case(const std::filesystem::path& input) {
  const support::TemporaryFolder folder;
  const std::string dead_letter_path = folder.path("dead_letters");
  const Config config = config_of(input, dead_letter_path);
  const ManualClock clock(kNowMs);
  Result<std::unique_ptr<Pipeline>> pipeline = Pipeline::start({config.pipeline, PipelineMode::kServe, 0}, clock);
  if (!pipeline) {
    ADD_FAILURE() << pipeline.error().message;
    return {};
  }
  StatBoard stats;
  StatBoard tail_stats;
  support::IoThread thread;
  const SourceContext context{thread.io(), **pipeline, stats, {}, tail_stats, {}};
  std::unique_ptr<Source> source = thread.run([&] { return start_http(config, context); });
  if (source == nullptr) return {};
  Outcome outcome;
  outcome.reply =
      support::http_request(source->port(), "POST", "/v1/events", headers_of(input), support::read_whole_file(input));
  thread.run([&] { source.reset(); });
  outcome.report = (*pipeline)->finish();
  outcome.dead_letters = support::read_whole_file(dead_letter_path);
  return outcome;
}

/// In the order of their texts: what is late is written by shards, when they come to it.
std::string sorted_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  std::sort(lines.begin(), lines.end());
  std::string sorted;
  for (const std::string& line : lines) (sorted += line) += '\n';
  return sorted;
}

/// Counters that moved, but for those about the machine.
std::string counters_text(const StatValues& stats) {
  std::string text;
  for (const StatRow& row : stat_table()) {
    if (row.kind != StatKind::kCounter || stats[row.stat] == 0 || row.stat == Stat::kBackpressureWaits) continue;
    const std::string label =
        row.label_name.empty() ? "" : fmt::format("{{{}=\"{}\"}}", row.label_name, row.label_value);
    text += fmt::format("{}{} {}\n", row.family, label, stats[row.stat]);
  }
  return text;
}

std::string totals_text(const Totals& totals) {
  std::string text;
  for (const PartRow& row : part_table()) {
    const std::int64_t sum = totals[row.part];
    if (sum != 0) text += fmt::format(" {} {}", row.name, static_cast<double>(sum) * row.scale);
  }
  std::map<std::string, double> revenue;
  for (const Money& money : totals.revenue()) revenue[currency_code(money.currency)] = from_nanos(money.nanos);
  for (const auto& [currency, sum] : revenue) text += fmt::format(" revenue {} {}", sum, currency);
  return text;
}

std::string funnels_text(const Totals& totals, const FunnelSet& funnels) {
  std::string text;
  for (std::size_t f = 0; f < funnels.size(); ++f) {
    const Funnel& funnel = funnels.funnels()[f];
    for (std::size_t step = 1; step <= funnel.steps.size(); ++step) {
      text += fmt::format("    {} {}: {}", funnel.name, funnel.steps[step - 1].name,
                          totals.funnel_reached(funnels, f, step));
      for (std::size_t cause = 0; step < funnel.steps.size() && cause < kLeakCauseCount; ++cause) {
        const std::int64_t count = totals.funnel_leaked(funnels, f, step, static_cast<LeakCause>(cause));
        if (count != 0) text += fmt::format(" {} {}", kLeakCauseNames[cause], count);
      }
      text += '\n';
    }
  }
  return text;
}

/// Text as JSON writes it, in plain ASCII: what looks alike is told apart.
std::string quoted(const std::string& text) { return nlohmann::json(text).dump(-1, ' ', true); }

std::string rows_text(const Report& report) {
  std::string text;
  for (std::size_t rollup = 0; rollup < report.rollups.size(); ++rollup) {
    const Rollup& spec = report.rollup_specs[rollup];
    for (const CellTotals& cell : report.rollups[rollup].cells) {
      text += fmt::format("{}: site={}", spec.name, quoted(cell.labels[0]));
      for (std::size_t i = 0; i < spec.dimensions.size(); ++i) {
        text += fmt::format(" {}={}", label_of(spec.dimensions[i]), quoted(cell.labels[i + 1]));
      }
      text += fmt::format("\n   {}\n", totals_text(cell.totals)) + funnels_text(cell.totals, *report.funnels);
    }
  }
  return text;
}

std::string time_text(std::optional<TimeMs> time_ms) { return time_ms ? format_rfc3339(*time_ms) : "none"; }

/// Each refused line of a reply on a line of its own.
std::string reply_text(const support::HttpReply& reply) {
  const std::string body = support::replaced(reply.body, "{\"line\"", "\n  {\"line\"");
  return fmt::format("reply {}\n", reply.status) + body;
}

std::string transcript(const Outcome& outcome) {
  const Report& report = *outcome.report;
  return reply_text(outcome.reply) + "\ndead letters\n" + sorted_lines(outcome.dead_letters) + "\ncounters\n" +
         counters_text(report.stats) +
         fmt::format("\nsessions from {} to {}\n", time_text(report.first_event_ms), time_text(report.last_event_ms)) +
         rows_text(report);
}

/// Whatever came in, the scrape is sound and has no series but ours.
void expect_sound_scrape(const Report& report) {
  const support::Exposition scrape = support::read_exposition(render_prometheus(report, SinkOptions{}));
  for (const std::string& error : scrape.errors) ADD_FAILURE() << error;
  for (const support::Sample& sample : scrape.samples) {
    EXPECT_TRUE(sample.name.starts_with("weir_") || sample.name.starts_with("process_")) << sample.name;
    for (const char* label : {"job", "instance"}) EXPECT_FALSE(sample.labels.contains(label)) << sample.name;
  }
}

TEST(GoldenBadInput, every_case_gives_what_it_expects) {
  for (const std::filesystem::path& input : support::files_in(kFolder, {".ndjson"})) {
    SCOPED_TRACE(input.stem());
    const Outcome outcome = run_case(input);
    ASSERT_NE(outcome.report, nullptr);
    EXPECT_EQ(outcome.report->stats[Stat::kQueued], 0);
    expect_sound_scrape(*outcome.report);
    support::expect_golden(input, transcript(outcome));
  }
}

TEST(GoldenBadInput, no_file_is_without_its_input) {
  support::expect_inputs(kFolder, {".expected", ".yaml", ".headers"}, {".ndjson"});
}

TEST(GoldenBadInput, there_is_a_case_for_every_reason) {
  std::string expected;
  for (const std::filesystem::path& file : support::files_in(kFolder, {".expected"})) {
    expected += support::read_whole_file(file);
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(Rejection::kCount); ++i) {
    if (static_cast<Rejection>(i) == Rejection::kBadNumber) continue;  // no field must be a number
    const std::string_view reason = name_of(static_cast<Rejection>(i));
    EXPECT_NE(expected.find(fmt::format("{{reason=\"{}\"}}", reason)), std::string::npos) << reason;
  }
}

}  // namespace
}  // namespace weir
