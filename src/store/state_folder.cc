#include "weir/store/state_folder.h"

#include <fmt/format.h>
#include <rocksdb/env.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace weir {
namespace {

constexpr std::string_view kTitle = "weir state ";
constexpr std::string_view kVersion = "3";
constexpr std::string_view kSeed = "seed ";
constexpr std::string_view kShards = "shards ";
constexpr std::string_view kShape = "shape ";
constexpr std::uint64_t kMostShards = 4096;  // auto is half of the processors
constexpr mode_t kFolderMode = 0700;

Error unusable(const std::string& path, std::string_view why) {
  return Error{fmt::format("state.directory: cannot use {}: {}", path, why)};
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(text.size(), end + 1));
  return line;
}

/// The number behind a word; nullopt when the line says something else.
std::optional<std::uint64_t> number_behind(std::string_view word, std::string_view line, int base) {
  if (!line.starts_with(word)) return std::nullopt;
  line.remove_prefix(word.size());
  std::uint64_t value = 0;
  const auto [rest, problem] = std::from_chars(line.data(), line.data() + line.size(), value, base);
  if (problem != std::errc() || rest != line.data() + line.size()) return std::nullopt;
  return value;
}

std::optional<StateIdentity> read_identity(std::string_view text) {
  const auto seed = number_behind(kSeed, take_line(text), 16);
  const auto shards = number_behind(kShards, take_line(text), 10);
  if (!seed || !shards || *shards == 0 || *shards > kMostShards) return std::nullopt;
  StateIdentity identity{.hash_seed = *seed, .shards = *shards, .shape = {}};
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (!line.starts_with(kShape)) return std::nullopt;
    identity.shape.emplace_back(line.substr(kShape.size()));
  }
  return identity;
}

std::string identity_path(const std::string& folder) { return folder + "/identity"; }

}  // namespace

Result<StateFolder> StateFolder::open(const std::string& path, DiskEnv env) {
  std::error_code problem;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), problem);
  if (::mkdir(path.c_str(), kFolderMode) != 0 && errno != EEXIST) return unusable(path, std::strerror(errno));
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return unusable(path, std::strerror(errno));
  if (!S_ISDIR(facts.st_mode)) return unusable(path, "it is no directory");
  if ((facts.st_mode & 077U) != 0) {
    return unusable(path,
                    fmt::format("others may look into it (mode {:04o}); run chmod 700 on it", facts.st_mode & 07777U));
  }
  return StateFolder(path, env != nullptr ? env : rocksdb::Env::Default());
}

Result<std::optional<StateIdentity>> StateFolder::identity() const {
  const std::string path = identity_path(path_);
  std::string bytes;
  const rocksdb::Status status = rocksdb::ReadFileToString(env_, path, &bytes);
  if (status.IsNotFound() || status.IsPathNotFound()) return std::optional<StateIdentity>();
  if (!status.ok()) {
    return unusable(path_, status.ToString() + "; see that the disk works and that the user of Weir may read it");
  }
  std::string_view text = bytes;
  const std::string_view title = take_line(text);
  const std::string begin_anew = fmt::format("to begin anew, move {} away", path_);
  if (title.starts_with(kTitle) && title.substr(kTitle.size()) != kVersion) {
    return unusable(path_,
                    fmt::format("its state is of version {}, this program reads version {}; use the program that "
                                "wrote it, or {}",
                                title.substr(kTitle.size()), kVersion, begin_anew));
  }
  std::optional<StateIdentity> identity = title.starts_with(kTitle) ? read_identity(text) : std::nullopt;
  if (!identity) return unusable(path_, fmt::format("{} is damaged; {}", path, begin_anew));
  return identity;
}

Result<std::monostate> StateFolder::begin(const StateIdentity& identity, bool any_state) const {
  if (any_state) {
    return unusable(path_,
                    fmt::format("there is state, but {}, without which it cannot be read, is missing; restore it "
                                "from a backup, or, to begin anew, move {} away",
                                identity_path(path_), path_));
  }
  std::string text =
      fmt::format("{}{}\n{}{:016x}\n{}{}\n", kTitle, kVersion, kSeed, identity.hash_seed, kShards, identity.shards);
  for (const std::string& line : identity.shape) text += fmt::format("{}{}\n", kShape, line);
  const std::string path = identity_path(path_);
  rocksdb::Status status = rocksdb::WriteStringToFile(env_, text, path + ".new", true);
  if (status.ok()) status = env_->RenameFile(path + ".new", path);
  std::unique_ptr<rocksdb::Directory> folder;
  if (status.ok()) status = env_->NewDirectory(path_, &folder);
  if (status.ok()) status = folder->Fsync();
  if (!status.ok()) return unusable(path_, status.ToString());
  return std::monostate{};
}

std::string difference_of(const StateIdentity& before, const StateIdentity& now, const std::string& path) {
  if (before.shards != now.shards) {
    return fmt::format(
        "the state in {} was kept with {} shards, the configuration asks for {}; set pipeline.shards to {} or auto, "
        "or, "
        "to begin anew, move {} away",
        path, before.shards, now.shards, before.shards, path);
  }
  const auto [was, is] = std::mismatch(before.shape.begin(), before.shape.end(), now.shape.begin(), now.shape.end());
  if (was == before.shape.end() && is == now.shape.end()) return {};
  const auto text = [](bool there, const auto& line) { return there ? "\"" + *line + "\"" : std::string("nothing"); };
  return fmt::format(
      "the state in {} was kept for another configuration: {} then, {} now; take that back, or, to begin anew, move {} "
      "away",
      path, text(was != before.shape.end(), was), text(is != now.shape.end(), is), path);
}

}  // namespace weir
