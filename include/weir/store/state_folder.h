// StateFolder: the folder of state.directory, and what state in it was made for. State is only used by a program and
// a configuration that mean the same by it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "weir/core/result.h"
#include "weir/store/disk.h"

namespace weir {

/// What state depends on. Written once, when a folder is first used.
struct StateIdentity {
  std::uint64_t hash_seed = 0;  // of all ids: a secret
  std::size_t shards = 0;
  std::vector<std::string> shape;  // what sums are kept of, a line each: "rollup landing: landing_page"
};

/// Where everything lies.
class StateFolder {
 public:
  /// Makes the folder, for this user alone, when it is missing. Fails when it cannot be used, or when others may look
  /// into it.
  static Result<StateFolder> open(const std::string& path, DiskEnv env);

  /// The identity of what is there; nullopt when nothing is. Fails, and says what to do, when another version wrote it.
  Result<std::optional<StateIdentity>> identity() const;
  /// Writes the identity of state that begins. Fails when it cannot be written, or when there is any state that had
  /// one.
  Result<std::monostate> begin(const StateIdentity& identity, bool any_state) const;

  const std::string& path() const { return path_; }
  std::string journal_path() const { return path_ + "/journal"; }
  std::string salts_path() const { return path_ + "/salts"; }

 private:
  StateFolder(std::string path, DiskEnv env) : path_(std::move(path)), env_(env) {}

  std::string path_;
  DiskEnv env_;
};

/// What keeps state of `before` from being used by `now`, and what to do; empty when nothing does.
std::string difference_of(const StateIdentity& before, const StateIdentity& now, const std::string& path);

}  // namespace weir
