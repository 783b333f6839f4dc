// The message inside a syslog datagram: RFC 5424 and RFC 3164 headers are looked through, never trusted. What has no
// header that can be read is all message, for the format to judge.
#pragma once

#include <string_view>

namespace weir {

/// The message of a datagram, without header and without line ends and zero bytes at its end. A part of `datagram`.
///
///   <165>1 2026-01-02T03:04:05Z host app 7 id [x k="v"] MESSAGE      RFC 5424, also with a byte order mark
///   <190>Jan  2 03:04:05 host tag[7]: MESSAGE                         RFC 3164, with or without host
///   <190>2026-01-02T03:04:05.6+01:00 host tag: MESSAGE                the same with the newer time
///   MESSAGE                                                           no header
///
/// An RFC 3164 message without a tag begins right behind the time: its host could not be told from its first word.
std::string_view syslog_message(std::string_view datagram);

}  // namespace weir
