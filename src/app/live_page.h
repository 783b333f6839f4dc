// LivePage: the files of the live page, which web/live is bundled to. Knows nothing of what they do; their data comes
// from the live feed.
#pragma once

#include <map>
#include <string_view>

#include "weir/net/static_file.h"

namespace weir {

/// The page at / and what it loads. Empty when the program was built without it. Any thread.
class LivePage {
 public:
  LivePage();
  /// Null when no file has this path.
  const StaticFile* find(std::string_view path) const;

 private:
  std::map<std::string_view, StaticFile> files_;  // by path
};

}  // namespace weir
