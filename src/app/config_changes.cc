// Which options a running server takes up when it reads its configuration again.
#include "weir/app/config.h"
#include "weir/app/config_options.h"

namespace weir {

ConfigChanges take_up_changes(Config& running, const Config& fresh) {
  Config merged = running;
  merged.pipeline.reader = reloaded(running.pipeline.reader, fresh.pipeline.reader);
  merged.shutdown = fresh.shutdown;
  merged.web_config = fresh.web_config;
  merged.log_level = fresh.log_level;
  ConfigChanges changes;
  for (const OptionRow& row : option_table()) {
    if (option_text(row, running) != option_text(row, merged)) changes.applied.emplace_back(row.path);
    if (option_text(row, merged) != option_text(row, fresh)) changes.postponed.emplace_back(row.path);
  }
  running = std::move(merged);
  return changes;
}

}  // namespace weir
