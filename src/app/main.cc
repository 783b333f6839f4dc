// weir: live session analytics as a sidecar. See cli.cc for the command line and pipeline.h for the engine.
#include <fcntl.h>
#include <unistd.h>

#include "weir/app/commands.h"

namespace {

/// Opens /dev/null in the place of standard streams that were closed, so that no file or socket is taken for one.
void open_standard_streams() {
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) == -1) (void)::open("/dev/null", O_RDWR);
  }
}

}  // namespace

int main(int argc, char** argv) {
  open_standard_streams();
  return weir::run_program(argc, argv);
}
