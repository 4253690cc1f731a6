#include "ask/cases/workflow.h"

#include <gtest/gtest.h>

namespace machiya::cases {
namespace {

json::Value parsed(std::string_view text) {
  auto v = json::parse(text);
  EXPECT_TRUE(v.ok()) << v.error().to_string();
  return *v;
}

constexpr std::string_view kGood = R"({
 "workflow":"permit","start":"received",
 "states":[
  {"state":"received","name":"受付","clock":"running"},
  {"state":"correction","name":"補正依頼","clock":"stopped","opens":"correction"},
  {"state":"granted","name":"許可","end":"decided","outcome":"granted"}],
 "actions":[
  {"action":"ask","name":"補正を求める","from":["received"],"to":"correction","by":"staff","permission":"case.review","needs":["fields","note"]},
  {"action":"answer","name":"補正する","from":["correction"],"to":"received","by":"applicant"},
  {"action":"grant","name":"許可する","from":["received"],"to":"granted","by":"staff","permission":"case.decide","four_eyes":true,"document":"permit"}],
 "documents":[{"document":"permit","title":"許可書","body":"許可します。"}],
 "retention":{"keep":"P5Y","from":"end","basis":"文書管理規程"}})";

TEST(workflow, compiles_a_good_one) {
  Diagnostics faults;
  auto w = compile_workflow(parsed(kGood), faults);
  ASSERT_TRUE(w) << (faults.list().empty() ? "" : faults.list()[0].en);
  EXPECT_EQ(w->from("received").size(), 2u);
  EXPECT_TRUE(w->action("grant")->four_eyes);
  EXPECT_TRUE(w->action("ask")->needs_fields);
  EXPECT_EQ(w->retention->keep.months, 60);
  EXPECT_EQ(w->state("correction")->clock, ClockRule::stopped);
}

/// The pointers of all faults after one replacement in the good text.
std::vector<std::string> faults_after(std::string_view from, std::string_view to) {
  std::string text(kGood);
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
  Diagnostics faults;
  EXPECT_FALSE(compile_workflow(parsed(text), faults));
  std::vector<std::string> out;
  for (const Diagnostic& d : faults.list()) {
    EXPECT_FALSE(d.ja.empty());
    EXPECT_FALSE(d.en.empty());
    out.push_back(d.pointer);
  }
  return out;
}
using List = std::vector<std::string>;

TEST(workflow, names_each_fault_at_its_place) {
  EXPECT_EQ(faults_after(R"("start":"received")", R"("start":"recieved")"), List{"/start"});
  EXPECT_EQ(faults_after(R"("to":"granted")", R"("to":"given")"), (List{"/actions/2/to", "/states/0/state", "/states/1/state", "/states/2/state"}));
  EXPECT_EQ(faults_after(R"("document":"permit","title")", R"("document":"licence","title")"), List{"/actions/2/document"});
  EXPECT_EQ(faults_after(R"("needs":["fields","note"])", R"("needs":["note"])"), List{"/actions/0"});
  EXPECT_EQ(faults_after(R"("keep":"P5Y")", R"("keep":"5 years")"), List{"/retention/keep"});
  EXPECT_EQ(faults_after(R"("permission":"case.decide",)", ""), List{"/actions/2"});
  // A correction that nobody can answer also cannot end.
  EXPECT_EQ(faults_after(R"("by":"applicant")", R"("by":"staff","permission":"x.y")"), List{"/states/1/opens"});
}

}  // namespace
}  // namespace machiya::cases
