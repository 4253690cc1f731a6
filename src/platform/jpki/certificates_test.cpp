// Certificates of a test authority shaped like the card's, made by the openssl command line when the test begins: good ones are accepted, and
// every way to be wrong is refused with its cause.
#include <gtest/gtest.h>

#include "platform/jpki/certificates.h"
#include "platform/jpki/testing.h"

namespace machiya::jpki {
namespace {
using testing::Authority;

/// Made once: keys cost time.
struct World {
  Authority ours, foreign;
  std::string signing = ours.issue("signing", "signing"), authentication = ours.issue("authentication", "authentication", "ec -pkeyopt ec_paramgen_curve:P-256"),
              revoked = ours.issue("revoked", "signing"), other_policy = ours.issue("other", "other_policy"), weak = ours.issue("weak", "signing", "rsa:1024"),
              old_hash = ours.issue("oldhash", "signing", "rsa:2048", "-md sha1"), foreign_signing = foreign.issue("signing", "signing");
  std::unique_ptr<Verifier> verifier;
  World() {
    ours.revoke("revoked");
    auto made = Verifier::create({ours.at("ca.pem"), "1.2.3.4.1", "1.2.3.4.2"});
    EXPECT_TRUE(made.ok());
    verifier = std::move(*made);
  }
};
World& world() {
  static World one;
  return one;
}
const Instant kJune{*parse_rfc3339("2026-06-15T12:00:00Z")};

std::string verdict(const std::string& der, Use use, Instant at, const std::vector<std::string>& crls) {
  const auto lists = RevocationLists::read(crls);
  if (!lists.ok()) return lists.error().where;
  const auto found = world().verifier->verify(der, use, at, *lists);
  return found.ok() ? "accepted" : found.error().where;
}

TEST(Jpki, GoodCertificatesAreAcceptedForTheirUseOnly) {
  const std::vector<std::string> crls = {world().ours.crl()};
  EXPECT_EQ(verdict(world().signing, Use::signing, kJune, crls), "accepted");
  EXPECT_EQ(verdict(world().authentication, Use::authentication, kJune, crls), "accepted");
  EXPECT_EQ(verdict(world().signing, Use::authentication, kJune, crls), "certificate-policy");
  EXPECT_EQ(verdict(world().authentication, Use::signing, kJune, crls), "certificate-policy");
  EXPECT_EQ(verdict(world().other_policy, Use::signing, kJune, crls), "certificate-policy");
  const auto lists = RevocationLists::read(crls);
  const auto any = Verifier::create({world().ours.at("ca.pem"), "", ""});
  EXPECT_EQ((*any)->verify(world().signing, Use::authentication, kJune, *lists).error().where, "certificate-use");
  EXPECT_EQ((*any)->verify(world().authentication, Use::signing, kJune, *lists).error().where, "certificate-use");
}

TEST(Jpki, WhoIsNotInTheChainIsRefused) {
  const std::vector<std::string> crls = {world().ours.crl()};
  EXPECT_EQ(verdict(world().foreign_signing, Use::signing, kJune, crls), "chain-broken");   // another authority of the same name
  EXPECT_EQ(verdict(world().weak, Use::signing, kJune, crls), "chain-broken");
  EXPECT_EQ(verdict(world().old_hash, Use::signing, kJune, crls), "chain-broken");
  world().ours.run("openssl x509 -in ca.pem -outform DER -out ca.der");
  EXPECT_NE(verdict(world().ours.at("ca.der"), Use::signing, kJune, crls), "accepted");
  EXPECT_EQ(verdict("", Use::signing, kJune, crls), "certificate-unreadable");
  EXPECT_EQ(verdict(world().signing + "x", Use::signing, kJune, crls), "certificate-unreadable");
  for (std::size_t byte = 0; byte < world().signing.size(); byte += 3) {
    std::string bent = world().signing;
    bent[byte] = static_cast<char>(bent[byte] ^ 0x40);
    EXPECT_NE(verdict(bent, Use::signing, kJune, crls), "accepted") << byte;
  }
  EXPECT_EQ(Verifier::create({"no root", "", ""}).error().where, "certificate-unreadable");
  EXPECT_EQ(Verifier::create({world().ours.at("ca.pem"), "not an oid", ""}).error().where, "certificate-policy");
}

TEST(Jpki, TimeDecides) {
  const std::string crl = world().ours.crl("20190101000000Z", "20600101000000Z");
  EXPECT_EQ(verdict(world().signing, Use::signing, *parse_rfc3339("2019-12-31T23:59:59Z"), {crl}), "certificate-not-yet");
  EXPECT_EQ(verdict(world().signing, Use::signing, *parse_rfc3339("2050-01-01T00:00:00Z"), {crl}), "certificate-expired");
  EXPECT_EQ(verdict(world().signing, Use::signing, *parse_rfc3339("2049-12-30T00:00:00Z"), {crl}), "accepted");
}

TEST(Jpki, RevocationListsMustBeThereOfNowAndOfTheIssuer) {
  const std::string crl = world().ours.crl(), foreign = world().foreign.crl();
  EXPECT_EQ(verdict(world().revoked, Use::signing, kJune, {crl}), "revoked");
  EXPECT_EQ(verdict(world().signing, Use::signing, kJune, {}), "crl-missing");
  EXPECT_EQ(verdict(world().signing, Use::signing, kJune, {foreign}), "crl-wrong");   // the same name, another key
  EXPECT_EQ(verdict(world().signing, Use::signing, kJune, {"x"}), "crl-unreadable");
  EXPECT_EQ(verdict(world().signing, Use::signing, *parse_rfc3339("2026-07-02T00:00:00Z"), {crl}), "crl-expired");
  EXPECT_EQ(verdict(world().signing, Use::signing, *parse_rfc3339("2026-05-31T00:00:00Z"), {crl}), "crl-expired");
  std::string bent = crl;
  bent.back() = static_cast<char>(bent.back() ^ 1);
  EXPECT_EQ(verdict(world().signing, Use::signing, kJune, {bent}), "crl-wrong");
}

TEST(Jpki, OcspAnswersAreForThisQuestionBySomebodyWhoMay) {
  const Verifier& verifier = *world().verifier;
  const SystemClock clock;   // the responder of the command line answers of now
  const Instant now = clock.now();
  const auto certificate = [&](const std::string& der) { return *verifier.verify_without_revocation(der, Use::signing, now); };
  const auto cause = [&](const Certificate& about, const std::string& question, const std::string& answer, Instant at) {
    const auto state = verifier.check_ocsp(about, question, answer, at);
    return state.ok() ? std::string("good") : state.error().where;
  };
  const Certificate good = certificate(world().signing), revoked = certificate(world().revoked);
  const std::string question = *verifier.ocsp_question(good), again = *verifier.ocsp_question(good), of_revoked = *verifier.ocsp_question(revoked);
  const std::string answer = world().ours.answer(question);
  EXPECT_EQ(cause(good, question, answer, now), "good");
  EXPECT_EQ(cause(revoked, of_revoked, world().ours.answer(of_revoked), now), "revoked");
  EXPECT_EQ(cause(good, again, answer, now), "ocsp-wrong");                                      // an answer kept from before
  EXPECT_EQ(cause(revoked, question, answer, now), "ocsp-wrong");                                // about somebody else
  EXPECT_EQ(cause(good, question, world().ours.answer(question, "signing"), now), "ocsp-wrong");  // signed by a card
  EXPECT_EQ(cause(good, question, world().foreign.answer(question), now), "ocsp-wrong");
  EXPECT_EQ(cause(good, question, answer, Instant{now.us + 2 * kHour}), "ocsp-old");
  EXPECT_EQ(cause(good, question, answer, Instant{now.us - 2 * kHour}), "ocsp-old");
  EXPECT_EQ(cause(good, question, "x", now), "ocsp-unreadable");
  std::string bent = answer;
  bent[answer.size() / 2] = static_cast<char>(bent[answer.size() / 2] ^ 1);
  EXPECT_NE(cause(good, question, bent, now), "good");
  world().ours.run("cp index index.kept && grep -v 'CN=signing$' index.kept >index");
  const std::string forgotten = world().ours.answer(question);
  world().ours.run("mv index.kept index");
  EXPECT_EQ(cause(good, question, forgotten, now), "ocsp-unknown");
}

TEST(Jpki, SignaturesOverADigest) {
  world().ours.write("paper", "what is signed");
  world().ours.run("openssl dgst -sha256 -binary -out digest paper && openssl dgst -sha256 -sign signing.key -out signature paper && openssl dgst -sha256 -sign authentication.key -out ec paper");
  const std::string digest = world().ours.at("digest"), signature = world().ours.at("signature");
  const Certificate signing = *world().verifier->verify_without_revocation(world().signing, Use::signing, kJune);
  const Certificate ec = *world().verifier->verify_without_revocation(world().authentication, Use::authentication, kJune);
  EXPECT_TRUE(check_signature(signing, digest, signature).ok());
  EXPECT_TRUE(check_signature(ec, digest, world().ours.at("ec")).ok());
  EXPECT_EQ(check_signature(ec, digest, signature).error().where, "signature-wrong");
  EXPECT_EQ(check_signature(signing, std::string(32, 'x'), signature).error().where, "signature-wrong");
  EXPECT_EQ(check_signature(signing, digest.substr(1), signature).error().where, "signature-wrong");
  EXPECT_EQ(check_signature(signing, digest, "").error().where, "signature-wrong");
  std::string bent = signature;
  bent[100] = static_cast<char>(bent[100] ^ 1);
  EXPECT_EQ(check_signature(signing, digest, bent).error().where, "signature-wrong");
}

}  // namespace
}  // namespace machiya::jpki
