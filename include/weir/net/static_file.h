// StaticFile: text that is part of the program and answered over HTTP, the same bytes until the process ends. Knows
// nothing of what it says.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/net/http_server.h"

namespace weir {

/// A text as it is and compressed. Any thread.
class StaticFile {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  /// `headers` go with every answer, beside ETag and Vary.
  StaticFile(std::string content_type, std::string_view text, Headers headers);

  /// Answers GET and HEAD: gzip to whoever takes it, 304 when the client has these bytes. 405 to other methods.
  HttpResponse answer(const HttpRequest& request) const;

 private:
  struct Variant {
    std::string body;
    std::string tag;  // the ETag, in quotes
  };

  std::string content_type_;
  Headers headers_;
  Variant plain_;
  Variant compressed_;
};

}  // namespace weir
