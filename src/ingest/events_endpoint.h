// EventsEndpoint: the routes of the public listener: what is checked before a body is looked at, and who takes it.
// Pure request in, response out; sockets are net's business, events are behind Intake, answers are in replies.h.
#pragma once

#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "client_rates.h"
#include "tracker_file.h"
#include "weir/ingest/intake.h"
#include "weir/ingest/origin_reader.h"
#include "weir/model/site.h"
#include "weir/net/http_server.h"

namespace weir {

struct Route;

/// Answers the requests of the public listener. One thread.
class EventsEndpoint {
 public:
  /// With `sites`, pages of their origins may send too, and "*" in `origins` means no others.
  EventsEndpoint(Intake& intake, std::vector<std::string> origins, OriginReader origin_reader = {}, SiteList sites = {},
                 ClientRates rates = ClientRates());
  HttpResponse answer(const HttpRequest& request);

 private:
  HttpResponse answer_allowed(const HttpRequest& request);
  std::optional<HttpResponse> refuse(const HttpRequest& request);
  HttpResponse busy();
  HttpResponse take(const HttpRequest& request, const Route& route);
  HttpResponse take_body(const HttpRequest& request, const Route& route, std::string_view body);
  bool origin_allowed(std::string_view origin) const;

  Intake& intake_;
  std::vector<std::string> origins_;
  OriginReader origin_reader_;
  SiteList sites_;
  ClientRates rates_;
  bool any_origin_;
  StaticFile tracker_ = tracker_file();
  std::string inflated_;  // reused; at most the inflation limit
  std::minstd_rand random_;
};

}  // namespace weir
