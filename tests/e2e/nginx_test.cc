// A real nginx in front of Weir: logging to its syslog socket, logging to a file that is rotated in both ways of
// logrotate under load, and as a proxy of the beacon path. Every line must count once.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "running_server.h"
#include "support/guide.h"

namespace weir::e2e {
namespace {

using support::ChildProcess;
using support::TemporaryFolder;

/// A port nobody listens on at this moment.
std::uint16_t free_port() {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  EXPECT_EQ(::bind(probe, reinterpret_cast<const sockaddr*>(&address), size), 0);
  EXPECT_EQ(::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size), 0);
  ::close(probe);
  return ntohs(address.sin_port);
}

/// What the guide says that nginx shall log.
std::string log_format() {
  const std::string shown = support::text_of_blocks(support::blocks_of_guide("nginx"), "nginx");
  const std::size_t begin = shown.find("log_format");
  EXPECT_NE(begin, std::string::npos);
  return shown.substr(begin, shown.find("access_log") - begin);
}

/// nginx with a folder of its own, in the foreground. It ends with this object.
class Nginx {
 public:
  /// `server` goes into its one server block.
  Nginx(const TemporaryFolder& folder, const std::string& server) : port_(free_port()) {
    std::filesystem::create_directories(folder.path("tmp"));
    const std::string file =
        folder.write("nginx.conf", fmt::format(R"({2}daemon off;
worker_processes 2;
pid {0}/pid;
error_log stderr warn;
events {{ worker_connections 64; }}
http {{
  client_body_temp_path {0}/tmp/body;
  proxy_temp_path {0}/tmp/proxy;
  fastcgi_temp_path {0}/tmp/fastcgi;
  uwsgi_temp_path {0}/tmp/uwsgi;
  scgi_temp_path {0}/tmp/scgi;
{4}
  server {{
    listen 127.0.0.1:{1};
{3}
  }}
}}
)",
                                               folder.path("."), port_, ::geteuid() == 0 ? "user root;\n" : "", server,
                                               log_format()));
    process_ = std::make_unique<ChildProcess>(
        std::vector<std::string>{"nginx", "-p", folder.path("."), "-e", "stderr", "-c", file});
    const bool ready = process_->wait_until([&] { return get("/ready").status == 200; });
    EXPECT_TRUE(ready) << process_->log();
  }
  ~Nginx() {
    process_->signal(SIGQUIT);  // its workers go with it
    EXPECT_EQ(process_->wait_for_exit(), 0) << process_->log();
  }
  Nginx(const Nginx&) = delete;
  Nginx& operator=(const Nginx&) = delete;

  support::HttpReply get(const std::string& path) const { return support::http_request(port_, "GET", path); }
  std::uint16_t port() const { return port_; }
  ChildProcess& process() { return *process_; }
  const std::string& log() const { return process_->log(); }

 private:
  std::uint16_t port_;
  std::unique_ptr<ChildProcess> process_;
};

std::string quiet_locations() { return "    location = /ready { access_log off; return 200; }\n"; }

/// Page views of some visitors; returns how many nginx answered.
int view_pages(const Nginx& nginx, int from, int to) {
  int answered = 0;
  for (int i = from; i < to; ++i) {
    if (nginx.get(fmt::format("/page{}?v=v{}", i % 7, i % 50)).status == 200) ++answered;
  }
  return answered;
}

TEST(Nginx, logs_to_the_syslog_socket_and_every_line_counts_once) {
  const TemporaryFolder folder;
  const std::string socket = folder.path("syslog.sock");
  RunningServer weir(
      fmt::format("sources:\n  http: {{listen: \"127.0.0.1:0\"}}\n  syslog: {{path: {}, format: nginx_json}}\n"
                  "pipeline: {{publish_interval: 10ms}}\n"
                  "admin: {{listen: \"127.0.0.1:0\"}}\n",
                  socket));
  const Nginx nginx(folder, fmt::format("    access_log syslog:server=unix:{},nohostname weir;\n", socket) +
                                quiet_locations() + "    location / { return 200 hello; }\n");
  // nginx drops a line rather than wait for a full socket, and the system may keep as few as ten: so no more at once.
  int sent = 0;
  for (int burst = 0; burst < 100; ++burst) {
    sent += view_pages(nginx, sent, sent + 8);
    ASSERT_TRUE(weir.wait_for_count("received", sent)) << nginx.log();
  }
  EXPECT_EQ(sent, 800);
  ASSERT_EQ(weir.stop(), 0);
  EXPECT_EQ(weir.stopped_counts().received, 800);
  EXPECT_EQ(weir.stopped_counts().counted, 800);
}

std::int64_t received(const RunningServer& weir) {
  const nlohmann::json report = weir.report();
  return report.is_discarded() ? -1 : report["events"].value("received", std::int64_t{-1});
}

TEST(Nginx, logs_to_a_tailed_file_that_is_rotated_under_load_and_every_line_counts_once) {
  const TemporaryFolder folder;
  const std::string log = folder.path("access.log");
  const auto config = [&] {
    return fmt::format(
        "sources:\n  http: {{listen: \"127.0.0.1:0\"}}\n  tail: [{{path: {}, format: nginx_json, from: start}}]\n"
        "  tail_state: {}\nadmin: {{listen: \"127.0.0.1:0\"}}\n",
        log, folder.path("tail.state"));
  };
  std::int64_t counted = 0;
  int sent = 0;
  Nginx nginx(folder, fmt::format("    access_log {} weir;\n", log) + quiet_locations() +
                          "    location / { return 200 hello; }\n");
  for (int life = 0; life < 2; ++life) {
    RunningServer weir(config());
    for (int rotation = 0; rotation < 6; ++rotation) {
      sent += view_pages(nginx, sent, sent + 200);
      for (int number = 20; number > 0; --number) {
        const std::string from = fmt::format("{}.{}", log, number);
        if (std::filesystem::exists(from)) std::filesystem::rename(from, fmt::format("{}.{}", log, number + 1));
      }
      if (rotation % 2 == 0) {
        std::filesystem::rename(log, log + ".1");
        sent += view_pages(nginx, sent, sent + 50);  // nginx goes on writing to the renamed file
        nginx.process().signal(SIGUSR1);
      } else {
        // What nginx writes between the copy and the cut is lost by this way of rotating itself: so nothing then.
        // A copy is found by what was read of the file before, so something of it has to be.
        const std::int64_t before = sent - counted;
        ASSERT_TRUE(weir.process().wait_until([&] { return received(weir) > before - 200; }));
        std::filesystem::copy_file(log, log + ".1");
        std::filesystem::resize_file(log, 0);
      }
      sent += view_pages(nginx, sent, sent + 100);
    }
    EXPECT_TRUE(weir.wait_for_count("received", sent - counted));
    ASSERT_EQ(weir.stop(), 0);
    EXPECT_EQ(weir.stopped_counts().counted, sent - counted) << weir.process().log();
    counted = sent;
    sent += view_pages(nginx, sent, sent + 100);  // while Weir is away
  }
}

TEST(Nginx, passes_beacons_on) {
  const TemporaryFolder folder;
  RunningServer weir(listeners_config());
  const Nginx nginx(folder, quiet_locations() + fmt::format("    access_log off;\n    location = /v1/events {{\n"
                                                            "      proxy_pass http://127.0.0.1:{};\n    }}\n",
                                                            weir.http_port()));
  for (int i = 0; i < 300; ++i) {
    const auto reply = support::http_request(nginx.port(), "POST", "/v1/events", {},
                                             fmt::format(R"({{"type":"page_view","visitor":"v{}","url":"/"}})", i));
    ASSERT_EQ(reply.status, 202);
  }
  ASSERT_EQ(weir.stop(), 0);
  EXPECT_EQ(weir.stopped_counts().counted, 300);
}

}  // namespace
}  // namespace weir::e2e
