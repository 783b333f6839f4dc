// The syslog source over real sockets: one line per datagram, hostile ones included, and its socket file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstring>

#include "source_fixture.h"
#include "support/files.h"
#include "support/process.h"
#include "weir/net/datagram_server.h"
#include "weir/net/descriptor.h"

namespace weir {
namespace {

using testing::HasSubstr;

/// A sender. Blocks while the receiver's queue is full, as senders of a unix socket do.
class Sender {
 public:
  explicit Sender(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    connected_ = ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
    const int bytes = 1 << 20;  // for datagrams over the limit
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
  }
  explicit Sender(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    connected_ = ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  }
  bool connected() const { return connected_; }
  void send(std::string_view datagram) const {
    ASSERT_EQ(::send(socket_.get(), datagram.data(), datagram.size(), 0), static_cast<ssize_t>(datagram.size()))
        << std::strerror(errno);
  }

 private:
  Descriptor socket_;
  bool connected_ = false;
};

class SyslogTest : public SourceTest {
 protected:
  SourceOptions unix_options() const {
    SourceOptions options;
    options.syslog.path = folder_.path("syslog.sock");
    return options;
  }
  /// Stops the source, which takes what the kernel still holds, and returns all lines.
  std::string stop_and_read() {
    thread_.run([this] { source_->stop(); });
    return intake_.wait_for_stream(SourceKind::kSyslog);
  }
  support::TemporaryFolder folder_;
};

TEST_F(SyslogTest, each_datagram_is_a_line_without_its_header) {
  SourceOptions options = unix_options();
  options.syslog.format = "combined";
  start("syslog", options);
  EXPECT_EQ(source_->description(), "syslog:" + options.syslog.path);
  EXPECT_EQ(intake_.formats(), std::vector<std::string>{"combined"});
  const Sender sender(options.syslog.path);
  ASSERT_TRUE(sender.connected());
  sender.send("<190>Nov 22 10:31:49 nginx: one");
  sender.send("<165>1 - - - - - - two\n");
  sender.send("three");
  EXPECT_EQ(stop_and_read(), "one\ntwo\nthree\n");
}

TEST_F(SyslogTest, many_datagrams_arrive_in_order_and_none_is_lost) {
  const SourceOptions options = unix_options();
  start("syslog", options);
  const Sender sender(options.syslog.path);
  std::string expected;
  for (int i = 0; i < 5000; ++i) {
    const std::string line = std::to_string(i) + std::string(static_cast<std::size_t>(i) % 700, 'x');
    sender.send("<190>Nov 22 10:31:49 nginx: " + line);
    expected += line + "\n";
  }
  EXPECT_EQ(stop_and_read(), expected);
}

TEST_F(SyslogTest, hostile_datagrams_cost_themselves_only) {
  const SourceOptions options = unix_options();
  start("syslog", options);
  const Sender sender(options.syslog.path);
  sender.send("before");
  sender.send("");
  sender.send("\n\n");
  sender.send("<13>Jan  1 00:00:00 tag:");
  sender.send("<999>");
  sender.send("<13>Jan  1 00:00:00 tag: a\nb\nc");
  sender.send(std::string_view("\0\xff\x01", 3));
  sender.send(std::string(kDatagramBytes, 'w'));
  sender.send("<13>Jan  1 00:00:00 tag: " + std::string(kDatagramBytes, 'l'));
  sender.send("after");
  EXPECT_EQ(stop_and_read(), "before\n<999>\na b c\n" + std::string("\0\xff\x01", 3) + "\n" +
                                 std::string(kDatagramBytes, 'w') + "\nafter\n");
  ASSERT_EQ(intake_.too_long().size(), 1U);
  EXPECT_EQ(intake_.too_long()[0].substr(0, 5), "lllll");
}

TEST_F(SyslogTest, datagrams_arrive_over_udp_and_over_both) {
  SourceOptions options = unix_options();
  options.syslog.listen = "127.0.0.1:0";
  start("syslog", options);
  EXPECT_NE(source_->port(), 0);
  EXPECT_EQ(source_->description(),
            "syslog:" + options.syslog.path + ", syslog://127.0.0.1:" + std::to_string(source_->port()));
  const Sender by_port(source_->port());
  const Sender by_path(options.syslog.path);
  by_port.send("<13>Jan  1 00:00:00 host tag: by port");
  by_path.send("by path");
  thread_.run([this] { source_->stop(); });
  EXPECT_EQ(intake_.wait_for_stream(SourceKind::kSyslog), "by path\n");
  EXPECT_EQ(intake_.wait_for_stream(SourceKind::kSyslog), "by port\n");
}

TEST_F(SyslogTest, the_socket_file_has_its_mode_and_goes_with_the_source) {
  const SourceOptions options = unix_options();
  start("syslog", options);
  struct stat status {};
  ASSERT_EQ(::lstat(options.syslog.path.c_str(), &status), 0);
  EXPECT_TRUE(S_ISSOCK(status.st_mode));
  EXPECT_EQ(status.st_mode & 07777, 0660U);
  thread_.run([this] { source_->stop(); });
  EXPECT_NE(::lstat(options.syslog.path.c_str(), &status), 0);
}

TEST_F(SyslogTest, a_stale_socket_file_is_replaced_and_a_live_one_is_not) {
  const SourceOptions options = unix_options();
  {
    // What a process leaves that was killed.
    const Descriptor dead(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    options.syslog.path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    ASSERT_EQ(::bind(dead.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    const auto refused = try_start("syslog", options);
    ASSERT_FALSE(refused.has_value());
    EXPECT_THAT(refused.error().message, HasSubstr("another program listens there"));
    EXPECT_THAT(refused.error().message, HasSubstr(options.syslog.path));
    SourceOptions as_stream;
    as_stream.unix_path = options.syslog.path;
    const auto other_type = try_start("unix", as_stream);
    ASSERT_FALSE(other_type.has_value());
    EXPECT_THAT(other_type.error().message, HasSubstr("another program listens there"));
  }
  start("syslog", options);
  Sender(options.syslog.path).send("alive");
  EXPECT_EQ(stop_and_read(), "alive\n");
}

TEST_F(SyslogTest, a_file_that_is_no_socket_is_left_alone) {
  SourceOptions options;
  options.syslog.path = folder_.write("precious", "content");
  const auto refused = try_start("syslog", options);
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("not a socket"));
  EXPECT_EQ(support::read_whole_file(options.syslog.path), "content");
}

}  // namespace
}  // namespace weir
