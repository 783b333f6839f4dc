// Tests of derived visitors: what they depend on, midnight, limits, and the file of salts.
#include "weir/pipeline/visitor_identity.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "support/process.h"

namespace weir {
namespace {

constexpr TimeMs kMinuteMs = 60'000;
constexpr TimeMs kMidnightMs = 20'000 * kDayMs;

Sender sender(std::string_view address = "192.0.2.1", std::string_view user_agent = "Firefox",
              std::string_view site = "shop") {
  return {.site = site, .address = address, .user_agent = user_agent};
}

TEST(VisitorIdentity, is_made_of_site_network_and_user_agent) {
  VisitorIdentity identity;
  const TimeMs noon_ms = kMidnightMs + 12 * 60 * kMinuteMs;
  const std::uint64_t id = identity.visitor_of(sender(), noon_ms);
  EXPECT_NE(id, 0U);
  EXPECT_EQ(identity.visitor_of(sender("192.0.2.200"), noon_ms + 60 * kMinuteMs), id);
  EXPECT_NE(identity.visitor_of(sender("192.0.3.1"), noon_ms), id);
  EXPECT_NE(identity.visitor_of(sender("192.0.2.1", "Chrome"), noon_ms), id);
  EXPECT_NE(identity.visitor_of(sender("192.0.2.1", "Firefox", "blog"), noon_ms), id);
  EXPECT_NE(identity.visitor_of(sender("192.0.2.1", "pFirefox", "sho"), noon_ms), id);
  EXPECT_EQ(identity.visitor_of(sender("2001:db8:1:2::1"), noon_ms),
            identity.visitor_of(sender("2001:db8:1:ffff::9"), noon_ms));
  EXPECT_NE(identity.visitor_of(sender("host-7.example"), noon_ms),
            identity.visitor_of(sender("host-8.example"), noon_ms));
  VisitorIdentity elsewhere;
  EXPECT_NE(elsewhere.visitor_of(sender(), noon_ms), id) << "salts are random";
}

TEST(VisitorIdentity, of_a_run_takes_whole_addresses_and_goes_on_over_days) {
  IdentityOptions run;
  run.scope = IdentityScope::kRun;
  VisitorIdentity identity(run);
  const std::uint64_t id = identity.visitor_of(sender(), kMidnightMs);
  EXPECT_EQ(identity.visitor_of(sender(), kMidnightMs + 5 * kDayMs), id);
  EXPECT_EQ(identity.visitor_of(sender(), kMidnightMs - 5 * kDayMs), id);
  EXPECT_NE(identity.visitor_of(sender("192.0.2.200"), kMidnightMs), id);
  EXPECT_NE(identity.visitor_of(sender("192.0.2.1", "Chrome"), kMidnightMs), id);
  VisitorIdentity elsewhere(run);
  EXPECT_NE(elsewhere.visitor_of(sender(), kMidnightMs), id) << "salts are random";
}

TEST(VisitorIdentity, another_day_is_another_visitor) {
  VisitorIdentity identity;
  const std::uint64_t first = identity.visitor_of(sender(), kMidnightMs - 31 * kMinuteMs);
  const std::uint64_t second = identity.visitor_of(sender(), kMidnightMs + 5 * kMinuteMs);
  EXPECT_NE(first, second);
  EXPECT_NE(identity.visitor_of(sender(), kMidnightMs + 5 * kDayMs), second);
}

TEST(VisitorIdentity, a_session_survives_midnight_for_as_long_as_it_goes_on) {
  VisitorIdentity identity;
  const std::uint64_t id = identity.visitor_of(sender(), kMidnightMs - 10 * kMinuteMs);
  TimeMs time_ms = kMidnightMs - 10 * kMinuteMs;
  for (int i = 0; i < 10; ++i) {
    time_ms += 30 * kMinuteMs;  // exactly the timeout continues a session
    ASSERT_EQ(identity.visitor_of(sender(), time_ms), id) << i;
    ASSERT_NE(identity.visitor_of(sender("203.0.113.1"), time_ms), id) << i;
  }
  const std::uint64_t fresh = identity.visitor_of(sender(), time_ms + 30 * kMinuteMs + 1);
  EXPECT_NE(fresh, id);
  EXPECT_EQ(identity.visitor_of(sender(), time_ms + 60 * kMinuteMs), fresh);
}

TEST(VisitorIdentity, an_event_of_yesterday_that_comes_after_midnight_is_yesterdays) {
  VisitorIdentity identity;
  const std::uint64_t id = identity.visitor_of(sender(), kMidnightMs - 2000);
  const std::uint64_t other = identity.visitor_of(sender("203.0.113.1"), kMidnightMs + 1000);
  EXPECT_EQ(identity.visitor_of(sender(), kMidnightMs - 1), id);
  EXPECT_EQ(identity.visitor_of(sender(), kMidnightMs), id);
  EXPECT_NE(identity.visitor_of(sender("203.0.113.1"), kMidnightMs - 1), other);
}

TEST(VisitorIdentity, a_second_midnight_ends_an_identity) {
  VisitorIdentity identity;
  std::uint64_t id = identity.visitor_of(sender(), kMidnightMs - kMinuteMs);
  for (TimeMs time_ms = kMidnightMs; time_ms < kMidnightMs + kDayMs; time_ms += 20 * kMinuteMs) {
    ASSERT_EQ(identity.visitor_of(sender(), time_ms), id);
  }
  EXPECT_NE(identity.visitor_of(sender(), kMidnightMs + kDayMs + kMinuteMs), id);
}

TEST(VisitorIdentity, memory_of_the_night_is_bounded_and_what_it_forgets_is_counted) {
  VisitorIdentity identity({.salt_file = {}, .timeout_ms = 30 * kMinuteMs, .overnight_visitors = 64});
  for (int i = 0; i < 1000; ++i) (void)identity.visitor_of(sender("192.0.2.1", std::to_string(i)), kMidnightMs - 1000);
  StatValues stats;
  identity.add_stats(stats);
  EXPECT_GE(stats[Stat::kOvernightForgotten], 1000 - 64);
  const std::uint64_t last = identity.visitor_of(sender("192.0.2.1", "999"), kMidnightMs - 1000);
  EXPECT_EQ(identity.visitor_of(sender("192.0.2.1", "999"), kMidnightMs + 1000), last);
}

class SaltFileTest : public testing::Test {
 protected:
  const support::TemporaryFolder folder_;
  const std::filesystem::path path_ = folder_.path("salts");

  VisitorIdentity open() {
    auto identity = VisitorIdentity::open({.salt_file = path_.string()});
    EXPECT_TRUE(identity) << identity.error().message;
    return std::move(*identity);
  }
  std::string failure() {
    const auto identity = VisitorIdentity::open({.salt_file = path_.string()});
    return identity ? "" : identity.error().message;
  }
  std::string content() const {
    std::ifstream file(path_);
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

TEST_F(SaltFileTest, instances_and_restarts_agree) {
  std::uint64_t id = 0;
  {
    VisitorIdentity first = open();
    id = first.visitor_of(sender(), kMidnightMs);
    EXPECT_EQ(open().visitor_of(sender(), kMidnightMs), id);
  }
  VisitorIdentity second = open();
  EXPECT_EQ(second.visitor_of(sender(), kMidnightMs), id);
  VisitorIdentity third = open();
  EXPECT_EQ(third.visitor_of(sender(), kMidnightMs + kDayMs), second.visitor_of(sender(), kMidnightMs + kDayMs));
  EXPECT_EQ(third.visitor_of(sender(), kMidnightMs), id) << "yesterday's salt";
}

TEST_F(SaltFileTest, holds_two_days_and_is_for_its_owner_alone) {
  VisitorIdentity identity = open();
  for (int day = 0; day < 5; ++day) (void)identity.visitor_of(sender(), kMidnightMs + day * kDayMs);
  const std::string text = content();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2) << text;
  EXPECT_EQ(text.rfind("20003 ", 0), 0U) << text;
  struct stat facts {};
  ASSERT_EQ(::stat(path_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
}

TEST_F(SaltFileTest, an_instance_that_is_a_day_ahead_is_not_undone) {
  VisitorIdentity ahead = open();
  VisitorIdentity behind = open();
  const std::uint64_t id = ahead.visitor_of(sender(), kMidnightMs + kDayMs);
  (void)behind.visitor_of(sender(), kMidnightMs);
  EXPECT_EQ(behind.visitor_of(sender(), kMidnightMs + kDayMs), id);
}

TEST_F(SaltFileTest, what_is_kept_of_days_ahead_can_be_read_again) {
  {
    std::ofstream file(path_);
    for (int day = 20001; day <= 20150; ++day) file << day << " 1 1\n";
  }
  std::filesystem::permissions(path_, std::filesystem::perms(0600));
  const std::uint64_t id = open().visitor_of(sender(), kMidnightMs);
  EXPECT_EQ(open().visitor_of(sender(), kMidnightMs), id);
  EXPECT_NE(content().find("20001 "), std::string::npos) << "the nearest stay";
}

TEST_F(SaltFileTest, a_file_that_cannot_be_trusted_is_refused_by_name) {
  std::ofstream(path_) << "";
  std::filesystem::permissions(path_, std::filesystem::perms(0640));
  EXPECT_NE(failure().find("chmod 600"), std::string::npos) << failure();
  std::filesystem::permissions(path_, std::filesystem::perms(0600));
  EXPECT_EQ(failure(), "");
  for (const char* text : {"hello\n", "20000 12\n", "20000 00112233445566778899aabbccddeeff", "20000 xx\n"}) {
    std::ofstream(path_) << text;
    EXPECT_NE(failure().find(path_.string()), std::string::npos) << text;
  }
  std::filesystem::remove(path_);
  std::filesystem::create_directory(path_);
  EXPECT_NE(failure().find(path_.string()), std::string::npos);
}

TEST_F(SaltFileTest, a_file_lost_while_running_costs_a_count_and_no_event) {
  VisitorIdentity identity = open();
  (void)identity.visitor_of(sender(), kMidnightMs);
  std::ofstream(path_) << "spoilt\n";
  EXPECT_NE(identity.visitor_of(sender(), kMidnightMs + kDayMs), 0U);
  StatValues stats;
  identity.add_stats(stats);
  EXPECT_EQ(stats[Stat::kSaltFileErrors], 1);
}

}  // namespace
}  // namespace weir
