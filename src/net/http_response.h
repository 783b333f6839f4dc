// Writing of HTTP responses into a connection's output.
#pragma once

#include <string>
#include <string_view>

#include "weir/net/http_server.h"

namespace weir {

/// What becomes of the connection behind a response.
/// Clients of HTTP/1.0 must be told when it stays open. A stream's body ends with its connection.
enum class AfterResponse { kKeepOpen, kKeepOpenAndSaySo, kClose, kStream };
/// Whether the body goes out: not in answer to HEAD.
enum class ResponseBody { kSend, kOmit };

/// Appends the response in wire format. Header names and values with control characters are left out, so that no
/// text can forge a header.
void append_response(std::string& out, const HttpResponse& response, AfterResponse after, ResponseBody body);

/// The answer to a request that never reaches the handler: {"error":"..."}.
HttpResponse refusal(unsigned status);

/// The standard phrase of a status, "Status" when there is none.
std::string_view reason_of(unsigned status);

}  // namespace weir
