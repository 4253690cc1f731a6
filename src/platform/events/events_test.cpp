#include "platform/events/events.h"

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "platform/store/testing.h"

namespace machiya::events {
namespace {

const std::vector<store::Migration> kEffects{{"demo", 1, "effect", "CREATE TABLE effect (id ID, consumer TEXT, key TEXT, n INT);", ""}};

class EventsTest : public store::testing::StoreTest {
 protected:
  EventsTest() {
    migrate(Events::migrations());
    migrate(kEffects);
  }
  static void declare(Events& events) {
    events.declare({"demo.happened.v1", "demo", {}, false});
    events.declare({"demo.outside.v1", "demo", {}, true});
  }
  void emit(Events& events, std::string_view key, int n, std::string_view type = "demo.happened.v1") {
    auto done = store().write([&](store::Tx& tx) -> Result<bool> {
      MACHIYA_CHECK(events.emit(tx, type, key, json::Value::object({{"n", n}})));
      return true;
    });
    ASSERT_TRUE(done.ok()) << done.error().to_string();
  }
  /// A consumer whose effect is a row.
  static std::function<Result<void>(store::Tx&, const Event&)> effect(std::string consumer) {
    return [consumer](store::Tx& tx, const Event& e) -> Result<void> {
      auto done = tx.execute("INSERT INTO effect (consumer, key, n) VALUES (:c, :k, :n)",
                             {{"c", consumer}, {"k", e.key}, {"n", e.payload["n"].as_int()}});
      if (!done.ok()) return std::move(done).error();
      return {};
    };
  }
  std::vector<std::int64_t> effects(std::string_view consumer, std::string_view key) {
    auto rows = store().read([&](store::ReadTx& tx) {
      return tx.query("SELECT n FROM effect WHERE consumer = :c AND key = :k ORDER BY id", {{"c", consumer}, {"k", key}});
    });
    std::vector<std::int64_t> out;
    for (const auto& row : *rows) out.push_back(row.integer(0));
    return out;
  }
  std::int64_t count(const std::string& sql) {
    auto row = store().read([&](store::ReadTx& tx) { return tx.query_one(sql); });
    EXPECT_TRUE(row.ok());
    return (*row)->integer(0);
  }
  FakeClock clock_{Instant{1'775'000'000 * kSecond}};
};

using Numbers = std::vector<std::int64_t>;

TEST_P(EventsTest, every_consumer_gets_each_event_once_in_the_order_of_its_key) {
  Events events(store(), clock_);
  declare(events);
  events.subscribe("one", "demo.happened.v1", effect("one"));
  events.subscribe("two", "demo.happened.v1", effect("two"));
  for (int i = 0; i < 20; ++i) emit(events, i % 2 ? "a" : "b", i);
  EXPECT_EQ(*events.deliver_now(), 40);
  EXPECT_EQ(*events.deliver_now(), 0);
  EXPECT_EQ(effects("one", "a"), (Numbers{1, 3, 5, 7, 9, 11, 13, 15, 17, 19}));
  EXPECT_EQ(effects("two", "b"), (Numbers{0, 2, 4, 6, 8, 10, 12, 14, 16, 18}));
  EXPECT_EQ(events.consumers_of("demo.happened.v1"), (std::vector<std::string>{"one", "two"}));
}

TEST_P(EventsTest, an_event_of_an_undone_change_never_happened) {
  Events events(store(), clock_);
  declare(events);
  events.subscribe("one", "demo.happened.v1", effect("one"));
  auto undone = store().write([&](store::Tx& tx) -> Result<bool> {
    MACHIYA_CHECK(events.emit(tx, "demo.happened.v1", "a", {}));
    return Error(ErrorCode::forbidden);
  });
  EXPECT_FALSE(undone.ok());
  EXPECT_EQ(*events.deliver_now(), 0);
}

TEST_P(EventsTest, a_failure_holds_back_its_key_only_and_leaves_no_half_effect) {
  Events events(store(), clock_);
  declare(events);
  bool broken = true;
  events.subscribe("one", "demo.happened.v1", [&](store::Tx& tx, const Event& e) -> Result<void> {
    MACHIYA_CHECK(effect("one")(tx, e));
    if (broken && e.key == "bad") return Error(ErrorCode::unavailable, "not now");
    return {};
  });
  events.subscribe("two", "demo.happened.v1", effect("two"));
  emit(events, "bad", 1);
  emit(events, "good", 2);
  emit(events, "bad", 3);
  EXPECT_EQ(*events.deliver_now(), 4);
  emit(events, "bad", 4);    // after the failure was noted: still behind it
  emit(events, "good", 5);
  EXPECT_EQ(*events.deliver_now(), 3);
  EXPECT_EQ(effects("one", "bad"), Numbers{});
  EXPECT_EQ(effects("one", "good"), (Numbers{2, 5}));
  EXPECT_EQ(effects("two", "bad"), (Numbers{1, 3, 4}));
  EXPECT_EQ(events.counts()->retrying, 3);
  broken = false;
  EXPECT_EQ(*events.deliver_now(), 0);   // not due yet
  clock_.advance(2 * kSecond);
  EXPECT_EQ(*events.deliver_now(), 3);
  EXPECT_EQ(effects("one", "bad"), (Numbers{1, 3, 4}));
  EXPECT_EQ(events.counts()->retrying, 0);
}

TEST_P(EventsTest, a_poison_event_is_parked_in_sight_and_can_be_tried_again) {
  Events events(store(), clock_);
  declare(events);
  bool broken = true;
  std::set<std::int64_t> tries;   // the moments of the tries
  events.subscribe("one", "demo.happened.v1", [&](store::Tx& tx, const Event& e) -> Result<void> {
    if (e.payload["n"].as_int() == 1) tries.insert(clock_.now().us);
    if (broken && e.payload["n"].as_int() == 1) return Error(ErrorCode::internal, "cannot");
    return effect("one")(tx, e);
  });
  emit(events, "a", 1);
  emit(events, "a", 2);
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(events.deliver_now().ok());
    clock_.advance(10 * kMinute);
  }
  EXPECT_EQ(tries.size(), static_cast<std::size_t>(Events::kMaxAttempts));
  EXPECT_EQ(effects("one", "a"), Numbers{2});
  auto parked = events.open(10);
  ASSERT_TRUE(parked.ok());
  ASSERT_EQ(parked->size(), 1u);
  EXPECT_EQ((*parked)[0].state, Events::Open::State::parked);
  EXPECT_EQ((*parked)[0].consumer, "one");
  EXPECT_EQ((*parked)[0].type, "demo.happened.v1");
  EXPECT_EQ((*parked)[0].attempts, Events::kMaxAttempts);
  EXPECT_NE((*parked)[0].error.find("cannot"), std::string::npos);
  EXPECT_EQ(events.counts()->parked, 1);
  broken = false;
  const auto retry = [&](std::int64_t id) { return store().write([&](store::Tx& tx) { return events.retry_parked(tx, id, "one"); }); };
  EXPECT_EQ(retry(999).error().code, ErrorCode::not_found);
  EXPECT_TRUE(retry((*parked)[0].event_id).ok());
  EXPECT_EQ(*events.deliver_now(), 1);
  EXPECT_EQ(effects("one", "a"), (Numbers{2, 1}));
  EXPECT_EQ(events.counts()->parked, 0);
}

TEST_P(EventsTest, what_is_open_is_listed_and_a_parked_delivery_can_be_given_up) {
  Events events(store(), clock_);
  declare(events);
  events.subscribe("one", "demo.happened.v1", [&](store::Tx&, const Event&) -> Result<void> { return Error(ErrorCode::internal, "cannot"); });
  using State = Events::Open::State;
  const auto states = [&] {
    std::vector<State> out;
    const auto open = events.open(10);
    for (const Events::Open& o : *open) out.push_back(o.state);
    return out;
  };
  const auto discard = [&](std::int64_t id) { return store().write([&](store::Tx& tx) { return events.discard_parked(tx, id, "one"); }); };
  emit(events, "a", 1);
  EXPECT_EQ(states(), std::vector<State>{State::waiting});
  ASSERT_TRUE(events.deliver_now().ok());
  EXPECT_EQ(states(), std::vector<State>{State::retrying});
  auto open = events.open(10);
  EXPECT_EQ((*open)[0].due.us, clock_.now().us + kSecond);
  EXPECT_EQ(discard((*open)[0].event_id).error().code, ErrorCode::not_found);   // it is still being tried
  for (int i = 0; i < 10; ++i) {
    clock_.advance(10 * kMinute);
    ASSERT_TRUE(events.deliver_now().ok());
  }
  EXPECT_EQ(states(), std::vector<State>{State::parked});
  emit(events, "b", 2);
  EXPECT_EQ(states(), (std::vector<State>{State::parked, State::waiting}));
  EXPECT_TRUE(discard((*open)[0].event_id).ok());
  EXPECT_EQ(states(), std::vector<State>{State::waiting});
}

TEST_P(EventsTest, delivered_before_a_crash_is_not_done_twice) {
  Events events(store(), clock_);
  declare(events);
  bool broken = true;
  events.subscribe("one", "demo.happened.v1", [&](store::Tx& tx, const Event& e) -> Result<void> {
    if (broken && e.key == "bad") return Error(ErrorCode::unavailable, "not now");
    return effect("one")(tx, e);
  });
  emit(events, "a", 1);
  emit(events, "bad", 2);
  EXPECT_EQ(*events.deliver_now(), 1);   // one by one, because one failed
  // As after a crash between the consumer's commit and the marks on the outbox and of the failure.
  ASSERT_TRUE(store().write([](store::Tx& tx) { return tx.execute("UPDATE event_outbox SET state = 0"); }).ok());
  ASSERT_TRUE(store().write([](store::Tx& tx) { return tx.execute("DELETE FROM event_failure"); }).ok());
  broken = false;
  EXPECT_EQ(*events.deliver_now(), 1);
  EXPECT_EQ(effects("one", "a"), Numbers{1});
  EXPECT_EQ(effects("one", "bad"), Numbers{2});
}

TEST_P(EventsTest, what_is_due_is_delivered_together_or_not_at_all) {
  Events events(store(), clock_);
  declare(events);
  std::set<std::size_t> sizes;
  events.subscribe_batch("sum", {"demo.happened.v1", "demo.outside.v1"}, [&](store::Tx& tx, const Events::Batch& batch) -> Result<void> {
    sizes.insert(batch.size());
    for (const Event* e : batch) MACHIYA_CHECK(effect("sum")(tx, *e));
    return {};
  });
  bool broken = false;
  events.subscribe("one", "demo.happened.v1", [&](store::Tx& tx, const Event& e) -> Result<void> {
    if (broken) return Error(ErrorCode::unavailable, "not now");
    return effect("one")(tx, e);
  });
  for (int i = 0; i < 3; ++i) emit(events, "a", i, i == 1 ? "demo.outside.v1" : "demo.happened.v1");
  const std::int64_t commits = store().stats().commits;
  EXPECT_EQ(*events.deliver_now(), 5);
  EXPECT_EQ(sizes, std::set<std::size_t>{3});
  EXPECT_EQ(effects("sum", "a"), (Numbers{0, 1, 2}));
  EXPECT_LE(store().stats().commits - commits, 3);   // the lease of two rounds and one batch
  EXPECT_EQ(count("SELECT count(*) FROM event_inbox"), 0);
  broken = true;   // a neighbour's failure costs the others nothing, and nothing happens twice
  for (int i = 3; i < 6; ++i) emit(events, "a", i);
  EXPECT_EQ(*events.deliver_now(), 3);
  EXPECT_EQ(effects("sum", "a"), (Numbers{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(effects("one", "a"), (Numbers{0, 2}));
}

TEST_P(EventsTest, only_the_holder_of_the_lease_delivers) {
  Events first(store(), clock_), second(store(), clock_);
  for (Events* e : {&first, &second}) {
    declare(*e);
    e->subscribe("one", "demo.happened.v1", effect("one"));
  }
  emit(first, "a", 1);
  EXPECT_EQ(*first.deliver_now(), 1);
  emit(first, "a", 2);
  EXPECT_EQ(*second.deliver_now(), 0);
  clock_.advance(6 * kSecond);
  EXPECT_EQ(*second.deliver_now(), 1);
  EXPECT_EQ(effects("one", "a"), (Numbers{1, 2}));
}

TEST_P(EventsTest, the_background_thread_delivers_what_many_threads_emit) {
  SystemClock clock;
  Events events(store(), clock);
  declare(events);
  events.subscribe("one", "demo.happened.v1", effect("one"));
  events.start();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 100; ++i) emit(events, "key" + std::to_string(t), i);
    });
  for (auto& t : threads) t.join();
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (count("SELECT count(*) FROM effect") < 400 && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  events.stop();
  for (int t = 0; t < 4; ++t) {
    const auto seen = effects("one", "key" + std::to_string(t));
    ASSERT_EQ(seen.size(), 100u);
    for (std::size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i], static_cast<std::int64_t>(i));
  }
}

TEST_P(EventsTest, finished_events_are_forgotten_after_a_week_and_outside_ones_wait_for_nobody) {
  Events events(store(), clock_);
  declare(events);
  events.subscribe("one", "demo.happened.v1", [&](store::Tx&, const Event& e) -> Result<void> {
    if (e.payload["n"].as_int() == 2) return Error(ErrorCode::internal);
    return {};
  });
  emit(events, "a", 1);
  emit(events, "b", 2);
  emit(events, "c", 3, "demo.outside.v1");
  EXPECT_EQ(*events.deliver_now(), 1);
  EXPECT_EQ(events.counts()->waiting, 0);
  clock_.advance(8 * kDay);
  events.start();   // the thread prunes at its start
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (count("SELECT count(*) FROM event_outbox") > 1 && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  events.stop();
  EXPECT_EQ(count("SELECT count(*) FROM event_outbox"), 1);   // the failed one stays
  EXPECT_EQ(count("SELECT count(*) FROM event_inbox"), 0);
}

/// The child of a death test has no writer thread: it gets a transaction that needs none.
class NoTx final : public store::Tx {
 public:
  store::Engine engine() const override { return store::Engine::sqlite; }
  Result<store::Rows> query(std::string_view, const store::Binds&) override { return store::Rows{}; }
  Result<void> stream(std::string_view, const store::Binds&, const std::function<bool(const store::Row&)>&) override { return {}; }
  Result<std::int64_t> execute(std::string_view, const store::Binds&) override { return std::int64_t{1}; }
  Result<void> execute_later(std::string_view, const store::Binds&) override { return {}; }
  Result<std::int64_t> insert(std::string_view, std::string_view, store::Binds) override { return std::int64_t{1}; }
  void after_commit(std::function<void()>) override {}
};

TEST_P(EventsTest, an_undeclared_type_is_a_broken_invariant) {
  Events events(store(), clock_);
  declare(events);
  NoTx tx;
  EXPECT_TRUE(events.emit(tx, "demo.happened.v1", "a", {}).ok());
  EXPECT_DEATH((void)events.emit(tx, "never.declared.v1", "a", {}), "broken invariant");
}

MACHIYA_ON_BOTH_ENGINES(EventsTest);

}  // namespace
}  // namespace machiya::events
