#include "weir/sink/json_writer.h"

#include <array>
#include <charconv>
#include <cmath>

#include "weir/sink/utf8.h"

namespace weir {
namespace {

void append_control_character(std::string& out, char character) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += "\\u00";
  out += kHex[static_cast<unsigned char>(character) >> 4];
  out += kHex[static_cast<unsigned char>(character) & 15];
}

/// Of each byte, whether it stands for itself in a string, as nearly all do.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (unsigned char byte = ' '; byte <= '~'; ++byte) plain[byte] = byte != '"' && byte != '\\';
  return plain;
}();

/// How many characters at the front stand for themselves.
std::size_t plain_size(std::string_view text) {
  std::size_t size = 0;
  while (size < text.size() && kPlain[static_cast<unsigned char>(text[size])]) ++size;
  return size;
}

template <class Number>
void append_number(std::string& out, Number value) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

}  // namespace

void JsonWriter::start_line() {
  if (layout_ == JsonLayout::kCompact) return;
  out_ += '\n';
  out_.append(depth_, ' ');
}

void JsonWriter::start_item() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (!fresh_) out_ += ',';
  if (depth_ > 0) start_line();
  fresh_ = false;
}

void JsonWriter::open(char bracket) {
  start_item();
  out_ += bracket;
  ++depth_;
  fresh_ = true;
}

void JsonWriter::close(char bracket) {
  --depth_;
  if (!fresh_) start_line();
  out_ += bracket;
  fresh_ = false;
}

void JsonWriter::key(std::string_view name) {
  start_item();
  append_string(name);
  out_ += layout_ == JsonLayout::kCompact ? ":" : ": ";
  after_key_ = true;
}

void JsonWriter::string(std::string_view value) {
  start_item();
  append_string(value);
}

void JsonWriter::append_string(std::string_view value) {
  out_ += '"';
  while (true) {
    const std::size_t plain = plain_size(value);
    out_ += value.substr(0, plain);
    value.remove_prefix(plain);
    if (value.empty()) break;
    const std::size_t size = character_size(value);
    const char first = value.front();
    if (size == 0) {
      out_ += kReplacementCharacter;
    } else if (static_cast<unsigned char>(first) < 0x20) {
      append_control_character(out_, first);
    } else {
      if (first == '\\' || first == '"') out_ += '\\';
      out_ += value.substr(0, size);
    }
    value.remove_prefix(size == 0 ? 1 : size);
  }
  out_ += '"';
}

void JsonWriter::integer(std::int64_t value) {
  start_item();
  append_number(out_, value);
}

void JsonWriter::number(std::optional<double> value) {
  start_item();
  if (!value || !std::isfinite(*value)) {
    out_ += "null";
  } else {
    append_number(out_, *value);
  }
}

}  // namespace weir
