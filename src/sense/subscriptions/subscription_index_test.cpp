#include "sense/subscriptions/subscription_index.h"

#include <gtest/gtest.h>

#include "sense/entities/read.h"
#include "sense/subscriptions/match.h"
#include "sense/subscriptions/subscription_text.h"

namespace machiya::sense {
namespace {
using tree::Value;

TEST(SubscriptionIndexTest, ten_thousand_cost_no_more_than_the_few_that_are_concerned) {
  Contexts contexts(nullptr);
  tree::Arena arena;
  SubscriptionIndex index;
  std::vector<SlotPtr> slots;
  const auto add = [&](const std::string& members) {
    const Value body = tree::parse(R"({"type":"Subscription",)" + members + R"(,"notification":{"endpoint":{"uri":"http://h/x"}}})", arena).value();
    StoredSubscription stored{"", "urn:s", read_subscription(body, *contexts.core(), "urn:s", 0).value(), "null", 0, 0, 0};
    auto slot = std::make_shared<Slot>();
    slot->subscription = compile(stored, contexts).value();
    index.put(slot, slot->subscription), slots.push_back(slot);
  };
  for (int i = 0; i < 2500; ++i) {
    add(R"("entities":[{"type":"T","id":"urn:t:)" + std::to_string(i) + "\"}]");
    add(R"("entities":[{"type":"T"}],"watchedAttributes":["a)" + std::to_string(i) + "\"]");
    add(R"("entities":[{"type":"T"}],"q":"ref==\"r)" + std::to_string(i) + R"(\"")");
    add(R"("entities":[{"type":"T)" + std::to_string(i) + "\"}]");
  }
  const Value body = tree::parse(R"({"id":"urn:t:7","type":"T","a9":{"type":"Property","value":1},"ref":{"type":"Property","value":"r11"}})", arena).value();
  Names names;
  const ChangeContext context{names, 5, [] { return std::string("urn:i"); }};
  const Change change = create_entity(read_entity(body, BodyOf::entity, *contexts.core(), arena).value(), context);
  const Record record{"", 5, change.before, change.after, change.attributes};
  std::vector<SlotPtr> found;
  index.candidates(record, found);
  EXPECT_EQ(found.size(), 3u);
  for (const SlotPtr& s : found) EXPECT_EQ(judge(*s->subscription, record, nullptr, kNoTime), Why::fires);
  // None that fires is missed.
  std::size_t firing = 0;
  for (const SlotPtr& s : slots) firing += judge(*s->subscription, record, nullptr, kNoTime) == Why::fires;
  EXPECT_EQ(firing, 3u);
  // A text may stand in a list.
  const Value several = tree::parse(R"({"id":"urn:t:none","type":"T","ref":{"type":"Property","value":["r5","r6"]}})", arena).value();
  const Change listed = create_entity(read_entity(several, BodyOf::entity, *contexts.core(), arena).value(), context);
  std::vector<SlotPtr> two;
  index.candidates(Record{"", 5, listed.before, listed.after, listed.attributes}, two);
  EXPECT_EQ(two.size(), 2u);
  for (const SlotPtr& s : found) index.erase(s);
  std::vector<SlotPtr> left;
  index.candidates(record, left);
  EXPECT_EQ(left.size(), 0u);
}

}  // namespace
}  // namespace machiya::sense
