#include "tailed_file.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "tail_state.h"
#include "weir/core/check.h"
#include "weir/core/hash.h"

namespace weir {
namespace {

constexpr std::size_t kPieceBytes = 64 * 1024;
constexpr std::string_view kGzipMagic = "\x1f\x8b";

/// The seed is the same in every process, because places outlive them. Nothing is looked up by this hash.
std::uint64_t hash_of_head(std::string_view head) { return Hasher(0)(head); }

std::uint64_t size_of(const Descriptor& descriptor) {
  struct stat status {};
  return ::fstat(descriptor.get(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

std::int64_t nanoseconds(const timespec& time) { return time.tv_sec * 1'000'000'000 + time.tv_nsec; }

ssize_t read_at(const Descriptor& descriptor, char* bytes, std::size_t size, std::uint64_t offset) {
  while (true) {
    const ssize_t count = ::pread(descriptor.get(), bytes, size, static_cast<off_t>(offset));
    if (count >= 0 || errno != EINTR) return count;
  }
}

}  // namespace

TailPlace start_of(const OpenedFile& file, const std::string& path) {
  return {
      .identity = file.identity, .head_hash = hash_of_head({}), .born_ns = file.born_ns, .path = path, .open = true};
}

std::string read_head(const Descriptor& descriptor, std::size_t most) {
  std::string head(most, '\0');
  const ssize_t count = read_at(descriptor, head.data(), head.size(), 0);
  head.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return head;
}

bool begins_as(const OpenedFile& file, const TailPlace& place) {
  const std::string head = read_head(file.descriptor, place.head_bytes);
  return head.size() == place.head_bytes && hash_of_head(head) == place.head_hash;
}

bool holds_place(const OpenedFile& file, const TailPlace& place) {
  return file.size >= place.offset && begins_as(file, place);
}

std::uint64_t end_of_lines(const OpenedFile& file) {
  const std::uint64_t from = file.size - std::min<std::uint64_t>(file.size, kPieceBytes);
  std::string end(file.size - from, '\0');
  const ssize_t count = read_at(file.descriptor, end.data(), end.size(), from);
  end.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  const std::size_t newline = end.rfind('\n');
  if (newline != std::string::npos) return from + newline + 1;
  return from == 0 ? 0 : file.size;
}

TailedFile::TailedFile(OpenedFile file, std::unique_ptr<ByteStream> stream, std::uint64_t offset)
    : descriptor_(std::move(file.descriptor)),
      identity_(file.identity),
      born_ns_(file.born_ns),
      stream_(std::move(stream)),
      offset_(offset),
      line_offset_(offset),
      head_(read_head(descriptor_, std::min<std::uint64_t>(offset, kHeadBytes))),
      blank_(offset == 0) {}

TailedFile::Read TailedFile::read_some(const std::string& path) {
  const std::span<char> room = stream_->prepare();
  WEIR_CHECK(!room.empty());
  const ssize_t count = read_at(descriptor_, room.data(), std::min(room.size(), kPieceBytes), offset_);
  if (count < 0) return Read::kFailed;
  // Looked at behind the reading: had the file been begun anew before it, the first bytes would now be others.
  if (!same_content()) return Read::kOtherContent;
  if (count == 0) return Read::kAtEnd;
  std::size_t size = static_cast<std::size_t>(count);
  const std::string_view piece(room.data(), size);
  if (offset_ == 0 && piece.starts_with(kGzipMagic)) return Read::kCompressed;
  if (head_.size() == offset_ && head_.size() < kHeadBytes) head_ += piece.substr(0, kHeadBytes - head_.size());
  offset_ += size;
  if (blank_) size = skip_blank(room.data(), size);
  const std::size_t newline = std::string_view(room.data(), size).rfind('\n');
  if (newline != std::string_view::npos) {
    line_offset_ = offset_ - size + newline + 1;
    mark_place(path);
  }
  if (size > 0) stream_->commit(size);
  return Read::kSome;
}

/// Drops zero bytes at the start of the file, whole holes at once. Returns how many bytes are left in front.
std::size_t TailedFile::skip_blank(char* bytes, std::size_t size) {
  const char* const text = std::find_if(bytes, bytes + size, [](char byte) { return byte != '\0'; });
  const std::size_t left = static_cast<std::size_t>(bytes + size - text);
  if (left > 0) {
    blank_ = false;
    std::memmove(bytes, text, left);
  } else {
    const off_t data = ::lseek(descriptor_.get(), static_cast<off_t>(offset_), SEEK_DATA);
    if (data > 0 && static_cast<std::uint64_t>(data) > offset_) offset_ = static_cast<std::uint64_t>(data);
  }
  line_offset_ = offset_ - left;
  return left;
}

bool TailedFile::same_content() const {
  return size_of(descriptor_) >= offset_ && read_head(descriptor_, head_.size()) == head_;
}

bool TailedFile::shrank_only() const {
  // A short start proves nothing: lines of a log begin alike.
  if (head_.size() < kHeadBytes) return false;
  return size_of(descriptor_) < offset_ && read_head(descriptor_, kHeadBytes) == head_;
}

bool TailedFile::deleted() const {
  struct stat status {};
  return ::fstat(descriptor_.get(), &status) == 0 && status.st_nlink == 0;
}

OpenedFile TailedFile::release() {
  OpenedFile file{.descriptor = std::move(descriptor_), .identity = identity_, .born_ns = born_ns_};
  struct stat status {};
  if (::fstat(file.descriptor.get(), &status) != 0) return file;
  file.size = static_cast<std::uint64_t>(status.st_size);
  file.changed_ns = nanoseconds(status.st_ctim);
  return file;
}

void TailedFile::skip_to_end(std::unique_ptr<ByteStream> fresh) {
  stream_ = std::move(fresh);
  offset_ = line_offset_ = size_of(descriptor_);
  if (offset_ < head_.size()) head_.resize(offset_);
}

OpenedFile TailedFile::continue_in(OpenedFile copy) {
  OpenedFile before = release();
  descriptor_ = std::move(copy.descriptor);
  identity_ = copy.identity;
  born_ns_ = copy.born_ns;
  return before;
}

void TailedFile::mark_place(const std::string& path) {
  TailPlace behind = place(path);
  behind.open = true;
  stream_->mark(fmt::format("{}:{}", identity_.device, identity_.inode), text_of_place(behind));
}

OpenedFile TailedFile::finish(const std::string& path) {
  line_offset_ = offset_;
  mark_place(path);
  stream_->finish();
  return release();
}

TailPlace TailedFile::place(const std::string& path) const {
  // The head may reach into a line that is not whole yet, which will be read again.
  const std::string_view head = std::string_view(head_).substr(0, line_offset_);
  return {.identity = identity_,
          .offset = line_offset_,
          .head_bytes = head.size(),
          .head_hash = hash_of_head(head),
          .born_ns = born_ns_,
          .path = path};
}

}  // namespace weir
