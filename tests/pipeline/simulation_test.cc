// Nothing lost, nothing counted twice, whatever happens in whatever order: thousands of simulated runs, see
// simulation.h. A failure names its seed: WEIR_SEED=<seed> repeats that run alone.
#include "simulation.h"

#include <gtest/gtest.h>

#include "support/long_run.h"
#include "support/process.h"
#include "support/seed.h"

namespace weir {
namespace {

using support::JournalKind;
using support::Simulation;

Simulation::Tally simulate(int wanted, JournalKind journal) {
  const std::uint64_t first_seed = support::test_seed();
  const support::TemporaryFolder folder;
  Simulation::Tally tally;
  int failed = 0;
  const int runs = support::streams_to_try(wanted);
  for (int i = 0; i < runs && failed < 3; ++i) {
    const std::uint64_t seed = first_seed + static_cast<std::uint64_t>(i);
    Simulation simulation(seed, journal, folder.path("state"));
    const std::string problem = simulation.run();
    tally += simulation.tally();
    if (problem.empty()) continue;
    ++failed;
    ADD_FAILURE() << "WEIR_SEED=" << seed << ": " << problem;
  }
  std::cout << runs << " runs: " << tally.steps << " steps, " << tally.kills << " kills, " << tally.power_losses
            << " losses of power (" << tally.lost_records << " records not acknowledged lost), " << tally.stops
            << " stops, " << tally.troubles << " troubles of the disk, " << tally.damaged_snapshots
            << " damaged snapshots, " << tally.refused_bodies << " refused bodies, " << tally.ghosts
            << " not acknowledged and there, " << tally.shed << " heartbeats shed, " << tally.comparisons
            << " comparisons\n";
  return tally;
}

constexpr int kRuns = 2400;  // for each part, which ctest runs beside the others

struct Part : testing::TestWithParam<int> {};

TEST_P(Part, loses_nothing_and_counts_nothing_twice) { simulate(kRuns, JournalKind::kSimulated); }

INSTANTIATE_TEST_SUITE_P(Simulation, Part, testing::Range(0, 4));

TEST(Simulation, loses_nothing_and_counts_nothing_twice_with_the_real_journal) {
  simulate(support::repetitions(400, 4000), JournalKind::kRocks);
}

}  // namespace
}  // namespace weir
