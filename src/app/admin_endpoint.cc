#include "admin_endpoint.h"

#include <fmt/format.h>

namespace weir {
namespace {

HttpResponse text(unsigned status, std::string body) {
  return {.status = status, .content_type = "text/plain; charset=utf-8", .body = std::move(body), .headers = {}};
}

}  // namespace

HttpResponse AdminEndpoint::handle(const HttpRequest& request) {
  if (request.method != "GET" && request.method != "HEAD") {
    HttpResponse response = text(405, "only GET and HEAD here\n");
    response.headers.emplace_back("Allow", "GET, HEAD");
    return response;
  }
  if (request.path == "/-/healthy") return text(200, "Weir is healthy.\n");
  if (request.path == "/-/ready") {
    return stats_.read()[Stat::kReady] != 0 ? text(200, "Weir is ready.\n")
                                            : text(503, "Weir is not ready: it is starting or stopping.\n");
  }
  for (const SinkRow& sink : sink_table()) {
    if (!sink.path.empty() && sink.path == request.path) return answer_sink(sink, request);
  }
  if (const StaticFile* file = page_.find(request.path)) return file->answer(request);
  if (request.path == "/") return index();
  return text(404, fmt::format("nothing at {}; see /\n", request.path));
}

HttpResponse AdminEndpoint::answer_sink(const SinkRow& sink, const HttpRequest& request) {
  if (sink.render == nullptr) return live_.answer(request);
  const std::shared_ptr<const Report> report = pipeline_.report();
  return {.status = 200,
          .content_type = std::string(sink.content_type),
          .body = sink.render(*report, options_),
          .headers = {{"Cache-Control", "no-store"}}};
}

/// What stands in for the live page in a program that was built without it.
HttpResponse AdminEndpoint::index() const {
  std::string body = fmt::format("Weir {}: live session analytics\n\n", WEIR_VERSION);
  body +=
      "The live page is not part of this program: npm was missing when it was built, or could not get its packages.\n"
      "To have it, install Node.js 18 or newer with npm (Debian: apt-get install nodejs npm) and build again.\n\n";
  for (const SinkRow& sink : sink_table()) {
    if (!sink.path.empty()) body += fmt::format("{:<16} {}\n", sink.path, sink.name);
  }
  body += "/-/healthy       liveness\n/-/ready         readiness\n\n";
  return text(200, body + render_table(*pipeline_.report(), options_));
}

}  // namespace weir
