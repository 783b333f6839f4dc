#include "terminal.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

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

Terminal::Terminal() {
  struct sigaction wake {};
  wake.sa_handler = [](int) {};  // no SA_RESTART: another size ends the wait for a key
  ::sigaction(SIGWINCH, &wake, nullptr);
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
}

Terminal::Size Terminal::size() const {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {size.ws_col, size.ws_row};
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

std::optional<char> Terminal::key(TimeMs wait_ms) const {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  if (::poll(&input, 1, static_cast<int>(wait_ms)) <= 0) return std::nullopt;
  char key = 0;
  const ssize_t count = ::read(STDIN_FILENO, &key, 1);
  if (count == 1) return key;
  open_ = false;  // readable and nothing there: the terminal was closed
  return std::nullopt;
}

}  // namespace weir
