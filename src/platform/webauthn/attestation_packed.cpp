// Packed attestation (WebAuthn §8.2) and FIDO U2F attestation (§8.6).
#include <algorithm>

#include "platform/webauthn/attestation.h"

namespace machiya::webauthn {
namespace {
constexpr std::string_view kPacked = "§8.2", kPackedCertificate = "§8.2.1", kU2f = "§8.6";

bool is_country(const std::string& s) {
  return s.size() == 2 && std::all_of(s.begin(), s.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}
bool one_that(const std::vector<std::string>& values, bool (*good)(const std::string&)) { return values.size() == 1 && good(values[0]); }

Result<void> check_certificate(const Certificate& certificate) {
  if (certificate.version() != 3) return refused_statement(kPackedCertificate, "the certificate is not of version 3");
  const auto filled = [](const std::string& s) { return !s.empty(); };
  if (!one_that(certificate.subject("C"), is_country) || !one_that(certificate.subject("O"), filled) || !one_that(certificate.subject("CN"), filled) ||
      certificate.subject("OU") != std::vector<std::string>{"Authenticator Attestation"})
    return refused_statement(kPackedCertificate, "the certificate's subject is not that of an authenticator");
  if (!certificate.says_no_authority()) return refused_statement(kPackedCertificate, "the certificate may sign others");
  return {};
}
}  // namespace

Result<Attested> verify_packed(const Statement& statement) {
  MACHIYA_TRY(const Signed sig, read_signed(statement, kPacked));
  Attested out;
  if (!statement.att_stmt.find("x5c")) {
    if (sig.algorithm != statement.credential.key.algorithm()) return refused_statement(kPacked, "self attestation under another algorithm than the key's");
    if (!statement.credential.key.verifies(sig.algorithm, statement.signed_bytes(), sig.signature)) return refused_statement(kPacked, "the signature is wrong");
    out.type = AttestationType::self;
    return out;
  }
  MACHIYA_TRY(out.chain, read_chain(statement, kPacked));
  out.type = AttestationType::certified;
  const Certificate& certificate = out.chain.front();
  if (!certificate.key().verifies(sig.algorithm, statement.signed_bytes(), sig.signature)) return refused_statement(kPacked, "the signature is wrong");
  MACHIYA_CHECK(check_certificate(certificate));
  MACHIYA_CHECK(check_aaguid(certificate, statement, kPackedCertificate));
  return out;
}

Result<Attested> verify_fido_u2f(const Statement& statement) {
  Attested out;
  out.type = AttestationType::certified;
  const Cbor* sig = statement.att_stmt.find("sig", Cbor::Kind::bytes);
  if (!sig) return refused_statement(kU2f, "sig is missing");
  MACHIYA_TRY(out.chain, read_chain(statement, kU2f));
  if (out.chain.size() != 1) return refused_statement(kU2f, "exactly one certificate is due");
  const PublicKey& key = out.chain.front().key();
  if (key.p256_point().empty()) return refused_statement(kU2f, "the certificate's key is not on P-256");
  const std::string point = statement.credential.key.p256_point();
  if (point.empty()) return refused_statement(kU2f, "the credential's key is not on P-256");
  std::string bytes(1, '\0');
  bytes += statement.data.rp_id_hash + statement.client_data_hash + statement.credential.id + point;
  if (!key.verifies(Algorithm::es256, bytes, sig->data)) return refused_statement(kU2f, "the signature is wrong");
  return out;
}

}  // namespace machiya::webauthn
