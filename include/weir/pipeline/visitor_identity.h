// VisitorIdentity: who an event belongs to when it does not say: a keyed hash of a salt, site, address and user agent.
// None of them is kept, and when the salt is gone nobody can try addresses against the hash.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "weir/core/clock.h"
#include "weir/core/result.h"
#include "weir/core/stats.h"
#include "weir/pipeline/daily_salts.h"
#include "weir/session/id_memory.h"

namespace weir {

/// How long one sender is one visitor.
enum class IdentityScope : std::uint8_t {
  kDay,  // live: a salt for each day, truncated addresses
  kRun,  // replay: one salt that ends with the run, whole addresses: those who hold the log hold more than that
};

struct IdentityOptions {
  IdentityScope scope = IdentityScope::kDay;
  std::string salt_file;                     // empty: salts in memory only
  TimeMs timeout_ms = 30 * 60 * 1000;        // of a session
  std::size_t overnight_visitors = 100'000;  // remembered so that their sessions survive midnight
};

/// What is known of a sender. Views live during the call.
struct Sender {
  std::string_view site;
  std::string_view address;  // numeric; a log may hold a name instead, which is used as it is
  std::string_view user_agent;
};

/// Derives visitors, of a day or of a run. The day is that of the event's time.
///
/// Sessions over midnight, where visitors are of a day: who was seen within one timeout before midnight is remembered
/// (26 to 52 bytes for each). After it, an event whose sender was remembered under yesterday's salt within one timeout
/// keeps that identity, and stays remembered. It costs a second hash and a look-up per derived event, only until nobody
/// of yesterday is left. An event that comes before an earlier one of its visitor from the other side of midnight is
/// not connected with it. A second midnight always ends an identity. Owned by one thread.
class VisitorIdentity {
 public:
  /// With salts in memory.
  explicit VisitorIdentity(const IdentityOptions& options);
  VisitorIdentity() : VisitorIdentity(IdentityOptions{}) {}
  /// Fails when the salt file cannot be used.
  static Result<VisitorIdentity> open(const IdentityOptions& options);

  /// The visitor's id; never 0. `time_ms` is the event's time, 0 or later. An event older than yesterday gets
  /// yesterday's salt: it is late, and not applied.
  std::uint64_t visitor_of(const Sender& sender, TimeMs time_ms);

  /// Takes note of a visitor that was derived from an event by an earlier process, as if it had been here.
  void recall(std::uint64_t visitor, TimeMs time_ms);
  /// What lets visitors stay the same, but for the salts.
  void save(ByteWriter& writer) const;
  /// In place of what is known. False when the bytes are not what save() writes; then another load() may follow.
  bool load(ByteReader& reader);

  /// Adds kOvernightForgotten and kSaltFileErrors.
  void add_stats(StatValues& stats) const;

 private:
  void write_message(const Sender& sender);
  std::uint64_t visitor_of_day(TimeMs time_ms);
  void begin_day(std::int64_t day);
  std::uint64_t hash_of(const Salt& salt) const;
  std::uint64_t continued(TimeMs time_ms);
  void remember(std::uint64_t id, TimeMs time_ms);

  IdentityScope scope_;
  TimeMs timeout_ms_;
  DailySalts salts_;
  IdMemory overnight_;             // id -> time of the newest event, of yesterday's and today's last visitors
  TimeMs overnight_until_ms_ = 0;  // when the last of yesterday's visitors is gone
  std::string message_;            // what is hashed; reused
};

}  // namespace weir
