// Random streams for property tests: lines and options made from a seed so that sessions collide, times lie on
// the edges of every rule, and lines are broken, late and repeated. The same seed gives the same stream
// everywhere.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/naive_model.h"

namespace weir::support {

/// One line, with what a reordering must know of it.
struct StreamLine {
  std::string text;
  std::int64_t ts_ms = 0;  // of a broken line: a time near its neighbours'
  std::string visitor;     // site and visitor; empty for a broken line
};

struct RandomStream {
  std::uint64_t seed = 0;
  NaiveOptions options;
  std::vector<StreamLine> lines;  // in order of arrival
  /// No event is late and no delivery id stands for two contents: the result must survive any reordering
  /// within the lateness. About half of all seeds.
  bool reorderable = false;
};

/// How many events visitors make in a random stream; there are a few more lines.
struct StreamSize {
  std::int64_t least = 50;
  std::int64_t most = 250;
};

/// Lines and options to replay them with.
RandomStream make_random_stream(std::uint64_t seed, const StreamSize& size = {});

/// The lines in order of arrival.
std::vector<std::string> lines_of(const RandomStream& stream);

/// The lines in another order: each is moved by at most the lateness, and one visitor's events of equal time keep
/// their order. Only for reorderable streams. Another `seed`, another order.
std::vector<std::string> reordered_lines_of(const RandomStream& stream, std::uint64_t seed);

/// Number of streams to try: 1 when WEIR_SEED is set, else `wanted`; a fifth of it without optimisation and a
/// twentieth under sanitizers, which make every stream that much slower.
int streams_to_try(int wanted);

}  // namespace weir::support
