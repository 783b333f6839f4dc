// Options of the pipeline: reader, router, shards, as in configuration under `pipeline`, `pages`, `limits`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "weir/classify/channel_rules.h"
#include "weir/core/clock.h"
#include "weir/model/funnel.h"
#include "weir/model/site.h"
#include "weir/parse/parser.h"
#include "weir/pipeline/memory_guard.h"
#include "weir/session/options.h"
#include "weir/store/disk.h"
#include "weir/store/record_log.h"
#include "weir/window/options.h"

namespace weir {

struct ReaderOptions {
  std::string format = "native";
  ParserOptions parser;
  std::size_t label_bytes = 256;                     // longer label values are cut; 32..1024
  std::size_t visitor_bytes = 128;                   // longer visitor ids are refused
  std::size_t symbols = 100'000;                     // label texts remembered
  TimeMs clock_ahead_ms = 60'000;                    // live: events further in the future have a wrong clock
  std::vector<std::string> page_rules;               // see PageRules
  std::vector<ChannelRule> channels;                 // tried before the built-in ones
  std::vector<std::string> brand_terms;              // see BrandTerms; a site may have its own
  std::vector<Site> sites;                           // empty: every site counts
  std::string bots = "auto";                         // or "exclude", "include"
  std::string honor_gpc = "aggregate";               // or "drop" or "ignore"
  std::string country_database;                      // path; empty: none
  std::string salt_file;                             // live only; empty: salts in memory
  std::size_t overnight_visitors = 100'000;          // see VisitorIdentity
  std::string dead_letter_path;                      // empty: off
  std::size_t dead_letter_bytes = 64 * 1024 * 1024;  // of each of the two files kept
};

/// `running` with those options of `fresh` that the reader applies to one event at a time, and which a running pipeline
/// can therefore take up.
ReaderOptions reloaded(ReaderOptions running, const ReaderOptions& fresh);

/// What serve keeps over its end, as in configuration under `durability` and `state`.
struct StateOptions {
  std::string durability = "interval";  // none, interval or sync
  std::string directory;                // empty: nothing is kept
  TimeMs snapshot_interval_ms = 60'000;
  std::size_t journal_bytes = std::size_t{1} << 30;  // of records since the last snapshot
  DiskEnv disk = nullptr;                            // for tests
  OpenRecordLog open_journal = nullptr;              // likewise; null: a Journal

  bool kept() const { return durability != "none" && !directory.empty(); }
};

struct PipelineOptions {
  ReaderOptions reader;
  SessionOptions sessions;
  WindowOptions windows;
  std::vector<Funnel> funnels;
  TimeMs slow_ms = 3000;              // a page slower than this is a cause of leakage
  std::size_t shards = 0;             // 0: half the cores, at least 1
  std::size_t batch_events = 1024;    // events per batch; 1..4096
  std::size_t queue_events = 32'768;  // events under way between readers and shards; few enough to stay in a cache
  TimeMs publish_interval_ms = 100;   // live: how often a new snapshot is published
  StateOptions state;
  std::size_t memory_bytes = kAutoMemory;  // see MemoryGuard; serve only
  MemoryGuard::Reading memory_reading;     // for tests
  std::optional<std::uint64_t> hash_seed;  // for tests; default: random
};

}  // namespace weir
