// Web Push against the published vectors, what a subscription may be, and the channel against a push service on loopback.
#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>

#include "base/json.h"
#include "base/text.h"
#include "platform/jose/jws.h"
#include "platform/vault/vault.h"
#include "tell/webpush/encryption.h"
#include "tell/webpush/payload.h"
#include "tell/webpush/testing.h"
#include "tell/webpush/vapid.h"

namespace machiya::tell {
namespace {
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string raw(std::string_view text) { return *vault::from_base64url(text); }
template <std::size_t N>
std::array<std::uint8_t, N> array_of(std::string_view text) {
  const std::string bytes = raw(text);
  std::array<std::uint8_t, N> out{};
  EXPECT_EQ(bytes.size(), N);
  std::copy_n(bytes.begin(), std::min(N, bytes.size()), out.begin());
  return out;
}
constexpr const char* kKey = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";   // RFC 8291 §5
constexpr const char* kAuth = "BTBZMqHH6r4Tts7J_aSIgg";
std::string subscription_json(const std::string& endpoint, const std::string& key = kKey, const std::string& auth = kAuth) {
  return json::to_text(json::Value::object({{"endpoint", endpoint}, {"expirationTime", nullptr}, {"keys", json::Value::object({{"p256dh", key}, {"auth", auth}})}}));
}
std::unique_ptr<Vapid> vapid(int hours = 12) { return std::move(*Vapid::create({testing::new_pem(), "mailto:push@city.example", hours})); }

TEST(Encryption, TheVectorOfRfc8291AppendixAComesOutByteForByte) {
  const char* shared = std::getenv("MACHIYA_SHARED");
  std::ifstream in(std::string(shared ? shared : MACHIYA_SOURCE_DIR "/../shared") + "/conformance/webpush/rfc8291-appendix-a.json");
  if (!in) GTEST_SKIP() << "skipped: shared data absent";
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  const json::Value vector = *json::parse(text);
  Subscription to{};
  to.key = array_of<65>(vector.text("ua_public"));
  to.auth = array_of<16>(vector.text("auth_secret"));
  Sealer sealer;
  const auto secret = array_of<32>(vector.text("as_private"));
  const auto salt = array_of<16>(vector.text("salt"));
  auto sealed = sealer.seal_with(to, vector.text("plaintext"), secret, salt);
  ASSERT_TRUE(sealed.ok());
  EXPECT_EQ(vault::base64url(*sealed), vector.text("message"));
  // The same working space serves again.
  EXPECT_EQ(vault::base64url(*sealer.seal_with(to, vector.text("plaintext"), secret, salt)), vector.text("message"));
}

TEST(Encryption, EachMessageHasItsOwnKeyAndSaltAndLimitsHold) {
  const auto to = parse_subscription(subscription_json("https://push.example.net/p/1"));
  ASSERT_TRUE(to.ok());
  Sealer sealer;
  vault::SystemRng rng;
  const auto one = sealer.seal(*to, "x", rng), two = sealer.seal(*to, "x", rng);
  ASSERT_TRUE(one.ok() && two.ok());
  EXPECT_NE(one->substr(0, 16), two->substr(0, 16));
  EXPECT_NE(one->substr(21, 65), two->substr(21, 65));
  EXPECT_EQ(sealer.seal(*to, std::string(kMostPushPlain, 'x'), rng)->size(), 4096u);
  EXPECT_EQ(sealer.seal(*to, std::string(kMostPushPlain + 1, 'x'), rng).error().code, ErrorCode::too_large);
  Subscription off = *to;
  off.key[40] ^= 1;
  EXPECT_EQ(sealer.seal(off, "x", rng).error().code, ErrorCode::invalid_input);
}

TEST(Subscription, WhatIsNoSubscriptionIsRefused) {
  const std::string endpoint = "https://push.example.net/p/1";
  auto good = parse_subscription(subscription_json("https://push.example.net:8443/p/1?x"));
  ASSERT_TRUE(good.ok());
  EXPECT_EQ(good->origin, "https://push.example.net:8443");
  EXPECT_TRUE(parse_subscription(subscription_json(endpoint, std::string(kKey) + "=", std::string(kAuth) + "==")).ok());
  std::string off = kKey;
  off[40] = off[40] == 'A' ? 'B' : 'A';
  std::string compressed = raw(kKey).substr(0, 33);
  compressed[0] = 2;
  const std::string hybrid = vault::base64url("\x06" + raw(kKey).substr(1));
  for (const std::string& bad : {std::string(), std::string("[]"), std::string("{}"), subscription_json("http://push.example.net/p/1"), subscription_json("https://user@push.example.net/"),
                                 subscription_json("smtp://push.example.net"), subscription_json("https://127.1/"), subscription_json(endpoint, off), subscription_json(endpoint, ""),
                                 subscription_json(endpoint, vault::base64url(compressed)), subscription_json(endpoint, hybrid), subscription_json(endpoint, kKey, "BTBZMqHH6r4Tts7J_aSI"),
                                 subscription_json(endpoint, kKey, "????"), subscription_json("https://push.example.net/" + std::string(9000, 'a'))})
    EXPECT_FALSE(parse_subscription(bad).ok()) << bad.substr(0, 120);
}

/// Is `header` ("vapid t=…, k=…") signed by the key that it shows?
Result<json::Value> verified(const std::string& header) {
  const std::size_t at = header.find(", k=");
  const std::string key = raw(header.substr(at + 4));
  const json::Value jwk = json::Value::object({{"kty", "EC"}, {"crv", "P-256"}, {"x", vault::base64url(key.substr(1, 32))}, {"y", vault::base64url(key.substr(33))}});
  MACHIYA_TRY(const auto keys, jose::parse_key_set(json::to_text(json::Value::object({{"keys", json::Value::array().push(jwk)}}))));
  MACHIYA_TRY(const auto token, jose::parse_jws(header.substr(8, at - 8)));
  MACHIYA_CHECK(jose::verify(token, keys, {jose::Alg::es256}));
  return jose::claims_of(token);
}

TEST(Vapid, TheExampleOfRfc8292VerifiesAndOursLooksLikeIt) {
  // RFC 8292 §2.4.
  const std::string example =
      "vapid t=eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0."
      "i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA, "
      "k=BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs";
  auto claims = verified(example);
  ASSERT_TRUE(claims.ok()) << claims.error().to_string();
  EXPECT_EQ((*claims)["exp"].as_int(), 1453523768);
  std::string broken = example;
  broken[200] = broken[200] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(verified(broken).ok());

  // The same inputs give the same header and claims; an ECDSA signature is never the same twice.
  auto ours = *Vapid::create({testing::new_pem(), "mailto:push@example.com", 24});
  const auto header = ours->authorization("https://push.example.net", Instant{(1453523768 - 24 * 3600) * kSecond});
  ASSERT_TRUE(header.ok());
  EXPECT_EQ(header->substr(0, header->find('.', header->find('.') + 1)), example.substr(0, example.find('.', example.find('.') + 1)));
  EXPECT_TRUE(verified(*header).ok());
  EXPECT_THAT(*header, HasSubstr(", k=" + ours->public_key()));
}

TEST(Vapid, ATokenServesUntilItIsNearlyOver) {
  auto ours = vapid(12);
  const Instant start{1'790'000'000 * kSecond};
  const std::string first = *ours->authorization("https://a.example", start);
  EXPECT_EQ(*ours->authorization("https://a.example", Instant{start.us + 9 * kHour - kSecond}), first);
  EXPECT_NE(*ours->authorization("https://b.example", start), first);
  const std::string second = *ours->authorization("https://a.example", Instant{start.us + 9 * kHour});
  EXPECT_NE(second, first);
  EXPECT_EQ((*verified(second))["exp"].as_int(), 1'790'000'000 + 21 * 3600);
  EXPECT_NE(*ours->authorization("https://a.example", start), second);   // the clock was set back: a token of the future is none
  EXPECT_FALSE(Vapid::create({testing::new_pem(), "mailto:push@city.example", 25}).ok());
  EXPECT_FALSE(Vapid::create({testing::new_pem(), "push@city.example", 12}).ok());
  EXPECT_FALSE(Vapid::create({"", "mailto:push@city.example", 12}).ok());
}

TEST(Payload, IsCutInWholeCharactersAndAlwaysFits) {
  Content content;
  content.lang = "ja-easy";
  content.title = "避難指示";
  content.link = "https://city.example/m/1";
  const std::string pieces[] = {"あ", "か\u3099", "👨‍👩‍👧‍👦", "🇯🇵", "👍🏽", "葛\U000e0100", "<", "\"", "\n", "e\u0301", "a"};
  SeededRng rng(7);
  int cut = 0;
  for (int i = 0; i < 300; ++i) {
    std::vector<std::string> units;
    content.body.clear();
    for (const std::size_t want = 3000 + rng.below(3000); content.body.size() < want;) units.push_back(pieces[rng.below(std::size(pieces))]), content.body += units.back();
    const std::string text = push_payload(content, "m1");
    EXPECT_LE(text.size(), kMostPushPlain);
    const auto value = json::parse(text);
    ASSERT_TRUE(value.ok()) << value.error().to_string();
    std::string body = value->text("body");
    if (body == content.body) continue;
    ++cut;
    ASSERT_TRUE(body.ends_with("…"));
    body.resize(body.size() - 3);
    EXPECT_GT(text.size(), kMostPushPlain - 40);   // nothing is wasted
    std::size_t at = 0, unit = 0;
    while (at < body.size()) at += units[unit++].size();
    EXPECT_EQ(at, body.size());   // the cut lies between two characters
    EXPECT_THAT(content.body, StartsWith(body));
  }
  EXPECT_GT(cut, 100);
  EXPECT_LT(cut, 300);
}

TEST(Payload, SaysWhatAServiceWorkerNeeds) {
  Content content;
  content.lang = "ja-easy";
  content.title = "にげて ください";
  content.body = "川の 水が ふえて います。";
  content.link = "https://city.example/m/1";
  content.emergency = true;
  EXPECT_EQ(push_payload(content, "m1"),
            R"({"title":"にげて ください","body":"川の 水が ふえて います。","link":"https://city.example/m/1","lang":"ja","tag":"m1","urgent":true})");
  content.link = "https://city.example/" + std::string(5000, 'x');
  EXPECT_THAT(push_payload(content, "m1"), Not(HasSubstr("link")));
  content.title = std::string(5000, 't');
  EXPECT_LE(push_payload(content, "m1").size(), kMostPushPlain);
}

TEST(Payload, TopicsAreShortAndSafe) {
  EXPECT_EQ(push_topic("01h8xk3v9m2q4r6s8t0w2y4z6b"), "01h8xk3v9m2q4r6s8t0w2y4z6b");
  for (const std::string& id : {std::string(), std::string("お知らせ"), std::string(33, 'a'), std::string("a b")}) {
    const std::string topic = push_topic(id);
    EXPECT_EQ(topic.size(), 32u);
    EXPECT_EQ(topic.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), std::string::npos);
    EXPECT_EQ(topic, push_topic(id));
  }
  EXPECT_NE(push_topic("a b"), push_topic("a c"));
}

}  // namespace
}  // namespace machiya::tell
