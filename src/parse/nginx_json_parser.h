// Access logs in JSON whose names each user chose: nginx with a log_format of one's own. THE alias table.
#pragma once

#include <memory>
#include <string_view>

#include "weir/parse/parser.h"

namespace weir {

std::unique_ptr<Parser> make_nginx_json_parser(const ParserOptions& options);
bool recognises_nginx_json(std::string_view line);

}  // namespace weir
