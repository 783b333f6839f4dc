// DeadLetters: the file of lines that were not counted, with the reason. Bounded: two files, the older is
// replaced. A full or failing disk costs letters, which are counted, never events.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "weir/core/result.h"
#include "weir/core/stats.h"

namespace weir {

/// Writes `{"reason":"late","line":"..."}` lines. Thread-safe, guarded by one mutex: refused events are rare, and a
/// flood of them is cheap to write.
class DeadLetters {
 public:
  /// An empty `path` makes every call a no-op. Fails when the file cannot be opened.
  static Result<std::unique_ptr<DeadLetters>> open(const std::string& path, std::size_t limit_bytes);
  DeadLetters(const DeadLetters&) = delete;
  DeadLetters& operator=(const DeadLetters&) = delete;

  bool enabled() const { return !path_.empty(); }
  /// Opens the file by its name again, after it was moved away. When that fails, letters go on into the file it had.
  Result<std::monostate> open_again();
  void write(std::string_view line, std::string_view reason);

  /// Keeps a line until its event's fate is known; the handle is 0 when there is no room.
  std::uint32_t hold(std::string_view line);
  /// Writes a held line, or drops it when `reason` is empty. Handle 0 is ignored.
  void settle(std::uint32_t handle, std::string_view reason);

  /// kDeadLetters* values.
  void add_stats(StatValues& stats) const;

 private:
  struct CloseFile {
    void operator()(std::FILE* file) const;
  };
  using OpenFile = std::unique_ptr<std::FILE, CloseFile>;

  DeadLetters(std::string path, std::size_t limit_bytes) : path_(std::move(path)), limit_bytes_(limit_bytes) {}
  OpenFile open_file() const;
  std::uint64_t times_opened() const;
  void use(OpenFile& file);
  void write_locked(std::string_view line, std::string_view reason);

  std::string path_;
  std::size_t limit_bytes_;
  mutable std::mutex mutex_;  // guards everything below
  OpenFile file_;             // null: it could not be opened again after it had been full
  std::uint64_t times_opened_ = 0;
  std::size_t file_bytes_ = 0;
  std::unordered_map<std::uint32_t, std::string> held_;
  std::uint32_t next_handle_ = 1;
  std::string buffer_;
  std::int64_t written_ = 0;
  std::int64_t dropped_ = 0;
  std::int64_t errors_ = 0;
};

}  // namespace weir
