// Keyed hashing. Everything a client picks (visitor, page, delivery id) is hashed with a seed drawn at
// start, so nobody outside can build colliding keys. Hashes never leave the process.
#pragma once

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstdint>
#include <string_view>

namespace weir {

/// A seeded 64-bit hash function (XXH3). Copyable; any thread.
class Hasher {
 public:
  explicit constexpr Hasher(std::uint64_t seed) : seed_(seed) {}

  /// Hash of the bytes of `text`; never 0, so 0 can mean "none".
  std::uint64_t operator()(std::string_view text) const {
    const std::uint64_t hash = XXH3_64bits_withSeed(text.data(), text.size(), seed_);
    return hash == 0 ? 1 : hash;
  }

 private:
  std::uint64_t seed_;
};

/// Mixes two hashes into one; order matters; never 0. The finaliser is that of MurmurHash3 (public domain).
constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  std::uint64_t hash = a ^ (b + 0x9e3779b97f4a7c15ULL + (a << 6) + (a >> 2));
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccdULL;
  hash ^= hash >> 33;
  hash *= 0xc4ceb9fe1a85ec53ULL;
  hash ^= hash >> 33;
  return hash == 0 ? 1 : hash;
}

/// A seed from the operating system's random source.
std::uint64_t random_seed();

}  // namespace weir
