// What Pipeline takes in at once. Private to its files.
#pragma once

#include <algorithm>
#include <thread>

#include "weir/pipeline/pipeline.h"

namespace weir {

/// A piece of text and how it is to be read.
struct Pipeline::Portion {
  std::string_view text;
  Framing framing;
  SourceKind kind;
  const FormatRow& format;
  Origin origin;
  Call call;
  std::string_view source = {};  // of the place
  std::string_view place = {};   // how far the source was read with the text; empty: it keeps none
};

/// The number of shards that the options ask for.
inline std::size_t shard_count_of(const PipelineOptions& options) {
  return options.shards > 0 ? options.shards : std::max<std::size_t>(1, std::thread::hardware_concurrency() / 2);
}

}  // namespace weir
