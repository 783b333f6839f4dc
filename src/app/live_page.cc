#include "live_page.h"

namespace weir {

std::string_view live_index_html();  // these three are written at build time
std::string_view live_live_js();
std::string_view live_live_css();

namespace {

// Nothing but these files and the feed is ever loaded, no text becomes script or style, and no other page may show this
// one in a frame.
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

StaticFile page_file(const char* content_type, std::string_view text) {
  return {content_type,
          text,
          {{"Cache-Control", "no-cache"},  // kept, but asked for again each time: an update shows at once
           {"Content-Security-Policy", kPolicy},
           {"Referrer-Policy", "no-referrer"},
           {"Cross-Origin-Resource-Policy", "same-origin"},
           {"Cross-Origin-Opener-Policy", "same-origin"}}};
}

}  // namespace

LivePage::LivePage() {
  if (live_index_html().empty()) return;
  files_.emplace("/", page_file("text/html; charset=utf-8", live_index_html()));
  files_.emplace("/live.js", page_file("application/javascript; charset=utf-8", live_live_js()));
  files_.emplace("/live.css", page_file("text/css; charset=utf-8", live_live_css()));
}

const StaticFile* LivePage::find(std::string_view path) const {
  const auto file = files_.find(path);
  return file == files_.end() ? nullptr : &file->second;
}

}  // namespace weir
