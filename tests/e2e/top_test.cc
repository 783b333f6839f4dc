// weir top against a real server: what it prints equals the report; in a terminal it follows keys, says when the server
// is away, finds it again, and leaves the terminal as it was.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <functional>

#include "running_server.h"

namespace weir::e2e {
namespace {

using support::ChildProcess;
using support::ChildStreams;

/// A terminal of 80 columns and 24 lines, seen from outside.
class PseudoTerminal {
 public:
  PseudoTerminal() : outside_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)) {
    EXPECT_EQ(::grantpt(outside_), 0);
    EXPECT_EQ(::unlockpt(outside_), 0);
    inside_ = ::open(::ptsname(outside_), O_RDWR | O_NOCTTY | O_CLOEXEC);
    EXPECT_GE(inside_, 0);
    const winsize size{24, 80, 0, 0};
    EXPECT_EQ(::ioctl(inside_, TIOCSWINSZ, &size), 0);
  }
  ~PseudoTerminal() {
    ::close(inside_);
    ::close(outside_);
  }
  PseudoTerminal(const PseudoTerminal&) = delete;
  PseudoTerminal& operator=(const PseudoTerminal&) = delete;

  /// For a program whose terminal it is.
  ChildStreams streams() const {
    ChildStreams streams;
    streams.input = ChildStreams::Input::kDescriptor;
    streams.input_descriptor = inside_;
    streams.output_descriptor = inside_;
    return streams;
  }
  /// Has a program draw on another size; it learns of it by SIGWINCH.
  void resize(unsigned short width) const {
    const winsize size{24, width, 0, 0};
    EXPECT_EQ(::ioctl(inside_, TIOCSWINSZ, &size), 0);
  }
  bool press(char key) const { return ::write(outside_, &key, 1) == 1; }
  /// Everything shown so far, escape sequences included.
  const std::string& shown() {
    char bytes[4096];
    for (ssize_t count = 0; (count = ::read(outside_, bytes, sizeof(bytes))) > 0;) {
      shown_.append(bytes, static_cast<std::size_t>(count));
    }
    return shown_;
  }
  /// Whether `words` were shown since the last call that was true.
  bool shows(std::string_view words) {
    const std::size_t place = shown().find(words, looked_at_);
    if (place == std::string::npos) return false;
    looked_at_ = place + words.size();
    return true;
  }
  bool echoes() const {
    termios settings{};
    EXPECT_EQ(::tcgetattr(inside_, &settings), 0);
    return (settings.c_lflag & ECHO) != 0;
  }

 private:
  int outside_;
  int inside_ = -1;
  std::string shown_;
  std::size_t looked_at_ = 0;
};

std::string visits() {
  std::string lines;
  for (int i = 0; i < 12; ++i) {
    lines += fmt::format(R"({{"type":"page_view","site":"shop","visitor":"v{}","url":"/{}"}})", i, i < 8 ? "a" : "b");
    lines += "\n";
  }
  return lines;
}

std::string url_of(const RunningServer& server) { return fmt::format("http://127.0.0.1:{}/", server.admin_port()); }

std::string quick_config() { return listeners_config() + "sessions: {lateness: 0s}\n"; }

TEST(Top, prints_what_the_report_says) {
  RunningServer server(quick_config());
  ASSERT_EQ(server.post(visits()).status, 202);
  ASSERT_TRUE(server.wait_for_count("counted", 12));
  const auto top = [&](std::vector<std::string> options) {
    std::vector<std::string> command{kProgram, "top", "--url", url_of(server), "--once"};
    command.insert(command.end(), options.begin(), options.end());
    return support::run_process(command);
  };
  ASSERT_TRUE(server.process().wait_until([&] { return top({}).output.find("\n/a ") != std::string::npos; }));
  const support::ProcessResult all = top({});
  EXPECT_EQ(all.exit_code, 0) << all.log;
  EXPECT_NE(all.output.find("12 received  12 counted"), std::string::npos) << all.output;
  EXPECT_NE(all.output.find("/a                   8  100.0%   1.00"), std::string::npos) << all.output;
  EXPECT_NE(all.output.find("/b                   4  100.0%   1.00"), std::string::npos) << all.output;
  EXPECT_NE(top({"--rollup", "site", "--window", "1h", "--site", "shop"}).output.find("shop"), std::string::npos);

  EXPECT_EQ(top({"--window", "2h"}).exit_code, 1);
  EXPECT_NE(top({"--window", "2h"}).log.find("there are 5m, 1h, 24h"), std::string::npos);
  EXPECT_NE(top({"--rollup", "nope"}).log.find("there are site, landing"), std::string::npos);
  EXPECT_EQ(top({"--sort", "nope"}).exit_code, 2);
  for (const char* url : {"nope", "http://weir.example:9464", "ftp://127.0.0.1:9464", "http://127.0.0.1"}) {
    const support::ProcessResult refused = support::run_process({kProgram, "top", "--url", url, "--once"});
    EXPECT_EQ(refused.exit_code, 2) << url;
    EXPECT_NE(refused.log.find("expected the admin listener by a numeric address or localhost"), std::string::npos)
        << refused.log;
  }
  ASSERT_EQ(server.stop(), 0);
  const support::ProcessResult away = top({});
  EXPECT_EQ(away.exit_code, 1);
  EXPECT_NE(away.log.find("Connection refused"), std::string::npos) << away.log;
}

TEST(Top, follows_keys_and_the_server_in_a_terminal) {
  auto server = std::make_unique<RunningServer>(quick_config());
  ASSERT_EQ(server->post(visits()).status, 202);
  ASSERT_TRUE(server->wait_for_count("counted", 12));
  const std::uint16_t port = server->admin_port();
  PseudoTerminal terminal;
  ChildProcess top({kProgram, "top", "--every", "100ms", "--url", url_of(*server)}, terminal.streams());
  const auto shows = [&](std::string_view words) { return top.wait_until([&] { return terminal.shows(words); }); };
  ASSERT_TRUE(shows("landing page")) << top.log();
  EXPECT_FALSE(terminal.echoes());
  EXPECT_TRUE(shows("/a ")) << terminal.shown();
  EXPECT_TRUE(terminal.press('w'));
  EXPECT_TRUE(shows("window 1h")) << terminal.shown();
  EXPECT_TRUE(terminal.press('s'));
  EXPECT_TRUE(shows("  shop  ")) << terminal.shown();
  EXPECT_TRUE(terminal.press('o'));
  EXPECT_TRUE(shows("by bounce")) << terminal.shown();
  EXPECT_TRUE(terminal.press('r'));
  EXPECT_TRUE(shows("channel ")) << terminal.shown();

  ASSERT_EQ(server->stop(), 0);
  EXPECT_TRUE(shows("trying again")) << terminal.shown();
  server = std::make_unique<RunningServer>(
      fmt::format("sources: {{http: {{listen: \"127.0.0.1:0\"}}}}\nadmin: {{listen: \"127.0.0.1:{}\"}}\n", port));
  EXPECT_TRUE(shows("q quit")) << terminal.shown();

  EXPECT_TRUE(terminal.press('q'));
  EXPECT_EQ(top.wait_for_exit(), 0) << top.log();
  EXPECT_TRUE(terminal.echoes()) << "as it was before";
  EXPECT_TRUE(terminal.shows("\x1b[?1049l"));
}

TEST(Top, leaves_the_terminal_as_it_was_when_a_signal_ends_it) {
  RunningServer server(quick_config());
  for (const int signal : {SIGTERM, SIGHUP, SIGINT}) {
    PseudoTerminal terminal;
    // It would not look at the time again while this test runs: the signal itself has to wake it.
    ChildProcess top({kProgram, "top", "--every", "10h", "--url", url_of(server)}, terminal.streams());
    ASSERT_TRUE(top.wait_until([&] { return terminal.shows("q quit"); })) << top.log();
    EXPECT_FALSE(terminal.echoes());
    top.signal(signal);
    EXPECT_EQ(top.wait_for_exit(), 0) << signal << top.log();
    EXPECT_TRUE(terminal.echoes()) << signal;
    EXPECT_TRUE(terminal.shows("\x1b[?25h\x1b[?1049l")) << "the cursor and what was shown before; signal " << signal;
  }
}

TEST(Top, ends_while_the_server_keeps_silent) {
  RunningServer server(quick_config());
  const auto expect_end = [&](const std::function<void(const PseudoTerminal&, const ChildProcess&)>& ask) {
    PseudoTerminal terminal;
    ChildProcess top({kProgram, "top", "--every", "10h", "--url", url_of(server)}, terminal.streams());
    ASSERT_TRUE(top.wait_until([&] { return terminal.shows("q quit"); })) << top.log();
    server.process().signal(SIGSTOP);
    EXPECT_TRUE(terminal.press('w')) << "asks the server, which takes the request and never answers";
    ask(terminal, top);
    EXPECT_EQ(top.wait_for_exit(), 0) << top.log();
    EXPECT_FALSE(terminal.shows("trying again")) << "it waited until the time for an answer was over";
    EXPECT_TRUE(terminal.echoes());
    server.process().signal(SIGCONT);
  };
  constexpr char kControlC = 3;
  for (const char key : {'q', kControlC}) {
    expect_end([&](const PseudoTerminal& terminal, const ChildProcess&) { EXPECT_TRUE(terminal.press(key)); });
  }
  for (const int signal : {SIGTERM, SIGHUP}) {
    expect_end([&](const PseudoTerminal&, const ChildProcess& top) { top.signal(signal); });
  }
}

TEST(Top, asks_for_the_newest_choice_when_the_server_wakes_up) {
  RunningServer server(quick_config());
  PseudoTerminal terminal;
  ChildProcess top({kProgram, "top", "--every", "10h", "--url", url_of(server)}, terminal.streams());
  ASSERT_TRUE(top.wait_until([&] { return terminal.shows("window 5m"); })) << top.log();
  server.process().signal(SIGSTOP);
  EXPECT_TRUE(terminal.press('w'));
  EXPECT_TRUE(terminal.press('o'));
  server.process().signal(SIGCONT);
  EXPECT_TRUE(top.wait_until([&] { return terminal.shows("window 1h  all sites  by bounce"); })) << terminal.shown();
  EXPECT_TRUE(terminal.press('q'));
  EXPECT_EQ(top.wait_for_exit(), 0) << top.log();
}

TEST(Top, says_so_when_its_output_is_lost) {
  RunningServer server(quick_config());
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  ChildStreams streams;
  streams.output_descriptor = full;
  ChildProcess top({kProgram, "top", "--url", url_of(server), "--once"}, streams);
  EXPECT_EQ(top.wait_for_exit(), 1);
  EXPECT_NE(top.log().find("cannot write to standard output: No space left"), std::string::npos) << top.log();
  ::close(full);
}

TEST(Top, draws_anew_when_the_size_changes_and_waits_as_long_as_it_was_told) {
  RunningServer server(quick_config());
  PseudoTerminal terminal;
  ChildProcess top({kProgram, "top", "--every", "3650d", "--url", url_of(server)}, terminal.streams());
  ASSERT_TRUE(top.wait_until([&] { return terminal.shows("R reverse"); })) << top.log();
  terminal.resize(20);
  top.signal(SIGWINCH);
  EXPECT_TRUE(top.wait_until([&] { return terminal.shows("\xE2\x80\xA6R reverse"); })) << terminal.shown();
  EXPECT_TRUE(terminal.press('q'));
  EXPECT_EQ(top.wait_for_exit(), 0) << top.log();
}

}  // namespace
}  // namespace weir::e2e
