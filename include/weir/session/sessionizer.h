// Sessionizer: an ordered stream of events in, contributions of sessions out. Behind the reorder buffer, in
// front of the window layer, which it knows only as a SessionObserver.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "weir/core/codec.h"
#include "weir/core/huge_page_array.h"
#include "weir/model/event.h"
#include "weir/model/session_facts.h"
#include "weir/session/id_memory.h"
#include "weir/session/options.h"
#include "weir/session/session_table.h"

namespace weir {

/// Told what sessions contribute. Called per change of a session, not per event.
class SessionObserver {
 public:
  virtual ~SessionObserver() = default;
  /// A session of this visitor is likely to be put or closed soon.
  virtual void expect(std::uint64_t visitor) const { (void)visitor; }
  /// The session's contribution as it stands. Returns a number that take_back() gets again in put_sequence.
  virtual std::uint64_t put(const SessionFacts& session) = 0;
  /// The contribution put in earlier is about to change.
  virtual void take_back(const SessionFacts& session) = 0;
  /// The session is over; its contribution, which was put just before, is final.
  virtual void closed(const SessionFacts& session) = 0;
};

/// When contributions are put in.
enum class Contributions : std::uint8_t {
  kFinal,        // once, when the session closes: replay without windows
  kProvisional,  // at every publish() as the session stands, corrected as it goes on: serve, and replay with windows
};

/// All sessions of a shard. Owned by its thread.
class Sessionizer {
 public:
  /// `options` gives this shard's share of the limits; `none` is the symbol of "(none)", the landing page of sessions
  /// without page view and the campaign of those without one. Observer and funnels outlive the sessionizer.
  Sessionizer(const SessionOptions& options, const FunnelSet& funnels, Contributions contributions, Symbol none,
              SessionObserver& observer);

  /// Applies one event. Times never decrease from call to call.
  void apply(const Event& event);

  /// Closes the sessions whose last event plus timeout is before `time_ms`. Cheap when nothing is due.
  void expire(TimeMs time_ms);

  /// Puts in the contributions of all sessions that changed since the last publish (provisional only).
  void publish();

  /// Closes every session.
  void close_all();

  /// Memory is short: closes some of the sessions that would end first, unless those open have no more than
  /// `spared_bytes`, and gives back what sessions do not use any more. Called again and again it gets to
  /// `spared_bytes`.
  void relieve(std::size_t spared_bytes);

  /// Right behind publish() only: contributions are written as put.
  void save(ByteWriter& writer) const;
  /// Into a fresh one, whose observer has its own state back. Sessions beyond the limit are closed early. False when
  /// the bytes are not what save() writes.
  bool load(ByteReader& reader);

  /// Bring what apply(event) will touch into the cache: first where to look, some events later what is there.
  void prefetch(const Event& event) const { table_.prefetch(event.session); }
  void prefetch_record(const Event& event) const { table_.prefetch_record(event.session); }
  std::size_t open_sessions() const { return table_.size(); }
  std::int64_t closed_early() const { return closed_early_; }
  std::int64_t closed_for_memory() const { return closed_for_memory_; }
  std::int64_t orders_forgotten() const { return orders_.forgotten(); }
  std::size_t memory_bytes() const {
    return table_.memory_bytes() + calendar_.memory_bytes() + dimensions_.memory_bytes();
  }

 private:
  using Slot = SessionTable::Slot;
  /// What a session bought, apart from its record because few sessions buy anything.
  struct Purchases {
    /// Currencies kept apart; further ones are summed under XXX, which has the last place.
    static constexpr std::size_t kMostCurrencies = 8;

    std::span<const Money> revenue() const { return std::span(moneys).first(money_count); }

    std::array<Money, kMostCurrencies + 1> moneys{};
    std::uint32_t money_count = 0;
    std::uint32_t orders = 0;
  };

  bool continues(const SessionRecord& session, const Event& event) const;
  void start(SessionRecord& session, const Event& event);
  void touch(Slot slot);
  void update(SessionRecord& session, const Event& event);
  void update_funnels(SessionRecord& session, const Event& event);
  void convert(SessionRecord& session, const Event& event);
  void close(Slot slot);
  void close_earliest();
  void make_room();
  void prepare_close(Slot slot, int step);
  void put(SessionRecord& session);
  SessionFacts facts_of(const SessionRecord& session) const;
  void set_dimensions(SessionRecord& session, const DimensionValues& dimensions);
  Purchases& purchases_of(SessionRecord& session);
  static void add_revenue(Purchases& purchases, Money money);
  void drop_purchases(SessionRecord& session);
  void save_session(const SessionRecord& session, ByteWriter& writer) const;
  bool load_session(ByteReader& reader, const std::vector<DimensionValues>& combinations);
  bool load_purchases(ByteReader& reader, Purchases purchases, SessionRecord& session);
  bool load_progress(ByteReader& reader, SessionRecord& session) const;

  SessionOptions options_;
  const FunnelSet& funnels_;
  Contributions contributions_;
  SessionObserver& observer_;
  SessionTable table_;
  ExpiryCalendar calendar_;
  IdMemory orders_;
  DimensionPool dimensions_;
  HugePageArray<Purchases> purchases_;  // index SessionRecord::purchases - 1
  std::uint32_t purchases_used_ = 0;    // entries ever used
  std::uint32_t free_purchases_ = 0;    // the entry freed last, as in SessionRecord; its `orders` is the one before it
  HugePageArray<Slot> dirty_;           // sessions changed since the last publish, those closed since included
  std::size_t dirty_count_ = 0;
  std::uint64_t next_serial_ = 1;
  std::int64_t closed_early_ = 0;  // at the limit
  std::int64_t closed_for_memory_ = 0;
  Symbol none_;
};

}  // namespace weir
