// Gunzip of streams with several members, over zlib. Knows nothing of bodies or files: it turns bytes into bytes.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace weir {

/// Inflates one gzip stream; several members one behind the other count as one. Not movable; one thread.
class GzipInflater {
 public:
  enum class Status {
    kOutputFull,  // call again with more room
    kInputUsed,   // give more input
    kCorrupt,     // the stream is broken at consumed()
  };

  GzipInflater();
  ~GzipInflater();
  GzipInflater(const GzipInflater&) = delete;
  GzipInflater& operator=(const GzipInflater&) = delete;

  /// The next bytes of the stream; must stay valid until kInputUsed.
  void set_input(std::string_view input);
  /// Fills the front of `output`; `produced` receives how many bytes.
  Status inflate(std::span<char> output, std::size_t& produced);
  /// True when the input so far ends at the end of a member: a whole stream.
  bool complete() const { return complete_; }
  /// Bytes of the stream taken so far.
  std::uint64_t consumed() const { return consumed_; }

 private:
  bool begin_member();

  z_stream stream_{};
  std::uint64_t consumed_ = 0;
  bool complete_ = false;
  bool padding_ = false;  // zero bytes behind the last member
};

/// How a body was inflated.
enum class InflateResult { kDone, kCorrupt, kTooLarge };

/// Limits of a compressed body: bytes after inflation, and how much it may grow beyond `free_bytes`.
struct InflateLimits {
  std::size_t output_bytes = 8 * 1024 * 1024;
  std::size_t ratio = 20;
  std::size_t free_bytes = 64 * 1024;  // the ratio is not looked at below
  std::size_t padding_bytes = 64;      // readable bytes behind the output
};

/// Inflates a whole body into the front of `output`, which grows as needed; `size` receives the number of bytes.
InflateResult inflate_body(std::string_view body, const InflateLimits& limits, std::string& output, std::size_t& size);

}  // namespace weir
