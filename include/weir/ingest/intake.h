// Intake: what sources hand bytes to. The pipeline implements it; sources know nothing behind it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/stats.h"

namespace weir {

/// Sources in the order of the weir_events_received_total rows of core/stats.h.
enum class SourceKind : std::uint8_t { kHttp, kTcp, kUnix, kStdin, kFile, kCount };

/// What is known of a sender besides its bytes. Used to derive visitors; never stored or logged.
struct Origin {
  std::string_view address;     // numeric; empty: unknown
  std::string_view user_agent;  // empty: unknown
};

/// What became of one body.
struct BodyResult {
  struct LineError {
    std::size_t line;         // 1-based
    std::string_view reason;  // name of a Rejection; static storage
  };
  std::size_t accepted = 0;
  std::size_t rejected = 0;
  bool any_json = false;          // at least one event was valid JSON, accepted or not
  std::vector<LineError> errors;  // the first 10
};

/// One stream of bytes: a connection, a file, stdin. Owned and called by one thread.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  /// Where to read the next bytes into: at least 64 KiB.
  virtual std::span<char> prepare() = 0;
  /// Takes `size` bytes from the front of prepare(). Blocks while shards are behind: back-pressure.
  virtual void commit(std::size_t size) = 0;
  /// Takes a text of any size, as prepare() and commit() would in turn.
  void write(std::string_view text);
  /// End of the stream; a last line without newline counts as a line.
  virtual void finish() = 0;
};

class Intake {
 public:
  virtual ~Intake() = default;
  /// Opens a stream of lines. Any thread.
  virtual std::unique_ptr<ByteStream> open_stream(SourceKind kind) = 0;
  /// Takes one HTTP body, all of it; `body` has 64 readable bytes behind it. Any thread; blocks as commit() does.
  virtual BodyResult take_body(std::string_view body, const Origin& origin) = 0;
  /// False when queues are so full that a new body should be refused (503). Any thread.
  virtual bool has_room() const = 0;
};

}  // namespace weir
