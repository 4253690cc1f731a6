// The test vectors that come with the standard (WebAuthn Level 3, "Test Vectors"), read from its source at test time. The PRF section that
// follows them holds what client and authenticator compute between them; a relying party sees none of it, so nothing there is checkable here.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "platform/vault/vault.h"
#include "platform/webauthn/webauthn.h"

namespace machiya::webauthn {
namespace {
constexpr Instant kThen{1'790'000'000 * kSecond};   // within the certificates' thousand years

using Values = std::map<std::string, std::string>;
struct Vector {
  std::string name;
  Values registration, authentication;
};
struct Suite {
  Values shared;
  std::vector<Vector> vectors;
};

std::string from_hex(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) out += static_cast<char>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16));
  return out;
}

/// "name = h'00ff'   ; comment"
void take_line(const std::string& line, Values& into) {
  const std::size_t mark = line.find(" = h'");
  if (mark == std::string::npos || line[0] == ';') return;
  const std::size_t from = mark + 5, to = line.find('\'', from);
  into[line.substr(0, mark)] = from_hex(std::string_view(line).substr(from, to - from));
}

Suite read_suite(std::istream& in) {
  Suite out;
  Values* into = nullptr;
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("## Test Vectors for", 0) == 0) break;   // extensions: not for relying parties
    if (line.rfind("## ", 0) == 0) {
      const bool root = line.find("attestation-root-cert") != std::string::npos;
      if (!root) out.vectors.push_back({line.substr(3), {}, {}});
      into = root ? &out.shared : nullptr;
    }
    if (!out.vectors.empty() && line.rfind("[=registration ceremony", 0) == 0) into = &out.vectors.back().registration;
    if (!out.vectors.empty() && line.rfind("[=authentication ceremony", 0) == 0) into = &out.vectors.back().authentication;
    if (into) take_line(line, *into);
  }
  return out;
}

struct WebAuthnVectors : ::testing::Test {
  Suite suite;
  RelyingParty party{"example.org", {"https://example.org"}, true, {"https://example.com"}};
  RegistrationRules rules;

  void SetUp() override {
    const char* shared = std::getenv("MACHIYA_SHARED");
    std::ifstream in(std::string(shared ? shared : MACHIYA_SOURCE_DIR "/../shared") + "/conformance/webauthn-vectors/test-vectors.bs");
    if (!in) GTEST_SKIP() << "skipped: shared data absent";
    suite = read_suite(in);
    ASSERT_EQ(suite.vectors.size(), 15u);
    auto root = Certificate::read(suite.shared["attestation_ca_cert"]);
    ASSERT_TRUE(root.ok()) << root.error().to_string();
    rules.algorithms = {Algorithm::es256, Algorithm::es384, Algorithm::es512, Algorithm::rs256, Algorithm::eddsa, Algorithm::ed448};
    rules.roots = {*root};
    rules.now = kThen;
  }
  Result<Credential> registered(Values v) const {
    const std::string challenge = vault::base64url(v["challenge"]);
    return verify_registration({party, challenge, false}, rules, {v["clientDataJSON"], v["attestationObject"]});
  }
  Result<Assertion> authenticated(Values v, const Credential& credential) const {
    const std::string challenge = vault::base64url(v["challenge"]);
    return verify_assertion({party, challenge, false}, {credential.public_key, credential.sign_count, credential.backup_eligible},
                            {v["clientDataJSON"], v["authenticatorData"], v["signature"]});
  }
};

TEST_F(WebAuthnVectors, EveryRegistrationAndEveryAuthenticationIsAccepted) {
  int certified = 0;
  for (const Vector& v : suite.vectors) {
    SCOPED_TRACE(v.name);
    const auto made = registered(v.registration);
    ASSERT_TRUE(made.ok()) << made.error().to_string();
    EXPECT_EQ(made->id, v.registration.at("credential_id"));
    EXPECT_EQ(made->aaguid, v.registration.at("aaguid"));
    EXPECT_EQ(made->anchored, made->attestation == AttestationType::certified);
    certified += made->anchored;
    const auto done = authenticated(v.authentication, *made);
    EXPECT_TRUE(done.ok()) << done.error().to_string();
  }
  EXPECT_EQ(certified, 10);
}

TEST_F(WebAuthnVectors, NoneIsAcceptedWithOneBitWrongWhereItIsSigned) {
  for (const Vector& v : suite.vectors) {
    SCOPED_TRACE(v.name);
    const auto made = registered(v.registration);
    ASSERT_TRUE(made.ok());
    for (const char* field : {"clientDataJSON", "authenticatorData", "signature"}) {
      Values changed = v.authentication;
      for (std::size_t at = 0; at < changed[field].size(); at += 7) {
        changed[field][at] = static_cast<char>(changed[field][at] ^ 1);
        EXPECT_FALSE(authenticated(changed, *made).ok()) << field << " byte " << at;
        changed[field][at] = static_cast<char>(changed[field][at] ^ 1);
      }
    }
  }
}

TEST_F(WebAuthnVectors, FramesCountOnlyWhereTheyAreExpected) {
  int refused = 0;
  for (const Vector& v : suite.vectors) {
    party.in_frames = false;
    const auto made = registered(v.registration);
    const bool framed = v.registration.at("clientDataJSON").find("\"crossOrigin\":true") != std::string::npos;
    EXPECT_EQ(made.ok(), !framed) << v.name;
    refused += framed;
    party.in_frames = true;
    party.top_origins = {"https://elsewhere.example"};
    const bool top = v.registration.at("clientDataJSON").find("topOrigin") != std::string::npos;
    EXPECT_EQ(registered(v.registration).ok(), !top) << v.name;
    party.top_origins = {"https://example.com"};
  }
  EXPECT_EQ(refused, 2);
}

TEST_F(WebAuthnVectors, TrustNeedsTheRootAndItsTime) {
  rules.trust = Trust::anchored;
  for (const Vector& v : suite.vectors) {
    SCOPED_TRACE(v.name);
    rules.now = kThen;
    const auto made = registered(v.registration);
    const bool certified = v.registration.count("attestation_private_key") != 0 || v.registration.count("attestation_cert_serial_number") != 0;
    EXPECT_EQ(made.ok(), certified);
    EXPECT_TRUE(made.ok() || made.error().detail.find("§7.1 step 24") != std::string::npos);
    rules.now = Instant{0};   // 1970: before the certificates
    EXPECT_FALSE(registered(v.registration).ok());
  }
}

}  // namespace
}  // namespace machiya::webauthn
