// Clients that do to a server what hostile, broken and careless ones do, each kind on a thread of its own, over and
// over: for the test of mixed abuse.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/http_client.h"
#include "support/random_source.h"

namespace weir::e2e {

/// Where a server listens, and the file it tails.
struct AbuseTarget {
  std::uint16_t http_port = 0;
  std::uint16_t tcp_port = 0;
  std::uint16_t admin_port = 0;
  std::string unix_path;    // of lines
  std::string syslog_path;  // of datagrams
  std::string tailed_path;
};

/// One client: what it aims at, its chance, and the connections it leaves open for a while.
struct Abuser {
  const AbuseTarget& target;
  support::RandomSource random;
  std::deque<support::SocketClient> held;
  std::string problem;  // something a server must not do; empty: nothing
};

/// One kind of client and what it does in a round. A round ends by itself, whatever the server does.
struct AbuseKind {
  const char* name;
  void (*round)(Abuser& abuser);
};
const std::vector<AbuseKind>& abuse_kinds();

/// Every kind at once, until stopped. Made and used by one thread.
class HostileClients {
 public:
  HostileClients(AbuseTarget target, std::uint64_t seed);
  ~HostileClients() { stop(); }
  HostileClients(const HostileClients&) = delete;
  HostileClients& operator=(const HostileClients&) = delete;

  void stop();
  /// Of each kind so far.
  std::map<std::string, std::int64_t> rounds() const;
  /// What a server must not do and did, a line each of the first for each kind; empty when there is nothing.
  std::string problems() const;

 private:
  void run(const AbuseKind& kind, std::uint64_t seed);

  const AbuseTarget target_;
  mutable std::mutex mutex_;
  std::condition_variable stopping_;
  bool over_ = false;  // this and all below: guarded by mutex_
  std::map<std::string, std::int64_t> rounds_;
  std::map<std::string, std::string> problems_;  // by kind
  std::vector<std::thread> threads_;
};

}  // namespace weir::e2e
