// What a client accepts, by the headers of RFC 9110 section 12, and gzip for those who take it.
#pragma once

#include <string>
#include <string_view>

#include "weir/net/http_server.h"

namespace weir {

/// The next element of a comma-separated header value, without white space around it; takes it off the front.
std::string_view next_element(std::string_view& list);

/// The value of a header that is a list: its lines are one list (RFC 9110 section 5.3). `name` in any case.
std::string list_of(const HttpRequest& request, std::string_view name);

/// True for gzip in an Accept-Encoding, unless its weight is zero.
bool accepts_gzip(std::string_view accept_encoding);

/// Weight from 0 to 1 of a media type without parameters, such as "text/plain", in an Accept header; the most specific
/// of its ranges counts. 1 when the header is empty, 0 when nothing in it fits.
double accepted_weight(std::string_view accept, std::string_view media_type);

/// `text` as gzip, at a level from 1 (fast) to 9 (small).
std::string gzip(std::string_view text, int level);

}  // namespace weir
