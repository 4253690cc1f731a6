#include "feel/decision.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace machiya::feel {
namespace {

using Named = std::vector<std::pair<std::string, Value>>;

json::Value parsed(std::string_view text) {
  auto j = json::parse(text);
  EXPECT_TRUE(j.ok()) << j.error().to_string();
  return j.ok() ? *j : json::Value();
}

Decision compiled(std::string_view text, const Scope& scope = {}) {
  Diagnostics diagnostics;
  auto d = compile_decision(parsed(text), scope, diagnostics);
  for (const auto& x : diagnostics) ADD_FAILURE() << x.pointer << ": " << x.en;
  return d.ok() ? *d : Decision();
}

std::string answer(const Decision& d, const Named& values) {
  auto v = d.evaluate(values, Environment(*parse_rfc3339("2026-05-10T03:00:00Z")));
  return v.ok() ? to_text(*v) : v.error().to_string();
}

constexpr std::string_view kDogFee = R"j({"decision":"dog-fee","hit":"C+",
  "inputs":[{"name":"registered","type":"boolean"},{"name":"vaccinated","type":"date"}],
  "outputs":[{"name":"fee","type":"number"}],
  "rules":[{"when":["false","-"],"then":["3000"],"note":{"law":"a"}},{"when":["-","not(null)"],"then":[550],"note":{"law":"b"}}],
  "default":["0"]})j";

TEST(Decision, SumsTheFeesOfAllRulesThatHold) {
  Decision d = compiled(kDogFee);
  EXPECT_EQ(d.type(), Type::number());
  EXPECT_EQ(answer(d, {{"registered", Value::boolean(false)}, {"vaccinated", Value::date(make_date(2026, 4, 20))}}), "3550");
  EXPECT_EQ(answer(d, {{"registered", Value::boolean(true)}, {"vaccinated", Value::date(make_date(2026, 4, 20))}}), "550");
  EXPECT_EQ(answer(d, {{"registered", Value::boolean(true)}}), "0");
  EXPECT_EQ(d.uses(), (std::vector<std::string>{"registered", "vaccinated"}));
  auto notes = d.notes({{"registered", Value::boolean(false)}, {"vaccinated", Value::date(make_date(2026, 4, 20))}}, Environment());
  ASSERT_TRUE(notes.ok());
  ASSERT_EQ(notes->size(), 2u);
  EXPECT_EQ((*notes)[1].text("law"), "b");
}

// One table, every hit policy: 7 meets rules 1 (B, 20), 2 (A, 10) and 3 (B, 20).
std::string hit(const std::string& policy, int input = 7) {
  Decision d = compiled(R"({"decision":"t","hit":")" + policy + R"(","inputs":[{"name":"x","type":"number"}],
    "outputs":[{"name":"o","type":"number","values":"10, 20, 30"}],
    "rules":[{"when":["> 5"],"then":["20"]},{"when":["[7..9]"],"then":["10"]},{"when":["7, 8"],"then":["20"]}]})");
  return answer(d, {{"x", Value::number(input)}});
}

TEST(Decision, HitPolicies) {
  EXPECT_EQ(hit("U"), "null");
  EXPECT_EQ(hit("U", 6), "20");
  EXPECT_EQ(hit("A"), "null");
  EXPECT_EQ(hit("A", 6), "20");
  EXPECT_EQ(hit("P"), "10");
  EXPECT_EQ(hit("F"), "20");
  EXPECT_EQ(hit("R"), "[20, 10, 20]");
  EXPECT_EQ(hit("O"), "[10, 20, 20]");
  EXPECT_EQ(hit("C"), "[20, 10, 20]");
  EXPECT_EQ(hit("C+"), "50");
  EXPECT_EQ(hit("C<"), "10");
  EXPECT_EQ(hit("C>"), "20");
  EXPECT_EQ(hit("C#"), "3");
  EXPECT_EQ(hit("C#", 1), "0");
  EXPECT_EQ(hit("U", 1), "null");
}

TEST(Decision, SeveralOutputsMakeAContext) {
  Decision d = compiled(R"({"decision":"t","inputs":[{"name":"age","type":"number","allowed":">= 0"}],
    "outputs":[{"name":"group","type":"string"},{"name":"fee","type":"number"}],
    "rules":[{"when":["< 18"],"then":["\"child\"","0"]},{"when":[">= 18"],"then":["\"adult\"","age * 10"]}]})");
  EXPECT_EQ(answer(d, {{"age", Value::number(20)}}), "{group: \"adult\", fee: 200}");
  EXPECT_EQ(answer(d, {{"age", Value::number(-1)}}), "null");
}

TEST(Decision, NeedsAreWorkedOutFirst) {
  Diagnostics diagnostics;
  auto all = parsed(R"([{"decision":"total","needs":["dog-fee","postage"],"expression":"dog_fee + postage"},
    {"decision":"dog-fee","expression":"count * 3000","type":"number","inputs":[{"name":"count","type":"number"}]},
    {"decision":"postage","expression":"84"}])");
  auto d = compile_decisions(all.items(), Scope().add("count", Type::number()), diagnostics);
  ASSERT_TRUE(d.ok()) << d.error().to_string();
  EXPECT_EQ(answer((*d)[0], {{"count", Value::number(2)}}), "6084");
  EXPECT_EQ((*d)[0].uses(), (std::vector<std::string>{"count"}));
}

TEST(Decision, ACircleIsAFault) {
  Diagnostics diagnostics;
  auto all = parsed(R"([{"decision":"a","needs":["b"],"expression":"b"},{"decision":"b","needs":["a"],"expression":"a"}])");
  EXPECT_FALSE(compile_decisions(all.items(), Scope(), diagnostics).ok());
  EXPECT_FALSE(diagnostics.empty());
}

TEST(Decision, EveryFaultIsReportedAtOnceWithItsPlace) {
  Diagnostics diagnostics;
  auto d = compile_decision(parsed(R"({"decision":"t","hit":"X","colour":1,
    "inputs":[{"name":"age","type":"nummer"},{"name":"day","type":"date","expression":"tomorow"}],
    "outputs":[{"name":"fee","type":"number"}],
    "rules":[{"when":["< 18"],"then":["0"]},{"when":["-","> 5"],"then":["\"free\""]},{"when":["-","-"],"then":["1 +\n +"]}],
    "default":[]})"), Scope(), diagnostics);
  EXPECT_FALSE(d.ok());
  std::vector<std::string> at;
  for (const auto& x : diagnostics) {
    at.push_back(x.pointer + ":" + std::to_string(x.line) + ":" + std::to_string(x.column));
    EXPECT_FALSE(x.ja.empty());
    EXPECT_FALSE(x.en.empty());
  }
  for (std::string_view want : {"/colour:1:1", "/hit:1:1", "/inputs/0/type:1:1", "/inputs/1/expression:1:1", "/rules/0/when:1:1",
                                "/rules/1/when/1:1:1", "/rules/1/then/0:1:1", "/rules/2/then/0:2:2", "/default:1:1"})
    EXPECT_TRUE(std::find(at.begin(), at.end(), want) != at.end()) << want;
}

}  // namespace
}  // namespace machiya::feel
