// THE route table: the paths of the public listener that take bodies with events, one row each (the pixel takes none).
// What a path expects and what it answers is all here and in its reply; how a body is taken is EventsEndpoint's. Must
// never name a format's insides.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "weir/net/http_server.h"

namespace weir {

struct TakenRequest;
/// How the client is told once a body was taken.
using Reply = HttpResponse(const TakenRequest& taken);

/// Methods a path takes events by. OPTIONS is always answered.
enum class Methods : std::uint8_t { kPost, kGetAndPost };

struct Route {
  std::string_view path;
  Methods methods;
  std::string_view headers;  // a browser's script may set, besides those that need no leave
  std::string_view format;   // of THE format table; empty: pipeline.format
  std::string_view call;     // what the path calls its event; see Wording
  Reply* reply;
};
std::span<const Route> route_table();

/// The row of a path, or nullptr.
const Route* find_route(std::string_view path);

/// The route's methods as the header Allow has them.
std::string_view allow_of(const Route& route);
/// True when the route takes events by this method.
bool takes(const Route& route, std::string_view method);

}  // namespace weir
