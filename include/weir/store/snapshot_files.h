// SnapshotFiles: all state at one cut, a file for each. A file is there in whole or not at all, and says by its
// checksums whether it still is what was written. Knows nothing of what is in it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "weir/core/result.h"
#include "weir/store/disk.h"

namespace weir {

/// A snapshot as read.
struct SnapshotParts {
  std::string bytes;
  std::vector<std::string_view> parts;  // of bytes
};

/// One thread at a time.
class SnapshotFiles {
 public:
  SnapshotFiles(std::string folder, DiskEnv env);

  /// Numbers of the snapshots there are, the newest first.
  std::vector<std::uint64_t> numbers() const;
  /// Writes a snapshot, and returns its size once it is on the disk under its name. Fails with the cause, and leaves
  /// nothing.
  Result<std::uint64_t> write(std::uint64_t number, std::span<const std::string> parts);
  /// Fails, with the cause, when it cannot be read or is damaged.
  Result<SnapshotParts> read(std::uint64_t number) const;
  /// Removes those before `number`, and what an earlier process left half written. What fails is left for the next
  /// time.
  void remove_before(std::uint64_t number);

  std::string path_of(std::uint64_t number) const;

 private:
  std::string folder_;
  DiskEnv env_;
};

}  // namespace weir
