#include "log.h"

#include <fmt/format.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/dist_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace weir {
namespace {

constexpr const char* kPattern = "%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v";

Result<spdlog::sink_ptr> open_file(const std::string& path) {
  try {
    spdlog::sink_ptr sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path);
    sink->set_pattern(kPattern);
    return sink;
  } catch (const spdlog::spdlog_ex& problem) {
    return Error{fmt::format("cannot open the log file {}: {}", path, problem.what())};
  }
}

}  // namespace

struct ServiceLog::Parts {
  std::string path;
  std::shared_ptr<spdlog::sinks::dist_sink_mt> sinks;  // its mutex lets the file be changed while others log
};

ServiceLog::ServiceLog(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
ServiceLog::~ServiceLog() = default;

Result<std::unique_ptr<ServiceLog>> ServiceLog::open(const std::string& path, const std::string& level) {
  spdlog::sink_ptr sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
  if (!path.empty()) {
    const Result<spdlog::sink_ptr> file = open_file(path);
    if (!file) return file.error();
    sink = *file;
  }
  auto sinks = std::make_shared<spdlog::sinks::dist_sink_mt>(std::vector<spdlog::sink_ptr>{std::move(sink)});
  const auto logger = std::make_shared<spdlog::logger>("weir", sinks);
  logger->set_pattern(kPattern);
  logger->flush_on(spdlog::level::trace);  // few messages, and the last one is the one that matters
  spdlog::set_default_logger(logger);
  set_level(level);
  auto parts = std::make_unique<Parts>(Parts{.path = path, .sinks = std::move(sinks)});
  return std::unique_ptr<ServiceLog>(new ServiceLog(std::move(parts)));
}

Result<std::monostate> ServiceLog::reopen() {
  if (parts_->path.empty()) return std::monostate{};
  const Result<spdlog::sink_ptr> file = open_file(parts_->path);
  if (!file) return file.error();
  parts_->sinks->set_sinks({*file});
  return std::monostate{};
}

void ServiceLog::set_level(const std::string& level) { spdlog::set_level(spdlog::level::from_str(level)); }

}  // namespace weir
