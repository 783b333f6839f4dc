// What kind of site a traffic source is, from its host or bare name. THE source table is in the .cc: knowing
// one more site is one row there. Feeds the channel rules; must never allocate.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir {

/// Kinds of site that channel rules ask for. kOther: known, but none of them; kUnknown: not in the table.
enum class SourceCategory : std::uint8_t { kUnknown, kOther, kSearch, kSocial, kVideo, kShopping, kEmail, kAssistant };

/// The category of a host ("m.facebook.com", "www.google.co.uk") or of a bare name ("google", "fb"). Case does
/// not matter. A host belongs to the longest of its suffixes that is in the table. Any thread.
SourceCategory source_category(std::string_view source);

/// `host` without a leading "www." and a trailing dot, as written otherwise.
std::string_view bare_host(std::string_view host);

}  // namespace weir
