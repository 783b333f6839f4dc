// IntakeState: what a snapshot keeps of the intake besides visitors and symbols. Private to src/pipeline.
#pragma once

#include <cstdint>

#include "weir/core/codec.h"
#include "weir/ingest/intake.h"
#include "weir/pipeline/router.h"

namespace weir {

struct IntakeState {
  Router::Order order;
  TimeMs newest_at_last_intake_ms = 0;
  TimeMs last_intake_ms = 0;
  KeptPlaces places;
};

inline void write_intake(const IntakeState& state, ByteWriter& writer) {
  writer.flag(state.order.started);
  for (const TimeMs time_ms : {state.order.newest_ms, state.newest_at_last_intake_ms, state.last_intake_ms}) {
    writer.number(static_cast<std::uint64_t>(time_ms));
  }
  writer.text(state.places.all);
  writer.number(state.places.marked.size());
  for (const auto& [source, place] : state.places.marked) {
    writer.text(source);
    writer.text(place);
  }
}

/// What the reader has instead of it is seen by its ok().
inline IntakeState read_intake(ByteReader& reader) {
  IntakeState state;
  state.order.started = reader.flag();
  state.order.newest_ms = reader.time();
  state.newest_at_last_intake_ms = reader.time();
  state.last_intake_ms = reader.time();
  state.places.all = reader.text();
  for (std::size_t left = reader.count(2); left > 0; --left) {
    const std::string_view source = reader.text();
    state.places.marked.emplace_back(source, reader.text());
  }
  return state;
}

}  // namespace weir
