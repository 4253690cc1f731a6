// For tests: a house that tells, on a fresh database: vault, recipients and the ledger.
#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "platform/store/testing.h"
#include "platform/vault/vault.h"
#include "tell/audiences/audiences.h"
#include "tell/ledger/contents.h"
#include "tell/ledger/ledger.h"

namespace machiya::tell::testing {

/// `Time`: SystemClock where threads run, else FakeClock; made of `time`.
template <class Time>
class House : public store::testing::StoreTest {
 protected:
  template <class... T>
  explicit House(unsigned seed, T&&... time) : clock(std::forward<T>(time)...), rng(seed) {
    vault = std::move(*vault::Vault::open(folder() + "/master.key", true));
    for (const auto& list : {vault::Vault::migrations(), Audiences::migrations(), Ledger::migrations()}) migrate(list);
    EXPECT_TRUE(vault->bind_to(store()).ok());
    audiences = std::make_unique<Audiences>(store(), *vault, clock, rng);
    ledger = std::make_unique<Ledger>(store(), clock, rng);
    line = *audiences->number("channel", "line"), mail = *audiences->number("channel", "mail");
  }
  /// The bit of a topic.
  std::int64_t topic(std::string_view id) { return std::int64_t{1} << *audiences->number("topic", id); }
  /// Somebody with this address in a channel, of whom `about` (JSON) is known; gives the recipient.
  std::int64_t subscribe(int channel, const std::string& address, std::int64_t topics, int lang = 0, std::int64_t recipient = 0, const char* about = nullptr) {
    auto made = store().write([&](store::Tx& tx) -> Result<std::int64_t> {
      MACHIYA_TRY(const auto id, audiences->subscribe(tx, recipient, channel, address, topics, lang, "person"));
      if (about) MACHIYA_CHECK(audiences->describe(tx, id, *json::parse(about), "person"));
      return id;
    });
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

  Time clock;
  SeededRng rng;
  std::unique_ptr<vault::Vault> vault;
  std::unique_ptr<Audiences> audiences;
  std::unique_ptr<Ledger> ledger;
  int line = 0, mail = 0;
};

/// Two topics, and the machine's time.
class TellTest : public House<SystemClock> {
 protected:
  TellTest() : House(7) {}
  std::int64_t disaster = topic("disaster"), sports = topic("sports");
};

}  // namespace machiya::tell::testing
