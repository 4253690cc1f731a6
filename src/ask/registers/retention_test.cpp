// Rows go when their retention is over, on both databases: not a day before, all of them, and not while another row refers to them.
// Planted once and seen: a job that forgets the index (the list still counts the row), one that takes rows somebody refers to.
#include "ask/registers/testing.h"

namespace machiya::registers::testing {
namespace {

class Retention : public RegistersTest {
 protected:
  Retention() {
    define("park-trees", std::string(kTrees) + "retention: { keep: P5Y, from: end, basis: 規程 }\n");
    define("cuts", R"(register: cuts
version: 1
name: { ja: 剪定, en: Cuts }
owner: health
title: name
columns:
  - { column: name, type: text, label: { ja: 名称, en: Name } }
  - { column: tree, relation: park-trees, filter: yes, label: { ja: 樹木, en: Tree } }
retention: { keep: P6Y, from: received, basis: 規程 }
)");
    reload();
    cuts = &hall->reg("cuts");
  }
  Row felled(const char* text) {
    const Row tree = add(*trees, text, approver);
    auto done = registers->act(*trees, tree.number, tree.revision, "fell", "倒木", approver, "ja", "r");
    EXPECT_TRUE(done.ok() && done->row);
    return tree;
  }
  /// A night passes: the job of the new day runs.
  void night(Instant at, int days = 0) {
    clock.set({at.us + days * kDay});
    ASSERT_TRUE(registers->plan_retention().ok());
    clock.advance(kDay);
    const auto ran = hall->jobs->run_due();
    ASSERT_TRUE(ran.ok()) << ran.error().to_string();
  }
  const Register* cuts = nullptr;
};

TEST_P(Retention, a_row_goes_with_all_that_is_its_own_when_five_years_are_over) {
  const Row tree = felled(R"({"tag":"000001","species":"cherry","owner_name":"見本 花子","memo":"門の横"})");
  const Row living = add(*trees, R"({"tag":"000002","species":"cherry"})", approver);
  const Instant end = clock.now();
  night(cases::add_period(end, *cases::parse_period("P5Y"), [](Date) { return true; }), -2);   // the night before
  EXPECT_TRUE(registers->open(*trees, tree.number, approver, "r").ok());
  night(cases::add_period(end, *cases::parse_period("P5Y"), [](Date) { return true; }));
  EXPECT_EQ(code(registers->open(*trees, tree.number, approver, "r")), ErrorCode::not_found);
  EXPECT_TRUE(registers->open(*trees, living.number, approver, "r").ok());   // has not ended: stays for ever
  EXPECT_EQ(registers->list(*trees, {{{"tag", "is", "000001"}}}, approver)->total, 0);
  Query words;
  words.search = "000001";
  EXPECT_EQ(registers->list(*trees, words, approver)->total, 0);
  EXPECT_EQ(count("SELECT COUNT(*) FROM record WHERE kind = 'register'"), 1);
  EXPECT_EQ(count("SELECT COUNT(*) FROM record_event WHERE record NOT IN (SELECT id FROM record)"), 0);
  EXPECT_EQ(count("SELECT COUNT(*) FROM record_value WHERE record NOT IN (SELECT id FROM record)"), 0);
  EXPECT_EQ(count("SELECT COUNT(*) FROM record_token WHERE record NOT IN (SELECT id FROM record)"), 0);
  EXPECT_EQ(count("SELECT COUNT(*) FROM audit_row WHERE action = 'register.erase'"), 1);
}

TEST_P(Retention, a_row_that_another_one_refers_to_stays_until_that_one_has_gone) {
  const Row tree = felled(R"({"tag":"000001","species":"cherry"})");
  const Instant end = clock.now();
  add(*cuts, ("{\"name\":\"枝打ち\",\"tree\":\"" + tree.number + "\"}").c_str(), clerk);
  const auto after = [&](const char* period) { return cases::add_period(end, *cases::parse_period(period), [](Date) { return true; }); };
  night(after("P5Y"));
  EXPECT_TRUE(registers->open(*trees, tree.number, approver, "r").ok());
  night(after("P6Y"));   // in one night or two, as the registers come
  night(after("P6Y1D"));
  EXPECT_EQ(count("SELECT COUNT(*) FROM record WHERE kind = 'register'"), 0);
}

MACHIYA_ON_BOTH_ENGINES(Retention);

}  // namespace
}  // namespace machiya::registers::testing
