// SipHash-2-4 makes the ids: it is a pseudo-random function under a secret key, made for short texts. XXH3, which
// everything else here is hashed with, is not: who knows some of its inputs and outputs can find the seed, and with
// it try all addresses.
#include "weir/pipeline/visitor_identity.h"

#include <fmt/format.h>
#include <highwayhash/c_bindings.h>

#include <algorithm>
#include <optional>

#include "weir/core/ip_address.h"

namespace weir {

VisitorIdentity::VisitorIdentity(const IdentityOptions& options)
    : scope_(options.scope), timeout_ms_(options.timeout_ms), overnight_(options.overnight_visitors) {
  if (scope_ == IdentityScope::kRun) salts_.advance_to(0);
}

Result<VisitorIdentity> VisitorIdentity::open(const IdentityOptions& options) {
  Result<DailySalts> salts = DailySalts::open(options.salt_file);
  if (!salts) return salts.error();
  VisitorIdentity identity(options);
  identity.salts_ = std::move(*salts);
  return identity;
}

std::uint64_t VisitorIdentity::visitor_of(const Sender& sender, TimeMs time_ms) {
  write_message(sender);
  return scope_ == IdentityScope::kRun ? hash_of(salts_.today_salt()) : visitor_of_day(time_ms);
}

/// The id under the salt of the day, of the sender in message_.
std::uint64_t VisitorIdentity::visitor_of_day(TimeMs time_ms) {
  const std::int64_t day = time_ms / kDayMs;
  if (day > salts_.today()) begin_day(day);
  std::uint64_t id = 0;
  if (day < salts_.today()) {
    id = hash_of(salts_.yesterday_salt());
  } else {
    if (time_ms <= overnight_until_ms_) id = continued(time_ms);
    if (id != 0) return id;
    id = hash_of(salts_.today_salt());
  }
  if (time_ms + timeout_ms_ >= (day + 1) * kDayMs) remember(id, time_ms);
  return id;
}

void VisitorIdentity::begin_day(std::int64_t day) {
  // Only neighbours have an overnight: whoever was remembered before is of no use after a longer gap.
  overnight_until_ms_ = day == salts_.today() + 1 ? day * kDayMs + timeout_ms_ : 0;
  salts_.advance_to(day);
}

void VisitorIdentity::recall(std::uint64_t visitor, TimeMs time_ms) {
  if (scope_ == IdentityScope::kRun || visitor == 0) return;
  const std::int64_t day = time_ms / kDayMs;
  if (day > salts_.today()) begin_day(day);
  if (day < salts_.today()) return;
  // An id of today that was remembered before today's last hour is one of yesterday's that went on.
  const std::optional<TimeMs> last_ms = time_ms <= overnight_until_ms_ ? overnight_.find(visitor) : std::nullopt;
  if (last_ms && time_ms - *last_ms <= timeout_ms_) {
    remember(visitor, time_ms);
    overnight_until_ms_ = std::max(overnight_until_ms_, time_ms + timeout_ms_);
  } else if (time_ms + timeout_ms_ >= (day + 1) * kDayMs) {
    remember(visitor, time_ms);
  }
}

void VisitorIdentity::save(ByteWriter& writer) const {
  writer.signed_number(salts_.today());
  writer.number(static_cast<std::uint64_t>(overnight_until_ms_));
  overnight_.save(writer);
}

bool VisitorIdentity::load(ByteReader& reader) {
  const std::int64_t today = reader.signed_number();
  overnight_until_ms_ = reader.time();
  if (today > kLatestTimeMs / kDayMs || !overnight_.load(reader)) return reader.fail();
  if (scope_ == IdentityScope::kDay) salts_.advance_to(today);
  return true;
}

/// Puts down what is hashed. The lengths in front keep two senders from having one text.
void VisitorIdentity::write_message(const Sender& sender) {
  const std::optional<IpAddress> address = parse_ip_address(sender.address);
  IpAddress network = address.value_or(IpAddress{});
  if (scope_ == IdentityScope::kDay) network = network.truncated();
  const std::string_view name = address ? std::string_view() : sender.address;
  message_.clear();
  for (const std::size_t size : {sender.site.size(), name.size()}) {
    const fmt::format_int digits(size);
    message_.append(digits.data(), digits.size()).push_back(':');
  }
  message_.append(reinterpret_cast<const char*>(network.bytes.data()), network.bytes.size());
  message_.append(sender.site).append(name).append(sender.user_agent);
}

/// The id under yesterday's salt, when its visitor's session may still be open; else 0.
std::uint64_t VisitorIdentity::continued(TimeMs time_ms) {
  const std::uint64_t id = hash_of(salts_.yesterday_salt());
  const std::optional<TimeMs> last_ms = overnight_.find(id);
  if (!last_ms || time_ms - *last_ms > timeout_ms_) return 0;
  remember(id, time_ms);
  overnight_until_ms_ = std::max(overnight_until_ms_, time_ms + timeout_ms_);
  return id;
}

void VisitorIdentity::remember(std::uint64_t id, TimeMs time_ms) {
  overnight_.remember(id, std::max(overnight_.find(id).value_or(time_ms), time_ms));
}

std::uint64_t VisitorIdentity::hash_of(const Salt& salt) const {
  const std::uint64_t id = SipHashC(salt.data(), message_.data(), message_.size());
  return id == 0 ? 1 : id;
}

void VisitorIdentity::add_stats(StatValues& stats) const {
  stats[Stat::kOvernightForgotten] += overnight_.forgotten();
  stats[Stat::kSaltFileErrors] += salts_.file_errors();
}

}  // namespace weir
