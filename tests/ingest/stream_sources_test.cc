// The tcp, unix and stdin sources, started through THE source table.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "source_fixture.h"
#include "support/http_client.h"
#include "weir/net/descriptor.h"

namespace weir {
namespace {

using Client = support::SocketClient;

TEST(SourceTable, rows_are_off_unless_configured) {
  SourceOptions options;
  std::vector<std::string_view> names;
  for (const SourceRow& row : source_table()) {
    names.push_back(row.name);
    EXPECT_EQ(row.enabled(options), row.kind == SourceKind::kHttp) << row.name;
  }
  EXPECT_EQ(names, (std::vector<std::string_view>{"http", "tcp", "unix", "stdin", "syslog", "tail"}));
  options.http_enabled = false;
  options.tcp_listen = "127.0.0.1:0";
  options.unix_path = "x";
  options.stdin_enabled = true;
  options.syslog.path = "x";
  options.tail = {{.path = "x", .format = {}}};
  for (const SourceRow& row : source_table())
    EXPECT_EQ(row.enabled(options), row.kind != SourceKind::kHttp) << row.name;
}

TEST_F(SourceTest, lines_arrive_over_tcp) {
  SourceOptions options;
  options.tcp_listen = "127.0.0.1:0";
  start("tcp", options);
  EXPECT_EQ(source_->description(), "tcp://127.0.0.1:" + std::to_string(source_->port()));
  Client client(source_->port());
  ASSERT_TRUE(client.send("{}\n{}\nlast"));
  client.finish_sending();
  EXPECT_EQ(intake_.wait_for_stream(SourceKind::kTcp), "{}\n{}\nlast");
}

TEST_F(SourceTest, a_stream_has_the_format_of_its_source) {
  SourceOptions options;
  options.tcp_listen = "127.0.0.1:0";
  options.tcp_format = "combined";
  start("tcp", options);
  Client client(source_->port());
  client.finish_sending();
  EXPECT_EQ(intake_.wait_for_stream(SourceKind::kTcp), "");
  EXPECT_EQ(intake_.formats(), std::vector<std::string>{"combined"});
}

TEST_F(SourceTest, a_bad_tcp_address_is_refused) {
  SourceOptions options;
  options.tcp_listen = "nowhere";
  const auto source = try_start("tcp", options);
  ASSERT_FALSE(source.has_value());
  EXPECT_NE(source.error().message.find("\"nowhere\""), std::string::npos);
}

TEST_F(SourceTest, lines_arrive_over_a_unix_socket_also_when_it_stops) {
  std::string directory = (std::filesystem::temp_directory_path() / "weir_unix_XXXXXX").string();
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  SourceOptions options;
  options.unix_path = directory + "/socket";
  start("unix", options);
  EXPECT_EQ(source_->description(), "unix:" + options.unix_path);
  EXPECT_EQ(source_->port(), 0);
  Client client(options.unix_path);
  ASSERT_TRUE(client.send("{}\n"));
  thread_.run([this] { source_->stop(); });
  EXPECT_EQ(intake_.wait_for_stream(SourceKind::kUnix), "{}\n");
  std::filesystem::remove_all(directory);
}

/// Puts another descriptor in the place of stdin and back.
class StdinAs {
 public:
  explicit StdinAs(int descriptor) : saved_(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)) {
    ::dup2(descriptor, STDIN_FILENO);
    ::close(descriptor);
  }
  ~StdinAs() { saved_.open() ? ::dup2(saved_.get(), STDIN_FILENO) : ::close(STDIN_FILENO); }
  StdinAs(const StdinAs&) = delete;
  StdinAs& operator=(const StdinAs&) = delete;

 private:
  Descriptor saved_;
};

TEST_F(SourceTest, stdin_is_read_from_a_pipe_to_its_end) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const StdinAs pipe(ends[0]);
  std::promise<void> ended;
  on_end_ = [&ended] { ended.set_value(); };
  SourceOptions options;
  options.stdin_enabled = true;
  start("stdin", options);
  EXPECT_EQ(source_->description(), "stdin");
  ASSERT_EQ(::write(ends[1], "{}\n", 3), 3);
  ::close(ends[1]);
  ended.get_future().get();
  EXPECT_EQ(intake_.wait_for_stream(SourceKind::kStdin), "{}\n");
}

TEST_F(SourceTest, stdin_is_read_from_a_file_to_its_end) {
  std::string name = (std::filesystem::temp_directory_path() / "weir_stdin_XXXXXX").string();
  const int descriptor = ::mkstemp(name.data());
  ASSERT_GE(descriptor, 0);
  const std::string text(300'000, 'x');
  std::ofstream(name) << text;
  const StdinAs file(descriptor);
  std::promise<void> ended;
  on_end_ = [&ended] { ended.set_value(); };
  SourceOptions options;
  options.stdin_enabled = true;
  start("stdin", options);
  ended.get_future().get();
  EXPECT_EQ(intake_.wait_for_stream(SourceKind::kStdin), text);
  std::filesystem::remove(name);
}

}  // namespace
}  // namespace weir
