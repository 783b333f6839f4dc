// The tcp and unix sources: lines over connections. One connection is one stream of the intake.
#include <fmt/format.h>

#include <utility>

#include "byte_stream_receiver.h"
#include "source_rows.h"

namespace weir {
namespace {

class StreamSource final : public Source {
 public:
  StreamSource(std::unique_ptr<StreamServer> server, std::string description)
      : server_(std::move(server)), description_(std::move(description)) {}

  std::string description() const override { return description_; }
  std::uint16_t port() const override { return server_->port(); }
  void stop() override { server_->stop(); }

 private:
  std::unique_ptr<StreamServer> server_;
  std::string description_;
};

Result<std::unique_ptr<StreamServer>> start_server(const SourceContext& context, const StreamServerOptions& options,
                                                   SourceKind kind, const std::string& format) {
  Intake& intake = context.intake;
  return StreamServer::listen(
      context.io, options,
      [&intake, kind, format] {
        return std::make_unique<ByteStreamReceiver>(intake, intake.open_stream(kind, format));
      },
      &context.stats);
}

StreamServerOptions server_options(const SourceOptions& options, const SourceContext& context,
                                   std::variant<ListenAddress, std::string> listen) {
  return {.listen = std::move(listen), .connections = options.stream_connections, .scarce = [&intake = context.intake] {
            return intake.memory_is_scarce();
          }};
}

}  // namespace

Result<std::unique_ptr<Source>> start_tcp_source(const SourceOptions& options, const SourceContext& context) {
  Result<ListenAddress> address = parse_listen_address(options.tcp_listen);
  if (!address) return address.error();
  auto server = start_server(context, server_options(options, context, *address), SourceKind::kTcp, options.tcp_format);
  if (!server) return server.error();
  address->port = (*server)->port();
  return std::unique_ptr<Source>(
      std::make_unique<StreamSource>(std::move(*server), fmt::format("tcp://{}", to_string(*address))));
}

Result<std::unique_ptr<Source>> start_unix_source(const SourceOptions& options, const SourceContext& context) {
  auto server = start_server(context, server_options(options, context, options.unix_path), SourceKind::kUnix,
                             options.unix_format);
  if (!server) return server.error();
  return std::unique_ptr<Source>(
      std::make_unique<StreamSource>(std::move(*server), fmt::format("unix:{}", options.unix_path)));
}

}  // namespace weir
