#include "tracker_file.h"

namespace weir {

std::string_view tracker_weir_js();  // written at build time

StaticFile tracker_file() {
  // An hour is how long a page may run an old tracker after an update; a day, that it may while it looks for a new one.
  return {"application/javascript; charset=utf-8",
          tracker_weir_js(),
          {{"Cache-Control", "public, max-age=3600, stale-while-revalidate=86400"},
           {"Access-Control-Allow-Origin", "*"},
           {"Cross-Origin-Resource-Policy", "cross-origin"}}};
}

}  // namespace weir
