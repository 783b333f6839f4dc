// TrackerFiles: GET /weir.js of the public listener, the tracker that web/tracker is bundled to. Knows nothing of what
// the script does; answers the same bytes until the process ends.
#pragma once

#include <string>
#include <string_view>

#include "weir/net/http_server.h"

namespace weir {

inline constexpr std::string_view kTrackerPath = "/weir.js";

/// The tracker as it is and compressed. Any thread.
class TrackerFiles {
 public:
  TrackerFiles();

  /// Answers GET and HEAD; 304 when the client has these bytes. Pages of any origin may load it.
  HttpResponse answer(const HttpRequest& request) const;

 private:
  struct Variant {
    std::string body;
    std::string tag;  // the ETag, in quotes
  };

  Variant plain_;
  Variant compressed_;
};

}  // namespace weir
