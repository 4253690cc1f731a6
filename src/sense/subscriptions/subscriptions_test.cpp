// Delivery and crashes of subscriptions, on both databases, without a socket.
#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>

#include "sense/subscriptions/subscriptions_fixture.h"

namespace machiya::sense {
namespace {

class SubscriptionsTest : public SubscriptionsFixture {};
MACHIYA_ON_BOTH_ENGINES(SubscriptionsTest);

TEST_P(SubscriptionsTest, after_a_crash_what_was_not_told_is_told_in_order) {
  subscribe("");
  notifier.answer = [](const Parcel&) { return unreachable(); };
  for (int n = 1; n <= 3; ++n) set("urn:a", n);
  EXPECT_EQ(news(), Words());
  crash();
  for (int n = 4; n <= 5; ++n) set("urn:a", n);
  notifier.answer = nullptr;
  EXPECT_EQ(news(), (Words{"urn:a=1", "urn:a=2", "urn:a=3", "urn:a=4", "urn:a=5"}));
  // Not flushed: it comes once more. Flushed: it does not.
  crash();
  EXPECT_EQ(news().size(), 5u);
  ASSERT_TRUE(subscriptions->flush().ok());
  crash();
  EXPECT_EQ(news(), Words());
  set("urn:a", 6);
  EXPECT_EQ(news(), Words{"urn:a=6"});
}

TEST_P(SubscriptionsTest, each_has_its_own_cursor) {
  const std::string slow = subscribe("", "http://slow/x"), quick = subscribe("", "http://quick/x");
  notifier.answer = [](const Parcel& p) { return p.uri == "http://slow/x" ? unreachable() : Handed{}; };
  for (int n = 1; n <= 4; ++n) set("urn:a", n);
  EXPECT_EQ(news().size(), 4u);
  EXPECT_EQ(subscriptions->state("", slow)->cursor, 0u);
  EXPECT_EQ(subscriptions->state("", quick)->cursor, entities->last());
  EXPECT_EQ(subscriptions->needed(), 1u);
  ASSERT_TRUE(subscriptions->flush().ok());
  crash();
  notifier.answer = nullptr;
  EXPECT_EQ(news().size(), 4u);   // the slow one's alone
  EXPECT_EQ(subscriptions->needed(), entities->last() + 1);
}

TEST_P(SubscriptionsTest, the_journal_is_cut_only_below_the_slowest) {
  subscribe("");
  set("urn:a", 1);
  EXPECT_EQ(news().size(), 1u);
  notifier.answer = [](const Parcel&) { return unreachable(); };
  for (int n = 2; n <= 5; ++n) set("urn:a", n);
  EXPECT_EQ(news().size(), 0u);
  ASSERT_TRUE(entities->compact(subscriptions->needed()).ok());
  ASSERT_TRUE(subscriptions->flush().ok());
  crash();
  notifier.answer = nullptr;
  EXPECT_EQ(news(), (Words{"urn:a=2", "urn:a=3", "urn:a=4", "urn:a=5"}));
}

TEST_P(SubscriptionsTest, a_long_queue_is_read_from_the_journal_instead_of_kept_in_memory) {
  auto small = options;
  small.delivery.most_waiting = 10, small.most_events = 16, small.delivery.most_together = 1;
  again(small);
  subscribe("");
  notifier.answer = [](const Parcel&) { return unreachable(); };
  Words expected;
  for (int n = 1; n <= 200; ++n) {
    set("urn:a", n), expected.push_back("urn:a=" + std::to_string(n));
    if (n % 3 == 0) {
      EXPECT_EQ(news(), Words());
    }
  }
  notifier.answer = nullptr;
  clock.advance(3'600'000'000);
  EXPECT_EQ(news(), expected);
  set("urn:a", 201);
  EXPECT_EQ(news(), Words{"urn:a=201"});
}

TEST_P(SubscriptionsTest, what_the_feed_had_no_room_for_is_read_from_the_journal_in_its_place) {
  auto small = options;
  small.most_events = 520, small.delivery.most_together = 1;
  again(small);
  subscribe("");
  Words expected;
  const auto next = [&] {
    const int n = static_cast<int>(expected.size()) + 1;
    expected.push_back("urn:a=" + std::to_string(n)), set("urn:a", n);
  };
  while (expected.size() < 530) next();
  // While some of them wait still to be matched, there is room for one more: between them is a gap.
  bool once = true;
  notifier.answer = [&](const Parcel&) {
    if (std::exchange(once, false)) next();
    return Handed{};
  };
  EXPECT_EQ(news(), expected);
}

TEST_P(SubscriptionsTest, changes_of_one_entity_are_never_put_together) {
  subscribe("");
  notifier.answer = [](const Parcel&) { return unreachable(); };
  for (int n = 1; n <= 3; ++n)
    for (int e = 0; e < 30; ++e) set("urn:e" + std::to_string(e), n);
  EXPECT_EQ(news(), Words());
  notifier.answer = nullptr;
  clock.advance(600'000'000);
  subscriptions->pump();
  EXPECT_LT(notifier.caught.size(), 60u);   // of different entities they are
  for (const Parcel& p : notifier.caught) {
    std::vector<std::string> ids;
    const Value body = json(p.body);
    for (const Value& e : body["data"].items()) ids.emplace_back(e["id"].text());
    std::ranges::sort(ids);
    EXPECT_TRUE(std::ranges::adjacent_find(ids) == ids.end()) << p.body;
  }
  EXPECT_EQ(news().size(), 90u);
}

TEST_P(SubscriptionsTest, the_order_of_an_entity_stands_while_others_go_on) {
  subscribe("");
  // One message of entity a is not wanted for a while; b goes on.
  int no = 2;
  notifier.answer = [&](const Parcel& p) { return p.body.find("urn:a") != std::string::npos && no-- > 0 ? refused() : Handed{}; };
  for (int n = 1; n <= 3; ++n) set("urn:a", n), set("urn:b", n);
  Words came = news();
  for (int i = 0; i < 5; ++i) {
    clock.advance(60'000'000);
    const Words more = news();
    came.insert(came.end(), more.begin(), more.end());
  }
  for (const std::string id : {"urn:a", "urn:b"}) {
    Words of;
    std::ranges::copy_if(came, std::back_inserter(of), [&](const std::string& c) { return c.starts_with(id); });
    EXPECT_EQ(of, (Words{id + "=1", id + "=2", id + "=3"}));
  }
}

TEST_P(SubscriptionsTest, what_nobody_wants_becomes_a_dead_letter_and_the_next_goes_on) {
  const std::string id = subscribe("");
  notifier.answer = [](const Parcel& p) { return p.body.find(":1}") != std::string::npos ? refused() : Handed{}; };
  set("urn:a", 1), set("urn:a", 2);
  Words came;
  for (int i = 0; i < 10; ++i) {
    const Words more = news();
    came.insert(came.end(), more.begin(), more.end());
    clock.advance(300'000'000);
  }
  EXPECT_EQ(came, Words{"urn:a=2"});
  EXPECT_EQ(notifier.tries, options.delivery.most_refused + 1);
  auto letters = subscriptions->dead_letters("", id, 10, 0).value();
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].cause, "HTTP 400");
  EXPECT_EQ(letters[0].tries, 5);
  EXPECT_EQ(letters[0].entity, "urn:a");
  EXPECT_EQ(letters[0].data, R"([{"id":"urn:a","type":"T","n":1}])");
  EXPECT_NE(dead_letters_json(letters).find("\"cause\":\"HTTP 400\""), std::string::npos);
  // Not wanted still; wanted later; gone then.
  EXPECT_EQ(subscriptions->retry(letters[0].key).error().code, ErrorCode::unavailable);
  notifier.answer = nullptr;
  EXPECT_TRUE(subscriptions->retry(letters[0].key).ok());
  EXPECT_EQ(news(), Words{"urn:a=1"});
  EXPECT_EQ(subscriptions->retry(letters[0].key).error().code, ErrorCode::not_found);
  EXPECT_EQ(subscriptions->needed(), entities->last() + 1);
}

TEST_P(SubscriptionsTest, an_endpoint_that_is_away_is_asked_seldom_and_given_up_at_last) {
  const std::string one = subscribe(""), two = subscribe("");
  notifier.answer = [](const Parcel&) { return unreachable(); };
  for (int e = 0; e < 40; ++e) set("urn:e" + std::to_string(e), e);
  EXPECT_EQ(news(), Words());
  // Of sixteen lanes five were enough to see that nobody is there.
  EXPECT_LE(notifier.tries, 16);
  const int first = notifier.tries;
  clock.advance(1'000'000);
  EXPECT_EQ(news(), Words());
  EXPECT_LE(notifier.tries, first + 1);
  for (int i = 0; i < 60; ++i) {
    clock.advance(300'000'000);
    EXPECT_EQ(news(), Words());
  }
  EXPECT_EQ(subscriptions->dead_letters("", "", 1000, 0).value().size(), 80u);
  EXPECT_EQ(subscriptions->dead_letters("", one, 1000, 0).value().size(), 40u);
  EXPECT_EQ(subscriptions->needed(), entities->last() + 1);
  EXPECT_LE(notifier.tries, first + 30);
  notifier.answer = nullptr;
  clock.advance(300'000'000);
  set("urn:e1", 7);
  EXPECT_EQ(news(), (Words{"urn:e1=7", "urn:e1=7"}));
  EXPECT_EQ(subscriptions->state("", two)->last_ok, true);
}

TEST_P(SubscriptionsTest, one_endpoint_that_is_away_does_not_hold_up_another) {
  subscribe("", "http://away/x"), subscribe("", "http://here/x");
  notifier.answer = [](const Parcel& p) { return p.uri.find("away") != std::string::npos ? unreachable() : Handed{}; };
  for (int e = 0; e < 40; ++e) set("urn:e" + std::to_string(e), e);
  EXPECT_EQ(news().size(), 40u);
}

TEST_P(SubscriptionsTest, retry_after_is_kept) {
  subscribe("");
  notifier.answer = [](const Parcel&) { return Handed{Handed::State::unreachable, "HTTP 503", 90'000'000}; };
  set("urn:a", 1);
  EXPECT_EQ(news(), Words());
  notifier.answer = nullptr;
  clock.advance(89'000'000);
  EXPECT_EQ(news(), Words());
  clock.advance(1'000'000);
  EXPECT_EQ(news(), Words{"urn:a=1"});
}

TEST_P(SubscriptionsTest, what_waits_when_it_is_paused_becomes_dead_letters) {
  const std::string id = subscribe("");
  notifier.answer = [](const Parcel&) { return unreachable(); };
  set("urn:a", 1);
  EXPECT_EQ(news(), Words());
  notifier.answer = nullptr;
  ASSERT_TRUE(subscriptions->update("", id, json(R"({"isActive":false})"), *contexts.core()).ok());
  EXPECT_EQ(news(), Words());
  const auto letters = subscriptions->dead_letters("", id, 10, 0).value();
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].cause, "the subscription was paused");
  EXPECT_EQ(subscriptions->needed(), entities->last() + 1);
}

TEST_P(SubscriptionsTest, a_corrected_endpoint_gets_what_waits) {
  const std::string id = subscribe("", "http://wrong/x");
  notifier.answer = [](const Parcel& p) { return p.uri == "http://right/x" ? Handed{} : unreachable(); };
  set("urn:a", 1), set("urn:a", 2);
  EXPECT_EQ(news(), Words());
  ASSERT_TRUE(subscriptions->update("", id, json(R"({"notification":{"format":"keyValues","endpoint":{"uri":"http://right/x"}}})"), *contexts.core()).ok());
  EXPECT_EQ(news(), (Words{"urn:a=1", "urn:a=2"}));
}

TEST_P(SubscriptionsTest, a_wider_definition_does_not_reach_back) {
  const std::string id = subscribe(R"(,"q":"n>100")");
  set("urn:a", 1), set("urn:a", 2);
  EXPECT_EQ(news(), Words());
  ASSERT_TRUE(subscriptions->update("", id, json(R"({"q":null})"), *contexts.core()).ok());
  crash();
  EXPECT_EQ(news(), Words());
  set("urn:a", 3);
  EXPECT_EQ(news(), Words{"urn:a=3"});
}

TEST_P(SubscriptionsTest, throttling_judges_by_the_time_of_the_change) {
  subscribe(R"(,"throttling":15)");
  set("urn:a", 1);
  clock.advance(10'000'000), set("urn:a", 2);
  clock.advance(5'000'000), set("urn:a", 3);
  EXPECT_EQ(news(), (Words{"urn:a=1", "urn:a=3"}));
  // The same answers after a crash, and one that was not told yet is not throttled by itself.
  crash();
  EXPECT_EQ(news(), (Words{"urn:a=1", "urn:a=3"}));
  notifier.answer = [](const Parcel&) { return unreachable(); };
  clock.advance(20'000'000), set("urn:a", 4);
  EXPECT_EQ(news(), Words());
  ASSERT_TRUE(subscriptions->flush().ok());
  crash();
  notifier.answer = nullptr;
  EXPECT_EQ(news(), Words{"urn:a=4"});
}

TEST_P(SubscriptionsTest, those_of_the_past_and_of_other_tenants_are_left_alone) {
  set("urn:a", 1);
  subscribe("");
  EXPECT_EQ(news(), Words());
  crash();
  EXPECT_EQ(news(), Words());
  drop("urn:a");
  EXPECT_EQ(news(), Words());   // no trigger for it
}

// A wake-up for each change of each entity would be a twentieth of an update's cost; a number that is not counted would keep the journal from being cut.
TEST_P(SubscriptionsTest, where_nobody_listens_nothing_waits_and_nobody_is_woken) {
  set("urn:a", 1), set("urn:b", 1);
  EXPECT_EQ(subscriptions->needed(), entities->last() + 1) << "without a thread that matches";
  const auto periodic = subscribe(R"(,"timeInterval":60)");
  set("urn:a", 2);
  EXPECT_EQ(subscriptions->needed(), entities->last() + 1) << "an interval needs no changes";
  ASSERT_TRUE(subscriptions->remove("", periodic).ok());
  const auto id = subscribe("");
  set("urn:a", 3);
  EXPECT_EQ(subscriptions->needed(), entities->last()) << "it waits to be matched";
  // Changes of another tenant stand in between.
  for (int n = 4; n <= 6; ++n) {
    const auto draft = read_entity(json(R"({"id":"urn:x)" + std::to_string(n) + R"(","type":"T"})"), BodyOf::entity, *contexts.core(), arena);
    ASSERT_TRUE(entities->write("other", "urn:x" + std::to_string(n), [&](const EntityPtr&, const ChangeContext& context) { return create_entity(*draft, context); }).ok());
    if (n > 4) set("urn:a", n);
  }
  EXPECT_EQ(news(), (Words{"urn:a=3", "urn:a=5", "urn:a=6"}));
  EXPECT_EQ(subscriptions->needed(), entities->last() + 1);
  ASSERT_TRUE(subscriptions->remove("", id).ok());
  set("urn:a", 7);
  EXPECT_EQ(subscriptions->needed(), entities->last() + 1) << "it was the last one";
  subscribe("");
  set("urn:a", 8);
  EXPECT_EQ(news(), Words{"urn:a=8"});
}

// Were a refusal given to another message of the same hand-over, or were brokers mixed, this would not hold.
TEST_P(SubscriptionsTest, what_goes_to_one_mqtt_broker_is_handed_over_together) {
  class Together final : public Notifier {
   public:
    Handed hand_over(const Parcel& p) override { return hand_over_all({&p, 1}).front(); }
    std::vector<Handed> hand_over_all(std::span<const Parcel> parcels) override {
      std::vector<Handed> out;
      for (const Parcel& p : parcels) {
        EXPECT_EQ(p.uri.substr(0, 10), parcels.front().uri.substr(0, 10)) << "one broker at a time";
        const bool now = p.uri != "mqtt://one/a" || p.body.find("urn:e3") == std::string::npos || ++refusals > 2;
        out.push_back(now ? Handed{} : refused());
        if (now) came[p.uri].push_back(p.body);
      }
      most = std::max(most, parcels.size());
      return out;
    }
    std::map<std::string, std::vector<std::string>> came;
    int refusals = 0;
    std::size_t most = 0;
  } mqtt;
  auto singly = options;
  singly.delivery.most_together = 1;
  subscriptions.reset();
  subscriptions = Subscriptions::open(store(), *entities, contexts, {&notifier, &mqtt}, clock, rng, singly).value();
  for (const char* uri : {"mqtt://one/a", "mqtt://one/b", "mqtt://two/c", "http://h/x"}) subscribe("", uri);
  for (int n = 1; n <= 2; ++n)
    for (int e = 0; e < 20; ++e) set("urn:e" + std::to_string(e), n);
  EXPECT_EQ(news().size(), 40u);
  EXPECT_EQ(mqtt.came["mqtt://one/b"].size(), 40u);
  EXPECT_EQ(mqtt.came["mqtt://two/c"].size(), 40u);
  EXPECT_LT(mqtt.came["mqtt://one/a"].size(), 40u);
  EXPECT_GT(mqtt.most, 8u) << "the lanes of two subscriptions";
  for (int i = 0; i < 4; ++i) clock.advance(10'000'000), subscriptions->pump();
  for (const auto& [uri, bodies] : mqtt.came) {
    ASSERT_EQ(bodies.size(), 40u) << uri;
    std::map<std::string, int> newest;
    for (const std::string& body : bodies) {
      tree::Arena own;
      const Value whole = tree::parse(body, own).value();
      const Value& e = whole["data"].items()[0];
      EXPECT_EQ(++newest[std::string(e["id"].text())], static_cast<int>(e["n"].number())) << uri << " " << body;
    }
  }
}

TEST_P(SubscriptionsTest, threads_tell_everything_too) {
  auto quick = options;
  quick.delivery.first_wait_us = 1000, quick.delivery.most_together = 1, quick.workers = 4;
  again(quick);
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::string, std::vector<int>> came;
  int calls = 0;
  class Locked final : public Notifier {
   public:
    std::function<Handed(const Parcel&)> answer;
    Handed hand_over(const Parcel& p) override { return answer(p); }
  } locked;
  subscriptions.reset();
  SystemClock real;
  subscriptions = Subscriptions::open(store(), *entities, contexts, {&locked, nullptr}, real, rng, quick).value();
  locked.answer = [&](const Parcel& p) {
    std::lock_guard hold(mutex);
    if (++calls % 7 == 0) return unreachable();
    tree::Arena own;
    const Value body = tree::parse(p.body, own).value();
    const Value& e = body["data"].items()[0];
    came[std::string(e["id"].text())].push_back(static_cast<int>(e["n"].number()));
    changed.notify_all();
    return Handed{};
  };
  subscribe("");
  subscriptions->start();
  for (int n = 1; n <= 20; ++n)
    for (int e = 0; e < 10; ++e) set("urn:e" + std::to_string(e), n);
  std::unique_lock hold(mutex);
  changed.wait(hold, [&] { return came.size() == 10 && std::ranges::all_of(came, [](const auto& c) { return c.second.size() >= 20; }); });
  for (const auto& [id, numbers] : came) {
    EXPECT_EQ(numbers.size(), 20u) << id;
    EXPECT_TRUE(std::ranges::is_sorted(numbers)) << id;
  }
  hold.unlock();
  subscriptions.reset();
}

}  // namespace
}  // namespace machiya::sense
