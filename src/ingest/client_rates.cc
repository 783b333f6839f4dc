// Implementation of client_rates.h.
#include "client_rates.h"

#include <algorithm>

#include "weir/core/ip_address.h"

namespace weir {
namespace {

constexpr std::int64_t kMicrosPerMs = 1000;
constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::size_t kV6NetworkBytes = 8;

}  // namespace

ClientRates::ClientRates(std::size_t per_second, const Clock& clock)
    : interval_us_(per_second == 0 ? 0 : kMicrosPerSecond / static_cast<std::int64_t>(per_second)),
      clock_(&clock),
      hasher_(random_seed()),
      sets_(per_second == 0 ? 0 : kClients / kWays) {}

const Clock& ClientRates::system_clock() {
  static const SystemClock clock;
  return clock;
}

bool ClientRates::allow(std::string_view address) {
  if (!enabled()) return true;
  const auto parsed = parse_ip_address(address);
  if (!parsed) return true;
  const std::size_t size = parsed->is_v4() ? parsed->bytes.size() : kV6NetworkBytes;
  const std::uint64_t hash = hasher_({reinterpret_cast<const char*>(parsed->bytes.data()), size});
  Set& set = sets_[hash % sets_.size()];
  auto client = std::ranges::find(set, hash, &Client::hash);
  // A stranger takes the place of whoever is least in debt, so that sending much is never forgotten first.
  if (client == set.end()) {
    client = std::ranges::min_element(set, {}, &Client::due_us);
    *client = {hash, 0};
  }
  const std::int64_t now_us = clock_->steady_ms() * kMicrosPerMs;
  if (client->due_us - now_us > kBurstMs * kMicrosPerMs) return false;
  client->due_us = std::max(client->due_us, now_us) + interval_us_;
  return true;
}

}  // namespace weir
