// clientDataJSON (WebAuthn §5.8.1): what the browser says about the ceremony.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace machiya::webauthn {

struct ClientData {
  std::string type, challenge, origin;     ///< challenge as base64url text
  bool cross_origin = false;
  std::optional<std::string> top_origin;
};
/// UTF-8 decode as §7.1 step 5 has it (a byte order mark goes, what is no UTF-8 becomes U+FFFD), then strict JSON.
Result<ClientData> read_client_data(std::string_view json);

}  // namespace machiya::webauthn
