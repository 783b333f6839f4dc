// The seed of a random test: printed with every run, and taken from WEIR_SEED to repeat one.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>

namespace weir::support {

/// A seed from WEIR_SEED, or else from the operating system; printed so that a failure can be repeated.
inline std::uint64_t test_seed() {
  const char* given = std::getenv("WEIR_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::cout << "WEIR_SEED=" << seed << "\n";
  return seed;
}

}  // namespace weir::support
