// Strictness of the readers: CBOR, keys, DER, authenticator data, client data; and the answers of the ceremonies, step by step, with keys
// made here.
#include <gtest/gtest.h>

#include "platform/webauthn/authenticator_data.h"
#include "platform/webauthn/client_data.h"
#include "platform/webauthn/der.h"
#include "platform/webauthn/testing/authenticator.h"
#include "platform/webauthn/webauthn.h"

namespace machiya::webauthn {
namespace {
using testing::TestAuthenticator;

std::string bytes(std::initializer_list<int> list) {
  std::string out;
  for (const int b : list) out += static_cast<char>(b);
  return out;
}
bool reads(std::initializer_list<int> list) { return parse_cbor(bytes(list)).ok(); }

TEST(Cbor, TakesTheCanonicalFormOnly) {
  EXPECT_TRUE(reads({0x00}));
  EXPECT_TRUE(reads({0x17}));
  EXPECT_TRUE(reads({0x18, 24}));
  EXPECT_FALSE(reads({0x18, 23}));              // one byte would do
  EXPECT_FALSE(reads({0x19, 0, 255}));
  EXPECT_TRUE(reads({0x19, 1, 0}));
  EXPECT_FALSE(reads({0x1A, 0, 0, 255, 255}));
  EXPECT_TRUE(reads({0x1A, 0, 1, 0, 0}));
  EXPECT_FALSE(reads({0x1B, 0, 0, 0, 0, 255, 255, 255, 255}));
  EXPECT_TRUE(reads({0x1B, 0, 0, 0, 1, 0, 0, 0, 0}));
  EXPECT_FALSE(reads({0x1B, 0x80, 0, 0, 0, 0, 0, 0, 0}));   // beyond 63 bits
  EXPECT_FALSE(reads({0x5F, 0x41, 0, 0xFF}));   // indefinite
  EXPECT_FALSE(reads({0x9F, 0xFF}));
  EXPECT_FALSE(reads({0xC0, 0x00}));            // a tag
  EXPECT_FALSE(reads({0x1C}));
  EXPECT_FALSE(reads({0xF8, 32}));              // an unknown simple value
  EXPECT_TRUE(reads({0xF9, 0, 0}));
  EXPECT_FALSE(reads({0xF9, 0}));
  EXPECT_FALSE(reads({0x61, 0xFF}));            // no UTF-8
  EXPECT_FALSE(reads({0x00, 0x00}));            // something after it
  EXPECT_FALSE(reads({}));
}

TEST(Cbor, KeysAreInOrderAndThereOnce) {
  EXPECT_TRUE(reads({0xA2, 0x01, 0x00, 0x02, 0x00}));
  EXPECT_FALSE(reads({0xA2, 0x02, 0x00, 0x01, 0x00}));
  EXPECT_FALSE(reads({0xA2, 0x01, 0x00, 0x01, 0x00}));
  EXPECT_TRUE(reads({0xA2, 0x01, 0x00, 0x20, 0x00}));          // 1 before -1
  EXPECT_TRUE(reads({0xA2, 0x61, 'b', 0x00, 0x62, 'a', 'a', 0x00}));
  EXPECT_FALSE(reads({0xA2, 0x62, 'a', 'a', 0x00, 0x61, 'b', 0x00}));  // shorter keys first
  EXPECT_FALSE(reads({0xA1, 0x41, 0x00, 0x00}));               // a key of bytes
  EXPECT_TRUE(reads({0x81, 0x81, 0x81, 0x81, 0x00}));
  EXPECT_FALSE(reads({0x81, 0x81, 0x81, 0x81, 0x81, 0x00}));   // five levels
  EXPECT_FALSE(reads({0x9B, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}));   // nothing is reserved for what is not there
  EXPECT_FALSE(reads({0xBB, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}));
  EXPECT_FALSE(reads({0x5B, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}));
}

TEST(Der, LengthsAndTagsInTheirShortestForm) {
  EXPECT_TRUE(read_der(bytes({0x04, 0x01, 0xFF})));
  EXPECT_FALSE(read_der(bytes({0x04, 0x81, 0x01, 0xFF})));
  EXPECT_FALSE(read_der(bytes({0x04, 0x80})));
  EXPECT_FALSE(read_der(bytes({0x04, 0x05, 0x00})));
  const auto tall = read_der(bytes({0xBF, 0x84, 0x58, 0x00}));
  ASSERT_TRUE(tall);
  EXPECT_EQ(tall->front().number, 600u);
  EXPECT_FALSE(read_der(bytes({0xBF, 0x80, 0x58, 0x00})));
  EXPECT_FALSE(read_der(bytes({0xBF, 0x01, 0x00})));
  EXPECT_FALSE(der_sequence(bytes({0x31, 0x00})));
  EXPECT_EQ(der_small({0, kDerInteger, std::string_view("\x01\x00", 2)}), 256u);
  EXPECT_FALSE(der_small({0, kDerInteger, "\xFF"}));
}

TEST(ClientData, IsStrictJsonAfterUtf8Decode) {
  const std::string good = R"({"type":"webauthn.get","challenge":"AA","origin":"https://a.example","crossOrigin":false})";
  EXPECT_TRUE(read_client_data(good).ok());
  EXPECT_TRUE(read_client_data("\xEF\xBB\xBF" + good).ok());
  EXPECT_TRUE(read_client_data(R"({"type":"t","challenge":"c","origin":"o","more":")" "\xFF" R"("})").ok());   // decoded as U+FFFD
  EXPECT_EQ(read_client_data(R"({"type":"t)" "\xC3" R"(","challenge":"c","origin":"o"})")->type, "t\xEF\xBF\xBD");
  EXPECT_FALSE(read_client_data(good + "x").ok());
  EXPECT_FALSE(read_client_data(R"({"type":"t","challenge":"c"})").ok());
  EXPECT_FALSE(read_client_data(R"({"type":"t","type":"u","challenge":"c","origin":"o"})").ok());
  EXPECT_FALSE(read_client_data(R"({"type":"t","challenge":"c","origin":"o","crossOrigin":"false"})").ok());
  EXPECT_FALSE(read_client_data("").ok());
}

/// A ceremony at city.example.jp with a software authenticator.
struct CeremonyTest : ::testing::Test {
  RelyingParty party{"city.example.jp", {"https://city.example.jp"}};
  RegistrationRules rules{{Algorithm::es256, Algorithm::eddsa}};
  TestAuthenticator key{"city.example.jp", "https://city.example.jp"};

  std::string failed_at(const Result<void>& r) const { return r.ok() ? "none" : r.error().detail.substr(0, r.error().detail.find(':')); }
  Result<void> add() {
    const auto response = key.create("Y2hhbGxlbmdl");
    auto made = verify_registration({party, "Y2hhbGxlbmdl", true}, rules, {response.client_data_json, response.attestation_object});
    if (!made.ok()) return made.error();
    stored = *made;
    return {};
  }
  Result<void> use() {
    const auto response = key.get("bG9naW4");
    auto done = verify_assertion({party, "bG9naW4", true}, {stored.public_key, stored.sign_count, stored.backup_eligible},
                                 {response.client_data_json, response.authenticator_data, response.signature});
    if (!done.ok()) return done.error();
    stored.sign_count = done->sign_count;
    return {};
  }
  Credential stored;
};

TEST_F(CeremonyTest, RegistersAndLogsIn) {
  ASSERT_TRUE(add().ok());
  EXPECT_EQ(stored.id, key.id());
  EXPECT_EQ(stored.attestation, AttestationType::none);
  EXPECT_TRUE(stored.user_verified);
  EXPECT_TRUE(use().ok());
  EXPECT_TRUE(use().ok());
}

TEST_F(CeremonyTest, EveryStepOfARegistrationCanFail) {
  const auto fails = [&](auto&& change, std::string_view step) {
    TestAuthenticator fresh("city.example.jp", "https://city.example.jp");
    key = std::move(fresh);
    change(key);
    EXPECT_EQ(failed_at(add()), "WebAuthn §7.1 step " + std::string(step));
  };
  fails([](TestAuthenticator& a) { a.create_type = "webauthn.get"; }, "7");
  fails([](TestAuthenticator& a) { a.challenge = "ZWxzZQ"; }, "8");
  fails([](TestAuthenticator& a) { a.origin = "https://city.example.jp:8443"; }, "9");
  fails([](TestAuthenticator& a) { a.more_client_data = R"(,"crossOrigin":true)"; }, "10");
  fails([](TestAuthenticator& a) { a.more_client_data = R"(,"topOrigin":"https://city.example.jp")"; }, "11");
  fails([](TestAuthenticator& a) { a.rp_id = "example.jp"; }, "14");
  fails([](TestAuthenticator& a) { a.flags = 0x04; }, "15");
  fails([](TestAuthenticator& a) { a.flags = 0x01; }, "16");
  fails([](TestAuthenticator& a) { a.flags = 0x01 | 0x04 | 0x10; }, "17");
  key = TestAuthenticator("city.example.jp", "https://city.example.jp");
  key.format = "android-safetynet";
  EXPECT_EQ(failed_at(add()), "WebAuthn §8.5");
  rules.algorithms = {Algorithm::eddsa};
  fails([](TestAuthenticator&) {}, "20");
}

TEST_F(CeremonyTest, EveryStepOfALogInCanFail) {
  ASSERT_TRUE(add().ok());
  const TestAuthenticator good = key;
  const auto fails = [&](auto&& change, std::string_view step) {
    key = good;
    change(key);
    EXPECT_EQ(failed_at(use()), "WebAuthn §7.2 step " + std::string(step));
  };
  fails([](TestAuthenticator& a) { a.get_type = "webauthn.create"; }, "10");
  fails([](TestAuthenticator& a) { a.challenge = "ZWxzZQ"; }, "11");
  fails([](TestAuthenticator& a) { a.origin = "http://city.example.jp"; }, "12");
  fails([](TestAuthenticator& a) { a.more_client_data = R"(,"crossOrigin":true)"; }, "13");
  fails([](TestAuthenticator& a) { a.rp_id = "example.jp"; }, "15");
  fails([](TestAuthenticator& a) { a.flags = 0x04; }, "16");
  fails([](TestAuthenticator& a) { a.flags = 0x01; }, "17");
  fails([](TestAuthenticator& a) { a.flags = 0x01 | 0x04 | 0x10; }, "18");
  fails([](TestAuthenticator& a) { a.flags = 0x01 | 0x04 | 0x08; }, "19");
  fails([](TestAuthenticator& a) { a.spoil_signature = true; }, "21");
}

TEST_F(CeremonyTest, ACounterThatDoesNotGrowIsToldApart) {
  ASSERT_TRUE(add().ok());
  key.sign_count = 41;
  EXPECT_TRUE(use().ok());   // 42
  key.sign_count = 41;
  const auto again = use();
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, ErrorCode::conflict);
  key.sign_count = 42;
  EXPECT_TRUE(use().ok());
}

TEST_F(CeremonyTest, AConditionalRegistrationNeedsNoTouch) {
  key.flags = 0x04;
  rules.conditional = true;
  EXPECT_TRUE(add().ok());
}

}  // namespace
}  // namespace machiya::webauthn
