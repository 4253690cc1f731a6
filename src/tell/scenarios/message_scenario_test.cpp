// The city's own scenarios of emergencies pass on both databases, and each wrong word in them is found at its line.
#include "tell/scenarios/message_scenario.h"

#include "tell/outlets/testing_world.h"
#include "tell/scenarios/runner.h"
#include "tell/signage/signage.h"

namespace machiya::tell {
namespace {

class MessageScenarioTest : public testing::OutletsTest {
 protected:
  MessageScenarioTest() { migrate(signage::Signage::migrations()); }
  static std::string read(const std::string& name) {
    std::ifstream in(std::string(MACHIYA_SOURCE_DIR) + "/city/osaka/08-disaster/simultaneous-broadcast/scenarios/" + name);
    return std::string((std::istreambuf_iterator<char>(in)), {});
  }
  city::LoadReport load(const std::string& scenario) {
    files.write("08-disaster/simultaneous-broadcast/scenarios/s.yaml", scenario);
    return files.load({topics_kind(), segment_kind(), channel_kind(), message_kind(), outlet_kind(), message_scenario_kind()});
  }
  static bool may(const identity::Principal& who, std::string_view permission, std::string_view) {
    const bool crisis = std::find(who.roles.begin(), who.roles.end(), "crisis") != who.roles.end();
    return crisis || permission == kReadMessages || permission == kWriteMessages;
  }
  std::vector<MessageScenarioResult> run(const std::string& scenario) {
    const auto report = load(scenario);
    std::string faults;
    for (const auto& fault : report.faults)
      if (fault.severity == Severity::error) faults += to_line(fault) + "\n";
    EXPECT_TRUE(report.city) << faults;
    if (!report.city) return {};
    return run_message_scenarios({report.city, store(), *vault, *texts, may});
  }
  static std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
  }
};
MACHIYA_ON_BOTH_ENGINES(MessageScenarioTest);

TEST_P(MessageScenarioTest, PassesEachTime) {
  for (const char* name : {"evacuation-order-1.yaml", "tsunami-trigger-1.yaml", "missile-drill-1.yaml", "water-cut-cancel-1.yaml", "evacuation-order-1.yaml"}) {
    const auto results = run(read(name));
    ASSERT_EQ(results.size(), 1u);
    for (const auto& [at, problem] : results[0].problems) ADD_FAILURE() << name << " " << at << " " << problem;
  }
}

TEST_P(MessageScenarioTest, AWrongExpectationFails) {
  const std::tuple<const char*, const char*, const char*> lies[] = {
      {"evacuation-order-1.yaml", "{ refused: rights }", "{ refused: missing }"},
      {"evacuation-order-1.yaml", "refused: second-person\n      all-told: 0", "all-told: 0"},
      {"evacuation-order-1.yaml", "refused: second-person\n      all-told: 0", "refused: second-person\n      all-told: 1"},
      {"evacuation-order-1.yaml", "by: line, lang: ja, says: 港区", "by: line, lang: en, says: 港区"},
      {"evacuation-order-1.yaml", "says: lũ tràn", "says: động đất"},
      {"evacuation-order-1.yaml", "message: order, by: push", "message: order, by: sms"},
      {"evacuation-order-1.yaml", "- { name: taro, message: order }", "- { name: hanako, message: order }"},
      {"evacuation-order-1.yaml", "outlet: wireless, message: order, state: published", "outlet: wireless, message: order, state: refused"},
      {"evacuation-order-1.yaml", "says: <references>", "says: <reference>"},
      {"evacuation-order-1.yaml", "  all-told: 12", "  all-told: 11"},
      {"evacuation-order-1.yaml", "lifted, is: waiting", "lifted, is: released"},
      {"evacuation-order-1.yaml", "  on-signs: 1\n  all", "  on-signs: 2\n  all"},
      {"evacuation-order-1.yaml", "as: lifted, by: sato", "as: lifted, by: tanaka"},
      {"evacuation-order-1.yaml", "  - leave: { person: jiro, channel: line }\n", ""},
      {"tsunami-trigger-1.yaml", "{ refused: key, all-told: 2 }", "{ all-told: 2 }"},
      {"tsunami-trigger-1.yaml", "trigger: no-such-telegram }\n    then: { refused: unknown }", "trigger: jma-tsunami-lifted }\n    then: { refused: unknown }"},
      {"missile-drill-1.yaml", "drill: yes, ", ""},
      {"missile-drill-1.yaml", "says: これは、訓練放送です。", "says: これは、本番です。"},
      {"water-cut-cancel-1.yaml", "  - cancel: { message: first, by: sato }\n", ""},
      {"water-cut-cancel-1.yaml", "outlet: area-mail, message: second, state: refused", "outlet: area-mail, message: second, state: published"}};
  for (const auto& [name, from, to] : lies) {
    const auto results = run(replaced(read(name), from, to));
    ASSERT_EQ(results.size(), 1u) << from;
    EXPECT_FALSE(results[0].problems.empty()) << from << " → " << to;
  }
}

TEST_P(MessageScenarioTest, FaultsOfTheFileAreNamed) {
  const std::tuple<const char*, const char*, const char*> seeds[] = {
      {"by: sato, template: evacuate-order, wards: [minato]", "by: sata, template: evacuate-order, wards: [minato]", "no member of staff 'sata'"},
      {"template: evacuate-order, wards: [minato]", "template: evacuate-oder, wards: [minato]", "evacuate-oder"},
      {"wards: [minato]", "wards: [minatu]", "no ward 'minatu'"},
      {"name: lan, message: order, by: push", "name: len, message: order, by: push", "no person 'len'"},
      {"- submit: { message: order", "- submit: { message: odrer", "no message 'odrer'"},
      {"role: clerk", "role: clark", "no role 'clark'"},
      {"state: nothing", "state: nothink", "not allowed"},
      {"now: 2026-06-03T23:30", "now: 2026-06-03", "2026-06-03T14:30"},
      {"wait: PT8H", "wait: 8 hours", "PT2H30M"},
      {"outlets: [area-mail, l-alert,", "outlets: [area-mall, l-alert,", "no outlet 'area-mall'"}};
  for (const auto& [from, to, says] : seeds) {
    const auto report = load(replaced(read("evacuation-order-1.yaml"), from, to));
    EXPECT_FALSE(report.city) << to;
    std::string faults;
    for (const auto& fault : report.faults) faults += to_line(fault) + "\n";
    EXPECT_NE(faults.find(says), std::string::npos) << says << "\n" << faults;
  }
}

}  // namespace
}  // namespace machiya::tell
