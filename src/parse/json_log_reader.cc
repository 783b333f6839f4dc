#include "json_log_reader.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "access_hit.h"
#include "json_object.h"
#include "log_values.h"
#include "weir/core/check.h"

namespace weir {
namespace {

namespace dom = simdjson::dom;

static_assert(kParserPadding >= simdjson::SIMDJSON_PADDING);

constexpr std::size_t kFieldCount = static_cast<std::size_t>(LogField::kCount);
constexpr std::size_t kNumberBytes = 64;  // longest number taken, spelled out
constexpr std::size_t kNameBytes = 128;   // longest dotted name looked up
constexpr std::uint8_t kNoRank = 255;

template <class Number, class... Format>
std::string_view spelled(Number number, TextRoom& texts, Format... format) {
  std::array<char, kNumberBytes> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number, format...);
  if (error != std::errc()) return "?";  // no text of any field, but a value
  return texts.join({std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data()))});
}

/// nginx without `escape=json` writes \xHH, which JSON does not know. Rewrites these: bytes beyond ASCII as they are,
/// others as \u00HH. Everything else stays, and so does what is malformed.
void mend_escapes(std::string_view line, std::string& mended) {
  mended.clear();
  for (std::size_t i = 0; i < line.size(); ++i) {
    mended += line[i];
    if (line[i] != '\\' || i + 1 >= line.size()) continue;
    if (line[++i] != 'x') {
      mended += line[i];
      continue;
    }
    unsigned byte = 0;
    const std::string_view digits = line.substr(i + 1, 2);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (error == std::errc() && end == digits.data() + 2 && byte >= 0x80) {
      mended.back() = static_cast<char>(byte);
      i += 2;
    } else {
      mended += "u00";
    }
  }
}

}  // namespace

/// Walks one object and collects the fields of the table.
class JsonLogReader::Walk {
 public:
  Walk(const ParserOptions& options, std::span<const LogKey> keys) : keys_(keys), events_(options.access_log) {
    WEIR_CHECK(std::is_sorted(keys.begin(), keys.end(), [](auto& a, auto& b) { return a.name < b.name; }));
    // One level more than the limit, as simdjson counts the document as well.
    WEIR_CHECK(parser_.allocate(room_for_mended(options.line_bytes), options.depth + 1) == simdjson::SUCCESS);
    name_.reserve(kNameBytes);
  }

  Fault read(std::string_view line, RawEvent& event, TextRoom& texts) {
    found_.fill({});
    dom::element root;
    Fault fault = fault_of(parser_.parse(line.data(), line.size(), false).get(root));
    if (fault == Rejection::kMalformed && line.find("\\x") != std::string_view::npos) fault = reread(line, root);
    if (fault) return fault;
    dom::object object;
    if (root.get_object().get(object) != simdjson::SUCCESS) return Rejection::kMalformed;
    name_.clear();
    walk(object, texts);
    return make(event, texts);
  }

 private:
  struct Found {
    std::string_view text;
    std::uint8_t rank = kNoRank;
    bool present = false;  // even if it says nothing
  };

  static std::size_t room_for_mended(std::size_t line_bytes) { return line_bytes * 2 + kParserPadding; }

  Fault reread(std::string_view line, dom::element& root) {
    mend_escapes(line, mended_);
    const std::size_t size = mended_.size();
    mended_.append(kParserPadding, ' ');
    return fault_of(parser_.parse(mended_.data(), size, false).get(root));
  }

  void walk(dom::object object, TextRoom& texts) {
    const std::size_t outer = name_.size();
    for (const dom::key_value_pair field : object) {
      if (outer + field.key.size() + 1 > kNameBytes) continue;
      if (outer > 0) name_ += '.';
      name_ += field.key;
      take(field.value, texts);
      name_.resize(outer);
    }
  }

  /// Depth is bounded by what simdjson accepted.
  void take(dom::element value, TextRoom& texts) {
    while (value.is_array()) {
      const dom::array array = value.get_array().value_unsafe();
      if (array.begin() == array.end()) return;
      value = *array.begin();
    }
    if (value.is_object()) return walk(value.get_object().value_unsafe(), texts);
    const auto key = std::lower_bound(keys_.begin(), keys_.end(), std::string_view(name_),
                                      [](const LogKey& row, std::string_view name) { return row.name < name; });
    if (key == keys_.end() || key->name != name_) return;
    Found& found = found_[static_cast<std::size_t>(key->field)];
    if (key->rank >= found.rank) return;
    const std::string_view text = without_dash(text_of(value, texts));
    found.present = found.present || !value.is_null();
    if (!text.empty()) found = {text, key->rank, true};
  }

  /// The text of a scalar. Strings live until the next line is parsed, so they are copied.
  std::string_view text_of(dom::element value, TextRoom& texts) {
    switch (value.type()) {
      case dom::element_type::STRING:
        return texts.join({value.get_string().value_unsafe()});
      case dom::element_type::INT64:
        return spelled(value.get_int64().value_unsafe(), texts);
      case dom::element_type::UINT64:
        return spelled(value.get_uint64().value_unsafe(), texts);
      case dom::element_type::DOUBLE:
        return spelled(value.get_double().value_unsafe(), texts, std::chars_format::fixed);
      default:
        return {};
    }
  }

  std::string_view text(LogField field) const { return found_[static_cast<std::size_t>(field)].text; }

  Fault make(RawEvent& event, TextRoom& texts) {
    AccessHit hit;
    // A request that was no request is a hit; a line that does not tell of one is none.
    if (!found_[static_cast<std::size_t>(LogField::kTarget)].present) return Rejection::kMissingField;
    if (const std::string_view time = text(LogField::kTime); !time.empty()) {
      hit.time_ms = instant_of_log(time, instants_, common_instants_);
      if (!hit.time_ms) return Rejection::kBadTime;
    }
    take_request_line(text(LogField::kTarget), hit);
    if (hit.method.empty()) hit.target = text(LogField::kTarget);
    if (!text(LogField::kMethod).empty()) hit.method = text(LogField::kMethod);
    hit.arguments = text(LogField::kArguments);
    hit.address = text(LogField::kAddress);
    hit.host = text(LogField::kHost);
    hit.status = status_of_log(text(LogField::kStatus));
    hit.duration_ms = span_of_log(text(LogField::kDuration));
    hit.referrer = text(LogField::kReferrer);
    hit.user_agent = text(LogField::kUserAgent);
    hit.visitor = text(LogField::kVisitor);
    hit.id = text(LogField::kId);
    hit.repeated = text(LogField::kLogger).starts_with("http.log.error");
    events_.fill(hit, texts, event);
    return {};
  }

  std::span<const LogKey> keys_;
  AccessEvents events_;
  dom::parser parser_;
  InstantReader instants_;
  CommonLogInstants common_instants_;
  std::string name_;    // of the value being looked at
  std::string mended_;  // a line with foreign escapes, rewritten
  std::array<Found, kFieldCount> found_;
};

JsonLogReader::JsonLogReader(const ParserOptions& options, std::span<const LogKey> keys)
    : walk_(std::make_unique<Walk>(options, keys)) {}

JsonLogReader::~JsonLogReader() = default;

/// Texts are copied at most once per name of the table, and numbers may grow when they are spelled out.
std::size_t JsonLogReader::room_of(std::size_t size) {
  return 2 * size + 64 * kNumberBytes + AccessEvents::room_of(size);
}

Fault JsonLogReader::read(std::string_view line, RawEvent& event, TextRoom& texts) {
  return walk_->read(line, event, texts);
}

}  // namespace weir
