#include "admin_guard.h"

#include <crypt.h>

#include <algorithm>

#include "weir/core/ascii.h"

namespace weir {
namespace {

constexpr std::string_view kBasic = "basic ";

HttpResponse refusal(unsigned status, std::string body) {
  return {.status = status, .content_type = "text/plain; charset=utf-8", .body = std::move(body), .headers = {}};
}

/// Looks at all of them, whichever it is.
bool holds(const std::deque<SecretDigest>& digests, const SecretDigest& digest) {
  const auto text_of = [](const SecretDigest& one) {
    return std::string_view(reinterpret_cast<const char*>(one.data()), one.size());
  };
  bool found = false;
  for (const SecretDigest& one : digests) found = same_secret(text_of(one), text_of(digest)) || found;
  return found;
}

void remember(std::deque<SecretDigest>& digests, const SecretDigest& digest) {
  if (digests.size() >= AdminGuard::kRemembered) digests.pop_front();
  digests.push_back(digest);
}

bool matches(const std::string& password, const std::string& hash) {
  const auto room = std::make_unique<crypt_data>();
  const char* const found = ::crypt_r(password.c_str(), hash.c_str(), room.get());
  return found != nullptr && same_secret(found, hash);
}

}  // namespace

void AdminGuard::use(Users users, Headers headers) {
  users_ = std::move(users);
  headers_ = std::move(headers);
  right_.clear();
  wrong_.clear();
}

std::optional<HttpResponse> AdminGuard::refuse(const HttpRequest& request) {
  if (users_.empty()) return std::nullopt;
  const Verdict verdict = judge(request.header("Authorization"), request.peer_address);
  if (verdict == Verdict::kRight) return std::nullopt;
  HttpResponse response = verdict == Verdict::kWait ? refusal(429, "A password was wrong; try again in a second.\n")
                                                    : refusal(401, "Unauthorized\n");
  if (verdict == Verdict::kWait) {
    response.headers.emplace_back("Retry-After", "1");
  } else {
    response.headers.emplace_back("WWW-Authenticate", "Basic realm=\"weir\", charset=\"UTF-8\"");
  }
  return response;
}

void AdminGuard::add_headers(HttpResponse& response) const {
  for (const auto& [name, value] : headers_) {
    const auto is_same = [&name = name](const auto& header) { return equal_ignoring_case(header.first, name); };
    std::erase_if(response.headers, is_same);
    response.headers.emplace_back(name, value);
  }
}

AdminGuard::Verdict AdminGuard::judge(std::string_view authorization, std::string_view address) {
  if (authorization.size() < kBasic.size() || !equal_ignoring_case(authorization.substr(0, kBasic.size()), kBasic)) {
    return Verdict::kWrong;  // nothing was tried
  }
  const std::optional<std::string> credentials = decode_base64(authorization.substr(kBasic.size()));
  if (!credentials || credentials->find('\0') != std::string::npos) return Verdict::kWrong;
  const SecretDigest digest = digest_of(key_, *credentials);
  if (holds(right_, digest)) return Verdict::kRight;
  if (holds(wrong_, digest)) return Verdict::kWrong;
  const std::string from(address);
  if (has_to_wait(from)) return Verdict::kWait;
  const bool right = is_right(*credentials);
  remember(right ? right_ : wrong_, digest);
  if (!right) waiting_[from] = clock_.steady_ms() + kWaitMs;
  return right ? Verdict::kRight : Verdict::kWrong;
}

/// A name that is not known takes as long as one that is.
bool AdminGuard::is_right(const std::string& credentials) {
  ++checks_;
  const std::size_t colon = credentials.find(':');
  const auto user = users_.find(credentials.substr(0, colon));
  const std::string password = colon == std::string::npos ? std::string() : credentials.substr(colon + 1);
  const bool known = user != users_.end() && colon != std::string::npos;
  const bool matched = matches(password, known ? user->second : users_.begin()->second);
  return known && matched;
}

bool AdminGuard::has_to_wait(const std::string& address) {
  const TimeMs now_ms = clock_.steady_ms();
  const auto waiting = waiting_.find(address);
  if (waiting != waiting_.end() && waiting->second > now_ms) return true;
  if (waiting_.size() >= kAddresses) {
    std::erase_if(waiting_, [now_ms](const auto& entry) { return entry.second <= now_ms; });
  }
  // So many addresses are wrong at once that nobody new gets a try until the first of them may again.
  return waiting_.size() >= kAddresses && waiting == waiting_.end();
}

}  // namespace weir
