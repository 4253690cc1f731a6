// Android key attestation (WebAuthn §8.4) and Apple anonymous attestation (§8.8).
#include "platform/webauthn/attestation.h"
#include "platform/webauthn/der.h"

namespace machiya::webauthn {
namespace {
constexpr std::string_view kAndroid = "§8.4", kApple = "§8.8";
constexpr const char* kKeyDescription = "1.3.6.1.4.1.11129.2.1.17";
constexpr const char* kAppleNonce = "1.2.840.113635.100.8.2";
// AuthorizationList of Android key attestation: [1] purpose, [600] allApplications, [702] origin.
constexpr std::uint32_t kPurpose = 1, kAllApplications = 600, kOrigin = 702;
constexpr std::uint32_t kPurposeSign = 2, kOriginGenerated = 0;

/// What the two authorisation lists say together (software and trusted environment): §8.4 takes their union unless keys of a trusted
/// environment alone are wanted. Origin and purpose must be right where they are stated; the standard's own vector states neither.
struct Authorizations {
  bool all_applications = false, imported = false, other_purpose = false;
};

bool read_list(std::string_view content, Authorizations& out) {
  const auto entries = read_der(content);
  if (!entries) return false;
  for (const Der& entry : *entries) {
    if ((entry.first & kDerContext) == 0) return false;
    if (entry.number == kAllApplications) out.all_applications = true;
    const auto inner = entry.number == kOrigin || entry.number == kPurpose ? read_der(entry.content) : std::nullopt;
    if (entry.number == kOrigin) {
      if (!inner || inner->size() != 1) return false;
      out.imported = out.imported || der_small(inner->front()) != kOriginGenerated;
    }
    if (entry.number == kPurpose) {
      const auto purposes = der_content(entry.content, kDerSet);
      const auto values = purposes ? read_der(*purposes) : std::nullopt;
      if (!values) return false;
      for (const Der& value : *values) out.other_purpose = out.other_purpose || der_small(value) != kPurposeSign;
    }
  }
  return true;
}

Result<void> check_description(std::string_view value, const std::string& client_data_hash) {
  const auto parts = der_sequence(value);
  // attestationVersion, its level, keymasterVersion, its level, attestationChallenge, uniqueId, softwareEnforced, teeEnforced
  if (!parts || parts->size() < 8) return refused_statement(kAndroid, "the key description cannot be read");
  const Der& challenge = (*parts)[4];
  if (challenge.first != 0 || challenge.number != kDerOctets || challenge.content != client_data_hash)
    return refused_statement(kAndroid, "the attestation challenge is another one");
  Authorizations all;
  for (const std::size_t list : {std::size_t{6}, std::size_t{7}})
    if ((*parts)[list].first != kDerConstructed || (*parts)[list].number != kDerSequence || !read_list((*parts)[list].content, all))
      return refused_statement(kAndroid, "an authorisation list cannot be read");
  if (all.all_applications) return refused_statement(kAndroid, "the key is open to all applications");
  if (all.imported || all.other_purpose) return refused_statement(kAndroid, "the key was not made on the device for signing");
  return {};
}
}  // namespace

Result<Attested> verify_android_key(const Statement& statement) {
  MACHIYA_TRY(const Signed sig, read_signed(statement, kAndroid));
  Attested out;
  out.type = AttestationType::certified;
  MACHIYA_TRY(out.chain, read_chain(statement, kAndroid));
  const Certificate& certificate = out.chain.front();
  if (!certificate.key().verifies(sig.algorithm, statement.signed_bytes(), sig.signature)) return refused_statement(kAndroid, "the signature is wrong");
  if (!certificate.key().same_key(statement.credential.key)) return refused_statement(kAndroid, "the certificate is for another key");
  const auto description = certificate.extension(kKeyDescription);
  if (!description) return refused_statement(kAndroid, "the certificate describes no key");
  MACHIYA_CHECK(check_description(description->value, statement.client_data_hash));
  return out;
}

Result<Attested> verify_apple(const Statement& statement) {
  Attested out;
  out.type = AttestationType::certified;
  MACHIYA_TRY(out.chain, read_chain(statement, kApple));
  const Certificate& certificate = out.chain.front();
  const auto extension = certificate.extension(kAppleNonce);
  const auto parts = extension ? der_sequence(extension->value) : std::nullopt;
  if (!parts || parts->size() != 1 || parts->front().first != (kDerContext | kDerConstructed) || parts->front().number != 1)
    return refused_statement(kApple, "the certificate holds no nonce");
  const auto nonce = der_content(parts->front().content, kDerOctets);
  if (!nonce || *nonce != sha256(statement.signed_bytes())) return refused_statement(kApple, "the nonce is another one");
  if (!certificate.key().same_key(statement.credential.key)) return refused_statement(kApple, "the certificate is for another key");
  return out;
}

}  // namespace machiya::webauthn
