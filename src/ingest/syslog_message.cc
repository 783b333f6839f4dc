#include "weir/ingest/syslog_message.h"

#include <cstddef>
#include <optional>

#include "weir/core/ascii.h"

namespace weir {
namespace {

constexpr std::size_t kMaxPriority = 191;  // facility 23, severity 7
constexpr std::size_t kMaxTagBytes = 64;   // RFC 3164 says 32, senders know better
constexpr std::size_t kMaxHostBytes = 255;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// What is left to read; each step takes something from its front, or fails.
class Header {
 public:
  explicit Header(std::string_view text) : rest_(text) {}
  std::string_view rest() const { return rest_; }

  bool take(char character) {
    if (!rest_.starts_with(character)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// `<0>` to `<191>`.
  bool take_priority() {
    if (!take('<')) return false;
    std::size_t value = 0;
    std::size_t digits = 0;
    for (; digits < rest_.size() && digits < 3 && is_digit(rest_[digits]); ++digits) {
      value = value * 10 + static_cast<std::size_t>(rest_[digits] - '0');
    }
    if (digits == 0 || value > kMaxPriority) return false;
    rest_.remove_prefix(digits);
    return take('>');
  }

  /// A word that is not empty, and the space behind it.
  std::optional<std::string_view> take_word() {
    const std::size_t end = rest_.find(' ');
    if (end == 0 || end == std::string_view::npos) return std::nullopt;
    const std::string_view word = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return word;
  }

  /// `-`, or any number of `[id name="value"]` in which a backslash protects the character behind it.
  bool take_structured_data() {
    if (take('-')) return true;
    if (!rest_.starts_with('[')) return false;
    while (rest_.starts_with('[')) {
      bool in_value = false;
      std::size_t at = 1;
      for (; at < rest_.size() && (in_value || rest_[at] != ']'); ++at) {
        if (rest_[at] == '"') in_value = !in_value;
        if (in_value && rest_[at] == '\\') ++at;
      }
      if (at >= rest_.size()) return false;
      rest_.remove_prefix(at + 1);
    }
    return true;
  }

  /// `Jan  2 03:04:05 `: looks at the shape only, which no message has by chance.
  bool take_old_time() {
    constexpr std::string_view kShape = "AAA 99 99:99:99 ";
    if (rest_.size() < kShape.size()) return false;
    for (std::size_t i = 0; i < kShape.size(); ++i) {
      const char wanted = kShape[i];
      const char found = rest_[i];
      if (wanted == 'A' && is_letter(found)) continue;
      if (wanted == '9' && (is_digit(found) || (i == 4 && found == ' '))) continue;
      if (wanted != found) return false;
    }
    rest_.remove_prefix(kShape.size());
    return true;
  }

  /// `2026-01-02T03:04:05` and whatever belongs to it, up to and with a space.
  bool take_new_time() {
    constexpr std::string_view kShape = "9999-99-99T99:99:99";
    if (rest_.size() < kShape.size()) return false;
    for (std::size_t i = 0; i < kShape.size(); ++i) {
      if (kShape[i] == '9' ? !is_digit(rest_[i]) : kShape[i] != rest_[i]) return false;
    }
    return take_word().has_value();
  }

  /// `nginx: ` or `app[17]: `.
  bool take_tag() {
    std::size_t end = 0;
    while (end < rest_.size() && end < kMaxTagBytes && is_tag_character(rest_[end])) ++end;
    if (end == 0) return false;
    if (end < rest_.size() && rest_[end] == '[') {
      end = rest_.substr(0, kMaxTagBytes).find(']', end);
      if (end == std::string_view::npos) return false;
      ++end;
    }
    if (end >= rest_.size() || rest_[end] != ':') return false;
    rest_.remove_prefix(end + 1);
    take(' ');
    return true;
  }

  bool take_host() {
    const std::optional<std::string_view> host = take_word();
    if (!host || host->size() > kMaxHostBytes) return false;
    for (const char character : *host) {
      if (!is_tag_character(character) && character != ':') return false;
    }
    return true;
  }

 private:
  static bool is_tag_character(char character) {
    return is_letter(character) || is_digit(character) || character == '_' || character == '-' || character == '.' ||
           character == '/';
  }

  std::string_view rest_;
};

/// Behind the priority: `1 TIME HOST APP PROCESS ID DATA MESSAGE`.
std::optional<std::string_view> message_of_5424(Header header) {
  if (!header.take('1') || !header.take(' ')) return std::nullopt;
  for (int word = 0; word < 5; ++word) {
    if (!header.take_word()) return std::nullopt;
  }
  if (!header.take_structured_data()) return std::nullopt;
  if (header.rest().empty()) return header.rest();
  if (!header.take(' ')) return std::nullopt;
  std::string_view message = header.rest();
  if (message.starts_with(kByteOrderMark)) message.remove_prefix(kByteOrderMark.size());
  return message;
}

/// Behind the priority: `TIME [HOST] TAG: MESSAGE`.
std::optional<std::string_view> message_of_3164(Header header) {
  if (!header.take_old_time() && !header.take_new_time()) return std::nullopt;
  Header tagged = header;
  if (tagged.take_tag()) return tagged.rest();
  tagged = header;
  if (tagged.take_host() && tagged.take_tag()) return tagged.rest();
  return header.rest();
}

std::string_view without_line_end(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == '\0')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::string_view syslog_message(std::string_view datagram) {
  datagram = without_line_end(datagram);
  Header header(datagram);
  if (!header.take_priority()) return datagram;
  if (const auto message = message_of_5424(header)) return *message;
  if (const auto message = message_of_3164(header)) return *message;
  return datagram;
}

}  // namespace weir
