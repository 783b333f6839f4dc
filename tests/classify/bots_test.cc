// Tests of the list of bots: its own examples, real browsers, and texts made to hurt.
#include "weir/classify/bots.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "support/golden.h"
#include "support/seed.h"

namespace weir {
namespace {

const BotList& bots() {
  static const BotList list;
  return list;
}

std::vector<std::string> golden_lines(const char* name) {
  std::ifstream file(support::golden_folder("classify") / name);
  EXPECT_TRUE(file) << name;
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

TEST(BotList, knows_a_user_agent_of_every_pattern) {
  const std::vector<std::string> crawlers = golden_lines("crawlers.txt");
  EXPECT_GT(crawlers.size(), 1000U);
  for (const std::string& crawler : crawlers) EXPECT_TRUE(bots().contains(crawler)) << crawler;
}

TEST(BotList, takes_no_browser_for_a_bot) {
  const std::vector<std::string> browsers = golden_lines("browsers.txt");
  EXPECT_GT(browsers.size(), 20U);
  for (const std::string& browser : browsers) EXPECT_FALSE(bots().contains(browser)) << browser;
  EXPECT_FALSE(bots().contains(""));
}

TEST(BotList, bytes_that_are_not_text_hide_nothing) {
  EXPECT_TRUE(bots().contains("\xFF\xFE Googlebot/2.1 \xC3"));
  EXPECT_TRUE(bots().contains(std::string("\0\0Googlebot/2.1", 15)));
}

TEST(BotList, looks_at_a_bounded_beginning_only) {
  EXPECT_TRUE(bots().contains(std::string(480, ' ') + "Googlebot/2.1"));
  EXPECT_FALSE(bots().contains(std::string(512, ' ') + "Googlebot/2.1"));
  EXPECT_FALSE(bots().contains(std::string(8 << 20, ' ')));
}

TEST(BotList, answers_stay_the_same_after_a_flood_of_random_agents) {
  std::mt19937_64 random(support::test_seed());
  const std::vector<std::string> crawlers = golden_lines("crawlers.txt");
  const std::vector<std::string> browsers = golden_lines("browsers.txt");
  const auto piece = [&] {
    const std::string& text = crawlers[random() % crawlers.size()];
    return text.substr(random() % text.size(), random() % 12);
  };
  for (int i = 0; i < 3000; ++i) {  // many automaton states, and bytes of every value
    std::string agent;
    for (int pieces = 0; pieces < 20; ++pieces) agent += piece() + static_cast<char>(random() % 256);
    (void)bots().contains(agent);
  }
  for (const std::string& crawler : crawlers) ASSERT_TRUE(bots().contains(crawler)) << crawler;
  for (const std::string& browser : browsers) ASSERT_FALSE(bots().contains(browser)) << browser;
}

}  // namespace
}  // namespace weir
