// AdminGuard: who may ask the admin listener, by the users of the web configuration. Stands before everything it
// answers, the health checks included. Belongs to the admin thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "weir/core/clock.h"
#include "weir/net/http_server.h"
#include "weir/net/secret.h"

namespace weir {

/// A password takes long to check on purpose, and holds all operators up meanwhile. So each is checked once and its
/// digest remembered, right ones apart from wrong ones, and an address that was wrong waits before its next is looked
/// at: guessing gets nowhere and costs others little.
class AdminGuard {
 public:
  using Users = std::map<std::string, std::string>;  // name -> bcrypt hash
  using Headers = std::vector<std::pair<std::string, std::string>>;
  static constexpr std::size_t kRemembered = 100;  // right passwords, and as many wrong ones
  static constexpr std::size_t kAddresses = 1024;  // that were wrong lately
  static constexpr TimeMs kWaitMs = 1000;

  /// `clock` outlives the guard.
  explicit AdminGuard(const Clock& clock) : clock_(clock), key_(random_key()) {}

  /// From now on. Nobody is let in by what was remembered of users before.
  void use(Users users, Headers headers);

  /// What a request is refused with; nullopt when it may go on.
  std::optional<HttpResponse> refuse(const HttpRequest& request);
  /// Gives an answer the headers that all have, in the place of its own of the same name.
  void add_headers(HttpResponse& response) const;

  /// Passwords that had to be checked against a hash, since the beginning.
  std::int64_t checks() const { return checks_; }

 private:
  using Digests = std::deque<SecretDigest>;  // oldest first
  enum class Verdict : std::uint8_t { kRight, kWrong, kWait };

  Verdict judge(std::string_view authorization, std::string_view address);
  bool is_right(const std::string& credentials);
  bool has_to_wait(const std::string& address);

  const Clock& clock_;
  SecretKey key_;
  Users users_;
  Headers headers_;
  Digests right_;
  Digests wrong_;
  std::unordered_map<std::string, TimeMs> waiting_;  // address -> steady time from which it may try again
  std::int64_t checks_ = 0;
};

}  // namespace weir
