// Small secrets that this module keeps sealed under the master key: where they lie and what they are authenticated with.
#pragma once
#include <string_view>

namespace machiya::identity {

inline constexpr std::string_view kTotpContext = "identity-staff/totp";
inline constexpr std::string_view kCodeEmailContext = "identity-code/email";
inline constexpr std::string_view kShownContext = "identity-code/shown";
inline constexpr std::string_view kPasskeyNameContext = "identity-passkey/name";
inline constexpr std::string_view kParkContext = "identity-parked/form";

}  // namespace machiya::identity
