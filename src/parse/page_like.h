// PageLike: the rule that tells page views from resources in access logs. Made once from options, asked per hit by
// the formats. Must never allocate when asked.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/parse/access_log_options.h"

namespace weir {

/// Immutable; any thread.
class PageLike {
 public:
  explicit PageLike(const AccessLogOptions& options);
  /// `path`: without query and fragment. A status that the log does not tell is no reason against a page.
  bool matches(std::string_view method, std::string_view path, std::optional<std::uint64_t> status) const;

 private:
  bool is_static(std::string_view path) const;

  std::vector<std::string> methods_;
  std::bitset<600> statuses_;
  /// The bytes of an extension, filled up with zeros: two numbers are quicker to compare than two texts.
  using Extension = std::array<std::uint64_t, 2>;
  static std::optional<Extension> extension_of(std::string_view text);

  std::vector<Extension> extensions_;  // sorted
  std::vector<std::string> ignored_paths_;
};

}  // namespace weir
