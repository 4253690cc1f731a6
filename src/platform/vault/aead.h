// XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha) with a version byte and a random nonce in front of the cipher text.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace machiya::vault {

/// version (1) | nonce (24) | cipher text and tag. The version and `context` are authenticated. `key`: 32 bytes.
std::string aead_seal(const unsigned char* key, std::string_view context, std::string_view plain);
/// Nothing when anything differs.
std::optional<std::string> aead_open(const unsigned char* key, std::string_view context, std::string_view sealed);

}  // namespace machiya::vault
