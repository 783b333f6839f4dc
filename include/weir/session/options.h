// Options of the session layer, as in configuration under `sessions` and `limits`.
#pragma once

#include <cstddef>

#include "weir/core/clock.h"

namespace weir {

struct SessionOptions {
  TimeMs timeout_ms = 30 * 60 * 1000;            // a longer gap starts a new session
  TimeMs max_duration_ms = 24 * 60 * 60 * 1000;  // an event further behind the first starts a new session
  TimeMs lateness_ms = 5000;                     // how far behind the newest an event may come
  TimeMs dedup_ms = 10 * 60 * 1000;              // how long a delivery id is remembered, in event time
  bool split_on_campaign = false;                // a new campaign starts a new session
  bool split_on_midnight = false;                // so does a new UTC day
  // Limits, each for the whole process (divided among shards).
  std::size_t sessions = 1'000'000;
  std::size_t reorder_events = 1'000'000;
  std::size_t delivery_ids = 4'000'000;
  std::size_t orders = 1'000'000;
};

}  // namespace weir
