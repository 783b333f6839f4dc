// The http source: joins net's HttpServer to the events endpoint.
#include <fmt/format.h>

#include <utility>

#include "events_endpoint.h"
#include "source_rows.h"

namespace weir {
namespace {

class HttpSource final : public Source {
 public:
  HttpSource(std::unique_ptr<EventsEndpoint> endpoint, std::unique_ptr<HttpServer> server, std::string host,
             const SourceContext& context)
      : endpoint_(std::move(endpoint)), server_(std::move(server)), host_(std::move(host)), intake_(context.intake) {
    intake_.on_durable([this](std::uint64_t number) { server_->release(number); });
  }
  ~HttpSource() override { intake_.on_durable({}); }
  HttpSource(const HttpSource&) = delete;
  HttpSource& operator=(const HttpSource&) = delete;

  std::string description() const override {
    return fmt::format("http://{}/v1/events", to_string(ListenAddress{host_, server_->port()}));
  }
  std::uint16_t port() const override { return server_->port(); }
  void stop() override { server_->stop(); }

 private:
  std::unique_ptr<EventsEndpoint> endpoint_;  // used by the server's handler, so it goes last
  std::unique_ptr<HttpServer> server_;
  std::string host_;
  Intake& intake_;
};

}  // namespace

Result<std::unique_ptr<Source>> start_http_source(const SourceOptions& options, const SourceContext& context) {
  Result<OriginReader> reader = OriginReader::make(options.http_trusted_proxies, options.http_country_header);
  if (!reader) return reader.error();
  HttpServerOptions server_options = options.http;
  server_options.proxies = reader->trusted_proxies();
  server_options.scarce = [&intake = context.intake] { return intake.memory_is_scarce(); };
  server_options.keep_held = [&intake = context.intake] { return intake.keep_bodies(); };
  auto endpoint = std::make_unique<EventsEndpoint>(context.intake, options.http_origins, std::move(*reader),
                                                   SiteList(options.sites), ClientRates(options.http_client_requests));
  EventsEndpoint* const answerer = endpoint.get();
  auto server = HttpServer::listen(
      context.io, server_options, [answerer](const HttpRequest& request) { return answerer->answer(request); },
      &context.stats, true);
  if (!server) return server.error();
  return std::unique_ptr<Source>(
      std::make_unique<HttpSource>(std::move(endpoint), std::move(*server), options.http.listen.host, context));
}

}  // namespace weir
