// SymbolTable: texts behind symbols, bounded by two generations, shared by threads.
#include "weir/model/symbol_table.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace weir {
namespace {

std::string word(int number) { return "word-" + std::to_string(number); }

TEST(SymbolTable, an_interned_text_is_found_by_its_symbol) {
  SymbolTable table(Hasher(7), 10);
  const Symbol symbol = table.intern("/pricing");
  EXPECT_EQ(symbol, table.symbol_of("/pricing"));
  EXPECT_EQ(symbol, Hasher(7)("/pricing"));
  EXPECT_EQ(table.text(symbol), "/pricing");
  EXPECT_EQ(table.text(table.intern("")), "");
}

TEST(SymbolTable, asking_for_a_symbol_stores_nothing) {
  const SymbolTable table(Hasher(7), 10);
  EXPECT_EQ(table.text(table.symbol_of("/pricing")), std::nullopt);
}

TEST(SymbolTable, the_older_generation_is_forgotten_when_the_newer_one_is_full) {
  SymbolTable table(Hasher(7), 3);
  const std::uint32_t first = table.generation();
  for (int i = 0; i < 3; ++i) table.intern(word(i));
  EXPECT_EQ(table.generation(), first);
  for (int i = 3; i < 6; ++i) table.intern(word(i));
  EXPECT_EQ(table.generation(), first + 1);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(table.text(table.symbol_of(word(i))), word(i));
  EXPECT_EQ(table.forgotten(), 0);
  table.intern(word(6));
  EXPECT_EQ(table.generation(), first + 2);
  EXPECT_EQ(table.forgotten(), 3);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(table.text(table.symbol_of(word(i))), std::nullopt);
  for (int i = 3; i < 7; ++i) EXPECT_EQ(table.text(table.symbol_of(word(i))), word(i));
}

TEST(SymbolTable, a_text_interned_again_survives_the_next_generation) {
  SymbolTable table(Hasher(7), 3);
  for (int i = 0; i < 5; ++i) table.intern(word(i));  // 0 1 2 are old, 3 4 are new
  table.intern(word(0));                              // now new as well
  table.intern(word(5));                              // 1 2 are forgotten
  EXPECT_EQ(table.text(table.symbol_of(word(0))), word(0));
  EXPECT_EQ(table.text(table.symbol_of(word(1))), std::nullopt);
  EXPECT_EQ(table.forgotten(), 2);
}

TEST(SymbolTable, the_text_that_starts_a_generation_is_not_counted_as_forgotten) {
  SymbolTable table(Hasher(7), 2);
  for (int i = 0; i < 4; ++i) table.intern(word(i));  // 0 1 are old, 2 3 are new
  table.intern(word(0));                              // starts a generation: only 1 is forgotten
  EXPECT_EQ(table.text(table.symbol_of(word(0))), word(0));
  EXPECT_EQ(table.text(table.symbol_of(word(1))), std::nullopt);
  EXPECT_EQ(table.forgotten(), 1);
}

TEST(SymbolTable, interning_what_is_new_already_changes_nothing) {
  SymbolTable table(Hasher(7), 2);
  for (int i = 0; i < 100; ++i) table.intern(word(i % 2));
  EXPECT_EQ(table.generation(), 1U);
}

TEST(SymbolTable, a_flood_of_texts_keeps_at_most_two_generations) {
  SymbolTable table(Hasher(7), 100);
  constexpr int kTexts = 10'000;
  for (int i = 0; i < kTexts; ++i) table.intern(word(i));
  int known = 0;
  for (int i = 0; i < kTexts; ++i) known += table.text(table.symbol_of(word(i))).has_value();
  EXPECT_LE(known, 200);
  EXPECT_GE(known, 100);
  EXPECT_EQ(table.forgotten(), kTexts - known);
}

TEST(SymbolTable, threads_share_it_and_no_symbol_ever_has_the_text_of_another) {
  SymbolTable table(Hasher(7), 64);
  std::atomic<int> wrong{0};
  std::atomic<int> found{0};
  constexpr int kThreads = 4;
  constexpr int kRounds = 5'000;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      std::uint32_t generation = 0;
      for (int i = 0; i < kRounds; ++i) {
        const std::string mine = word((i * (t + 1)) % 200);
        const Symbol symbol = table.intern(mine);
        const std::optional<std::string> text = table.text(symbol);
        found += text.has_value();
        wrong += symbol != table.symbol_of(mine) || (text && *text != mine);
        const std::uint32_t now = table.generation();
        wrong += now < generation;
        generation = now;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong.load(), 0);
  EXPECT_GT(found.load(), kThreads * kRounds / 2);
  EXPECT_GE(table.generation(), 2U);
}

}  // namespace
}  // namespace weir
