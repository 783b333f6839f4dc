// ByteStreamReceiver: lets net's readers fill a stream of the intake.
#pragma once

#include <memory>
#include <span>
#include <utility>

#include "weir/ingest/intake.h"
#include "weir/net/stream_server.h"

namespace weir {

/// Passes everything on to a ByteStream. One thread.
class ByteStreamReceiver final : public StreamReceiver {
 public:
  ByteStreamReceiver(const Intake& intake, std::unique_ptr<ByteStream> stream)
      : intake_(intake), stream_(std::move(stream)) {}
  std::span<char> prepare() override { return stream_->prepare(); }
  void commit(std::size_t size) override { stream_->commit(size); }
  void finish() override { stream_->finish(); }
  bool ready() const override { return intake_.keeps(); }

 private:
  const Intake& intake_;
  std::unique_ptr<ByteStream> stream_;
};

}  // namespace weir
