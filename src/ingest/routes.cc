// THE route table. docs/formats.md tells users of it.
#include "weir/ingest/routes.h"

#include <algorithm>
#include <array>

#include "replies.h"

namespace weir {
namespace {

constexpr std::string_view kPlain = "Content-Type";
constexpr std::string_view kSegment = "Content-Type, Authorization";
constexpr std::string_view kUmami = "Content-Type, x-umami-cache";

constexpr std::array kRoutes{
    Route{"/v1/events", Methods::kPost, kPlain, "native", "", reply_native},

    Route{"/v1/page", Methods::kPost, kSegment, "segment", "page", reply_segment},
    Route{"/v1/track", Methods::kPost, kSegment, "segment", "track", reply_segment},
    Route{"/v1/identify", Methods::kPost, kSegment, "segment", "identify", reply_segment},
    Route{"/v1/screen", Methods::kPost, kSegment, "segment", "screen", reply_segment},
    Route{"/v1/group", Methods::kPost, kSegment, "segment", "group", reply_segment},
    Route{"/v1/alias", Methods::kPost, kSegment, "segment", "alias", reply_segment},
    Route{"/v1/batch", Methods::kPost, kSegment, "segment", "batch", reply_segment},
    Route{"/v1/import", Methods::kPost, kSegment, "segment", "batch", reply_segment},
    // As its SDK for browsers shortens them.
    Route{"/v1/p", Methods::kPost, kSegment, "segment", "page", reply_segment},
    Route{"/v1/t", Methods::kPost, kSegment, "segment", "track", reply_segment},
    Route{"/v1/i", Methods::kPost, kSegment, "segment", "identify", reply_segment},
    Route{"/v1/s", Methods::kPost, kSegment, "segment", "screen", reply_segment},
    Route{"/v1/g", Methods::kPost, kSegment, "segment", "group", reply_segment},
    Route{"/v1/a", Methods::kPost, kSegment, "segment", "alias", reply_segment},
    Route{"/v1/b", Methods::kPost, kSegment, "segment", "batch", reply_segment},

    Route{"/api/event", Methods::kPost, kPlain, "plausible", "", reply_plausible},

    Route{"/api/send", Methods::kPost, kUmami, "umami", "", reply_umami},
    Route{"/api/batch", Methods::kPost, kUmami, "umami", "", reply_umami_batch},

    Route{"/g/collect", Methods::kGetAndPost, kPlain, "ga4", "", reply_nothing},
    Route{"/mp/collect", Methods::kPost, kPlain, "ga4_mp", "", reply_nothing},

    Route{"/matomo.php", Methods::kGetAndPost, kPlain, "matomo", "", reply_matomo},
    Route{"/piwik.php", Methods::kGetAndPost, kPlain, "matomo", "", reply_matomo},
};

}  // namespace

std::span<const Route> route_table() { return kRoutes; }

const Route* find_route(std::string_view path) {
  const auto row = std::find_if(kRoutes.begin(), kRoutes.end(), [path](const Route& one) { return one.path == path; });
  return row == kRoutes.end() ? nullptr : &*row;
}

std::string_view allow_of(const Route& route) {
  return route.methods == Methods::kPost ? "POST, OPTIONS" : "GET, POST, OPTIONS";
}

bool takes(const Route& route, std::string_view method) {
  return method == "POST" || (method == "GET" && route.methods == Methods::kGetAndPost);
}

}  // namespace weir
