// HttpAnswer: the few parts of an HTTP/1.x answer a client of ours looks at, cut out of received bytes in place. It
// takes what servers send to small requests, whichever way they say where it ends; longer answers are broken to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace weir {

/// Longest answer taken, header and body together, in bytes.
inline constexpr std::size_t kLongestHttpAnswer = 64 * 1024;

struct HttpAnswer {
  unsigned status = 0;
  std::string_view body;                             // of chunks the first; lives as long as the bytes it was read from
  std::size_t size = 0;                              // bytes of the whole answer
  bool closes = false;                               // the server closes the connection behind it
  std::optional<std::uint32_t> retry_after_seconds;  // of Retry-After; nullopt also when that is a date
};

enum class HttpAnswerState { kPartial, kWhole, kUntilClose, kBroken };

/// Reads the answer at the front of `bytes`. kPartial: more bytes are needed. kUntilClose: it ends where the connection
/// does, and is what there is when that has ended. kBroken: this is no answer as described above, or too long a one;
/// nothing behind it can be understood. `answer` is filled by kWhole and kUntilClose.
HttpAnswerState read_http_answer(std::string_view bytes, HttpAnswer& answer);

}  // namespace weir
