// Writing of a command's result to standard output, and what is said when it cannot be.
#pragma once

#include <string_view>

namespace weir {

/// Writes all of `text` to standard output. Says on standard error why it could not, and returns the exit code.
int write_output(std::string_view text);

}  // namespace weir
