// Url splitting by hand: a few scans over the bytes and no copy. First stage of classification; the reader
// hands in what the client sent. It must never read outside the input nor refuse odd but usable urls.
#include "weir/classify/url.h"

#include <algorithm>
#include <array>

#include "weir/core/ascii.h"
#include "weir/core/text.h"

namespace weir {
namespace {

constexpr auto kNone = std::string_view::npos;

constexpr bool is_scheme_character(char c) { return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.'; }
constexpr bool is_blank_or_control(char c) { return static_cast<unsigned char>(c) <= 0x20; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank_or_control(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank_or_control(text.back())) text.remove_suffix(1);
  return text;
}

/// Removes from `text` everything from the first `mark` on and gives back what followed it.
std::string_view cut_at(std::string_view& text, char mark) {
  const std::size_t place = text.find(mark);
  if (place == kNone) return {};
  const std::string_view rest = text.substr(place + 1);
  text = text.substr(0, place);
  return rest;
}

/// The text before the first ':' when it has the form of a scheme; empty otherwise.
std::string_view scheme_of(std::string_view url) {
  if (url.empty() || !is_letter(url.front())) return {};
  std::size_t end = 1;
  while (end < url.size() && is_scheme_character(url[end])) ++end;
  return end < url.size() && url[end] == ':' ? url.substr(0, end) : std::string_view{};
}

/// Schemes that are no page even when "//" does not follow; http and https then lack a host.
bool is_refused_without_slashes(std::string_view scheme) {
  constexpr std::array<std::string_view, 14> kRefused{"javascript", "vbscript", "data",       "blob",  "about",
                                                      "mailto",     "file",     "filesystem", "tel",   "sms",
                                                      "intent",     "http",     "https",      "chrome"};
  return std::any_of(kRefused.begin(), kRefused.end(),
                     [&](std::string_view refused) { return equal_ignoring_case(scheme, refused); });
}

/// Host of "user:secret@host:port"; empty when there is none.
std::string_view host_of(std::string_view authority) {
  const std::size_t at = authority.rfind('@');
  if (at != kNone) authority.remove_prefix(at + 1);
  if (!authority.starts_with('[')) return authority.substr(0, authority.find(':'));
  const std::size_t close = authority.find(']');
  if (close == kNone || close == 1) return {};
  const bool ends_there = close + 1 == authority.size() || authority[close + 1] == ':';
  return ends_there ? authority.substr(0, close + 1) : std::string_view{};
}

/// Splits what follows "//". nullopt without a host.
std::optional<UrlParts> split_authority(std::string_view text, std::string_view query) {
  const auto end = std::find_if(text.begin(), text.end(), [](char c) { return c == '/' || c == '\\'; });
  const auto size = static_cast<std::size_t>(end - text.begin());
  const std::string_view host = host_of(text.substr(0, size));
  if (host.empty()) return std::nullopt;
  return UrlParts{host, text.substr(size), query};
}

}  // namespace

std::optional<UrlParts> split_url(std::string_view url) {
  std::string_view text = trim(url);
  cut_at(text, '#');
  const std::string_view query = cut_at(text, '?');
  if (text.starts_with("//")) {
    const std::optional<UrlParts> parts = split_authority(text.substr(2), query);
    return parts ? parts : UrlParts{{}, text, query};
  }
  const std::string_view scheme = scheme_of(text);
  if (scheme.empty()) return UrlParts{{}, text, query};
  const std::string_view rest = text.substr(scheme.size() + 1);
  if (rest.starts_with("//")) {
    const bool web = equal_ignoring_case(scheme, "http") || equal_ignoring_case(scheme, "https");
    return web ? split_authority(rest.substr(2), query) : std::nullopt;
  }
  if (is_refused_without_slashes(scheme)) return std::nullopt;
  return UrlParts{{}, text, query};
}

std::string_view referrer_host(std::string_view referrer) {
  const std::string_view text = trim(referrer);
  const std::string_view scheme = scheme_of(text);
  if (!equal_ignoring_case(scheme, "android-app") && !equal_ignoring_case(scheme, "ios-app")) {
    return parts_of(referrer).host;
  }
  std::string_view rest = text.substr(scheme.size() + 1);
  if (!rest.starts_with("//")) return {};
  rest.remove_prefix(2);
  return rest.substr(0, rest.find_first_of("/?#"));
}

std::string_view canonical_page(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  return path.empty() ? std::string_view{"/"} : path;
}

namespace {

/// True when `pattern` at `position` starts a ":name" segment.
bool is_parameter(std::string_view pattern, std::size_t position) {
  return pattern[position] == ':' && position > 0 && pattern[position - 1] == '/';
}

bool matches(std::string_view pattern, std::string_view page) {
  std::size_t p = 0;
  std::size_t t = 0;
  while (p < pattern.size()) {
    if (pattern[p] == '*' && p + 1 == pattern.size()) return true;
    if (t < page.size() && is_parameter(pattern, p)) {
      if (page[t] == '/') return false;
      p = std::min(pattern.find('/', p), pattern.size());
      t = std::min(page.find('/', t), page.size());
    } else if (t < page.size() && pattern[p] == page[t]) {
      ++p;
      ++t;
    } else {
      // The url "/blog/" became the page "/blog", so "/blog/*" has to match it: with nothing as its rest.
      return t == page.size() && t > 0 && pattern.substr(p) == "/*";
    }
  }
  return t == page.size();
}

/// Why the segment cannot be used; empty when it can.
std::string problem_of_segment(std::string_view segment, bool last) {
  const std::size_t star = segment.find('*');
  if (star != kNone && (!last || star + 1 != segment.size())) return "\"*\" may only be the last character";
  if (!segment.starts_with(':')) return {};
  const std::string_view name = segment.substr(1);
  if (name.empty()) return "\":\" needs a name after it, such as \":id\"";
  const bool good =
      std::all_of(name.begin(), name.end(), [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
  return good ? "" : "a name after \":\" may hold letters, digits and \"_\" only";
}

}  // namespace

PageRules::PageRules(std::vector<std::string> patterns) : patterns_(std::move(patterns)) {}

std::string_view PageRules::apply(std::string_view page) const {
  for (const std::string& pattern : patterns_) {
    if (matches(pattern, page)) return pattern;
  }
  return page;
}

std::string PageRules::problem_of(std::string_view pattern) {
  constexpr std::size_t kLongestBytes = 512;
  if (!pattern.starts_with('/')) return "a pattern starts with \"/\"";
  if (!is_clean_label(pattern, kLongestBytes))
    return "a pattern is UTF-8 without control characters, at most 512 bytes";
  if (pattern.find_first_of("?#") != kNone) return "pages have no query and no fragment: \"?\" and \"#\" never match";
  if (pattern.size() > 1 && pattern.ends_with('/')) return "pages do not end in \"/\": leave it out";
  std::string_view rest = pattern.substr(1);
  while (true) {
    const std::size_t end = rest.find('/');
    std::string problem = problem_of_segment(rest.substr(0, end), end == kNone);
    if (!problem.empty() || end == kNone) return problem;
    rest.remove_prefix(end + 1);
  }
}

namespace {

bool is_ad_click_id(std::string_view name) {
  constexpr std::array<std::string_view, 10> kNames{"gclid", "gbraid", "wbraid", "dclid",   "msclkid",
                                                    "yclid", "ttclid", "twclid", "rdt_cid", "li_fat_id"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end() || equal_ignoring_case(name, "sccid");
}

/// The field a utm_ parameter fills; nullptr for an unknown one.
std::string_view* campaign_field(CampaignParameters& parameters, std::string_view name) {
  if (name == "source") return &parameters.source;
  if (name == "medium") return &parameters.medium;
  if (name == "campaign") return &parameters.campaign;
  if (name == "term") return &parameters.term;
  if (name == "content") return &parameters.content;
  return nullptr;
}

void take_parameter(CampaignParameters& parameters, std::string_view name, std::string_view value) {
  constexpr std::string_view kPrefix = "utm_";
  if (value.empty()) return;
  if (!name.starts_with(kPrefix)) {
    parameters.paid_click = parameters.paid_click || is_ad_click_id(name);
    return;
  }
  std::string_view* field = campaign_field(parameters, name.substr(kPrefix.size()));
  if (field != nullptr && field->empty()) *field = value;
}

}  // namespace

CampaignParameters campaign_parameters(std::string_view query) {
  CampaignParameters parameters;
  while (!query.empty()) {
    std::string_view name = query;
    query = cut_at(name, '&');
    const std::string_view value = cut_at(name, '=');
    take_parameter(parameters, name, value);
  }
  return parameters;
}

}  // namespace weir
