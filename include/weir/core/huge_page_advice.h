// Huge pages for a block that somebody else allocated and nobody has touched yet: what is about to be filled from one
// end to the other is then cleared by the system in few large steps instead of many small ones.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>

namespace weir {

/// Asks for huge pages (Linux transparent huge pages) in what of the block are whole ones. Any thread; a system without
/// them gives ordinary pages.
inline void advise_huge_pages(const void* block, std::size_t bytes) {
  constexpr std::uintptr_t kHugePageBytes = std::uintptr_t{2} << 20;
  const auto address = reinterpret_cast<std::uintptr_t>(block);
  const std::uintptr_t begin = (address + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes;
  const std::uintptr_t end = (address + bytes) / kHugePageBytes * kHugePageBytes;
  if (begin < end) (void)::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
}

}  // namespace weir
