// weir check.
#include <fmt/format.h>

#include <cstdio>

#include "output.h"
#include "web_config.h"
#include "weir/app/commands.h"
#include "weir/app/config.h"

namespace weir {

int run_check(const CheckCommand& command) {
  if (command.list_options) return write_output(describe_options());
  const Result<Config> config = load_config(command.file);
  if (!config) {
    fmt::print(stderr, "{}\n", config.error().message);
    return kExitConfig;
  }
  // The files it names for the admin listener are looked at too: SIGHUP takes all of it up, or nothing.
  const Result<WebAccess> access = load_web_access(config->web_config);
  if (!access) {
    fmt::print(stderr, "{}\n", access.error().message);
    return kExitConfig;
  }
  fmt::print("{}: ok\n", command.file);
  return kExitOk;
}

}  // namespace weir
