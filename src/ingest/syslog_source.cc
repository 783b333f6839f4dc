// The syslog source: one line per datagram, from a unix socket, a UDP port, or both. Each has a stream of its own.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "source_rows.h"
#include "weir/core/check.h"
#include "weir/ingest/syslog_message.h"
#include "weir/net/datagram_server.h"

namespace weir {
namespace {

/// Lines of many datagrams into one piece of the stream.
class SyslogReceiver final : public DatagramReceiver {
 public:
  SyslogReceiver(const Intake& intake, std::unique_ptr<ByteStream> stream)
      : intake_(intake), stream_(std::move(stream)) {}

  void take(std::string_view datagram) override {
    const std::string_view message = syslog_message(datagram);
    if (message.empty()) return;
    if (room_.size() - used_ < message.size() + 1) {
      end_batch();
      room_ = stream_->prepare();
      WEIR_CHECK(room_.size() > kDatagramBytes);
    }
    char* const line = room_.data() + used_;
    std::memcpy(line, message.data(), message.size());
    // One datagram is one line, whatever it holds: nobody may slip in a second one. JSON does not mind a space.
    std::replace(line, line + message.size(), '\n', ' ');
    line[message.size()] = '\n';
    used_ += message.size() + 1;
  }

  void take_cut(std::string_view beginning) override {
    end_batch();
    stream_->refuse_too_long(syslog_message(beginning));
  }

  void end_batch() override {
    if (used_ > 0) stream_->commit(used_);
    used_ = 0;
    room_ = {};
  }

  void finish() override { stream_->finish(); }
  bool ready() const override { return intake_.keeps(); }

 private:
  const Intake& intake_;
  std::unique_ptr<ByteStream> stream_;
  std::span<char> room_;  // of the stream; empty between batches
  std::size_t used_ = 0;
};

class SyslogSource final : public Source {
 public:
  std::string description() const override { return description_; }
  std::uint16_t port() const override { return servers_.back()->port(); }
  void stop() override {
    for (const auto& server : servers_) server->stop();
  }

  void add(std::unique_ptr<DatagramServer> server, std::string_view description) {
    servers_.push_back(std::move(server));
    description_ += fmt::format("{}{}", description_.empty() ? "" : ", ", description);
  }

 private:
  std::vector<std::unique_ptr<DatagramServer>> servers_;
  std::string description_;
};

Result<std::unique_ptr<DatagramServer>> start_server(const SourceOptions& options, const SourceContext& context,
                                                     std::variant<ListenAddress, std::string> listen) {
  auto receiver = std::make_unique<SyslogReceiver>(
      context.intake, context.intake.open_stream(SourceKind::kSyslog, options.syslog.format));
  return DatagramServer::listen(context.io,
                                {.listen = std::move(listen), .buffer_bytes = options.syslog.receive_buffer_bytes},
                                std::move(receiver), &context.stats);
}

}  // namespace

Result<std::unique_ptr<Source>> start_syslog_source(const SourceOptions& options, const SourceContext& context) {
  auto source = std::make_unique<SyslogSource>();
  if (!options.syslog.path.empty()) {
    auto server = start_server(options, context, options.syslog.path);
    if (!server) return server.error();
    source->add(std::move(*server), "syslog:" + options.syslog.path);
  }
  if (!options.syslog.listen.empty()) {
    Result<ListenAddress> address = parse_listen_address(options.syslog.listen);
    if (!address) return address.error();
    auto server = start_server(options, context, *address);
    if (!server) return server.error();
    address->port = (*server)->port();
    source->add(std::move(*server), fmt::format("syslog://{}", to_string(*address)));
  }
  return std::unique_ptr<Source>(std::move(source));
}

}  // namespace weir
