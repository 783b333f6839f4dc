// Tests of the grades of memory, and of what the pipeline answers to them, with a reading that says what it is told to.
#include "weir/pipeline/memory_guard.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "serving.h"
#include "support/process.h"
#include "weir/pipeline/pipeline.h"

namespace weir {
namespace {

constexpr std::size_t kGuardMiB = std::size_t{1} << 20;
constexpr std::size_t kLimit = 1000 * kGuardMiB;
constexpr TimeMs kGuardNowMs = 1'700'000'000'000;

TEST(MemoryGuard, a_grade_begins_at_its_share_and_ends_five_percent_below) {
  struct Step {
    std::size_t used_mib;
    MemoryGrade wanted;
  };
  using enum MemoryGrade;
  const std::vector<Step> steps{{799, kAmple},  {800, kScarce}, {750, kScarce}, {749, kAmple}, {900, kShort},
                                {949, kShort},  {850, kShort},  {849, kScarce}, {950, kFull},  {2000, kFull},
                                {900, kFull},   {899, kShort},  {950, kFull},   {0, kAmple},   {951, kFull},
                                {849, kScarce}, {899, kScarce}, {0, kAmple}};
  std::size_t used = 0;
  MemoryGuard guard(kLimit, [&] { return used; });
  for (std::size_t i = 0; i < steps.size(); ++i) {
    used = steps[i].used_mib * kGuardMiB;
    EXPECT_EQ(guard.look(), steps[i].wanted) << "step " << i;
    EXPECT_EQ(guard.grade(), steps[i].wanted);
    EXPECT_EQ(guard.used_bytes(), used);
  }
}

TEST(MemoryGuard, without_a_limit_memory_is_ample) {
  MemoryGuard guard(kNoMemoryLimit, [] { return kNoMemoryLimit; });
  EXPECT_FALSE(guard.limited());
  EXPECT_EQ(guard.look(), MemoryGrade::kAmple);
}

TEST(MemoryGuard, what_is_resident_grows_with_what_is_touched) {
  const std::size_t before = resident_bytes();
  EXPECT_GT(before, kGuardMiB);
  const std::vector<char> touched(64 * kGuardMiB, 'x');
  EXPECT_GE(resident_bytes(), before + 60 * kGuardMiB) << touched.size();
}

struct GroupCase {
  const char* what;
  std::string own;  // as /proc/self/cgroup has it
  std::vector<std::pair<std::string, std::string>> files;
  std::size_t wanted;
};

TEST(MemoryGuard, auto_is_nine_tenths_of_the_least_bound_of_a_group_and_those_above_it) {
  const std::vector<GroupCase> cases{
      {"no version 2", "1:memory:/a\n", {{"memory.max", "1000"}}, kNoMemoryLimit},
      {"no file", "0::/\n", {}, kNoMemoryLimit},
      {"no bound", "0::/a\n", {{"a/memory.max", "max"}}, kNoMemoryLimit},
      {"its own", "0::/a\n", {{"a/memory.max", "1000"}}, 900},
      {"behind others", "4:cpu:/x\n0::/a\n", {{"a/memory.max", "1000"}}, 900},
      {"a container's", "0::/\n", {{"memory.max", "1000"}}, 900},
      {"of one above", "0::/a/b\n", {{"a/b/memory.max", "5000"}, {"a/memory.max", "1000"}}, 900},
      {"of the root", "0::/a/b\n", {{"a/b/memory.max", "max"}, {"memory.max", "1000"}}, 900},
      {"where it slows down", "0::/a\n", {{"a/memory.max", "5000"}, {"a/memory.high", "1000"}}, 900},
      {"no number", "0::/a\n", {{"a/memory.max", "-1"}, {"a/memory.high", "1000 x"}}, kNoMemoryLimit},
  };
  for (const GroupCase& group : cases) {
    const support::TemporaryFolder folder;
    const std::string own = folder.write("own", group.own);
    std::filesystem::create_directories(folder.path("a/b"));
    for (const auto& [name, text] : group.files) static_cast<void>(folder.write(name, text + "\n"));
    EXPECT_EQ(cgroup_memory_limit(folder.path("."), own), group.wanted) << group.what;
  }
}

/// A pipeline in serve that holds as much memory as `used` says.
class GuardedPipeline {
 public:
  explicit GuardedPipeline(std::size_t limit_bytes) : serve_(kGuardNowMs, settings(limit_bytes)) {}

  BodyResult take(std::string_view type, std::size_t visitor) {
    return serve_.take(fmt::format(R"({{"type":"{}","url":"https://s.example/","visitor":"v{}","ts":{}}})", type,
                                   visitor, serve_.now_ms()));
  }
  std::shared_ptr<const Report> tick() { return serve_.tick(); }
  void pass(TimeMs by_ms) { serve_.pass(by_ms); }
  Pipeline& operator*() { return serve_.pipeline(); }
  Pipeline* operator->() { return &serve_.pipeline(); }

  std::size_t used = 0;

 private:
  PipelineSettings settings(std::size_t limit_bytes) {
    PipelineSettings settings;
    settings.options.shards = 2;
    settings.options.memory_bytes = limit_bytes;
    settings.options.memory_reading = [this] { return used; };
    return settings;
  }

  support::Serve serve_;
};

TEST(MemoryGuard, heartbeats_go_first_then_sessions_then_events_and_all_comes_back) {
  GuardedPipeline pipeline(kLimit);
  EXPECT_EQ(pipeline.take("engagement", 1).accepted, 1U);
  EXPECT_EQ(pipeline.tick()->stats[Stat::kMemoryGrade], 0);
  EXPECT_EQ(pipeline->report()->stats[Stat::kMemoryLimit], static_cast<std::int64_t>(kLimit));
  EXPECT_FALSE(pipeline->memory_is_scarce());

  pipeline.used = kLimit * 8 / 10;
  EXPECT_EQ(pipeline.tick()->stats[Stat::kMemoryGrade], 1);
  EXPECT_TRUE(pipeline->memory_is_scarce());
  EXPECT_EQ(pipeline.take("engagement", 1).shed, 1U);
  EXPECT_EQ(pipeline.take("page_view", 1).accepted, 1U);
  EXPECT_TRUE(pipeline->has_room() && pipeline->keeps());
  EXPECT_EQ(pipeline->problem(), "");

  pipeline.used = kLimit * 95 / 100;
  EXPECT_EQ(pipeline.tick()->stats[Stat::kMemoryGrade], 3);
  EXPECT_EQ(pipeline->refusal(), Stat::kShedMemory);
  EXPECT_FALSE(pipeline->keeps()) << "streams are not read, and it is not ready";
  EXPECT_EQ(pipeline->problem(), "950 MiB of memory are in use, and limits.memory is 1000 MiB");
  pipeline->count_refused(3, Stat::kShedMemory);

  pipeline.used = kLimit / 2;
  const auto report = pipeline.tick();
  EXPECT_EQ(report->stats[Stat::kMemoryGrade], 0);
  EXPECT_EQ(report->stats[Stat::kShedMemory], 3);
  EXPECT_EQ(report->stats[Stat::kShedHeartbeat], 1);
  EXPECT_EQ(report->stats.received(), report->stats.settled() + report->stats[Stat::kQueued]);
  EXPECT_EQ(report->stats.received(), 6);
  EXPECT_FALSE(pipeline->refusal());
  EXPECT_TRUE(pipeline->keeps());
  EXPECT_EQ(pipeline.take("engagement", 1).accepted, 1U);
}

TEST(MemoryGuard, when_memory_is_short_the_oldest_sessions_are_closed_and_counted_down_to_what_is_spared) {
  constexpr std::size_t kSmallLimit = 64 * kGuardMiB;
  constexpr std::size_t kSpared = kSmallLimit / 16 / sizeof(SessionRecord);
  constexpr std::size_t kSessions = kSpared * 5 / 4;
  GuardedPipeline pipeline(kSmallLimit);
  std::string lines;
  for (std::size_t i = 0; i < kSessions; ++i) {
    lines += fmt::format("{{\"type\":\"page_view\",\"url\":\"/\",\"visitor\":\"v{}\",\"ts\":{}}}\n", i, kGuardNowMs);
  }
  pipeline->open_stream(SourceKind::kStdin)->write(lines);
  pipeline.tick();
  pipeline.pass(10'000);
  const auto full = pipeline.tick();
  ASSERT_EQ(full->stats[Stat::kActiveSessions], static_cast<std::int64_t>(kSessions));

  pipeline.used = kSmallLimit * 9 / 10;
  auto report = pipeline.tick();
  EXPECT_GT(report->stats[Stat::kSessionsClosedForMemory], 0);
  EXPECT_LT(report->stats[Stat::kSessionsClosedForMemory], static_cast<std::int64_t>(kSessions / 32)) << "bit by bit";
  for (std::int64_t before = -1; before != report->stats[Stat::kSessionsClosedForMemory]; report = pipeline.tick()) {
    before = report->stats[Stat::kSessionsClosedForMemory];
  }
  const StatValues& stats = report->stats;
  const auto closed = stats[Stat::kSessionsClosedForMemory];
  EXPECT_EQ(closed + stats[Stat::kActiveSessions], static_cast<std::int64_t>(kSessions));
  EXPECT_EQ(stats[Stat::kSessionsClosedEarly], 0) << "that is of limits.sessions";
  EXPECT_NEAR(static_cast<double>(stats[Stat::kActiveSessions]), kSpared, kSpared / 50.0);
  EXPECT_LT(stats[Stat::kSessionTableBytes], full->stats[Stat::kSessionTableBytes]) << "what they held is given back";
  EXPECT_EQ(stats[Stat::kCountedPageView], static_cast<std::int64_t>(kSessions));
  EXPECT_EQ(report->rollups.at(0).cells.at(0).totals[Part::kSessions], static_cast<std::int64_t>(kSessions));
  EXPECT_EQ(report->rollups.at(0).counters.at(0).counters.totals[Part::kSessions], closed)
      << "they are over, and counted so";
}

}  // namespace
}  // namespace weir
