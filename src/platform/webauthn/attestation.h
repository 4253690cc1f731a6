// Attestation statements (WebAuthn §8): who vouches for a new credential's authenticator.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "platform/webauthn/authenticator_data.h"
#include "platform/webauthn/certificate.h"

namespace machiya::webauthn {

enum class AttestationType : std::uint8_t { none, self, certified };   ///< certified: basic, attestation CA or anonymisation CA

/// What the procedures of §8 look at.
struct Statement {
  const Cbor& att_stmt;                  ///< a map
  std::string_view auth_data;            ///< as it came
  const AuthenticatorData& data;
  const AttestedCredential& credential;
  std::string client_data_hash;
  std::string signed_bytes() const { return std::string(auth_data) + client_data_hash; }
};
struct Attested {
  AttestationType type = AttestationType::none;
  std::vector<Certificate> chain;        ///< of certified: the end certificate first
};
/// §7.1 steps 21 and 22 for none, packed, tpm, android-key, apple and fido-u2f. android-safetynet is refused: its service ended, so that
/// nobody can vouch through it any more. Errors name the section.
Result<Attested> verify_statement(std::string_view format, const Statement& statement);

// One format each.
Result<Attested> verify_packed(const Statement& statement);
Result<Attested> verify_tpm(const Statement& statement);
Result<Attested> verify_android_key(const Statement& statement);
Result<Attested> verify_apple(const Statement& statement);
Result<Attested> verify_fido_u2f(const Statement& statement);

// What several formats share.
Error refused_statement(std::string_view section, std::string what);
/// The certificates of `x5c`: one at least, eight at most.
Result<std::vector<Certificate>> read_chain(const Statement& statement, std::string_view section);
/// `alg` and `sig`.
struct Signed {
  Algorithm algorithm;
  std::string signature;
};
Result<Signed> read_signed(const Statement& statement, std::string_view section);
/// §8.2.1: id-fido-gen-ce-aaguid, when there, is not critical and names the AAGUID of the authenticator data.
Result<void> check_aaguid(const Certificate& certificate, const Statement& statement, std::string_view section);

}  // namespace machiya::webauthn
