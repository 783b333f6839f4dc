// weir generate.
#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "weir/app/commands.h"

namespace weir {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

int fail(const std::string& path, const char* what) {
  fmt::print(stderr, "weir: cannot {} {}: {}\n", what, path, std::strerror(errno));
  return kExitFailed;
}

}  // namespace

int run_generate(const GenerateCommand& command) {
  if (const std::string problem = problem_of(command.options); !problem.empty()) {
    fmt::print(stderr, "weir generate: {}\n", problem);
    return kExitUsage;
  }
  File opened;
  std::FILE* output = stdout;
  if (command.output != "-") {
    opened.reset(std::fopen(command.output.c_str(), "we"));
    if (!opened) return fail(command.output, "open");
    output = opened.get();
  }
  // Opened first: a mistyped path should not cost the time of generating.
  File truth;
  if (!command.truth.empty()) {
    truth.reset(std::fopen(command.truth.c_str(), "we"));
    if (!truth) return fail(command.truth, "open");
  }
  GeneratorOptions options = command.options;
  options.keep_truth = truth != nullptr;
  Generator generator(options);
  std::string line;
  while (generator.next(line)) {
    line += '\n';
    if (std::fwrite(line.data(), 1, line.size(), output) != line.size()) return fail(command.output, "write to");
  }
  if (std::fflush(output) != 0) return fail(command.output, "write to");
  if (!truth) return kExitOk;
  const std::string json = render_truth_json(generator.truth());
  const bool written = std::fwrite(json.data(), 1, json.size(), truth.get()) == json.size();
  if (!written || std::fflush(truth.get()) != 0) return fail(command.truth, "write to");
  return kExitOk;
}

}  // namespace weir
