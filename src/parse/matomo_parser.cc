#include "matomo_parser.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <string>

#include "field_values.h"
#include "json_object.h"
#include "query_parameters.h"
#include "recognition.h"
#include "weir/core/text.h"
#include "weir/core/time_text.h"

namespace weir {
namespace {

namespace dom = simdjson::dom;

constexpr std::array<std::string_view, 27> kKeys{"idsite",  "rec",  "url",      "urlref", "_id",   "cid",     "uid",
                                                 "ua",      "ping", "ca",       "idgoal", "ec_id", "revenue", "e_c",
                                                 "e_a",     "c_n",  "c_i",      "cip",    "cdt",   "_rcn",    "_rck",
                                                 "country", "link", "download", "pf_srv", "gt_ms", "search"};
using Values = Parameters<kKeys.size()>;

/// "2011-04-05 00:11:42", which is UTC, or seconds since 1970.
std::optional<TimeMs> instant_of(std::string_view text) {
  constexpr std::size_t kWithoutZone = 19;
  if (is_json_number(text)) return instant_of_number(text);
  std::array<char, kWithoutZone + 1> spelled{};
  if (text.size() != kWithoutZone) return std::nullopt;
  std::copy(text.begin(), text.end(), spelled.begin());
  spelled.back() = 'Z';
  const std::optional<TimeMs> instant = parse_rfc3339({spelled.data(), spelled.size()});
  return instant && *instant >= 0 ? instant : std::nullopt;
}

/// Type and name of a request: what was done comes before where.
void set_deed(const Values& values, TextRoom& texts, RawEvent& event) {
  const auto given = [&](std::string_view key) { return !values.raw(key).empty(); };
  const auto custom = [&](std::string_view name) {
    event.type = "event";
    event.name = name;
  };
  if (values.raw("ping") == "1") {
    event.type = "engagement";
  } else if (given("idgoal")) {
    const bool shop = values.raw("idgoal") == "0";
    if (shop && !given("ec_id")) return custom("cart");
    event.type = "conversion";
    event.name = shop ? "purchase" : texts.join({"goal_", values.text("idgoal", texts)});
    event.order = values.text("ec_id", texts);
    event.value = amount_of_value(values.text("revenue", texts));
  } else if (given("e_c") || given("e_a")) {
    const std::string_view category = values.text("e_c", texts);
    const std::string_view action = values.text("e_a", texts);
    custom(category.empty() || action.empty() ? first_of(action, category) : texts.join({category, "/", action}));
  } else if (given("c_i")) {
    custom(values.text("c_i", texts));
  } else if (given("link") || given("download")) {
    custom(given("link") ? "outlink" : "download");
  } else {
    // A custom action without anything known, such as content that came into view, is no page.
    event.type = given("c_n") || values.raw("ca") == "1" ? "engagement" : "page_view";
  }
}

Fault read_values(const Values& values, TextRoom& texts, RawEvent& event) {
  if (values.raw("idsite").empty() || values.raw("rec") != "1") return Rejection::kMissingField;
  set_deed(values, texts, event);
  event.url = values.text("url", texts);
  if (event.url.empty()) {
    if (event.type == "page_view") return Rejection::kMissingField;
    event.site = values.text("idsite", texts);
  }
  event.visitor = values.text("cid", texts);
  if (event.visitor.empty()) event.visitor = first_of(values.text("_id", texts), values.text("uid", texts));
  event.visitor_given = !event.visitor.empty();
  event.referrer = values.text("urlref", texts);
  event.user_agent = values.text("ua", texts);
  event.address = values.text("cip", texts);
  event.campaign = values.text("_rcn", texts);
  event.term = values.text("_rck", texts);
  event.country = values.text("country", texts);
  event.duration_ms = whole_of_value(first_of(values.raw("pf_srv"), values.raw("gt_ms")));
  const std::string_view time = values.text("cdt", texts);
  if (!time.empty()) event.ts_ms = instant_of(time);
  return time.empty() || event.ts_ms ? Fault() : Rejection::kBadTime;
}

}  // namespace

/// One bulk and the place in it. Its texts live until the next open().
class MatomoParser::Bulk {
 public:
  explicit Bulk(std::size_t depth) : depth_(depth) {}

  bool is_open() const { return open_; }
  void close() { open_ = false; }

  Fault open(std::string_view text) {
    open_ = false;
    // What one large document needed is not kept for good.
    if (parser_ == nullptr || parser_->capacity() > kKeptBytes) parser_ = std::make_unique<dom::parser>();
    if (parser_->allocate(std::max(text.size(), kLeastBytes), depth_ + 1) != simdjson::SUCCESS) {
      return Rejection::kTooLong;
    }
    dom::element root;
    if (const Fault fault = fault_of(parser_->parse(text.data(), text.size(), false).get(root))) return fault;
    dom::array requests;
    if (root["requests"].get_array().get(requests) != simdjson::SUCCESS) return Rejection::kMissingField;
    at_ = requests.begin();
    end_ = requests.end();
    open_ = true;
    return {};
  }

  /// False at the end, and then the bulk is closed.
  bool next(Request& request) {
    open_ = at_ != end_;
    if (!open_) return false;
    request = {};
    if ((*at_).get_string().get(request.text) != simdjson::SUCCESS) request.fault = Rejection::kMalformed;
    ++at_;
    return true;
  }

 private:
  static constexpr std::size_t kLeastBytes = 16 * 1024;
  static constexpr std::size_t kKeptBytes = 1024 * 1024;

  std::size_t depth_;
  std::unique_ptr<dom::parser> parser_;
  dom::array::iterator at_;
  dom::array::iterator end_;
  bool open_ = false;
};

MatomoParser::MatomoParser(const ParserOptions& options)
    : line_bytes_(options.line_bytes),
      texts_(std::max<std::size_t>(64 * 1024, room_of(options.line_bytes))),
      bulk_(std::make_unique<Bulk>(options.depth)) {}

MatomoParser::~MatomoParser() = default;

/// A request and the shared parameters, decoded, and a name put together of two values.
std::size_t MatomoParser::room_of(std::size_t size) const { return 2 * (size + line_bytes_) + 64; }

void MatomoParser::begin(std::string_view text, Framing framing, const Call& call) {
  const bool query_alone = trim_json_space(text).empty() && !call.query.empty();
  bulks_ = !query_alone;
  shared_ = query_alone ? std::string_view{} : call.query;
  const std::string_view body = trim_json_space(text);
  const bool bulk = framing == Framing::kDocument && body.starts_with('{');
  document_ = bulk ? body : std::string_view{};
  lines_.begin(bulk ? std::string_view{} : (query_alone ? call.query : text), framing);
  line_ = {{}, 1};
  bulk_->close();
  line_waits_ = request_waits_ = false;
}

/// Gets the next request ready. A bulk is opened only at the start of a group, as that ends the life of the texts of
/// the bulk before it.
MatomoParser::Step MatomoParser::take_request(bool first_of_group) {
  if (bulk_->is_open()) return bulk_->next(request_) ? Step::kRequest : Step::kNothing;
  if (document_.empty() && !line_waits_ && !lines_.next(line_)) return Step::kEnd;
  const std::string_view text = document_.empty() ? line_.text : document_;
  request_ = {text, {}};
  const bool bulk = bulks_ && text.starts_with('{');
  line_waits_ = bulk && !first_of_group;
  if (line_waits_) return Step::kWait;
  if (document_.empty() && text.size() > line_bytes_) request_.fault = Rejection::kTooLong;
  document_ = {};
  if (request_.fault || !bulk) return Step::kRequest;
  request_.fault = bulk_->open(text);
  return request_.fault ? Step::kRequest : Step::kNothing;
}

std::size_t MatomoParser::next(std::span<ParsedEvent> out) {
  texts_.forget();
  std::size_t count = 0;
  while (count < out.size()) {
    if (!request_waits_) {
      const Step step = take_request(count == 0);
      if (step == Step::kEnd || step == Step::kWait) break;
      if (step == Step::kNothing) continue;
    }
    if (!request_.fault && (request_.text.size() > line_bytes_ || shared_.size() > line_bytes_)) {
      request_.fault = Rejection::kTooLong;
    }
    request_waits_ = !request_.fault && !texts_.has_room(room_of(request_.text.size()));
    if (request_waits_) break;
    ParsedEvent& parsed = out[count++];
    parsed.event = RawEvent{};
    const Fault fault = request_.fault ? request_.fault : read(request_.text, parsed.event);
    parsed.line = request_.text;
    parsed.line_number = line_.number;
    parsed.rejected = fault.has_value();
    parsed.reason = fault.value_or(Rejection::kMalformed);
  }
  return count;
}

Fault MatomoParser::read(std::string_view request, RawEvent& event) {
  Values values(kKeys);
  values.take(query_of(request));
  values.take(shared_);
  return read_values(values, texts_, event);
}

std::unique_ptr<Parser> make_matomo_parser(const ParserOptions& options) {
  return std::make_unique<MatomoParser>(options);
}

bool recognises_matomo(std::string_view line) {
  if (line.find("idsite=") == std::string_view::npos) return false;
  return reads_as(*make_matomo_parser(ParserOptions{}), line, [](const RawEvent&) { return true; });
}

}  // namespace weir
