#include "admin_endpoint.h"

#include <fmt/format.h>

#include "weir/net/negotiation.h"

namespace weir {
namespace {

HttpResponse text(unsigned status, std::string body) {
  return {.status = status, .content_type = "text/plain; charset=utf-8", .body = std::move(body), .headers = {}};
}

/// The sink at the path of a request that its client likes best; null when there is none.
const SinkRow* sink_for(const HttpRequest& request) {
  const std::string accept = list_of(request, "Accept");
  const SinkRow* best = nullptr;
  double best_weight = -1;
  for (const SinkRow& sink : sink_table()) {
    if (sink.path.empty() || sink.path != request.path) continue;
    const double weight = accepted_weight(accept, sink.content_type.substr(0, sink.content_type.find(';')));
    if (weight <= best_weight) continue;
    best = &sink;
    best_weight = weight;
  }
  return best;
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
    return stats_.read()[Stat::kReady] != 0
               ? text(200, "Weir is ready.\n")
               : text(503, "Weir is not ready: it is starting or stopping, or cannot keep events (disk or memory).\n");
  }
  if (const SinkRow* sink = sink_for(request)) return answer_sink(*sink, request);
  if (const StaticFile* file = page_.find(request.path)) return file->answer(request);
  if (request.path == "/") return index();
  return text(404, fmt::format("nothing at {}; see /\n", request.path));
}

HttpResponse AdminEndpoint::answer_sink(const SinkRow& sink, const HttpRequest& request) {
  if (sink.render == nullptr) return live_.answer(request);
  using Encoding = RenderedReports::Encoding;
  const Encoding wanted = accepts_gzip(list_of(request, "Accept-Encoding")) ? Encoding::kGzip : Encoding::kPlain;
  const RenderedReports::Body& body = rendered_.find(sink, *pipeline_.report(), wanted);
  HttpResponse response{.status = 200,
                        .content_type = std::string(sink.content_type),
                        .body = body.text,
                        .headers = {{"Cache-Control", "no-store"}, {"Vary", "Accept, Accept-Encoding"}}};
  if (body.encoding == Encoding::kGzip) response.headers.emplace_back("Content-Encoding", "gzip");
  return response;
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
