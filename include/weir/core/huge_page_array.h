// HugePageArray: room for as many elements as a limit allows, without paying for those that never come. For the
// large tables of records, which must neither move nor be copied as they grow.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

namespace weir {

/// An array of fixed size whose memory comes page by page as elements are first touched (Linux overcommit). All bytes
/// are zero at first. Beyond the first 2 MiB it asks for huge pages, as look-ups at random would otherwise nearly all
/// miss the processor's page table cache. Not thread-safe.
template <class T>
class HugePageArray {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);
  static_assert(alignof(T) <= 4096);

 public:
  HugePageArray() = default;
  /// Room for `count` elements. Throws std::bad_alloc when not even addresses can be had.
  explicit HugePageArray(std::size_t count) {
    constexpr std::size_t kMostBytes = std::size_t{1} << 46;  // more than any machine has
    if (count == 0) return;
    if (count > kMostBytes / sizeof(T)) throw std::bad_alloc();
    bytes_ = count * sizeof(T);
    void* const block =
        ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (block == MAP_FAILED) throw std::bad_alloc();
    elements_ = static_cast<T*>(block);
    constexpr std::size_t kSmallBytes = std::size_t{2} << 20;
    if (bytes_ > kSmallBytes) {
      (void)::madvise(static_cast<char*>(block) + kSmallBytes, bytes_ - kSmallBytes, MADV_HUGEPAGE);
    }
  }
  HugePageArray(HugePageArray&& other) noexcept
      : elements_(std::exchange(other.elements_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  HugePageArray& operator=(HugePageArray&& other) noexcept {
    std::swap(elements_, other.elements_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~HugePageArray() {
    if (elements_ != nullptr) (void)::munmap(elements_, bytes_);
  }

  T& operator[](std::size_t index) { return elements_[index]; }
  const T& operator[](std::size_t index) const { return elements_[index]; }

  /// Gives all memory back; every byte is zero again.
  void forget() { forget_from(0); }
  /// The same for elements from `first` on; what shares a page with those before it is zero again, too.
  void forget_from(std::size_t first) {
    constexpr std::size_t kPageBytes = 4096;
    const std::size_t begin = std::min(first * sizeof(T), bytes_);
    const std::size_t page = std::min((begin + kPageBytes - 1) / kPageBytes * kPageBytes, bytes_);
    char* const bytes = reinterpret_cast<char*>(elements_);
    if (begin < page) std::memset(bytes + begin, 0, page - begin);
    if (page < bytes_) (void)::madvise(bytes + page, bytes_ - page, MADV_DONTNEED);
  }

 private:
  T* elements_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace weir
