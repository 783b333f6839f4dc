// Writing of a command's result to standard output, and what is said when it cannot be.
#pragma once

#include <string_view>

#include "weir/sink/sinks.h"

namespace weir {

/// Writes all of `text` to standard output. Says on standard error why it could not, and returns the exit code.
int write_output(std::string_view text);

/// Draws a report anew where the last one was drawn. Only on a terminal: in a file or pipe the final one makes sense.
void draw_table(const Report& report, SinkOptions options);

}  // namespace weir
