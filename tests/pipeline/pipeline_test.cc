// Tests of the whole pipeline under a clock that moves by hand: time, publishing, conservation and the end.
#include "weir/pipeline/pipeline.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "serving.h"
#include "support/process.h"
#include "support/random_source.h"
#include "support/seed.h"
#include "weir/core/check.h"
#include "weir/net/descriptor.h"
#include "weir/sink/sinks.h"

namespace weir {
namespace {

constexpr TimeMs kPipelineNowMs = 1'700'000'000'000;

std::string view_of(std::string_view visitor, TimeMs ts_ms, std::string_view more = "") {
  return R"({"type":"page_view","url":"https://s.example/","visitor":")" + std::string(visitor) + R"(","ts":)" +
         std::to_string(ts_ms) + std::string(more) + "}";
}

/// A pipeline in serve mode.
PipelineSettings with_shards(PipelineSettings settings, std::size_t shards) {
  settings.options.shards = shards;
  return settings;
}

struct Serve : support::Serve {
  explicit Serve(std::size_t shards = 2, PipelineSettings settings = {})
      : support::Serve(kPipelineNowMs, with_shards(std::move(settings), shards)) {}
};

const CellTotals& site_row(const Report& report) { return report.rollups.at(0).cells.at(0); }

void expect_conserved(const Report& report) {
  EXPECT_EQ(report.stats.received(), report.stats.settled() + report.stats[Stat::kQueued]);
}

TEST(Pipeline, before_the_first_event_there_is_an_empty_report) {
  Serve serve;
  const auto report = serve.pipeline().report();
  ASSERT_NE(report, nullptr);
  EXPECT_EQ(report->rollups.size(), default_rollups().size());
  EXPECT_FALSE(serve.tick()->watermark_ms.has_value());
}

TEST(Pipeline, a_tick_publishes_what_was_taken_in) {
  Serve serve;
  const BodyResult result =
      serve.take(view_of("a", kPipelineNowMs) + "\n" + view_of("b", kPipelineNowMs - 100) + "\nnonsense");
  EXPECT_EQ(result.accepted, 2U);
  EXPECT_EQ(result.rejected, 1U);
  ASSERT_EQ(result.errors.size(), 1U);
  EXPECT_EQ(result.errors[0].line, 3U);
  const auto report = serve.tick();
  EXPECT_EQ(report->stats.received(), 3);
  EXPECT_EQ(report->stats[Stat::kQueued], 2);
  EXPECT_EQ(report->watermark_ms, kPipelineNowMs - 5000);
  expect_conserved(*report);
}

TEST(Pipeline, without_events_time_moves_by_the_clock_after_half_a_second) {
  Serve serve;
  serve.take(view_of("a", kPipelineNowMs));
  serve.pass(500);
  EXPECT_EQ(serve.tick()->watermark_ms, kPipelineNowMs - 5000);
  serve.pass(1);
  EXPECT_EQ(serve.tick()->watermark_ms, kPipelineNowMs - 5000 + 501);
  serve.pass(10'000);
  const auto counted = serve.tick();
  EXPECT_EQ(counted->stats[Stat::kQueued], 0);
  EXPECT_EQ(counted->stats[Stat::kActiveSessions], 1);
  EXPECT_EQ(site_row(*counted).totals[Part::kSessions], 1);
  serve.pass(32 * 60'000);
  const auto closed = serve.tick();
  EXPECT_EQ(closed->stats[Stat::kActiveSessions], 0);
  EXPECT_EQ(closed->rollups.at(0).counters.at(0).counters.totals[Part::kSessions], 1);
}

TEST(Pipeline, while_nothing_comes_sums_stay_and_times_and_windows_move_on) {
  Serve serve;
  serve.take(view_of("a", kPipelineNowMs) + "\n" + view_of("b", kPipelineNowMs));
  serve.pass(10'000);
  const auto first = serve.tick();
  const auto window_of = [](const Report& report) -> const WindowTotals& { return report.windows.at(0); };
  for (TimeMs idle_ms = 250; idle_ms <= 6 * 60'000; idle_ms += 250) {
    serve.pass(250);
    const auto report = serve.tick();
    ASSERT_EQ(report->watermark_ms, *first->watermark_ms + idle_ms);
    ASSERT_EQ(report->stats[Stat::kActiveSessions], 2);
    ASSERT_EQ(site_row(*report).totals[Part::kSessions], 2);
    const WindowTotals& window = window_of(*report);
    ASSERT_EQ(window.at_ms, WindowShape::of(window.length_ms).pane_of(*report->watermark_ms) * 5000);
    std::int64_t sessions = 0;
    for (const CellTotals& cell : window.cells) sessions += cell.totals[Part::kSessions];
    ASSERT_EQ(sessions, kPipelineNowMs > window.at_ms - window.length_ms ? 2 : 0) << idle_ms;
    expect_conserved(*report);
  }
  serve.take(view_of("c", kPipelineNowMs + 10'000 + 6 * 60'000));
  serve.take("nonsense");
  serve.pass(7000);
  const auto more = serve.tick();
  EXPECT_EQ(site_row(*more).totals[Part::kSessions], 3);
  EXPECT_EQ(more->stats.received(), 4);
}

TEST(Pipeline, refused_lines_do_not_keep_time_from_passing) {
  Serve serve;
  serve.take(view_of("a", kPipelineNowMs));
  for (int i = 0; i < 40; ++i) {
    serve.pass(500);
    serve.take("nonsense");
  }
  EXPECT_EQ(serve.tick()->watermark_ms, kPipelineNowMs - 5000 + 20'000);
}

TEST(Pipeline, future_events_get_their_time_of_receipt_and_skewed_ones_are_set_right) {
  Serve serve(1);
  serve.take(view_of("a", kPipelineNowMs + 86'400'000));
  EXPECT_EQ(serve.tick()->watermark_ms, kPipelineNowMs - 5000);
  serve.take(view_of("b", kPipelineNowMs - 7'200'000, R"(,"sent_at":)" + std::to_string(kPipelineNowMs - 7'199'000)));
  const auto report = serve.pipeline().finish();
  EXPECT_EQ(report->stats[Stat::kClockClamped], 1);
  EXPECT_EQ(report->stats[Stat::kLate], 0);
  EXPECT_EQ(report->first_event_ms, kPipelineNowMs - 1000);
  EXPECT_EQ(report->last_event_ms, kPipelineNowMs);
}

TEST(Pipeline, visitors_without_id_are_told_apart_by_address_and_by_site) {
  Serve serve;
  const auto anonymous = [&](std::string_view site, std::string_view address) {
    serve.take(R"({"type":"page_view","url":"/","site":")" + std::string(site) + R"("})",
               Origin{.address = address, .user_agent = "agent"});
  };
  anonymous("a", "192.0.2.1");
  anonymous("a", "192.0.2.1");
  anonymous("a", "192.0.3.1");
  anonymous("b", "192.0.2.1");
  const auto report = serve.pipeline().finish();
  const auto& cells = report->rollups.at(0).cells;
  ASSERT_EQ(cells.size(), 2U);
  EXPECT_EQ(cells[0].labels.at(0), "a");
  EXPECT_EQ(cells[0].totals[Part::kVisitors], 2);
  EXPECT_EQ(cells[0].totals[Part::kPageViews], 3);
  EXPECT_EQ(cells[1].totals[Part::kVisitors], 1);
}

TEST(Pipeline, in_every_report_received_is_what_was_settled_plus_what_is_queued) {
  support::RandomSource random(support::test_seed());
  Serve serve(3);
  std::int64_t sent = 0;
  for (int round = 0; round < 60; ++round) {
    std::string body;
    for (std::int64_t i = random.between(1, 40); i > 0; --i, ++sent) {
      const std::string visitor = std::to_string(random.between(1, 30));
      const TimeMs ago_ms = random.pick({0, 0, 1000, 5000, 60'000, 3'600'000});
      body += random.chance(10) ? "{\"broken\":"
                                : view_of(visitor, kPipelineNowMs + round * 700 - ago_ms,
                                          R"(,"id":")" + std::to_string(random.between(1, 50)) + '"');
      body += '\n';
    }
    serve.take(body);
    serve.pass(random.pick({0, 700, 3000}));
    const auto report = serve.tick();
    expect_conserved(*report);
    ASSERT_EQ(report->stats.received(), sent);
  }
  const auto report = serve.pipeline().finish();
  expect_conserved(*report);
  EXPECT_EQ(report->stats[Stat::kQueued], 0);
  for (const Stat stat : {Stat::kLate, Stat::kDuplicate, Stat::kCountedPageView}) EXPECT_GT(report->stats[stat], 0);
}

TEST(Pipeline, the_end_of_serve_leaves_sessions_open) {
  Serve serve;
  serve.take(view_of("a", kPipelineNowMs));
  const auto report = serve.pipeline().finish();
  EXPECT_EQ(report->stats[Stat::kQueued], 0);
  EXPECT_EQ(report->stats[Stat::kActiveSessions], 1);
  EXPECT_EQ(site_row(*report).totals[Part::kSessions], 1);
  EXPECT_EQ(report->rollups.at(0).counters.at(0).counters.totals[Part::kSessions], 0);
}

TEST(Pipeline, streams_take_lines_in_pieces) {
  Serve serve;
  const auto stream = serve.pipeline().open_stream(SourceKind::kTcp);
  const std::string text =
      view_of("a", kPipelineNowMs) + "\n" + view_of("b", kPipelineNowMs);  // the last without newline
  for (const char c : text) {
    stream->prepare()[0] = c;
    stream->commit(1);
  }
  EXPECT_EQ(serve.pipeline().received(), 1);
  stream->finish();
  EXPECT_EQ(serve.pipeline().received(), 2);
  EXPECT_EQ(serve.tick()->stats[Stat::kReceivedTcp], 2);
}

TEST(Pipeline, a_connection_that_ends_within_a_line_leaves_nothing_that_looks_whole) {
  struct Case {
    SourceKind kind;
    const char* format;
    const char* line;
    std::int64_t malformed;
  };
  constexpr const char* kPurchase = "v=2&cid=1&en=purchase&dl=https://s.example/&ep.transaction_id=T&epn.value=12";
  for (const Case& c :
       {Case{SourceKind::kTcp, "ga4", kPurchase, 1}, Case{SourceKind::kUnix, "ga4", kPurchase, 1},
        Case{SourceKind::kFile, "ga4", kPurchase, 0}, Case{SourceKind::kStdin, "ga4", kPurchase, 0},
        Case{SourceKind::kTcp, "ga4", " \r", 0}, Case{SourceKind::kTcp, "native", "{\"type\":\"pa", 1}}) {
    Serve serve;
    const auto stream = serve.pipeline().open_stream(c.kind, c.format);
    stream->write(c.line);
    stream->finish();
    const auto report = serve.tick();
    EXPECT_EQ(report->stats[Stat::kRejectedMalformed], c.malformed) << c.line;
    expect_conserved(*report);
  }
}

TEST(Pipeline, takes_up_new_rules_for_events_to_come) {
  Serve serve;
  const auto pages = [&] {
    std::set<std::string> found;
    const std::shared_ptr<const Report> report = serve.tick();
    for (const CellTotals& cell : report->rollups.at(1).cells) found.insert(cell.labels.at(1));
    for (const WindowTotals& window : report->windows) {
      if (window.rollup != 1) continue;
      for (const CellTotals& cell : window.cells) found.insert(cell.labels.at(1));
    }
    return found;
  };
  const auto view = [&](const char* visitor, TimeMs ts_ms) {
    serve.take(fmt::format(R"({{"type":"page_view","url":"/product/7","visitor":"{}","ts":{}}})", visitor, ts_ms));
  };
  view("a", kPipelineNowMs - 20'000);
  ReaderOptions options;
  options.page_rules = {"/product/:id"};
  options.salt_file = "/nowhere/ignored";
  ASSERT_TRUE(serve.pipeline().reload(options));
  view("b", kPipelineNowMs - 20'000);
  view("c", kPipelineNowMs);  // lets the others through
  EXPECT_EQ(pages(), (std::set<std::string>{"/product/7", "/product/:id"}));
  options.page_rules.clear();
  options.country_database = "/nowhere/countries.mmdb";
  EXPECT_FALSE(serve.pipeline().reload(options));
  expect_conserved(*serve.tick());
}

TEST(Pipeline, a_line_over_the_limit_costs_that_line) {
  Serve serve;
  const auto stream = serve.pipeline().open_stream(SourceKind::kTcp);
  const std::string text = std::string(20'000, 'x') + "\n" + view_of("a", kPipelineNowMs) + "\n";
  std::memcpy(stream->prepare().data(), text.data(), text.size());
  stream->commit(text.size());
  const auto report = serve.tick();
  EXPECT_EQ(report->stats[Stat::kRejectedTooLong], 1);
  EXPECT_EQ(report->stats.received(), 2);
}

TEST(Pipeline, has_room_while_shards_keep_up) {
  Serve serve;
  EXPECT_TRUE(serve.pipeline().has_room());
  serve.take(view_of("a", kPipelineNowMs));
  serve.tick();
  EXPECT_TRUE(serve.pipeline().has_room());
}

/// A dead-letter file that takes no more than a pipe holds until somebody reads: it stops the shard that writes to it.
class StuckFile {
 public:
  StuckFile() : path_(folder_.path("pipe")) {
    WEIR_CHECK(::mkfifo(path_.c_str(), S_IRUSR | S_IWUSR) == 0);
    reader_ = Descriptor(::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  }
  const std::string& path() const { return path_; }
  /// Reads whatever comes until the writer has closed its end.
  void read_all() {
    std::vector<char> room(64 * 1024);
    ::fcntl(reader_.get(), F_SETFL, 0);
    while (::read(reader_.get(), room.data(), room.size()) > 0) {
    }
  }

 private:
  support::TemporaryFolder folder_;
  std::string path_;
  Descriptor reader_;
};

TEST(Pipeline, heartbeats_are_left_out_before_bodies_are_refused) {
  constexpr std::size_t kBatchEvents = 64;
  StuckFile stuck;
  PipelineSettings settings;
  settings.options.reader.dead_letter_path = stuck.path();
  settings.options.batch_events = kBatchEvents;
  settings.options.queue_events = 25 * kBatchEvents;
  auto serve = std::make_unique<Serve>(1, settings);
  const std::string engagement = fmt::format(R"({{"type":"engagement","visitor":"e","ts":{}}})", kPipelineNowMs);
  // The shard writes late events down one after the other, until the pipe is full. They come in one batch, as nothing
  // can be held for the file any more while it is stuck.
  std::string late = view_of("a", kPipelineNowMs) + "\n";
  for (std::size_t i = 2; i < kBatchEvents; ++i) {
    late += view_of("late", kPipelineNowMs - 60'000, R"(,"title":")" + std::string(4000, 'x') + "\"") + "\n";
  }
  std::size_t sent = serve->take(late).accepted;
  ASSERT_EQ(sent, kBatchEvents - 1);
  BodyResult heartbeat;
  for (; heartbeat.shed == 0; ++sent) {
    heartbeat = serve->take(engagement);
    ASSERT_EQ(heartbeat.accepted + heartbeat.shed, 1U);
  }
  EXPECT_TRUE(serve->pipeline().has_room());
  for (; serve->pipeline().has_room(); ++sent) EXPECT_EQ(serve->take(view_of("b", kPipelineNowMs)).accepted, 1U);
  serve->pipeline().count_refused(7, Stat::kShedOverload);
  std::thread reader([&] { stuck.read_all(); });
  const auto report = serve->tick();
  EXPECT_EQ(report->stats[Stat::kShedHeartbeat], 1);
  EXPECT_EQ(report->stats[Stat::kShedOverload], 7);
  EXPECT_EQ(report->stats[Stat::kLate], static_cast<std::int64_t>(kBatchEvents) - 2);
  EXPECT_EQ(report->stats.received(), static_cast<std::int64_t>(sent) + 7);
  expect_conserved(*report);
  serve.reset();
  reader.join();
}

TEST(Pipeline, settings_that_cannot_work_are_errors_that_say_so) {
  const ManualClock clock(kPipelineNowMs);
  PipelineSettings settings;
  settings.options.reader.format = "xml";
  const auto unknown = Pipeline::start(settings, clock);
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().message.find("native"), std::string::npos);
  settings.options.reader.format = "native";
  settings.mode = PipelineMode::kReplay;
  settings.every_ms = 1500;
  const auto odd = Pipeline::start(settings, clock);
  ASSERT_FALSE(odd);
  EXPECT_NE(odd.error().message.find("step"), std::string::npos);
  settings.every_ms = 0;
  settings.options.reader.dead_letter_path = "/nonexistent/folder/file";
  EXPECT_FALSE(Pipeline::start(settings, clock));
}

/// What a scrape shows beside comments.
std::ptrdiff_t series_count(const std::string& scrape) {
  std::ptrdiff_t series = 0;
  for (std::size_t at = 0; at < scrape.size(); at = scrape.find('\n', at) + 1) series += scrape[at] != '#';
  return series;
}

TEST(Pipeline, the_default_configuration_stays_under_20000_series_whatever_comes) {
  Serve serve;
  constexpr std::array<std::string_view, 6> kCurrencies{"USD", "EUR", "GBP", "JPY", "CHF", "SEK"};
  std::string body;
  for (int site = 0; site < 20; ++site) {
    for (int page = 0; page < 150; ++page) {
      const int visitor = site * 1000 + page;
      body += fmt::format(
          R"({{"type":"page_view","visitor":"{0}","site":"s{1}","url":"/p{2}","source":"x{2}","medium":"m{2}",)"
          R"("campaign":"c{2}","device":"d{2}","ts":{3}}})"
          "\n"
          R"({{"type":"conversion","visitor":"{0}","site":"s{1}","value":1,"currency":"{4}","ts":{3}}})"
          "\n",
          visitor, site, page, kPipelineNowMs - 1000, kCurrencies[static_cast<std::size_t>(page) % kCurrencies.size()]);
    }
  }
  EXPECT_EQ(serve.take(body).accepted, 6000U);
  serve.pass(60'000);
  const std::shared_ptr<const Report> report = serve.tick();
  ASSERT_EQ(report->stats[Stat::kQueued], 0);
  const std::ptrdiff_t series = series_count(render_prometheus(*report, SinkOptions{}));
  EXPECT_LT(series, 20'000);
  EXPECT_GT(series, 10'000) << "the limits were not put to the test";
}

}  // namespace
}  // namespace weir
