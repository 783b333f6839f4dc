#include "weir/ingest/intake.h"

#include <algorithm>
#include <cstring>

namespace weir {

void ByteStream::write(std::string_view text) {
  while (!text.empty()) {
    const std::span<char> room = prepare();
    const std::size_t size = std::min(room.size(), text.size());
    std::memcpy(room.data(), text.data(), size);
    commit(size);
    text.remove_prefix(size);
  }
}

}  // namespace weir
