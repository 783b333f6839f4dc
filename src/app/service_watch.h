// ServiceWatch: what `weir serve` tells the service manager that started it: ready, reloading, stopping, and that it is
// alive. Belongs to the main thread.
#pragma once

#include <cstdint>
#include <memory>

#include "weir/core/clock.h"
#include "weir/net/event_loop.h"
#include "weir/net/service_manager.h"
#include "weir/pipeline/pipeline.h"

namespace weir {

class ServiceWatch {
 public:
  /// Takes the names of the sockets from the environment, as systemd hands them over.
  ServiceWatch();

  /// Begins to tell that the program is alive, when the service manager wants to hear of it: on `admin`, which asks
  /// `ingest` to answer, as long as the pipeline publishes reports. All of them outlive the loops' runs.
  void start(EventLoop& admin, EventLoop& ingest, const Pipeline& pipeline, TimeMs publish_interval_ms);
  void tell(const char* state) const;

 private:
  ServiceManager manager_;
  TimeMs beat_ms_ = 0;  // 0: nobody waits for it
  std::uint64_t last_report_ = 0;
};

}  // namespace weir
