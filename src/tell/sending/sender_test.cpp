// The ledger and its sender on both databases: who is reached, once, whatever the channel does.
#include "tell/sending/sender.h"

#include <atomic>

#include "tell/sending/testing.h"
#include "tell/testing/house.h"

namespace machiya::tell {
namespace {
using testing::PlannedChannel;

class SenderTest : public testing::TellTest {
 protected:
  void start(int workers = 2, int attempts = 10) {
    SenderOptions options;
    options.base_url = "https://city.example", options.first_retry_ms = 1;
    options.changed = [this](std::int64_t) { changes_.notify_all(); };
    sender = std::make_unique<Sender>(store(), *ledger, *audiences, clock, rng, options);
    sender->add({"line", line, &channel, 0, workers, attempts});
    sender->add({"mail", mail, &post, 0, workers, attempts});
    sender->start();
  }
  /// Until the message is over; the limit only ends a test that would hang.
  void wait_until_over(std::int64_t message, MessageState state = MessageState::done) {
    for (int i = 0; i < 600 && state_of(message) != state; ++i) {
      std::unique_lock lock(mutex_);
      changes_.wait_for(lock, std::chrono::milliseconds(50));
    }
    ASSERT_EQ(state_of(message), state);
  }
  /// While the sender looks again and again, no more hand-offs than this are open of a message.
  void expect_claimed_at_most(std::int64_t message, std::int64_t most) {
    for (int i = 0; i < 8; ++i) {
      sender->wake();
      std::unique_lock lock(mutex_);
      changes_.wait_for(lock, std::chrono::milliseconds(100));
      auto open = store().read([&](store::ReadTx& tx) { return tx.query_one("SELECT count(*) FROM hand_off WHERE message = :m AND state = 0", {{"m", message}}); });
      EXPECT_LE((*open)->integer(0), most);
    }
  }
  PlannedChannel channel, post;
  std::unique_ptr<Sender> sender;
  std::mutex mutex_;
  std::condition_variable changes_;
};
MACHIYA_ON_BOTH_ENGINES(SenderTest);

TEST_P(SenderTest, whoever_chose_the_topic_gets_it_once_in_each_channel_and_language) {
  const auto a = subscribe(line, "Ua", disaster | sports), b = subscribe(line, "Ub", sports, 2);
  subscribe(mail, "a@example.jp", disaster, 0, a);
  subscribe(mail, "b@example.jp", sports, 2, b);
  subscribe(line, "Uc", disaster, 5);   // vi: no text of its own, English stands in
  start();
  const auto message = place(order(disaster));
  sender->wake();
  wait_until_over(message);
  EXPECT_EQ(channel.received(), (std::map<std::string, std::vector<std::string>>{{"Ua", {"ja:お知らせ"}}, {"Uc", {"en:Notice"}}}));
  EXPECT_EQ(post.received(), (std::map<std::string, std::vector<std::string>>{{"a@example.jp", {"ja:お知らせ"}}}));
  EXPECT_EQ(count(message, RowState::taken), 3);
  expect_replay(message, 3);
}

TEST_P(SenderTest, a_parcel_whose_answer_was_lost_goes_again_under_its_key_and_arrives_once) {
  for (int i = 0; i < 10; ++i) subscribe(line, "U" + std::to_string(i), disaster);
  channel.plan = [](const Parcel&, int call) { return call % 2 ? PlannedChannel::Answer::take_and_lose_answer : call % 3 ? PlannedChannel::Answer::busy : PlannedChannel::Answer::take; };
  start();
  const auto message = place(order(disaster));
  sender->wake();
  wait_until_over(message);
  const auto received = channel.received();
  EXPECT_EQ(received.size(), 10u);
  for (const auto& [address, got] : received) EXPECT_EQ(got.size(), 1u) << address;
  EXPECT_GT(channel.calls(), 4);
  EXPECT_EQ(count(message, RowState::taken), 10);
  expect_replay(message, 10);
}

TEST_P(SenderTest, refused_dead_and_departed_addresses_end_with_their_reasons) {
  const auto dead = subscribe(line, "Udead", disaster);
  subscribe(line, "Uno", disaster), subscribe(line, "Uyes", disaster);
  const auto gone = subscribe(line, "Ugone", disaster);
  channel.most(1);
  channel.plan = [](const Parcel& parcel, int) {
    return parcel.to[0].address == "Udead" ? PlannedChannel::Answer::dead : parcel.to[0].address == "Uno" ? PlannedChannel::Answer::refuse : PlannedChannel::Answer::take;
  };
  const auto message = place(order(disaster));
  expand_all();
  ASSERT_TRUE(*store().write([&](store::Tx& tx) { return audiences->leave(tx, gone, line, "person"); }));
  start();
  wait_until_over(message);
  EXPECT_EQ(count(message), (std::vector<std::int64_t>{0, 1, 1, 1, 1, 0, 0, 0, 0}));
  expect_replay(message, 4);
  const auto next = place(order(0));   // the dead one is not asked again
  sender->wake();
  wait_until_over(next);
  EXPECT_EQ(count(next, RowState::taken) + count(next, RowState::refused), 2);
  EXPECT_TRUE((*store().read([&](store::ReadTx& tx) { return audiences->by_id(tx, dead); }))->channels.empty());
}

TEST_P(SenderTest, what_never_succeeds_is_given_up_and_says_whether_it_may_have_arrived) {
  subscribe(line, "Ua", disaster), subscribe(mail, "a@example.jp", disaster);
  channel.plan = [](const Parcel&, int) { return PlannedChannel::Answer::busy; };
  post.plan = [](const Parcel&, int) { return PlannedChannel::Answer::silent; };
  start(1, 3);
  const auto message = place(order(disaster));
  sender->wake();
  wait_until_over(message);
  EXPECT_EQ(channel.calls(), 3);
  EXPECT_EQ(count(message, RowState::given_up), 1);
  EXPECT_EQ(count(message, RowState::uncertain), 1);
  expect_replay(message, 2);
}

TEST_P(SenderTest, a_cancelled_message_is_split_exactly_into_sent_and_unsent) {
  for (int i = 0; i < 60; ++i) subscribe(line, "U" + std::to_string(i), disaster);
  channel.shut();
  start(2);
  const auto message = place(order(disaster));
  sender->wake();
  channel.wait_for_calls(2);   // two parcels of three are under way
  ASSERT_TRUE(store().write([&](store::Tx& tx) { return ledger->cancel(tx, message); }).ok());
  channel.open();
  sender->wake();
  wait_until_over(message, MessageState::cancelled);
  EXPECT_EQ(channel.received().size(), 6u);
  EXPECT_EQ(count(message, RowState::taken), 6);
  EXPECT_EQ(count(message, RowState::cancelled), 54);
  expect_replay(message, 60);
}

TEST_P(SenderTest, an_emergency_overtakes_and_reaches_everybody_but_those_who_left) {
  for (int i = 0; i < 30; ++i) subscribe(line, "U" + std::to_string(i), sports);
  const auto left = subscribe(line, "Uleft", disaster);
  ASSERT_TRUE(*store().write([&](store::Tx& tx) { return audiences->leave(tx, left, line, "person"); }));
  channel.shut();
  start(1);
  const auto ordinary = place(order(sports));
  sender->wake();
  channel.wait_for_calls(1);
  Order urgent = order(0, Class::emergency);
  urgent.quiet = {0, 1439};   // binds nobody in an emergency
  const auto emergency = place(urgent);
  std::atomic<int> ordinary_seen = 0;
  bool overtaken = false;
  channel.plan = [&](const Parcel& parcel, int) {
    if (parcel.content->emergency) overtaken = overtaken || ordinary_seen < 10;
    else ++ordinary_seen;
    return PlannedChannel::Answer::take;
  };
  sender->wake();
  for (int i = 0; i < 600 && count(emergency, RowState::open) + count(emergency, RowState::taken) < 30; ++i) {
    std::unique_lock lock(mutex_);
    changes_.wait_for(lock, std::chrono::milliseconds(10));
  }
  channel.open();
  wait_until_over(emergency), wait_until_over(ordinary);
  EXPECT_TRUE(overtaken);
  EXPECT_EQ(count(emergency, RowState::taken), 30);
  EXPECT_FALSE(channel.received().contains("Uleft"));
}

TEST_P(SenderTest, emergencies_do_not_pile_up_before_a_slow_channel) {
  for (int i = 0; i < 200; ++i) subscribe(line, "U" + std::to_string(i), sports);
  channel.shut(), channel.most(1);
  start(1);
  const auto ordinary = place(order(sports));
  sender->wake();
  channel.wait_for_calls(1);
  const auto emergency = place(order(0, Class::emergency));
  expect_claimed_at_most(emergency, 4);
  ASSERT_TRUE(store().write([&](store::Tx& tx) { return ledger->cancel(tx, emergency); }).ok());
  sender->wake();
  wait_until_over(emergency, MessageState::cancelled);   // while the channel is still shut: what waited does not wait for it
  channel.open();
  wait_until_over(ordinary);
  EXPECT_EQ(count(emergency, RowState::taken), 0);
  EXPECT_EQ(count(emergency, RowState::cancelled), 200);
}

TEST_P(SenderTest, a_drill_is_in_the_ledger_and_nowhere_else) {
  for (int i = 0; i < 8; ++i) subscribe(line, "U" + std::to_string(i), disaster);
  start();
  Order drill = order(0, Class::emergency);
  drill.drill = true;
  const auto message = place(drill);
  sender->wake();
  wait_until_over(message);
  EXPECT_EQ(count(message, RowState::taken), 8);
  EXPECT_EQ(channel.calls(), 0);
}

TEST_P(SenderTest, an_all_clear_reaches_whom_the_first_one_reached) {
  const auto a = subscribe(line, "Ua", disaster);
  subscribe(line, "Ub", sports);
  start();
  const auto first = place(order(disaster));
  sender->wake();
  wait_until_over(first);
  ASSERT_TRUE(store().write([&](store::Tx& tx) { return audiences->choose(tx, a, line, 0, "person"); }).ok());
  Order second = order(disaster);
  second.follows = first;
  const auto clear = place(second);
  sender->wake();
  wait_until_over(clear);
  EXPECT_EQ(channel.received()["Ua"].size(), 2u);
  EXPECT_FALSE(channel.received().contains("Ub"));
}

TEST_P(SenderTest, nothing_of_a_lane_is_claimed_in_its_quiet_hours) {
  subscribe(line, "Ua", disaster);
  Order quiet = order(disaster);
  quiet.quiet = {0, 1440};
  const auto message = place(quiet);
  expand_all();
  const auto held = lease("tell-sender/line");
  EXPECT_TRUE(ledger->claim(held, {line, 500, 4})->empty());
  EXPECT_EQ(count(message, RowState::open), 1);
  EXPECT_TRUE((Quiet{22 * 60, 7 * 60}.covers(*parse_rfc3339("2026-11-23T23:30:00+09:00"))));
  EXPECT_FALSE((Quiet{22 * 60, 7 * 60}.covers(*parse_rfc3339("2026-11-23T07:00:00+09:00"))));
}

TEST_P(SenderTest, a_new_owner_tries_again_what_the_old_one_had_under_way_under_the_same_key) {
  for (int i = 0; i < 4; ++i) subscribe(line, "U" + std::to_string(i), disaster);
  const auto message = place(order(disaster));
  expand_all();
  const auto old = lease("tell-sender/line", "old");
  const auto first = *ledger->claim(old, {line, 2, 1});
  ASSERT_EQ(first.size(), 1u);
  ASSERT_TRUE(store().write([&](store::Tx& tx) { return store::release_lease(tx, old); }).ok());
  const auto held = lease("tell-sender/line", "new");
  EXPECT_EQ(*ledger->take_over(held, line), 1);
  const auto again = *ledger->claim(held, {line, 2, 5});
  ASSERT_EQ(again.size(), 2u);
  EXPECT_EQ(again[0].key, first[0].key);
  EXPECT_EQ(again[0].recipients, first[0].recipients);
  EXPECT_EQ(again[0].attempt, 2);
  EXPECT_TRUE(again[0].maybe);
  EXPECT_NE(again[1].key, first[0].key);
  Settlement taken;
  taken.taken = first[0].recipients;
  EXPECT_EQ(store().write([&](store::Tx& tx) { return ledger->settle(tx, old, first[0], taken); }).error().code, ErrorCode::conflict);
  EXPECT_TRUE(store().write([&](store::Tx& tx) { return ledger->settle(tx, held, again[0], taken); }).ok());
  EXPECT_EQ(count(message, RowState::taken), 2);
}

TEST_P(SenderTest, a_parcel_that_may_have_arrived_is_not_sent_again_when_its_key_protects_no_longer) {
  subscribe(line, "Ua", disaster);
  const auto message = place(order(disaster));
  expand_all();
  const auto old = lease("tell-sender/line", "old");
  ASSERT_EQ(ledger->claim(old, {line, 500, 1})->size(), 1u);
  auto done = store().write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_CHECK(store::release_lease(tx, old));
    auto older = tx.execute("UPDATE hand_off SET created_us = created_us - 86400000000");
    return older.ok() ? Result<void>() : Result<void>(older.error());
  });
  ASSERT_TRUE(done.ok());
  start();
  wait_until_over(message);
  EXPECT_EQ(channel.calls(), 0);
  EXPECT_EQ(count(message, RowState::uncertain), 1);
}

TEST_P(SenderTest, only_the_first_channel_of_a_person_when_one_is_enough) {
  const auto a = subscribe(line, "Ua", disaster);
  subscribe(mail, "a@example.jp", disaster, 0, a);
  ASSERT_TRUE(store().write([&](store::Tx& tx) { return audiences->prefer(tx, a, {mail, line}); }).ok());
  subscribe(line, "Ub", disaster);
  start();
  Order one = order(disaster);
  one.first_only = true;
  const auto message = place(one);
  sender->wake();
  wait_until_over(message);
  EXPECT_EQ(post.received().size(), 1u);
  EXPECT_EQ(channel.received(), (std::map<std::string, std::vector<std::string>>{{"Ub", {"ja:お知らせ"}}}));
}

TEST_P(SenderTest, who_is_not_reached_by_the_first_channel_hears_of_it_by_the_next) {
  for (int i = 0; i < 6; ++i) {
    const auto person = subscribe(line, "U" + std::to_string(i), disaster);
    subscribe(mail, std::to_string(i) + "@example.jp", disaster, 0, person);
  }
  subscribe(line, "Ualone", disaster);
  for (int i = 0; i < 3; ++i) {   // they want mail first: a range of the same lane, before and behind those who fall back
    const auto person = subscribe(mail, "first-" + std::to_string(i) + "@example.jp", disaster);
    subscribe(line, "Ufirst" + std::to_string(i), disaster, 0, person);
  }
  channel.most(1);
  channel.plan = [](const Parcel& parcel, int) {
    return parcel.to[0].address == "U1" ? PlannedChannel::Answer::take : parcel.to[0].address == "U2" ? PlannedChannel::Answer::silent : PlannedChannel::Answer::refuse;
  };
  start(2, 2);
  Order one = order(disaster);
  one.first_only = true;
  const auto message = place(one);
  sender->wake();
  wait_until_over(message);
  std::set<std::string> mailed, asked = {"first-0@example.jp", "first-1@example.jp", "first-2@example.jp"};
  auto received = post.received();
  for (const std::string& address : asked) EXPECT_EQ(received[address].size(), 1u) << address;
  for (const std::string& address : asked) received.erase(address);
  for (const auto& [address, got] : received) {
    mailed.insert(address);
    EXPECT_EQ(got.size(), 1u);
  }
  EXPECT_EQ(mailed, (std::set<std::string>{"0@example.jp", "3@example.jp", "4@example.jp", "5@example.jp"}));   // not U1, and not U2 who may have it
  EXPECT_EQ(count(message, RowState::taken), 8);
  EXPECT_EQ(count(message, RowState::refused), 5);
  EXPECT_EQ(count(message, RowState::uncertain), 1);
  expect_replay(message, 14);
}

}  // namespace
}  // namespace machiya::tell
