// For tests: alarms over a broker, a history and a database, with a clock that the test sets.
#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "platform/audit/audit.h"
#include "platform/events/events.h"
#include "platform/store/testing.h"
#include "sense/broker/journal_store.h"
#include "sense/entities/read.h"
#include "sense/models/models_testing.h"
#include "sense/rules/alarms.h"
#include "sense/rules/history_windows.h"

namespace machiya {
std::vector<store::Migration> sql_migrations_series();
}

namespace machiya::sense::rules {

class RulesFixture : public store::testing::StoreTest {
 protected:
  Contexts contexts{nullptr};
  FakeClock clock{parse_rfc3339("2026-11-23T00:00:00Z").value()};
  SeededRng rng{7};
  Alarms::Options options;
  std::unique_ptr<audit::Audit> audit;
  std::unique_ptr<events::Events> events;
  std::unique_ptr<EntityStore> entities;
  std::unique_ptr<series::Store> numbers;
  std::unique_ptr<History> history;
  std::unique_ptr<HistoryWindows> windows;
  std::unique_ptr<Alarms> alarms;
  std::vector<std::unique_ptr<Alarms>> dead;
  std::vector<std::string> news_;           ///< "event rule entity state" of what was delivered
  std::set<std::int64_t> seen_;             ///< a transaction may run twice
  identity::Principal operator_;
  bool allowed = true;
  city::TestFolder folder_;
  tree::Arena arena;

  RulesFixture() {
    std::vector<store::Migration> all = journal_migrations();
    for (const auto& list : {history_migrations(), sql_migrations_series(), Alarms::migrations(), audit::Audit::migrations(), events::Events::migrations()}) all.insert(all.end(), list.begin(), list.end());
    migrate(all);
    folder_.write("departments.yaml", kTestDepartments);
    operator_.kind = identity::PrincipalKind::staff, operator_.public_id = "op";
    audit = std::make_unique<audit::Audit>(store(), clock);
    events = std::make_unique<events::Events>(store(), clock);
    Alarms::declare(*events);
    for (const std::string_view type : {kRaised, kCleared, kAcknowledged, kWithheld, kRestored})
      events->subscribe("test", std::string(type), [this](store::Tx&, const events::Event& e) -> Result<void> {
        if (seen_.insert(e.id).second) news_.push_back(e.type.substr(6, e.type.size() - 9) + " " + e.payload.text("rule") + " " + e.payload.text("entity") + " " + e.payload.text("state"));
        return {};
      });
    const bool tables = store().engine() == store::Engine::postgres;
    auto journal = tables ? open_store_journal(store()) : open_file_journal(folder() + "/broker");
    entities = EntityStore::open(std::move(*journal), clock, rng).value();
    auto columns = tables ? series::open_sql(store()) : series::open_files(folder() + "/series");
    numbers = std::move(*columns);
    history = History::open(store(), *numbers, clock, rng).value();
    history->follow(*entities);
    windows = std::make_unique<HistoryWindows>(*history, *numbers);
  }
  ~RulesFixture() override {
    history->end_following();
    alarms.reset(), dead.clear(), entities.reset();
  }

  /// `body`: what stands behind the head of a definition of type T.
  void define(const std::string& id, const std::string& body) {
    folder_.write("alarms/" + id + ".yaml", "alarm: " + id + "\nversion: 1\nname: X\nowner: construction\nentity: T\npriority: high\nrationalisation: { cause: a, consequence: b, action: c }\n" + body);
  }
  std::vector<RulePtr> defined() {
    const auto loaded = folder_.load({alarm_kind()});
    for (const city::Fault& fault : loaded.faults) ADD_FAILURE() << city::to_line(fault);
    return loaded.city ? rules_of(*loaded.city) : std::vector<RulePtr>();
  }
  void open() {
    auto opened = Alarms::open({store(), *entities, windows.get(), *audit, *events, clock, rng, [this](const identity::Principal&, std::string_view, std::string_view) { return allowed; }, {}}, options);
    ASSERT_TRUE(opened.ok()) << opened.error().to_string();
    alarms = std::move(*opened);
    alarms->use(defined());
  }
  /// As kill -9: what was not written is forgotten.
  void crash() {
    dead.push_back(std::move(alarms));
    open();
  }

  /// Sets attributes ("\"n\":{…}") of an entity of type T.
  void put(const std::string& id, const std::string& attributes) {
    const auto body = tree::parse(R"({"id":")" + id + R"(","type":"T",)" + attributes + "}", arena);
    ASSERT_TRUE(body.ok());
    const auto draft = read_entity(*body, BodyOf::entity, *contexts.core(), arena);
    ASSERT_TRUE(draft.ok()) << draft.error().to_string();
    ASSERT_TRUE(entities->write("", id, [&](const EntityPtr& current, const ChangeContext& context) -> Result<Change> {
      return current ? append_attributes(current, *draft, false, context) : create_entity(*draft, context);
    }).ok());
  }
  void set(const std::string& id, const std::string& number, const std::string& name = "n") { put(id, "\"" + name + R"(":{"type":"Property","value":)" + number + "}"); }
  void drop(const std::string& id) {
    ASSERT_TRUE(entities->write("", id, [](const EntityPtr& current, const ChangeContext&) -> Result<Change> { return delete_entity(current); }).ok());
  }
  void pass(std::int64_t us) { clock.advance(us); }
  using Words = std::vector<std::string>;
  /// What was told since the last call.
  Words news() {
    EXPECT_TRUE(alarms->pump().ok());
    EXPECT_TRUE(events->deliver_now().ok());
    return std::exchange(news_, {});
  }
  AlarmRow row(const std::string& entity, const std::string& rule) {
    const auto rows = alarms->of_entity("", entity);
    EXPECT_TRUE(rows.ok());
    if (rows.ok())
      for (const AlarmRow& one : *rows)
        if (one.rule == rule) return one;
    return {};
  }
  Deed deed() const { return {operator_, "request"}; }
};

}  // namespace machiya::sense::rules
