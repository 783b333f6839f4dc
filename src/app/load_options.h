// LoadOptions: what `weir load` is asked for, what of it is refused, and the schedule that follows from it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "weir/app/commands.h"
#include "weir/core/result.h"
#include "weir/net/address.h"

namespace weir {

/// Where the load goes.
struct LoadTarget {
  enum class Kind { kHttp, kTcp };
  Kind kind = Kind::kHttp;
  ListenAddress address;
  std::string path;  // of HTTP, with its query
};

/// Parses "http://127.0.0.1:8080/v1/events" (the path may be left out, and is then that one) or "tcp://[::1]:9000".
Result<LoadTarget> parse_load_target(std::string_view url);
/// The admin listener in "http://127.0.0.1:9464", with or without a slash at its end.
Result<ListenAddress> parse_admin_url(std::string_view url);
std::string to_string(const LoadTarget& target);

/// True for addresses that cannot be another machine.
bool is_loopback(const ListenAddress& address);

/// "250", "10k", "1.5M": events per second; nullopt when it is none.
std::optional<double> parse_rate(std::string_view text);

/// Why this cannot be asked for, as a sentence that begins with the option; empty when it can.
std::string problem_of(const LoadCommand& command);

/// When requests are due: the n-th at start + n / rate, whatever became of those before.
struct LoadSchedule {
  std::int64_t start_ns = 0;
  double requests_per_second = 1;

  /// Of a request, and by how many requests later.
  std::int64_t due_ns(std::uint64_t request, double later = 0) const {
    const double requests = static_cast<double>(request) + later;
    return start_ns + static_cast<std::int64_t>(requests * (1e9 / requests_per_second));
  }
  /// How many are due at this time or earlier.
  std::uint64_t due_count(std::int64_t now_ns) const;
};

}  // namespace weir
