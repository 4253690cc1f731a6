// Why a subscription fired or not, and rehearsals of one that is not saved.
#include <algorithm>

#include "sense/subscriptions/subscriptions_fixture.h"

namespace machiya::sense {
namespace {

class StaffTest : public SubscriptionsFixture {};
MACHIYA_ON_BOTH_ENGINES(StaffTest);

TEST_P(StaffTest, says_why_it_did_not_fire) {
  const std::string id = subscribe(R"(,"watchedAttributes":["n"],"q":"n>10;m==\"x\"","throttling":60)");
  set("urn:a", 1), set("urn:a", 11), set("urn:a", 12, R"(,"m":{"type":"Property","value":"x"})"), set("urn:a", 13);
  news();
  const auto why = subscriptions->why("", id, "urn:a", 10);
  ASSERT_TRUE(why.ok());
  ASSERT_EQ(why->lines.size(), 4u);
  EXPECT_EQ(why->lines[0].judgement.why, Why::entity);
  EXPECT_EQ(why->lines[2].judgement.why, Why::fires);
  EXPECT_EQ(why->lines[3].judgement.why, Why::throttled);
  const auto& terms = why->lines[0].judgement.terms;
  const auto failed = std::ranges::find_if(terms, [](const ExplainedTerm& t) { return !t.held; });
  ASSERT_NE(failed, terms.end());
  EXPECT_EQ(failed->part, "q");
  EXPECT_EQ(failed->term, "n>10");
  EXPECT_EQ(failed->found, "1");
  EXPECT_NE(why->to_json().find("\"why\":\"too soon after the last one\""), std::string::npos);
  EXPECT_TRUE(tree::parse(why->to_json(), arena).ok()) << why->to_json();
}

TEST_P(StaffTest, a_rehearsal_saves_and_sends_nothing) {
  for (int n = 1; n <= 5; ++n) set("urn:a", n), clock.advance(60'000'000);
  const Value body = json(R"({"type":"Subscription","entities":[{"type":"T"}],"q":"n>=2","notificationTrigger":["attributeUpdated"],"notification":{"endpoint":{"uri":"http://h/x"}}})");
  auto all = subscriptions->rehearse("", body, *contexts.core(), kNoTime, kNoTime, 2);
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(all->looked_at, 5u);
  EXPECT_EQ(all->counts[Why::fires], 4u);
  EXPECT_EQ(all->counts[Why::trigger], 1u);
  EXPECT_EQ(all->lines.size(), 3u);
  const std::int64_t start = parse_rfc3339("2026-11-23T00:00:00Z").value().us;
  auto part = subscriptions->rehearse("", body, *contexts.core(), start + 120'000'000, start + 240'000'000, 10);
  EXPECT_EQ(part->looked_at, 2u);
  EXPECT_EQ(news(), Words());
  EXPECT_EQ(subscriptions->list("", *contexts.core(), false, 0, 10).total, 0u);
  EXPECT_EQ(subscriptions->rehearse("", json(R"({"type":"Subscription"})"), *contexts.core(), kNoTime, kNoTime, 2).error().code, ErrorCode::invalid_input);
}

}  // namespace
}  // namespace machiya::sense
