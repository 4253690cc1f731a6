// Web Authentication Level 3, the relying party's part: verifies registrations (§7.1) and log-ins (§7.2) of passkeys. Pure: no clock,
// no storage, no network of its own. Errors cite the step that failed.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "platform/webauthn/attestation.h"
#include "platform/webauthn/certificate.h"
#include "platform/webauthn/public_key.h"

namespace machiya::webauthn {

/// Whom the passkeys are for.
struct RelyingParty {
  std::string id;                          ///< a domain: "city.example.jp"; never an IP address
  std::vector<std::string> origins;        ///< exactly as browsers write them: "https://city.example.jp"
  bool in_frames = false;                  ///< ceremonies inside frames of other origins are expected
  std::vector<std::string> top_origins;    ///< whose frames, where the browser says so
};

/// What both ceremonies ask for.
struct Ceremony {
  const RelyingParty& party;
  std::string_view challenge;              ///< base64url without padding, as it was given to the browser
  bool user_verification = true;           ///< the user must have been verified (PIN, fingerprint), not only present
};

/// Whether somebody who vouches for the authenticator is wanted.
enum class Trust : std::uint8_t {
  any,        ///< whatever statement comes must be right; none and self are as good
  anchored    ///< only statements whose certificates lead to one of the roots (§7.1 step 24)
};

struct RegistrationRules {
  std::vector<Algorithm> algorithms;       ///< that were offered
  bool conditional = false;                ///< options.mediation was "conditional": nobody need have touched anything (step 15)
  Trust trust = Trust::any;
  std::vector<Certificate> roots;
  Instant now{0};                          ///< for the validity of certificates
};

/// As it comes from the browser, decoded from base64url.
struct RegistrationResponse {
  std::string_view client_data_json, attestation_object;
};
struct AssertionResponse {
  std::string_view client_data_json, authenticator_data, signature;
};

/// A new credential. That nobody has its id yet (step 26) is the caller's to check.
struct Credential {
  std::string id;                          ///< at most 1,023 bytes (step 25)
  std::string public_key;                  ///< COSE_Key, to be kept as it is
  Algorithm algorithm = Algorithm::es256;
  std::string aaguid;                      ///< 16 bytes; all zero for most passkeys
  std::uint32_t sign_count = 0;
  bool user_verified = false, backup_eligible = false, backed_up = false;
  std::string format;                      ///< "none", "packed" …
  AttestationType attestation = AttestationType::none;
  bool anchored = false;                   ///< its certificates lead to one of the roots
};
Result<Credential> verify_registration(const Ceremony& ceremony, const RegistrationRules& rules, const RegistrationResponse& response);

/// What is kept of a credential. That it belongs to the user who is claimed (§7.2 steps 5 and 6) is the caller's to check.
struct StoredCredential {
  std::string_view public_key;             ///< COSE_Key
  std::uint32_t sign_count = 0;
  bool backup_eligible = false;
};
struct Assertion {
  std::uint32_t sign_count = 0;            ///< to be kept
  bool user_verified = false, backed_up = false;
};
/// `conflict` (and nothing else is) when all is right but the signature counter went back or stood still (step 22): the authenticator
/// may have been copied.
Result<Assertion> verify_assertion(const Ceremony& ceremony, const StoredCredential& credential, const AssertionResponse& response);

/// The base64url challenge that a response claims to answer, to find what was asked; malformed_request when it cannot be read.
Result<std::string> challenge_of(std::string_view client_data_json);

}  // namespace machiya::webauthn
