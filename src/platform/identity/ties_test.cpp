// Who acts for whom, and emergency access, on both databases with a clock that the test moves.
#include "platform/identity/emergencies.h"
#include "platform/identity/testing.h"
#include "platform/identity/ties.h"

namespace machiya::identity {
namespace {

constexpr std::string_view kPolicy = R"({"purposes":{"decide":{"for":["case.read"]},"emergency":{"for":["breakglass.use"]},"review":{"for":["breakglass.review"]},"assist":{"for":["person.guardian"]}},
  "roles":{"clerk":{"permissions":["case.read","breakglass.use"],"scope":"own-department","purposes":["decide","emergency"]},
           "reviewer":{"permissions":["breakglass.review","breakglass.use","case.read"],"scope":"own-department","purposes":["review","emergency","decide"]},
           "counter":{"permissions":["person.guardian"],"scope":"all","purposes":["assist"]}},
  "relations":{"owner":{"may":["case.read","delegation.end"]},"delegate":{"may":["case.read"]},"guardian":{"may":["case.read"]},"emergency":{"may":["case.read"]}}})";

struct TiesTest : IdentityTest {
  Principal hanako, taro, jiro;

  void SetUp() override {
    IdentityTest::SetUp();
    Options o = production();
    o.policy_text = std::string(kPolicy);
    start(o);
    hanako = person("hanako@example.jp"), taro = person("taro@example.jp"), jiro = person("jiro@example.jp");
  }
  Principal person(std::string_view email) {
    auto made = store().write([&](store::Tx& tx) { return identity->ensure_person(tx, email, Assurance::contact); });
    EXPECT_TRUE(made.ok());
    return *made;
  }
  static Principal clerk(const char* id, std::vector<std::string> roles, const char* department = "water") {
    Principal p;
    p.kind = PrincipalKind::staff, p.public_id = id, p.name = id, p.roles = std::move(roles), p.department = department;
    return p;
  }
  Instant in_days(int days) const { return Instant{clock.now().us + days * kDay}; }
  /// Nothing when it was done.
  template <class Work>
  std::optional<ErrorCode> code_of(Work work) {
    auto done = store().write([&](store::Tx& tx) -> Result<int> {
      MACHIYA_CHECK(work(tx));
      return 0;
    });
    return done.ok() ? std::optional<ErrorCode>() : done.error().code;
  }
  std::string offer(const Principal& who, std::string_view procedure, int days) {
    auto made = store().write([&](store::Tx& tx) { return identity->ties().offer(tx, who, procedure, in_days(days), "r"); });
    EXPECT_TRUE(made.ok()) << made.error().to_string();
    last = made->id;
    return made->code;
  }
  std::optional<ErrorCode> accept(const Principal& who, const std::string& code) {
    return code_of([&](store::Tx& tx) { return identity->ties().accept(tx, who, code, "r"); });
  }
  Decision reads(const Principal& who, std::string_view procedure, std::string_view object = {}) {
    Resource it;
    it.person = hanako.id, it.procedure = std::string(procedure), it.department = "housing";
    auto decision = store().read([&](store::ReadTx& tx) { return identity->decide(tx, who, "case.read", it, object); });
    EXPECT_TRUE(decision.ok());
    return *decision;
  }
  std::string last;
};

TEST_P(TiesTest, ADelegationHoldsForItsProcedureUntilItsEndAndCanBeTakenBack) {
  EXPECT_FALSE(reads(taro, "dog").allowed());
  EXPECT_EQ(accept(taro, offer(hanako, "dog", 30)), std::nullopt);
  EXPECT_EQ(reads(taro, "dog").purpose, "delegate");
  EXPECT_FALSE(reads(taro, "cat").allowed());
  EXPECT_FALSE(reads(jiro, "dog").allowed());
  clock.set(Instant{clock.now().us + 30 * kDay});
  EXPECT_EQ(reads(taro, "dog").reason, Reason::relation_over) << "the end is the first moment without";
  EXPECT_EQ(accept(taro, offer(hanako, "", 30)), std::nullopt);
  EXPECT_TRUE(reads(taro, "cat").allowed());
  const std::string id = last;
  EXPECT_EQ(code_of([&](store::Tx& tx) { return identity->ties().end(tx, jiro, id, *identity->policy(), "r"); }), ErrorCode::not_found) << "a stranger cannot end it";
  EXPECT_EQ(code_of([&](store::Tx& tx) { return identity->ties().end(tx, hanako, id, *identity->policy(), "r"); }), std::nullopt);
  EXPECT_FALSE(reads(taro, "cat").allowed());
}

TEST_P(TiesTest, ACodeIsForOneOtherPersonOnceAndNotForLong) {
  const std::string code = offer(hanako, "", 30);
  EXPECT_EQ(accept(hanako, code), ErrorCode::not_found) << "one's own";
  EXPECT_EQ(accept(taro, "abcd-efgh-jkmn"), ErrorCode::not_found);
  EXPECT_EQ(accept(taro, code), std::nullopt);
  EXPECT_EQ(accept(jiro, code), ErrorCode::not_found) << "used";
  const std::string late = offer(hanako, "", 300);
  clock.set(Instant{clock.now().us + (Ties::kCodeDays + 1) * kDay});
  EXPECT_EQ(accept(taro, late), ErrorCode::not_found) << "lapsed";
  const std::string ended = offer(hanako, "", 30), id = last;
  EXPECT_EQ(code_of([&](store::Tx& tx) { return identity->ties().end(tx, hanako, id, *identity->policy(), "r"); }), std::nullopt);
  EXPECT_EQ(accept(taro, ended), ErrorCode::not_found) << "taken back before it was entered";
  for (int days : {0, -1, Ties::kLongestDays + 1})
    EXPECT_EQ(code_of([&](store::Tx& tx) -> Result<void> {
      auto made = identity->ties().offer(tx, hanako, "", in_days(days), "r");
      return made.ok() ? Result<void>() : Result<void>(made.error());
    }), ErrorCode::invalid_input) << days;
}

TEST_P(TiesTest, AGuardianIsRecordedByWhoMayAndEndedByStaffOnly) {
  const auto record = [&](const Principal& who, const Principal& guardian, std::string_view evidence) {
    return code_of([&](store::Tx& tx) { return identity->ties().record_guardian(tx, who, *identity->policy(), hanako, guardian, in_days(400), evidence, "r"); });
  };
  EXPECT_EQ(record(clerk("c", {"clerk"}), taro, "family-register"), ErrorCode::forbidden);
  EXPECT_EQ(record(clerk("k", {"counter"}), taro, "山田花子の戸籍"), ErrorCode::invalid_input) << "the kind of document, never what stands on it";
  EXPECT_EQ(record(clerk("k", {"counter"}), hanako, "family-register"), ErrorCode::invalid_input);
  EXPECT_EQ(record(clerk("k", {"counter"}), taro, "family-register"), std::nullopt);
  EXPECT_EQ(reads(taro, "dog").relation, "guardian");
  auto rows = store().read([&](store::ReadTx& tx) { return identity->ties().of(tx, hanako.id); });
  ASSERT_EQ(rows->size(), 1u);
  const std::string id = rows->front().public_id;
  EXPECT_EQ(code_of([&](store::Tx& tx) { return identity->ties().end(tx, hanako, id, *identity->policy(), "r"); }), ErrorCode::not_found) << "the ward does not dismiss the guardian";
  EXPECT_EQ(code_of([&](store::Tx& tx) { return identity->ties().end(tx, clerk("k", {"counter"}), id, *identity->policy(), "r"); }), std::nullopt);
  EXPECT_FALSE(reads(taro, "dog").allowed());
}

TEST_P(TiesTest, AnEmergencyOpensOneObjectForAnHourAndSomebodyElseReviewsIt) {
  auto& emergencies = identity->emergencies();
  const Principal who = clerk("kim", {"clerk"}), other = clerk("rin", {"reviewer"});
  const auto open = [&](const Principal& by, std::string_view purpose, std::string_view reason) {
    return code_of([&](store::Tx& tx) { return emergencies.open(tx, by, *identity->policy(), "case:R1", hanako.id, "case.read", purpose, reason, "r"); });
  };
  EXPECT_EQ(reads(who, "dog", "case:R1").reason, Reason::other_department);
  EXPECT_EQ(open(clerk("k", {"counter"}), "assist", "火災の現場から問い合わせです"), ErrorCode::forbidden);
  EXPECT_EQ(open(who, "decide", "急ぎ"), ErrorCode::invalid_input) << "too short a reason";
  EXPECT_EQ(open(who, "review", "火災の現場から問い合わせです"), ErrorCode::invalid_input) << "not a purpose for reading a case";
  EXPECT_EQ(open(who, "decide", "火災の現場から問い合わせです"), std::nullopt);
  EXPECT_EQ(reads(who, "dog", "case:R1").purpose, "emergency");
  EXPECT_FALSE(reads(who, "dog", "case:R2").allowed()) << "that object only";
  EXPECT_FALSE(reads(clerk("lee", {"clerk"}), "dog", "case:R1").allowed()) << "that person only";
  clock.set(Instant{clock.now().us + Emergencies::kMinutes * 60 * kSecond});
  EXPECT_EQ(reads(who, "dog", "case:R1").reason, Reason::relation_over);

  const auto queue = [&](const Principal& by, bool waiting) { return store().read([&](store::ReadTx& tx) { return emergencies.queue(tx, by, *identity->policy(), waiting); }); };
  EXPECT_EQ(queue(who, true).error().code, ErrorCode::forbidden);
  ASSERT_EQ(queue(other, true)->size(), 1u);
  const EmergencyRow row = queue(other, true)->front();
  EXPECT_EQ(row.reason, "火災の現場から問い合わせです");
  EXPECT_FALSE(emergencies.overdue(row));
  clock.set(Instant{clock.now().us + 8 * kDay});
  EXPECT_TRUE(emergencies.overdue(row));
  const auto review = [&](const Principal& by, std::string_view comment) {
    return code_of([&](store::Tx& tx) { return emergencies.review(tx, by, *identity->policy(), row.public_id, true, comment, "r"); });
  };
  EXPECT_EQ(review(clerk("kim", {"reviewer"}), "よい"), ErrorCode::forbidden) << "four eyes: kim opened it, whatever role kim has now";
  EXPECT_EQ(review(other, " "), ErrorCode::invalid_input);
  EXPECT_EQ(review(other, "消防からの記録と合う"), std::nullopt);
  EXPECT_EQ(review(other, "もう一度"), ErrorCode::conflict);
  EXPECT_TRUE(queue(other, true)->empty());
  EXPECT_EQ(queue(other, false)->front().verdict, "justified");
  auto told = store().read([&](store::ReadTx& tx) { return emergencies.of_object(tx, "case:R1"); });
  ASSERT_EQ(told->size(), 1u);
  EXPECT_TRUE(told->front().reason.empty()) << "the person is told that it was, not the words";
}

MACHIYA_ON_BOTH_ENGINES(TiesTest);

}  // namespace
}  // namespace machiya::identity
