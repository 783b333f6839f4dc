#include "tail_search.h"

#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "weir/core/text.h"
#include "weir/ingest/tailer.h"

namespace weir {
namespace {

constexpr std::size_t kMaxPathBytes = 4096;
constexpr int kSearches = 8;  // of one directory

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string_view base_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

FileIdentity identity_of(const struct statx& status) {
  return {::makedev(status.stx_dev_major, status.stx_dev_minor), status.stx_ino};
}

std::int64_t nanoseconds(const statx_timestamp& time) { return time.tv_sec * 1'000'000'000 + time.tv_nsec; }

struct Entry {
  std::string path;
  ino_t inode;
  auto operator<=>(const Entry&) const = default;
};

/// The directory's entries of which `wanted(name)` is true, sorted. Notes a shortage in `problem`.
template <class Wanted>
std::vector<Entry> entries_of(const std::string& directory, Wanted wanted, int& problem) {
  std::vector<Entry> entries;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(directory.c_str()), &::closedir);
  if (stream == nullptr) {
    if (is_shortage(errno)) problem = errno;
    return entries;
  }
  std::size_t seen = 0;
  while (const dirent* entry = ::readdir(stream.get())) {
    if (++seen > Tailer::kDirectoryNames) break;
    if (wanted(std::string_view(entry->d_name))) entries.push_back({directory + "/" + entry->d_name, entry->d_ino});
  }
  std::ranges::sort(entries);
  return entries;
}

/// Opens a file of a directory; nullopt when there is none. Notes a shortage in `problem`.
std::optional<OpenedFile> open_entry(const std::string& path, int& problem) {
  Lookup found = open_file(path);
  if (found.problem == 0) return std::move(found.file);
  if (is_shortage(found.problem)) problem = found.problem;
  return std::nullopt;
}

/// What `search(entries, problem)` finds in a directory whose files do not change their names meanwhile: rotation moves
/// one after the other, and a search in between would pass over some. In a directory that does not settle it is what
/// the last search finds.
template <class Wanted, class Search>
auto search_settled(const std::string& directory, Wanted wanted, Search search) {
  int problem = 0;
  std::vector<Entry> entries = entries_of(directory, wanted, problem);
  for (int again = kSearches - 1;; --again) {
    auto found = search(entries, problem);
    std::vector<Entry> now = entries_of(directory, wanted, problem);
    if (again == 0 || problem != 0 || now == entries) return SearchResult<decltype(found)>{std::move(found), problem};
    entries = std::move(now);
  }
}

/// The front of a name, up to its last dot: "access" of "access.log".
std::string_view stem_of(std::string_view base) { return base.substr(0, std::max<std::size_t>(1, base.rfind('.'))); }

/// Numbers and dates; Caddy writes dates with a time as 2026-01-02T03-04-05.678.
bool is_rotation_mark(std::string_view mark) {
  const bool has_digit = mark.find_first_of("0123456789") != std::string_view::npos;
  return has_digit && mark.find_first_not_of("0123456789.-_T") == std::string_view::npos &&
         std::string_view(".-_").find(mark.front()) != std::string_view::npos;
}

}  // namespace

bool is_shortage(int problem) { return problem == EMFILE || problem == ENFILE || problem == ENOMEM; }

Lookup open_file(const std::string& path) {
  Lookup found;
  // A pipe or a device must not be opened at all: that alone may have effects.
  struct stat before {};
  if (::stat(path.c_str(), &before) != 0) return {{}, errno};
  if (!S_ISREG(before.st_mode)) return {{}, EINVAL};
  found.file.descriptor.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct statx status {};
  if (!found.file.descriptor.open() ||
      ::statx(found.file.descriptor.get(), "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &status) != 0) {
    found.problem = errno;
    return found;
  }
  if (!S_ISREG(status.stx_mode)) return {{}, EINVAL};
  found.file.identity = identity_of(status);
  found.file.size = status.stx_size;
  if ((status.stx_mask & STATX_BTIME) != 0) {
    found.file.born_ns = nanoseconds(status.stx_btime);
  }
  found.file.changed_ns = nanoseconds(status.stx_ctime);
  return found;
}

std::optional<FileIdentity> identity_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return FileIdentity{status.st_dev, status.st_ino};
}

bool is_compressed_name(std::string_view name) {
  constexpr std::array<std::string_view, 5> kSuffixes{".gz", ".zst", ".xz", ".bz2", ".Z"};
  return std::ranges::any_of(kSuffixes, [name](std::string_view suffix) { return name.ends_with(suffix); });
}

std::vector<std::string> paths_of(const std::string& pattern, std::size_t most) {
  if (pattern.find_first_of("*?[") == std::string::npos) return {pattern};
  glob_t found{};
  std::vector<std::string> paths;
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    for (std::size_t i = 0; i < found.gl_pathc && paths.size() < most; ++i) {
      const std::string path = found.gl_pathv[i];
      // A name with a line break in it would break the state file and the log.
      if (!is_compressed_name(path) && is_clean_label(path, kMaxPathBytes)) paths.push_back(path);
    }
  }
  ::globfree(&found);
  return paths;
}

std::vector<std::string> directories_of(const std::string& path) {
  std::vector<std::string> directories{directory_of(path)};
  std::error_code problem;
  if (!std::filesystem::is_symlink(path, problem)) return directories;
  const std::filesystem::path target = std::filesystem::canonical(path, problem);
  if (!problem && target.parent_path() != directories.front()) directories.push_back(target.parent_path());
  return directories;
}

bool is_rotated_name(std::string_view base, std::string_view name) {
  if (name.size() > base.size() && name.starts_with(base)) return is_rotation_mark(name.substr(base.size()));
  const std::string_view stem = stem_of(base);
  const std::string_view extension = base.substr(stem.size());
  if (extension.empty() || name.size() <= base.size()) return false;
  if (!name.starts_with(stem) || !name.ends_with(extension)) return false;
  return is_rotation_mark(name.substr(stem.size(), name.size() - base.size()));
}

SearchResult<std::optional<OpenedFile>> find_rest(const std::string& path, const TailPlace& place, const Known& known) {
  const auto rest_in = [&](const std::string& name, int& problem) -> std::optional<OpenedFile> {
    std::optional<OpenedFile> file = open_entry(name, problem);
    if (!file || known(*file) || !holds_place(*file, place)) return std::nullopt;
    return file;
  };
  const std::string_view base = base_of(path);
  const auto beside = [base](std::string_view name) {
    return name != base && name.starts_with(stem_of(base)) && !is_compressed_name(name);
  };
  const auto find_in = [&](const std::vector<Entry>& entries, int& problem) -> std::optional<OpenedFile> {
    for (const Entry& entry : entries) {
      const auto identity = identity_of(entry.path);
      if (!identity || identity->inode != place.identity.inode) continue;
      if (auto found = rest_in(entry.path, problem)) return found;
    }
    if (place.head_bytes == 0) return std::nullopt;  // everything would look like a copy
    for (const Entry& entry : entries) {
      if (!beside(base_of(entry.path))) continue;
      if (auto found = rest_in(entry.path, problem)) return found;
    }
    return std::nullopt;
  };
  SearchResult<std::optional<OpenedFile>> result;
  for (const std::string& directory : directories_of(path)) {
    result = search_settled(
        directory, [](std::string_view) { return true; }, find_in);
    if (result.found || result.problem != 0) break;
  }
  return result;
}

SearchResult<std::optional<OpenedFile>> find_renamed(const std::string& path, const FileIdentity& identity) {
  const std::string_view base = base_of(path);
  const auto rotated = [base](std::string_view name) { return is_rotated_name(base, name); };
  const auto find_in = [&](const std::vector<Entry>& entries, int& problem) -> std::optional<OpenedFile> {
    for (const Entry& entry : entries) {
      if (identity_of(entry.path) != identity) continue;
      std::optional<OpenedFile> file = open_entry(entry.path, problem);
      if (file && file->identity == identity) return file;
    }
    return std::nullopt;
  };
  return search_settled(directory_of(path), rotated, find_in);
}

SearchResult<std::vector<MissedFile>> find_missed(const std::string& path, std::int64_t after_ns,
                                                  std::int64_t before_ns, const Known& known) {
  if (after_ns == 0 || before_ns == 0) return {};
  const std::string_view base = base_of(path);
  const auto rotated = [base](std::string_view name) { return is_rotated_name(base, name); };
  const auto find_in = [&](const std::vector<Entry>& entries, int& problem) {
    std::vector<MissedFile> missed;
    for (const Entry& entry : entries) {
      const std::optional<OpenedFile> file = open_entry(entry.path, problem);
      if (!file || file->born_ns < after_ns || file->born_ns > before_ns || known(*file)) continue;
      missed.push_back({entry.path, start_of(*file, path)});
    }
    return missed;
  };
  SearchResult<std::vector<MissedFile>> result = search_settled(directory_of(path), rotated, find_in);
  std::ranges::sort(result.found, {}, [](const MissedFile& file) { return file.start.born_ns; });
  return result;
}

}  // namespace weir
