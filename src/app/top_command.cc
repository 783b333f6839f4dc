// weir top: asks a running instance for its newest numbers, again and again, and shows them.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <functional>

#include "output.h"
#include "terminal.h"
#include "top_view.h"
#include "weir/app/commands.h"
#include "weir/app/config_faults.h"
#include "weir/core/clock.h"
#include "weir/net/http_client.h"

namespace weir {
namespace {

constexpr std::size_t kRows = 200;  // as many as the live feed gives

std::string encoded(std::string_view text) {
  std::string out;
  for (const char byte : text) out += fmt::format("%{:02X}", static_cast<unsigned char>(byte));
  return out;
}

/// The instance, and what was seen of it.
class Instance {
 public:
  Instance(HttpServerUrl server, const std::string& ca_file) : client_(std::move(server), ca_file) {}

  /// See HttpClient::set_patience().
  void set_patience(std::function<bool()> patient) { client_.set_patience(std::move(patient)); }

  /// The newest snapshot, or why there is none.
  Result<TopSnapshot> look(const TopChoice& choice) {
    std::string path = fmt::format("/api/v1/live?rows={}", kRows);
    if (!choice.window.empty()) path += "&window=" + encoded(choice.window);
    if (!choice.site.empty()) path += "&site=" + encoded(choice.site);
    Result<HttpReply> reply = client_.get(path, "application/json");
    if (!reply) return reply.error();
    if (reply->status != 200) return Error{reason_of_refusal(reply->body)};
    Result<TopSnapshot> snapshot = read_top_snapshot(reply->body, choice.rollup);
    if (snapshot) measure(snapshot->received);
    return snapshot;
  }
  /// nullopt until it was looked at twice.
  std::optional<double> events_per_second() const { return events_per_second_; }

 private:
  /// A restarted server counts from 0.
  void measure(std::int64_t received) {
    const TimeMs now_ms = SystemClock().steady_ms();
    if (seen_ms_ != 0 && now_ms > seen_ms_ && received >= received_) {
      events_per_second_ = static_cast<double>(received - received_) * 1000 / static_cast<double>(now_ms - seen_ms_);
    }
    received_ = received;
    seen_ms_ = now_ms;
  }

  HttpClient client_;
  TimeMs seen_ms_ = 0;
  std::int64_t received_ = 0;
  std::optional<double> events_per_second_;
};

int fail(const Error& error) {
  fmt::print(stderr, "weir: {}\n--url names the admin listener of a running `weir serve`.\n", error.message);
  return kExitFailed;
}

int show_once(Instance& instance, const TopChoice& choice, const TopFrame& frame) {
  const Result<TopSnapshot> snapshot = instance.look(choice);
  if (!snapshot) return fail(snapshot.error());
  return write_output(render_top(*snapshot, choice, frame) + "\n");
}

int show_live(Instance& instance, TopChoice& choice, TopFrame frame, TimeMs every_ms) {
  Result<TopSnapshot> snapshot = instance.look(choice);
  if (!snapshot) return fail(snapshot.error());  // a wrong address should not look like an empty server
  TopSnapshot shown = std::move(*snapshot);
  Terminal terminal;
  const SystemClock clock;
  // Keys and signals count while the server keeps silent, too: another choice is asked for at once.
  bool chosen = false;
  const auto take_key = [&](TimeMs wait_ms) {
    const std::optional<char> key = terminal.key(wait_ms);
    chosen = key && press_key(choice, shown, *key);
    return !chosen && terminal.is_open();
  };
  instance.set_patience([&] { return take_key(0); });
  TimeMs next_ms = clock.steady_ms() + every_ms;
  while (!choice.quit && terminal.is_open()) {
    const Terminal::Size size = Terminal::size().value_or(Terminal::Size{});
    frame.width = size.width;
    frame.height = size.height;
    frame.events_per_second = instance.events_per_second();
    terminal.draw(render_top(shown, choice, frame));
    take_key(std::max<TimeMs>(0, next_ms - clock.steady_ms()));
    if (choice.quit || (!chosen && clock.steady_ms() < next_ms)) continue;
    do {
      chosen = false;
      snapshot = instance.look(choice);
    } while (chosen && !choice.quit);
    frame.problem = snapshot ? "" : fmt::format("{}; trying again", snapshot.error().message);
    if (snapshot) shown = std::move(*snapshot);
    next_ms = clock.steady_ms() + every_ms;
  }
  return kExitOk;
}

}  // namespace

int run_top(const TopCommand& command) {
  Result<HttpServerUrl> server = parse_server_url(command.url);
  if (!server) {
    fmt::print(stderr, "weir: --url: {}\n", server.error().message);
    return kExitUsage;
  }
  const std::vector<std::string> orders = top_orders();
  const auto order = std::find(orders.begin(), orders.end(), command.sort);
  if (order == orders.end()) {
    fmt::print(stderr, "weir: --sort: found \"{}\"; expected one of {}\n", command.sort, join_words(orders));
    return kExitUsage;
  }
  TopChoice choice;
  choice.site = command.site;
  choice.window = command.window;
  choice.rollup = command.rollup;
  choice.order = static_cast<std::size_t>(order - orders.begin());
  TopFrame frame;
  frame.address = to_string(server->address);
  Instance instance(std::move(*server), command.ca_file);
  if (command.once || !Terminal::is_there()) {
    frame.height = 0;
    return show_once(instance, choice, frame);
  }
  frame.color = true;
  return show_live(instance, choice, frame, command.every_ms);
}

}  // namespace weir
