#include "sense/broker/entity_store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "base/log.h"
#include "base/temporary_folder.h"
#include "sense/broker/planned_journal.h"

namespace machiya::sense {
namespace {
using testing::PlannedJournal;

class EntityStoreTest : public ::testing::Test {
 protected:
  EntityStoreTest() { set_log_level(LogLevel::error); }
  Contexts contexts{nullptr};
  FakeClock clock{Instant{1'790'000'000 * kSecond}};
  SeededRng rng{3};
  TemporaryFolder folder{"entity-store"};
  std::shared_ptr<PlannedJournal::Disk> disk = std::make_shared<PlannedJournal::Disk>();

  std::unique_ptr<EntityStore> planned() { return EntityStore::open(std::make_unique<PlannedJournal>(disk), clock, rng).value(); }
  std::unique_ptr<EntityStore> on_disk() { return EntityStore::open(open_file_journal(folder.path() + "/j").value(), clock, rng).value(); }

  // Sets the entity's counter; creates it when it is not there.
  EntityStore::Make set(std::int64_t value, std::string more = {}) {
    return [this, value, more](const EntityPtr& current, const ChangeContext& context) -> Result<Change> {
      tree::Arena arena;
      auto body = tree::parse(R"({"id":"urn:x:1","type":"T","n":)" + std::to_string(value) + more + "}", arena);
      auto draft = read_entity(*body, BodyOf::append, *contexts.core(), arena);
      if (!draft.ok()) return draft.error();
      return current ? append_attributes(current, *draft, false, context) : create_entity(*draft, context);
    };
  }
  // The id in the body is not looked at by set(): the store's key is; so each entity says its own.
  EntityStore::Make set_of(const std::string& id, std::int64_t value) {
    return [this, id, value](const EntityPtr& current, const ChangeContext& context) -> Result<Change> {
      tree::Arena arena;
      auto body = tree::parse(R"({"id":")" + id + R"(","type":"T","n":)" + std::to_string(value) + "}", arena);
      auto draft = read_entity(*body, BodyOf::append, *contexts.core(), arena);
      if (!draft.ok()) return draft.error();
      return current ? append_attributes(current, *draft, false, context) : create_entity(*draft, context);
    };
  }
  EntityStore::Make add_one(const std::string& id = "urn:x:1") {
    return [this, id](const EntityPtr& current, const ChangeContext& context) { return set_of(id, current ? value_of(current) + 1 : 1)(current, context); };
  }
  static EntityStore::Make gone() {
    return [](const EntityPtr& current, const ChangeContext&) -> Result<Change> {
      return current ? Result<Change>(delete_entity(current)) : Result<Change>(Error(ErrorCode::not_found, "none"));
    };
  }
  static std::int64_t value_of(const EntityPtr& e) { return e ? static_cast<std::int64_t>(e->attributes[0].instances[0].value.number()) : -1; }
  static std::map<std::string, std::string> everything(const EntityStore& store) {
    std::map<std::string, std::string> out;
    const EntityQuery all;
    for (const std::string& tenant : store.tenants()) {
      const Found found = store.find(tenant, {.query = &all, .limit = SIZE_MAX});
      for (const EntityPtr& e : found.entities) encode_entity(*e, out[tenant + "|" + std::string(e->id)]);
    }
    return out;
  }
};

TEST_F(EntityStoreTest, WhoWroteReads) {
  auto store = on_disk();
  EXPECT_EQ(store->get("", "urn:x:1"), nullptr);
  EXPECT_FALSE(store->has_tenant(""));
  ASSERT_TRUE(store->write("", "urn:x:1", set(1)).ok());
  EXPECT_EQ(value_of(store->get("", "urn:x:1")), 1);
  EXPECT_EQ(store->get("other", "urn:x:1"), nullptr);
  EXPECT_TRUE(store->write("", "urn:x:1", gone()).ok());
  EXPECT_EQ(store->get("", "urn:x:1"), nullptr);
  EXPECT_EQ(store->write("", "urn:x:1", gone()).error().code, ErrorCode::not_found);
  EXPECT_TRUE(store->has_tenant(""));
}

TEST_F(EntityStoreTest, NobodySeesWhatIsNotDurable) {
  auto store = planned();
  disk->hold(0);
  std::thread writer([&] { EXPECT_TRUE(store->write("", "urn:x:1", set(1)).ok()); });
  {
    std::unique_lock guard(disk->mutex);
    disk->changed.wait(guard, [&] { return !disk->waiting.empty(); });
  }
  EXPECT_EQ(store->get("", "urn:x:1"), nullptr);
  disk->let_go(1);
  writer.join();
  EXPECT_EQ(value_of(store->get("", "urn:x:1")), 1);
}

TEST_F(EntityStoreTest, WhoWritesLaterIsToldWhenItIsSeen) {
  auto store = planned();
  disk->hold(0);
  std::promise<std::int64_t> seen;
  const auto made = store->write_later("", "urn:x:1", set(1), [&](Result<void> kept) { seen.set_value(kept.ok() ? value_of(store->get("", "urn:x:1")) : -2); });
  ASSERT_TRUE(made.ok() && made->waits);
  EXPECT_EQ(value_of(made->change.after), 1);
  EXPECT_EQ(store->get("", "urn:x:1"), nullptr);
  disk->let_go(1);
  EXPECT_EQ(seen.get_future().get(), 1);

  const auto never = [](Result<void>) { ADD_FAILURE() << "what is known at once is not told again"; };
  EXPECT_EQ(store->write_later("", "urn:x:2", gone(), never).error().code, ErrorCode::not_found);
  const auto nothing = store->write_later("", "urn:x:1", [](const EntityPtr& there, const ChangeContext&) -> Result<Change> { return Change{there, there, {}, false, {}, {}}; }, never);
  EXPECT_TRUE(nothing.ok() && !nothing->waits);
}

TEST_F(EntityStoreTest, WhoWritesLaterIsToldThatItWasRefused) {
  auto store = planned();
  ASSERT_TRUE(store->write("", "urn:x:1", set(1)).ok());
  disk->hold(1);
  std::promise<ErrorCode> first, second;
  const auto tell = [](std::promise<ErrorCode>& who) { return [&](Result<void> kept) { who.set_value(kept.ok() ? ErrorCode::internal : kept.error().code); }; };
  ASSERT_TRUE(store->write_later("", "urn:x:1", add_one(), tell(first)).ok());
  ASSERT_TRUE(store->write_later("", "urn:x:1", add_one(), tell(second)).ok());
  disk->let_go(2);
  EXPECT_EQ(first.get_future().get(), ErrorCode::storage_full);
  EXPECT_EQ(second.get_future().get(), ErrorCode::storage_failed) << "it was built upon the first";
  EXPECT_EQ(value_of(store->get("", "urn:x:1")), 1);
}

TEST_F(EntityStoreTest, WritersOfOneEntityComeOneAfterTheOther) {
  auto store = on_disk();
  std::vector<std::int64_t> told;
  EntityStore::Number last = 0;
  store->follow([&](EntityStore::Number number, const Record& record) {
    EXPECT_GT(number, last);
    last = number;
    if (record.before) {
      EXPECT_EQ(value_of(record.before) + 1, value_of(record.after));
    }
    told.push_back(value_of(record.after));
  });
  std::vector<std::thread> writers;
  for (int w = 0; w < 8; ++w)
    writers.emplace_back([&] {
      for (int i = 0; i < 50; ++i) EXPECT_TRUE(store->write("", "urn:x:1", add_one()).ok());
    });
  for (auto& w : writers) w.join();
  EXPECT_EQ(value_of(store->get("", "urn:x:1")), 400);
  ASSERT_EQ(told.size(), 400u);
  for (std::size_t i = 0; i < told.size(); ++i) EXPECT_EQ(told[i], static_cast<std::int64_t>(i + 1));
}

TEST_F(EntityStoreTest, WhatWasBuiltUponARefusedWriteIsRefused) {
  auto store = planned();
  int told = 0;
  store->follow([&](EntityStore::Number, const Record&) { ++told; });
  ASSERT_TRUE(store->write("", "urn:x:1", set(1)).ok());
  disk->hold(1);
  const std::vector<EntityStore::Item> items{{"urn:x:1", add_one()}, {"urn:x:1", add_one()}, {"urn:x:2", set_of("urn:x:2", 5)}, {"urn:x:1", add_one()}};
  std::thread let_go([&] { disk->let_go(4); });
  const auto made = store->write_all("", items);
  let_go.join();
  EXPECT_EQ(made[0].error().code, ErrorCode::storage_full);
  EXPECT_EQ(made[1].error().code, ErrorCode::storage_failed);
  EXPECT_TRUE(made[2].ok());
  EXPECT_EQ(made[3].error().code, ErrorCode::storage_failed);
  EXPECT_EQ(value_of(store->get("", "urn:x:1")), 1);
  EXPECT_EQ(told, 2) << "who follows hears of what was kept only";
  ASSERT_TRUE(store->write("", "urn:x:1", add_one()).ok());
  EXPECT_EQ(value_of(store->get("", "urn:x:1")), 2);
  store.reset();
  EXPECT_EQ(value_of(planned()->get("", "urn:x:1")), 2);
}

TEST_F(EntityStoreTest, TheNextStartAfterARefusalSeesWhatReadersSaw) {
  {
    auto store = planned();
    ASSERT_TRUE(store->write("", "urn:x:1", set(1)).ok());
    disk->hold(1);
    std::thread let_go([&] { disk->let_go(3); });
    const std::vector<EntityStore::Item> items{{"urn:x:1", set(50)}, {"urn:x:1", set(60)}, {"urn:x:1", gone()}};
    const auto made = store->write_all("", items);
    let_go.join();
    EXPECT_FALSE(made[2].ok());
    EXPECT_EQ(store->size(""), 1u);
  }
  EXPECT_EQ(value_of(planned()->get("", "urn:x:1")), 1);
}

TEST_F(EntityStoreTest, SnapshotAndLogGiveTheSameImage) {
  std::map<std::string, std::string> before;
  for (int round = 0; round < 6; ++round) {
    auto store = on_disk();
    if (round > 0) {
      ASSERT_EQ(everything(*store), before);
    }
    for (int i = 0; i < 150; ++i) {
      const std::string tenant = rng.below(3) == 0 ? "t" : "", id = "urn:x:" + std::to_string(rng.below(40));
      const auto value = static_cast<std::int64_t>(rng.below(1000));
      (void)store->write(tenant, id, rng.below(4) == 0 ? gone() : set_of(id, value));
      if (i == 100 && round % 2 == 0) {
        ASSERT_TRUE(store->compact(store->last() + 1).ok());
      }
    }
    before = everything(*store);
    EXPECT_GT(before.size(), 20u);
  }
}

TEST_F(EntityStoreTest, CompactingBesideWritersLosesNothing) {
  {
    auto store = on_disk();
    std::atomic<bool> stop{false};
    std::thread compactor([&] {
      while (!stop) EXPECT_TRUE(store->compact(store->last() + 1).ok());
    });
    std::vector<std::thread> writers;
    for (int w = 0; w < 4; ++w)
      writers.emplace_back([&, id = "urn:x:" + std::to_string(w)] {
        for (int i = 0; i < 100; ++i) EXPECT_TRUE(store->write("", id, add_one(id)).ok());
      });
    for (auto& w : writers) w.join();
    stop = true;
    compactor.join();
  }
  auto store = on_disk();
  for (int w = 0; w < 4; ++w) EXPECT_EQ(value_of(store->get("", "urn:x:" + std::to_string(w))), 100);
}

TEST_F(EntityStoreTest, ReplayTellsWhatFollowersHeard) {
  std::vector<std::string> heard, told;
  const auto line = [](EntityStore::Number n, const Record& r) {
    return std::to_string(n) + (r.created() ? "+" : r.deleted() ? "-" : "*") + std::string(r.entity().id) + "/" + std::to_string(r.changes.size());
  };
  auto store = on_disk();
  store->follow([&](EntityStore::Number n, const Record& r) { heard.push_back(line(n, r)); });
  for (int i = 0; i < 30; ++i) {
    const std::string id = "urn:x:" + std::to_string(i % 3);
    (void)store->write("", id, i % 5 == 4 ? gone() : add_one(id));
  }
  ASSERT_TRUE(store->replay(1, [&](EntityStore::Number n, const Record& r) { return told.push_back(line(n, r)), Result<void>(); }).ok());
  EXPECT_EQ(told, heard);
}

TEST_F(EntityStoreTest, TheExpiredAreGoneAndSwept) {
  auto store = on_disk();
  std::vector<std::string> heard;
  store->follow([&](EntityStore::Number, const Record& r) {
    if (r.deleted()) heard.emplace_back(r.before->id);
  });
  const std::string soon = R"(,"expiresAt":"2026-12-01T00:00:00Z")";
  ASSERT_TRUE(store->write("", "urn:x:1", set(1, soon)).ok());
  clock.set(*parse_rfc3339("2026-12-01T00:00:00Z"));
  EXPECT_EQ(store->get("", "urn:x:1"), nullptr);
  EXPECT_EQ(everything(*store).size(), 0u);
  ASSERT_TRUE(store->write("", "urn:x:1", set(7)).ok()) << "somebody new may have the id";
  EXPECT_EQ(store->size(""), 1u);
  EXPECT_EQ(store->sweep().value(), 0u);
  clock.set(*parse_rfc3339("2026-11-01T00:00:00Z"));
  ASSERT_TRUE(store->write("", "urn:x:1", set(1, soon)).ok());
  clock.set(*parse_rfc3339("2026-12-01T00:00:00Z"));
  EXPECT_EQ(store->sweep().value(), 1u);
  EXPECT_EQ(heard, std::vector<std::string>{"urn:x:1"});
  EXPECT_EQ(store->size(""), 0u);
}

TEST_F(EntityStoreTest, AFullStoreTakesNothingNew) {
  auto opened = EntityStore::open(std::make_unique<PlannedJournal>(disk), clock, rng, {.most_entities = 1});
  EntityStore& store = **opened;
  ASSERT_TRUE(store.write("", "urn:x:1", set(1)).ok());
  EXPECT_EQ(store.write("", "urn:x:2", set_of("urn:x:2", 1)).error().code, ErrorCode::limit_exceeded);
  EXPECT_TRUE(store.write("", "urn:x:1", set(2)).ok());
  EXPECT_TRUE(store.write("", "urn:x:1", gone()).ok());
  EXPECT_TRUE(store.write("", "urn:x:2", set_of("urn:x:2", 1)).ok());
}

}  // namespace
}  // namespace machiya::sense
