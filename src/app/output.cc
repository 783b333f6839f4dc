#include "output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include "terminal.h"
#include "weir/app/commands.h"

namespace weir {

int write_output(std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (written) return kExitOk;
  fmt::print(stderr, "weir: cannot write to standard output: {}\n", std::strerror(errno));
  return kExitFailed;
}

void draw_table(const Report& report, SinkOptions options) {
  if (isatty(STDOUT_FILENO) == 0) return;
  if (const std::optional<Terminal::Size> size = Terminal::size()) options.width = size->width;
  options.color = true;
  options.rows = 12;
  static_cast<void>(write_output("\x1b[H\x1b[J" + render_table(report, options)));
}

}  // namespace weir
