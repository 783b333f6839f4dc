// Child processes for end-to-end tests: the real binary, fed and watched through pipes. Nothing here sleeps: every
// wait is a poll of the child's pipes with a deadline. No child outlives its object, nor the thread that started it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::support {

/// How long waits may take at most. Generous: a test on a busy machine shall not fail for that.
inline constexpr std::chrono::seconds kWaitLimit{120};

/// A folder of its own for a test, removed with all it holds.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  /// Path of a file in the folder, whether it exists or not.
  std::string path(std::string_view name) const { return path_ + "/" + std::string(name); }
  /// Writes a file and returns its path.
  std::string write(std::string_view name, std::string_view content) const;

 private:
  std::string path_;
};

/// Where a child's standard input and output are connected to. A descriptor is only borrowed.
struct ChildStreams {
  enum class Input { kNothing, kPipe, kDescriptor };
  Input input = Input::kNothing;
  int input_descriptor = -1;   // for kDescriptor
  int output_descriptor = -1;  // -1: kept in output()
};

/// A running program. Used by one thread, which must live as long as the child: the kernel kills the child when the
/// thread that started it ends.
class ChildProcess {
 public:
  /// Starts `command`; its first word is looked up in PATH. A program that cannot be started exits with 127.
  explicit ChildProcess(const std::vector<std::string>& command, const ChildStreams& streams = {});
  /// Kills it unless it has ended.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// Writes to its standard input while reading what it prints. False when it stopped reading. For Input::kPipe.
  bool feed(std::string_view bytes);
  /// Its standard input ends.
  void end_input();
  void signal(int number) const;
  /// Processor time it has used so far, in seconds; also when it does not answer.
  double cpu_seconds() const;

  /// Asks `condition` at each output of the child, and every few milliseconds, until it is true. False when the
  /// limit is over, or when the child ended and it still is not true.
  bool wait_until(const std::function<bool()>& condition, std::chrono::milliseconds limit = kWaitLimit);
  /// Waits for a line on standard error that holds `words`; that line, or empty.
  std::string wait_for_log_line(std::string_view words);
  /// Waits for the end: exit code, or 128 + the signal that ended it; nullopt when it goes on.
  std::optional<int> wait_for_exit(std::chrono::milliseconds limit = kWaitLimit);

  /// Standard output and standard error so far.
  const std::string& output() const { return output_.text; }
  const std::string& log() const { return log_.text; }

 private:
  struct Pipe {
    int descriptor = -1;
    std::string text;
  };

  bool running() const { return output_.descriptor >= 0 || log_.descriptor >= 0; }
  void read_some(std::chrono::milliseconds limit, bool until_writable);
  static void read_from(Pipe& pipe);

  pid_t process_ = -1;
  int input_ = -1;
  Pipe output_;
  Pipe log_;
  std::optional<int> exit_code_;
};

/// What became of a program that was run to its end.
struct ProcessResult {
  int exit_code = -1;  // 128 + signal; -1: it had to be killed
  std::string output;
  std::string log;
};

/// Runs a program to its end with this input.
ProcessResult run_process(const std::vector<std::string>& command, std::string_view input = {});

/// Runs `first | second` to the end of both.
struct PipelineResult {
  ProcessResult first;
  ProcessResult second;
};
PipelineResult run_process_pipeline(const std::vector<std::string>& first, const std::vector<std::string>& second);

}  // namespace weir::support
