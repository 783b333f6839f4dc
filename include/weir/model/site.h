// Sites: the web properties that are counted, when the configuration lists them. The listener asks whose pages may
// send, the reader which site an event belongs to. Must never guess: what is not listed is unknown.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace weir {

/// One row of `sites`.
struct Site {
  std::string name;                      // the label
  std::vector<std::string> hosts;        // of its pages, lower case; "*.shop.example" is every host below
  std::vector<std::string> origins;      // further web origins that may send for it, or "*"
  std::vector<std::string> brand_terms;  // in place of the common ones; see BrandTerms

  bool operator==(const Site&) const = default;
};

/// The sites by name and by host. Immutable; any thread.
class SiteList {
 public:
  SiteList() = default;
  explicit SiteList(std::vector<Site> sites);

  /// Without any, every site counts.
  bool empty() const { return sites_.empty(); }

  /// The site of a host in any case, its own or, for "www." in front, that of the rest; nullptr when there is none.
  const Site* of_host(std::string_view host) const;
  /// The site called `name`, or that of the host `name`; nullptr when there is none.
  const Site* of_name(std::string_view name) const;
  /// Whether a page of `origin` ("https://shop.example") may send for the site: one of its hosts or its origins.
  bool allows(const Site& site, std::string_view origin) const;
  /// Whether it may send for any site.
  bool allows(std::string_view origin) const;

 private:
  const Site* find_host(std::string_view lower_host) const;

  /// Indices of sites by a text, found without a copy of it.
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Places = std::unordered_map<std::string, std::size_t, TextHash, std::equal_to<>>;

  std::vector<Site> sites_;
  Places by_name_;
  Places by_host_;
  Places by_parent_;  // ".shop.example", of the hosts below it
};

}  // namespace weir
