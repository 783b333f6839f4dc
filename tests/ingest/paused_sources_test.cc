// While events cannot be kept, for want of memory or of a disk that works, sources are not read: what comes stays with
// the system, and then with the sender. Nothing of it is lost.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <functional>
#include <thread>

#include "source_fixture.h"
#include "support/http_client.h"
#include "support/process.h"
#include "weir/net/descriptor.h"

namespace weir {
namespace {

using Client = support::SocketClient;

constexpr std::size_t kBytes = 2'000'000;  // more than the system keeps for any of them

/// Lines of different lengths.
std::string many_lines() {
  std::string text;
  for (std::size_t i = 0; text.size() < kBytes; ++i) text += std::to_string(i) + std::string(i % 300, 'x') + "\n";
  return text;
}

class PausedSourceTest : public SourceTest {
 protected:
  PausedSourceTest() {
    // As it is in a server: it turns out with the events that come.
    intake_.on_commit = [this](std::size_t /*all*/) {
      if (fills_up_.exchange(false)) intake_.kept = false;
    };
  }

  /// Has `send` send all of `text` while the intake fills up, and looks that no more is read until there is room.
  void send_through_a_pause(const std::string& text, const std::function<void()>& send) {
    std::thread sender(send);
    while (intake_.kept) std::this_thread::yield();
    const std::int64_t asked = intake_.asks;
    while (intake_.asks < asked + 3) std::this_thread::yield();
    const std::size_t read = intake_.committed();
    EXPECT_GT(read, 0U);
    EXPECT_LT(read, text.size());
    while (intake_.asks < asked + 6) std::this_thread::yield();
    EXPECT_EQ(intake_.committed(), read);
    intake_.kept = true;
    sender.join();
  }

  support::TemporaryFolder folder_;
  std::atomic<bool> fills_up_{true};
};

TEST_F(PausedSourceTest, tcp_waits_and_goes_on) {
  SourceOptions options;
  options.tcp_listen = "127.0.0.1:0";
  start("tcp", options);
  const std::string text = many_lines();
  Client client(source_->port());
  send_through_a_pause(text, [&] {
    EXPECT_TRUE(client.send(text));
    client.finish_sending();
  });
  EXPECT_EQ(intake_.wait_for_stream(SourceKind::kTcp), text);
}

TEST_F(PausedSourceTest, a_unix_socket_waits_and_goes_on) {
  SourceOptions options;
  options.unix_path = folder_.path("lines");
  start("unix", options);
  const std::string text = many_lines();
  Client client(options.unix_path);
  send_through_a_pause(text, [&] {
    EXPECT_TRUE(client.send(text));
    client.finish_sending();
  });
  EXPECT_EQ(intake_.wait_for_stream(SourceKind::kUnix), text);
}

TEST_F(PausedSourceTest, stdin_waits_and_goes_on) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const Descriptor saved(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
  ASSERT_EQ(::dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
  ::close(ends[0]);
  SourceOptions options;
  options.stdin_enabled = true;
  start("stdin", options);
  saved.open() ? ::dup2(saved.get(), STDIN_FILENO) : ::close(STDIN_FILENO);
  const std::string text = many_lines();
  send_through_a_pause(text, [&] {
    std::string_view rest = text;
    while (!rest.empty()) {
      const ssize_t size = ::write(ends[1], rest.data(), rest.size());
      ASSERT_GT(size, 0);
      rest.remove_prefix(static_cast<std::size_t>(size));
    }
    ::close(ends[1]);
  });
  EXPECT_EQ(intake_.wait_for_stream(SourceKind::kStdin), text);
}

TEST_F(PausedSourceTest, syslog_over_a_unix_socket_has_its_senders_wait_and_goes_on) {
  SourceOptions options;
  options.syslog.path = folder_.path("syslog");
  start("syslog", options);
  const Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  options.syslog.path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  const std::string text = many_lines();
  send_through_a_pause(text, [&] {
    for (std::string_view rest = text; !rest.empty();) {
      const std::string_view line = rest.substr(0, rest.find('\n') + 1);
      ASSERT_EQ(::send(socket.get(), line.data(), line.size(), 0), static_cast<ssize_t>(line.size()));
      rest.remove_prefix(line.size());
    }
  });
  thread_.run([this] { source_->stop(); });
  EXPECT_EQ(intake_.wait_for_stream(SourceKind::kSyslog), text);
}

/// Also at once, when it cannot be kept from the beginning.
TEST_F(PausedSourceTest, a_connection_that_comes_during_a_pause_is_read_after_it) {
  fills_up_ = false;
  intake_.kept = false;
  SourceOptions options;
  options.tcp_listen = "127.0.0.1:0";
  start("tcp", options);
  Client client(source_->port());
  ASSERT_TRUE(client.send("{}\n"));
  client.finish_sending();
  while (intake_.asks < 3) std::this_thread::yield();
  EXPECT_EQ(intake_.committed(), 0U);
  intake_.kept = true;
  EXPECT_EQ(intake_.wait_for_stream(SourceKind::kTcp), "{}\n");
}

}  // namespace
}  // namespace weir
