// The state file of the tail source: how far each file was read, over restarts.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tailed_file.h"
#include "weir/core/result.h"

namespace weir {

/// One place as a line without its end, and back; nullopt when it is none.
std::string text_of_place(const TailPlace& place);
std::optional<TailPlace> read_place(std::string_view line);
/// All of them as the state file has them, and back; nullopt when the text is not whole.
std::string text_of_places(const std::vector<TailPlace>& places);
std::optional<std::vector<TailPlace>> read_places(std::string_view text);

/// Reads places in the order they were written. No file is no places; a file that is not whole or not ours is an
/// error.
Result<std::vector<TailPlace>> load_places(const std::string& path);

/// Replaces the state file by a new one with mode 0600, so that at each moment one of the two is there and whole.
Result<std::monostate> save_places(const std::string& path, const std::vector<TailPlace>& places);

}  // namespace weir
