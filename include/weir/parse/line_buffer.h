// LineBuffer: bytes of a stream in, runs of whole lines out, with the padding parsers need. A line longer
// than the limit is skipped in constant memory and counted.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace weir {

/// Assembles whole lines from pieces of any size. Owned by one thread.
class LineBuffer {
 public:
  /// `line_bytes`: longest line kept, in bytes without its newline, at least 1. A byte order mark at the start of the
  /// stream is removed.
  explicit LineBuffer(std::size_t line_bytes);

  /// Room for at least 64 KiB of further bytes. Ends the life of views returned earlier, and forgets oversize
  /// lines not asked for. Whole lines should have been taken: more than 16 MiB of them break an assumption.
  std::span<char> prepare();
  /// Says that `size` bytes were written into the front of prepare().
  void commit(std::size_t size);
  /// All whole lines received and not yet taken, newlines included, kParserPadding readable bytes behind.
  /// Lives until the next prepare().
  std::string_view take_lines();
  /// At the end of the stream: what was not taken, which after take_lines() is the line that has no newline (may
  /// be empty). Same lifetime and padding.
  std::string_view take_rest();

  /// A line over the limit that was skipped since the last call: its first 512 bytes at most; empty when
  /// there is none. Call until empty after each take_lines() and take_rest(). Same lifetime. Its newline stays
  /// in take_lines() as an empty line, so that line numbers stay right.
  std::string_view take_oversize();

 private:
  bool strip_mark();
  void sift(std::size_t from, std::size_t searched, std::size_t limit);
  std::size_t find_newline(std::size_t from, std::size_t limit) const;
  void remember_oversize(std::size_t at);

  std::size_t line_bytes_;
  std::vector<char> bytes_;     // grows only while whole lines are not taken; padding at its end
  std::size_t begin_ = 0;       // first byte not taken
  std::size_t line_start_ = 0;  // start of the line still arriving; whole lines lie before it
  std::size_t end_ = 0;         // end of the bytes received
  bool skipping_ = false;       // the line still arriving is over the limit: its bytes are not kept
  bool mark_possible_ = true;   // fewer bytes came so far than a byte order mark has
  std::vector<char> heads_;     // heads of oversize lines since prepare(), one after the other
  std::vector<std::size_t> head_ends_;
  std::size_t heads_taken_ = 0;
};

}  // namespace weir
