// Looking for files by name, by identity and by content, for the tailer. Reads directories; changes nothing.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tailed_file.h"

namespace weir {

/// A file, or the errno that says why there is none. EINVAL: it is no regular file.
struct Lookup {
  OpenedFile file;
  int problem = 0;
};

/// True for an errno that says nothing about a file: there was no descriptor, or no memory, to look at it.
bool is_shortage(int problem);

/// Opens a file to read; never blocks, also not on a pipe.
Lookup open_file(const std::string& path);

/// The identity of what a path names now, without opening it.
std::optional<FileIdentity> identity_of(const std::string& path);

/// True when a name says that its file is compressed.
bool is_compressed_name(std::string_view name);

/// The paths a pattern of glob(7) matches now, sorted, at most `most`, without compressed files and names with control
/// characters; of a path without wildcards itself.
std::vector<std::string> paths_of(const std::string& pattern, std::size_t most);

/// The directory of a path, and, if it is a symbolic link, the one it leads to.
std::vector<std::string> directories_of(const std::string& path);

/// True when `name` is what log rotation makes of `base`: access.log.1, access.log-20260102, access-20260102.log,
/// access-2026-01-02T03-04-05.678.log.
bool is_rotated_name(std::string_view base, std::string_view name);

/// Says which files are not to be considered.
using Known = std::function<bool(const OpenedFile& file)>;

/// What a search found. `problem` is the errno of a shortage, such as of descriptors, that kept it from looking
/// everywhere: then what is not found may be there all the same. 0: nothing did.
template <class Found>
struct SearchResult {
  Found found{};
  int problem = 0;
};

/// A file that was found by name, and where reading it begins.
struct MissedFile {
  std::string path;  // now
  TailPlace start;   // of the path it had
};

/// Where a place goes on that its path does not lead to any more: the file under another name in the directory, or a
/// copy of it beside it that holds all that was read.
SearchResult<std::optional<OpenedFile>> find_rest(const std::string& path, const TailPlace& place, const Known& known);

/// The file with this identity under a name that rotation gave it.
SearchResult<std::optional<OpenedFile>> find_renamed(const std::string& path, const FileIdentity& identity);

/// Files that had the path's place in between: made from `after_ns` to `before_ns`, rotated since, and not known; in
/// the order of their making. None is left open, as there may be more of them than descriptors.
SearchResult<std::vector<MissedFile>> find_missed(const std::string& path, std::int64_t after_ns,
                                                  std::int64_t before_ns, const Known& known);

}  // namespace weir
