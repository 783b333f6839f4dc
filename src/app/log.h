// The log of `weir serve`: standard error, or a file that logrotate may move away. Set up once, on the main thread.
#pragma once

#include <memory>
#include <string>
#include <variant>

#include "weir/core/result.h"

namespace weir {

class ServiceLog {
 public:
  /// Makes this the log of the program. An empty path is standard error. Fails when the file cannot be opened.
  static Result<std::unique_ptr<ServiceLog>> open(const std::string& path, const std::string& level);
  ~ServiceLog();
  ServiceLog(const ServiceLog&) = delete;
  ServiceLog& operator=(const ServiceLog&) = delete;

  /// Opens the file by its name again; when that fails, the log goes on in the file it had. Others may log meanwhile.
  Result<std::monostate> reopen();
  /// Least important messages logged from now on.
  static void set_level(const std::string& level);

 private:
  struct Parts;
  explicit ServiceLog(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace weir
