// CHECK: broken assumptions of the program itself end the process with a message, in every build.
// Bad input is never a reason to CHECK; it is counted (model/rejection.h).
#pragma once

namespace weir {

/// Prints "file:line: broken assumption: expression" to stderr and aborts. Any thread.
[[noreturn]] void check_failed(const char* file, int line, const char* expression) noexcept;

}  // namespace weir

/// Ends the process when `expression` is false. Kept in release builds.
#define WEIR_CHECK(expression) \
  ((expression) ? static_cast<void>(0) : ::weir::check_failed(__FILE__, __LINE__, #expression))
