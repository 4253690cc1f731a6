#include "sense/ingest/device_scenario.h"

#include <gtest/gtest.h>

#include "city/test_folder.h"
#include "sense/ingest/profile.h"

namespace machiya::sense::ingest {
namespace {

constexpr const char* kProfile = R"(device-profile: thermometer
version: 1
name: { ja: 温度計, en: Thermometer }
payload: json
clock: { ahead: PT1M, otherwise: misfit }
details:
  - { detail: most, label: { ja: 上限, en: Most }, type: number }
map:
  - entity: '"urn:ngsi-ld:Room:" + device.id'
    type: Room
    attributes:
      - { attribute: temperature, value: payload.t, range: { max: device.details.most, otherwise: mark } }
)";
constexpr const char* kScenario = R"(device-scenario: 温度が部屋の値になる
given: { device: t-1, profile: thermometer, details: { most: 40 } }
when:
  - at: 2026-06-03T14:30
    sends: '{"t": 21.5}'
    then: { taken: [ { entity: "urn:ngsi-ld:Room:t-1", attribute: temperature, is: 21.5 } ] }
  - at: 2026-06-03T14:31
    sends: '{"t": 90}'
    then: { taken: [ { entity: "urn:ngsi-ld:Room:t-1", attribute: temperature, is: 90, quality: bad } ] }
  - at: 2026-06-03T14:32:10
    sends: '{"x": 1}'
    then: { misfits: [no-value] }
)";

struct Ran {
  std::string faults;
  std::vector<std::string> problems;   ///< "pointer: what"
};
Ran run(const std::string& from = "", const std::string& to = "") {
  std::string text = kScenario;
  if (!from.empty()) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
  }
  const city::TestFolder folder;
  folder.write("devices/thermometer.yaml", kProfile);
  folder.write("scenarios/one.yaml", text);
  const city::LoadReport report = folder.load({profile_kind(), device_scenario_kind()});
  Ran out;
  for (const city::Fault& fault : report.faults) out.faults += city::to_line(fault) + "\n";
  if (!report.city) return out;
  for (const ScenarioResult& one : run_device_scenarios(*report.city))
    for (const auto& [pointer, what] : one.problems) out.problems.push_back(pointer + ": " + what);
  return out;
}

TEST(DeviceScenario, SaysWhatBecomesOfWhatIsSent) {
  const Ran ran = run();
  EXPECT_EQ(ran.faults, "");
  EXPECT_EQ(ran.problems, std::vector<std::string>());
}

TEST(DeviceScenario, EveryWrongExpectationIsFoundAtItsPlace) {
  const struct {
    const char *from, *to, *problem;
  } cases[] = {
      {"is: 21.5", "is: 22.5", "/when/0/then/taken/0/is: it is 21.5"},
      {", quality: bad", "", "/when/1/then/taken/0: its quality is bad"},
      {"Room:t-1\", attribute: temperature, is: 21.5", "Room:t-2\", attribute: temperature, is: 21.5", "/when/0/then/taken/0: it is not taken"},
      {"{ taken: [ { entity: \"urn:ngsi-ld:Room:t-1\", attribute: temperature, is: 21.5 } ] }", "{ misfits: [] }", "/when/0/then/taken: 1 more attributes are taken"},
      {"misfits: [no-value]", "misfits: [clock-ahead]", "/when/2/then: the steward gets: no-value (temperature)"},
      {"misfits: [no-value]", "ignored: true", "/when/2/then: it is not ignored"},
  };
  for (const auto& one : cases) {
    const Ran ran = run(one.from, one.to);
    EXPECT_EQ(ran.faults, "") << one.to;
    EXPECT_NE(std::find(ran.problems.begin(), ran.problems.end(), one.problem), ran.problems.end()) << one.to << " → " << (ran.problems.empty() ? "" : ran.problems.front());
  }
}

TEST(DeviceScenario, FaultsOfTheFileAreSaidInTwoLanguages) {
  EXPECT_NE(run("profile: thermometer", "profile: nobody").faults.find("there is no device profile \"nobody\""), std::string::npos);
  EXPECT_NE(run("most: 40", "least: 40").faults.find("この機器の定義に「least」はありません"), std::string::npos);
  EXPECT_NE(run("at: 2026-06-03T14:30", "at: 2026-06-33T14:30").faults.find("there is no such time"), std::string::npos);
  EXPECT_NE(run("then: { misfits: [no-value] }", "then: {}").faults.find("何も確かめていません"), std::string::npos);
}

}  // namespace
}  // namespace machiya::sense::ingest
