// What npm has installed for tests. Where it could not, they are skipped and say so.
#pragma once

#include <filesystem>

namespace weir::support {

/// Whether the packages of a folder are there, all of them: npm writes this file last, and removes it first.
inline bool has_npm_packages(const std::filesystem::path& folder) {
  return std::filesystem::exists(folder / "node_modules" / ".package-lock.json");
}

}  // namespace weir::support
