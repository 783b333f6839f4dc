// SimulatedDisk: a file system in memory for the store, that fails, dies and loses power as a seed says. The operating
// system has what was written; the disk has what was synced, names of files included.
#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/random_source.h"

namespace weir::support {

/// What a disk does for as long as it is not told otherwise.
enum class Trouble : std::uint8_t {
  kNone,
  kFull,       // nothing more can be written
  kSyncFails,  // nothing is synced
  kBroken,     // nothing can be changed
};

/// Told what to do by one thread; what that thread changes is counted and drawn from the seed. RocksDB may have files
/// open on threads of its own.
class SimulatedDisk {
 public:
  explicit SimulatedDisk(std::uint64_t seed);
  SimulatedDisk(const SimulatedDisk&) = delete;
  SimulatedDisk& operator=(const SimulatedDisk&) = delete;

  rocksdb::Env* env() { return env_.get(); }
  /// Called before each change of a file, with its path, while the disk is alive.
  void on_change(std::function<void(const std::string& path)> call) { on_change_ = std::move(call); }

  void set_trouble(Trouble trouble) { trouble_ = trouble; }
  Trouble trouble() const { return trouble_; }
  /// The change after so many fails, in part or after all.
  void fail_once_after(int changes) { fail_in_ = changes; }
  /// The process ends in the midst of the change after so many: from there on nothing changes.
  void die_after(int changes) { die_in_ = changes; }
  void die() { dead_ = true; }
  bool dead() const { return dead_; }
  /// Another process begins, with a disk that works.
  void restart();
  /// What was not synced is gone, or half there. While dead, and nothing has a file open.
  void lose_power();

  /// Paths that begin so, in order.
  std::vector<std::string> paths(std::string_view prefix) const;
  /// Of a file that there is.
  std::string contents(const std::string& path) const;
  /// Changes bytes of a file, or cuts it.
  void damage(const std::string& path);

 private:
  class Files;
  class Writable;
  class Readable;
  class Folder;
  class Lock;

  /// A file, whatever its name. Bytes of `cache` up to `disk.size()` are not written again by a sync.
  struct Inode {
    std::string cache;  // as the operating system has it
    std::string disk;   // as it is when the power went
  };
  using Names = std::map<std::string, std::shared_ptr<Inode>>;
  /// A change of names that is not synced yet.
  struct Naming {
    std::string gone;  // empty: none
    std::string come;  // likewise
    std::shared_ptr<Inode> inode;
  };
  /// What becomes of a change.
  enum class Fate : std::uint8_t { kDone, kNothing, kPart, kDoneButFails };

  void tell(const std::string& path) const;
  Fate fate_of(bool needs_room, bool is_sync);
  Fate random_failure();
  static rocksdb::IOStatus status_of(Fate fate);
  void name(Naming naming);
  static void apply(const Naming& naming, Names& names);
  rocksdb::IOStatus append(Inode& inode, std::string_view bytes);
  rocksdb::IOStatus sync(Inode& inode, const std::string& path);
  rocksdb::IOStatus sync_folder(const std::string& path);
  rocksdb::IOStatus change_names(Naming naming, bool needs_room);

  mutable std::mutex mutex_;  // guards the names and what inodes hold
  RandomSource random_;
  const std::thread::id driver_ = std::this_thread::get_id();
  std::atomic<Trouble> trouble_{Trouble::kNone};
  std::atomic<bool> dead_{false};
  int fail_in_ = 0;  // 0: never
  int die_in_ = 0;   // likewise
  std::function<void(const std::string&)> on_change_;
  Names names_;         // as the operating system has them
  Names synced_names_;  // as they are when the power went
  std::vector<Naming> namings_;
  std::set<std::string> folders_;
  std::set<std::string> locked_;
  std::shared_ptr<Files> files_;
  std::unique_ptr<rocksdb::Env> env_;
};

}  // namespace weir::support
