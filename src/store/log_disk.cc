#include "log_disk.h"

#include <rocksdb/file_system.h>

#include <string_view>
#include <utility>

namespace weir {
namespace {

using rocksdb::IOOptions;
using rocksdb::IOStatus;
using Debug = rocksdb::IODebugContext;

constexpr std::string_view kMessages = "/LOG";

}  // namespace

class LogDisk::LogFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  LogFile(std::unique_ptr<rocksdb::FSWritableFile> file, LogDisk& disk)
      : FSWritableFileOwnerWrapper(std::move(file)), disk_(disk) {}

  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options, Debug* debug) override {
    return watched([&] { return FSWritableFileOwnerWrapper::Append(data, options, debug); });
  }
  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  Debug* debug) override {
    return Append(data, options, debug);
  }
  IOStatus Flush(const IOOptions& options, Debug* debug) override {
    return watched([&] { return FSWritableFileOwnerWrapper::Flush(options, debug); });
  }
  IOStatus Sync(const IOOptions& options, Debug* debug) override {
    return watched([&] { return FSWritableFileOwnerWrapper::Sync(options, debug); });
  }
  IOStatus Fsync(const IOOptions& options, Debug* debug) override {
    return watched([&] { return FSWritableFileOwnerWrapper::Fsync(options, debug); });
  }
  IOStatus Truncate(std::uint64_t size, const IOOptions& options, Debug* debug) override {
    return watched([&] { return FSWritableFileOwnerWrapper::Truncate(size, options, debug); });
  }

 private:
  template <class Work>
  IOStatus watched(Work work) {
    if (disk_.failed()) return IOStatus::OK();
    const IOStatus status = work();
    if (!status.ok()) disk_.note(status.ToString());
    return IOStatus::OK();
  }

  LogDisk& disk_;
};

/// RocksDB's own messages. Those that cannot be written are lost.
class LogDisk::MessageFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  using FSWritableFileOwnerWrapper::FSWritableFileOwnerWrapper;

  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options, Debug* debug) override {
    FSWritableFileOwnerWrapper::Append(data, options, debug).PermitUncheckedError();
    return IOStatus::OK();
  }
  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  Debug* debug) override {
    return Append(data, options, debug);
  }
};

class LogDisk::Files final : public rocksdb::FileSystemWrapper {
 public:
  Files(std::shared_ptr<rocksdb::FileSystem> under, LogDisk& disk) : FileSystemWrapper(std::move(under)), disk_(disk) {}
  const char* Name() const override { return "LogDisk"; }

  IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file, Debug* debug) override {
    const IOStatus status = FileSystemWrapper::NewWritableFile(path, options, file, debug);
    if (status.ok() && path.ends_with(".log")) *file = std::make_unique<LogFile>(std::move(*file), disk_);
    if (status.ok() && path.ends_with(kMessages)) *file = std::make_unique<MessageFile>(std::move(*file));
    return status;
  }
  IOStatus NewLogger(const std::string& path, const IOOptions& options, std::shared_ptr<rocksdb::Logger>* logger,
                     Debug* debug) override {
    return FileSystem::NewLogger(path, options, logger, debug);  // into a file of ours
  }

 private:
  LogDisk& disk_;
};

LogDisk::LogDisk(DiskEnv under)
    : env_(rocksdb::NewCompositeEnv(std::make_shared<Files>(
          under != nullptr ? under->GetFileSystem() : rocksdb::FileSystem::Default(), *this))) {}

std::string LogDisk::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

void LogDisk::forget() {
  const std::lock_guard lock(mutex_);
  problem_.clear();
  failed_.store(false, std::memory_order_release);
}

void LogDisk::note(const std::string& problem) {
  const std::lock_guard lock(mutex_);
  if (problem_.empty()) problem_ = problem;
  failed_.store(true, std::memory_order_release);
}

}  // namespace weir
