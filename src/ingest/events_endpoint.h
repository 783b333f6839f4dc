// EventsEndpoint: POST /v1/events of the public listener: what is checked before a body is looked at, and how its
// result is told. Pure request in, response out; sockets are net's business, events are behind Intake.
#pragma once

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "weir/ingest/intake.h"
#include "weir/net/http_server.h"

namespace weir {

/// Answers the requests of the public listener. One thread.
class EventsEndpoint {
 public:
  EventsEndpoint(Intake& intake, std::vector<std::string> origins);
  HttpResponse answer(const HttpRequest& request);

 private:
  HttpResponse answer_allowed(const HttpRequest& request);
  HttpResponse take(const HttpRequest& request);
  HttpResponse take_body(const HttpRequest& request, std::string_view body);
  bool origin_allowed(std::string_view origin) const;

  Intake& intake_;
  std::vector<std::string> origins_;
  bool any_origin_;
  std::string inflated_;  // reused; at most the inflation limit
  std::minstd_rand jitter_;
};

}  // namespace weir
