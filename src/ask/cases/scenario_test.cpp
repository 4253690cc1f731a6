// Every scenario of the city in this repository and the seeding of the demonstration, on both databases.
#include <gtest/gtest.h>

#include <sstream>

#include "ask/cases/ground_floor.h"
#include "ask/cases/scenario_check.h"
#include "ask/cases/scenario_runner.h"
#include "ask/cases/seed.h"
#include "city/schema.h"
#include "platform/store/testing.h"

namespace machiya::cases {
namespace {

class Body final : public city::Definition {};

city::Kind plain_kind(const std::string& name, const std::string& folder) {
  city::Kind kind;
  kind.name = name, kind.folder = folder;
  kind.compile = [](const json::Value&, const city::Source&, Diagnostics&) { return std::make_shared<Body>(); };
  return kind;
}

interview::World world_of(const city::City& city) {
  interview::World world;
  world.known = true;
  for (const auto& w : city.wards()) world.wards.push_back({w.id, w.code, interview::Texts(json::Value(w.name.in("ja"))), w.lat, w.lon});
  for (const auto& d : city.departments()) world.departments.push_back({d.id, "", interview::Texts(json::Value(d.name.in("ja"))), 0, 0});
  world.decisions = json::Value::object();
  for (const city::Loaded* d : city.all("decision")) world.decisions.set(d->source.id, *json::parse(*d->canonical));
  return world;
}

class ScenarioTest : public store::testing::StoreTest {
 protected:
  ScenarioTest() {
    vault_ = std::move(*vault::Vault::open(folder() + "/master.key", true));
    migrate(GroundFloor::migrations());
    migrate(Cases::migrations());
    const auto report = city::load(city_folder_, {plain_kind("block", "blocks"), plain_kind("decision", "decisions"), workflow_kind(),
                                                  plain_kind("procedure", "forms"), scenario_kind(),
                                                  plain_kind("register", "registers"), plain_kind("register-scenario", "scenarios"),
                                                  plain_kind("message-scenario", "scenarios"), plain_kind("alarm-scenario", "scenarios"), plain_kind("device-scenario", "scenarios")});
    for (const auto& fault : report.faults) ADD_FAILURE() << fault.file << ":" << fault.line << ": " << fault.en;
    city_ = report.city;
  }
  auto procedures() {
    return [this](const std::string& id) -> std::shared_ptr<const interview::Procedure> {
      auto& known = compiled_[id];
      if (known) return known;
      const city::Loaded* loaded = city_->find("procedure", id);
      if (!loaded || !loaded->canonical) return nullptr;
      Diagnostics faults;
      known = interview::compile_procedure(*json::parse(*loaded->canonical), world_of(*city_), faults);
      for (const auto& d : faults.list()) ADD_FAILURE() << id << d.pointer << ": " << d.en;
      return known;
    };
  }
  static bool office_open(Date d) { return weekday(d) != 0 && weekday(d) != 6; }

  std::string city_folder_ = std::string(MACHIYA_SOURCE_DIR) + "/city/osaka";
  std::unique_ptr<vault::Vault> vault_;
  std::shared_ptr<const city::City> city_;
  std::map<std::string, std::shared_ptr<const interview::Procedure>> compiled_;
};
MACHIYA_ON_BOTH_ENGINES(ScenarioTest);

TEST_P(ScenarioTest, scenarios_pass_through_the_doors) {
  ASSERT_TRUE(city_);
  ScenarioParts parts{city_, city_folder_, store(), *vault_, office_open, procedures()};
  std::ostringstream report;
  EXPECT_EQ(report_scenarios(run_scenarios(parts), false, report), 0) << report.str();
  std::ostringstream out;
  EXPECT_EQ(report_scenarios(run_scenarios(parts, {0, "no-such-procedure"}), false, out), 1);   // nothing ran: nothing is proved
}

TEST(scenario, a_then_that_is_wrong_is_named) {
  ScenarioWorld world;
  world.view.emplace();
  world.view->state = "received", world.view->fee = 300;
  world.view->timeline = {{.state = "received"}, {.state = "received"}, {.state = "granted"}};
  auto of = [&](const char* then) { return differences(*json::parse(then), world); };
  EXPECT_TRUE(of(R"({"state":"received","fee":300,"timeline":["received","granted"]})").empty());
  EXPECT_EQ(of(R"({"state":"granted"})").at(0).text, "state: expected granted, got received");
  EXPECT_EQ(of(R"({"fee":301,"document":"許可","asked":["a"],"clock":"stopped","values":{"x":1}})").size(), 5u);
}

TEST(scenario, one_that_checks_nothing_is_refused) {
  Diagnostics faults;
  EXPECT_FALSE(compile_scenario(*json::parse(R"({"scenario":"x","procedure":"p","given":{"today":"2026-05-01"},"when":[{"wait":"P1D"}]})"), faults));
  ASSERT_EQ(faults.list().size(), 1u);
}

TEST_P(ScenarioTest, the_demonstration_is_made_through_the_doors) {
  ASSERT_TRUE(city_);
  FakeClock clock(*parse_rfc3339("2026-11-22T12:00:00+09:00"));
  vault::SystemRng rng;
  GroundFloor ground(store(), *vault_, clock, json::to_text(city_->policy()));
  Cases::declare(ground.events, ground.jobs);
  CityDefinitions source([this] { return city_; });
  Ports ports;
  ports.definitions = &source, ports.is_working_day = office_open;
  for (const city::Loaded* p : city_->all("procedure")) procedures()(p->source.id);   // compiled before the threads start
  SeedParts parts{city_, Platform{store(), *vault_, ground.audit, ground.events, ground.jobs, ground.identity, clock, rng}, ports, procedures()};
  parts.cases = 60, parts.residents = 40, parts.threads = 4;
  auto report = seed_demonstration(parts);
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  EXPECT_EQ(report->skipped, 0) << report->first_problem;
  EXPECT_EQ(report->cases, 60);
  EXPECT_GT(report->decided, 0);
  auto again = seed_demonstration(parts);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->cases, 0);   // the same seed makes nothing twice
}

}  // namespace
}  // namespace machiya::cases
