// ClientRates: how often one client may send. Remembers a bounded number of clients by a keyed hash of their address,
// and of each only when its next request is due. Must never keep an address.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "weir/core/clock.h"
#include "weir/core/hash.h"

namespace weir {

/// A rate for each client by the generic cell rate algorithm (ITU-T I.371): requests may come up to two seconds ahead
/// of an even spacing. A client is an IPv4 address or an IPv6 network of 64 bits, which one household has. One thread.
class ClientRates {
 public:
  static constexpr std::int64_t kBurstMs = 2000;
  static constexpr std::size_t kClients = 16 * 1024;  // remembered; beyond it those that send least are forgotten

  /// `per_second` requests of each client, 1 to 1,000,000; 0: without limit. `clock` outlives it.
  explicit ClientRates(std::size_t per_second = 0, const Clock& clock = system_clock());

  bool enabled() const { return interval_us_ > 0; }
  /// True when a client may send now, which counts as sent. True for what is no address.
  bool allow(std::string_view address);

 private:
  struct Client {
    std::uint64_t hash = 0;
    std::int64_t due_us = 0;  // of its next request, were they evenly spaced
  };
  static constexpr std::size_t kWays = 4;
  using Set = std::array<Client, kWays>;

  static const Clock& system_clock();

  std::int64_t interval_us_;
  const Clock* clock_;
  Hasher hasher_;
  std::vector<Set> sets_;
};

}  // namespace weir
