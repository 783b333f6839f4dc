// See hostile_clients.h.
#include "hostile_clients.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <utility>

#include "ingest/gzip_text.h"
#include "running_server.h"
#include "support/exposition.h"
#include "support/random_event.h"
#include "weir/core/clock.h"
#include "weir/ingest/routes.h"

namespace weir::e2e {
namespace {

using support::HttpReply;
using support::RandomSource;
using support::SocketClient;

constexpr std::size_t kHeld = 60;  // connections of one kind at once
constexpr std::int64_t kYearMs = 31'536'000'000;
constexpr std::chrono::milliseconds kRest{10};  // between rounds, as clients and server share a machine

/// Leaves a connection open, and lets the oldest go when there are many.
SocketClient& hold(Abuser& abuser, std::uint16_t port) {
  if (abuser.held.size() >= kHeld) abuser.held.pop_front();
  return abuser.held.emplace_back(port);
}

std::string random_bytes(RandomSource& random, std::int64_t most) {
  std::string bytes(static_cast<std::size_t>(random.between(0, most)), '\0');
  for (char& byte : bytes) byte = static_cast<char>(random.between(0, 255));
  return bytes;
}

std::string random_event(RandomSource& random, std::int64_t ts_ms) {
  return support::random_event_text({.visitor = fmt::format("v{}", random.between(0, 5000)),
                                     .site = random.pick({"", "a", "b"}),
                                     .default_site = false,
                                     .session = {},
                                     .id = random.chance(30) ? fmt::format("i{}", random.between(0, 500)) : "",
                                     .ts_ms = ts_ms,
                                     .slow_ms = 3000},
                                    random);
}

/// Good and broken lines, some bytes of which are changed.
std::string broken_lines(RandomSource& random) {
  const std::int64_t now_ms = SystemClock().now_ms();
  std::string text;
  for (std::int64_t i = random.between(0, 20); i >= 0; --i) {
    text += random.chance(50) ? support::broken_line(now_ms, random) : random_event(random, now_ms);
    text += random.chance(95) ? "\n" : "";
  }
  for (std::int64_t i = random.between(0, 5); i > 0; --i) {
    text[static_cast<std::size_t>(random.between(0, static_cast<std::int64_t>(text.size()) - 1))] =
        static_cast<char>(random.between(0, 255));
  }
  return random.chance(5) ? random_bytes(random, 40'000) : text;
}

/// An answer came, and it is no fault of the server.
void judge(Abuser& abuser, const HttpReply& reply, const char* what) {
  if (reply.status != 0 && (reply.status < 500 || reply.status == 503)) return;
  abuser.problem = fmt::format("status {} for {}", reply.status, what);
}

/// Asks as anybody would, and waits for the answer. For clients that wait for none: however slow the server is, it gets
/// no more from them than it takes, and what they did is no reason to keep others waiting.
void keep_pace(Abuser& abuser, std::uint16_t port) {
  const char* const path = port == abuser.target.admin_port ? "/-/healthy" : "/weir.js";
  const HttpReply reply = support::http_request(port, "GET", path);
  if (reply.status != 200) abuser.problem = fmt::format("status {} for {}", reply.status, path);
}

/// The same for streams, which answer nothing but the end of what is sent: all of it has been read by then.
void keep_pace(Abuser& abuser, SocketClient& stream) {
  if (!stream.connected()) return;
  stream.finish_sending();
  if (!stream.closed_by_peer()) abuser.problem = "a stream was not read to its end";
}

void send_broken_bodies(Abuser& abuser) {
  RandomSource& random = abuser.random;
  const auto routes = route_table();
  const Route& route =
      routes[static_cast<std::size_t>(random.between(0, static_cast<std::int64_t>(routes.size()) - 1))];
  const std::string path = std::string(route.path) + random.pick({"", "?", "?idsite=1&rec=1&url=%ff%00", "?v=2&tid=%"});
  const char* const method = random.chance(90) ? "POST" : random.chance(50) ? "GET" : "BREW";
  judge(abuser, support::http_request(abuser.target.http_port, method, path, {}, broken_lines(random)), "a body");
}

void send_gzip_bombs(Abuser& abuser) {
  static const std::string kBomb = support::gzip(std::string(32 << 20, '0'));
  static const std::string kInner = support::gzip(kBomb);
  RandomSource& random = abuser.random;
  const bool is_bomb = random.chance(50);
  std::string body = is_bomb ? kBomb : kInner;
  if (random.chance(50)) body.resize(body.size() / 2);
  if (random.chance(30)) body[12] = static_cast<char>(random.between(0, 255));
  const HttpReply reply =
      support::http_request(abuser.target.http_port, "POST", "/v1/events", {{"Content-Encoding", "gzip"}}, body);
  judge(abuser, reply, "gzip");
  if (is_bomb && reply.status < 300) abuser.problem = fmt::format("status {} for a gzip bomb", reply.status);
}

/// Requests that two servers could read differently.
void smuggle(Abuser& abuser) {
  static const std::string kPost = "POST /v1/events HTTP/1.1\r\nHost: a\r\n";
  static const std::vector<std::string> kShapes = {
      kPost + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      kPost + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nbody..",
      kPost + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
      kPost + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
      kPost + "Transfer-Encoding: chunked\r\n\r\n4;a=b\r\nbody\r\n0\r\n\r\n",
      kPost + "Transfer-Encoding: chunked\r\n\r\n3\r\nbody\r\n0\r\n\r\n",
      kPost + "Content-Length: +4\r\n\r\nbody",
      "GET / HTTP/1.1\nHost: a\n\n",
      "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11),
  };
  SocketClient client(abuser.random.chance(80) ? abuser.target.http_port : abuser.target.admin_port);
  const std::string& shape = abuser.random.pick(kShapes);
  static_cast<void>(client.send(shape));
  const HttpReply reply = client.read_reply();
  if (reply.status < 400) abuser.problem = fmt::format("status {} for {}", reply.status, shape);
}

void stay_slow(Abuser& abuser) {
  RandomSource& random = abuser.random;
  const std::uint16_t port = random.chance(80) ? abuser.target.http_port : abuser.target.admin_port;
  SocketClient& slow = hold(abuser, port);
  static_cast<void>(
      slow.send(random.pick({"", "P", "POST /v1/events HTTP/1.1\r\nHost: a\r\nX-",
                             "POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n{",
                             "POST /v1/events HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"})));
  SocketClient& other =
      abuser.held[static_cast<std::size_t>(random.between(0, static_cast<std::int64_t>(abuser.held.size()) - 1))];
  static_cast<void>(other.send("a"));
  keep_pace(abuser, port);
}

/// Asks for much at once, and reads nothing of it.
void read_nothing(Abuser& abuser) {
  const bool tracker = abuser.random.chance(80);
  const std::uint16_t port = tracker ? abuser.target.http_port : abuser.target.admin_port;
  SocketClient& client = hold(abuser, port);
  std::string requests;
  for (int i = 0; i < 50; ++i) requests += support::request_text("GET", tracker ? "/weir.js" : "/metrics", {}, {});
  static_cast<void>(client.send(requests));
  keep_pace(abuser, port);
}

/// Connects, perhaps says a byte, and resets.
void flood(Abuser& abuser) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto port =
      abuser.random.pick<std::uint16_t>({abuser.target.http_port, abuser.target.tcp_port, abuser.target.admin_port});
  address.sin_port = htons(port);
  std::vector<int> sockets;
  for (std::int64_t i = abuser.random.between(1, 50); i > 0; --i) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket < 0) break;
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    sockets.push_back(socket);
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) break;
    if (abuser.random.chance(30)) static_cast<void>(::send(socket, "G", 1, MSG_NOSIGNAL));
  }
  for (const int socket : sockets) ::close(socket);
  if (port != abuser.target.tcp_port) return keep_pace(abuser, port);
  SocketClient stream(port);
  keep_pace(abuser, stream);
}

/// Labels that break formats, and more of them than there is room for.
void attack_labels(Abuser& abuser) {
  RandomSource& random = abuser.random;
  std::string body;
  for (int i = 0; i < 50; ++i) {
    const std::string text =
        random.pick({"\\\"} 1\\n# HELP x", "\\u0000", "\\ud800", "\xff\xfe", "\\u202e", "{{x}}", "\\\\", "%0a", "`"}) +
        std::to_string(random.between(0, 1'000'000)) + std::string(random.chance(5) ? 5000 : 0, 'x');
    body += fmt::format(R"({{"type":"page_view","visitor":"{0}","site":"{1}","url":"/{0}?utm_campaign={0}",)"
                        R"("referrer":"https://{0}/","source":"{0}","currency":"{0}","country":"{0}"}})"
                        "\n",
                        text, random.chance(10) ? text : "a");
  }
  judge(abuser, support::http_request(abuser.target.http_port, "POST", "/v1/events", {}, body), "labels");
}

void lie_about_time(Abuser& abuser) {
  RandomSource& random = abuser.random;
  const std::int64_t now_ms = SystemClock().now_ms();
  std::string body;
  for (int i = 0; i < 20; ++i) {
    const std::int64_t ts_ms = now_ms + random.between(-10 * kYearMs, 20 * kYearMs);
    const std::string ts = random.chance(80) ? std::to_string(ts_ms)
                                             : random.pick({"-1", "0", "1e300", "9223372036854775807",
                                                            "\"2038-01-19T03:14:08Z\"", "\"9999-12-31T23:59:60Z\""});
    body += fmt::format(R"({{"type":"page_view","url":"/","visitor":"{}","ts":{},"sent_at":{}}})"
                        "\n",
                        random.between(0, 100), ts, now_ms + random.between(-kYearMs, kYearMs));
  }
  judge(abuser, support::http_request(abuser.target.http_port, "POST", "/v1/events", {}, body), "times");
}

/// Lines over TCP and the unix socket: without an end, too long, cut off.
void send_stream_garbage(Abuser& abuser) {
  RandomSource& random = abuser.random;
  if (abuser.held.size() >= kHeld / 2) {
    if (random.chance(50)) keep_pace(abuser, abuser.held.front());  // the others are cut off
    abuser.held.pop_front();
  }
  SocketClient& client = random.chance(50) ? abuser.held.emplace_back(abuser.target.tcp_port)
                                           : abuser.held.emplace_back(abuser.target.unix_path);
  std::string text = broken_lines(random);
  if (random.chance(20)) text += std::string(100'000, random.chance(50) ? 'x' : '\0');
  if (random.chance(20)) text += "\n" + random_bytes(random, 2000);
  static_cast<void>(client.send(text));
}

void send_datagrams(Abuser& abuser) {
  RandomSource& random = abuser.random;
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  abuser.target.syslog_path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  for (int i = 0; i < 20; ++i) {
    const std::string head = random.pick({"<190>Nov 22 10:00:00 web nginx: ", "<190>1 - - - - - - ", "<999>", ""});
    const std::string text = head + (random.chance(10) ? random_bytes(random, 60'000) : broken_lines(random));
    static_cast<void>(::sendto(socket, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                               reinterpret_cast<const sockaddr*>(&address), sizeof(address)));
  }
  ::close(socket);
}

/// A log that is written to, cut to nothing, and moved away.
void rotate_tailed_file(Abuser& abuser) {
  const std::string& path = abuser.target.tailed_path;
  if (abuser.random.chance(5)) static_cast<void>(std::rename(path.c_str(), (path + ".1").c_str()));
  const bool cut = abuser.random.chance(2);
  std::ofstream file(path, std::ios::binary | (cut ? std::ios::trunc : std::ios::app));
  file << broken_lines(abuser.random);
}

void storm_scrapes(Abuser& abuser) {
  RandomSource& random = abuser.random;
  if (random.chance(70)) {  // without waiting for the answer
    SocketClient& client = hold(abuser, abuser.target.admin_port);
    const std::string path = random.pick({"/metrics", "/api/v1/report", "/", "/-/ready", "/nothing?%ff"});
    static_cast<void>(client.send(support::request_text("GET", path, {{"Accept-Encoding", "gzip"}}, {})));
    return keep_pace(abuser, abuser.target.admin_port);
  }
  const HttpReply reply = support::http_request(abuser.target.admin_port, "GET", "/metrics");
  if (reply.status != 200) return judge(abuser, reply, "a scrape");
  const support::Exposition scrape = support::read_exposition(reply.body);
  if (!scrape.errors.empty()) abuser.problem = "a scrape: " + scrape.errors.front();
  if (const testing::AssertionResult sums = events_add_up(scrape.values); !sums) abuser.problem = sums.message();
}

/// Readers of the live feed, more than there may be, who mostly do not read.
void open_live_feeds(Abuser& abuser) {
  SocketClient& client = hold(abuser, abuser.target.admin_port);
  static_cast<void>(client.send(support::request_text(
      "GET", abuser.random.pick({"/api/v1/live", "/api/v1/live?site=a&window=5m", "/api/v1/live?window=%00"}), {},
      {})));
  if (abuser.random.chance(30)) judge(abuser, client.read_reply(SocketClient::Expect::kHead), "a live feed");
  if (abuser.random.chance(10)) static_cast<void>(client.send("GET / HTTP/1.1\r\n\r\n"));
  keep_pace(abuser, abuser.target.admin_port);
}

}  // namespace

const std::vector<AbuseKind>& abuse_kinds() {
  static const std::vector<AbuseKind> kKinds = {
      {"broken bodies", send_broken_bodies},
      {"gzip bombs", send_gzip_bombs},
      {"smuggling", smuggle},
      {"slow requests", stay_slow},
      {"slow readers", read_nothing},
      {"floods", flood},
      {"labels", attack_labels},
      {"times", lie_about_time},
      {"stream garbage", send_stream_garbage},
      {"datagrams", send_datagrams},
      {"tailed file", rotate_tailed_file},
      {"scrapes", storm_scrapes},
      {"live feeds", open_live_feeds},
  };
  return kKinds;
}

HostileClients::HostileClients(AbuseTarget target, std::uint64_t seed) : target_(std::move(target)) {
  for (const AbuseKind& kind : abuse_kinds()) {
    threads_.emplace_back([this, &kind, seed = ++seed] { run(kind, seed); });
  }
}

void HostileClients::run(const AbuseKind& kind, std::uint64_t seed) {
  Abuser abuser{.target = target_, .random = RandomSource(seed), .held = {}, .problem = {}};
  std::unique_lock lock(mutex_);
  while (!over_) {
    lock.unlock();
    kind.round(abuser);
    lock.lock();
    ++rounds_[kind.name];
    if (!abuser.problem.empty()) problems_.try_emplace(kind.name, abuser.problem);
    stopping_.wait_for(lock, kRest, [this] { return over_; });
  }
}

void HostileClients::stop() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  stopping_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

std::map<std::string, std::int64_t> HostileClients::rounds() const {
  const std::lock_guard lock(mutex_);
  return rounds_;
}

std::string HostileClients::problems() const {
  const std::lock_guard lock(mutex_);
  std::string text;
  for (const auto& [kind, problem] : problems_) text += fmt::format("{}: {}\n", kind, problem);
  return text;
}

}  // namespace weir::e2e
