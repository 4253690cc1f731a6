// For tests: a house that tells, on a fresh database, and a channel that does as it is told.
#pragma once
#include <gtest/gtest.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "platform/store/testing.h"
#include "platform/vault/vault.h"
#include "tell/audiences/audiences.h"
#include "tell/ledger/contents.h"
#include "tell/ledger/ledger.h"
#include "tell/sending/sender.h"

namespace machiya::tell::testing {

/// Remembers what it accepted, once for each key as the real ones with keys do, and answers as `plan` says.
class PlannedChannel final : public Channel {
 public:
  enum class Answer { take, take_and_lose_answer, silent, busy, refuse, dead, down };
  HandOff hand_off(const Parcel& parcel) override {
    std::unique_lock lock(mutex_);
    ++calls_;
    waits_.notify_all();
    waits_.wait(lock, [&] { return open_; });
    // A key that was accepted is answered with "accepted before", whatever mood the channel is in.
    const Answer answer = keys_.contains(parcel.key) ? Answer::take : plan ? plan(parcel, calls_) : Answer::take;
    const bool takes = answer == Answer::take || answer == Answer::take_and_lose_answer;
    const bool first = takes && keys_.insert(parcel.key).second;
    if (first)
      for (const Addressee& one : parcel.to) received_[one.address].push_back(parcel.content->lang + ":" + parcel.content->title);
    HandOff out = whole(parcel, fate_of(answer), answer == Answer::take ? "" : "planned");
    out.down = answer == Answer::down;
    return out;
  }
  int most() const override { return most_; }
  int cost(const Parcel&) const override { return 1; }
  bool idempotent() const override { return true; }

  std::function<Answer(const Parcel&, int call)> plan;   ///< set before the sender starts
  void most(int n) { most_ = n; }
  void shut() { std::lock_guard lock(mutex_); open_ = false; }
  void open() { { std::lock_guard lock(mutex_); open_ = true; } waits_.notify_all(); }
  void wait_for_calls(int n) { std::unique_lock lock(mutex_); waits_.wait(lock, [&] { return calls_ >= n; }); }
  int calls() const { std::lock_guard lock(mutex_); return calls_; }
  /// Address → what it got.
  std::map<std::string, std::vector<std::string>> received() const { std::lock_guard lock(mutex_); return received_; }

 private:
  static Fate fate_of(Answer answer) {
    switch (answer) {
      case Answer::take: return Fate::accepted;
      case Answer::take_and_lose_answer: case Answer::silent: return Fate::unknown;
      case Answer::refuse: return Fate::refused;
      case Answer::dead: return Fate::dead_address;
      case Answer::busy: case Answer::down: return Fate::again;
    }
    return Fate::again;
  }
  mutable std::mutex mutex_;
  std::condition_variable waits_;
  std::set<std::string> keys_;
  std::map<std::string, std::vector<std::string>> received_;
  int calls_ = 0, most_ = 3;
  bool open_ = true;
};

class TellTest : public store::testing::StoreTest {
 protected:
  TellTest() {
    vault = std::move(*vault::Vault::open(folder() + "/master.key", true));
    for (const auto& list : {vault::Vault::migrations(), Audiences::migrations(), Ledger::migrations()}) migrate(list);
    EXPECT_TRUE(vault->bind_to(store()).ok());
    audiences = std::make_unique<Audiences>(store(), *vault, clock, rng);
    ledger = std::make_unique<Ledger>(store(), clock, rng);
    line = *audiences->number("channel", "line"), mail = *audiences->number("channel", "mail");
    disaster = std::int64_t{1} << *audiences->number("topic", "disaster"), sports = std::int64_t{1} << *audiences->number("topic", "sports");
  }
  /// Somebody with this address in a channel; gives the recipient.
  std::int64_t subscribe(int channel, const std::string& address, std::int64_t topics, int lang = 0, std::int64_t recipient = 0) {
    auto made = store().write([&](store::Tx& tx) { return audiences->subscribe(tx, recipient, channel, address, topics, lang, "person"); });
    EXPECT_TRUE(made.ok()) << made.error().to_string();
    return made.ok() ? *made : 0;
  }
  Order order(std::int64_t topics, Class cls = Class::many) {
    Order out;
    out.public_id = new_public_id(rng), out.topics = topics, out.cls = cls, out.start = clock.now();
    Contents contents;
    contents["ja"] = {"ja", "お知らせ", "本文", "", "", "", "大阪市", "", cls == Class::emergency};
    contents["en"] = {"en", "Notice", "Text", "", "", "", "Osaka City", "", cls == Class::emergency};
    out.contents = to_json(contents);
    return out;
  }
  std::int64_t place(const Order& order) {
    auto placed = store().write([&](store::Tx& tx) { return ledger->place(tx, order); });
    EXPECT_TRUE(placed.ok()) << placed.error().to_string();
    return placed.ok() ? *placed : 0;
  }
  store::Lease lease(const char* name, std::string_view owner = "me") {
    auto taken = store().write([&](store::Tx& tx) { return store::take_lease(tx, clock, name, owner, 10 * kSecond); });
    EXPECT_TRUE(taken.ok() && *taken);
    return **taken;
  }
  void expand_all() {
    const store::Lease held = lease("tell-expander");
    while (true) {
      auto step = ledger->expand(held);
      ASSERT_TRUE(step.ok()) << step.error().to_string();
      if (!*step) break;
    }
    ASSERT_TRUE(store().write([&](store::Tx& tx) { return store::release_lease(tx, held); }).ok());
  }
  std::vector<std::int64_t> count(std::int64_t message) {
    auto counts = store().read([&](store::ReadTx& tx) { return ledger->count(tx, message); });
    EXPECT_TRUE(counts.ok());
    return counts.ok() ? *counts : std::vector<std::int64_t>(kRowStates);
  }
  std::int64_t count(std::int64_t message, RowState state) { return count(message)[static_cast<std::size_t>(state)]; }
  MessageState state_of(std::int64_t message) {
    auto row = store().read([&](store::ReadTx& tx) { return ledger->message(tx, message); });
    return (*row)->state;
  }
  void expect_replay(std::int64_t message, std::int64_t rows) {
    auto replay = ledger->replay(message);
    ASSERT_TRUE(replay.ok()) << replay.error().to_string();
    EXPECT_EQ(replay->rows, rows);
    EXPECT_EQ(replay->differing, 0);
  }

  SystemClock clock;
  SeededRng rng{7};
  std::unique_ptr<vault::Vault> vault;
  std::unique_ptr<Audiences> audiences;
  std::unique_ptr<Ledger> ledger;
  int line = 0, mail = 0;
  std::int64_t disaster = 0, sports = 0;
};

}  // namespace machiya::tell::testing
