// How a session came about: the way, how strong it is, when; and which kind of device, as far as its owner needs it to
// know a session again. Pure.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"

namespace machiya::identity {

/// How old a log-in may be for sensitive acts (RouteOptions::step_up_minutes).
inline constexpr int kStepUpMinutes = 15;

/// Ways to log in. Closed: a new one gets its line here and its word in authentication.cpp.
enum class Method : std::uint8_t {
  unknown,         ///< no log-in, or one from before sessions knew
  mail_code,       ///< a code mailed to the person's address
  password_totp,   ///< staff: password and one-time password
  passkey,         ///< WebAuthn
  provider,        ///< an OpenID provider vouched
  recovery         ///< a recovery code beside a mailed code, or a re-enrolment that somebody else opened
};

/// What the way is worth (after NIST SP 800-63B: one factor, two factors, resistant to phishing).
enum class Strength : std::uint8_t { none, single_factor, two_factors, phishing_resistant };

struct Authentication {
  Method method = Method::unknown;
  Strength strength = Strength::none;
  Instant at{0};   ///< when the proof was given
};

/// "email-code", "password-totp", "passkey" …, "" for unknown: in tables, audit rows and keys of texts.
std::string_view word_of(Method method);
/// unknown for anything else.
Method method_of(std::string_view word);
/// "none", "single-factor", "two-factors", "phishing-resistant".
std::string_view word_of(Strength strength);

/// "Firefox / Windows" from a User-Agent header: the family of browser and system and nothing else, so that the label is no
/// fingerprint. "" where neither is known.
std::string device_of(std::string_view user_agent);

}  // namespace machiya::identity
