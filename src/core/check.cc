#include "weir/core/check.h"

#include <cstdio>
#include <cstdlib>

namespace weir {

void check_failed(const char* file, int line, const char* expression) noexcept {
  std::fprintf(stderr, "%s:%d: broken assumption: %s\n", file, line, expression);
  std::abort();
}

}  // namespace weir
