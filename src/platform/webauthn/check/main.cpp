// webauthn_check: one JSON object a line on standard input, one on standard output.
//   {"kind": "registration", "challenge", "origin", "rpId", "clientDataJSON", "attestationObject", "algorithms": [-7 …],
//    "userVerification", "conditional", "roots": [DER …], "topOrigins": [ … ], "now": seconds}
//   {"kind": "authentication", "challenge", "origin", "rpId", "clientDataJSON", "authenticatorData", "signature", "publicKey",
//    "signCount", "backupEligible", "userVerification", "topOrigins"}
// Bytes are base64url. Answer: {"accepted": true|false, "why": "…"}.
#include <iostream>

#include "base/json.h"
#include "platform/vault/vault.h"
#include "platform/webauthn/webauthn.h"

namespace {
using namespace machiya;

Result<std::string> bytes(const json::Value& line, const char* name) { return vault::from_base64url(line.text(name)); }

Result<void> registration(const json::Value& line, const webauthn::Ceremony& ceremony) {
  webauthn::RegistrationRules rules;
  for (const auto& alg : line["algorithms"].items())
    if (const auto known = webauthn::algorithm_of(alg.as_int())) rules.algorithms.push_back(*known);
  rules.conditional = line["conditional"].as_bool();
  rules.now = Instant{line["now"].as_int() * kSecond};
  for (const auto& root : line["roots"].items()) {
    MACHIYA_TRY(const std::string der, vault::from_base64url(root.as_string()));
    MACHIYA_TRY(webauthn::Certificate certificate, webauthn::Certificate::read(der));
    rules.roots.push_back(std::move(certificate));
  }
  MACHIYA_TRY(const std::string client, bytes(line, "clientDataJSON"));
  MACHIYA_TRY(const std::string object, bytes(line, "attestationObject"));
  MACHIYA_TRY(const auto made, webauthn::verify_registration(ceremony, rules, {client, object}));
  // Roots given: whoever brings certificates must lead to one of them.
  if (!rules.roots.empty() && made.attestation == webauthn::AttestationType::certified && !made.anchored)
    return Error(ErrorCode::invalid_input, "WebAuthn §7.1 step 24: nobody trusted vouches for the authenticator");
  return {};
}

Result<void> authentication(const json::Value& line, const webauthn::Ceremony& ceremony) {
  MACHIYA_TRY(const std::string client, bytes(line, "clientDataJSON"));
  MACHIYA_TRY(const std::string data, bytes(line, "authenticatorData"));
  MACHIYA_TRY(const std::string signature, bytes(line, "signature"));
  MACHIYA_TRY(const std::string key, bytes(line, "publicKey"));
  const webauthn::StoredCredential stored{key, static_cast<std::uint32_t>(line["signCount"].as_int()), line["backupEligible"].as_bool()};
  MACHIYA_TRY([[maybe_unused]] const auto done, webauthn::verify_assertion(ceremony, stored, {client, data, signature}));
  return {};
}

Result<void> judge(const std::string& text) {
  MACHIYA_TRY(const json::Value line, json::parse(text));
  webauthn::RelyingParty party;
  party.id = line.text("rpId");
  party.origins = {line.text("origin")};
  for (const auto& top : line["topOrigins"].items()) party.top_origins.push_back(top.as_string());
  party.in_frames = !party.top_origins.empty();
  const std::string challenge = line.text("challenge");
  const webauthn::Ceremony ceremony{party, challenge, line["userVerification"].as_bool()};
  return line.text("kind") == "registration" ? registration(line, ceremony) : authentication(line, ceremony);
}
}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    const auto verdict = judge(line);
    std::cout << json::to_text(json::Value::object({{"accepted", verdict.ok()}, {"why", verdict.ok() ? std::string() : verdict.error().to_string()}})) << '\n';
  }
  return 0;
}
