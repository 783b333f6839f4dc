#include "weir/store/snapshot_files.h"

#include <fmt/format.h>
#include <rocksdb/env.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <memory>
#include <optional>

#include "weir/core/codec.h"
#include "weir/core/hash.h"

namespace weir {
namespace {

using rocksdb::Status;

// "weirsnap", version, number of parts, size and checksum of each, checksum of all that; then the parts. Each is a
// number of eight bytes.
constexpr std::string_view kMagic = "weirsnap";
constexpr std::uint64_t kVersion = 1;
constexpr std::string_view kPrefix = "snapshot-";
constexpr std::string_view kUnfinished = ".new";
constexpr std::size_t kPieceBytes = 1024 * 1024;
constexpr std::size_t kNumberBytes = sizeof(std::uint64_t);

std::uint64_t checksum_of(std::string_view bytes) { return Hasher(0)(bytes); }

std::string head_of(std::span<const std::string> parts) {
  ByteWriter head;
  head.fixed(kVersion);
  head.fixed(parts.size());
  for (const std::string& part : parts) {
    head.fixed(part.size());
    head.fixed(checksum_of(part));
  }
  const std::uint64_t checksum = checksum_of(head.bytes());
  head.fixed(checksum);
  return std::string(kMagic) + head.bytes();
}

/// The parts of a whole file; nullopt when it is not what was written.
std::optional<std::vector<std::string_view>> parts_of(std::string_view bytes) {
  if (!bytes.starts_with(kMagic)) return std::nullopt;
  const std::string_view numbers = bytes.substr(kMagic.size());
  ByteReader reader(numbers);
  if (reader.fixed() != kVersion) return std::nullopt;
  const std::uint64_t count = reader.fixed();
  if (!reader.ok() || count > numbers.size() / (2 * kNumberBytes)) return std::nullopt;
  const std::size_t head_bytes = (2 + 2 * count) * kNumberBytes;
  if (head_bytes + kNumberBytes > numbers.size()) return std::nullopt;
  ByteReader checksum(numbers.substr(head_bytes));
  if (checksum.fixed() != checksum_of(numbers.substr(0, head_bytes))) return std::nullopt;
  std::string_view rest = numbers.substr(head_bytes + kNumberBytes);
  std::vector<std::string_view> parts;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t size = reader.fixed();
    const std::uint64_t wanted = reader.fixed();
    if (size > rest.size() || checksum_of(rest.substr(0, size)) != wanted) return std::nullopt;
    parts.push_back(rest.substr(0, size));
    rest.remove_prefix(size);
  }
  if (!rest.empty()) return std::nullopt;
  return parts;
}

Status write_pieces(rocksdb::WritableFile& file, std::string_view bytes) {
  Status status;
  for (; status.ok() && !bytes.empty(); bytes.remove_prefix(std::min(kPieceBytes, bytes.size()))) {
    status = file.Append({bytes.data(), std::min(kPieceBytes, bytes.size())});
  }
  return status;
}

/// Writes and syncs a file.
Status write_file(rocksdb::Env& env, const std::string& path, std::span<const std::string> parts) {
  std::unique_ptr<rocksdb::WritableFile> file;
  Status status = env.NewWritableFile(path, &file, {});
  if (!status.ok()) return status;
  status = write_pieces(*file, head_of(parts));
  for (const std::string& part : parts) {
    if (status.ok()) status = write_pieces(*file, part);
  }
  if (status.ok()) status = file->Sync();
  const Status closed = file->Close();
  return status.ok() ? closed : status;
}

Status sync_folder(rocksdb::Env& env, const std::string& path) {
  std::unique_ptr<rocksdb::Directory> folder;
  const Status status = env.NewDirectory(path, &folder);
  return status.ok() ? folder->Fsync() : status;
}

}  // namespace

SnapshotFiles::SnapshotFiles(std::string folder, DiskEnv env)
    : folder_(std::move(folder)), env_(env != nullptr ? env : rocksdb::Env::Default()) {}

std::string SnapshotFiles::path_of(std::uint64_t number) const {
  return fmt::format("{}/{}{:020}", folder_, kPrefix, number);
}

std::vector<std::uint64_t> SnapshotFiles::numbers() const {
  std::vector<std::string> names;
  static_cast<void>(env_->GetChildren(folder_, &names));  // nothing to list is nothing there
  std::vector<std::uint64_t> numbers;
  for (const std::string& name : names) {
    if (!name.starts_with(kPrefix)) continue;
    std::uint64_t number = 0;
    const char* const end = name.data() + name.size();
    const auto [rest, problem] = std::from_chars(name.data() + kPrefix.size(), end, number);
    if (problem == std::errc() && rest == end) numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end(), std::greater());
  return numbers;
}

Result<std::uint64_t> SnapshotFiles::write(std::uint64_t number, std::span<const std::string> parts) {
  const std::string path = path_of(number);
  const std::string unfinished = path + std::string(kUnfinished);
  Status status = write_file(*env_, unfinished, parts);
  if (status.ok()) status = env_->RenameFile(unfinished, path);
  if (status.ok()) status = sync_folder(*env_, folder_);
  if (!status.ok()) {
    static_cast<void>(env_->DeleteFile(unfinished));
    static_cast<void>(env_->DeleteFile(path));
    return Error{fmt::format("cannot write the snapshot {}: {}", path, status.ToString())};
  }
  std::uint64_t size = 0;
  for (const std::string& part : parts) size += part.size();
  return size;
}

Result<SnapshotParts> SnapshotFiles::read(std::uint64_t number) const {
  const std::string path = path_of(number);
  SnapshotParts snapshot;
  const Status status = rocksdb::ReadFileToString(env_, path, &snapshot.bytes);
  if (!status.ok()) return Error{fmt::format("cannot read the snapshot {}: {}", path, status.ToString())};
  auto parts = parts_of(snapshot.bytes);
  if (!parts) return Error{fmt::format("the snapshot {} is damaged", path)};
  snapshot.parts = std::move(*parts);
  return Result<SnapshotParts>(boost::system::in_place_value, std::move(snapshot));
}

void SnapshotFiles::remove_before(std::uint64_t number) {
  std::vector<std::string> names;
  static_cast<void>(env_->GetChildren(folder_, &names));
  for (const std::string& name : names) {
    if (name.starts_with(kPrefix) && name.ends_with(kUnfinished)) {
      static_cast<void>(env_->DeleteFile(folder_ + "/" + name));
    }
  }
  for (const std::uint64_t old : numbers()) {
    if (old < number) static_cast<void>(env_->DeleteFile(path_of(old)));
  }
}

}  // namespace weir
