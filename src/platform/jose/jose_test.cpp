// Signed tokens: examples of the RFCs verify, and every way to bend one is refused with its cause.
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "platform/jose/jws.h"
#include "platform/vault/vault.h"

namespace machiya::jose {
namespace {
using vault::base64url;

std::string pem_of(EVP_PKEY* key) {
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(out);
  return text;
}
/// "RSA" with bits, or "EC" with a curve.
PrivateKey new_key(const char* type, const char* curve = "P-256") {
  EVP_PKEY* key = std::string_view(type) == "RSA" ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048}) : EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve);
  auto out = PrivateKey::from_pem(pem_of(key));
  EVP_PKEY_free(key);
  EXPECT_TRUE(out.ok());
  return *out;
}
std::string set_of(std::initializer_list<json::Value> keys) {
  json::Value all = json::Value::array();
  for (const auto& key : keys) all.push(key);
  return json::to_text(json::Value::object({{"keys", all}}));
}
KeySet keys_of(std::initializer_list<json::Value> keys) {
  auto out = parse_key_set(set_of(keys));
  EXPECT_TRUE(out.ok()) << out.error().to_string();
  return *out;
}
std::string cause(const Result<void>& state) { return state.ok() ? "accepted" : state.error().where; }
std::string verdict(const std::string& token, const KeySet& keys, const std::vector<Alg>& allowed) {
  auto parsed = parse_jws(token);
  return parsed.ok() ? cause(verify(*parsed, keys, allowed)) : parsed.error().where;
}
/// A token with any header text, signed well by `key`.
std::string token_with(const PrivateKey& key, const std::string& header, const std::string& payload = R"({"iss":"a"})") {
  const std::string head = base64url(header) + "." + base64url(payload);
  return head + "." + base64url(*key.sign(head));
}
const std::vector<Alg> kAll = {Alg::rs256, Alg::ps256, Alg::es256, Alg::eddsa};

TEST(Jose, ExamplesOfTheRfcsVerify) {
  // RFC 7515 appendix A.3
  auto es = parse_key_set(R"({"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})");
  ASSERT_TRUE(es.ok()) << es.error().to_string();
  EXPECT_EQ(verdict("eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
                    ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q", *es, kAll), "accepted");
  // RFC 8037 appendix A.4
  auto ed = parse_key_set(R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})");
  ASSERT_TRUE(ed.ok());
  const std::string token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
  EXPECT_EQ(verdict(token, *ed, kAll), "accepted");
  EXPECT_EQ(verdict(token, *ed, {Alg::es256}), "alg-not-allowed");
  EXPECT_EQ(verdict(token, *es, kAll), "kid-unknown");   // nothing in the set fits
}

TEST(Jose, WhatWeSignIsVerifiedAndOneBitIsEnough) {
  for (const char* type : {"RSA", "EC"}) {
    const PrivateKey key = new_key(type);
    const KeySet keys = keys_of({key.public_jwk("k1")});
    auto token = sign(key, json::Value::object({{"kid", "k1"}, {"typ", "JWT"}}), json::Value::object({{"sub", "x"}}));
    ASSERT_TRUE(token.ok());
    EXPECT_EQ(verdict(*token, keys, {key.alg()}), "accepted");
    auto parsed = parse_jws(*token);
    EXPECT_EQ(parsed->typ, "JWT");
    EXPECT_EQ(claims_of(*parsed)->text("sub"), "x");
    for (std::size_t byte = 0; byte < parsed->signature.size(); byte += 7) {
      Jws bent = *parsed;
      bent.signature[byte] = static_cast<char>(bent.signature[byte] ^ 1);
      EXPECT_EQ(cause(verify(bent, keys, {key.alg()})), "signature-wrong");
    }
    Jws other = *parsed;
    other.signed_part.back() = other.signed_part.back() == 'A' ? 'B' : 'A';
    EXPECT_EQ(cause(verify(other, keys, {key.alg()})), "signature-wrong");
    for (const std::size_t size : {0, 1, 63, 65}) {
      Jws cut = *parsed;
      cut.signature.resize(size);
      EXPECT_EQ(cause(verify(cut, keys, {key.alg()})), "signature-wrong") << size;
    }
  }
}

TEST(Jose, PssIsVerifiedWithItsOwnParametersOnly) {
  EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048});
  const auto ours = PrivateKey::from_pem(pem_of(key));
  const KeySet keys = keys_of({[&] { json::Value jwk = ours->public_jwk("k"); jwk.erase("alg"); return jwk; }()});
  const std::string head = base64url(R"({"alg":"PS256"})") + "." + base64url("{}");
  const auto signed_with = [&](int salt) {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_PKEY_CTX* options = nullptr;
    EVP_DigestSignInit(context, &options, EVP_sha256(), nullptr, key);
    EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING);
    EVP_PKEY_CTX_set_rsa_pss_saltlen(options, salt);
    std::string out(256, '\0');
    std::size_t size = out.size();
    EVP_DigestSign(context, reinterpret_cast<unsigned char*>(out.data()), &size, reinterpret_cast<const unsigned char*>(head.data()), head.size());
    EVP_MD_CTX_free(context);
    return head + "." + base64url(out);
  };
  EXPECT_EQ(verdict(signed_with(32), keys, kAll), "accepted");
  EXPECT_EQ(verdict(signed_with(20), keys, kAll), "signature-wrong");   // RFC 7518 §3.5: the salt is as long as the hash
  EXPECT_EQ(verdict(token_with(*ours, R"({"alg":"PS256"})"), keys, kAll), "signature-wrong");   // PKCS#1 v1.5 under the name of PSS
  EVP_PKEY_free(key);
}

TEST(Jose, HeadersThatBendTheRulesAreRefused) {
  const PrivateKey rsa = new_key("RSA"), ec = new_key("EC");
  const KeySet keys = keys_of({rsa.public_jwk("r"), ec.public_jwk("e")});
  EXPECT_EQ(verdict(token_with(ec, R"({"alg":"ES256","kid":"e"})"), keys, kAll), "accepted");
  const std::pair<const char*, const char*> table[] = {
      {R"({"alg":"none"})", "alg-not-allowed"}, {R"({"alg":"None","kid":"e"})", "alg-not-allowed"}, {R"({"kid":"e"})", "alg-not-allowed"},
      {R"({"alg":"HS256","kid":"e"})", "alg-not-allowed"}, {R"({"alg":"RS256","kid":"e"})", "key-misfit"}, {R"({"alg":"ES256","kid":"r"})", "key-misfit"},
      {R"({"alg":"ES256","kid":"x"})", "kid-unknown"}, {R"({"alg":"ES256","kid":""})", "accepted"}, {R"({"alg":"ES384","kid":"e"})", "alg-not-allowed"},
      {R"({"alg":"ES256","kid":"e","crit":["exp"]})", "jws-crit"}, {R"({"alg":"ES256","kid":"e","jku":"https://evil.example/keys"})", "jws-own-key"},
      {R"({"alg":"ES256","kid":"e","x5u":"https://evil.example/c"})", "jws-own-key"}, {R"({"alg":"ES256","kid":"e","jwk":{"kty":"EC"}})", "jws-own-key"},
      {R"({"alg":"ES256","kid":"e","x5c":["MIIB"]})", "jws-own-key"}, {R"({"alg":"ES256","kid":"e","b64":false})", "jws-malformed"},
      {R"({"alg":"ES256","alg":"none"})", "jws-malformed"}, {R"({"alg":["ES256"]})", "jws-malformed"}, {R"([])", "jws-malformed"}, {"", "jws-malformed"},
      {R"({"alg":"ES256","kid":7})", "jws-malformed"}, {R"({"alg":"ES256"} x)", "jws-malformed"}};
  for (const auto& [header, want] : table) EXPECT_EQ(verdict(token_with(ec, header), keys, kAll), want) << header;
  EXPECT_EQ(verdict(token_with(ec, R"({"alg":"ES256"})"), keys_of({ec.public_jwk("a"), new_key("EC").public_jwk("b")}), kAll), "key-ambiguous");
  EXPECT_EQ(verdict(token_with(new_key("EC"), R"({"alg":"ES256","kid":"e"})"), keys, kAll), "signature-wrong");   // another key under a known name
  const std::string good = token_with(ec, R"({"alg":"ES256","kid":"e"})");
  for (const std::string& bad : {good + ".", good + "=", good.substr(0, good.rfind('.')), "." + good, good + ".x", std::string(70'000, 'a')})
    EXPECT_EQ(verdict(bad, keys, kAll), "jws-malformed");
}

TEST(Jose, APublicKeyIsNoSecret) {
  const PrivateKey ec = new_key("EC");
  const std::string head = base64url(R"({"alg":"HS256"})") + "." + base64url("{}");
  // RFC 2104 by hand is not needed: verify_shared() accepts its own secret, verify() refuses the algorithm before any key is looked at.
  auto token = parse_jws(head + "." + base64url(std::string(32, 'x')));
  ASSERT_TRUE(token.ok());
  EXPECT_EQ(cause(verify(*token, keys_of({ec.public_jwk("e")}), {Alg::hs256, Alg::es256})), "alg-not-allowed");
  EXPECT_EQ(cause(verify_shared(*token, std::string(32, 's'))), "signature-wrong");
  EXPECT_EQ(cause(verify_shared(*token, "short")), "key-weak");
  EXPECT_EQ(cause(verify_shared(*parse_jws(token_with(ec, R"({"alg":"ES256"})")), std::string(32, 's'))), "alg-not-allowed");
  // RFC 7515 appendix A.1
  auto example = parse_jws("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
                           ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
  ASSERT_TRUE(example.ok());
  EXPECT_EQ(cause(verify_shared(*example, *vault::from_base64url("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"))), "accepted");
}

TEST(Jose, KeySetsAreReadStrictly) {
  const json::Value ec = new_key("EC").public_jwk("e");
  const auto changed = [&](const char* name, json::Value value) {
    json::Value out = ec;
    out.set(name, std::move(value));
    return out;
  };
  EXPECT_EQ(keys_of({ec}).keys.size(), 1u);
  for (const json::Value& passed_over : {changed("use", "enc"), changed("crv", "P-521"), changed("kty", "AKP"), changed("alg", "ECDH-ES"),
                                         json::Value::object({{"kty", "oct"}, {"k", "c2VjcmV0"}})})
    EXPECT_TRUE(keys_of({passed_over}).keys.empty());
  const auto refusal = [](const std::string& text) {
    auto set = parse_key_set(text);
    return set.ok() ? std::string("accepted") : set.error().where;
  };
  EXPECT_EQ(refusal(set_of({ec, changed("x", ec["y"])})), "key-broken");
  EXPECT_EQ(refusal(set_of({changed("y", "AAAA")})), "key-broken");
  EXPECT_EQ(refusal(set_of({changed("d", "AAAA")})), "keys-private");
  EXPECT_EQ(refusal(set_of({ec, new_key("EC").public_jwk("e")})), "keys-ambiguous");
  EXPECT_EQ(refusal(set_of({json::Value::object({{"kty", "RSA"}, {"n", base64url("\x81" + std::string(127, '\x11'))}, {"e", "AQAB"}})})), "key-weak");   // 1,024 bits
  EXPECT_EQ(refusal(set_of({json::Value::object({{"kty", "RSA"}, {"n", base64url("\x81" + std::string(255, '\x11'))}, {"e", "Aw"}})})), "key-weak");
  EXPECT_EQ(refusal(set_of({json::Value::object({{"kty", "RSA"}, {"n", base64url(std::string(2000, '\x11'))}, {"e", "AQAB"}})})), "key-broken");
  for (const char* text : {"", "[]", "{}", R"({"keys":{}})", R"({"keys":[1]})", R"({"keys":[],"keys":[]})"}) EXPECT_EQ(refusal(text), "keys-unreadable") << text;
  EXPECT_EQ(PrivateKey::from_pem("nothing").error().where, "key-broken");
}

TEST(Jose, TimesAreWholeSeconds) {
  const json::Value claims = *json::parse(R"({"a":1790000000,"b":-1,"c":1.5,"d":"1790000000","e":99999999999999999,"f":0})");
  EXPECT_EQ(*seconds_of(claims, "a"), 1'790'000'000);
  EXPECT_EQ(*seconds_of(claims, "f"), 0);
  for (const char* name : {"b", "c", "d", "e", "g"}) EXPECT_EQ(seconds_of(claims, name).error().where, "time-unreadable") << name;
}

}  // namespace
}  // namespace machiya::jose
