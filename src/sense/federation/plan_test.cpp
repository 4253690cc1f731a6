#include "sense/federation/plan.h"

#include <gtest/gtest.h>

#include "sense/registrations/registration_text.h"

namespace machiya::sense::federation {
namespace {

/// Registrations by a short notation; names are expanded already.
class Plan : public ::testing::Test {
 protected:
  std::vector<RegistrationPtr> all;
  void add(const std::string& id, const std::string& mode, const std::string& information, const std::string& operations) {
    const std::string body = R"({"id":"urn:r:)" + id + R"(","type":"ContextSourceRegistration","mode":")" + mode + R"(","information":)" + information + R"(,"operations":)" + operations + R"(,"endpoint":"http://)" + id +
                             "\"}";
    auto made = parse_registration("", body, "null", 1, 1);
    ASSERT_TRUE(made.ok()) << made.error().to_string();
    all.push_back(*made);
  }
  std::vector<Match> matching(const Wanted& wanted) const {
    std::vector<Match> out;
    for (const RegistrationPtr& r : all)
      if (auto m = match(r, wanted)) out.push_back(std::move(*m));
    return out;
  }
  static std::string text(const std::vector<Share>& shares) {
    std::string out;
    for (const Share& s : shares) {
      out += (out.empty() ? "" : " ") + s.registration->id.substr(6) + (s.whole ? "*" : "") + ":";
      for (const std::string& a : s.attrs) out += a;
    }
    return out;
  }
  static std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& w : words) out += w;
    return out;
  }
  WritePlan write(const std::string& id, std::vector<std::string> attrs, Operation operation = Operation::create_entity) {
    return plan_write(matching(wanted_entity(id, {"T"}, attrs, std::nullopt)), operation, attrs);
  }
};

constexpr const char* kWrites = R"(["redirectionOps"])";
constexpr const char* kReads = R"(["retrieveOps"])";
constexpr const char* kAll = R"([{"entities":[{"type":"T"}]}])";

std::string some(const std::string& attrs) {
  std::string names;
  for (const char a : attrs) names += (names.empty() ? "\"" : ",\"") + std::string(1, a) + "\"";
  return R"([{"entities":[{"id":"urn:e","type":"T"}],"propertyNames":[)" + names + "]}]";
}

TEST_F(Plan, NobodyElse) {
  const WritePlan p = write("urn:e", {"a"});
  EXPECT_FALSE(p.distributed());
  EXPECT_TRUE(p.local);
  EXPECT_EQ(joined(p.left), "a");
}

TEST_F(Plan, ModesAreServedInTheirOrder) {
  add("x", "exclusive", some("a"), kWrites);
  add("r", "redirect", some("ab"), kWrites);
  add("i", "inclusive", some("abc"), kWrites);
  add("u", "auxiliary", kAll, kReads);
  const WritePlan p = write("urn:e", {"a", "b", "c", "d"});
  EXPECT_EQ(text(p.forwarded), "x:a r:b i:c");
  EXPECT_EQ(joined(p.left), "cd");
  EXPECT_TRUE(p.local && p.proxied);
}

TEST_F(Plan, ARedirectSourceOfEverythingLeavesNothing) {
  add("x", "exclusive", some("a"), kWrites);
  add("r", "redirect", kAll, kWrites);
  add("i", "inclusive", kAll, kWrites);
  EXPECT_EQ(text(write("urn:e", {"a", "b"}).forwarded), "x:a r:b");
  EXPECT_FALSE(write("urn:e", {"a", "b"}).local);
  EXPECT_EQ(text(write("urn:other", {"a", "b"}).forwarded), "r*:ab");
  EXPECT_EQ(text(write("urn:e", {}, Operation::delete_entity).forwarded), "x*: r*:");
  EXPECT_FALSE(write("urn:e", {}, Operation::delete_entity).local);
}

TEST_F(Plan, WhatIsOwnedAndCannotBeDoneIsRefused) {
  add("x", "exclusive", some("a"), kReads);
  add("r", "redirect", some("b"), kReads);
  add("s", "redirect", some("b"), kWrites);
  add("i", "inclusive", kAll, kReads);
  const WritePlan p = write("urn:e", {"a", "b"});
  EXPECT_EQ(text(p.refused), "x:a");   // another redirect source takes b
  EXPECT_EQ(text(p.forwarded), "s:b");
  EXPECT_FALSE(p.local);
}

TEST_F(Plan, QuestionsAreNarrowed) {
  add("x", "exclusive", some("ab"), kReads);
  add("i", "inclusive", R"([{"entities":[{"type":"T","idPattern":"^urn:e"},{"type":"U"}]}])", kReads);
  Wanted wanted;
  wanted.entities.resize(1);
  wanted.entities[0].type = TypeSelection::any({"T"});
  wanted.attrs = {"b", "c"};
  const auto questions = plan_questions(matching(wanted), wanted);
  ASSERT_EQ(questions.size(), 2u);
  EXPECT_EQ(joined(questions[0].ids), "urn:e");
  EXPECT_EQ(joined(questions[0].attrs), "b");
  EXPECT_TRUE(questions[0].types.empty());   // the query names it
  EXPECT_EQ(questions[1].id_pattern, "^urn:e");
  EXPECT_EQ(joined(questions[1].attrs), "bc");
  wanted.attrs = {"z"};
  EXPECT_EQ(plan_questions(matching(wanted), wanted).size(), 1u);
  wanted.entities[0].ids = {"urn:e1", "urn:x"};
  const auto by_id = plan_questions(matching(wanted), wanted);
  ASSERT_EQ(by_id.size(), 1u);
  EXPECT_EQ(joined(by_id[0].ids), "urn:e1");
}

}  // namespace
}  // namespace machiya::sense::federation
