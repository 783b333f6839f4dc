// AccessLogOptions: which hits of an access log are page views, as in configuration under `access_log`. Formats of
// parse read them; all other hits are resources, which are counted and nothing else.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// A hit is a page view when its method, its status and its path all say so.
struct AccessLogOptions {
  std::vector<std::string> methods{"GET"};
  std::vector<std::string> statuses{"2xx", "3xx", "5xx"};  // a class, or a status such as "404"
  /// What a file of a page, and not a page, ends in: without the dot, in lower case.
  std::vector<std::string> static_extensions{
      "css", "js",   "mjs",  "map",  "json", "xml",  "txt",   "webmanifest", "wasm", "png", "jpg", "jpeg", "gif",
      "svg", "webp", "avif", "ico",  "bmp",  "woff", "woff2", "ttf",         "otf",  "eot", "mp3", "m4a",  "ogg",
      "wav", "mp4",  "m4v",  "webm", "mov",  "pdf",  "zip",   "gz",          "tgz",  "bz2", "xz"};
  std::vector<std::string> ignored_paths;  // what the path of no page starts with, such as "/api/"
  std::string host;                        // of lines that name none; empty: unknown
};

/// True for "2xx" and "404": a class from 1xx to 5xx, or a status from 100 to 599.
bool is_status_pattern(std::string_view text);

}  // namespace weir
