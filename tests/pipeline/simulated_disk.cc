#include "simulated_disk.h"

#include <algorithm>
#include <cstdarg>
#include <cstring>
#include <utility>

namespace weir::support {
namespace {

using rocksdb::FileOptions;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;
using Debug = rocksdb::IODebugContext;

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

/// RocksDB writes some paths with two slashes.
std::string clean(const std::string& path) {
  std::string cleaned;
  for (const char c : path) {
    if (c != '/' || cleaned.empty() || cleaned.back() != '/') cleaned += c;
  }
  if (cleaned.size() > 1 && cleaned.back() == '/') cleaned.pop_back();
  return cleaned;
}

/// RocksDB does not open when what was not synced of its manifest is there as other bytes. It may be gone, or cut.
bool is_never_garbled(const std::string& path) { return path.find("/MANIFEST-") != std::string::npos; }

/// What RocksDB has to say; nobody asks.
class NoLog final : public rocksdb::Logger {
 public:
  using Logger::Logv;
  void Logv(const char*, std::va_list) override {}
  std::size_t GetLogFileSize() const override { return 0; }
};

}  // namespace

class SimulatedDisk::Writable final : public rocksdb::FSWritableFile {
 public:
  Writable(SimulatedDisk& disk, std::string path, std::shared_ptr<Inode> inode)
      : disk_(disk), path_(std::move(path)), inode_(std::move(inode)) {}

  IOStatus Append(const Slice& data, const IOOptions&, Debug*) override {
    disk_.tell(path_);
    return disk_.append(*inode_, {data.data(), data.size()});
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  Debug* debug) override {
    return Append(data, options, debug);
  }
  IOStatus Sync(const IOOptions&, Debug*) override {
    disk_.tell(path_);
    return disk_.sync(*inode_, path_);
  }
  IOStatus Fsync(const IOOptions& options, Debug* debug) override { return Sync(options, debug); }
  IOStatus Flush(const IOOptions&, Debug*) override { return IOStatus::OK(); }
  IOStatus Close(const IOOptions&, Debug*) override { return IOStatus::OK(); }
  std::uint64_t GetFileSize(const IOOptions&, Debug*) override {
    const std::lock_guard lock(disk_.mutex_);
    return inode_->cache.size();
  }
  bool IsSyncThreadSafe() const override { return true; }

 private:
  SimulatedDisk& disk_;
  std::string path_;
  std::shared_ptr<Inode> inode_;
};

class SimulatedDisk::Readable final : public rocksdb::FSSequentialFile, public rocksdb::FSRandomAccessFile {
 public:
  Readable(const SimulatedDisk& disk, std::shared_ptr<Inode> inode) : disk_(disk), inode_(std::move(inode)) {}

  IOStatus Read(std::size_t size, const IOOptions& options, Slice* result, char* scratch, Debug* debug) override {
    const IOStatus status = std::as_const(*this).Read(at_, size, options, result, scratch, debug);
    at_ += result->size();
    return status;
  }
  IOStatus Skip(std::uint64_t size) override {
    at_ += size;
    return IOStatus::OK();
  }
  IOStatus Read(std::uint64_t offset, std::size_t size, const IOOptions&, Slice* result, char* scratch,
                Debug*) const override {
    const std::lock_guard lock(disk_.mutex_);
    const std::string& bytes = inode_->cache;
    const std::size_t from = std::min<std::size_t>(offset, bytes.size());
    const std::size_t length = std::min(size, bytes.size() - from);
    std::memcpy(scratch, bytes.data() + from, length);
    *result = Slice(scratch, length);
    return IOStatus::OK();
  }
  // Both bases have these.
  bool use_direct_io() const override { return false; }
  std::size_t GetRequiredBufferAlignment() const override { return 4096; }
  IOStatus InvalidateCache(std::size_t, std::size_t) override { return IOStatus::OK(); }

 private:
  const SimulatedDisk& disk_;
  std::shared_ptr<Inode> inode_;
  std::uint64_t at_ = 0;
};

class SimulatedDisk::Folder final : public rocksdb::FSDirectory {
 public:
  Folder(SimulatedDisk& disk, std::string path) : disk_(disk), path_(std::move(path)) {}
  IOStatus Fsync(const IOOptions&, Debug*) override {
    disk_.tell(path_);
    return disk_.sync_folder(path_);
  }
  IOStatus Close(const IOOptions&, Debug*) override { return IOStatus::OK(); }

 private:
  SimulatedDisk& disk_;
  std::string path_;
};

class SimulatedDisk::Lock final : public rocksdb::FileLock {
 public:
  explicit Lock(std::string path) : path_(std::move(path)) {}
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class SimulatedDisk::Files final : public rocksdb::FileSystem {
 public:
  explicit Files(SimulatedDisk& disk) : disk_(disk) {}
  const char* Name() const override { return "SimulatedDisk"; }

  IOStatus NewSequentialFile(const std::string& path, const FileOptions&,
                             std::unique_ptr<rocksdb::FSSequentialFile>* file, Debug*) override {
    return open(path, file);
  }
  IOStatus NewRandomAccessFile(const std::string& path, const FileOptions&,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* file, Debug*) override {
    return open(path, file);
  }
  IOStatus NewWritableFile(const std::string& raw, const FileOptions&, std::unique_ptr<rocksdb::FSWritableFile>* file,
                           Debug*) override {
    const std::string path = clean(raw);
    disk_.tell(path);
    auto inode = std::make_shared<Inode>();
    const IOStatus status = disk_.change_names({"", path, inode}, true);
    if (status.ok()) *file = std::make_unique<Writable>(disk_, path, std::move(inode));
    return status;
  }
  IOStatus ReopenWritableFile(const std::string& path, const FileOptions&,
                              std::unique_ptr<rocksdb::FSWritableFile>* file, Debug*) override {
    const std::shared_ptr<Inode> inode = find(path);
    if (inode == nullptr) return IOStatus::PathNotFound(path);
    *file = std::make_unique<Writable>(disk_, clean(path), inode);
    return IOStatus::OK();
  }
  IOStatus NewDirectory(const std::string& path, const IOOptions&, std::unique_ptr<rocksdb::FSDirectory>* folder,
                        Debug*) override {
    *folder = std::make_unique<Folder>(disk_, clean(path));
    return IOStatus::OK();
  }
  IOStatus FileExists(const std::string& path, const IOOptions&, Debug*) override {
    if (find(path) != nullptr) return IOStatus::OK();
    const std::lock_guard lock(disk_.mutex_);
    return disk_.folders_.contains(clean(path)) ? IOStatus::OK() : IOStatus::NotFound(path);
  }
  IOStatus GetChildren(const std::string& path, const IOOptions&, std::vector<std::string>* names, Debug*) override {
    const std::string folder = clean(path) + "/";
    names->clear();
    for (const std::string& child : disk_.paths(folder)) {
      if (child.find('/', folder.size()) == std::string::npos) names->push_back(child.substr(folder.size()));
    }
    return IOStatus::OK();
  }
  IOStatus DeleteFile(const std::string& raw, const IOOptions&, Debug*) override {
    const std::string path = clean(raw);
    disk_.tell(path);
    if (find(path) == nullptr) return IOStatus::PathNotFound(path);
    return disk_.change_names({path, "", nullptr}, false);
  }
  IOStatus CreateDir(const std::string& path, const IOOptions& options, Debug* debug) override {
    return CreateDirIfMissing(path, options, debug);
  }
  IOStatus CreateDirIfMissing(const std::string& path, const IOOptions&, Debug*) override {
    const std::lock_guard lock(disk_.mutex_);
    disk_.folders_.insert(clean(path));
    return IOStatus::OK();
  }
  IOStatus DeleteDir(const std::string& path, const IOOptions&, Debug*) override {
    const std::lock_guard lock(disk_.mutex_);
    disk_.folders_.erase(clean(path));
    return IOStatus::OK();
  }
  IOStatus GetFileSize(const std::string& path, const IOOptions&, std::uint64_t* size, Debug*) override {
    const std::shared_ptr<Inode> inode = find(path);
    if (inode == nullptr) return IOStatus::PathNotFound(path);
    const std::lock_guard lock(disk_.mutex_);
    *size = inode->cache.size();
    return IOStatus::OK();
  }
  IOStatus GetFileModificationTime(const std::string&, const IOOptions&, std::uint64_t* time, Debug*) override {
    *time = 0;
    return IOStatus::OK();
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions&, Debug*) override {
    disk_.tell(clean(to));
    const std::shared_ptr<Inode> inode = find(from);
    if (inode == nullptr) return IOStatus::PathNotFound(from);
    return disk_.change_names({clean(from), clean(to), inode}, false);
  }
  IOStatus LockFile(const std::string& path, const IOOptions&, rocksdb::FileLock** lock, Debug*) override {
    const std::lock_guard guard(disk_.mutex_);
    if (!disk_.locked_.insert(clean(path)).second) return IOStatus::IOError("lock " + path);
    *lock = new Lock(clean(path));  // RocksDB hands it back to UnlockFile
    return IOStatus::OK();
  }
  IOStatus UnlockFile(rocksdb::FileLock* lock, const IOOptions&, Debug*) override {
    const std::unique_ptr<rocksdb::FileLock> gone(lock);
    const std::lock_guard guard(disk_.mutex_);
    disk_.locked_.erase(static_cast<Lock*>(lock)->path());
    return IOStatus::OK();
  }
  IOStatus GetTestDirectory(const IOOptions&, std::string* path, Debug*) override {
    *path = "/test";
    return IOStatus::OK();
  }
  IOStatus NewLogger(const std::string&, const IOOptions&, std::shared_ptr<rocksdb::Logger>* log, Debug*) override {
    *log = std::make_shared<NoLog>();
    return IOStatus::OK();
  }
  IOStatus GetAbsolutePath(const std::string& path, const IOOptions&, std::string* absolute, Debug*) override {
    *absolute = clean(path);
    return IOStatus::OK();
  }
  IOStatus IsDirectory(const std::string& path, const IOOptions&, bool* is_folder, Debug*) override {
    const std::lock_guard lock(disk_.mutex_);
    *is_folder = disk_.folders_.contains(clean(path));
    return IOStatus::OK();
  }

 private:
  std::shared_ptr<Inode> find(const std::string& path) const {
    const std::lock_guard lock(disk_.mutex_);
    const auto found = disk_.names_.find(clean(path));
    return found == disk_.names_.end() ? nullptr : found->second;
  }
  template <class File>
  IOStatus open(const std::string& path, std::unique_ptr<File>* file) const {
    const std::shared_ptr<Inode> inode = find(path);
    if (inode == nullptr) return IOStatus::PathNotFound(path);
    *file = std::make_unique<Readable>(disk_, inode);
    return IOStatus::OK();
  }

  SimulatedDisk& disk_;
};

SimulatedDisk::SimulatedDisk(std::uint64_t seed)
    : random_(seed), files_(std::make_shared<Files>(*this)), env_(rocksdb::NewCompositeEnv(files_)) {}

void SimulatedDisk::tell(const std::string& path) const {
  if (on_change_ && !dead_ && std::this_thread::get_id() == driver_) on_change_(path);
}

SimulatedDisk::Fate SimulatedDisk::random_failure() {
  return random_.pick({Fate::kNothing, Fate::kPart, Fate::kDoneButFails});
}

SimulatedDisk::Fate SimulatedDisk::fate_of(bool needs_room, bool is_sync) {
  if (dead_) return Fate::kNothing;
  const bool drawn = std::this_thread::get_id() == driver_;
  if (drawn && die_in_ > 0 && --die_in_ == 0) {
    dead_ = true;
    return random_failure();
  }
  if (drawn && fail_in_ > 0 && --fail_in_ == 0) return random_failure();
  const bool fails = trouble_ == Trouble::kBroken || (trouble_ == Trouble::kFull && needs_room) ||
                     (trouble_ == Trouble::kSyncFails && is_sync);
  if (!fails) return Fate::kDone;
  return drawn && random_.chance(50) ? Fate::kPart : Fate::kNothing;
}

IOStatus SimulatedDisk::status_of(Fate fate) {
  return fate == Fate::kDone ? IOStatus::OK() : IOStatus::IOError("the simulated disk fails");
}

IOStatus SimulatedDisk::append(Inode& inode, std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  const Fate fate = fate_of(true, false);
  if (fate == Fate::kPart) {
    bytes = bytes.substr(0, static_cast<std::size_t>(random_.between(0, static_cast<std::int64_t>(bytes.size()))));
  }
  if (fate != Fate::kNothing) inode.cache += bytes;
  return status_of(fate);
}

IOStatus SimulatedDisk::sync(Inode& inode, const std::string& path) {
  const std::lock_guard lock(mutex_);
  const Fate fate = fate_of(false, true);
  const bool done = fate == Fate::kDone || fate == Fate::kDoneButFails;
  // After a failed sync an operating system may take what it could not write for written.
  if (done || (fate == Fate::kPart && !is_never_garbled(path))) {
    const std::size_t from = inode.disk.size();
    inode.disk.append(done ? inode.cache.substr(from) : std::string(inode.cache.size() - from, '\0'));
  }
  return status_of(fate);
}

IOStatus SimulatedDisk::sync_folder(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const Fate fate = fate_of(false, true);
  if (fate != Fate::kDone && fate != Fate::kDoneButFails) return status_of(fate);
  std::erase_if(namings_, [&](const Naming& naming) {
    if (folder_of(naming.come.empty() ? naming.gone : naming.come) != path) return false;
    apply(naming, synced_names_);
    return true;
  });
  return status_of(fate);
}

IOStatus SimulatedDisk::change_names(Naming naming, bool needs_room) {
  const std::lock_guard lock(mutex_);
  const Fate fate = fate_of(needs_room, false);
  if (fate == Fate::kDone || fate == Fate::kDoneButFails) name(std::move(naming));
  return status_of(fate);
}

void SimulatedDisk::name(Naming naming) {
  apply(naming, names_);
  namings_.push_back(std::move(naming));
}

void SimulatedDisk::apply(const Naming& naming, Names& names) {
  if (!naming.gone.empty()) names.erase(naming.gone);
  if (!naming.come.empty()) names[naming.come] = naming.inode;
}

void SimulatedDisk::restart() {
  const std::lock_guard lock(mutex_);
  dead_ = false;
  trouble_ = Trouble::kNone;
  fail_in_ = die_in_ = 0;
  locked_.clear();
}

void SimulatedDisk::lose_power() {
  const std::lock_guard lock(mutex_);
  // File systems bring changes of names to the disk in their order.
  const auto kept = static_cast<std::size_t>(random_.between(0, static_cast<std::int64_t>(namings_.size())));
  for (std::size_t i = 0; i < kept; ++i) apply(namings_[i], synced_names_);
  namings_.clear();
  names_ = synced_names_;
  for (const auto& [path, inode] : names_) {
    const std::size_t from = inode->disk.size();
    std::string tail = inode->cache.substr(from);
    const auto most = static_cast<std::int64_t>(tail.size());
    const std::int64_t way = random_.between(0, 9);  // all of it is lost, or its end, or what it was, or nothing
    if (way <= 3) tail.clear();
    if (way >= 4 && way <= 6) tail.resize(static_cast<std::size_t>(random_.between(0, most)));
    if (way >= 7 && way <= 8 && is_never_garbled(path)) tail.clear();
    if (way >= 7 && way <= 8 && !tail.empty()) {
      const auto hole = static_cast<std::size_t>(random_.between(0, most - 1));
      std::fill(tail.begin() + static_cast<std::ptrdiff_t>(hole), tail.end(), way == 7 ? '\0' : '\x5a');
    }
    inode->disk += tail;
    inode->cache = inode->disk;
  }
}

std::vector<std::string> SimulatedDisk::paths(std::string_view prefix) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> found;
  for (auto place = names_.lower_bound(std::string(prefix)); place != names_.end(); ++place) {
    if (!place->first.starts_with(prefix)) break;
    found.push_back(place->first);
  }
  return found;
}

std::string SimulatedDisk::contents(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  return names_.at(path)->cache;
}

void SimulatedDisk::damage(const std::string& path) {
  const std::lock_guard lock(mutex_);
  std::string& bytes = names_.at(path)->cache;
  if (bytes.empty()) return;
  const auto at = static_cast<std::size_t>(random_.between(0, static_cast<std::int64_t>(bytes.size()) - 1));
  if (random_.chance(30)) {
    bytes.resize(at);
  } else {
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << random_.between(0, 7)));
  }
  names_.at(path)->disk = bytes;
}

}  // namespace weir::support
