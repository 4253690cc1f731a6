// The two ceremonies, step by step as WebAuthn Level 3 numbers them. Steps that are missing here belong to the page or to the caller.
#include <algorithm>

#include "platform/webauthn/authenticator_data.h"
#include "platform/webauthn/client_data.h"
#include "platform/webauthn/webauthn.h"

namespace machiya::webauthn {
namespace {
constexpr std::size_t kMostAttestationBytes = 64 * 1024;
constexpr std::size_t kMostCredentialId = 1023;

/// The numbers of steps that both ceremonies have.
struct Steps {
  std::string_view section;
  int type, challenge, origin, cross_origin, top_origin, rp_id, present, verified, backup;
};
constexpr Steps kRegistration{"§7.1", 7, 8, 9, 10, 11, 14, 15, 16, 17};
constexpr Steps kAuthentication{"§7.2", 10, 11, 12, 13, 14, 15, 16, 17, 18};

Error refused(std::string_view section, int step, std::string what) {
  return Error(ErrorCode::invalid_input, "WebAuthn " + std::string(section) + " step " + std::to_string(step) + ": " + std::move(what));
}
bool among(const std::vector<std::string>& list, const std::string& one) { return std::find(list.begin(), list.end(), one) != list.end(); }

Result<void> check_client_data(const Ceremony& ceremony, const Steps& s, std::string_view type, const ClientData& c) {
  if (c.type != type) return refused(s.section, s.type, "the type is not " + std::string(type));
  if (c.challenge != ceremony.challenge) return refused(s.section, s.challenge, "the challenge is another one");
  if (!among(ceremony.party.origins, c.origin)) return refused(s.section, s.origin, "the origin is not ours");
  if (c.cross_origin && !ceremony.party.in_frames) return refused(s.section, s.cross_origin, "made in a frame of another origin");
  if (c.top_origin && (!c.cross_origin || !ceremony.party.in_frames || !among(ceremony.party.top_origins, *c.top_origin)))
    return refused(s.section, s.top_origin, "made in a frame of an origin that is not expected");
  return {};
}

Result<void> check_authenticator(const Ceremony& ceremony, const Steps& s, const AuthenticatorData& data, bool presence) {
  if (data.rp_id_hash != sha256(ceremony.party.id)) return refused(s.section, s.rp_id, "for another RP ID");
  if (presence && !data.user_present) return refused(s.section, s.present, "nobody was present");
  if (ceremony.user_verification && !data.user_verified) return refused(s.section, s.verified, "the user was not verified");
  if (!data.backup_eligible && data.backed_up) return refused(s.section, s.backup, "backed up but not eligible");
  return {};
}

/// attestationObject (§6.5): the three members and no others.
struct AttestationObject {
  std::string format, auth_data;
  Cbor statement;
};
Result<AttestationObject> read_attestation_object(std::string_view bytes) {
  if (bytes.size() > kMostAttestationBytes) return Error(ErrorCode::too_large, "the attestation object is too long", "attestationObject");
  auto object = parse_cbor(bytes);
  if (!object.ok()) return refused("§7.1", 13, object.error().detail);
  const Cbor *format = object->find("fmt", Cbor::Kind::text), *data = object->find("authData", Cbor::Kind::bytes), *statement = object->find("attStmt", Cbor::Kind::map);
  if (!format || !data || !statement || object->pairs() != 3) return refused("§7.1", 13, "not fmt, attStmt and authData");
  return AttestationObject{format->data, data->data, *statement};
}
}  // namespace

Result<Credential> verify_registration(const Ceremony& ceremony, const RegistrationRules& rules, const RegistrationResponse& response) {
  MACHIYA_TRY(const ClientData client, read_client_data(response.client_data_json));                                  // steps 5, 6
  MACHIYA_CHECK(check_client_data(ceremony, kRegistration, "webauthn.create", client));                               // 7 to 11
  const std::string client_hash = sha256(response.client_data_json);                                                  // 12
  MACHIYA_TRY(const AttestationObject object, read_attestation_object(response.attestation_object));                  // 13
  MACHIYA_TRY(const AuthenticatorData data, read_authenticator_data(object.auth_data));
  MACHIYA_CHECK(check_authenticator(ceremony, kRegistration, data, !rules.conditional));                              // 14 to 17
  if (!data.attested) return refused("§7.1", 13, "without a credential");
  const AttestedCredential& made = *data.attested;
  const bool offered = std::find(rules.algorithms.begin(), rules.algorithms.end(), made.key.algorithm()) != rules.algorithms.end();
  if (!offered) return refused("§7.1", 20, "an algorithm that was not offered");
  MACHIYA_TRY(const Attested attested, verify_statement(object.format, Statement{object.statement, object.auth_data, data, made, client_hash}));  // 21, 22
  Credential out;
  out.anchored = Certificate::leads_to(attested.chain, rules.roots, rules.now);                                       // 23
  if (rules.trust == Trust::anchored && !out.anchored) return refused("§7.1", 24, "nobody trusted vouches for the authenticator");
  if (made.id.empty() || made.id.size() > kMostCredentialId) return refused("§7.1", 25, "the credential id has no or too many bytes");
  out.id = made.id, out.public_key = made.key_bytes, out.algorithm = made.key.algorithm(), out.aaguid = made.aaguid;
  out.sign_count = data.sign_count, out.user_verified = data.user_verified;
  out.backup_eligible = data.backup_eligible, out.backed_up = data.backed_up;
  out.format = object.format, out.attestation = attested.type;
  return out;
}

Result<Assertion> verify_assertion(const Ceremony& ceremony, const StoredCredential& credential, const AssertionResponse& response) {
  MACHIYA_TRY(const ClientData client, read_client_data(response.client_data_json));                                  // steps 8, 9
  MACHIYA_CHECK(check_client_data(ceremony, kAuthentication, "webauthn.get", client));                                // 10 to 14
  MACHIYA_TRY(const AuthenticatorData data, read_authenticator_data(response.authenticator_data));
  MACHIYA_CHECK(check_authenticator(ceremony, kAuthentication, data, true));                                          // 15 to 18
  if (data.backup_eligible != credential.backup_eligible) return refused("§7.2", 19, "backup eligibility changed");
  MACHIYA_TRY(const Cbor cose, parse_cbor(credential.public_key));
  MACHIYA_TRY(const PublicKey key, PublicKey::from_cose(cose));
  const std::string bytes = std::string(response.authenticator_data) + sha256(response.client_data_json);             // 20
  if (!key.verifies(key.algorithm(), bytes, response.signature)) return refused("§7.2", 21, "the signature is wrong");
  if ((data.sign_count != 0 || credential.sign_count != 0) && data.sign_count <= credential.sign_count)
    return Error(ErrorCode::conflict, "WebAuthn §7.2 step 22: the signature counter did not grow", "signCount");
  return Assertion{data.sign_count, data.user_verified, data.backed_up};
}

Result<std::string> challenge_of(std::string_view client_data_json) {
  MACHIYA_TRY(ClientData client, read_client_data(client_data_json));
  return std::move(client.challenge);
}

}  // namespace machiya::webauthn
