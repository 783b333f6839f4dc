// A folder for a server's state that goes away by itself.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "weir/core/check.h"

namespace weir::bench {

class StateDirectory {
 public:
  StateDirectory() {
    path_ = (std::filesystem::temp_directory_path() / "weir-bench-XXXXXX").string();
    WEIR_CHECK(mkdtemp(path_.data()) != nullptr);
  }
  ~StateDirectory() {
    std::error_code ignored;  // what is left is a temporary file
    std::filesystem::remove_all(path_, ignored);
  }
  StateDirectory(const StateDirectory&) = delete;
  StateDirectory& operator=(const StateDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace weir::bench
