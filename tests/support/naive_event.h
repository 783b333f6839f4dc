// Reading one line for the naive model: a second, slow and simple reading of the contract's event table. Part
// of the oracle in naive_model.h. It must never include anything of the engine, or both would share a mistake.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace weir::support {

/// One valid event. Texts are as decoded; an absent text is empty.
struct NaiveEvent {
  std::string type;
  std::string site;
  std::string visitor;
  std::string session;  // session id, empty: none
  std::string id;       // delivery id
  std::string name;
  std::string order;
  std::string currency;  // three capitals
  std::string page;      // of a page view
  std::string campaign;  // empty: none
  std::string channel;
  std::string device;  // empty: none
  std::int64_t ts_ms = 0;
  std::int64_t engaged_ms = 0;
  std::int64_t status = 0;
  std::int64_t duration_ms = 0;
  double value = 0;
  bool first_of_order = false;  // set by the model: this conversion's order id counts here

  bool is_page_view() const { return type == "page_view"; }
  bool is_conversion() const { return type == "conversion"; }
  bool is_engagement() const { return type == "engagement"; }
  bool is_error() const { return type == "error"; }
  bool is_custom() const { return !is_page_view() && !is_conversion() && !is_engagement() && !is_error(); }
};

/// An event, or the reason why the line holds none.
struct NaiveReading {
  std::optional<NaiveEvent> event;
  std::string reason;  // meaningful when there is no event
};

/// Reads one line that is not blank. Lines over `line_bytes` are refused.
NaiveReading read_naive_event(const std::string& line, std::size_t line_bytes);

/// "2026-01-01T00:00:00.000Z" of milliseconds since 1970.
std::string naive_time_text(std::int64_t ts_ms);

/// Milliseconds since 1970 of an RFC 3339 instant; nullopt when it is none.
std::optional<std::int64_t> naive_time_of(const std::string& text);

/// Whether `text` as a whole matches a pattern in which * stands for any run of bytes and ? for one byte.
bool naive_glob(const std::string& pattern, const std::string& text);

}  // namespace weir::support
