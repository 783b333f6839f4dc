#include "combined_parser.h"

#include <algorithm>

#include "line_parser.h"
#include "recognition.h"
#include "weir/core/ascii.h"

namespace weir {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

/// The character behind a one-letter escape of Apache; 0 when there is no such escape.
char simple_escape(char letter) {
  constexpr std::string_view kLetters = "\"\\bnrtv";
  constexpr std::string_view kCharacters = "\"\\\b\n\r\t\v";
  const std::size_t place = kLetters.find(letter);
  return place == kNone ? '\0' : kCharacters[place];
}

/// Undoes \xHH and \" and their like; what is no escape stays as it is.
std::string_view unescaped(std::string_view field, TextRoom& texts) {
  const std::span<char> out = texts.rest();
  WEIR_CHECK(out.size() >= field.size());
  std::size_t size = 0;
  for (std::size_t i = 0; i < field.size(); ++i) {
    char character = field[i];
    if (character == '\\' && i + 3 < field.size() && field[i + 1] == 'x') {
      const int high = hex_digit(field[i + 2]);
      const int low = hex_digit(field[i + 3]);
      if (high >= 0 && low >= 0) {
        character = static_cast<char>(high * 16 + low);
        i += 3;
      }
    } else if (character == '\\' && i + 1 < field.size() && simple_escape(field[i + 1]) != 0) {
      character = simple_escape(field[++i]);
    }
    out[size++] = character;
  }
  return texts.keep(size);
}

/// Takes one word and the space behind it off the front; empty when there is none.
std::string_view take_word(std::string_view& rest) {
  std::size_t size = 0;  // words are too short for a search to be worth its call
  while (size < rest.size() && rest[size] != ' ') ++size;
  const std::string_view word = rest.substr(0, size);
  rest.remove_prefix(std::min(size + 1, rest.size()));
  return word;
}

/// Where the bracket of the time opens; kNone when there is none. A user's name may hold spaces and brackets, but the
/// quote of the request, which follows the time, it cannot hold.
std::size_t find_time(std::string_view line) {
  for (std::size_t at = line.find('['); at != kNone; at = line.find('[', at + 1)) {
    const std::size_t close = at + 1 + kCommonLogTimeBytes;
    const bool behind_space = at > 0 && line[at - 1] == ' ';
    if (behind_space && line.substr(std::min(close, line.size()), 3) == "] \"") return at;
  }
  return kNone;
}

/// True for what may be an IPv4 or IPv6 address.
bool looks_like_address(std::string_view word) {
  const bool plain =
      std::all_of(word.begin(), word.end(), [](char c) { return hex_digit(c) >= 0 || c == '.' || c == ':'; });
  return plain && word.find_first_of(".:") != kNone;
}

/// Takes "address ident user", or the same behind a host. The second word tells them apart: ident is "-" or a name.
Fault take_head(std::string_view head, AccessHit& hit) {
  const std::string_view first = take_word(head);
  const std::string_view second = take_word(head);
  if (first.empty() || second.empty() || head.empty()) return Rejection::kMalformed;
  const bool with_host = looks_like_address(second);
  hit.host = with_host ? without_dash(first) : std::string_view{};
  hit.address = without_dash(with_host ? second : first);
  return {};
}

/// True when the character at `at` is escaped: an odd number of backslashes stands in front of it, from `from` on.
bool is_escaped(std::string_view line, std::size_t from, std::size_t at) {
  std::size_t first = at;
  while (first > from && line[first - 1] == '\\') --first;
  return (at - first) % 2 != 0;
}

/// The end of the quoted field whose text starts at `from`: its closing quote, behind which `follows(rest)` must hold.
/// Quotes that a server did not escape are stepped over by that. kNone when there is none.
template <class Follows>
std::size_t end_of_quoted(std::string_view line, std::size_t from, Follows follows) {
  for (std::size_t at = line.find('"', from); at != kNone; at = line.find('"', at + 1)) {
    if (!is_escaped(line, from, at) && follows(line.substr(at + 1))) return at;
  }
  return kNone;
}

/// True for " 200 1234" with anything or nothing behind it.
bool starts_with_status_and_size(std::string_view rest) {
  if (rest.size() < 6 || rest[0] != ' ') return false;
  const bool status = is_digit(rest[1]) && is_digit(rest[2]) && is_digit(rest[3]) && rest[4] == ' ';
  return status && (is_digit(rest[5]) || rest[5] == '-');
}

/// Takes status and size off the front.
Fault take_status_and_size(std::string_view& rest, AccessHit& hit) {
  rest.remove_prefix(1);
  hit.status = status_of_log(take_word(rest));
  const std::string_view size = take_word(rest);
  const bool number = std::all_of(size.begin(), size.end(), is_digit);
  return number || size == "-" ? Fault() : Rejection::kMalformed;
}

/// Takes "referrer" "user agent", if they are there, as they stand in the line.
Fault take_tail(std::string_view rest, AccessHit& hit) {
  if (!rest.starts_with('"')) return {};
  const auto opens_next = [](std::string_view behind) { return behind.starts_with(" \""); };
  const std::size_t referrer_end = end_of_quoted(rest, 1, opens_next);
  if (referrer_end == kNone) return Rejection::kMalformed;
  const std::size_t agent_from = referrer_end + 3;
  const auto ends = [](std::string_view behind) { return behind.empty() || behind.front() == ' '; };
  const std::size_t agent_end = end_of_quoted(rest, agent_from, ends);
  if (agent_end == kNone) return Rejection::kMalformed;
  hit.referrer = rest.substr(1, referrer_end - 1);
  hit.user_agent = rest.substr(agent_from, agent_end - agent_from);
  return {};
}

}  // namespace

Fault CombinedReader::read(std::string_view line, RawEvent& event, TextRoom& texts) {
  AccessHit hit;
  const std::size_t bracket = find_time(line);
  if (bracket == kNone) return Rejection::kMalformed;
  if (const Fault fault = take_head(line.substr(0, bracket - 1), hit)) return fault;
  hit.time_ms = instants_.read(line.substr(bracket + 1, kCommonLogTimeBytes));

  const std::size_t request_from = bracket + 1 + kCommonLogTimeBytes + 3;
  const std::size_t request_end = end_of_quoted(line, request_from, starts_with_status_and_size);
  if (request_end == kNone) return Rejection::kMalformed;
  std::string_view rest = line.substr(request_end + 1);
  if (const Fault fault = take_status_and_size(rest, hit)) return fault;
  if (const Fault fault = take_tail(rest, hit)) return fault;
  // A whole line with a time that never was is told apart from half a line.
  if (!hit.time_ms) return Rejection::kBadTime;
  std::string_view request = line.substr(request_from, request_end - request_from);
  if (line.find('\\') != kNone) {
    request = unescaped(request, texts);
    hit.referrer = unescaped(hit.referrer, texts);
    hit.user_agent = unescaped(hit.user_agent, texts);
  }
  take_request_line(request, hit);
  hit.referrer = without_dash(hit.referrer);
  hit.user_agent = without_dash(hit.user_agent);
  events_.fill(hit, texts, event);
  return {};
}

std::unique_ptr<Parser> make_combined_parser(const ParserOptions& options) {
  return std::make_unique<LineParser<CombinedReader>>(options);
}

bool recognises_combined(std::string_view line) {
  return reads_as(*make_combined_parser(ParserOptions{}), line, [](const RawEvent&) { return true; });
}

}  // namespace weir
