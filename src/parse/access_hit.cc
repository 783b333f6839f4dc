#include "access_hit.h"

#include <algorithm>

#include "json_text.h"
#include "weir/core/ascii.h"

namespace weir {
namespace {

constexpr std::size_t kMaxHostBytes = 255;  // the longest name DNS knows

constexpr bool is_letter_or_digit(char c) { return is_letter(c) || is_digit(c); }

/// Nothing, or a colon and digits.
bool is_port(std::string_view text) {
  return text.empty() || (text.front() == ':' && text.find_first_not_of("0123456789", 1) == std::string_view::npos);
}

/// A host with an optional port that may stand in a url as it is. Hosts come from clients: what could be read as
/// something else than a host, such as a second slash, is none.
bool is_plain_host(std::string_view host) {
  if (host.empty() || host.size() > kMaxHostBytes) return false;
  if (host.starts_with('[')) {
    const std::size_t close = host.find(']');
    if (close == std::string_view::npos || close < 3) return false;
    const bool hexadecimal = std::all_of(host.begin() + 1, host.begin() + static_cast<std::ptrdiff_t>(close),
                                         [](char c) { return hex_digit(c) >= 0 || c == ':' || c == '.'; });
    return hexadecimal && is_port(host.substr(close + 1));
  }
  const std::size_t colon = std::min(host.find(':'), host.size());
  if (!is_letter_or_digit(host.front()) || !is_port(host.substr(colon))) return false;
  return std::all_of(host.begin(), host.begin() + static_cast<std::ptrdiff_t>(colon),
                     [](char c) { return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_'; });
}

/// The host of an absolute target ("http://host/path"), which is cut off it; empty when it is a path.
std::string_view take_host(std::string_view& target) {
  if (target.starts_with('/')) return {};
  const std::size_t mark = target.find("://");
  if (mark == std::string_view::npos || mark > 5) return {};
  const std::size_t from = mark + 3;
  const std::size_t end = std::min(target.find_first_of("/?#", from), target.size());
  const std::string_view host = target.substr(from, end - from);
  target.remove_prefix(end);
  return host.substr(host.rfind('@') + 1);
}

/// The target up to its query or fragment. Two searches for one byte each: quicker than one for either.
std::string_view path_of(std::string_view target) {
  target = target.substr(0, target.find('?'));
  return target.substr(0, target.find('#'));
}

bool is_protocol(std::string_view word) { return word.starts_with("HTTP/") && word.size() <= 8; }

}  // namespace

std::string_view without_dash(std::string_view field) {
  field = trim_json_space(field);
  return field == "-" ? std::string_view{} : field;
}

void take_request_line(std::string_view request, AccessHit& hit) {
  const std::size_t method_size = request.find(' ');
  if (method_size == std::string_view::npos || method_size == 0) return;
  const std::string_view method = request.substr(0, method_size);
  if (!std::all_of(method.begin(), method.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) return;
  std::string_view target = request.substr(method_size + 1);
  const std::size_t last = target.rfind(' ');
  if (last != std::string_view::npos && is_protocol(target.substr(last + 1))) target = target.substr(0, last);
  hit.method = method;
  hit.target = trim_json_space(target);
}

AccessEvents::AccessEvents(const AccessLogOptions& options)
    : page_like_(options), default_host_(is_plain_host(options.host) ? options.host : std::string()) {}

void AccessEvents::fill(const AccessHit& hit, TextRoom& texts, RawEvent& event) const {
  event.type = "page_view";
  event.ts_ms = hit.time_ms;
  event.address = hit.address.starts_with("unix:") ? std::string_view{} : hit.address;
  event.visitor = hit.visitor;
  event.visitor_given = !hit.visitor.empty();
  event.id = hit.id;
  event.referrer = hit.referrer;
  event.user_agent = hit.user_agent;
  event.status = hit.status;
  event.duration_ms = hit.duration_ms;

  std::string_view target = hit.target;
  const std::string_view target_host = take_host(target);
  std::string_view host = is_plain_host(hit.host) ? hit.host : std::string_view(default_host_);
  if (host.empty() && is_plain_host(target_host)) host = target_host;
  if (!target_host.empty() && !target.starts_with('/')) target = texts.join({"/", target});
  // Two slashes at the start would make a host of what follows them.
  while (target.starts_with("//")) target.remove_prefix(1);
  const std::string_view path = path_of(target);
  const bool apart = !hit.arguments.empty() && path.size() == target.size();
  if (host.empty() && !apart) {
    event.url = target;
  } else {
    event.url = texts.join(
        {host.empty() ? "" : "//", host, target, apart ? "?" : "", apart ? hit.arguments : std::string_view{}});
  }
  event.resource = hit.repeated || !page_like_.matches(hit.method, path, hit.status);
}

}  // namespace weir
