#include "page_like.h"

#include <algorithm>
#include <array>

#include "weir/core/ascii.h"
#include "weir/core/check.h"

namespace weir {

bool is_status_pattern(std::string_view text) {
  if (text.size() != 3 || text[0] < '1' || text[0] > '5') return false;
  return text.substr(1) == "xx" || (is_digit(text[1]) && is_digit(text[2]));
}

PageLike::PageLike(const AccessLogOptions& options)
    : methods_(options.methods), extensions_(options.static_extensions), ignored_paths_(options.ignored_paths) {
  std::sort(extensions_.begin(), extensions_.end());
  for (const std::string& pattern : options.statuses) {
    WEIR_CHECK(is_status_pattern(pattern));
    const bool whole_class = pattern[1] == 'x';
    const auto first = static_cast<std::size_t>(pattern[0] - '0') * 100;
    for (std::size_t i = 0; i < 100; ++i) {
      const std::size_t wanted = whole_class ? i : static_cast<std::size_t>((pattern[1] - '0') * 10 + pattern[2] - '0');
      if (i == wanted) statuses_.set(first + i);
    }
  }
}

bool PageLike::matches(std::string_view method, std::string_view path, std::optional<std::uint64_t> status) const {
  if (!path.starts_with('/')) return false;
  if (status && (*status >= statuses_.size() || !statuses_[static_cast<std::size_t>(*status)])) return false;
  if (std::find(methods_.begin(), methods_.end(), method) == methods_.end()) return false;
  const bool ignored = std::any_of(ignored_paths_.begin(), ignored_paths_.end(),
                                   [&](const std::string& prefix) { return path.starts_with(prefix); });
  return !ignored && !is_static(path);
}

bool PageLike::is_static(std::string_view path) const {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return false;
  const std::string_view extension = name.substr(dot + 1);
  std::array<char, 16> folded{};
  if (extension.size() > folded.size()) return false;
  std::transform(extension.begin(), extension.end(), folded.begin(), lower);
  return std::binary_search(extensions_.begin(), extensions_.end(), std::string_view(folded.data(), extension.size()),
                            std::less<std::string_view>());
}

}  // namespace weir
