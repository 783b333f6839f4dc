// The truth of two instances together, from the truths of both: parts are added up, ratios follow from the sums.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace weir::e2e {

/// Rows of a rollup of two reports, told apart by `labels`. Quantiles of dwell are of all dwell times together;
/// /dwell_seconds/lowest and highest have those of the single instances.
nlohmann::json merged_rows(const nlohmann::json& first, const nlohmann::json& second,
                           const std::vector<std::string>& labels);

}  // namespace weir::e2e
