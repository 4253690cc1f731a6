// Scenarios of alarms: one that holds, the same one with a wrong expectation, and one that the loader refuses.
#include "sense/rules/alarm_scenario.h"

#include <gtest/gtest.h>

#include "sense/models/models_testing.h"
#include "sense/rules/rule.h"

namespace machiya::sense::rules {
namespace {

class Scenarios : public ::testing::Test {
 protected:
  city::TestFolder folder;
  TemporaryFolder place{"alarm-scenarios"};
  void SetUp() override {
    write_test_types(folder);
    folder.write("alarms/cold.yaml", "alarm: cold\nversion: 1\nname: X\nowner: construction\nentity: BicycleParking\npriority: low\nvalues: [ { value: t, attribute: temperature, take: avg, over: PT10M } ]\n"
                                     "when: t < 0\nrationalisation: { cause: a, consequence: b, action: c }\n");
  }
  std::string scenario(const std::string& state, const std::string& by = "tanto") {
    return "alarm-scenario: 寒い\ngiven:\n  now: 2026-01-01T00:00\n  staff: [ { name: tanto, role: clerk } ]\n  entities: [ { entity: here, type: BicycleParking, values: { temperature: 4 } } ]\n"
           "when:\n  - wait: PT5M\n  - set: { entity: here, values: { temperature: -9 } }\n    then: { told: [ { event: raised, alarm: cold, entity: here } ] }\n"
           "  - act: { alarm: cold, entity: here, by: " + by + ", do: acknowledge }\nthen: { states: [ { alarm: cold, entity: here, is: " + state + " } ] }\n";
  }
  city::LoadReport load(const std::string& text) {
    folder.write("scenarios/a.yaml", text);
    return folder.load({entity_type_kind(), alarm_kind(), alarm_scenario_kind()});
  }
};

TEST_F(Scenarios, HoldOrSayWhatDoesNot) {
  for (const auto& [state, problem] : {std::pair{"acknowledged", ""}, std::pair{"normal", "expected normal, got acknowledged"}}) {
    const auto loaded = load(scenario(state));
    ASSERT_TRUE(loaded.city) << city::to_line(loaded.faults.front());
    const auto results = run_alarm_scenarios({loaded.city, place.path() + "/" + state, [](const identity::Principal& who, std::string_view, std::string_view) { return who.roles == std::vector<std::string>{"clerk"}; }});
    ASSERT_EQ(results.size(), 1u);
    EXPECT_EQ(results[0].problems.empty() ? "" : results[0].problems[0].second, problem);
  }
}

TEST_F(Scenarios, NamesThatAreNotThereAreFaults) {
  const auto loaded = load(scenario("normal", "nobody"));
  ASSERT_FALSE(loaded.city);
  EXPECT_NE(city::to_line(loaded.faults.front()).find("scenarios/a.yaml:"), std::string::npos);
  EXPECT_NE(loaded.faults.front().en.find("no member of staff 'nobody'"), std::string::npos);
}

}  // namespace
}  // namespace machiya::sense::rules
