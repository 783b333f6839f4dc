#include "input.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <random>

#include "measure.h"
#include "weir/app/generator.h"
#include "weir/core/check.h"
#include "weir/parse/parser.h"
#include "weir/pipeline/event_maker.h"
#include "weir/window/options.h"

namespace weir::bench {
namespace {

constexpr double kSessionsPerSecond = 530;  // times the timeout of half an hour: a million open sessions
constexpr double kRoughRatio = 0.01;
constexpr std::uint32_t kLandingPages = 6;

GeneratorOptions generator_options(Mix mix, std::size_t sessions) {
  GeneratorOptions options;
  options.sessions = sessions;
  options.sessions_per_second = kSessionsPerSecond;
  options.landing_pages = kLandingPages;
  if (mix == Mix::kRough) {
    options.malformed_ratio = options.late_ratio = options.duplicate_ratio = kRoughRatio;
  }
  return options;
}

/// The fields of an object's text, without the braces; names and values as they are written.
std::vector<std::string_view> fields_of(std::string_view object) {
  std::vector<std::string_view> fields;
  std::size_t start = 1;
  int depth = 0;
  bool in_text = false;
  for (std::size_t at = 0; at < object.size(); ++at) {
    const char byte = object[at];
    if (in_text && byte == '\\') {
      ++at;
    } else if (byte == '"') {
      in_text = !in_text;
    } else if (!in_text && (byte == '{' || byte == '[')) {
      ++depth;
    } else if (!in_text && (byte == '}' || byte == ']')) {
      --depth;
    }
    const bool last = depth == 0 && !in_text && byte == '}';
    if (!last && (in_text || depth != 1 || byte != ',')) continue;
    fields.push_back(object.substr(start, at - start));
    start = at + 1;
  }
  return fields;
}

/// Puts the fields of lines in any order. Lines that are no JSON object stay as they are.
class Shuffler {
 public:
  void shuffle(std::string& line) {
    simdjson::dom::object object;
    if (parser_.parse(line).get_object().get(object) != simdjson::SUCCESS || object.size() < 2) return;
    std::vector<std::string_view> fields = fields_of(line);
    for (std::size_t i = fields.size() - 1; i > 0; --i) std::swap(fields[i], fields[random_() % (i + 1)]);
    std::string shuffled;
    for (const std::string_view field : fields) (shuffled += shuffled.empty() ? '{' : ',') += field;
    line = shuffled + '}';
  }

 private:
  simdjson::dom::parser parser_;
  std::mt19937_64 random_{1};
};

}  // namespace

std::int64_t Input::expected(std::string_view path) const {
  simdjson::dom::parser parser;
  return parser.parse(truth).at_pointer(path).get_int64().value();
}

std::int64_t Input::rejected() const {
  simdjson::dom::parser parser;
  std::int64_t sum = 0;
  for (const auto reason : parser.parse(truth).at_pointer("/events/rejected").get_object()) {
    sum += reason.value.get_int64().value();
  }
  return sum;
}

std::size_t session_count() { return number_from_environment("WEIR_BENCH_SESSIONS", 50'000); }

std::size_t session_count_up_to(std::size_t limit) { return std::min(limit, session_count()); }

std::size_t live_limit() { return number_from_environment("WEIR_BENCH_LIVE", 10'000'000); }

Input make_input(Mix mix, std::size_t sessions) {
  Generator generator(generator_options(mix, sessions));
  Shuffler shuffler;
  Input made;
  std::string line;
  while (generator.next(line)) {
    if (mix == Mix::kRough) shuffler.shuffle(line);
    (made.text += line) += '\n';
    ++made.lines;
  }
  made.truth = render_truth_json(generator.truth());
  made.text.reserve(made.text.size() + std::max(kParserPadding, simdjson::SIMDJSON_PADDING));
  return made;
}

const Input& input(Mix mix) {
  static std::array<std::unique_ptr<const Input>, 2> made;
  std::unique_ptr<const Input>& wanted = made[static_cast<std::size_t>(mix)];
  if (wanted == nullptr) wanted = std::make_unique<const Input>(make_input(mix, session_count()));
  return *wanted;
}

std::vector<std::string_view> runs_of(std::string_view text) {
  std::vector<std::string_view> runs;
  while (!text.empty()) {
    const std::size_t newline = text.rfind('\n', kRunBytes);
    WEIR_CHECK(newline != std::string_view::npos);
    runs.push_back(text.substr(0, newline + 1));
    text.remove_prefix(newline + 1);
  }
  return runs;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t newline = text.find('\n');
    lines.push_back(text.substr(0, newline));
    text.remove_prefix(newline + 1);
  }
  return lines;
}

PipelineOptions pipeline_options(std::size_t sessions) {
  PipelineOptions options;
  options.windows.rollups = default_rollups();
  options.funnels = default_generator_funnels();
  options.sessions.sessions = std::max(options.sessions.sessions, std::min<std::size_t>(sessions, 2'000'000));
  options.sessions.delivery_ids = std::max(options.sessions.delivery_ids, 2 * options.sessions.sessions * 2);
  options.windows.visitors = std::max(options.windows.visitors, 3 * sessions);
  return options;
}

void check_report(const Report& report, const Input& from) {
  const Totals& site = report.rollups[0].cells.at(0).totals;
  const auto expected = [&from](std::string_view name) {
    return from.expected("/rollups/site/0/" + std::string(name));
  };
  WEIR_CHECK(report.stats.received() == static_cast<std::int64_t>(from.lines));
  WEIR_CHECK(report.stats.received() == from.expected("/events/received"));
  WEIR_CHECK(report.stats.counted() == from.expected("/events/counted"));
  WEIR_CHECK(report.stats[Stat::kLate] == from.expected("/events/late"));
  WEIR_CHECK(report.stats[Stat::kDuplicate] == from.expected("/events/duplicate"));
  WEIR_CHECK(site[Part::kSessions] == expected("sessions"));
  WEIR_CHECK(site[Part::kBouncedSessions] == expected("bounced_sessions"));
  WEIR_CHECK(site[Part::kPageViews] == expected("page_views"));
  WEIR_CHECK(site[Part::kVisitors] == expected("visitors"));
  WEIR_CHECK(site[Part::kOrders] == expected("orders"));
}

MadeEvents::MadeEvents(const Input& from)
    : options(pipeline_options(from.lines)),
      symbols(hasher, options.reader.symbols),
      special{symbols.intern(kNoneLabel), symbols.intern(kOtherLabel)},
      funnels(options.funnels, options.slow_ms) {
  EventMaker maker(options.reader, options.windows.rollups, funnels, symbols, special, hasher, TimeSource::kEvents);
  const std::unique_ptr<Parser> parser = find_format("native")->make({});
  parser->begin(from.text, Framing::kLines);
  std::array<ParsedEvent, 32> parsed;
  while (const std::size_t count = parser->next(parsed)) {
    for (std::size_t i = 0; i < count; ++i) {
      Event event;
      if (!parsed[i].rejected && !maker.make(parsed[i].event, Origin{}, 0, event)) events.push_back(event);
    }
  }
  WEIR_CHECK(events.size() + static_cast<std::size_t>(from.rejected()) == from.lines);
}

}  // namespace weir::bench
