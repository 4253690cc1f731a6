// Base 32 of RFC 4648 §6 without padding: the form in which authenticator apps take TOTP secrets.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace machiya::vault {

std::string base32(std::string_view bytes);
/// Accepts lower case, blanks and '=' padding; nothing for other characters or a length that cannot be.
std::optional<std::string> from_base32(std::string_view text);

}  // namespace machiya::vault
