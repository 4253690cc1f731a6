// Authenticator data (WebAuthn §6.1): 32 bytes hash of the RP ID, flags, counter; with a new credential its id and key.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "platform/webauthn/cbor.h"
#include "platform/webauthn/public_key.h"

namespace machiya::webauthn {

struct AttestedCredential {
  std::string aaguid;       ///< 16 bytes
  std::string id;
  std::string key_bytes;    ///< COSE_Key as it came
  PublicKey key;
};

struct AuthenticatorData {
  std::string rp_id_hash;
  std::uint32_t sign_count = 0;
  bool user_present = false, user_verified = false, backup_eligible = false, backed_up = false;
  std::optional<AttestedCredential> attested;
  Cbor extensions;          ///< a map, or null when there are none
};
/// Every byte has its place; nothing may be left over.
Result<AuthenticatorData> read_authenticator_data(std::string_view bytes);

}  // namespace machiya::webauthn
