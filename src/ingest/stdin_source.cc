// The stdin source: lines from a pipe, a terminal or a file, until its end.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "byte_stream_receiver.h"
#include "source_rows.h"
#include "weir/net/descriptor_reader.h"

namespace weir {
namespace {

class StdinSource final : public Source {
 public:
  explicit StdinSource(std::unique_ptr<DescriptorReader> reader) : reader_(std::move(reader)) {}
  std::string description() const override { return "stdin"; }
  std::uint16_t port() const override { return 0; }
  void stop() override { reader_->stop(); }

 private:
  std::unique_ptr<DescriptorReader> reader_;
};

}  // namespace

Result<std::unique_ptr<Source>> start_stdin_source(const SourceOptions& options, const SourceContext& context) {
  Descriptor descriptor(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
  if (!descriptor.open()) {
    return Error{
        fmt::format("cannot read stdin: {}; give it input or turn sources.stdin.enabled off", std::strerror(errno))};
  }
  auto receiver = std::make_unique<ByteStreamReceiver>(
      context.intake, context.intake.open_stream(SourceKind::kStdin, options.stdin_format));
  auto reader = DescriptorReader::start(context.io, std::move(descriptor), std::move(receiver), context.on_end);
  if (!reader) return reader.error();
  return std::unique_ptr<Source>(std::make_unique<StdinSource>(std::move(*reader)));
}

}  // namespace weir
