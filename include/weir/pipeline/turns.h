// Turns: what a pipeline without threads asks for where its threads would wait for each other. Tests drive one with it
// from a single thread, in an order of their own; the program never does.
#pragma once

#include <cstdint>

namespace weir {

class Pipeline;

/// What a pipeline has a thread for.
enum class PipelinePart : std::uint8_t { kShard, kPublisher, kSync, kSnapshots };

/// Why a part cannot go on.
enum class WaitFor : std::uint8_t {
  kShards,  // for room in a queue, or for what shards hand in: only shards may take a step
  kState,   // a snapshot, for the state of the shards: all but kSnapshots may take a step, and events may come
  kReport,  // the end of the stream, for a report that is under way: only shards and the publisher may take a step
};

/// Outlives the pipeline. Called again until what is waited for is there.
class Turns {
 public:
  virtual ~Turns() = default;
  /// Lets another part take a step (see Pipeline::step).
  virtual void wait(Pipeline& pipeline, WaitFor what) = 0;
};

}  // namespace weir
