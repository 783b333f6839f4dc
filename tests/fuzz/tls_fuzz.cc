// Fuzz target of TLS: what may come over one connection to a listener that speaks it, in pieces of any size. The first
// byte of the input is the size of the pieces, 0: all at once. OpenSSL reads the records; what becomes of its errors,
// and of clients that speak plain HTTP, is ours. Must not crash or read outside its buffers, must end with the client,
// and must answer in TLS, or in HTTP that it speaks TLS.
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "fuzz_server.h"
#include "scratch_folder.h"
#include "weir/net/http_server.h"

namespace {

using namespace weir;

/// PEM files of a key and of a certificate that it signed itself.
TlsServerOptions own_certificate(const fuzz::ScratchFolder& folder) {
  TlsServerOptions options;
  options.certificate_file = folder.file("certificate");
  options.key_file = folder.file("key");
  const std::unique_ptr<EVP_PKEY, decltype(&::EVP_PKEY_free)> key(EVP_EC_gen("P-256"), ::EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&::X509_free)> certificate(::X509_new(), ::X509_free);
  WEIR_CHECK(key && certificate);
  constexpr long kDaySeconds = 86'400;
  ::X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  ::X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kDaySeconds);
  WEIR_CHECK(::X509_set_pubkey(certificate.get(), key.get()) == 1);
  WEIR_CHECK(::X509_sign(certificate.get(), key.get(), ::EVP_sha256()) > 0);
  const std::unique_ptr<BIO, decltype(&::BIO_free)> keys(::BIO_new_file(options.key_file.c_str(), "w"), ::BIO_free);
  WEIR_CHECK(::PEM_write_bio_PrivateKey(keys.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  const std::unique_ptr<BIO, decltype(&::BIO_free)> certificates(::BIO_new_file(options.certificate_file.c_str(), "w"),
                                                                 ::BIO_free);
  WEIR_CHECK(::PEM_write_bio_X509(certificates.get(), certificate.get()) == 1);
  return options;
}

std::shared_ptr<const TlsContext> own_context() {
  static const fuzz::ScratchFolder folder;
  static const TlsServerOptions options = own_certificate(folder);
  Result<std::shared_ptr<const TlsContext>> context = TlsContext::open(options);
  WEIR_CHECK(context.has_value());
  return *context;
}

struct Listener {
  Listener() {
    HttpServerOptions options;
    options.listen = {"127.0.0.1", 0};
    http = *HttpServer::listen(
        server.io(), options, [](const HttpRequest&) { return HttpResponse{}; }, nullptr, false);
    http->use_tls(own_context());
  }

  fuzz::FuzzServer server;
  std::unique_ptr<HttpServer> http;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static Listener listener;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string said = listener.server.talk(listener.http->port(), bytes, data[0] == 0 ? size : data[0]);
  constexpr char kChangeCipher = 0x14, kAlert = 0x15, kHandshake = 0x16;
  WEIR_CHECK(said.empty() || said[0] == kAlert || said[0] == kHandshake || said[0] == kChangeCipher ||
             said.starts_with("HTTP/1.0 400 "));
  return 0;
}
