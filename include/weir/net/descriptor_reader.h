// DescriptorReader: reads a descriptor that is not a socket of ours (stdin) on the io thread: pipes and terminals when
// they are readable, files in slices between other work.
#pragma once

#include <functional>
#include <memory>

#include "weir/core/result.h"
#include "weir/net/descriptor.h"
#include "weir/net/stream_server.h"

namespace boost::asio {
class io_context;
}

namespace weir {

/// Reads until the end of input or stop(). All on the io thread; the io_context must outlive it.
class DescriptorReader {
 public:
  /// Starts reading into `receiver`. At the end of input (or a read error) finishes the receiver, then calls `on_end`
  /// (may be empty). Fails when the descriptor cannot be watched.
  static Result<std::unique_ptr<DescriptorReader>> start(boost::asio::io_context& io, Descriptor descriptor,
                                                         std::unique_ptr<StreamReceiver> receiver,
                                                         std::function<void()> on_end);
  virtual ~DescriptorReader() = default;
  /// Reads no more and finishes the receiver, unless the end was reached before. Does not call `on_end`.
  virtual void stop() = 0;
};

}  // namespace weir
