#include "platform/webauthn/attestation.h"

#include "platform/webauthn/der.h"

namespace machiya::webauthn {
namespace {
constexpr std::size_t kLongestChain = 8;
constexpr const char* kAaguidExtension = "1.3.6.1.4.1.45724.1.1.4";
}  // namespace

Error refused_statement(std::string_view section, std::string what) {
  return Error(ErrorCode::invalid_input, "WebAuthn " + std::string(section) + ": " + std::move(what), "attStmt");
}

Result<std::vector<Certificate>> read_chain(const Statement& statement, std::string_view section) {
  const Cbor* x5c = statement.att_stmt.find("x5c", Cbor::Kind::array);
  if (!x5c || x5c->items.empty() || x5c->items.size() > kLongestChain) return refused_statement(section, "x5c is no chain of certificates");
  std::vector<Certificate> out;
  for (const Cbor& one : x5c->items) {
    if (!one.is(Cbor::Kind::bytes)) return refused_statement(section, "x5c holds something else than certificates");
    MACHIYA_TRY(Certificate certificate, Certificate::read(one.data));
    out.push_back(std::move(certificate));
  }
  return out;
}

Result<Signed> read_signed(const Statement& statement, std::string_view section) {
  const Cbor *alg = statement.att_stmt.find("alg", Cbor::Kind::integer), *sig = statement.att_stmt.find("sig", Cbor::Kind::bytes);
  if (!alg || !sig) return refused_statement(section, "alg or sig is missing");
  const auto algorithm = algorithm_of(alg->number);
  if (!algorithm) return refused_statement(section, "algorithm " + std::to_string(alg->number) + " is not taken");
  return Signed{*algorithm, sig->data};
}

Result<void> check_aaguid(const Certificate& certificate, const Statement& statement, std::string_view section) {
  const auto extension = certificate.extension(kAaguidExtension);
  if (!extension) return {};
  if (extension->critical) return refused_statement(section, "the AAGUID extension must not be critical");
  const auto value = der_content(extension->value, kDerOctets);
  if (!value || *value != statement.credential.aaguid) return refused_statement(section, "the certificate is for another AAGUID");
  return {};
}

Result<Attested> verify_statement(std::string_view format, const Statement& statement) {
  if (format == "none") {
    if (statement.att_stmt.pairs() != 0) return refused_statement("§8.7", "a statement where there is none");
    return Attested{};
  }
  if (format == "packed") return verify_packed(statement);
  if (format == "tpm") return verify_tpm(statement);
  if (format == "android-key") return verify_android_key(statement);
  if (format == "apple") return verify_apple(statement);
  if (format == "fido-u2f") return verify_fido_u2f(statement);
  if (format == "android-safetynet") return refused_statement("§8.5", "android-safetynet is refused: its service ended");
  return refused_statement("§7.1 step 21", "this attestation format is not known");
}

}  // namespace machiya::webauthn
