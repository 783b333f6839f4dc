// Compares two reports of the contract's shape and says in one line where they part. Used for the naive model
// against the engine and for both against published reports. It must never include a header of the engine.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace weir::support {

/// How much of both reports is compared.
enum class Comparison {
  /// Everything on both sides, rows in order. Left out when only one side has them: `shed`, `queued`,
  /// `first_event` and `last_event` (null is absent), an empty `windows`, and causes of leakage that are 0.
  kWhole,
  /// Only what `expected` has; rows are found by their labels. For published reports, which hold exact parts
  /// only: `malformed` + `invalid` stand for the sum of `rejected`, `total_sessions` for the sum over a rollup.
  kExpectedOnly,
};

/// Empty when equal, else the path of the first difference and both values. Counts and texts are compared
/// exactly, other numbers to 1e-9 relative, `p50` and `p95` to 2 % relative, `rejected` by its sum.
std::string difference(const nlohmann::json& expected, const nlohmann::json& actual,
                       Comparison comparison = Comparison::kWhole);

}  // namespace weir::support
