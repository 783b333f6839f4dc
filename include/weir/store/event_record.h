// EventRecord: accepted events as one record of the journal. It needs nothing but itself to be read: label texts stand
// in a table of its own and events name them by place. It holds what is left of a sender behind the reader, the derived
// visitor, and never an address or a user agent.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/codec.h"
#include "weir/model/event.h"
#include "weir/model/symbol_table.h"

namespace weir {

/// What a record says besides its events. Views live as long as what they were taken from.
struct RecordHead {
  TimeMs received_ms = 0;            // wall time
  TimeMs newest_ms = 0;              // newest event time known before its events
  bool started = false;              // there were events before
  std::string_view source = {};      // whose place follows; empty: of a source that keeps none
  std::string_view place = {};       // how far the source was read with these events, in its own words
  bool replaces_all_places = false;  // the place stands for those of all sources: what is known of others goes
};

/// Makes records. Memory is kept from one to the next. Owned by one thread.
class RecordWriter {
 public:
  /// `symbols` knows the texts of the events written, `none` stands for the text "(none)". Outlived by `symbols`.
  RecordWriter(const SymbolTable& symbols, Symbol none);

  void begin(const RecordHead& head);
  void add(const Event& event);
  /// The record. Valid until the next begin().
  std::string_view finish();

 private:
  struct Known {
    Symbol symbol = 0;
    std::uint32_t record = 0;  // in which it was met
    std::uint32_t place = 0;   // in the record's table of texts, from 1; 0 is "(none)"
  };
  struct Remembered {
    Symbol symbol = 0;  // 0: none
    std::string text;
  };
  std::uint32_t place_of(Symbol symbol);
  Known& slot_of(Symbol symbol);
  void grow();
  const std::string& text_of(Symbol symbol);

  const SymbolTable& symbols_;
  Symbol none_;
  std::vector<Known> known_;
  std::vector<Remembered> remembered_;  // each at the place its symbol has
  std::uint32_t record_ = 0;
  std::uint32_t text_count_ = 0;
  std::size_t event_count_ = 0;
  TimeMs last_ms_ = 0;  // of the event before, as are the next
  DimensionValues last_{};
  ByteWriter head_;
  ByteWriter texts_;
  std::vector<char> events_;     // grows, and stays as long as it was
  std::size_t event_bytes_ = 0;  // of events_
  std::string bytes_;
};

/// A record as read.
struct EventRecord {
  RecordHead head;
  std::vector<Event> events;
};

/// Reads a record into `record`, whose memory is used again; its views are into `bytes`. Texts are stored in `symbols`.
/// False when the bytes are damaged or are no record of this version; then `record` means nothing.
bool read_record(std::string_view bytes, SymbolTable& symbols, Symbol none, EventRecord& record);

}  // namespace weir
