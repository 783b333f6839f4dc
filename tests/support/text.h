// Small edits of text that several tests need.
#pragma once

#include <string>
#include <string_view>

namespace weir::support {

/// `text` with each `word` replaced. `word` is not empty.
std::string replaced(std::string text, std::string_view word, std::string_view by);

}  // namespace weir::support
