// The JSON access log of Caddy 2: its table of names.
#pragma once

#include <memory>
#include <string_view>

#include "weir/parse/parser.h"

namespace weir {

std::unique_ptr<Parser> make_caddy_parser(const ParserOptions& options);
bool recognises_caddy(std::string_view line);

}  // namespace weir
