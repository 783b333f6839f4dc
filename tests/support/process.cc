// See process.h.
#include "support/process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace weir::support {
namespace {

using std::chrono::milliseconds;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr milliseconds kAskEvery{20};
constexpr int kCannotStart = 127;

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

/// Both ends of a pipe, which the child's program does not inherit by itself.
std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe2");
  return ends;
}

void close_if_open(int& descriptor) {
  if (descriptor >= 0) ::close(descriptor);
  descriptor = -1;
}

void set_nonblocking(int descriptor) {
  if (::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK) != 0) fail("fcntl");
}

milliseconds time_left(SteadyTime deadline) {
  const auto left = std::chrono::duration_cast<milliseconds>(deadline - std::chrono::steady_clock::now());
  return std::max(milliseconds(0), left);
}

/// In the child, between fork and exec: only calls that are safe there.
[[noreturn]] void become(char* const* arguments, int input, int output, int log, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(kCannotStart);  // the parent was faster to die
  if (::dup2(input, STDIN_FILENO) < 0 || ::dup2(output, STDOUT_FILENO) < 0 || ::dup2(log, STDERR_FILENO) < 0) {
    ::_exit(kCannotStart);
  }
  ::signal(SIGPIPE, SIG_DFL);
  ::execvp(arguments[0], arguments);
  ::_exit(kCannotStart);
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string pattern = testing::TempDir() + "weir_test_XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) fail("mkdtemp");
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;  // what cannot be removed is not worth failing a test
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryFolder::write(std::string_view name, std::string_view content) const {
  const std::string file = path(name);
  std::ofstream stream(file, std::ios::binary);
  stream << content;
  stream.close();
  if (!stream) throw std::runtime_error("cannot write " + file);
  return file;
}

ChildProcess::ChildProcess(const std::vector<std::string>& command, const ChildStreams& streams) {
  ::signal(SIGPIPE, SIG_IGN);  // a child that stops reading is a result, not the end of the tests
  std::vector<std::string> words = command;
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::array<int, 2> input{streams.input_descriptor, -1};
  if (streams.input == ChildStreams::Input::kPipe) input = make_pipe();
  if (streams.input == ChildStreams::Input::kNothing) input[0] = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  std::array<int, 2> output{-1, streams.output_descriptor};
  if (streams.output_descriptor < 0) output = make_pipe();
  std::array<int, 2> log = make_pipe();

  const pid_t parent = ::getpid();
  process_ = ::fork();
  if (process_ < 0) fail("fork");
  if (process_ == 0) become(arguments.data(), input[0], output[1], log[1], parent);

  if (streams.input != ChildStreams::Input::kDescriptor) close_if_open(input[0]);
  if (streams.output_descriptor < 0) close_if_open(output[1]);
  close_if_open(log[1]);
  input_ = input[1];
  output_.descriptor = output[0];
  log_.descriptor = log[0];
  for (const int descriptor : {input_, output_.descriptor, log_.descriptor}) {
    if (descriptor >= 0) set_nonblocking(descriptor);
  }
}

ChildProcess::~ChildProcess() {
  close_if_open(input_);
  close_if_open(output_.descriptor);
  close_if_open(log_.descriptor);
  if (exit_code_) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
}

void ChildProcess::read_from(Pipe& pipe) {
  std::array<char, 65536> buffer;
  while (true) {
    const ssize_t size = ::read(pipe.descriptor, buffer.data(), buffer.size());
    if (size > 0) {
      pipe.text.append(buffer.data(), static_cast<std::size_t>(size));
      continue;
    }
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    return close_if_open(pipe.descriptor);
  }
}

/// Waits for output (or for room in its input), and takes what there is.
void ChildProcess::read_some(milliseconds limit, bool until_writable) {
  std::array<pollfd, 3> watched{{{output_.descriptor, POLLIN, 0},
                                 {log_.descriptor, POLLIN, 0},
                                 {until_writable ? input_ : -1, POLLOUT, 0}}};  // poll() passes over -1
  if (::poll(watched.data(), watched.size(), static_cast<int>(limit.count())) <= 0) return;
  if (watched[0].revents != 0) read_from(output_);
  if (watched[1].revents != 0) read_from(log_);
}

bool ChildProcess::feed(std::string_view bytes) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + kWaitLimit;
  while (!bytes.empty()) {
    const ssize_t size = ::write(input_, bytes.data(), bytes.size());
    if (size > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(size));
    } else if (errno != EAGAIN && errno != EINTR) {
      return false;
    } else if (time_left(deadline).count() == 0) {
      return false;
    } else {
      read_some(time_left(deadline), true);
    }
  }
  return true;
}

void ChildProcess::end_input() { close_if_open(input_); }

void ChildProcess::signal(int number) const {
  if (!exit_code_) ::kill(process_, number);
}

double ChildProcess::cpu_seconds() const {
  std::ifstream stream("/proc/" + std::to_string(process_) + "/stat");
  std::string text((std::istreambuf_iterator<char>(stream)), {});
  // Behind the name, which may hold anything: the 12th and 13th fields are ticks in the program and in the kernel.
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

bool ChildProcess::wait_until(const std::function<bool()>& condition, milliseconds limit) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (!running() || time_left(deadline).count() == 0) return condition();
    read_some(std::min(kAskEvery, time_left(deadline)), false);
  }
  return true;
}

std::string ChildProcess::wait_for_log_line(std::string_view words) {
  const auto whole_line = [&]() -> std::string {
    const std::size_t place = log_.text.find(words);
    if (place == std::string::npos) return {};
    const std::size_t end = log_.text.find('\n', place);
    if (end == std::string::npos) return {};
    const std::size_t before = log_.text.rfind('\n', place);
    const std::size_t start = before == std::string::npos ? 0 : before + 1;
    return log_.text.substr(start, end - start);
  };
  static_cast<void>(wait_until([&] { return !whole_line().empty(); }));
  return whole_line();
}

std::optional<int> ChildProcess::wait_for_exit(milliseconds limit) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + limit;
  // Its pipes end with it: no program under test hands them on to a child of its own.
  while (running() && time_left(deadline).count() > 0) read_some(time_left(deadline), false);
  if (running() || exit_code_) return exit_code_;
  int status = 0;
  if (::waitpid(process_, &status, 0) != process_) return std::nullopt;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return exit_code_;
}

ProcessResult run_process(const std::vector<std::string>& command, std::string_view input) {
  ChildProcess child(command, {.input = ChildStreams::Input::kPipe});
  static_cast<void>(child.feed(input));  // a program may end without reading all
  child.end_input();
  const int exit_code = child.wait_for_exit().value_or(-1);
  return {exit_code, child.output(), child.log()};
}

PipelineResult run_process_pipeline(const std::vector<std::string>& first, const std::vector<std::string>& second) {
  std::array<int, 2> between = make_pipe();
  ChildProcess writer(first, {.output_descriptor = between[1]});
  ChildProcess reader(second, {.input = ChildStreams::Input::kDescriptor, .input_descriptor = between[0]});
  close_if_open(between[0]);
  close_if_open(between[1]);
  const int read = reader.wait_for_exit().value_or(-1);
  const int written = writer.wait_for_exit().value_or(-1);
  return {{written, writer.output(), writer.log()}, {read, reader.output(), reader.log()}};
}

}  // namespace weir::support
