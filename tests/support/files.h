// Files as tests read them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace weir::support {

/// The root of the repository.
std::filesystem::path source_folder();

/// Real data beside the repository. Where it is not, what needs it is skipped.
std::filesystem::path data_folder();

/// Everything a file holds; empty when it cannot be read.
std::string read_whole_file(const std::filesystem::path& path);

/// The files of a folder and of those below it, sorted; with `extensions` (such as ".yaml") only those that have one of
/// them. That there are none is a failure of the running test.
std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder,
                                            const std::vector<std::string_view>& extensions = {});

}  // namespace weir::support
