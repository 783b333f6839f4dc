// Urls as browsers and proxies really send them: a tolerant splitter, never a validator. Browsers do send
// raw |, {} and bytes beyond ASCII, which strict RFC 3986 parsers refuse. Called by the reader for every
// event, so splitting allocates nothing and gives back views into the input. Must never fail on any bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// Parts of a url; views into it. Credentials, port and fragment are dropped.
struct UrlParts {
  std::string_view host;   // as written, without port and credentials, IPv6 in brackets; empty for a bare path
  std::string_view path;   // as written; of an absolute url from the first '/' on; may be empty
  std::string_view query;  // without '?'
};

/// Splits an absolute http(s) url, a scheme-relative url ("//host/path") or a path ("/a?b"; "a/b" too).
/// nullopt for other schemes (javascript:, data:, file:, ...) and for an absolute url without host.
/// A scheme is what stands before "://", or a known scheme that needs no "//" (javascript:, mailto:, ...);
/// any other text with a colon ("localhost:3000/x") is a path, and so is "//" without a host after it, which
/// proxies log. White space and control characters around the url are ignored, as browsers do; a backslash
/// ends the host, as in browsers. Any thread.
std::optional<UrlParts> split_url(std::string_view url);

/// The parts of a url that may be bad or missing: none of one that cannot be split. Any thread.
inline UrlParts parts_of(std::string_view url) { return split_url(url).value_or(UrlParts{}); }

/// Host of a referrer; of "android-app://PACKAGE/..." and "ios-app://ID/..." the package or id. Empty when there is
/// none. A view into `referrer`. Any thread.
std::string_view referrer_host(std::string_view referrer);

/// The page of a path as the contract defines it: as written, trailing slashes go except of "/"; empty is "/".
/// A view into `path` or of static storage. Query and fragment must be cut before (split_url does).
std::string_view canonical_page(std::string_view path);

/// Ordered patterns that give pages a common name. The first match wins and its pattern becomes the page.
///   "/product/:id"  a segment that is ":" and a name stands for any one segment that is not empty
///   "/blog/*"       a trailing "*" stands for any rest, also none: "/blog/a/b", and "/blog", which is how
///                   the url "/blog/" is written as a page; "/blog*" matches "/blogs" as well
///   "/about"        anything else stands for itself, case matters
/// Immutable; any thread.
class PageRules {
 public:
  PageRules() = default;
  explicit PageRules(std::vector<std::string> patterns);
  /// `page` itself, or the pattern that matches it (a view into this object). `page` is canonical.
  std::string_view apply(std::string_view page) const;
  /// Why a pattern cannot be used; empty when it can. For configuration checks.
  static std::string problem_of(std::string_view pattern);

 private:
  std::vector<std::string> patterns_;
};

/// Campaign parameters found in a query, as written there, still percent-encoded; views into it.
struct CampaignParameters {
  std::string_view source, medium, campaign, term, content;  // utm_*; the first of each that is not empty counts
  bool paid_click = false;  // an id that only advertisements carry: gclid, gbraid, wbraid, dclid, msclkid, yclid,
                            // ttclid, twclid, rdt_cid, li_fat_id, ScCid. Not fbclid: ordinary posts carry it too
};

/// Reads a query once. Names are compared exactly, except that the case of ScCid does not matter. Any thread.
CampaignParameters campaign_parameters(std::string_view query);

}  // namespace weir
