// Device class from a user agent string: the value of the `device` dimension. One pass over a bounded
// prefix, no allocation; called by the reader. Must never trust the string to be long, short or text.
#pragma once

#include <string_view>

namespace weir {

/// "desktop", "mobile", "tablet", "tv", "bot" or "(none)" for an empty user agent. Static storage. Any thread.
/// Substring rules without regard to case over the first 512 bytes; bots come first, and a text in which no
/// rule finds anything is a desktop. Game consoles are "tv"; programs (curl, HTTP libraries) are "bot".
std::string_view device_of(std::string_view user_agent);

}  // namespace weir
