// Fuzz target of the small readers of outside text: what stands in datagrams, headers, queries, urls, answers of
// servers and the files that remember places. The first byte of the input chooses a row of the table at the end. Each
// must take any bytes, read nothing outside them, and keep what its header promises.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "../../src/app/admin_guard.h"
#include "../../src/app/live_query.h"
#include "../../src/app/load_counts.h"
#include "../../src/app/load_verify.h"
#include "../../src/app/top_snapshot.h"
#include "../../src/ingest/gzip.h"
#include "../../src/ingest/pixel.h"
#include "../../src/ingest/tail_state.h"
#include "weir/classify/bots.h"
#include "weir/classify/brand.h"
#include "weir/classify/channel.h"
#include "weir/classify/country.h"
#include "weir/classify/device.h"
#include "weir/classify/source_category.h"
#include "weir/classify/url.h"
#include "weir/core/check.h"
#include "weir/core/clock.h"
#include "weir/core/ip_address.h"
#include "weir/core/text.h"
#include "weir/core/time_text.h"
#include "weir/ingest/origin_reader.h"
#include "weir/ingest/syslog_message.h"
#include "weir/net/http_answer.h"
#include "weir/net/negotiation.h"
#include "weir/parse/parser.h"

namespace {

using namespace weir;

bool lies_within(std::string_view part, std::string_view whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void read_datagram(std::string_view text) { WEIR_CHECK(lies_within(syslog_message(text), text)); }

void read_compressed(std::string_view text) {
  constexpr InflateLimits kLimits{.output_bytes = 4096, .ratio = 20, .free_bytes = 256};
  std::string output;
  std::size_t size = 0;
  if (inflate_body(text, kLimits, output, size) != InflateResult::kDone) return;
  WEIR_CHECK(size <= std::min(kLimits.output_bytes, std::max(kLimits.free_bytes, text.size() * kLimits.ratio)));
  WEIR_CHECK(output.size() >= size + kLimits.padding_bytes);
}

/// What an image's parameters become is one event, or a text that is refused.
void read_pixel(std::string_view text) {
  static const std::unique_ptr<Parser> parser = find_format("native")->make({});
  std::string event = pixel_event(text, "https://shop.example/");
  const std::size_t size = event.size();
  event.append(kParserPadding, '\0');
  std::array<ParsedEvent, 4> parsed;
  parser->begin(std::string_view(event).substr(0, size), Framing::kDocument, Call{});
  WEIR_CHECK(parser->next(parsed) == 1);
}

/// The first line is X-Forwarded-For, or Forwarded where it is empty; the second Forwarded.
void read_origin(std::string_view text) {
  static const OriginReader reader = *OriginReader::make({"127.0.0.0/8", "2001:db8::/32"}, "Country");
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view hops = text.substr(0, end);
  const std::string_view rest = text.substr(std::min(end + 1, text.size()));
  HttpRequest request;
  request.peer_address = "127.0.0.1";
  request.header = [&](std::string_view name) { return name == "X-Forwarded-For" ? hops : rest; };
  request.headers = [&](std::string_view name) {
    const std::string_view value = name == "X-Forwarded-For" ? hops : rest;
    return value.empty() ? std::vector<std::string_view>() : std::vector<std::string_view>{value, value};
  };
  const Origin origin = reader.read(request);
  WEIR_CHECK(parse_ip_address(origin.address).has_value());
  WEIR_CHECK(origin.address == request.peer_address || lies_within(origin.address, text));
}

void read_accept(std::string_view text) {
  for (const std::string_view type : {"text/plain", "application/openmetrics-text", "*/*"}) {
    const double weight = accepted_weight(text, type);
    WEIR_CHECK(weight >= 0 && weight <= 1);
  }
  static_cast<void>(accepts_gzip(text));
  std::size_t elements = 0;
  for (std::string_view rest = text; !rest.empty(); ++elements) WEIR_CHECK(lies_within(next_element(rest), text));
  WEIR_CHECK(elements <= text.size());
}

void read_live_query(std::string_view text) {
  const Result<LiveQuery> wanted = parse_live_query(text);
  if (!wanted) return WEIR_CHECK(is_clean_label(wanted.error().message, 200));
  WEIR_CHECK(wanted->rows >= 1 && wanted->rows <= kMostLiveRows);
}

void read_url(std::string_view text) {
  const UrlParts url = parts_of(text);
  for (const std::string_view part : {url.host, url.path, url.query}) WEIR_CHECK(lies_within(part, text));
  const std::string_view page = canonical_page(url.path);
  WEIR_CHECK(page == "/" || !page.ends_with('/'));
  static const PageRules rules({"/product/:id", "/blog/*"});
  static_cast<void>(rules.apply(page));
  const CampaignParameters utm = campaign_parameters(url.query);
  for (const std::string_view value : {utm.source, utm.medium, utm.campaign, utm.term, utm.content}) {
    WEIR_CHECK(lies_within(value, text));
    WEIR_CHECK(decode_query_value(value).size() <= value.size());
  }
  const std::string_view referrer = referrer_host(text);
  const TrafficSource traffic{.source = utm.source,
                              .medium = utm.medium,
                              .campaign = utm.campaign,
                              .referrer_host = referrer,
                              .own_host = url.host,
                              .paid_click = utm.paid_click};
  WEIR_CHECK(std::ranges::find(channel_names(), channel_of(traffic)) != channel_names().end());
  static_cast<void>(source_category(referrer));
}

void read_label(std::string_view text) {
  constexpr std::size_t kBytes = 64;
  const std::string clean = clean_label(text, kBytes);
  WEIR_CHECK(is_clean_label(clean, kBytes) && is_valid_utf8(clean));
  WEIR_CHECK(clean_label(clean, kBytes) == clean);
  WEIR_CHECK(!is_clean_label(text, kBytes) || clean == text);
}

void read_user_agent(std::string_view text) {
  static const BotList bots;
  static_cast<void>(bots.contains(text));
  WEIR_CHECK(!device_of(text).empty());
}

void read_time(std::string_view text) {
  if (const std::optional<TimeMs> instant = parse_rfc3339(text)) {
    WEIR_CHECK(parse_rfc3339(format_rfc3339(*instant)) == instant);
  }
  if (const std::optional<TimeMs> span = parse_duration(text)) {
    WEIR_CHECK(parse_duration(format_duration(*span)) == span);
  }
}

void read_words(std::string_view text) {
  static const BrandTerms brand({"acme", "acme shoes", "weir*"});
  WEIR_CHECK(!brand.brand_of(text).empty());
  static_cast<void>(country_code(text));
  const std::optional<IpNetwork> network = parse_ip_network(text);
  WEIR_CHECK(!network || (network->bits <= 128 && network->contains(network->base)));
}

void read_kept_places(std::string_view text) {
  if (const std::optional<std::vector<TailPlace>> places = read_places(text)) {
    const std::string written = text_of_places(*places);
    const std::optional<std::vector<TailPlace>> again = read_places(written);
    WEIR_CHECK(again && text_of_places(*again) == written);
  }
  static_cast<void>(read_place(text));
}

void read_answer(std::string_view text) {
  HttpAnswer answer;
  const HttpAnswerState state = read_http_answer(text, answer);
  if (state == HttpAnswerState::kPartial || state == HttpAnswerState::kBroken) return;
  WEIR_CHECK(lies_within(answer.body, text));
  WEIR_CHECK(state != HttpAnswerState::kWhole || (answer.size > 0 && answer.size <= text.size()));
  constexpr std::uint64_t kSent = 5;
  WEIR_CHECK(outcome_of(answer, kSent).rejected_events <= kSent);
}

/// What `weir load --verify` is told: a report before the load on the first line, one after it on the second.
void read_reports(std::string_view text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const ReportText before{std::string(text.substr(0, end))};
  const ReportText after{std::string(text.substr(std::min(end + 1, text.size())))};
  if (!is_report(before.json) || !is_report(after.json)) return;
  WEIR_CHECK(received_in(after) >= 0);
  static_cast<void>(last_event_in(after));
  LoadResult load;
  load.counts.sent = load.counts.accepted = {1, 5};
  load.truth_json = R"({"rollups":{"landing":[{"landing_page":"/a","sessions":1,"revenue":{"EUR":1}}]}})";
  const LoadVerdict verdict = verify_load(before, after, load);
  for (const std::string& sentence : verdict.differences) WEIR_CHECK(!sentence.empty());
}

/// The value of Authorization. The clock stands still, so that but one password is ever looked at.
void read_authorization(std::string_view text) {
  static const ManualClock clock(0);
  static AdminGuard guard(clock);
  static const bool has_user = [] {
    // bcrypt, cost 4, of "secret"
    guard.use({{"alice", "$2b$04$abcdefghijklmnopqrstuuqQ9Zp9P6G6qXB8m6pEY1n0cJq8yZ2aS"}}, {});
    return true;
  }();
  HttpRequest request;
  request.path = "/";
  request.peer_address = "192.0.2.1";
  request.header = [&](std::string_view name) { return name == "Authorization" ? text : std::string_view(); };
  request.headers = [&](std::string_view name) { return std::vector<std::string_view>{request.header(name)}; };
  const std::optional<HttpResponse> refused = guard.refuse(request);
  WEIR_CHECK(has_user && refused.has_value() && refused->status >= 400 && guard.checks() <= 1);
}

/// What `weir top` is told by the server that it looks at.
void read_shown(std::string_view text) {
  const Result<TopSnapshot> shown = read_top_snapshot(text, "landing");
  if (shown) WEIR_CHECK(shown->rollup == "landing");
  static_cast<void>(reason_of_refusal(text));
}

/// THE readers; a seed begins with the number of its row.
constexpr std::array kReaders{read_datagram, read_compressed,    read_pixel, read_origin,
                              read_accept,   read_live_query,    read_url,   read_label,
                              read_time,     read_user_agent,    read_words, read_kept_places,
                              read_answer,   read_authorization, read_shown, read_reports};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  // In memory of its own, so that reading past it is seen.
  const std::vector<char> text(data + 1, data + size);
  kReaders[data[0] % kReaders.size()]({text.data(), text.size()});
  return 0;
}
