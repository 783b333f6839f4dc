#include "support/exposition.h"

#include <gtest/gtest.h>

#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <set>

namespace weir::support {
namespace {

bool is_name(std::string_view name, std::string_view extra) {
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0]))) return false;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 || (!std::isalnum(byte) && extra.find(c) == std::string_view::npos)) return false;
  }
  return true;
}

/// Well-formed UTF-8 by the table of the Unicode standard (3-7), byte by byte.
bool is_utf8(std::string_view text) {
  std::size_t i = 0;
  const auto byte = [&](std::size_t at) -> unsigned {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
  };
  while (i < text.size()) {
    const unsigned lead = byte(i);
    unsigned low = 0x80;
    unsigned high = 0xBF;
    std::size_t more = 0;
    if (lead <= 0x7F)
      more = 0;
    else if (lead >= 0xC2 && lead <= 0xDF)
      more = 1;
    else if (lead >= 0xE0 && lead <= 0xEF)
      more = 2;
    else if (lead >= 0xF0 && lead <= 0xF4)
      more = 3;
    else
      return false;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
    for (std::size_t k = 1; k <= more; ++k) {
      if (byte(i + k) < (k == 1 ? low : 0x80U) || byte(i + k) > (k == 1 ? high : 0xBFU)) return false;
    }
    i += more + 1;
  }
  return true;
}

std::optional<double> parse_value(std::string_view text) {
  if (text == "+Inf") return std::numeric_limits<double>::infinity();
  if (text == "-Inf") return -std::numeric_limits<double>::infinity();
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

class Reader {
 public:
  explicit Reader(Exposition& out) : out_(out) {}

  void read(std::string_view text) {
    if (!text.empty() && text.back() != '\n') error("the last line does not end in a newline");
    while (!text.empty()) {
      ++line_number_;
      const std::size_t end = std::min(text.find('\n'), text.size());
      read_line(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    finish_family();
  }

 private:
  struct Histogram {
    double last_bound = -std::numeric_limits<double>::infinity();
    double last_bucket = 0;
    std::optional<double> sum;
    std::optional<double> count;
  };

  void error(const std::string& what) { out_.errors.push_back("line " + std::to_string(line_number_) + ": " + what); }

  void read_line(std::string_view line) {
    if (!is_utf8(line)) return error("ill-formed UTF-8");
    if (line.find('\0') != std::string_view::npos) return error("a NUL byte");
    if (line.starts_with("# HELP ")) return read_help(line.substr(7));
    if (line.starts_with("# TYPE ")) return read_type(line.substr(7));
    if (line.empty() || line[0] == '#') return error("neither HELP, TYPE nor a sample");
    read_sample(line);
  }

  void read_help(std::string_view rest) {
    const std::size_t space = rest.find(' ');
    if (space == std::string_view::npos || space + 1 == rest.size()) return error("HELP without a text");
    const std::string name(rest.substr(0, space));
    finish_family();
    family_ = name;
    type_.clear();
    if (!is_name(name, "_:")) error("not a metric name: " + name);
    if (!families_.insert(name).second) error("family for the second time: " + name);
    for (std::size_t i = space; i < rest.size(); ++i) {
      if (rest[i] != '\\') continue;
      if (++i == rest.size() || (rest[i] != '\\' && rest[i] != 'n')) return error("bad escape in HELP");
    }
  }

  void read_type(std::string_view rest) {
    const std::size_t space = rest.find(' ');
    if (space == std::string_view::npos) return error("TYPE without a type");
    if (rest.substr(0, space) != family_) return error("TYPE of another family than HELP");
    if (!type_.empty()) return error("TYPE for the second time");
    type_ = rest.substr(space + 1);
    if (type_ != "counter" && type_ != "gauge" && type_ != "histogram") error("unknown type " + type_);
    out_.types[family_] = type_;
  }

  void read_sample(std::string_view line) {
    Sample sample;
    std::size_t position = line.find_first_of("{ ");
    if (position == std::string_view::npos) return error("a sample without a value");
    sample.name = line.substr(0, position);
    if (!is_name(sample.name, "_:")) return error("not a metric name: " + sample.name);
    if (line[position] == '{' && !read_labels(line, position, sample)) return;
    const std::string key(line.substr(0, position));
    if (position >= line.size() || line[position] != ' ') return error("no space before the value");
    const auto value = parse_value(line.substr(position + 1));
    if (!value) return error("not a number: " + std::string(line.substr(position + 1)));
    sample.value = *value;
    check_sample(sample);
    if (!series_.insert({sample.name, sample.labels}).second) error("label set for the second time: " + key);
    out_.values[key] = sample.value;
    out_.samples.push_back(std::move(sample));
    samples_in_family_ = true;
  }

  /// Reads from the opening bracket and leaves `position` behind the closing one.
  bool read_labels(std::string_view line, std::size_t& position, Sample& sample) {
    const auto fail = [&](const std::string& what) {
      error(what);
      return false;
    };
    ++position;
    while (true) {
      const std::size_t equals = line.find('=', position);
      if (equals == std::string_view::npos) return fail("a label without a value");
      const std::string name(line.substr(position, equals - position));
      if (!is_name(name, "_") || name.starts_with("__")) return fail("not a label name: " + name);
      position = equals + 1;
      if (position >= line.size() || line[position++] != '"') return fail("a label value without quotes");
      const auto value = read_quoted(line, position);
      if (!value) return fail("a label value with a bad escape or without an end");
      if (!sample.labels.emplace(name, *value).second) return fail("a label twice: " + name);
      if (position >= line.size()) return fail("labels without an end");
      const char next = line[position++];
      if (next == '}') return true;
      if (next != ',') return fail("neither a comma nor the end behind a label");
    }
  }

  static std::optional<std::string> read_quoted(std::string_view line, std::size_t& position) {
    std::string value;
    while (position < line.size()) {
      const char c = line[position++];
      if (c == '"') return value;
      if (c != '\\') {
        value += c;
        continue;
      }
      if (position >= line.size()) return std::nullopt;
      const char escaped = line[position++];
      if (escaped != '\\' && escaped != '"' && escaped != 'n') return std::nullopt;
      value += escaped == 'n' ? '\n' : escaped;
    }
    return std::nullopt;
  }

  void check_sample(const Sample& sample) {
    if (type_.empty()) return error("a sample before HELP and TYPE: " + sample.name);
    if (type_ == "histogram") return check_histogram(sample);
    if (sample.name != family_) return error("a sample outside its family: " + sample.name);
    if (type_ == "counter" && !(sample.value >= 0)) error("a counter below 0");
  }

  void check_histogram(const Sample& sample) {
    auto labels = sample.labels;
    labels.erase("le");
    Histogram& histogram = histograms_[labels];
    if (sample.name == family_ + "_sum") {
      histogram.sum = sample.value;
    } else if (sample.name == family_ + "_count") {
      histogram.count = sample.value;
    } else if (sample.name != family_ + "_bucket") {
      error("a sample outside its family: " + sample.name);
    } else {
      const auto le = sample.labels.find("le");
      const auto bound = le == sample.labels.end() ? std::nullopt : parse_value(le->second);
      if (!bound || !(*bound > histogram.last_bound)) return error("bucket bounds do not rise");
      if (sample.value < histogram.last_bucket) error("buckets are not cumulative");
      histogram.last_bound = *bound;
      histogram.last_bucket = sample.value;
    }
  }

  void finish_family() {
    if (family_.empty()) return;
    if (type_.empty()) error("family without TYPE: " + family_);
    if (!samples_in_family_) error("family without samples: " + family_);
    for (const auto& [labels, histogram] : histograms_) {
      if (!std::isinf(histogram.last_bound)) error("no +Inf bucket in " + family_);
      if (!histogram.sum || !histogram.count) error("no _sum or _count in " + family_);
      if (histogram.count && *histogram.count != histogram.last_bucket) error("_count is not the last bucket");
    }
    histograms_.clear();
    samples_in_family_ = false;
  }

  Exposition& out_;
  std::size_t line_number_ = 0;
  std::string family_;
  std::string type_;
  bool samples_in_family_ = false;
  std::set<std::string> families_;
  std::set<std::pair<std::string, std::map<std::string, std::string>>> series_;
  std::map<std::map<std::string, std::string>, Histogram> histograms_;  // of the current family
};

}  // namespace

Exposition read_exposition(std::string_view text) {
  Exposition exposition;
  Reader(exposition).read(text);
  return exposition;
}

std::map<std::string, double> parse_exposition(std::string_view text) {
  Exposition exposition = read_exposition(text);
  for (const std::string& error : exposition.errors) ADD_FAILURE() << error;
  return std::move(exposition.values);
}

}  // namespace weir::support
