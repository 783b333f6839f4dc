#include "output.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "weir/app/commands.h"

namespace weir {

int write_output(std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (written) return kExitOk;
  fmt::print(stderr, "weir: cannot write to standard output: {}\n", std::strerror(errno));
  return kExitFailed;
}

}  // namespace weir
