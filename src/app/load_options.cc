#include "load_options.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "weir/core/time_text.h"

namespace weir {
namespace {

constexpr std::string_view kHttpScheme = "http://";
constexpr std::string_view kTcpScheme = "tcp://";
constexpr std::string_view kEventsPath = "/v1/events";
constexpr double kLeastRate = 0.1;
constexpr double kMostRate = 10e6;
constexpr std::uint64_t kMostConnections = 4096;
constexpr std::uint64_t kMostPipelined = 1024;
constexpr std::uint64_t kMostUnderWay = 65'536;
constexpr std::uint64_t kMostBatch = 2000;  // generated lines of about 190 bytes: well below a body of 1 MiB
constexpr std::uint64_t kMostEventsUnderWay = 1'000'000;  // some 200 MB, when a server takes nothing of it
constexpr std::uint64_t kMostThreads = 64;
constexpr TimeMs kMostVerifiedMs = 60 * 60 * 1000;
constexpr double kMostVerifiedEvents = 20e6;  // of whose visits the truth takes some 300 MB
constexpr TimeMs kMostTimeoutMs = 10 * 60 * 1000;
constexpr TimeMs kMostMs = 24 * 60 * 60 * 1000;
constexpr double kLeastVerifiedRequests = 2;

/// HOST:PORT of a url; an empty host is this machine.
Result<ListenAddress> address_in(std::string_view text) {
  if (text.starts_with(':')) return parse_listen_address("127.0.0.1" + std::string(text));
  return parse_listen_address(text);
}

Error no_target(std::string_view url) {
  return Error{
      fmt::format("found \"{}\"; expected http://ADDRESS:PORT/PATH or tcp://ADDRESS:PORT with a numeric address or "
                  "localhost, such as http://127.0.0.1:8080/v1/events",
                  url)};
}

/// Bytes of a path that would end the line of the request they stand in.
bool is_path(std::string_view path) {
  for (const char byte : path) {
    if (byte <= ' ' || byte == '\x7f') return false;
  }
  return path.starts_with('/');
}

std::string problem_of_number(std::string_view option, std::uint64_t found, std::uint64_t most) {
  if (found >= 1 && found <= most) return {};
  return fmt::format("--{}: found {}; expected 1 to {}", option, found, most);
}

std::string problem_of_verification(const LoadCommand& command) {
  if (command.verify.empty()) return {};
  if (command.ramp) {
    return "--verify: not with --ramp, which goes on until events are refused; verify at the rate it finds";
  }
  if (const auto admin = parse_admin_url(command.verify); !admin) return "--verify: " + admin.error().message;
  if (command.for_ms > kMostVerifiedMs) return "--verify: takes runs of at most 1h";
  if (const double events = command.rate * static_cast<double>(command.for_ms) / 1000; events > kMostVerifiedEvents) {
    return fmt::format(
        "--verify: {:.0f}M events are more than the {:.0f}M whose visits are kept in memory; lower --rate or --for",
        events / 1e6, kMostVerifiedEvents / 1e6);
  }
  const double requests = command.rate / static_cast<double>(command.batch);
  if (requests < kLeastVerifiedRequests) {
    return fmt::format(
        "--verify: {:.2g} requests a second are too few: after a second of silence a server takes the time from its "
        "clock, and events become late; raise --rate or lower --batch to have {} or more",
        requests, kLeastVerifiedRequests);
  }
  return {};
}

}  // namespace

Result<LoadTarget> parse_load_target(std::string_view url) {
  LoadTarget target;
  std::string_view rest = url;
  if (rest.starts_with(kHttpScheme)) {
    rest.remove_prefix(kHttpScheme.size());
  } else if (rest.starts_with(kTcpScheme)) {
    rest.remove_prefix(kTcpScheme.size());
    target.kind = LoadTarget::Kind::kTcp;
  } else {
    return no_target(url);
  }
  const std::size_t slash = rest.find('/');
  if (slash != std::string_view::npos) target.path = rest.substr(slash);
  Result<ListenAddress> address = address_in(rest.substr(0, slash));
  if (!address || address->port == 0) return no_target(url);
  target.address = std::move(*address);
  if (target.kind == LoadTarget::Kind::kTcp) {
    if (target.path.empty() || target.path == "/") return target;
    return no_target(url);
  }
  if (target.path.empty() || target.path == "/") target.path = kEventsPath;
  if (!is_path(target.path)) return no_target(url);
  return target;
}

Result<ListenAddress> parse_admin_url(std::string_view url) {
  std::string_view rest = url;
  if (rest.starts_with(kHttpScheme)) rest.remove_prefix(kHttpScheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  Result<ListenAddress> address = address_in(rest);
  if (address && address->port != 0) return address;
  return Error{
      fmt::format("found \"{}\"; expected the admin listener of the server, such as http://127.0.0.1:9464", url)};
}

std::string to_string(const LoadTarget& target) {
  const std::string_view scheme = target.kind == LoadTarget::Kind::kHttp ? kHttpScheme : kTcpScheme;
  return fmt::format("{}{}{}", scheme, to_string(target.address), target.path);
}

bool is_loopback(const ListenAddress& address) { return address.host.starts_with("127.") || address.host == "::1"; }

std::optional<double> parse_rate(std::string_view text) {
  double factor = 1;
  if (text.ends_with('k')) factor = 1e3;
  if (text.ends_with('M')) factor = 1e6;
  if (factor > 1) text.remove_suffix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (!std::isfinite(number) || number < 0) return std::nullopt;
  return number * factor;
}

std::string problem_of(const LoadCommand& command) {
  const Result<LoadTarget> target = parse_load_target(command.target);
  if (!target) return "--target: " + target.error().message;
  if (!is_loopback(target->address) && !command.allow_remote) {
    return fmt::format(
        "--target: {} is not this machine; load only what is yours to load, and say so with --allow-remote",
        target->address.host);
  }
  if (!(command.rate >= kLeastRate && command.rate <= kMostRate)) {
    return fmt::format("--rate: found {}; expected 0.1 to 10M events per second", command.rate);
  }
  for (const std::string& problem : {problem_of_number("connections", command.connections, kMostConnections),
                                     problem_of_number("pipeline", command.pipeline, kMostPipelined),
                                     problem_of_number("batch", command.batch, kMostBatch),
                                     problem_of_number("threads", command.threads, kMostThreads)}) {
    if (!problem.empty()) return problem;
  }
  if (command.connections * command.pipeline > kMostUnderWay) {
    return fmt::format("--pipeline: {} connections with {} requests each are more than {} under way",
                       command.connections, command.pipeline, kMostUnderWay);
  }
  if (command.connections * command.pipeline * command.batch > kMostEventsUnderWay) {
    return fmt::format("--batch: {} connections with {} requests of {} events each are more than {} events under way",
                       command.connections, command.pipeline, command.batch, kMostEventsUnderWay);
  }
  if (command.threads > command.connections) return "--threads: more threads than connections";
  if (target->kind == LoadTarget::Kind::kTcp && command.pipeline > 1) {
    return "--pipeline: a tcp:// target sends no answers to wait for; leave it out";
  }
  if (command.for_ms > kMostMs) return "--for: at most 24h";
  if (command.timeout_ms > kMostTimeoutMs) return "--timeout: at most 10m";
  return problem_of_verification(command);
}

std::uint64_t LoadSchedule::due_count(std::int64_t now_ns) const {
  if (now_ns < start_ns) return 0;
  const double passed = static_cast<double>(now_ns - start_ns) / 1e9 * requests_per_second;
  return static_cast<std::uint64_t>(passed) + 1;
}

}  // namespace weir
