// FaultDisk: a file system for the store that fails when it is told to, and that can lose power: what was not synced is
// gone then. Directories count as synced at once.
#pragma once

#include <gtest/gtest.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace weir::support {

/// Thread-safe. Outlives what uses its env().
class FaultDisk {
 public:
  std::atomic<bool> full{false};        // every write fails for want of space; an empty file needs none
  std::atomic<bool> sync_fails{false};  // every sync fails
  std::atomic<bool> dead{false};        // nothing changes any more: the process was killed, or the power went

  FaultDisk() : files_(std::make_shared<Files>(*this)), env_(rocksdb::NewCompositeEnv(files_)) {}
  FaultDisk(const FaultDisk&) = delete;
  FaultDisk& operator=(const FaultDisk&) = delete;

  rocksdb::Env* env() { return env_.get(); }

  /// The longest that a sync took so far.
  std::chrono::nanoseconds longest_sync() const {
    const std::lock_guard lock(mutex_);
    return longest_sync_;
  }

  /// What a loss of power leaves: of every file written here what was synced of it. Nothing may have a file open.
  void lose_unsynced() {
    const std::lock_guard lock(mutex_);
    for (const auto& [path, synced] : synced_) {
      std::error_code gone;
      const auto size = std::filesystem::file_size(path, gone);
      if (!gone && size > synced) std::filesystem::resize_file(path, synced);
    }
    synced_.clear();
  }

 private:
  using IOOptions = rocksdb::IOOptions;
  using IOStatus = rocksdb::IOStatus;
  using Debug = rocksdb::IODebugContext;

  class File final : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    File(std::unique_ptr<rocksdb::FSWritableFile> file, FaultDisk& disk, std::string path)
        : FSWritableFileOwnerWrapper(std::move(file)), disk_(disk), path_(std::move(path)) {}

    IOStatus Append(const rocksdb::Slice& data, const IOOptions& options, Debug* debug) override {
      const IOStatus problem = disk_.problem_of_write();
      if (!problem.ok()) return problem;
      size_ += data.size();
      return FSWritableFileOwnerWrapper::Append(data, options, debug);
    }
    IOStatus Append(const rocksdb::Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                    Debug* debug) override {
      return Append(data, options, debug);
    }
    IOStatus Sync(const IOOptions& options, Debug* debug) override {
      const std::uint64_t size = size_;
      const IOStatus problem = disk_.problem_of_sync();
      if (!problem.ok()) return problem;
      const auto began = std::chrono::steady_clock::now();
      const IOStatus status = FSWritableFileOwnerWrapper::Sync(options, debug);
      disk_.note_sync_time(std::chrono::steady_clock::now() - began);
      if (status.ok()) disk_.note_synced(path_, size);
      return status;
    }
    IOStatus Fsync(const IOOptions& options, Debug* debug) override { return Sync(options, debug); }
    IOStatus Allocate(std::uint64_t, std::uint64_t, const IOOptions&, Debug*) override { return IOStatus::OK(); }

   private:
    FaultDisk& disk_;
    std::string path_;
    std::atomic<std::uint64_t> size_{0};
  };

  class Files final : public rocksdb::FileSystemWrapper {
   public:
    explicit Files(FaultDisk& disk) : FileSystemWrapper(rocksdb::FileSystem::Default()), disk_(disk) {}
    const char* Name() const override { return "FaultDisk"; }

    IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                             std::unique_ptr<rocksdb::FSWritableFile>* file, Debug* debug) override {
      if (disk_.dead) return IOStatus::IOError("the disk is dead");
      const IOStatus status = FileSystemWrapper::NewWritableFile(path, options, file, debug);
      if (!status.ok()) return status;
      disk_.note_synced(path, 0);
      *file = std::make_unique<File>(std::move(*file), disk_, path);
      return status;
    }
    /// RocksDB's messages are on this disk, too.
    IOStatus NewLogger(const std::string& path, const IOOptions& options, std::shared_ptr<rocksdb::Logger>* logger,
                       Debug* debug) override {
      return FileSystem::NewLogger(path, options, logger, debug);
    }
    IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                        Debug* debug) override {
      if (disk_.dead) return IOStatus::IOError("the disk is dead");
      disk_.note_renamed(from, to);
      return FileSystemWrapper::RenameFile(from, to, options, debug);
    }
    IOStatus DeleteFile(const std::string& path, const IOOptions& options, Debug* debug) override {
      if (disk_.dead) return IOStatus::IOError("the disk is dead");
      return FileSystemWrapper::DeleteFile(path, options, debug);
    }

   private:
    FaultDisk& disk_;
  };

  IOStatus problem_of_write() const {
    if (dead) return IOStatus::IOError("the disk is dead");
    return full ? IOStatus::NoSpace("no space left on device") : IOStatus::OK();
  }
  IOStatus problem_of_sync() const {
    return dead || sync_fails ? IOStatus::IOError("the disk does not sync") : IOStatus::OK();
  }
  void note_sync_time(std::chrono::nanoseconds time) {
    const std::lock_guard lock(mutex_);
    longest_sync_ = std::max(longest_sync_, time);
  }
  void note_synced(const std::string& path, std::uint64_t size) {
    const std::lock_guard lock(mutex_);
    synced_[path] = size;
  }
  void note_renamed(const std::string& from, const std::string& to) {
    const std::lock_guard lock(mutex_);
    const auto found = synced_.find(from);
    if (found == synced_.end()) return;
    synced_[to] = found->second;
    synced_.erase(from);
  }

  mutable std::mutex mutex_;
  std::chrono::nanoseconds longest_sync_{0};     // guarded by mutex_
  std::map<std::string, std::uint64_t> synced_;  // bytes on the disk, by path; guarded by mutex_
  std::shared_ptr<Files> files_;
  std::unique_ptr<rocksdb::Env> env_;
};

}  // namespace weir::support
