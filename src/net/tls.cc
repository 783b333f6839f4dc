#include "weir/net/tls.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <ctime>

namespace weir {
namespace {

constexpr unsigned char kSessionContext[] = "weir";

/// What OpenSSL complained about, in words: the system's error it began with, or the last of its own.
std::string openssl_problem() {
  const unsigned long first = ::ERR_peek_error();
  const char* const reason = ::ERR_reason_error_string(::ERR_peek_last_error());
  std::string text = reason != nullptr ? reason : "no reason given";
  if (ERR_SYSTEM_ERROR(first)) text = std::strerror(static_cast<int>(ERR_GET_REASON(first)));
  ::ERR_clear_error();
  return text;
}

Error file_problem(const char* what, const std::string& file) {
  return Error{fmt::format("cannot use the {} {}: {}", what, file, openssl_problem())};
}

/// A session keeps it where its BIO points to.
int descriptor_of(BIO* bio) { return *static_cast<const int*>(::BIO_get_data(bio)); }

bool may_go_on(ssize_t result) { return result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR); }

// OpenSSL's own socket BIO writes in a way that raises SIGPIPE.
int write_socket(BIO* bio, const char* from, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t sent = ::send(descriptor_of(bio), from, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (may_go_on(sent)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int read_socket(BIO* bio, char* where, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t received = ::recv(descriptor_of(bio), where, static_cast<std::size_t>(size), 0);
  if (may_go_on(received)) BIO_set_retry_read(bio);
  return static_cast<int>(received);
}

/// Nothing is held back, so a flush is done when it is asked for.
long control_socket(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

int version_number(TlsVersion version) { return version == TlsVersion::kTls13 ? TLS1_3_VERSION : TLS1_2_VERSION; }

/// A file with a passphrase is an error, not a question on somebody's terminal.
int no_passphrase(char* /*where*/, int /*size*/, int /*writes*/, void* /*user*/) { return -1; }

int accept_any_certificate(int /*verified*/, X509_STORE_CTX* /*chain*/) { return 1; }

void ask_for_certificates(SSL_CTX* context, ClientCertificates wanted) {
  switch (wanted) {
    case ClientCertificates::kNone:
      return ::SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
    case ClientCertificates::kRequest:
      return ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER, accept_any_certificate);
    case ClientCertificates::kRequireAny:
      return ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, accept_any_certificate);
    case ClientCertificates::kVerifyIfGiven:
      return ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    case ClientCertificates::kRequireAndVerify:
      return ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
}

/// When a certificate ends, seconds since 1970.
std::int64_t expiry_of(const X509* certificate) {
  std::tm time{};
  if (::ASN1_TIME_to_tm(::X509_get0_notAfter(certificate), &time) != 1) return 0;  // which has ended, too
  return ::timegm(&time);
}

bool is_tls13_suite(const std::string& openssl_name) { return openssl_name.starts_with("TLS_"); }

Result<std::monostate> choose_suites(SSL_CTX* context, const std::vector<std::string>& suites) {
  std::string older;
  std::string newer;
  for (const std::string& suite : suites) {
    const std::string name = openssl_suite_name(suite);
    std::string& list = is_tls13_suite(name) ? newer : older;
    list += (list.empty() ? "" : ":") + name;
  }
  if (!newer.empty() && ::SSL_CTX_set_ciphersuites(context, newer.c_str()) != 1) {
    return Error{"cannot use the cipher suites of TLS 1.3: " + openssl_problem()};
  }
  if (!older.empty() && ::SSL_CTX_set_cipher_list(context, older.c_str()) != 1) {
    return Error{"cannot use the cipher suites of TLS 1.2: " + openssl_problem()};
  }
  // Only suites of 1.3 were asked for: those that OpenSSL would take for 1.2 were not.
  if (older.empty() && !newer.empty()) ::SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  return std::monostate{};
}

}  // namespace

std::string openssl_suite_name(const std::string& suite) {
  const std::string name = ::OPENSSL_cipher_name(suite.c_str());
  return name == "(NONE)" ? std::string() : name;
}

void TlsContext::FreeContext::operator()(ssl_ctx_st* context) const { ::SSL_CTX_free(context); }
void TlsContext::FreeMethod::operator()(bio_method_st* method) const { ::BIO_meth_free(method); }

TlsContext::TlsContext()
    : context_(::SSL_CTX_new(::TLS_server_method())),
      method_(::BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_TYPE_DESCRIPTOR, "weir socket")) {}
TlsContext::~TlsContext() = default;

Result<std::shared_ptr<const TlsContext>> TlsContext::open(const TlsServerOptions& options) {
  ::ERR_clear_error();
  std::unique_ptr<TlsContext> context(new TlsContext());
  if (context->context_ == nullptr || context->method_ == nullptr) return Error{"OpenSSL: " + openssl_problem()};
  const Result<std::monostate> configured = context->configure(options);
  if (!configured) return configured.error();
  return std::shared_ptr<const TlsContext>(std::move(context));
}

Result<std::monostate> TlsContext::configure(const TlsServerOptions& options) {
  BIO_METHOD* const method = method_.get();
  ::BIO_meth_set_write(method, write_socket);
  ::BIO_meth_set_read(method, read_socket);
  ::BIO_meth_set_ctrl(method, control_socket);

  SSL_CTX* const context = context_.get();
  ::SSL_CTX_set_default_passwd_cb(context, no_passphrase);
  // Pieces as the socket takes them, from wherever the connection holds the rest by then.
  ::SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // A peer could have us compute without end by renegotiation. Nothing is resumed: scrapers keep their connection, and
  // a certificate that was withdrawn must not live on in a session.
  std::uint64_t flags = SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET;
  if (options.prefer_own_order) flags |= SSL_OP_CIPHER_SERVER_PREFERENCE;
  ::SSL_CTX_set_options(context, flags);
  ::SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  ::SSL_CTX_set_num_tickets(context, 0);
  ::SSL_CTX_set_session_id_context(context, kSessionContext, sizeof(kSessionContext) - 1);
  ::SSL_CTX_set_min_proto_version(context, version_number(options.least));
  ::SSL_CTX_set_max_proto_version(context, version_number(options.most));

  if (::SSL_CTX_use_certificate_chain_file(context, options.certificate_file.c_str()) != 1) {
    return file_problem("certificate", options.certificate_file);
  }
  expiry_seconds_ = expiry_of(::SSL_CTX_get0_certificate(context));
  if (::SSL_CTX_use_PrivateKey_file(context, options.key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
      ::SSL_CTX_check_private_key(context) != 1) {
    return file_problem("key", options.key_file);
  }
  if (!options.client_ca_file.empty()) {
    if (::SSL_CTX_load_verify_locations(context, options.client_ca_file.c_str(), nullptr) != 1) {
      return file_problem("certificates of client authorities", options.client_ca_file);
    }
    ::SSL_CTX_set_client_CA_list(context, ::SSL_load_client_CA_file(options.client_ca_file.c_str()));
  }
  ask_for_certificates(context, options.client_certificates);
  if (!options.groups.empty() &&
      ::SSL_CTX_set1_groups_list(context, fmt::format("{}", fmt::join(options.groups, ":")).c_str()) != 1) {
    return Error{"cannot use the curves: " + openssl_problem()};
  }
  return choose_suites(context, options.cipher_suites);
}

}  // namespace weir
