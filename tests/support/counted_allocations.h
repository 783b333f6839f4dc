// Operators new that count, for the program that links them. Apart from what uses them, so that the compiler does not
// take the two for parts of one thing.
#pragma once

#include <cstddef>

namespace weir::test {

/// Calls of operator new so far, of all threads.
std::size_t allocations();

}  // namespace weir::test
