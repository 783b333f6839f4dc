// The state file of the tail source: how far each file was read, over restarts.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "tailed_file.h"
#include "weir/core/result.h"

namespace weir {

/// Reads places in the order they were written. No file is no places; a file that is not whole or not ours is an
/// error.
Result<std::vector<TailPlace>> load_places(const std::string& path);

/// Replaces the state file by a new one with mode 0600, so that at each moment one of the two is there and whole.
Result<std::monostate> save_places(const std::string& path, const std::vector<TailPlace>& places);

}  // namespace weir
