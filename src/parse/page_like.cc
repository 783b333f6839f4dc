#include "page_like.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "weir/core/ascii.h"
#include "weir/core/check.h"

namespace weir {

bool is_status_pattern(std::string_view text) {
  if (text.size() != 3 || text[0] < '1' || text[0] > '5') return false;
  return text.substr(1) == "xx" || (is_digit(text[1]) && is_digit(text[2]));
}

PageLike::PageLike(const AccessLogOptions& options) : methods_(options.methods), ignored_paths_(options.ignored_paths) {
  for (const std::string& text : options.static_extensions) {
    if (const std::optional<Extension> extension = extension_of(text)) extensions_.push_back(*extension);
  }
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

/// nullopt when it is empty or longer than any that is configured.
std::optional<PageLike::Extension> PageLike::extension_of(std::string_view text) {
  Extension extension{};
  std::array<char, sizeof(Extension)> folded{};
  if (text.empty() || text.size() > folded.size()) return std::nullopt;
  std::transform(text.begin(), text.end(), folded.begin(), lower);
  std::memcpy(extension.data(), folded.data(), folded.size());
  return extension;
}

bool PageLike::is_static(std::string_view path) const {
  std::size_t from = path.size();
  while (from > 0 && path[from - 1] != '.' && path[from - 1] != '/') --from;
  if (from == 0 || path[from - 1] != '.') return false;
  const std::optional<Extension> extension = extension_of(path.substr(from));
  return extension && std::binary_search(extensions_.begin(), extensions_.end(), *extension);
}

}  // namespace weir
