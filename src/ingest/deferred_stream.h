// DeferredStream: the first bytes of a file are kept back until its format is chosen by them; then they and all
// further bytes go to a stream of that format. Knows nothing of formats.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "weir/core/result.h"
#include "weir/ingest/source.h"

namespace weir {

/// Owned and called by one thread.
class DeferredStream final : public ByteStream {
 public:
  /// `intake` and `choose` outlive the stream.
  DeferredStream(Intake& intake, const FormatChooser& choose);

  std::span<char> prepare() override;
  void commit(std::size_t size) override;
  void refuse_too_long(std::string_view beginning) override;
  void finish() override;
  /// Why no format could be chosen. Bytes are dropped from then on.
  const std::optional<Error>& failure() const { return failure_; }

 private:
  void open();

  Intake& intake_;
  const FormatChooser& choose_;
  std::vector<char> head_;
  std::size_t size_ = 0;  // bytes in head_
  std::unique_ptr<ByteStream> stream_;
  std::optional<Error> failure_;
};

}  // namespace weir
