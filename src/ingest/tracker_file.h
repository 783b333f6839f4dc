// GET /weir.js of the public listener: the tracker that web/tracker is bundled to. Knows nothing of what the script
// does.
#pragma once

#include <string_view>

#include "weir/net/static_file.h"

namespace weir {

inline constexpr std::string_view kTrackerPath = "/weir.js";

/// The tracker, for pages of any origin.
StaticFile tracker_file();

}  // namespace weir
