// Checks across options: values that are each allowed but would hurt together. Runs after all values are read.
#pragma once

#include <string>
#include <unordered_map>

#include "weir/app/config.h"
#include "weir/app/config_faults.h"

namespace weir {

/// Where a key's value was given, and whether it could be read.
struct ValuePlace {
  FilePosition position;
  bool good = true;
};

/// Keys given in the file, by path.
using ValuePlaces = std::unordered_map<std::string, ValuePlace>;

/// Adds a fault for every combination that would hurt, at the place of a value that takes part in it. Values that
/// had a fault of their own take part in none.
void check_config(const Config& config, const ValuePlaces& places, ConfigFaults& faults);

}  // namespace weir
