#include "base/era.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <vector>

#include "base/text.h"

namespace machiya {
namespace {
std::string iso(const Result<TypedDate>& r) { return r ? to_iso(r->date) : r.error().detail; }
}  // namespace

TEST(Era, BorderDaysBelongToTheRightEra) {
  EXPECT_EQ(to_wareki(make_date(2019, 4, 30)), "平成31年4月30日");
  EXPECT_EQ(to_wareki(make_date(2019, 5, 1)), "令和元年5月1日");
  EXPECT_EQ(to_wareki(make_date(1989, 1, 7)), "昭和64年1月7日");
  EXPECT_EQ(to_wareki(make_date(1989, 1, 8)), "平成元年1月8日");
  EXPECT_EQ(to_wareki(make_date(1926, 12, 24)), "大正15年12月24日");
  EXPECT_EQ(to_wareki(make_date(1926, 12, 25)), "昭和元年12月25日");
  EXPECT_EQ(to_wareki(make_date(1912, 7, 29)), "明治45年7月29日");
  EXPECT_EQ(to_wareki(make_date(1912, 7, 30)), "大正元年7月30日");
  EXPECT_EQ(to_wareki(make_date(2026, 4, 1)), "令和8年4月1日");
  EXPECT_EQ(to_wareki(make_date(1850, 1, 2)), "1850年1月2日");
}

TEST(Era, DatesPeopleType) {
  for (const char* text : {"令和8年4月1日", "R8.4.1", "r8/4/1", "2026/4/1", "2026-04-01", "20260401", "2026年4月1日", "令和８年４月１日",
                           "Ｒ８．４．１", "２０２６／４／１", " 令和 8年 4月 1日 ", "㋿8年4月1日"})
    EXPECT_EQ(iso(read_date(text)), "2026-04-01") << text;
  EXPECT_EQ(iso(read_date("H31/4/30")), "2019-04-30");
  EXPECT_EQ(iso(read_date("令和元年5月1日")), "2019-05-01");
  EXPECT_EQ(iso(read_date("令和1年5月1日")), "2019-05-01");
  EXPECT_EQ(iso(read_date("昭和64年1月7日")), "1989-01-07");
}

TEST(Era, DatesThatAreNoneAreRefusedWithTheReason) {
  EXPECT_EQ(iso(read_date("平成31年5月1日")), "outside-era");
  EXPECT_EQ(iso(read_date("令和元年4月30日")), "outside-era");
  EXPECT_EQ(iso(read_date("昭和64年1月8日")), "outside-era");
  EXPECT_EQ(iso(read_date("昭和70年1月8日")), "outside-era");
  EXPECT_EQ(iso(read_date("2026/2/29")), "no-such-day");
  EXPECT_EQ(iso(read_date("2026/13/1")), "no-such-day");
  for (const char* text : {"", "あした", "4/1", "26/4/1", "令和8年", "令和8年4月", "R0.4.1", "2026年4月1", "2026/4/1x", "R", "令和百年4月1日", "2026040"})
    EXPECT_EQ(iso(read_date(text)), "format") << text;
}

TEST(Era, ThreeBoxes) {
  EXPECT_EQ(iso(read_date_parts("western", "2026", "4", "1")), "2026-04-01");
  EXPECT_EQ(iso(read_date_parts("", "２０２６", "０４", "０１")), "2026-04-01");
  EXPECT_EQ(iso(read_date_parts("R", "8", "4", "1")), "2026-04-01");
  EXPECT_EQ(iso(read_date_parts("R", "元年", "5月", "1日")), "2019-05-01");
  EXPECT_EQ(iso(read_date_parts("western", "令和8", "4", "1")), "2026-04-01");
  EXPECT_EQ(iso(read_date_parts("R", "2026", "4", "1")), "2026-04-01");
  EXPECT_EQ(iso(read_date_parts("H", "31", "5", "1")), "outside-era");
  EXPECT_EQ(iso(read_date_parts("western", "8", "4", "1")), "format");
  EXPECT_EQ(iso(read_date_parts("Z", "8", "4", "1")), "format");
  EXPECT_EQ(iso(read_date_parts("R", "8", "", "1")), "format");
}

TEST(Era, BeforeTheGregorianCalendarIsDoubtful) {
  auto before = read_date("明治5年12月1日");
  ASSERT_TRUE(before.ok());
  EXPECT_TRUE(before->lunisolar_doubt);
  EXPECT_FALSE(read_date("明治6年1月1日")->lunisolar_doubt);
  EXPECT_FALSE(read_date("1870/1/1")->lunisolar_doubt);
}

TEST(Era, FiscalYears) {
  EXPECT_EQ(fiscal_year_wareki(make_date(2026, 3, 31)), "令和7年度");
  EXPECT_EQ(fiscal_year_wareki(make_date(2026, 4, 1)), "令和8年度");
  EXPECT_EQ(fiscal_year_wareki(make_date(2019, 4, 1)), "令和元年度");
  EXPECT_EQ(fiscal_year_wareki(make_date(1989, 4, 1)), "平成元年度");
  EXPECT_EQ(fiscal_year(make_date(2026, 1, 1)), 2025);
}

TEST(Era, EveryDayOfTwoHundredYearsReadsBack) {
  for (Date day = make_date(1873, 1, 1); day < make_date(2073, 1, 1); day = add_days(day, 1)) {
    auto read = read_date(to_wareki(day));
    ASSERT_TRUE(read.ok()) << to_wareki(day);
    ASSERT_EQ(read->date.days, day.days);
  }
}

TEST(Era, TableAgreesWithTheSharedFacts) {
  const char* shared = std::getenv("MACHIYA_SHARED");
  std::ifstream in(std::string(shared != nullptr ? shared : MACHIYA_SOURCE_DIR "/../shared") + "/facts/eras.csv");
  if (!in) GTEST_SKIP() << "skipped: shared data absent";
  std::string line;
  std::getline(in, line);
  int rows = 0;
  while (std::getline(in, line)) {
    auto cells = split(line, ',');
    ASSERT_GE(cells.size(), 5u);
    const Era* era = era_by_name(cells[1]);
    ASSERT_NE(era, nullptr) << line;
    EXPECT_EQ(to_iso(era->first), cells[3]);
    if (!cells[4].empty()) {
      EXPECT_EQ(to_iso(era->last), cells[4]);
    }
    ++rows;
  }
  EXPECT_EQ(rows, 5);
}

}  // namespace machiya
