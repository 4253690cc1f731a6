// What matching one change costs with one subscription and with ten thousand. Prints nanoseconds a change (index and judging) of each.
//   subscriptions_bench [--changes N]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "sense/entities/read.h"
#include "sense/subscriptions/match.h"
#include "sense/subscriptions/subscription_index.h"
#include "sense/subscriptions/subscription_text.h"

namespace machiya::sense {
namespace {

SlotPtr make(const std::string& members, Contexts& contexts) {
  tree::Arena arena;
  const auto body = tree::parse(R"({"type":"Subscription",)" + members + R"(,"notification":{"endpoint":{"uri":"http://h/x"}}})", arena);
  StoredSubscription stored{"", "urn:s", read_subscription(*body, *contexts.core(), "urn:s", 0).value(), "null", 0, 0, 0};
  auto out = std::make_shared<Slot>();
  out->subscription = compile(stored, contexts).value();
  return out;
}

// One change that fires one subscription, whatever else there is.
double nanoseconds(int others, int changes, Contexts& contexts) {
  SubscriptionIndex index;
  std::vector<SlotPtr> slots;
  const auto add = [&](const std::string& members) {
    slots.push_back(make(members, contexts));
    index.put(slots.back(), slots.back()->subscription);
  };
  add(R"("entities":[{"type":"T"}],"watchedAttributes":["n"],"q":"n>3")");
  for (int i = 0; i < others / 4; ++i) {
    const std::string n = std::to_string(i);
    add(R"("entities":[{"type":"T","id":"urn:other:)" + n + "\"}]");
    add(R"("entities":[{"type":"T"}],"watchedAttributes":["other)" + n + "\"]");
    add(R"("entities":[{"type":"T"}],"q":"ref==\"other)" + n + R"(\"")");
    add(R"("entities":[{"type":"Other)" + n + "\"}]");
  }
  tree::Arena arena;
  Names names;
  const auto body = tree::parse(R"({"id":"urn:t:1","type":"T","n":{"type":"Property","value":5},"ref":{"type":"Property","value":"mine"}})", arena);
  const ChangeContext context{names, 5, [] { return std::string("urn:i"); }};
  const Change change = create_entity(read_entity(*body, BodyOf::entity, *contexts.core(), arena).value(), context);
  const Record record{"", 5, change.before, change.after, change.attributes};
  std::vector<SlotPtr> found;
  long fired = 0;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < changes; ++i) {
    found.clear();
    index.candidates(record, found);
    for (const SlotPtr& s : found) fired += judge(*s->subscription, record, nullptr, kNoTime) == Why::fires;
  }
  const double ns = std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count();
  if (fired != changes) std::exit(1);
  return ns / changes;
}

}  // namespace
}  // namespace machiya::sense

int main(int argc, char** argv) {
  const int changes = argc > 2 ? std::atoi(argv[2]) : 200'000;
  machiya::sense::Contexts contexts(nullptr);
  const double one = machiya::sense::nanoseconds(0, changes, contexts), many = machiya::sense::nanoseconds(10'000, changes, contexts);
  std::printf("{\"ns_with_1\":%.0f,\"ns_with_10001\":%.0f}\n", one, many);
}
