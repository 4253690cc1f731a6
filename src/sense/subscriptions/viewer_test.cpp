// Whose a subscription is: told is what its maker may see, at the moment of the change. Without Inside::judge_seen and data_seen each of these fails.
#include <algorithm>

#include "sense/subscriptions/subscriptions_fixture.h"

namespace machiya::sense {
namespace {

constexpr std::string_view kSecret = "https://uri.etsi.org/ngsi-ld/default-context/secret";

/// Everybody but "chief" sees no secrets.
class NoSecrets final : public Gate {
 public:
  explicit NoSecrets(std::string key) : key_(std::move(key)) {}
  const std::string& key() const override { return key_; }
  bool sees_tenants() const override { return true; }
  bool sees(std::span<const std::string_view>) const override { return true; }
  bool sees(std::span<const std::string_view>, std::string_view attribute) const override { return key_ == "chief" || attribute != kSecret; }
  Result<void> may_write(std::span<const std::string_view>) const override { return {}; }
  Result<void> check(const EntityPtr&, const EntityPtr&) const override { return {}; }
  void read(std::span<const std::string_view>, std::string_view) override {}
  Result<void> written_down() override { return {}; }

 private:
  std::string key_;
};

class ViewerTest : public SubscriptionsFixture {
 protected:
  bool revoked_ = false;
  ViewerTest() {
    auto with = options;
    with.gate_of = [this](const std::string& viewer) -> GatePtr { return revoked_ ? nullptr : std::make_shared<NoSecrets>(viewer); };
    again(with);
  }
  std::string by(const std::string& viewer, const std::string& more = "") {
    const auto id = subscriptions->create("", json(R"({"type":"Subscription","entities":[{"type":"T"}],"notification":{"endpoint":{"uri":"http://h/)" + viewer + "\"}}" + more + "}"), *contexts.core(), "null", viewer);
    EXPECT_TRUE(id.ok());
    return id.ok() ? *id : std::string();
  }
  static std::string secret(int n) { return R"(,"secret":{"type":"Property","value":)" + std::to_string(n) + "}"; }
  /// Who was told something, and whether a secret stood in it.
  std::string told() {
    subscriptions->pump();
    std::vector<std::string> out;
    for (const Parcel& p : std::exchange(notifier.caught, {})) out.push_back(p.uri.substr(p.uri.rfind('/') + 1) + (p.body.find("secret") != std::string::npos ? "+secret" : ""));
    std::ranges::sort(out);
    std::string text;
    for (const std::string& one : out) text += (text.empty() ? "" : " ") + one;
    return text;
  }
};

TEST_P(ViewerTest, EachIsToldWhatTheyMaySee) {
  by("chief"), by("clerk");
  set("urn:x:1", 1, secret(5));
  EXPECT_EQ(told(), "chief+secret clerk");
  clock.advance(kSecond);
  const Value only = json(R"({"id":"urn:x:1","type":"T","secret":{"type":"Property","value":6}})");
  const auto draft = read_entity(only, BodyOf::entity, *contexts.core(), arena);
  ASSERT_TRUE(entities->write("", "urn:x:1", [&](const EntityPtr& current, const ChangeContext& context) -> Result<Change> { return append_attributes(current, *draft, false, context); }).ok());
  EXPECT_EQ(told(), "chief+secret");   // for the clerk nothing has happened
  clock.advance(kSecond);
  set("urn:x:1", 2);
  EXPECT_EQ(told(), "chief+secret clerk");
}

TEST_P(ViewerTest, AConditionOverWhatIsNotSeenNeverHolds) {
  by("chief", R"(,"q":"secret>3")"), by("clerk", R"(,"q":"secret>3")");
  set("urn:x:1", 1, secret(5));
  EXPECT_EQ(told(), "chief+secret");
}

TEST_P(ViewerTest, AtAnIntervalNothingElseIsToldEither) {
  by("clerk", R"(,"timeInterval":10)");
  set("urn:x:1", 1, secret(5));
  clock.advance(11 * kSecond);
  EXPECT_EQ(told(), "clerk");
}

TEST_P(ViewerTest, WhoIsGoneIsToldNothingAndHoldsNothingUp) {
  const std::string id = by("chief");
  revoked_ = true;
  set("urn:x:1", 1, secret(5));
  EXPECT_EQ(told(), "");
  EXPECT_EQ(subscriptions->needed(), entities->last() + 1);
  revoked_ = false;
  clock.advance(kSecond);
  set("urn:x:1", 2);
  EXPECT_EQ(told(), "chief+secret");
}

TEST_P(ViewerTest, WhoseItIsOutlivesARestart) {
  const std::string id = by("clerk"), other = by("chief");
  again(options);
  EXPECT_TRUE(subscriptions->made_by("", id, "clerk"));
  EXPECT_FALSE(subscriptions->made_by("", id, "chief"));
  const std::string clerk = "clerk";
  EXPECT_EQ(subscriptions->list("", *contexts.core(), false, 0, 10, &clerk).total, 1u);
  EXPECT_EQ(subscriptions->list("", *contexts.core(), false, 0, 10).total, 2u);
  set("urn:x:1", 1, secret(5));
  EXPECT_EQ(told(), "chief+secret clerk");
}

MACHIYA_ON_BOTH_ENGINES(ViewerTest);

}  // namespace
}  // namespace machiya::sense
