// prefetch_line(): asks the processor for memory that will be needed soon.
#pragma once

namespace weir {

/// Brings the cache line of `address`, which need not be valid, into the cache. The empty assembler statement keeps
/// g++ from taking a function that does nothing but prefetch for one without effect, whose calls it would drop.
inline void prefetch_line(const void* address) {
  __builtin_prefetch(address);
  asm volatile("");
}

}  // namespace weir
