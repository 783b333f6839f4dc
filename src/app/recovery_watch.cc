#include "recovery_watch.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "weir/core/thread_name.h"

namespace weir {

void RecoveryWatch::run(const std::string& admin, Then then) {
  if (state_.kept()) {
    spdlog::info("bringing back the state in {}: not ready until then, as {}/-/ready says", state_.directory, admin);
  }
  thread_ = std::thread([this, then = std::move(then)] {
    name_this_thread("weir-recovery");
    const Result<std::monostate> result = pipeline_.recover();
    loop_.post([then, result] { then(result); });
  });
}

void RecoveryWatch::log_progress() const {
  service_.tell("EXTEND_TIMEOUT_USEC=30000000");  // else the service manager may give up waiting
  const RecoveryProgress progress = pipeline_.recovery_progress();
  if (progress.of == 0) return spdlog::info("recovery: reading the snapshot");
  spdlog::info("recovery: {} of {} records of the journal", progress.records, progress.of);
}

void RecoveryWatch::log_found(const Result<std::monostate>& result) const {
  if (!result) return;
  if (!state_.kept()) return spdlog::info("nothing is kept over a restart: see state.directory and durability");
  const RecoveredState& found = pipeline_.recovered();
  for (const std::string& warning : found.warnings) spdlog::warn("{}", warning);
  if (!found.any) return spdlog::info("keeping state in {} (durability: {})", state_.directory, state_.durability);
  spdlog::info("recovered the state in {} in {:.3f} s: {} events in {} records of the journal behind the snapshot",
               state_.directory, static_cast<double>(found.duration_ms) / 1000, found.events, found.records);
}

}  // namespace weir
