// The web configuration file: what Prometheus's tools take is taken, everything else is named with its place.
#include "../../src/app/web_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir {
namespace {

using testing::HasSubstr;

constexpr const char* kHash = "$2y$04$abcdefghijklmnopqrstuuMxv1rdCJqYIjqNnOyZ2ZpB2xQqyvXxW";

std::string fault_of(const std::string& yaml) {
  const Result<WebConfig> config = parse_web_config(yaml, "/etc/weir/web.yml");
  return config ? "" : config.error().message;
}

TEST(WebConfig, reads_every_key) {
  const Result<WebConfig> config = parse_web_config(
      "tls_server_config:\n"
      "  cert_file: server.crt\n"
      "  key_file: /etc/ssl/server.key\n"
      "  client_auth_type: RequireAndVerifyClientCert\n"
      "  client_ca_file: ca.crt\n"
      "  min_version: TLS13\n"
      "  max_version: TLS13\n"
      "  cipher_suites: [TLS_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]\n"
      "  prefer_server_cipher_suites: false\n"
      "  curve_preferences: [CurveP256, X25519]\n"
      "http_server_config:\n"
      "  http2: true\n"
      "  headers: {X-Frame-Options: deny, Strict-Transport-Security: max-age=31536000}\n"
      "basic_auth_users:\n"
      "  alice: " +
          std::string(kHash) + "\n",
      "/etc/weir/web.yml");
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_TRUE(config->tls.has_value());
  EXPECT_EQ(config->tls->certificate_file, "/etc/weir/server.crt") << "relative to the file";
  EXPECT_EQ(config->tls->key_file, "/etc/ssl/server.key");
  EXPECT_EQ(config->tls->client_ca_file, "/etc/weir/ca.crt");
  EXPECT_EQ(config->tls->client_certificates, ClientCertificates::kRequireAndVerify);
  EXPECT_EQ(config->tls->least, TlsVersion::kTls13);
  EXPECT_EQ(config->tls->cipher_suites.size(), 2U);
  EXPECT_FALSE(config->tls->prefer_own_order);
  EXPECT_EQ(config->tls->groups, (std::vector<std::string>{"P-256", "X25519"}));
  EXPECT_EQ(config->headers.size(), 2U);
  EXPECT_EQ(config->users.at("alice"), kHash);
}

TEST(WebConfig, nothing_is_plain_http_for_everybody) {
  for (const char* yaml :
       {"", "{}", "tls_server_config:\nbasic_auth_users:\n", "http_server_config: {http2: false}\n"}) {
    const Result<WebConfig> config = parse_web_config(yaml, "web.yml");
    ASSERT_TRUE(config) << yaml << config.error().message;
    EXPECT_FALSE(config->tls.has_value());
    EXPECT_TRUE(config->users.empty());
  }
}

TEST(WebConfig, names_each_fault_with_its_place) {
  struct Case {
    std::string yaml;
    const char* words;
  };
  const std::string pair = "cert_file: a, key_file: b";
  const std::vector<Case> cases{
      {"tls_sever_config: {}\n", "web.yml:1:1: tls_sever_config: unknown key"},
      {"tls_server_config: {cert_file: a}\n", "found no key_file"},
      {"tls_server_config: {key_file: a}\n", "found no cert_file"},
      {"tls_server_config: {" + pair + ", min_version: TLS10}\n", "expected one of TLS12, TLS13"},
      {"tls_server_config: {" + pair + ", min_version: TLS13, max_version: TLS12}\n", "min_version above max_version"},
      {"tls_server_config: {" + pair + ", client_auth_type: Perhaps}\n", "RequireAndVerifyClientCert"},
      {"tls_server_config: {" + pair + ", client_auth_type: RequireAndVerifyClientCert}\n", "found no client_ca_file"},
      {"tls_server_config: {" + pair + ", client_ca_file: ca}\n", "nothing is verified"},
      {"tls_server_config: {" + pair + ", cipher_suites: [ROT13]}\n", "found \"ROT13\""},
      {"tls_server_config: {" + pair + ", curve_preferences: [Curve1]}\n", "CurveP256"},
      {"tls_server_config: {" + pair + ", client_allowed_sans: [x]}\n", "client_allowed_sans: unknown key"},
      {"http_server_config: {headers: {X-Frame-Options: \"a\\nSet-Cookie: b\"}}\n", "on one line"},
      {"http_server_config: {headers: {Set-Cookie: a}}\n", "unknown key"},
      {"basic_auth_users: {alice: secret}\n", "found no bcrypt hash"},
      {"basic_auth_users: {alice: $2y$15$abcdefghijklmnopqrstuuMxv1rdCJqYIjqNnOyZ2ZpB2xQqyvXxW}\n", "a cost up to 14"},
      {"basic_auth_users: {\"a:b\": " + std::string(kHash) + "}\n", "without a colon"},
      {"basic_auth_users: [alice]\n", "found a list"},
      {"rate_limit: {interval: 1s}\n", "rate_limit: unknown key"},
      {std::string(2 * 1024 * 1024, '#'), "at most 1MiB"},
  };
  for (const Case& one : cases) EXPECT_THAT(fault_of(one.yaml), HasSubstr(one.words)) << one.yaml.substr(0, 200);
}

TEST(WebConfig, no_message_repeats_a_password_or_a_hash) {
  EXPECT_THAT(fault_of("basic_auth_users: {alice: hunter2}\n"), testing::Not(HasSubstr("hunter2")));
}

TEST(WebConfig, a_missing_certificate_is_named) {
  TlsServerOptions options;
  options.certificate_file = "/nowhere/server.crt";
  options.key_file = "/nowhere/server.key";
  const auto context = TlsContext::open(options);
  ASSERT_FALSE(context);
  EXPECT_THAT(context.error().message, HasSubstr("cannot use the certificate /nowhere/server.crt: No such file"));
}

}  // namespace
}  // namespace weir
