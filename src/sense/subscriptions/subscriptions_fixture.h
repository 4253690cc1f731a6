// For tests: subscriptions on both databases without a socket; messages are caught instead of sent.
#pragma once
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "platform/store/testing.h"
#include "sense/broker/journal_store.h"
#include "sense/entities/read.h"
#include "sense/entities/stamp.h"
#include "sense/subscriptions/subscriptions.h"

namespace machiya::sense {
using tree::Value;

inline Handed unreachable() { return {Handed::State::unreachable, "nobody there", 0}; }
inline Handed refused() { return {Handed::State::refused, "HTTP 400", 0}; }

class Catcher final : public Notifier {
 public:
  Handed hand_over(const Parcel& parcel) override {
    const Handed out = answer ? answer(parcel) : Handed{};
    ++tries;
    if (out.state == Handed::State::taken) caught.push_back(parcel);
    return out;
  }
  std::function<Handed(const Parcel&)> answer;
  std::vector<Parcel> caught;
  int tries = 0;
};

class SubscriptionsFixture : public store::testing::StoreTest {
 protected:
  Contexts contexts{nullptr};
  FakeClock clock{parse_rfc3339("2026-11-23T00:00:00Z").value()};
  SeededRng rng{7};
  Catcher notifier;
  Subscriptions::Options options;
  std::unique_ptr<EntityStore> entities;
  std::unique_ptr<Subscriptions> subscriptions;
  std::vector<std::unique_ptr<Subscriptions>> dead;
  tree::Arena arena;

  SubscriptionsFixture() {
    auto all = journal_migrations();
    const auto ours = Subscriptions::migrations();
    all.insert(all.end(), ours.begin(), ours.end());
    migrate(all);
    auto journal = store().engine() == store::Engine::postgres ? open_store_journal(store()) : open_file_journal(folder() + "/broker");
    entities = EntityStore::open(std::move(*journal), clock, rng).value();
    open();
  }
  ~SubscriptionsFixture() override { subscriptions.reset(), dead.clear(), entities.reset(); }
  void open() {
    auto opened = Subscriptions::open(store(), *entities, contexts, {&notifier, nullptr}, clock, rng, options);
    ASSERT_TRUE(opened.ok()) << opened.error().to_string();
    subscriptions = std::move(*opened);
  }
  /// As kill -9: what was not flushed is forgotten.
  void crash() {
    dead.push_back(std::move(subscriptions));
    open();
  }
  void again(const Subscriptions::Options& with) {
    subscriptions.reset();
    options = with;
    open();
  }

  Value json(const std::string& text) { return tree::parse(text, arena).value(); }
  std::string subscribe(const std::string& more, const std::string& uri = "http://h/x") {
    const auto id = subscriptions->create("", json(R"({"type":"Subscription","entities":[{"type":"T"}],"notification":{"format":"keyValues","endpoint":{"uri":")" + uri + "\"}}" + more + "}"), *contexts.core(), "null");
    EXPECT_TRUE(id.ok()) << (id.ok() ? "" : id.error().to_string());
    return id.ok() ? *id : std::string();
  }
  /// Sets n (and perhaps more) of an entity of type T.
  void set(const std::string& id, int n, const std::string& more = "") {
    const Value body = json(R"({"id":")" + id + R"(","type":"T","n":{"type":"Property","value":)" + std::to_string(n) + "}" + more + "}");
    const auto draft = read_entity(body, BodyOf::entity, *contexts.core(), arena);
    ASSERT_TRUE(draft.ok()) << draft.error().to_string();
    const auto written = entities->write("", id, [&](const EntityPtr& current, const ChangeContext& context) -> Result<Change> {
      return current ? append_attributes(current, *draft, false, context) : create_entity(*draft, context);
    });
    ASSERT_TRUE(written.ok());
  }
  void drop(const std::string& id) {
    ASSERT_TRUE(entities->write("", id, [](const EntityPtr& current, const ChangeContext&) -> Result<Change> { return delete_entity(current); }).ok());
  }
  /// "id=n" of everything that came since the last call.
  std::vector<std::string> news() {
    subscriptions->pump();
    std::vector<std::string> out;
    for (const Parcel& p : std::exchange(notifier.caught, {})) {
      const Value body = json(p.body);
      for (const Value& e : body["data"].items()) out.push_back(std::string(e["id"].text()) + "=" + std::string(e["n"].text()));
    }
    return out;
  }
  using Words = std::vector<std::string>;
};

}  // namespace machiya::sense
