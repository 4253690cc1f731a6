// Demonstration rows on both databases: made by the definitions alone, right by their checks, the same for the same seed.
#include "ask/registers/seed.h"

#include "ask/registers/seed_values.h"
#include "ask/registers/testing.h"

namespace machiya::registers::testing {
namespace {

class Seed : public RegistersTest {
 protected:
  SeedReport seed() {
    auto report = seed_demonstration({*registers, hall->city, clock, 7, 20, 40});
    EXPECT_TRUE(report.ok()) << report.error().to_string();
    return report.ok() ? *report : SeedReport();
  }
};
MACHIYA_ON_BOTH_ENGINES(Seed);

TEST_P(Seed, every_register_gets_rows_that_its_checks_let_in) {
  const SeedReport report = seed();
  EXPECT_EQ(report.registers, 2);
  EXPECT_EQ(report.skipped, 0) << report.first_problem;
  EXPECT_GE(report.rows, 50);
  EXPECT_GT(report.steps, 0);
  int with_park = 0, moved = 0;
  ASSERT_TRUE(registers->each(*trees, {}, approver, "r", [&](const Row& row) {
    const auto checked = registers->check(*trees, row.values, "ja");
    EXPECT_TRUE(checked.ok());
    for (const CellError& e : checked->second) EXPECT_EQ(e.code, "unique") << e.message;   // with itself
    if (const std::string& park = row.values.text("park"); !park.empty()) {
      ++with_park;
      EXPECT_TRUE(registers->open(*parks, park, clerk, "r").ok());
    }
    moved += row.state != "living";
    return true;
  }).ok());
  EXPECT_GT(with_park, 0);
  EXPECT_GT(moved, 0);
  EXPECT_EQ(seed().registers, 0);   // what holds rows is left alone
}

TEST(SeedValues, texts_follow_a_pattern) {
  SeededRng rng(1);
  for (int i = 0; i < 50; ++i) {
    const std::string code = text_like("[A-Z]{2}-[0-9]{4,6}", rng);
    ASSERT_TRUE(code.size() >= 7 && code.size() <= 9) << code;
    EXPECT_TRUE(code[0] >= 'A' && code[0] <= 'Z' && code[2] == '-' && code[3] >= '0' && code[3] <= '9') << code;
  }
  EXPECT_EQ(text_like("DX\\d{4}", rng).size(), 6u);
  SeededRng a(9), b(9);
  EXPECT_EQ(text_like("[0-9A-Z-]+", a), text_like("[0-9A-Z-]+", b));
}

}  // namespace
}  // namespace machiya::registers::testing
