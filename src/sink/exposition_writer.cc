#include "weir/sink/exposition_writer.h"

#include <array>
#include <charconv>

#include "weir/sink/utf8.h"

namespace weir {
namespace {

void append_escaped(std::string& out, std::string_view value) {
  while (!value.empty()) {
    const std::size_t size = character_size(value);
    const char first = value.front();
    if (size == 0 || first == '\0') {
      out += kReplacementCharacter;
    } else if (first == '\n') {
      out += "\\n";
    } else {
      if (first == '\\' || first == '"') out += '\\';
      out += value.substr(0, size);
    }
    value.remove_prefix(size == 0 ? 1 : size);
  }
}

/// Ends a sample. Doubles are the shortest text that reads back, so rounding never moves a counter down.
template <class Number>
void append_value(std::string& out, Number value) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
  out += '\n';
}

}  // namespace

void append_label(std::string& labels, std::string_view name, std::string_view value) {
  if (!labels.empty()) labels += ',';
  labels += name;
  labels += "=\"";
  append_escaped(labels, value);
  labels += '"';
}

void ExpositionWriter::begin_family(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  header_.clear();
  header_.append("# HELP ").append(name).append(" ").append(help).append("\n");
  header_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
}

void ExpositionWriter::open_sample(std::string_view suffix, std::string_view labels, std::string_view more_labels) {
  out_ += header_;
  header_.clear();
  out_ += name_;
  out_ += suffix;
  if (!labels.empty() || !more_labels.empty()) {
    out_ += '{';
    out_ += labels;
    if (!labels.empty() && !more_labels.empty()) out_ += ',';
    out_ += more_labels;
    out_ += '}';
  }
  out_ += ' ';
  ++series_;
}

void ExpositionWriter::sample(std::string_view labels, std::string_view more_labels, std::int64_t value) {
  suffixed_sample({}, labels, more_labels, value);
}

void ExpositionWriter::sample(std::string_view labels, std::string_view more_labels, double value) {
  suffixed_sample({}, labels, more_labels, value);
}

void ExpositionWriter::suffixed_sample(std::string_view suffix, std::string_view labels, std::string_view more_labels,
                                       std::int64_t value) {
  open_sample(suffix, labels, more_labels);
  append_value(out_, value);
}

void ExpositionWriter::suffixed_sample(std::string_view suffix, std::string_view labels, std::string_view more_labels,
                                       double value) {
  open_sample(suffix, labels, more_labels);
  append_value(out_, value);
}

}  // namespace weir
