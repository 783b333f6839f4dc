// StreamServer and DescriptorReader: bytes in, over TCP, unix sockets, pipes and files; limits and stopping.
#include "weir/net/stream_server.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>

#include "support/http_client.h"
#include "support/io_thread.h"
#include "weir/net/descriptor_reader.h"

namespace weir {
namespace {

using Client = support::SocketClient;

/// What one stream brought, told when it is finished.
struct Received {
  std::promise<std::string> promise;
  std::future<std::string> text = promise.get_future();
};

class CollectingReceiver final : public StreamReceiver {
 public:
  CollectingReceiver(std::shared_ptr<Received> received, std::size_t room_bytes)
      : received_(std::move(received)), room_(room_bytes) {}
  std::span<char> prepare() override { return room_; }
  void commit(std::size_t size) override { text_.append(room_.data(), size); }
  void finish() override { received_->promise.set_value(text_); }

 private:
  std::shared_ptr<Received> received_;
  std::vector<char> room_;
  std::string text_;
};

class StreamServerTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "weir_stream_XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override {
    if (server_) thread_.run([this] { server_.reset(); });
    std::filesystem::remove_all(directory_);
  }

  Result<std::unique_ptr<StreamServer>> listen(const StreamServerOptions& options, std::size_t room_bytes = 1000) {
    return thread_.run([&, room_bytes] {
      return StreamServer::listen(
          thread_.io(), options,
          [this, room_bytes] {
            streams_.push_back(std::make_shared<Received>());
            return std::make_unique<CollectingReceiver>(streams_.back(), room_bytes);
          },
          &stats_);
    });
  }
  void start(const StreamServerOptions& options = {.listen = ListenAddress{"127.0.0.1", 0}}) {
    auto server = listen(options);
    ASSERT_TRUE(server.has_value()) << server.error().message;
    server_ = std::move(*server);
  }
  std::string path(const char* name) const { return directory_ + "/" + name; }
  std::int64_t stat(Stat stat) const { return stats_.read()[stat]; }
  /// Waits until `count` connections were accepted.
  void wait_for_connections(std::int64_t count) {
    while (stat(Stat::kConnectionsAccepted) < count) std::this_thread::yield();
    thread_.run([] {});  // streams_ may be read from here on
  }

  std::string directory_;
  StatBoard stats_;
  std::vector<std::shared_ptr<Received>> streams_;  // touched by the io thread, or after it was waited for
  support::IoThread thread_;
  std::unique_ptr<StreamServer> server_;
};

std::string pattern_text(std::size_t size) {
  std::string text(size, 'a');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i % 26);
  return text;
}

TEST_F(StreamServerTest, the_bytes_of_each_connection_reach_a_receiver_of_its_own) {
  start();
  Client first(server_->port());
  wait_for_connections(1);
  Client second(server_->port());
  wait_for_connections(2);
  const std::string text = pattern_text(300'000);
  ASSERT_TRUE(second.send("second"));
  ASSERT_TRUE(first.send(text));
  first.finish_sending();
  second.finish_sending();
  EXPECT_EQ(streams_[0]->text.get(), text);
  EXPECT_EQ(streams_[1]->text.get(), "second");
  EXPECT_TRUE(first.closed_by_peer());
  thread_.run([] {});
  EXPECT_EQ(stat(Stat::kConnectionsOpen), 0);
}

TEST_F(StreamServerTest, stop_reads_what_was_sent_before_it) {
  start();
  Client client(server_->port());
  wait_for_connections(1);
  std::optional<Client> not_yet_accepted;
  thread_.run([&] {  // while this runs nobody reads
    not_yet_accepted.emplace(server_->port());
    ASSERT_TRUE(not_yet_accepted->send("from the queue"));
    ASSERT_TRUE(client.send(pattern_text(20'000)));
    server_->stop();
  });
  EXPECT_EQ(streams_.at(0)->text.get(), pattern_text(20'000));
  EXPECT_EQ(streams_.at(1)->text.get(), "from the queue");
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_FALSE(Client(server_->port()).connected());
  thread_.finish();  // returns only when nothing is left to do
  EXPECT_EQ(stat(Stat::kConnectionsOpen), 0);
  server_.reset();
}

TEST_F(StreamServerTest, a_backlog_does_not_hold_the_thread_up_when_it_stops) {
  start();
  Client client(server_->port());
  wait_for_connections(1);
  thread_.run([&] {
    ASSERT_TRUE(client.send(pattern_text(50'000)));  // fifty times what is read at once
    server_->stop();
    EXPECT_EQ(stat(Stat::kConnectionsOpen), 1) << "it is read later";
    EXPECT_EQ(streams_.at(0)->text.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
    ASSERT_TRUE(client.send("too late"));
    server_->stop();  // changes nothing
  });
  EXPECT_EQ(streams_.at(0)->text.get(), pattern_text(50'000));
  thread_.finish();
  EXPECT_EQ(stat(Stat::kConnectionsOpen), 0);
  server_.reset();
}

TEST_F(StreamServerTest, a_server_that_goes_away_reads_no_more) {
  start();
  Client client(server_->port());
  wait_for_connections(1);
  thread_.run([&] {
    ASSERT_TRUE(client.send(pattern_text(50'000)));
    server_->stop();
    server_.reset();
    EXPECT_EQ(stat(Stat::kConnectionsOpen), 0);
  });
  EXPECT_EQ(streams_.at(0).use_count(), 1) << "the receiver is gone";
  EXPECT_EQ(streams_.at(0)->text.wait_for(std::chrono::seconds(0)), std::future_status::timeout) << "without its end";
  EXPECT_TRUE(client.closed_by_peer());
  thread_.finish();
}

TEST_F(StreamServerTest, connections_beyond_the_limit_are_closed_and_counted) {
  start({.listen = ListenAddress{"127.0.0.1", 0}, .connections = 1});
  Client first(server_->port());
  wait_for_connections(1);
  Client second(server_->port());
  EXPECT_TRUE(second.closed_by_peer());
  EXPECT_EQ(stat(Stat::kConnectionsRefused), 1);
  ASSERT_TRUE(first.send("still served"));
  first.finish_sending();
  EXPECT_EQ(streams_[0]->text.get(), "still served");
}

TEST_F(StreamServerTest, while_memory_is_scarce_new_connections_are_refused_and_counted) {
  std::atomic<bool> scarce = false;
  start({.listen = ListenAddress{"127.0.0.1", 0}, .scarce = [&] { return scarce.load(); }});
  Client first(server_->port());
  wait_for_connections(1);
  scarce = true;
  EXPECT_TRUE(Client(server_->port()).closed_by_peer());
  thread_.run([] {});
  EXPECT_EQ(stat(Stat::kConnectionsRefusedMemory), 1);
  ASSERT_TRUE(first.send("goes on"));
  first.finish_sending();
  EXPECT_EQ(streams_[0]->text.get(), "goes on");
  scarce = false;
  const Client second(server_->port());
  wait_for_connections(2);
}

TEST_F(StreamServerTest, a_unix_socket_is_made_for_owner_and_group_and_removed_at_the_end) {
  start({.listen = path("socket")});
  EXPECT_EQ(server_->port(), 0);
  struct stat status {};
  ASSERT_EQ(::stat(path("socket").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0660U);
  Client client(path("socket"));
  ASSERT_TRUE(client.send("over unix"));
  client.finish_sending();
  EXPECT_TRUE(client.closed_by_peer());
  wait_for_connections(1);
  EXPECT_EQ(streams_.at(0)->text.get(), "over unix");
  thread_.run([this] { server_->stop(); });
  EXPECT_FALSE(std::filesystem::exists(path("socket")));
}

TEST_F(StreamServerTest, a_stale_socket_file_is_replaced_and_a_live_one_is_not) {
  start({.listen = path("socket")});
  const auto second = listen({.listen = path("socket")});
  ASSERT_FALSE(second.has_value());
  EXPECT_NE(second.error().message.find("another program listens there"), std::string::npos);
  // A hard link keeps the file when the server removes its own name: what a crash leaves behind.
  std::filesystem::create_hard_link(path("socket"), path("stale"));
  thread_.run([this] { server_.reset(); });
  ASSERT_TRUE(std::filesystem::exists(path("stale")));
  start({.listen = path("stale")});
  EXPECT_TRUE(Client(path("stale")).connected());
}

TEST_F(StreamServerTest, only_its_own_socket_file_is_removed) {
  start({.listen = path("socket")});
  std::filesystem::remove(path("socket"));
  std::ofstream(path("socket")) << "someone else's";
  thread_.run([this] { server_.reset(); });
  EXPECT_TRUE(std::filesystem::exists(path("socket")));
}

TEST_F(StreamServerTest, what_cannot_be_listened_on_is_refused_with_its_name) {
  std::ofstream(path("file")) << "precious";
  for (const std::string& bad :
       {path("file"), path("no/such/directory"), path(std::string(200, 'x').c_str()), std::string()}) {
    const auto server = listen({.listen = bad});
    ASSERT_FALSE(server.has_value()) << bad;
    EXPECT_NE(server.error().message.find("unix socket " + bad), std::string::npos) << server.error().message;
  }
  EXPECT_EQ(std::filesystem::file_size(path("file")), 8U);
}

class DescriptorReaderTest : public StreamServerTest {
 protected:
  void read(int descriptor) {
    auto reader = thread_.run([this, descriptor] {
      return DescriptorReader::start(thread_.io(), Descriptor(descriptor),
                                     std::make_unique<CollectingReceiver>(received_, 1000),
                                     [this] { ended_.set_value(); });
    });
    ASSERT_TRUE(reader.has_value()) << reader.error().message;
    reader_ = std::move(*reader);
  }
  void TearDown() override {
    thread_.run([this] { reader_.reset(); });
    StreamServerTest::TearDown();
  }

  std::shared_ptr<Received> received_ = std::make_shared<Received>();
  std::promise<void> ended_;
  std::unique_ptr<DescriptorReader> reader_;
};

TEST_F(DescriptorReaderTest, a_pipe_is_read_to_its_end_and_left_as_it_was) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const Descriptor other(::fcntl(ends[0], F_DUPFD_CLOEXEC, 0));
  read(ends[0]);
  ASSERT_EQ(::write(ends[1], "one ", 4), 4);
  thread_.run([] {});
  ASSERT_EQ(::write(ends[1], "two", 3), 3);
  ::close(ends[1]);
  EXPECT_EQ(received_->text.get(), "one two");
  ended_.get_future().get();
  EXPECT_EQ(::fcntl(other.get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST_F(DescriptorReaderTest, a_file_which_epoll_cannot_watch_is_read_to_its_end) {
  const std::string text = pattern_text(50'000);
  std::ofstream(path("file")) << text;
  read(::open(path("file").c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(received_->text.get(), text);
  ended_.get_future().get();
}

TEST_F(DescriptorReaderTest, an_empty_device_ends_at_once) {
  read(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(received_->text.get(), "");
  ended_.get_future().get();
}

TEST_F(DescriptorReaderTest, stop_finishes_without_reporting_an_end) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const Descriptor writer(ends[1]);
  read(ends[0]);
  thread_.run([this] { reader_->stop(); });
  EXPECT_EQ(received_->text.get(), "");
  EXPECT_EQ(ended_.get_future().wait_for(std::chrono::seconds(0)), std::future_status::timeout);
}

TEST_F(DescriptorReaderTest, a_descriptor_that_is_not_open_is_refused) {
  const auto reader = thread_.run([this] {
    return DescriptorReader::start(thread_.io(), Descriptor(), std::make_unique<CollectingReceiver>(received_, 10), {})
        .has_value();
  });
  EXPECT_FALSE(reader);
}

}  // namespace
}  // namespace weir
