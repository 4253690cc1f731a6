// Scenarios of registers: a right one passes on both databases, a wrong one fails at its line, faults of the file are named. Planted and seen
// caught: a refusal that passes without being named.
#include "ask/registers/register_scenario_runner.h"

#include <sstream>

#include "ask/cases/scenario.h"
#include "ask/registers/register_scenario.h"
#include "ask/registers/testing.h"

namespace machiya::registers {
namespace {

using testing::errors_of;
using testing::replaced;

constexpr std::string_view kGood = R"(register-scenario: 伐採すると終わり、点検の知らせは消える
register: park-trees
given: { today: 2026-05-11 }
rows:
  - { as: park, register: parks, values: { name: 扇町公園 } }
when:
  - add: { tag: "000123", park: $park, species: zelkova, planted: 2026-05-08, girth: 30.5, next_inspection: 2026-05-20 }
    as: tree
    then: { row: $tree, state: living, values: { answer_by: 2026-05-13, double_girth: 61, park: $park }, due: [inspection-due] }
  - add: { tag: "000123", species: zelkova }
    then: { errors: [tag], rows: 1 }
  - change: { row: $tree, set: { felled: 2026-01-01 }, reason: 誤り }
    then: { errors: [felled] }
  - change: { row: $tree, set: { cost: 1200, owner_name: 町家 花子 }, reason: 見積り }
  - act: { row: $tree, action: doubt, by: auditor }
    then: { refused: rights, state: living }
  - act: { row: $tree, action: fell, reason: " " }
    then: { refused: reason, state: living }
  - act: { row: $tree, action: doubt }
    then: { state: doubtful, due: [] }
  - act: { row: $tree, action: doubt, by: clerk }
    then: { refused: state }
  - add: { name: 中之島公園 }
    register: parks
    as: island
    then: { row: $island, values: { name: 中之島公園 } }
  - change: { row: $island, set: { name: 扇町公園 } }
    then: { errors: [name] }
  - wait: P3D
    then: { row: $tree, state: living }
  - bulk: { where: [ { column: species, is: zelkova } ], set: { species: cherry } }
  - act: { row: $tree, action: fell, reason: 倒木のおそれ }
then:
  rows: 1
  row: $tree
  state: felled
  values: { species: cherry, cost: 1200 }
  history: [add, change, doubt, settle, bulk, fell]
)";

class RegisterScenario : public testing::RegistersTest {
 protected:
  city::LoadReport load(const std::vector<std::string>& scenarios) {
    for (std::size_t i = 0; i < scenarios.size(); ++i) testing::write_file(city_folder() + "/scenarios/s" + std::to_string(i) + ".yaml", scenarios[i]);
    return city::load(city_folder(), {cases::workflow_kind(), register_kind(), cases::scenario_kind(), scenario_kind()});
  }
  std::vector<cases::ScenarioResult> run(const city::LoadReport& report, const cases::ScenarioFilter& filter = {}) {
    const cases::ScenarioParts parts{report.city, city_folder(), store(), *hall->vault, [](Date d) { return weekday(d) != 0 && weekday(d) != 6; }, {}};
    return machiya::registers::run_scenarios(parts, filter);
  }
};

TEST_P(RegisterScenario, PassesEachTimeWithRowsOfItsOwn) {
  const auto report = load({std::string(kGood), std::string(kGood)});
  ASSERT_TRUE(report.city) << errors_of(report);
  const auto results = run(report);
  ASSERT_EQ(results.size(), 2u);
  for (const auto& r : results) EXPECT_TRUE(r.passed()) << (r.problems.empty() ? "" : r.problems[0]);
  EXPECT_TRUE(run(report, {0, "parks"}).empty());
  EXPECT_EQ(run(report, {0, "park-trees"}).size(), 2u);
}

TEST_P(RegisterScenario, AWrongExpectationFailsAtItsLine) {
  const std::pair<const char*, const char*> lies[] = {
      {"double_girth: 61", "double_girth: 60"}, {"answer_by: 2026-05-13", "answer_by: 2026-05-12"}, {"due: [inspection-due]", "due: []"}, {"errors: [tag], rows: 1", "errors: [], rows: 1"},
      {"errors: [felled]", "errors: [species]"}, {"  rows: 1\n  row", "  rows: 2\n  row"}, {"  state: felled", "  state: living"}, {"settle, bulk, fell]", "settle, fell]"},
      {"species: cherry, cost", "species: zelkova, cost"}, {"    then: { errors: [felled] }\n", ""}, {"refused: rights, state: living", "refused: state, state: living"},
      {"refused: rights, state: living", "state: living"}, {"    then: { refused: state }", "    then: { state: doubtful }"}, {"action: doubt }\n    then: { state: doubtful", "action: doubt }\n    then: { refused: rights, state: doubtful"}};
  for (const auto& [from, to] : lies) {
    const auto report = load({replaced(std::string(kGood), from, to)});
    ASSERT_TRUE(report.city) << errors_of(report);
    const auto results = run(report);
    ASSERT_EQ(results.size(), 1u);
    ASSERT_FALSE(results[0].passed()) << to;
    EXPECT_EQ(results[0].problems[0].find("scenarios/s0.yaml:"), 0u) << results[0].problems[0];
  }
}

TEST_P(RegisterScenario, FaultsOfTheFileAreNamed) {
  const std::tuple<const char*, const char*, const char*> seeds[] = {
      {"register: park-trees\n", "register: park-tree\n", "park-tree"},      {"girth: 30.5", "girthe: 30.5", "no column 'girthe'"},
      {"row: $tree, action: fell", "row: $tre, action: fell", "no row '$tre'"}, {"action: doubt }", "action: doubd }", "no action 'doubd'"},
      {"by: auditor", "by: auditer", "no role 'auditer'"},                    {"due: [inspection-due]", "due: [inspection]", "no reminder 'inspection'"},
      {"  state: felled", "  state: cut", "no state 'cut'"},                  {"column: species, is", "column: memo, is", "cannot be filtered"},
      {"wait: P3D", "wait: 3 days", "wrong form"},                            {"errors: [felled]", "errors: [fell]", "no column 'fell'"},
      {"refused: state", "refused: stat", "not allowed"},                     {"    register: parks\n    as: island", "    register: park\n    as: island", "park"}};
  for (const auto& [from, to, says] : seeds) {
    const auto report = load({replaced(std::string(kGood), from, to)});
    EXPECT_FALSE(report.city) << to;
    EXPECT_NE(errors_of(report).find(says), std::string::npos) << says << "\n" << errors_of(report);
  }
}

MACHIYA_ON_BOTH_ENGINES(RegisterScenario);

}  // namespace
}  // namespace machiya::registers
