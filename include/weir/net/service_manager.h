// ServiceManager: tells systemd how the service is doing, by datagrams to the socket it named. Without systemd it does
// nothing. It must never hold the service up.
#pragma once

#include <string>
#include <string_view>

namespace weir {

/// The protocol of sd_notify(3). Any thread.
class ServiceManager {
 public:
  /// `socket` is what NOTIFY_SOCKET says: a path, or an abstract name behind "@". Empty: nobody listens.
  explicit ServiceManager(std::string_view socket) : socket_(socket) {}

  bool listens() const { return !socket_.empty(); }
  /// Sends a state such as "READY=1". False when it could not be sent; true when nobody listens.
  bool tell(std::string_view state) const;

 private:
  std::string socket_;
};

}  // namespace weir
