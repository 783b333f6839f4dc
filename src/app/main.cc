// weir: live session analytics as a sidecar. See cli.cc for the command line and pipeline.h for the engine.
#include "weir/app/commands.h"

int main(int argc, char** argv) { return weir::run_program(argc, argv); }
