// The list of crawlers that is part of the program: data/crawler_user_agents.txt, embedded at build time.
#pragma once

#include <string_view>

namespace weir {

/// The whole file: one regular expression per line; lines that start with '#' are comments. Static storage.
std::string_view crawler_patterns();

}  // namespace weir
