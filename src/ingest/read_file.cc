// read_file: a whole file, plain or gzip, into one stream of the intake, on the calling thread. For replay.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "deferred_stream.h"
#include "gzip.h"
#include "weir/core/check.h"
#include "weir/ingest/source.h"
#include "weir/net/descriptor.h"

namespace weir {
namespace {

constexpr std::size_t kCompressedSliceBytes = 256 * 1024;
constexpr std::size_t kMagicBytes = 2;
constexpr int kCancelPollMs = 100;  // how soon a read from a silent pipe notices that it is cancelled

/// The bytes of a file as stored, with progress and cancellation. read() returns 0 at the end or when cancelled.
class FileBytes {
 public:
  FileBytes(std::string name, Descriptor descriptor, FileProgress& progress)
      : name_(std::move(name)), descriptor_(std::move(descriptor)), progress_(progress) {
    struct stat status {};
    may_block_ = ::fstat(descriptor_.get(), &status) == 0 && !S_ISREG(status.st_mode);
    // Advice only: a pipe has no pages to read ahead.
    static_cast<void>(::posix_fadvise(descriptor_.get(), 0, 0, POSIX_FADV_SEQUENTIAL));
  }

  Result<std::size_t> read(std::span<char> room) {
    while (!cancelled()) {
      if (may_block_ && !readable()) continue;
      const ssize_t size = ::read(descriptor_.get(), room.data(), room.size());
      if (size >= 0) {
        count_ += static_cast<std::uint64_t>(size);
        progress_.bytes_done.fetch_add(static_cast<std::uint64_t>(size), std::memory_order_relaxed);
        return static_cast<std::size_t>(size);
      }
      if (errno != EINTR && errno != EAGAIN) return failure(std::strerror(errno));
    }
    return std::size_t{0};
  }

  Error failure(std::string_view why) const { return Error{fmt::format("cannot read {}: {}", name_, why)}; }
  bool cancelled() const { return stopped_ || progress_.cancelled.load(std::memory_order_relaxed); }
  /// The rest of the file is not wanted.
  void stop() { stopped_ = true; }
  std::uint64_t count() const { return count_; }

 private:
  bool readable() const {
    pollfd poll{.fd = descriptor_.get(), .events = POLLIN, .revents = 0};
    return ::poll(&poll, 1, kCancelPollMs) > 0;
  }

  std::string name_;
  Descriptor descriptor_;
  FileProgress& progress_;
  std::uint64_t count_ = 0;
  bool may_block_ = false;
  bool stopped_ = false;
};

using Failure = std::optional<Error>;

Failure copy_plain(FileBytes& file, std::string_view start, ByteStream& stream) {
  std::span<char> room = stream.prepare();
  WEIR_CHECK(room.size() >= start.size());
  start.copy(room.data(), start.size());
  if (!start.empty()) stream.commit(start.size());
  while (true) {
    room = stream.prepare();
    WEIR_CHECK(!room.empty());
    const Result<std::size_t> size = file.read(room);
    if (!size) return size.error();
    if (*size == 0) return std::nullopt;
    stream.commit(*size);
  }
}

/// Hands everything that the inflater's present input holds to the stream.
Failure inflate_slice(const FileBytes& file, GzipInflater& inflater, ByteStream& stream) {
  while (!file.cancelled()) {
    const std::span<char> room = stream.prepare();
    WEIR_CHECK(!room.empty());
    std::size_t produced = 0;
    const GzipInflater::Status status = inflater.inflate(room, produced);
    if (produced > 0) stream.commit(produced);
    if (status == GzipInflater::Status::kCorrupt) {
      return file.failure(fmt::format("its gzip data is corrupt at byte {}", inflater.consumed()));
    }
    if (status == GzipInflater::Status::kInputUsed) break;
  }
  return std::nullopt;
}

Failure copy_gzip(FileBytes& file, std::string_view start, ByteStream& stream) {
  GzipInflater inflater;
  inflater.set_input(start);
  if (Failure failure = inflate_slice(file, inflater, stream)) return failure;
  const auto slice = std::make_unique_for_overwrite<char[]>(kCompressedSliceBytes);
  while (true) {
    const Result<std::size_t> size = file.read({slice.get(), kCompressedSliceBytes});
    if (!size) return size.error();
    if (*size == 0) break;
    inflater.set_input({slice.get(), *size});
    if (Failure failure = inflate_slice(file, inflater, stream)) return failure;
  }
  if (inflater.complete() || file.cancelled()) return std::nullopt;
  return file.failure(fmt::format("its gzip data ends early, at byte {}", inflater.consumed()));
}

/// Reads on until the end of the file or a failure.
Failure copy(FileBytes& file, std::string_view start, ByteStream& stream) {
  const bool gzip = start == "\x1f\x8b";
  return gzip ? copy_gzip(file, start, stream) : copy_plain(file, start, stream);
}

/// The first bytes of the file, fewer only when it has no more.
Failure read_magic(FileBytes& file, std::string& start) {
  start.resize(kMagicBytes);
  std::size_t have = 0;
  while (have < start.size()) {
    const Result<std::size_t> size = file.read(std::span(start).subspan(have));
    if (!size) return size.error();
    if (*size == 0) break;
    have += *size;
  }
  start.resize(have);
  return std::nullopt;
}

}  // namespace

Result<std::uint64_t> read_file(const std::string& path, Intake& intake, FileProgress& progress,
                                const FormatChooser& choose) {
  const bool standard_input = path == "-";
  const std::string name = standard_input ? "stdin" : path;
  Descriptor descriptor(standard_input ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                       : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!descriptor.open()) return Error{fmt::format("cannot open {}: {}", name, std::strerror(errno))};
  FileBytes file(name, std::move(descriptor), progress);
  std::string start;
  if (const Failure failure = read_magic(file, start)) return *failure;
  Failure failure;
  if (choose == nullptr) {
    const std::unique_ptr<ByteStream> stream = intake.open_stream(SourceKind::kFile);
    failure = copy(file, start, *stream);
    stream->finish();  // what came before a failure was sound
  } else {
    const FormatChooser choose_or_stop = [&](std::string_view head) {
      Result<std::string_view> format = choose(head);
      if (!format) file.stop();
      return format;
    };
    DeferredStream stream(intake, choose_or_stop);
    failure = copy(file, start, stream);
    stream.finish();
    if (stream.failure()) return file.failure(stream.failure()->message);
  }
  if (failure) return *failure;
  return file.count();
}

}  // namespace weir
