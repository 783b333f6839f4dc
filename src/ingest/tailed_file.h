// TailedFile: one open file of a tail, its place in it, and the stream its lines go to. Knows nothing of paths.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <string>

#include "weir/ingest/intake.h"
#include "weir/net/descriptor.h"

namespace weir {

/// What tells a file from all others as long as it exists.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  auto operator<=>(const FileIdentity&) const = default;
};

/// How far a file was read. The first bytes tell whether it is still the same one.
struct TailPlace {
  FileIdentity identity;
  std::uint64_t offset = 0;  // of the first line not read whole
  std::size_t head_bytes = 0;
  std::uint64_t head_hash = 0;  // of that many first bytes
  std::int64_t born_ns = 0;     // when its content began; 0 when that is not known
  std::string path;             // under which it was found
  bool open = false;            // it was not done: more may have come since
};

/// A file as opened.
struct OpenedFile {
  Descriptor descriptor;
  FileIdentity identity;
  std::uint64_t size = 0;
  std::int64_t born_ns = 0;     // when it was made; 0 when the file system does not say
  std::int64_t changed_ns = 0;  // when its content, name or mode last changed
};

/// The place before the first byte of a file that nothing was read of.
TailPlace start_of(const OpenedFile& file, const std::string& path);

/// The first bytes of a file, at most `most`.
std::string read_head(const Descriptor& descriptor, std::size_t most);

/// Whether a file begins as the one a place was taken in did.
bool begins_as(const OpenedFile& file, const TailPlace& place);

/// Whether an open file is the one a place was taken in, and still holds all that was read.
bool holds_place(const OpenedFile& file, const TailPlace& place);

/// The offset behind the last newline, which is looked for in the last 64 KiB; without one the end of the file.
std::uint64_t end_of_lines(const OpenedFile& file);

/// Owned by one thread.
class TailedFile {
 public:
  static constexpr std::size_t kHeadBytes = 1024;

  enum class Read {
    kSome,
    kAtEnd,
    kOtherContent,  // it shrank, or begins with other bytes: nothing was taken
    kCompressed,    // it is a gzip file: nothing was taken
    kFailed,        // see errno
  };

  /// Reads on at `offset`, which is the start of a line.
  TailedFile(OpenedFile file, std::unique_ptr<ByteStream> stream, std::uint64_t offset);

  const FileIdentity& identity() const { return identity_; }
  std::int64_t born_ns() const { return born_ns_; }
  /// Takes one piece into the stream, and with it the place behind it, under the file's `path`. Blocks as
  /// ByteStream::commit() does.
  Read read_some(const std::string& path);
  /// True when it shrank, but what is left of it was read before.
  bool shrank_only() const;
  /// True when no path leads to it any more.
  bool deleted() const;

  /// Leaves out what is there now. The line that was cut through is forgotten with its stream.
  void skip_to_end(std::unique_ptr<ByteStream> fresh);
  /// Goes on with the same bytes in another file, and hands out the one before.
  OpenedFile continue_in(OpenedFile copy);
  /// The end: a last line without newline counts as a line. Hands out the file.
  OpenedFile finish(const std::string& path);
  TailPlace place(const std::string& path) const;

 private:
  bool same_content() const;
  void mark_place(const std::string& path);
  std::size_t skip_blank(char* bytes, std::size_t size);
  OpenedFile release();

  Descriptor descriptor_;
  FileIdentity identity_;
  std::int64_t born_ns_;
  std::unique_ptr<ByteStream> stream_;
  std::uint64_t offset_;       // of the next byte to read
  std::uint64_t line_offset_;  // behind the last newline read
  std::string head_;           // the first bytes, as far as they were read
  bool blank_;                 // only zero bytes so far: a writer that goes on behind a truncation leaves a hole
};

}  // namespace weir
