#include "weir/model/site.h"

#include <algorithm>
#include <array>

#include "weir/core/ascii.h"

namespace weir {
namespace {

constexpr std::size_t kLongestHostBytes = 253;  // of a name in DNS

/// "shop.example" of "https://shop.example:8443"; empty when it is no origin of a page on the web.
std::string_view host_of_origin(std::string_view origin) {
  const std::size_t scheme = origin.find("://");
  if (scheme == std::string_view::npos) return {};
  origin.remove_prefix(scheme + 3);
  const std::size_t from = origin.starts_with('[') ? std::min(origin.find(']'), origin.size()) : 0;
  return origin.substr(0, origin.find(':', from));
}

/// True when an origin is among those that a site allows besides its hosts.
bool lists(const Site& site, std::string_view origin) {
  return std::any_of(site.origins.begin(), site.origins.end(), [origin](const std::string& allowed) {
    return allowed == "*" || equal_ignoring_case(allowed, origin);
  });
}

}  // namespace

SiteList::SiteList(std::vector<Site> sites) : sites_(std::move(sites)) {
  for (std::size_t i = 0; i < sites_.size(); ++i) {
    by_name_.emplace(sites_[i].name, i);
    for (const std::string& host : sites_[i].hosts) {
      const bool below = host.starts_with('*');
      (below ? by_parent_ : by_host_).emplace(below ? host.substr(1) : host, i);
    }
  }
}

const Site* SiteList::find_host(std::string_view lower_host) const {
  const auto exact = by_host_.find(lower_host);
  if (exact != by_host_.end()) return &sites_[exact->second];
  for (std::size_t dot = lower_host.find('.'); dot != std::string_view::npos; dot = lower_host.find('.', dot + 1)) {
    const auto below = by_parent_.find(lower_host.substr(dot));
    if (below != by_parent_.end()) return &sites_[below->second];
  }
  return nullptr;
}

const Site* SiteList::of_host(std::string_view host) const {
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.empty() || host.size() > kLongestHostBytes) return nullptr;
  std::array<char, kLongestHostBytes> buffer;
  std::transform(host.begin(), host.end(), buffer.begin(), lower);
  const std::string_view lower_host(buffer.data(), host.size());
  if (const Site* site = find_host(lower_host)) return site;
  constexpr std::string_view kWww = "www.";
  return lower_host.starts_with(kWww) ? find_host(lower_host.substr(kWww.size())) : nullptr;
}

const Site* SiteList::of_name(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? of_host(name) : &sites_[found->second];
}

bool SiteList::allows(const Site& site, std::string_view origin) const {
  return of_host(host_of_origin(origin)) == &site || lists(site, origin);
}

bool SiteList::allows(std::string_view origin) const {
  if (of_host(host_of_origin(origin)) != nullptr) return true;
  return std::any_of(sites_.begin(), sites_.end(), [origin](const Site& site) { return lists(site, origin); });
}

}  // namespace weir
