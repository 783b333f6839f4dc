// Fuzz target of stored state. The first byte of the input chooses a reader: a record of the journal, a shard's part of
// a snapshot, the codec alone, intake's part of a snapshot, whole files, or a batch of the journal's log; but for files
// checksums, which a fuzzer cannot guess, are made right first. Must not crash, read outside its buffers, ask for
// memory out of proportion, or give out a shard that cannot go on.
#include <fmt/format.h>
#include <rocksdb/env.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>

#include "../../src/ingest/tail_state.h"
#include "../../src/pipeline/intake_state.h"
#include "../../src/store/log_records.h"
#include "weir/core/check.h"
#include "weir/core/hash.h"
#include "weir/model/currency.h"
#include "weir/pipeline/shard.h"
#include "weir/pipeline/visitor_identity.h"
#include "weir/store/event_record.h"
#include "weir/store/snapshot_files.h"
#include "weir/store/state_folder.h"

namespace {

using namespace weir;

constexpr TimeMs kNowMs = 1'700'000'000'000;

/// A shard with all it needs.
struct Lone {
  FunnelSet funnels{{Funnel{"f", {{"a", FunnelStep::Kind::kPage, "/a"}, {"b", FunnelStep::Kind::kPage, "/b"}}}}, 3000};
  SymbolTable symbols{Hasher(1), 1000};
  SpecialSymbols special{symbols.symbol_of(kNoneLabel), symbols.symbol_of(kOtherLabel)};
  std::unique_ptr<DeadLetters> letters = *DeadLetters::open("", 0);
  SnapshotHub hub{1};
  StateCollector states{1};
  Shard shard;

  Lone() : shard(context()) {}
  ShardContext context() {
    SessionOptions sessions;
    sessions.sessions = sessions.reorder_events = sessions.delivery_ids = sessions.orders = 1000;
    WindowOptions windows;
    windows.rollups = {{"site", {}, 4}, {"landing", {Dimension::kLandingPage}, 4}};
    windows.cells = 16;
    windows.visitors = 1000;
    return {.sessions = sessions,
            .windows = windows,
            .duties = {.windows = true, .counters = true},
            .contributions = Contributions::kProvisional,
            .schedule = {},
            .funnels = funnels,
            .symbols = symbols,
            .special = special,
            .dead_letters = *letters,
            .hub = hub,
            .states = states};
  }
  /// Takes events in, and a snapshot out.
  void go_on() {
    Batch batch;
    for (int i = 0; i < 8; ++i) {
      Event event;
      event.time_ms = kNowMs + i * 1000;
      event.visitor = event.session = static_cast<std::uint64_t>(i % 3 + 1) << 32;
      event.dimensions.fill(symbols.intern(i % 2 == 0 ? "/a" : "/b"));
      batch.events.push_back(event);
    }
    batch.newest_ms = kNowMs + 8000;
    batch.watermark_ms = kNowMs + 3000;
    batch.kind = BatchKind::kSnapshot;
    batch.snapshot = 1;
    hub.open(1, {}, batch.watermark_ms);
    static_cast<void>(shard.step(batch));
    static_cast<void>(hub.wait());
  }
};

void try_record(std::string_view body) {
  ByteWriter checksum;
  checksum.fixed(Hasher(0)(body));
  const std::string bytes = std::string(body) + checksum.bytes();
  SymbolTable symbols(Hasher(1), 1000);
  EventRecord record;
  if (!read_record(bytes, symbols, symbols.symbol_of(kNoneLabel), record)) return;
  for (const Event& event : record.events) {
    WEIR_CHECK(event.time_ms >= 0 && event.time_ms <= kLatestTimeMs && event.visitor != 0);
    WEIR_CHECK(event.type < EventType::kCount && event.amount >= 0);
  }
}

void try_shard(std::string_view bytes) {
  Lone lone;
  ByteReader reader(bytes);
  if (!lone.shard.load(reader)) return;
  lone.go_on();
  ByteWriter writer;
  lone.shard.save(writer);
  Lone again;
  ByteReader second(writer.bytes());
  static_cast<void>(again.shard.load(second));  // times at the edge of what is read may have gone beyond it
}

void try_codec(std::string_view bytes) {
  ByteReader reader(bytes);
  while (reader.ok() && reader.bytes_left() > 0) {
    switch (reader.byte() % 5) {
      case 0:
        WEIR_CHECK(reader.number(1000) <= 1000);
        break;
      case 1:
        WEIR_CHECK(reader.text().size() <= bytes.size());
        break;
      case 2:
        WEIR_CHECK(reader.count(2) <= bytes.size());
        break;
      case 3:
        WEIR_CHECK(reader.time() >= 0);
        break;
      default:
        static_cast<void>(reader.sum());
    }
  }
}

/// What intake keeps in its part of a snapshot.
void try_intake(std::string_view bytes) {
  ByteReader reader(bytes);
  const IntakeState state = read_intake(reader);
  if (reader.ok()) {
    ByteWriter writer;
    write_intake(state, writer);
    ByteReader second(writer.bytes());
    WEIR_CHECK(read_intake(second).places.marked == state.places.marked && second.done());
  }
  static_cast<void>(read_places(state.places.all));
  for (const auto& [source, place] : state.places.marked) static_cast<void>(read_place(place));
  static VisitorIdentity identity = *VisitorIdentity::open(
      {.scope = IdentityScope::kRun, .salt_file = {}, .timeout_ms = 1'800'000, .overnight_visitors = 100});
  if (!identity.load(reader)) return;
  SymbolTable symbols(Hasher(1), 1000);
  static_cast<void>(symbols.load(reader));
}

/// Files as they lie on the disk.
void try_files(std::string_view bytes) {
  static const std::unique_ptr<rocksdb::Env> disk(rocksdb::NewMemEnv(rocksdb::Env::Default()));
  static const std::string folder = std::filesystem::temp_directory_path() / fmt::format("weir_fuzz_{}", ::getpid());
  const SnapshotFiles snapshots(folder, disk.get());
  const rocksdb::Slice content(bytes.data(), bytes.size());
  for (const std::string& path : {snapshots.path_of(1), folder + "/identity"}) {
    WEIR_CHECK(rocksdb::WriteStringToFile(disk.get(), content, path).ok());
  }
  if (const Result<SnapshotParts> read = snapshots.read(1)) {
    for (const std::string_view part : read->parts) WEIR_CHECK(part.size() <= bytes.size());
  }
  const Result<StateFolder> state = StateFolder::open(folder, disk.get());
  WEIR_CHECK(state.has_value());
  const Result<std::optional<StateIdentity>> identity = state->identity();
  WEIR_CHECK(!identity || ((*identity)->shards >= 1 && (*identity)->shards <= 4096));
}

/// A batch of the log as RocksDB writes it: whole entries in any order, as nothing else passes its checksum.
std::string batch_of(std::string_view bytes) {
  enum Entry : std::uint8_t {
    kLogData = 0x3,
    kDelete = 0x4,
    kPut = 0x5,
    kMerge = 0x6,
    kBeginPrepare = 0x9,
    kEndPrepare = 0xa,
    kCommit = 0xb,
    kRollback = 0xc,
    kNoop = 0xd
  };
  constexpr Entry kEntries[] = {kPut, kLogData, kDelete, kMerge, kNoop, kRollback, kBeginPrepare, kEndPrepare, kCommit};
  ByteReader reader(bytes);
  ByteWriter entries;
  std::uint32_t count = 0;
  while (reader.ok() && reader.bytes_left() > 0) {
    const Entry entry = kEntries[reader.byte() % std::size(kEntries)];
    const std::string_view key = reader.text();
    entries.byte(entry);
    if (entry == kNoop || entry == kBeginPrepare) continue;
    if (entry == kLogData || entry >= kEndPrepare) {
      entries.text(key.empty() ? "x" : key);
      continue;
    }
    ++count;
    entries.number(reader.number(1000));
    entries.text(key);
    if (entry != kDelete) entries.text(reader.text());
  }
  std::string head(sizeof(std::uint64_t) + sizeof count, '\0');
  std::memcpy(head.data() + sizeof(std::uint64_t), &count, sizeof count);
  return head + entries.bytes();
}

void try_log(std::string_view bytes) {
  struct Keys final : rocksdb::WriteBatch::Handler {
    rocksdb::Status PutCF(std::uint32_t, const rocksdb::Slice& key, const rocksdb::Slice&) override {
      const RecordKey same = record_key_of(sequence_of(key.ToStringView()));
      WEIR_CHECK(std::string_view(same.data(), same.size()) == key.ToStringView());
      return rocksdb::Status::OK();
    }
  };
  const rocksdb::WriteBatch batch(batch_of(bytes));
  rocksdb::WriteBatch changed;
  bool is_changed = false;
  const auto verdict = LogRecords().LogRecordFound(1, "log", batch, &changed, &is_changed);
  if (!is_changed) return;
  Keys keys;
  WEIR_CHECK(verdict == rocksdb::WalFilter::WalProcessingOption::kContinueProcessing);
  WEIR_CHECK(changed.Iterate(&keys).ok());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 6) {
    case 0:
      try_record(rest);
      break;
    case 1:
      try_shard(rest);
      break;
    case 2:
      try_codec(rest);
      break;
    case 3:
      try_intake(rest);
      break;
    case 4:
      try_files(rest);
      break;
    default:
      try_log(rest);
  }
  return 0;
}
