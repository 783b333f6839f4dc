#include "terminal.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>
#include <string>

namespace weir {
namespace {

// The alternate screen keeps what was on the terminal before.
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l";
constexpr std::string_view kLeave = "\x1b[?25h\x1b[?1049l";
constexpr std::string_view kHome = "\x1b[H";
constexpr std::string_view kClearToEndOfLine = "\x1b[K";
constexpr std::string_view kClearToEndOfScreen = "\x1b[J";

void write_all(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

}  // namespace

bool Terminal::is_there() { return ::isatty(STDIN_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0; }

std::optional<Terminal::Size> Terminal::size() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return std::nullopt;
  return Size{size.ws_col, size.ws_row};
}

Terminal::Terminal() {
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGWINCH, SIGHUP, SIGINT, SIGTERM}) ::sigaddset(&signals, signal);
  ::sigprocmask(SIG_SETMASK, nullptr, &signals_before_);
  signals_.reset(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  // Signals that could not be read must not be held back: then they end the program as ever.
  if (signals_.open()) ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  ::tcgetattr(STDIN_FILENO, &before_);
  termios raw = before_;
  raw.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | ISIG);
  raw.c_cc[VMIN] = 0;
  raw.c_cc[VTIME] = 0;
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
  write_all(kEnter);
}

Terminal::~Terminal() {
  write_all(kLeave);
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  ::sigprocmask(SIG_SETMASK, &signals_before_, nullptr);
}

void Terminal::draw(std::string_view picture) const {
  // Lines are overwritten rather than cleared first, so that nothing flickers.
  std::string screen(kHome);
  for (const char byte : picture) {
    if (byte == '\n') screen += kClearToEndOfLine;
    screen += byte;
  }
  write_all(fmt::format("{}{}{}", screen, kClearToEndOfLine, kClearToEndOfScreen));
}

std::optional<char> Terminal::key(TimeMs wait_ms) {
  std::array<pollfd, 2> inputs{{{STDIN_FILENO, POLLIN, 0}, {signals_.get(), POLLIN, 0}}};
  constexpr TimeMs kLongestWaitMs = std::numeric_limits<int>::max();
  if (::poll(inputs.data(), inputs.size(), static_cast<int>(std::min(wait_ms, kLongestWaitMs))) <= 0) {
    return std::nullopt;
  }
  if (inputs[1].revents != 0) take_signals();
  if (inputs[0].revents == 0) return std::nullopt;
  char key = 0;
  const ssize_t count = ::read(STDIN_FILENO, &key, 1);
  if (count == 1) return key;
  open_ = false;  // readable and nothing there: the terminal was closed
  return std::nullopt;
}

void Terminal::take_signals() {
  signalfd_siginfo signal{};
  while (::read(signals_.get(), &signal, sizeof(signal)) == static_cast<ssize_t>(sizeof(signal))) {
    if (signal.ssi_signo != SIGWINCH) open_ = false;
  }
}

}  // namespace weir
