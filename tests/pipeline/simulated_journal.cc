#include "simulated_journal.h"

#include <fmt/format.h>
#include <rocksdb/env.h>

#include <algorithm>

#include "weir/core/codec.h"
#include "weir/core/hash.h"

namespace weir::support {
namespace {

using rocksdb::Status;

constexpr std::string_view kAdd = "add";
constexpr std::string_view kDrop = "drop";
constexpr std::size_t kHeadBytes = 4 * sizeof(std::uint64_t);

std::uint64_t checksum_of(std::uint64_t epoch, std::uint64_t sequence, std::string_view bytes) {
  return Hasher(epoch * 31 + sequence)(bytes);
}

}  // namespace

SimulatedJournal::SimulatedJournal(std::string path, DiskEnv env) : path_(std::move(path)), env_(env) {}

SimulatedJournal::~SimulatedJournal() = default;

Result<std::unique_ptr<RecordLog>> SimulatedJournal::open(const std::string& path, DiskEnv env) {
  std::unique_ptr<SimulatedJournal> journal(new SimulatedJournal(path, env));
  const std::string problem = journal->load();
  if (!problem.empty()) return Error{"cannot open the journal " + path + ": " + problem};
  return std::unique_ptr<RecordLog>(std::move(journal));
}

/// Reads what there is, and writes it anew. The problem, or nothing.
std::string SimulatedJournal::load() {
  epochs_.clear();
  found_.clear();
  problem_.clear();
  std::vector<std::string> names;
  Status status = env_->CreateDirIfMissing(path_);
  if (status.ok()) status = env_->GetChildren(path_, &names);
  std::sort(names.begin(), names.end());  // all epochs-N come before all log-N, each by number
  if (status.ok()) status = read_files(names);
  std::erase_if(found_, [this](const auto& record) { return !epochs_.contains(record.first.first); });
  unsigned long newest = 0;
  for (const std::string& name : names) newest = std::max(newest, std::stoul(name.substr(name.rfind('-') + 1)));
  if (status.ok()) status = write_files(fmt::format("{:06}", newest + 1));
  for (const std::string& name : names) {
    if (status.ok()) static_cast<void>(env_->DeleteFile(path_ + "/" + name));
  }
  return status.ok() ? std::string() : status.ToString();
}

Status SimulatedJournal::read_files(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    std::string bytes;
    const Status status = rocksdb::ReadFileToString(env_, path_ + "/" + name, &bytes);
    if (!status.ok()) return status;
    read_frames(bytes);
  }
  return Status::OK();
}

/// Frames up to the first that is torn.
void SimulatedJournal::read_frames(std::string_view rest) {
  while (rest.size() >= kHeadBytes) {
    ByteReader head(rest.substr(0, kHeadBytes));
    const std::uint64_t epoch = head.fixed();
    const std::uint64_t sequence = head.fixed();
    const std::uint64_t size = head.fixed();
    const std::uint64_t checksum = head.fixed();
    if (epoch == 0 || size > rest.size() - kHeadBytes) return;
    const std::string_view bytes = rest.substr(kHeadBytes, size);
    if (checksum_of(epoch, sequence, bytes) != checksum) return;
    rest.remove_prefix(kHeadBytes + size);
    if (sequence != 0) {
      found_[{epoch, sequence}] = bytes;
    } else if (bytes == kAdd) {
      epochs_.insert(epoch);
    } else {
      epochs_.erase(epochs_.begin(), epochs_.lower_bound(epoch));
    }
  }
}

Status SimulatedJournal::write_files(const std::string& number) {
  Status status = env_->NewWritableFile(path_ + "/epochs-" + number, &epochs_log_, {});
  if (status.ok()) status = env_->NewWritableFile(path_ + "/log-" + number, &log_, {});
  bool good = status.ok();
  for (const std::uint64_t epoch : epochs_) good = good && write(epochs_log_.get(), {epoch, 0, std::string(kAdd)});
  for (const auto& [key, bytes] : found_) good = good && write(log_.get(), {key.first, key.second, bytes});
  if (status.ok() && !good) status = Status::IOError(problem_);
  if (status.ok()) status = epochs_log_->Sync();
  if (status.ok()) status = log_->Sync();
  std::unique_ptr<rocksdb::Directory> folder;
  if (status.ok()) status = env_->NewDirectory(path_, &folder);
  return status.ok() ? folder->Fsync() : status;
}

bool SimulatedJournal::write(rocksdb::WritableFile* file, const Frame& frame) {
  ByteWriter head;
  head.fixed(frame.epoch);
  head.fixed(frame.sequence);
  head.fixed(frame.bytes.size());
  head.fixed(checksum_of(frame.epoch, frame.sequence, frame.bytes));
  const Status status = file->Append(head.take() + frame.bytes);
  return status.ok() || fail(status.ToString());
}

bool SimulatedJournal::write_synced(const Frame& frame) {
  if (!working() || !write(epochs_log_.get(), frame)) return false;
  const Status status = epochs_log_->Sync();
  return status.ok() || fail(status.ToString());
}

bool SimulatedJournal::fail(const std::string& problem) {
  problem_ = problem;
  ++errors_;
  return false;
}

std::vector<std::uint64_t> SimulatedJournal::epochs() const { return {epochs_.begin(), epochs_.end()}; }

std::uint64_t SimulatedJournal::last_on_disk() const { return found_.empty() ? 0 : found_.rbegin()->first.second; }

Result<std::monostate> SimulatedJournal::read_from(std::uint64_t epoch, const Take& take) const {
  for (auto record = found_.lower_bound({epoch, 0}); record != found_.end(); ++record) {
    const auto [of_epoch, sequence] = record->first;
    const auto next_epoch = found_.lower_bound({of_epoch + 1, 0});
    if (next_epoch != found_.end() && next_epoch->first.second <= sequence) continue;
    if (!take(sequence, record->second)) break;
  }
  return std::monostate{};
}

bool SimulatedJournal::add_epoch(std::uint64_t epoch) {
  if (!working() || !write_synced({epoch, 0, std::string(kAdd)})) return false;
  epochs_.insert(epoch);
  return true;
}

void SimulatedJournal::turn_to(std::uint64_t epoch, std::uint64_t sequence) {
  epoch_ = epoch;
  appended_ = sequence - 1;
}

void SimulatedJournal::drop_before(std::uint64_t epoch) {
  if (epochs_.empty() || *epochs_.begin() >= epoch) return;
  if (write_synced({epoch, 0, std::string(kDrop)})) epochs_.erase(epochs_.begin(), epochs_.lower_bound(epoch));
}

bool SimulatedJournal::append(std::string_view record) {
  if (!working() || !write(log_.get(), {epoch_, appended_ + 1, std::string(record)})) return false;
  ++appended_;
  ++records_;
  appended_bytes_ += record.size();
  return true;
}

bool SimulatedJournal::sync() {
  if (!working()) return false;
  const Status status = log_->Sync();
  if (!status.ok()) return fail(status.ToString());
  ++syncs_;
  synced_ = appended_;
  return true;
}

bool SimulatedJournal::reopen() {
  const std::string problem = load();
  if (problem.empty()) return true;
  epochs_.clear();  // it is closed
  return fail(problem);
}

}  // namespace weir::support
