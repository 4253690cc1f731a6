#include "console/guideline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "city/test_folder.h"

namespace machiya::console {
namespace {

using ::testing::HasSubstr;

std::string clause(const std::string& line) {
  return "guideline: g\nversion: 1\nname: 点検\nclauses:\n  - clause: \"6.2\"\n    title: アクセス制御\n    lines:\n      - " + line + "\n";
}

TEST(guideline, lines_name_what_shows_them) {
  const city::TestFolder folder;
  folder.write("guidelines/g.yaml", clause("{ line: 二要素, tests: [\"identity_tests:StaffTest.*\"] }") + "      - { line: 署名の複写, setting: audit-copied }\n      - { line: 任命 }\n");
  EXPECT_EQ(folder.faults({guideline_kind()}), "");
  const auto city = folder.load({guideline_kind()}).city;
  ASSERT_TRUE(city);
  const auto* guideline = city->get<Guideline>("guideline", "g");
  ASSERT_NE(guideline, nullptr);
  ASSERT_EQ(guideline->clauses.size(), 1u);
  const auto& lines = guideline->clauses[0].lines;
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0].tests, std::vector<std::string>{"identity_tests:StaffTest.*"});
  EXPECT_EQ(lines[1].setting, "audit-copied");
  EXPECT_TRUE(lines[2].setting.empty() && lines[2].tests.empty() && lines[2].register_id.empty());
}

TEST(guideline, checks_and_registers_that_do_not_exist_are_faults_at_their_place) {
  const city::TestFolder folder;
  folder.write("guidelines/g.yaml", clause("{ line: 署名の複写, setting: audit-copid }"));
  EXPECT_THAT(folder.faults({guideline_kind()}), HasSubstr("guidelines/g.yaml:8:"));
  folder.write("guidelines/g.yaml", clause("{ line: 台帳, register: no-such-register }"));
  EXPECT_THAT(folder.faults({guideline_kind()}), HasSubstr("no-such-register"));
  folder.write("guidelines/g.yaml", clause("{ line: 何か, green: yes }"));
  EXPECT_THAT(folder.faults({guideline_kind()}), HasSubstr("guidelines/g.yaml:8:")) << "nobody can write a line green";
}

}  // namespace
}  // namespace machiya::console
