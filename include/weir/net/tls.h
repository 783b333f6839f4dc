// TlsContext: the certificate of a listener and its rules for TLS, over OpenSSL. Read once; a changed file is a new
// context, which connections from then on get.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "weir/core/result.h"

struct ssl_ctx_st;
struct bio_method_st;

namespace weir {

/// What is asked of clients.
enum class ClientCertificates : std::uint8_t { kNone, kRequest, kRequireAny, kVerifyIfGiven, kRequireAndVerify };
enum class TlsVersion : std::uint8_t { kTls12, kTls13 };

struct TlsServerOptions {
  std::string certificate_file;  // PEM, the chain behind the certificate
  std::string key_file;          // PEM, without a passphrase
  ClientCertificates client_certificates = ClientCertificates::kNone;
  std::string client_ca_file;  // PEM; who may have signed those of clients
  TlsVersion least = TlsVersion::kTls12;
  TlsVersion most = TlsVersion::kTls13;
  std::vector<std::string> cipher_suites;  // by their names at IANA; empty: those of OpenSSL
  bool prefer_own_order = true;            // of the suites
  std::vector<std::string> groups;         // by their names in OpenSSL, such as P-256; empty: those of OpenSSL
};

/// Immutable; any thread.
class TlsContext {
 public:
  /// Reads the files. Fails with the file and the cause.
  static Result<std::shared_ptr<const TlsContext>> open(const TlsServerOptions& options);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  /// When the certificate ends, seconds since 1970.
  std::int64_t expiry_seconds() const { return expiry_seconds_; }

  /// For src/net only.
  ssl_ctx_st* handle() const { return context_.get(); }
  const bio_method_st* socket_method() const { return method_.get(); }

 private:
  TlsContext();
  Result<std::monostate> configure(const TlsServerOptions& options);

  struct FreeContext {
    void operator()(ssl_ctx_st* context) const;
  };
  struct FreeMethod {
    void operator()(bio_method_st* method) const;
  };
  std::unique_ptr<ssl_ctx_st, FreeContext> context_;
  std::unique_ptr<bio_method_st, FreeMethod> method_;
  std::int64_t expiry_seconds_ = 0;
};

/// The name OpenSSL has for a cipher suite of IANA; empty when it has none.
std::string openssl_suite_name(const std::string& suite);

}  // namespace weir
