// Intake: what sources hand bytes to. The pipeline implements it; sources know nothing behind it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/core/stats.h"

namespace weir {

/// Sources in the order of the weir_events_received_total rows of core/stats.h.
enum class SourceKind : std::uint8_t { kHttp, kTcp, kUnix, kStdin, kFile, kSyslog, kTail, kCount };

/// What is known of a sender besides its bytes. Used to derive visitors and labels; never stored or logged.
struct Origin {
  std::string_view address = {};     // numeric; empty: unknown
  std::string_view user_agent = {};  // empty: unknown
  std::string_view country = {};     // what a trusted proxy says; empty: unknown
  std::string_view web_origin = {};  // of the page that sent it ("https://shop.example"); empty: none, or not told
  bool from_browser = false;         // a page in a browser sent it, so the user agent is the visitor's own
  bool opted_out = false;            // the visitor sends Sec-GPC: 1
};

/// How the bytes of a source are to be read. Views live during the call they are given to.
struct Wording {
  std::string_view format;  // a name of THE format table; empty: pipeline.format
  std::string_view call;    // what the path of an HTTP request calls the event; see Call in parse/parser.h
  std::string_view query;   // of an HTTP request, without '?'
};

/// What became of one body.
struct BodyResult {
  struct LineError {
    std::size_t line;         // 1-based
    std::string_view reason;  // name of a Rejection; static storage
  };
  std::size_t accepted = 0;
  std::size_t rejected = 0;
  bool any_json = false;          // at least one event was valid JSON, accepted or not
  std::vector<LineError> errors;  // the first 10
  std::size_t shed = 0;           // left out for want of room; may be sent again
  bool refused = false;           // nothing of it was taken: the journal fails; ask again later
  std::uint64_t durable_at = 0;   // to be told of when Intake::keep_bodies() or on_durable() says so; 0: at once
};

/// One stream of bytes: a connection, a file, stdin. Owned and called by one thread.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  /// Where to read the next bytes into: at least 64 KiB.
  virtual std::span<char> prepare() = 0;
  /// Takes `size` bytes from the front of prepare(). Blocks while shards are behind: back-pressure.
  virtual void commit(std::size_t size) = 0;
  /// Says how far the source will have been read, in its own words, when the lines that the next commit() completes are
  /// taken in: kept with them, so that a restart finds the place. `source` names what is read.
  virtual void mark(std::string_view source, std::string_view place) {
    (void)source;
    (void)place;
  }
  /// Takes a text of any size, as prepare() and commit() would in turn.
  void write(std::string_view text);
  /// Counts a line that the source itself had to cut as too_long; `beginning` is what is left of it. Between lines
  /// only; blocks as commit() does.
  virtual void refuse_too_long(std::string_view beginning) = 0;
  /// End of the stream; a last line without newline counts as a line. A stream that goes away without it forgets
  /// such a line.
  virtual void finish() = 0;
};

/// Places of sources as they were when the last of their events was taken in.
struct KeptPlaces {
  std::string all;                                          // as keep_places() was last told; empty: never
  std::vector<std::pair<std::string, std::string>> marked;  // source and place since then, the oldest mark first
};

class Intake {
 public:
  virtual ~Intake() = default;
  /// Opens a stream of lines of a format of THE format table; pipeline.format when it is empty. Any thread.
  virtual std::unique_ptr<ByteStream> open_stream(SourceKind kind, std::string_view format = {}) = 0;
  /// Takes one HTTP body, all of it; `body` has 64 readable bytes behind it. Any thread; blocks as commit() does.
  virtual BodyResult take_body(std::string_view body, const Origin& origin, const Wording& wording) = 0;
  BodyResult take_body(std::string_view body, const Origin& origin) { return take_body(body, origin, Wording{}); }
  /// Keeps in one piece what bodies brought since the last call: call it once those that came together are taken.
  /// Returns the number up to which bodies are kept: see BodyResult::durable_at. Any thread.
  virtual std::uint64_t keep_bodies() { return 0; }
  /// Keeps the places of all sources, in their own words, in place of all marks so far. Any thread.
  virtual void keep_places(std::string_view all) { (void)all; }
  /// The places known at the start; nullopt when places are not kept here. Any thread.
  virtual std::optional<KeptPlaces> kept_places() const { return std::nullopt; }
  /// `tell(n)` is called, on any thread, when bodies with durable_at up to n are on the disk, or kept at last after
  /// they could not be; empty: nobody is told.
  virtual void on_durable(std::function<void(std::uint64_t)> tell) { (void)tell; }
  /// False while events cannot be kept, for want of memory or because the journal fails: streams are not read until it
  /// is true again. Any thread.
  virtual bool keeps() const { return true; }
  /// True while memory is scarce: connections that do nothing are better closed. Any thread.
  virtual bool memory_is_scarce() const { return false; }
  /// Why a new body should be refused (503), a row of weir_events_shed_total: queues are full, or memory is; nullopt
  /// when it should not. Any thread.
  virtual std::optional<Stat> refusal() const = 0;
  bool has_room() const { return !refusal(); }
  /// Counts `events` of a body that is refused unread, under `why`, a row of weir_events_shed_total. Never
  /// blocks. Only the http source's thread.
  virtual void count_refused(std::size_t events, Stat why) = 0;
};

}  // namespace weir
