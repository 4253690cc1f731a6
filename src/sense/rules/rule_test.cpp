// Definitions of alarms: what they are compiled to, and what is said of wrong ones, in two languages with line and column.
#include "sense/rules/rule.h"

#include <gtest/gtest.h>

#include "sense/models/models_testing.h"

namespace machiya::sense::rules {
namespace {

constexpr const char* kWhy = "rationalisation: { cause: 大雨, consequence: 車が止まる, action: 通行止めにする }\n";

class Definitions : public ::testing::Test {
 protected:
  city::TestFolder folder;
  void SetUp() override { folder.write("departments.yaml", kTestDepartments); }
  std::string faults(const std::string& text) {
    folder.write("alarms/x.yaml", "alarm: x\nversion: 1\nname: X\nowner: construction\nentity: Bridge\npriority: high\n" + std::string(kWhy) + text);
    return folder.faults({alarm_kind()});
  }
  RulePtr rule(const std::string& text) {
    EXPECT_EQ(faults(text), "");
    const auto loaded = folder.load({alarm_kind()});
    return loaded.city ? rules_of(*loaded.city).front() : nullptr;
  }
};

TEST_F(Definitions, ALimitBecomesTwoConditionsWithABandBetweenThem) {
  const RulePtr r = rule("values: [ { value: strain, attribute: strain } ]\nlimit: { value: strain, above: 800, deadband: 50.5 }\non-delay: PT1M30S\n");
  ASSERT_TRUE(r);
  EXPECT_EQ(r->when.source(), "strain > 800");
  EXPECT_EQ(r->clear.source(), "strain <= (800) - (50.5)");
  EXPECT_EQ(r->manners.on_delay_us, 90 * kSecond);
  EXPECT_EQ(r->type, "https://uri.etsi.org/ngsi-ld/default-context/Bridge");
  EXPECT_TRUE(r->reads("https://uri.etsi.org/ngsi-ld/default-context/strain"));
  EXPECT_FALSE(r->reads("https://uri.etsi.org/ngsi-ld/default-context/tilt"));
}

TEST_F(Definitions, NamesStandBehindTermsOrAreIris) {
  const RulePtr r = rule("terms: https://example.org/t#\nvalues: [ { value: a, attribute: level }, { value: b, attribute: urn:x:y } ]\nwhen: a > b\n");
  ASSERT_TRUE(r);
  EXPECT_EQ(r->type, "https://example.org/t#Bridge");
  EXPECT_EQ(r->values[0].attribute, "https://example.org/t#level");
  EXPECT_EQ(r->values[1].attribute, "urn:x:y");
}

TEST_F(Definitions, WindowsAreLookedAtTenTimesWhileTheyPass) {
  EXPECT_EQ(rule("values: [ { value: mean, attribute: a, take: avg, over: PT10M } ]\nwhen: mean > 1\n")->every_us, kMinute);
  EXPECT_EQ(rule("values: [ { value: mean, attribute: a, take: avg, over: PT10M } ]\nwhen: mean > 1\nevery: PT5M\n")->every_us, 5 * kMinute);
  EXPECT_EQ(rule("values: [ { value: a, attribute: a } ]\nwhen: a > 1\n")->every_us, 0);
}

TEST_F(Definitions, WhatIsWrongIsSaidWithItsPlace) {
  const std::string values = "values: [ { value: a, attribute: a } ]\n";
  EXPECT_NE(faults(values + "when: a > b\n").find("alarms/x.yaml:9:11: error: 式が正しくありません"), std::string::npos) << faults(values + "when: a > b\n");
  EXPECT_NE(faults(values + "when: a + 1\n").find("a condition gives true or false"), std::string::npos);
  EXPECT_NE(faults(values).find("one of when, limit and silent is needed"), std::string::npos);
  EXPECT_NE(faults(values + "when: a > 1\nlimit: { value: a, above: 1 }\n").find("one of when, limit and silent is needed"), std::string::npos);
  EXPECT_NE(faults(values + "limit: { value: a, above: 1, below: 2 }\n").find("one of above and below is needed"), std::string::npos);
  EXPECT_NE(faults(values + "limit: { value: c, above: 1 }\n").find("values has no number 'c'"), std::string::npos);
  EXPECT_NE(faults(values + "when: a > 1\non-delay: P1M\n").find("days, hours, minutes and seconds"), std::string::npos);
  EXPECT_NE(faults("values: [ { value: a, attribute: a, take: avg } ]\nwhen: a > 1\n").find("over (a time)"), std::string::npos);
  EXPECT_NE(faults("values: [ { value: a, attribute: a, over: PT1M } ]\nwhen: a > 1\n").find("over (a time)"), std::string::npos);
  EXPECT_NE(faults("values: [ { value: a, attribute: a, type: text, take: avg, over: PT1M } ]\nwhen: a > 1\n").find("only numbers"), std::string::npos);
  EXPECT_NE(faults("silent: { attributes: [a], for: PT0S }\n").find("some length"), std::string::npos);
}

TEST_F(Definitions, ATypeThatTheCityKnowsBringsItsNames) {
  write_test_types(folder);
  const auto with = [&](const std::string& attribute) {
    folder.write("alarms/x.yaml", "alarm: x\nversion: 1\nname: X\nowner: construction\nentity: BicycleParking\npriority: low\nsilent: { attributes: [" + attribute + "], for: PT1H }\n" + std::string(kWhy));
    return folder.load({entity_type_kind(), alarm_kind()});
  };
  const auto loaded = with("available");
  ASSERT_TRUE(loaded.city);
  const RulePtr r = rules_of(*loaded.city).front();
  EXPECT_EQ(r->type, "https://example.org/vocab/BicycleParking");
  EXPECT_EQ(r->silent.front(), EntityTypes(loaded.city).by_iri(r->type)->attribute_named("available")->iri);
  const auto wrong = with("avialable");
  ASSERT_FALSE(wrong.faults.empty());
  EXPECT_NE(wrong.faults.front().en.find("has no attribute 'avialable'"), std::string::npos);
}

TEST(Durations, AreDaysHoursMinutesSeconds) {
  EXPECT_EQ(duration_us("P1DT2H3M4S"), kDay + 2 * kHour + 3 * kMinute + 4 * kSecond);
  for (const char* wrong : {"", "P", "PT", "P1M", "P1Y", "PT5", "5M", "PT1D", "PT99999999999M"}) EXPECT_FALSE(duration_us(wrong)) << wrong;
}

}  // namespace
}  // namespace machiya::sense::rules
