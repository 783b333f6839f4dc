// Who may ask the admin listener: passwords are right or wrong, checked once, and guessing does not pay.
#include "../../src/app/admin_guard.h"

#include <crypt.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>

namespace weir {
namespace {

/// At the lowest cost, so that the tests are quick.
std::string hash_of(const std::string& password) {
  crypt_data room{};
  return ::crypt_r(password.c_str(), "$2b$04$abcdefghijklmnopqrstuu", &room);
}

std::string base64(const std::string& text) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t j = 0; j < 3; ++j)
      bits = bits << 8 | (i + j < text.size() ? static_cast<unsigned char>(text[i + j]) : 0U);
    for (std::size_t j = 0; j < 4; ++j) out += i + j <= text.size() ? kDigits[bits >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

class AdminGuardTest : public testing::Test {
 protected:
  AdminGuardTest() { guard_.use({{"alice", hash_of("open sesame")}, {"bob", hash_of("b:o:b")}}, {}); }

  /// 200 when it may pass.
  unsigned ask(const std::string& authorization, const std::string& address = "192.0.2.1") {
    HttpRequest request;
    request.path = "/metrics";
    request.peer_address = address;
    request.header = [&](std::string_view name) {
      return name == "Authorization" ? std::string_view(authorization) : std::string_view();
    };
    const std::optional<HttpResponse> refusal = guard_.refuse(request);
    return refusal ? refusal->status : 200;
  }
  unsigned login(const std::string& credentials, const std::string& address = "192.0.2.1") {
    return ask("Basic " + base64(credentials), address);
  }

  ManualClock clock_{1'000'000};
  AdminGuard guard_{clock_};
};

TEST_F(AdminGuardTest, lets_in_whoever_knows_the_password_and_checks_it_once) {
  for (int i = 0; i < 10; ++i) EXPECT_EQ(login("alice:open sesame"), 200U);
  EXPECT_EQ(guard_.checks(), 1);
  EXPECT_EQ(login("bob:b:o:b"), 200U) << "a password may hold colons";
  EXPECT_EQ(ask("bAsIc " + base64("alice:open sesame")), 200U);
  EXPECT_EQ(guard_.checks(), 2);
}

TEST_F(AdminGuardTest, everything_else_is_unauthorized_without_a_check) {
  for (const char* authorization : {"", "Basic", "Basic ", "Bearer abc", "Basic !!!!", "Basic YQ",
                                    "Basic YQ==YQ==", "Basic ====", "Basic YWxpY2U6b3BlbiBzZXNhbWU=\n"}) {
    EXPECT_EQ(ask(authorization), 401U) << authorization;
  }
  EXPECT_EQ(login(std::string("alice:open sesame\0", 18)), 401U) << "which crypt would not see";
  EXPECT_EQ(login(std::string("alice:open sesame\0x", 19)), 401U);
  EXPECT_LE(guard_.checks(), 1) << "of the empty text";
}

TEST_F(AdminGuardTest, wrong_passwords_wait_and_hold_nobody_else_up) {
  EXPECT_EQ(login("alice:wrong"), 401U);
  EXPECT_EQ(login("alice:wrong"), 401U) << "remembered, so it costs nothing";
  EXPECT_EQ(login("alice:another"), 429U);
  EXPECT_EQ(login("nobody:open sesame"), 429U);
  EXPECT_EQ(guard_.checks(), 1);
  EXPECT_EQ(login("alice:open sesame", "192.0.2.2"), 200U) << "another address";
  EXPECT_EQ(login("alice:open sesame"), 200U) << "known to be right, even from the address that was wrong";
  clock_.advance(AdminGuard::kWaitMs);
  EXPECT_EQ(login("nobody:open sesame"), 401U);
  EXPECT_EQ(guard_.checks(), 3);
}

TEST_F(AdminGuardTest, what_it_remembers_is_bounded) {
  for (std::size_t i = 0; i < AdminGuard::kAddresses; ++i) {
    EXPECT_EQ(login(fmt::format("alice:{}", i), fmt::format("2001:db8::{:x}", i)), 401U);
  }
  EXPECT_EQ(login("alice:open sesame", "192.0.2.9"), 429U) << "so many guess that nobody new gets a try";
  clock_.advance(AdminGuard::kWaitMs);
  EXPECT_EQ(login("alice:open sesame", "192.0.2.9"), 200U);
}

TEST_F(AdminGuardTest, new_users_replace_those_before_at_once) {
  EXPECT_EQ(login("alice:open sesame"), 200U);
  guard_.use({{"alice", hash_of("another")}}, {});
  EXPECT_EQ(login("alice:open sesame"), 401U);
  EXPECT_EQ(login("bob:b:o:b", "192.0.2.3"), 401U);
  guard_.use({}, {});
  EXPECT_EQ(ask(""), 200U) << "without users everybody may ask";
}

TEST_F(AdminGuardTest, adds_the_headers_of_the_file_to_answers) {
  guard_.use({}, {{"X-Frame-Options", "deny"}});
  HttpResponse response;
  response.headers.emplace_back("x-frame-options", "sameorigin");
  guard_.add_headers(response);
  ASSERT_EQ(response.headers.size(), 1U);
  EXPECT_EQ(response.headers[0].second, "deny");
}

}  // namespace
}  // namespace weir
