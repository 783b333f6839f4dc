// Tailer: reads files as they grow, line by line into streams of the intake, through rotation, truncation, deletion
// and restarts. It only ever does one round at a time and has no thread: the tail source calls it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "weir/core/clock.h"
#include "weir/core/stats.h"
#include "weir/ingest/intake.h"
#include "weir/ingest/source.h"

namespace weir {

/// What a tailer works with; all outlive it.
struct TailerContext {
  Intake& intake;
  StatBoard& stats;  // written by the tailer's thread
  const Clock& clock;
  std::function<void(std::string)> warn;  // one line for the log; may be empty
};

/// Owned by one thread.
///
/// What a path names is its current file. When the path names another file, the one before is read to its end first,
/// and stays open until it has been quiet for kQuietMs: writers reopen their logs late. A file is known by device and
/// inode, and by its first bytes, so that a reused inode is not taken for an old file. When a file shrinks or its
/// first bytes change, it was truncated: what was not read of it is looked for in a copy beside it, and then it is
/// read from its start.
class Tailer {
 public:
  static constexpr TimeMs kQuietMs = 10'000;     // a rotated file that grew no more for so long is done
  static constexpr TimeMs kDeletedMs = 600'000;  // the same for a deleted file that nothing took the place of
  static constexpr TimeMs kScanMs = 1000;        // wildcards are looked at again so often
  static constexpr TimeMs kSaveMs = 1000;        // places are saved at most so often
  static constexpr std::size_t kPlaces = 1024;   // remembered of files that are not open; the oldest are forgotten
  static constexpr std::size_t kDirectoryNames = 10'000;  // looked at in one directory

  /// Reads the saved places. A state file that cannot be understood is warned of and left out.
  Tailer(const SourceOptions& options, const TailerContext& context);
  ~Tailer();
  Tailer(const Tailer&) = delete;
  Tailer& operator=(const Tailer&) = delete;

  enum class Round {
    kAtEnd,     // everything there is was read
    kMore,      // call again at once
    kHeldBack,  // shards are behind: call again soon
  };
  /// Looks at every path once, reads a bounded piece of each file, and saves places when that is due.
  Round round();

  /// Saves the places now. Lines whose newline has not come yet will be read again from their start.
  void save();

  /// Directories in which something may happen. May name one twice.
  std::vector<std::string> directories() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace weir
