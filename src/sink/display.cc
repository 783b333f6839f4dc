#include "weir/sink/display.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "weir/core/text.h"
#include "weir/sink/utf8.h"

namespace weir {
namespace {

constexpr std::string_view kEllipsis = "\xE2\x80\xA6";  // U+2026, one column

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

/// Characters of two columns, after Unicode's EastAsianWidth.txt, with gaps closed generously.
constexpr std::array<Range, 17> kWide{{{0x1100, 0x115F},
                                       {0x231A, 0x231B},
                                       {0x2329, 0x232A},
                                       {0x23E9, 0x23F3},
                                       {0x25FD, 0x27BF},
                                       {0x2B1B, 0x2B55},
                                       {0x2E80, 0xA4CF},
                                       {0xA960, 0xA97C},
                                       {0xAC00, 0xD7A3},
                                       {0xF900, 0xFAFF},
                                       {0xFE10, 0xFE19},
                                       {0xFE30, 0xFE6F},
                                       {0xFF01, 0xFF60},
                                       {0xFFE0, 0xFFE6},
                                       {0x16FE0, 0x1B2FF},
                                       {0x1F000, 0x1FAFF},
                                       {0x20000, 0x3FFFF}}};

/// Marks that turn or hide what follows them: zero width, directions, line and paragraph separators, BOM.
constexpr std::array<Range, 5> kTricks{
    {{0x061C, 0x061C}, {0x200B, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F}, {0xFEFF, 0xFEFF}}};

bool is_in(std::uint32_t code_point, const auto& ranges) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const Range& range) { return code_point >= range.first && code_point <= range.last; });
}

/// The code point of one well-formed character.
std::uint32_t code_point_of(std::string_view character) {
  const auto lead = static_cast<unsigned char>(character.front());
  if (lead < 0x80) return lead;
  std::uint32_t code_point = lead & (0xFFU >> (character.size() + 1));
  for (const char byte : character.substr(1))
    code_point = (code_point << 6) | (static_cast<unsigned char>(byte) & 0x3FU);
  return code_point;
}

std::size_t width_of(std::string_view character) { return is_in(code_point_of(character), kWide) ? 2 : 1; }

/// The characters of a text; an ill-formed byte is one of its own.
std::vector<std::string_view> characters_of(std::string_view text) {
  std::vector<std::string_view> characters;
  while (!text.empty()) {
    const std::size_t size = std::max<std::size_t>(1, character_size(text));
    characters.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return characters;
}

struct Unit {
  double size;
  std::string_view suffix;
};
constexpr std::array<Unit, 4> kUnits{{{1e6, "M"}, {1e9, "G"}, {1e12, "T"}, {1e15, "P"}}};

/// Three digits: "1.23", "12.3", "123".
std::string three_digits(double value) {
  return fmt::format("{:.{}f}", value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}

}  // namespace

std::string format_count(std::int64_t count) {
  std::string text = std::to_string(count);
  const std::size_t first = count < 0 ? 1 : 0;
  for (std::size_t position = text.size(); position > first + 3;) text.insert(position -= 3, ",");
  return text;
}

std::string format_short_count(double count) {
  if (std::abs(count) < 999'999.5) return format_count(std::llround(count));
  const std::string sign = count < 0 ? "-" : "";
  const double size = std::abs(count);
  for (const Unit& unit : kUnits) {
    if (size < unit.size * 999.5) return fmt::format("{}{}{}", sign, three_digits(size / unit.size), unit.suffix);
  }
  return fmt::format("{:.2e}", count);
}

std::string format_dwell(double seconds) {
  if (seconds < 59.95) return fmt::format("{:.1f}s", seconds);
  const long long whole = std::llround(seconds);
  if (whole < 3600) return fmt::format("{}m{:02}s", whole / 60, whole % 60);
  if (whole < 86'400) return fmt::format("{}h{:02}m", whole / 3600, whole / 60 % 60);
  return fmt::format("{}d{:02}h", whole / 86'400, whole / 3600 % 24);
}

std::string format_percent(double ratio) { return fmt::format("{:.1f}%", ratio * 100.0); }

std::string printable(std::string_view text) {
  std::string clean;
  const std::string label = clean_label(text, text.size() * kReplacementCharacter.size());
  for (const std::string_view character : characters_of(label)) {
    clean += is_in(code_point_of(character), kTricks) ? kReplacementCharacter : character;
  }
  return clean;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (const std::string_view character : characters_of(text)) width += width_of(character);
  return width;
}

std::string fit_to_width(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  if (width == 0) return {};
  const std::vector<std::string_view> characters = characters_of(text);
  const std::size_t tail_room = (width - 1) / 2;
  const std::size_t head_room = width - 1 - tail_room;
  std::size_t used = 0;
  std::size_t head = 0;
  while (used + width_of(characters[head]) <= head_room) used += width_of(characters[head++]);
  used = 0;
  std::size_t tail = characters.size();
  while (used + width_of(characters[tail - 1]) <= tail_room) used += width_of(characters[--tail]);
  std::string fitted;
  for (std::size_t i = 0; i < head; ++i) fitted += characters[i];
  fitted += kEllipsis;
  for (std::size_t i = tail; i < characters.size(); ++i) fitted += characters[i];
  return fitted;
}

std::string align_left(std::string_view text, std::size_t width) {
  std::string line(text);
  return line.append(width - std::min(width, display_width(text)), ' ');
}

std::string align_right(std::string_view text, std::size_t width) {
  return std::string(width - std::min(width, display_width(text)), ' ').append(text);
}

}  // namespace weir
