#include "nginx_json_parser.h"

#include <array>

#include "json_log_reader.h"
#include "line_parser.h"
#include "recognition.h"

namespace weir {
namespace {

// Sorted by name. Names of nginx's variables, of the ECS and of what people call them. Where two that are both there
// mean different things, the rank prefers the better one: request_uri has the query and is as the client sent it, while
// uri may be rewritten; msec is finer than the other times.
constexpr std::array kKeys{
    LogKey{"@timestamp", LogField::kTime, 1},
    LogKey{"agent", LogField::kUserAgent, 0},
    LogKey{"args", LogField::kArguments, 0},
    LogKey{"client", LogField::kAddress, 0},
    LogKey{"client.ip", LogField::kAddress, 0},
    LogKey{"client_address", LogField::kAddress, 0},
    LogKey{"client_ip", LogField::kAddress, 0},
    LogKey{"clientip", LogField::kAddress, 0},
    LogKey{"cookie_uid", LogField::kVisitor, 0},
    LogKey{"cookie_vid", LogField::kVisitor, 0},
    LogKey{"cookie_visitor", LogField::kVisitor, 0},
    LogKey{"date", LogField::kTime, 1},
    LogKey{"datetime", LogField::kTime, 1},
    LogKey{"domain", LogField::kHost, 0},
    LogKey{"duration", LogField::kDuration, 0},
    LogKey{"elapsed", LogField::kDuration, 0},
    LogKey{"host", LogField::kHost, 0},
    LogKey{"http.host", LogField::kHost, 0},
    LogKey{"http.method", LogField::kMethod, 0},
    LogKey{"http.referer", LogField::kReferrer, 0},
    LogKey{"http.request.method", LogField::kMethod, 0},
    LogKey{"http.request.referrer", LogField::kReferrer, 0},
    LogKey{"http.response.status_code", LogField::kStatus, 0},
    LogKey{"http.status_code", LogField::kStatus, 0},
    LogKey{"http.url", LogField::kTarget, 2},
    LogKey{"http.user_agent", LogField::kUserAgent, 0},
    LogKey{"http.useragent", LogField::kUserAgent, 0},
    LogKey{"http_host", LogField::kHost, 0},
    LogKey{"http_method", LogField::kMethod, 0},
    LogKey{"http_referer", LogField::kReferrer, 0},
    LogKey{"http_referrer", LogField::kReferrer, 0},
    LogKey{"http_status", LogField::kStatus, 0},
    LogKey{"http_user_agent", LogField::kUserAgent, 0},
    LogKey{"ip", LogField::kAddress, 0},
    LogKey{"method", LogField::kMethod, 0},
    LogKey{"msec", LogField::kTime, 0},
    LogKey{"network.client.ip", LogField::kAddress, 0},
    LogKey{"path", LogField::kTarget, 2},
    LogKey{"query", LogField::kArguments, 0},
    LogKey{"query_string", LogField::kArguments, 0},
    LogKey{"referer", LogField::kReferrer, 0},
    LogKey{"referrer", LogField::kReferrer, 0},
    LogKey{"remote", LogField::kAddress, 1},
    LogKey{"remote_addr", LogField::kAddress, 0},
    LogKey{"remote_address", LogField::kAddress, 0},
    LogKey{"remote_ip", LogField::kAddress, 0},
    LogKey{"req_id", LogField::kId, 0},
    LogKey{"request", LogField::kTarget, 1},
    LogKey{"request_duration", LogField::kDuration, 0},
    LogKey{"request_id", LogField::kId, 0},
    LogKey{"request_line", LogField::kTarget, 1},
    LogKey{"request_method", LogField::kMethod, 0},
    LogKey{"request_path", LogField::kTarget, 2},
    LogKey{"request_time", LogField::kDuration, 0},
    LogKey{"request_time_seconds", LogField::kDuration, 0},
    LogKey{"request_uri", LogField::kTarget, 0},
    LogKey{"response", LogField::kStatus, 1},
    LogKey{"response_code", LogField::kStatus, 0},
    LogKey{"response_status", LogField::kStatus, 0},
    LogKey{"response_time", LogField::kDuration, 0},
    LogKey{"server_name", LogField::kHost, 1},
    LogKey{"site", LogField::kHost, 1},
    LogKey{"source.address", LogField::kAddress, 0},
    LogKey{"source.ip", LogField::kAddress, 0},
    LogKey{"status", LogField::kStatus, 0},
    LogKey{"status_code", LogField::kStatus, 0},
    LogKey{"time", LogField::kTime, 1},
    LogKey{"time_iso8601", LogField::kTime, 1},
    LogKey{"time_local", LogField::kTime, 2},
    LogKey{"time_msec", LogField::kTime, 0},
    LogKey{"timestamp", LogField::kTime, 1},
    LogKey{"ts", LogField::kTime, 1},
    LogKey{"ua", LogField::kUserAgent, 0},
    LogKey{"uid", LogField::kVisitor, 0},
    LogKey{"uid_got", LogField::kVisitor, 1},
    LogKey{"uid_set", LogField::kVisitor, 2},
    LogKey{"uri", LogField::kTarget, 3},
    LogKey{"uri_path", LogField::kTarget, 2},
    LogKey{"url", LogField::kTarget, 2},
    LogKey{"url.domain", LogField::kHost, 0},
    LogKey{"url.original", LogField::kTarget, 0},
    LogKey{"url.path", LogField::kTarget, 2},
    LogKey{"url.query", LogField::kArguments, 0},
    LogKey{"user_agent", LogField::kUserAgent, 0},
    LogKey{"user_agent.original", LogField::kUserAgent, 0},
    LogKey{"useragent", LogField::kUserAgent, 0},
    LogKey{"verb", LogField::kMethod, 0},
    LogKey{"vhost", LogField::kHost, 0},
    LogKey{"vid", LogField::kVisitor, 0},
    LogKey{"visitor", LogField::kVisitor, 0},
    LogKey{"visitor_id", LogField::kVisitor, 0},
};

class NginxJsonReader : public JsonLogReader {
 public:
  explicit NginxJsonReader(const ParserOptions& options) : JsonLogReader(options, kKeys) {}
};

}  // namespace

std::unique_ptr<Parser> make_nginx_json_parser(const ParserOptions& options) {
  return std::make_unique<LineParser<NginxJsonReader>>(options);
}

bool recognises_nginx_json(std::string_view line) {
  // Other JSON has urls and times too, but no address under one of these names.
  return reads_as(*make_nginx_json_parser(ParserOptions{}), line,
                  [](const RawEvent& event) { return !event.address.empty(); });
}

}  // namespace weir
