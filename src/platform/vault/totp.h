// One-time passwords over an HMAC (RFC 4226) and a time step (RFC 6238).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace machiya::vault {

enum class OtpHash : std::uint8_t { sha1, sha256, sha512 };
inline constexpr std::int64_t kTotpStepSeconds = 30;

/// The decimal code of a counter (RFC 4226 §5.3), `digits` of 6 to 8, leading zeros kept. `secret` is raw bytes.
std::string hotp(std::string_view secret, std::uint64_t counter, int digits, OtpHash hash = OtpHash::sha1);
/// The code that an authenticator shows for a time step; "" when the secret is no base 32. For demonstrations and tests.
std::string totp_at_step(std::string_view secret_base32, std::int64_t step);

}  // namespace machiya::vault
