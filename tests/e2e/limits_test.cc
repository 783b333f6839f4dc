// Limits that only the whole program has.
#include <gtest/gtest.h>

#include "running_server.h"
#include "support/exposition.h"

namespace weir::e2e {
namespace {

TEST(Limits, connections_of_operators_are_bounded) {
  RunningServer server(
      "sources: {http: {listen: \"127.0.0.1:0\"}}\nadmin: {listen: \"127.0.0.1:0\", connections: 2}\n"
      "pipeline: {publish_interval: 20ms}\n");
  support::SocketClient first(server.admin_port());
  {
    support::SocketClient second(server.admin_port());
    for (support::SocketClient* client : {&first, &second}) {
      ASSERT_TRUE(client->send(support::request_text("GET", "/-/healthy", {}, "")));
      EXPECT_EQ(client->read_reply().status, 200);
    }
    EXPECT_TRUE(support::SocketClient(server.admin_port()).closed_by_peer());
  }
  ASSERT_TRUE(server.process().wait_until([&] {
    const std::string scrape = server.scrape();
    return !scrape.empty() &&
           support::parse_exposition(scrape).at("weir_connections_refused_total{reason=\"limit\"}") >= 1;
  }));
  EXPECT_EQ(server.stop(), 0);
}

}  // namespace
}  // namespace weir::e2e
