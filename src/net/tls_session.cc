#include "tls_session.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>

#include <boost/asio/error.hpp>
#include <utility>

namespace weir {

void TlsSession::Free::operator()(ssl_st* session) const { ::SSL_free(session); }

TlsSession::TlsSession(std::shared_ptr<const TlsContext> context, int descriptor)
    : context_(std::move(context)), session_(::SSL_new(context_->handle())), descriptor_(descriptor) {
  BIO* const bio = ::BIO_new(context_->socket_method());
  if (session_ == nullptr || bio == nullptr) {
    ::BIO_free(bio);
    broken_ = true;
    return;
  }
  ::BIO_set_data(bio, &descriptor_);
  ::BIO_set_init(bio, 1);
  ::SSL_set_bio(session_.get(), bio, bio);
  ::SSL_set_accept_state(session_.get());
}

TlsSession::~TlsSession() = default;

/// What a call that did not succeed comes to.
error_code TlsSession::failure(int result) {
  switch (::SSL_get_error(session_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return asio::error::would_block;
    case SSL_ERROR_WANT_WRITE:
      waits_for_room_ = true;
      return asio::error::would_block;
    case SSL_ERROR_ZERO_RETURN:
      return asio::error::eof;
    default:
      met_plain_http_ = ERR_GET_REASON(::ERR_peek_error()) == SSL_R_HTTP_REQUEST;
      broken_ = true;
      return asio::error::connection_reset;
  }
}

std::size_t TlsSession::read(char* where, std::size_t size, error_code& error) {
  if (broken_) {
    error = asio::error::connection_reset;
    return 0;
  }
  ::ERR_clear_error();
  waits_for_room_ = false;
  std::size_t received = 0;
  const int result = ::SSL_read_ex(session_.get(), where, size, &received);
  error = result == 1 ? error_code() : failure(result);
  if (error == asio::error::eof) error = error_code();
  return received;
}

std::size_t TlsSession::write(const char* from, std::size_t size, error_code& error) {
  if (broken_) {
    error = asio::error::connection_reset;
    return 0;
  }
  ::ERR_clear_error();
  std::size_t sent = 0;
  const int result = ::SSL_write_ex(session_.get(), from, size, &sent);
  error = result == 1 ? error_code() : failure(result);
  waits_for_room_ = false;  // that is said of reads
  return sent;
}

bool TlsSession::has_pending() const { return !broken_ && ::SSL_pending(session_.get()) > 0; }

void TlsSession::close() {
  if (broken_ || ::SSL_is_init_finished(session_.get()) != 1) return;
  ::ERR_clear_error();
  ::SSL_shutdown(session_.get());
  ::ERR_clear_error();
  broken_ = true;  // nothing may follow
}

}  // namespace weir
