#include "support/random_stream.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <utility>

#include "support/random_event.h"
#include "support/random_source.h"
#include "support/sanitized.h"

namespace weir::support {
namespace {

constexpr std::int64_t kMidnightMs = 1'767'225'600'000;  // 2026-01-01T00:00:00Z

using Key = std::pair<std::int64_t, StreamLine>;  // time of arrival, line

/// A visitor's past, to aim the next event at the edges of the session rules.
struct Walk {
  std::string visitor;
  std::string site;
  bool default_site = false;
  std::int64_t first_ms = 0;
  std::int64_t last_ms = 0;
  int ids = 0;
};

std::vector<NaiveFunnel> random_funnels(RandomSource& random) {
  const std::vector<NaiveStep> steps{
      {"any_page", "page", "*"},         {"product", "page", "/product/*"}, {"one_digit", "page", "/product/?"},
      {"cart", "page", "/cart"},         {"search", "event", "search"},     {"add", "event", "add*"},
      {"buy", "conversion", "purchase"}, {"convert", "conversion", "*"},    {"buy_or_so", "event", "purchase"}};
  std::vector<NaiveFunnel> funnels(static_cast<std::size_t>(random.between(0, 3)));
  for (std::size_t i = 0; i < funnels.size(); ++i) {
    funnels[i].name = "funnel_" + std::to_string(i);
    const std::int64_t length = random.between(2, 5);
    for (std::int64_t k = 0; k < length; ++k) {
      funnels[i].steps.push_back(random.pick(steps));
      funnels[i].steps.back().name += "_" + std::to_string(k);
    }
  }
  return funnels;
}

NaiveOptions random_options(RandomSource& random) {
  NaiveOptions options;
  options.timeout_ms = random.pick<std::int64_t>({1000, 2000, 5000, 10'000, 30'000});
  options.max_duration_ms = random.pick<std::int64_t>({options.timeout_ms * 2, 20'000, 60'000, 86'400'000});
  options.max_duration_ms = std::max(options.max_duration_ms, options.timeout_ms);
  options.lateness_ms = random.pick<std::int64_t>({0, 1, 500, 1000, 3000, 5000, 10'000});
  // An id must be remembered for as long as an event may be under way.
  options.dedup_ms = std::max(options.lateness_ms, random.pick<std::int64_t>({1000, 5000, 20'000, 600'000}));
  options.split_on_campaign = random.chance(30);
  options.split_on_midnight = random.chance(30);
  options.slow_ms = random.pick<std::int64_t>({1000, 3000});
  options.funnels = random_funnels(random);
  const std::vector<std::int64_t> lengths{5000, 10'000, 60'000, 90'000, 120'000, 300'000};
  options.windows.clear();
  for (const std::int64_t length_ms : lengths) {
    if (random.chance(30) && options.windows.size() < 3) options.windows.push_back(length_ms);
  }
  if (options.windows.empty()) options.windows.push_back(60'000);
  const std::vector<NaiveRollup> every_rollup = options.rollups;
  options.rollups.clear();
  for (const NaiveRollup& rollup : every_rollup) {
    if (random.chance(30)) options.rollups.push_back(rollup);
  }
  if (options.rollups.empty()) options.rollups.push_back(random.pick(every_rollup));
  return options;
}

/// The time of a visitor's next event: on an edge more often than not.
std::int64_t next_time(const Walk& walk, std::int64_t grid_ms, const NaiveOptions& options, RandomSource& random) {
  const std::int64_t edge_ms = random.between(-1, 1);
  switch (random.between(0, 9)) {
    case 0:
      return walk.last_ms;
    case 1:
      return walk.last_ms + 1;
    case 2:
    case 3:
      return walk.last_ms + options.timeout_ms + edge_ms;
    case 4:  // still inside the timeout, but as far from the session's first event as allowed
      if (walk.first_ms + options.max_duration_ms - walk.last_ms > options.timeout_ms * 4) break;
      return std::max(walk.last_ms, walk.first_ms + options.max_duration_ms + edge_ms);
    case 5:
      return std::max(walk.last_ms, (walk.last_ms / 1000 + 1) * 1000 + edge_ms);
    default:
      break;
  }
  return walk.last_ms + random.between(0, std::max<std::int64_t>(1, options.timeout_ms / 2 / grid_ms)) * grid_ms;
}

std::vector<Walk> random_walks(RandomSource& random) {
  std::vector<Walk> walks(static_cast<std::size_t>(random.between(1, 6)));
  const std::int64_t start_ms = kMidnightMs - random.pick<std::int64_t>({0, 1, 5000, 60'000});
  for (Walk& walk : walks) {
    walk.visitor = random.pick({"v1", "v2", "v3"});
    walk.site = random.pick({"", "", "shop", "blog"});
    walk.default_site = walk.site.empty() && random.chance(50);
    walk.first_ms = walk.last_ms = start_ms + random.between(0, 10) * 500;
  }
  return walks;
}

std::string identity_of(const Walk& walk) {
  const std::string site = !walk.site.empty() ? walk.site : walk.default_site ? "default" : "example.com";
  return site + "|" + walk.visitor;
}

std::string random_id(const RandomStream& stream, const Walk& walk, std::size_t walk_index, RandomSource& random) {
  if (random.chance(40)) return "";
  if (!stream.reorderable && random.chance(25)) return "e" + std::to_string(random.between(1, 9));
  // Two walks may be of one visitor; their ids must differ, ids of different visitors may well be equal.
  return "e" + std::to_string(walk.ids * 10 + static_cast<int>(walk_index) + 10);
}

/// How long a line is under way. Reorderable streams stay within the lateness.
std::int64_t random_delay(const RandomStream& stream, RandomSource& random) {
  const NaiveOptions& options = stream.options;
  if (!stream.reorderable && random.chance(10)) {
    return random.pick<std::int64_t>({options.lateness_ms + 1, options.lateness_ms * 2 + 500,
                                      options.lateness_ms + options.dedup_ms + random.between(-1, 1)});
  }
  if (random.chance(40)) return 0;
  return random.chance(30) ? options.lateness_ms : random.between(0, options.lateness_ms);
}

/// Events as the visitors make them, with their times of arrival.
std::vector<Key> random_events(const RandomStream& stream, const StreamSize& size, RandomSource& random) {
  std::vector<Walk> walks = random_walks(random);
  const std::int64_t grid_ms = random.pick<std::int64_t>({1, 100, 500, 1000});
  const bool session_ids = random.chance(40);
  const std::int64_t count = random.between(size.least, size.most);
  std::vector<Key> keys;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto index = static_cast<std::size_t>(random.between(0, static_cast<std::int64_t>(walks.size()) - 1));
    Walk& walk = walks[index];
    const std::int64_t ts_ms = next_time(walk, grid_ms, stream.options, random);
    if (ts_ms - walk.last_ms > stream.options.timeout_ms || ts_ms - walk.first_ms > stream.options.max_duration_ms) {
      walk.first_ms = ts_ms;
    }
    walk.last_ms = ts_ms;
    RandomEventFrame frame{
        walk.visitor,          walk.site, walk.default_site, "", random_id(stream, walk, index, random), ts_ms,
        stream.options.slow_ms};
    ++walk.ids;
    if (session_ids && random.chance(50)) frame.session = random.pick({"s1", "s2"});
    const StreamLine line{random_event_text(frame, random), ts_ms, identity_of(walk)};
    keys.push_back({ts_ms + random_delay(stream, random), line});
    if (random.chance(8)) keys.push_back({ts_ms + random_delay(stream, random), line});  // sent twice
    if (!stream.reorderable && !frame.id.empty() && random.chance(5)) {  // the id again, with another content
      const std::int64_t dedup_ms = stream.options.dedup_ms;
      frame.ts_ms += random.pick<std::int64_t>({-dedup_ms - 1, -dedup_ms, -1, 0, 1, dedup_ms, dedup_ms + 1});
      keys.push_back({std::max(ts_ms, frame.ts_ms) + random_delay(stream, random),
                      {random_event_text(frame, random), frame.ts_ms, identity_of(walk)}});
    }
    if (random.chance(5)) keys.push_back({ts_ms, {broken_line(ts_ms, random), ts_ms, ""}});
    if (random.chance(2)) keys.push_back({ts_ms, {random.pick({"", "\r", "  "}), ts_ms, ""}});
  }
  return keys;
}

std::vector<StreamLine> in_order_of_arrival(std::vector<Key> keys) {
  std::stable_sort(keys.begin(), keys.end(), [](const Key& a, const Key& b) { return a.first < b.first; });
  std::vector<StreamLine> lines;
  for (Key& key : keys) lines.push_back(std::move(key.second));
  return lines;
}

/// The smallest span that gives at most 10 points and shows at least one window; 0 (no series) for some streams.
std::int64_t random_every(const RandomStream& stream, RandomSource& random) {
  if (random.chance(50)) return 0;
  const auto earlier = [](const StreamLine& a, const StreamLine& b) { return a.ts_ms < b.ts_ms; };
  const auto [first, last] = std::minmax_element(stream.lines.begin(), stream.lines.end(), earlier);
  const std::int64_t least_ms = std::max(random.pick<std::int64_t>({1000, 5000}), (last->ts_ms - first->ts_ms) / 10);
  const auto shows_a_window = [&](std::int64_t every_ms) {
    const std::vector<std::int64_t>& windows = stream.options.windows;
    return std::any_of(windows.begin(), windows.end(), [&](std::int64_t length_ms) {
      return every_ms % std::max<std::int64_t>(1000, length_ms / 60) == 0;
    });
  };
  for (const std::int64_t every_ms : {1000, 1500, 2000, 3000, 5000, 6000, 10'000, 30'000, 60'000, 300'000}) {
    if (every_ms >= least_ms && shows_a_window(every_ms)) return every_ms;
  }
  return 3'600'000;
}

}  // namespace

RandomStream make_random_stream(std::uint64_t seed, const StreamSize& size) {
  RandomSource random(seed);
  RandomStream stream;
  stream.seed = seed;
  stream.reorderable = random.chance(50);
  stream.options = random_options(random);
  stream.lines = in_order_of_arrival(random_events(stream, size, random));
  stream.options.every_ms = random_every(stream, random);
  return stream;
}

std::vector<std::string> lines_of(const RandomStream& stream) {
  std::vector<std::string> lines;
  for (const StreamLine& line : stream.lines) lines.push_back(line.text);
  return lines;
}

std::vector<std::string> reordered_lines_of(const RandomStream& stream, std::uint64_t seed) {
  RandomSource random(seed);
  std::vector<Key> keys;
  std::map<std::pair<std::string, std::int64_t>, std::vector<std::string>> equal_times;
  for (const StreamLine& line : stream.lines) {
    keys.push_back({line.ts_ms + random.between(0, stream.options.lateness_ms), line});
    equal_times[{line.visitor, line.ts_ms}].push_back(line.text);
  }
  std::vector<std::string> lines;
  std::map<std::pair<std::string, std::int64_t>, std::size_t> used;
  for (const StreamLine& line : in_order_of_arrival(std::move(keys))) {
    const std::pair<std::string, std::int64_t> group{line.visitor, line.ts_ms};
    lines.push_back(equal_times[group][used[group]++]);
  }
  return lines;
}

int streams_to_try(int wanted) {
  const char* const text = std::getenv("WEIR_SEED");
  if (text != nullptr && *text != '\0') return 1;
  if (kSanitized) return std::max(1, wanted / 20);
#ifdef __OPTIMIZE__
  return wanted;
#else
  return std::max(1, wanted / 5);
#endif
}

}  // namespace weir::support
