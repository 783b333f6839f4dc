// HugePageAllocator: memory for large tables that are looked up at random. With ordinary pages nearly every such
// look-up also misses the processor's page table cache.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <new>

namespace weir {

/// An allocator for std::vector: blocks of 2 MiB and more are aligned to and advised as huge pages (Linux
/// transparent huge pages; a system without them gives ordinary pages). Any thread.
template <class T>
struct HugePageAllocator {
  using value_type = T;

  HugePageAllocator() = default;
  template <class U>
  explicit HugePageAllocator(const HugePageAllocator<U>&) {}

  T* allocate(std::size_t count) {
    constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;
    constexpr std::size_t kMostBytes = std::size_t{1} << 46;  // more than any machine has
    if (count > kMostBytes / sizeof(T)) throw std::bad_alloc();
    std::size_t bytes = count * sizeof(T);
    const bool large = bytes >= kHugePageBytes;
    const std::size_t alignment = large ? kHugePageBytes : alignof(std::max_align_t);
    bytes = (bytes + alignment - 1) / alignment * alignment;
    void* const block = std::aligned_alloc(alignment, bytes);
    if (block == nullptr) throw std::bad_alloc();
    if (large) (void)::madvise(block, bytes, MADV_HUGEPAGE);
    return static_cast<T*>(block);
  }
  void deallocate(T* block, std::size_t) noexcept { std::free(block); }

  bool operator==(const HugePageAllocator&) const = default;
};

}  // namespace weir
