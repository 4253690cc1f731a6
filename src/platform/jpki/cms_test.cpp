// Detached signatures by cards of the test authority: good ones are accepted, every way to be wrong is refused with its cause.
#include "platform/jpki/cms.h"

#include <gtest/gtest.h>

#include "platform/jpki/certificates.h"
#include "platform/jpki/holder.h"
#include "platform/jpki/testing.h"

namespace machiya::jpki {
namespace {

struct Cards {
  testing::Authority authority;
  std::string rsa = authority.issue("rsa", "holder"), ec = authority.issue("ec", "signing", "ec -pkeyopt ec_paramgen_curve:P-256");
};
const Cards& cards() {
  static const Cards one;
  return one;
}
const std::string kPaper = "{\"answers\":{\"名前\":\"花子\"}}";

std::string cause(const std::string& content, const std::string& cms) {
  const auto found = check_detached(content, cms);
  return found.ok() ? "accepted" : found.error().where;
}

TEST(Cms, ASignatureOverTheseBytesGivesItsCertificate) {
  for (const auto& [name, der] : {std::pair{"rsa", cards().rsa}, {"ec", cards().ec}}) {
    const auto found = check_detached(kPaper, cards().authority.sign(kPaper, name));
    ASSERT_TRUE(found.ok()) << name << found.error().to_string();
    EXPECT_EQ(*found, der);
  }
  EXPECT_EQ(cause(kPaper, cards().authority.sign(kPaper, "rsa", "-noattr")), "accepted");
  EXPECT_EQ(cause(kPaper, cards().authority.sign(kPaper, "rsa", "-md sha512")), "accepted");
  EXPECT_EQ(cause("", cards().authority.sign("", "rsa")), "accepted");
}

TEST(Cms, EveryOtherIsRefusedWithItsCause) {
  const auto& a = cards().authority;
  const std::string good = a.sign(kPaper, "rsa");
  EXPECT_EQ(cause(kPaper + " ", good), "signature-wrong");
  EXPECT_EQ(cause("", good), "signature-wrong");
  EXPECT_EQ(cause(kPaper, a.sign(kPaper, "rsa", "-nodetach")), "signature-attached");
  EXPECT_EQ(cause(kPaper, a.sign(kPaper, "rsa", "-signer ec.pem -inkey ec.key")), "signature-many");
  EXPECT_EQ(cause(kPaper, a.sign(kPaper, "rsa", "-md sha1")), "signature-weak");
  EXPECT_EQ(cause(kPaper, a.sign(kPaper, "rsa", "-nocerts")), "certificate-missing");
  EXPECT_EQ(cause(kPaper, ""), "signature-unreadable");
  EXPECT_EQ(cause(kPaper, good + "x"), "signature-unreadable");
  EXPECT_EQ(cause(kPaper, std::string(kMaxCms + 1, '0')), "signature-unreadable");
  a.run("openssl cms -cmsout -in content.p7s -inform DER -outform PEM -out content.pem && openssl cms -data_create -in content -outform DER -out content.data");
  EXPECT_EQ(cause(kPaper, a.at("content.pem")), "signature-unreadable");
  EXPECT_EQ(cause(kPaper, a.at("content.data")), "signature-unreadable");
}

/// Whatever bit is turned: what comes through and is believed is still our certificate over our bytes. (What nobody signed, such as an unsigned
/// attribute, may differ.)
TEST(Cms, ABentOneIsNeverAnotherPersons) {
  const auto verifier = Verifier::create({cards().authority.at("ca.pem"), "", ""});
  const std::string good = cards().authority.sign(kPaper, "rsa");
  int refused = 0, bent_at = 0;
  for (std::size_t byte = 0; byte < good.size(); byte += 5, ++bent_at) {
    std::string bent = good;
    bent[byte] = static_cast<char>(bent[byte] ^ 0x20);
    const auto found = check_detached(kPaper, bent);
    if (found.ok() && (*verifier)->verify_without_revocation(*found, Use::signing, *parse_rfc3339("2026-06-15T12:00:00Z")).ok()) EXPECT_EQ(*found, cards().rsa) << byte;
    else ++refused;
  }
  EXPECT_GT(refused, bent_at * 3 / 4);
}

TEST(Holder, TheFourFactsOfASigningCertificate) {
  const auto holder = holder_of(cards().rsa);
  ASSERT_TRUE(holder.ok());
  EXPECT_EQ(holder->name, "町家　花子");
  EXPECT_EQ(holder->gender, "female");
  EXPECT_EQ(holder->birth_date, "1985-02-03");
  EXPECT_EQ(holder->address, "大阪府大阪市北区中之島一丁目3番20号");
  EXPECT_EQ(holder->valid_until, *parse_rfc3339("2049-12-31T00:00:00Z"));
  const auto bare = holder_of(cards().ec);
  ASSERT_TRUE(bare.ok());
  EXPECT_EQ(bare->name + bare->gender + bare->birth_date + bare->address, "");
  EXPECT_EQ(holder_of("x").error().where, "certificate-unreadable");
}

}  // namespace
}  // namespace machiya::jpki
