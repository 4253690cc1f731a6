// The rules of believing a provider, without a network: ID tokens at their limits, what is published, facts for forms, definitions;
// and log-ins under way on both engines. The whole conversation with real providers is tests/oidc.
#include <gtest/gtest.h>

#include "platform/oidc/exchange.h"
#include "platform/oidc/id_token.h"
#include "platform/oidc/pending_dao.h"
#include "platform/oidc/sign_in.h"
#include "platform/outbound/testing.h"
#include "platform/store/testing.h"

namespace machiya::oidc {
namespace {
constexpr std::int64_t kNow = 1'790'000'000;

std::string verdict(const json::Value& claims, const Expected& expected) {
  jose::Jws token;
  token.alg = jose::Alg::es256;
  const auto state = check_id_token(token, claims, expected);
  return state.ok() ? "believed" : state.error().where;
}
Expected expected() { return {"https://id.example", "city", "n-1", "token", {}, std::nullopt, Instant{kNow * kSecond}}; }
json::Value claims() {
  return json::Value::object({{"iss", "https://id.example"}, {"aud", "city"}, {"sub", "7"}, {"exp", kNow + 300}, {"iat", kNow}, {"nonce", "n-1"}});
}
json::Value with(const char* name, json::Value value) { return claims().set(name, std::move(value)); }

TEST(IdToken, TimesAtTheirLimits) {
  EXPECT_EQ(verdict(claims(), expected()), "believed");
  const std::tuple<const char*, std::int64_t, const char*> table[] = {
      {"exp", kNow - 59, "believed"},   {"exp", kNow - 60, "exp-past"},   {"iat", kNow + 60, "believed"}, {"iat", kNow + 61, "iat-future"},
      {"iat", kNow - 600, "believed"},  {"iat", kNow - 601, "iat-old"},   {"nbf", kNow + 60, "believed"}, {"nbf", kNow + 61, "nbf-future"}};
  for (const auto& [name, value, want] : table) EXPECT_EQ(verdict(with(name, value), expected()), want) << name << value - kNow;
  Expected fresh = expected();
  fresh.max_age_s = 300;
  EXPECT_EQ(verdict(claims(), fresh), "auth-time-missing");
  EXPECT_EQ(verdict(with("auth_time", kNow - 360), fresh), "believed");
  EXPECT_EQ(verdict(with("auth_time", kNow - 361), fresh), "auth-too-old");
  EXPECT_EQ(verdict(with("auth_time", kNow + 61), fresh), "auth-time-future");
}

TEST(IdToken, AtHashAndLevel) {
  EXPECT_EQ(verdict(with("at_hash", jose::half_hash(jose::Alg::es256, "token")), expected()), "believed");
  EXPECT_EQ(verdict(with("at_hash", jose::half_hash(jose::Alg::es256, "other")), expected()), "at-hash-wrong");
  Expected level = expected();
  level.acr = {"aal3", "aal3 crl"};
  EXPECT_EQ(verdict(with("acr", "aal3 crl"), level), "believed");
  EXPECT_EQ(verdict(with("acr", "aal2"), level), "acr-too-low");
  EXPECT_EQ(verdict(claims(), level), "acr-too-low");
}

TEST(Metadata, IsReadStrictly) {
  const auto cause = [](json::Value body) {
    auto read = parse_metadata(json::to_text(body), "https://id.example");
    return read.ok() ? std::string("read") : read.error().where;
  };
  const json::Value good = json::Value::object({{"issuer", "https://id.example"}, {"authorization_endpoint", "https://id.example/a"}, {"token_endpoint", "https://id.example/t"},
                                                {"jwks_uri", "https://id.example/k"}});
  EXPECT_EQ(cause(good), "read");
  EXPECT_EQ(cause(json::Value(good).set("issuer", "https://id.example/")), "metadata-issuer");
  EXPECT_EQ(cause(json::Value(good).set("token_endpoint", "")), "metadata-incomplete");
  EXPECT_EQ(cause(json::Value(good).set("response_types_supported", json::Value(json::Value::Array{json::Value("id_token")}))), "metadata-incomplete");
  EXPECT_EQ(cause(json::Value(good).set("code_challenge_methods_supported", json::Value(json::Value::Array{json::Value("plain")}))), "pkce-unsupported");
}

TEST(MetadataCache, KeysAreFetchedAgainAtMostOnceAMinute) {
  outbound::testing::CannedServer keys("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"keys\":[]}");
  outbound::Options options;
  options.rules = {{keys.origin(), true}};
  options.http_on_loopback = true;
  const auto door = std::move(*outbound::Outbound::create(options));
  FakeClock clock{Instant{kNow * kSecond}};
  MetadataCache cache(*door, clock);
  Metadata metadata;
  metadata.issuer = keys.origin();
  metadata.jwks_uri = keys.origin() + "/keys";
  const auto fetch = [&](bool newer) {
    EXPECT_TRUE(cache.keys(metadata, newer).ok());
    return keys.visits();
  };
  EXPECT_EQ(fetch(false), 1);
  EXPECT_EQ(fetch(false), 1);
  EXPECT_EQ(fetch(true), 1);    // whoever sends tokens with made-up key names makes us ask nobody
  clock.advance(61 * kSecond);
  EXPECT_EQ(fetch(false), 1);
  EXPECT_EQ(fetch(true), 2);    // a provider that changed its keys is found after a minute
  clock.advance(61 * kMinute);
  EXPECT_EQ(fetch(false), 3);
  cache.forget();
  EXPECT_EQ(fetch(false), 4);
}

TEST(Definition, SaysWhatTheSchemaCannot) {
  const auto faults_of = [](const char* text) {
    Diagnostics faults;
    (void)read_definition(*json::parse(text), "x", faults);
    std::string out;
    for (const auto& fault : faults.list()) out += fault.pointer + " ";
    return out;
  };
  EXPECT_EQ(faults_of(R"({"for":"citizens","client":"private-key-jwt","algorithms":["RS256"],"scopes":["openid"],"gives":{"strength":"two-factors"}})"), "");
  EXPECT_EQ(faults_of(R"({"for":"citizens","client":"private-key-jwt","algorithms":["RS256"],"scopes":["name"],"gives":{}})"), "/scopes ");
  EXPECT_EQ(faults_of(R"({"for":"citizens","client":"client-secret-post","algorithms":["HS256","RS256"],"scopes":["openid"],"gives":{}})"), "/algorithms ");
  EXPECT_EQ(faults_of(R"({"for":"citizens","client":"private-key-jwt","algorithms":["HS256"],"scopes":["openid"],"gives":{}})"), "/algorithms ");
  EXPECT_EQ(faults_of(R"({"for":"staff","client":"private-key-jwt","algorithms":["RS256"],"scopes":["openid"],"gives":{}})"), "/account ");
  EXPECT_EQ(faults_of(R"({"for":"citizens","client":"private-key-jwt","algorithms":["RS256"],"scopes":["openid"],"gives":{},"facts":{"name":"name"}})"), "/facts ");
  EXPECT_EQ(faults_of(R"({"for":"citizens","client":"private-key-jwt","algorithms":["RS256"],"scopes":["openid"],"gives":{},"acr":{"ask":["a"],"accept":[]}})"), "/acr ");
}

TEST(Facts, OnlyWhatCanBeTakenOverWhole) {
  Definition definition;
  definition.facts = {{"name", "name"}, {"address", "address"}, {"birth_date", "birthdate"}, {"gender", "gender"}};
  const auto facts = [&](const char* text) { return json::to_text(facts_from(definition, *json::parse(text))); };
  EXPECT_EQ(facts(R"({"name":"大阪　花子","birthdate":"1990-04-01"})"), R"({"name":{"family":"大阪","given":"花子"},"birth_date":"1990-04-01"})");
  EXPECT_EQ(facts(R"({"name":"大阪花子","birthdate":"0000-04-01","address":{"formatted":"大阪府"}})"), "{}");
  EXPECT_EQ(facts(R"({"family_name":"大阪","given_name":"花子","name":"x","address":{"region":"大阪府","locality":"大阪市北区","street_address":"中之島1-3-20"}})"),
            R"({"name":{"family":"大阪","given":"花子"},"address":{"prefecture":"大阪府","city":"大阪市北区","street":"中之島1-3-20"}})");
}

TEST(Request, CarriesWhatProtectsIt) {
  Provider provider;
  auto definition = std::make_shared<Definition>();
  definition->scopes = {"openid", "name"};
  definition->acr_asked = {"aal3"};
  auto client = std::make_shared<Client>();
  client->client_id = "city & co";
  provider.definition = definition;
  provider.client = client;
  Metadata metadata;
  metadata.authorization_endpoint = "https://id.example/auth?tenant=1";
  // The verifier and its challenge are the example of RFC 7636 appendix B.
  const std::string url = authorization_url(metadata, provider, {"s", "n", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "https://city.example/login/with/x/callback"});
  for (const char* part : {"https://id.example/auth?tenant=1&", "response_type=code", "client_id=city%20%26%20co", "scope=openid%20name", "acr_values=aal3", "state=s", "nonce=n",
                           "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method=S256", "redirect_uri=https%3A%2F%2Fcity.example%2Flogin%2Fwith%2Fx%2Fcallback"})
    EXPECT_NE(url.find(part), std::string::npos) << part << " in " << url;
}

struct PendingTest : store::testing::StoreTest {
  void SetUp() override { migrate(SignIn::migrations()); }
};
MACHIYA_ON_BOTH_ENGINES(PendingTest);

TEST_P(PendingTest, ServesOnceAndForgetsWhatWasSealed) {
  const Instant now{kNow * kSecond};
  ASSERT_TRUE(store().write([&](store::Tx& tx) { return pending_dao::insert(tx, {"digest", "line", "browser", "sealed", 3, now, Instant{now.us + kMinute}}); }).ok());
  const auto find = [&] { return *store().read([&](store::ReadTx& tx) { return pending_dao::find(tx, "digest"); }); };
  ASSERT_TRUE(find());
  EXPECT_EQ(find()->sealed, "sealed");
  EXPECT_EQ(find()->person, 3);
  EXPECT_FALSE(find()->used);
  const auto use = [&] { return *store().write([&](store::Tx& tx) { return pending_dao::use(tx, "digest", now); }); };
  EXPECT_TRUE(use());
  EXPECT_FALSE(use());
  EXPECT_TRUE(find()->used);
  EXPECT_EQ(find()->sealed, "");
  ASSERT_TRUE(store().write([&](store::Tx& tx) { return pending_dao::remove_before(tx, Instant{now.us + 1}); }).ok());
  EXPECT_FALSE(find());
}

}  // namespace
}  // namespace machiya::oidc
