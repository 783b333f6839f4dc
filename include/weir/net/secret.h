// What passwords need: a keyed digest, a comparison that tells nothing by its time, and base64 as HTTP has it. Over
// OpenSSL.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

using SecretKey = std::array<std::uint8_t, 32>;
using SecretDigest = std::array<std::uint8_t, 32>;

/// From the operating system's random source.
SecretKey random_key();

/// HMAC-SHA-256.
SecretDigest digest_of(const SecretKey& key, std::string_view text);

/// Takes the same time for all texts of a length.
bool same_secret(std::string_view a, std::string_view b);

std::string encode_base64(std::string_view bytes);
/// The bytes of a padded base64 text; nullopt when it is none.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace weir
