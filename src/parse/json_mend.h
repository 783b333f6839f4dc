// Mending: the JSON that senders do write and a strict parser refuses, made fit for it without a change of length:
// strings cut within a surrogate pair, and numbers beyond all types. Must never turn what is no JSON into JSON.
#pragma once

#include <span>
#include <string_view>

namespace weir {

/// True when `text` may hold the escape of a surrogate.
bool has_surrogate_escape(std::string_view text);

/// Replaces each escaped half of a surrogate pair that stands alone by U+FFFD, and each number that fits neither 64
/// bits nor a double by null. Everything else stays as it is, also what is no JSON.
void mend_json(std::span<char> text);

}  // namespace weir
