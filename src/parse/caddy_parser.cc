#include "caddy_parser.h"

#include <array>

#include "json_log_reader.h"
#include "line_parser.h"
#include "recognition.h"

namespace weir {
namespace {

// Sorted by name. visitor and request_id are what the guide has `log_append` write.
constexpr std::array kKeys{
    LogKey{"duration", LogField::kDuration, 0},
    LogKey{"logger", LogField::kLogger, 0},
    LogKey{"request.client_ip", LogField::kAddress, 0},
    LogKey{"request.headers.Referer", LogField::kReferrer, 0},
    LogKey{"request.headers.User-Agent", LogField::kUserAgent, 0},
    LogKey{"request.host", LogField::kHost, 0},
    LogKey{"request.method", LogField::kMethod, 0},
    LogKey{"request.remote_ip", LogField::kAddress, 1},
    LogKey{"request.uri", LogField::kTarget, 0},
    LogKey{"request_id", LogField::kId, 0},
    LogKey{"status", LogField::kStatus, 0},
    LogKey{"ts", LogField::kTime, 0},
    LogKey{"visitor", LogField::kVisitor, 0},
};

class CaddyReader : public JsonLogReader {
 public:
  explicit CaddyReader(const ParserOptions& options) : JsonLogReader(options, kKeys) {}
};

}  // namespace

std::unique_ptr<Parser> make_caddy_parser(const ParserOptions& options) {
  return std::make_unique<LineParser<CaddyReader>>(options);
}

bool recognises_caddy(std::string_view line) {
  if (line.find("\"request\"") == std::string_view::npos) return false;
  return reads_as(*make_caddy_parser(ParserOptions{}), line, [](const RawEvent&) { return true; });
}

}  // namespace weir
