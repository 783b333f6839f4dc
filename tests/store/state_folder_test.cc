// The folder of state.directory: who may use it, and state of another kind in it.
#include "weir/store/state_folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "support/process.h"

namespace weir {
namespace {

using support::TemporaryFolder;

const StateIdentity kIdentity{.hash_seed = 0xfedcba9876543210, .shards = 2, .shape = {"windows: 1 2", "rollup a: b"}};

TEST(StateFolder, is_made_for_its_user_alone_and_keeps_its_identity) {
  const TemporaryFolder folder;
  const std::string path = folder.path("deep/state");
  const auto state = StateFolder::open(path, nullptr);
  ASSERT_TRUE(state) << state.error().message;
  struct stat facts {};
  ASSERT_EQ(::stat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777U, 0700U);
  EXPECT_FALSE(state->identity()->has_value());
  ASSERT_TRUE(state->begin(kIdentity, false));
  const auto again = StateFolder::open(path, nullptr);
  ASSERT_TRUE(again);
  const auto identity = again->identity();
  ASSERT_TRUE(identity && identity->has_value());
  EXPECT_EQ((*identity)->hash_seed, kIdentity.hash_seed);
  EXPECT_EQ((*identity)->shards, kIdentity.shards);
  EXPECT_EQ((*identity)->shape, kIdentity.shape);
}

TEST(StateFolder, state_that_lost_its_identity_gets_no_other) {
  const TemporaryFolder folder;
  const auto state = StateFolder::open(folder.path("state"), nullptr);
  ASSERT_TRUE(state);
  const auto begun = state->begin(kIdentity, true);
  ASSERT_FALSE(begun);
  EXPECT_NE(begun.error().message.find("restore it from a backup"), std::string::npos) << begun.error().message;
  EXPECT_FALSE(state->identity()->has_value());
}

TEST(StateFolder, others_must_not_look_into_it) {
  const TemporaryFolder folder;
  const std::string path = folder.path("state");
  ASSERT_TRUE(StateFolder::open(path, nullptr));
  ASSERT_EQ(::chmod(path.c_str(), 0750), 0);
  const auto state = StateFolder::open(path, nullptr);
  ASSERT_FALSE(state);
  EXPECT_NE(state.error().message.find("chmod 700"), std::string::npos) << state.error().message;
}

TEST(StateFolder, a_file_in_its_place_is_refused) {
  const TemporaryFolder folder;
  const auto state = StateFolder::open(folder.write("state", "text"), nullptr);
  ASSERT_FALSE(state);
  EXPECT_NE(state.error().message.find("no directory"), std::string::npos) << state.error().message;
}

TEST(StateFolder, state_of_another_version_or_damaged_is_refused_with_what_to_do) {
  const TemporaryFolder folder;
  const std::string path = folder.path("state");
  const auto state = StateFolder::open(path, nullptr);
  ASSERT_TRUE(state);
  const auto problem_of = [&](const std::string& text) {
    std::ofstream(path + "/identity") << text;
    const auto identity = state->identity();
    EXPECT_FALSE(identity) << text;
    return identity ? std::string() : identity.error().message;
  };
  const std::string other = problem_of("weir state 1\nseed 01\nshards 1\n");
  EXPECT_NE(other.find("version 1, this program reads version 3"), std::string::npos) << other;
  EXPECT_NE(other.find("move"), std::string::npos) << other;
  for (const char* text :
       {"", "weir", "weir state 3\n", "weir state 3\nseed x\nshards 1\n", "weir state 3\nseed 01\nshards 0\n",
        "weir state 3\nseed 01\nshards 4097\n", "weir state 3\nseed 01\nshards 1\nsurprise\n"}) {
    EXPECT_NE(problem_of(text).find("damaged"), std::string::npos) << text;
  }
}

TEST(StateFolder, says_what_differs_from_what_is_wanted) {
  EXPECT_EQ(difference_of(kIdentity, kIdentity, "DIR"), "");
  StateIdentity now = kIdentity;
  now.hash_seed = 1;  // that of the state is taken up
  EXPECT_EQ(difference_of(kIdentity, now, "DIR"), "");
  now.shards = 3;
  EXPECT_NE(difference_of(kIdentity, now, "DIR").find("pipeline.shards to 2"), std::string::npos);
  now = kIdentity;
  now.shape[1] = "rollup a: c";
  const std::string changed = difference_of(kIdentity, now, "DIR");
  EXPECT_NE(changed.find("\"rollup a: b\" then, \"rollup a: c\" now"), std::string::npos) << changed;
  now.shape.pop_back();
  EXPECT_NE(difference_of(kIdentity, now, "DIR").find("nothing now"), std::string::npos);
  now.shape = kIdentity.shape;
  now.shape.emplace_back("rollup d:");
  EXPECT_NE(difference_of(kIdentity, now, "DIR").find("nothing then"), std::string::npos);
}

}  // namespace
}  // namespace weir
