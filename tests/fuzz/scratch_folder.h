// ScratchFolder: files of one fuzz target, in memory where there is such a place, in a folder of the process's own that
// goes when the process ends by itself.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "weir/core/check.h"

namespace weir::fuzz {

class ScratchFolder {
 public:
  ScratchFolder() { std::filesystem::create_directories(path_); }
  ~ScratchFolder() { std::filesystem::remove_all(path_); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  std::string file(std::string_view name) const { return fmt::format("{}/{}", path_, name); }

  /// Makes a file of these bytes, which nobody else may read, or with O_APPEND adds them to it.
  std::string write(std::string_view name, std::string_view bytes, int flags = O_TRUNC) const {
    std::string path = file(name);
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
    WEIR_CHECK(descriptor >= 0);
    WEIR_CHECK(::write(descriptor, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    ::close(descriptor);
    return path;
  }

 private:
  static std::filesystem::path parent() {
    const std::filesystem::path memory = "/dev/shm";
    return std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
  }

  const std::string path_ = parent() / fmt::format("weir_fuzz_{}", ::getpid());
};

}  // namespace weir::fuzz
