#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "base/text.h"
#include "platform/locale/locale.h"

namespace machiya::locale {

class Reference : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string file = MACHIYA_SOURCE_DIR "/build/data/reference.bin";
    if (!std::ifstream(file)) GTEST_SKIP() << "skipped: reference data absent";
    auto opened = ReferenceData::open(file);
    ASSERT_TRUE(opened.ok()) << opened.error().detail;
    data_ = std::move(opened).value();
  }
  std::unique_ptr<ReferenceData> data_;
};

TEST_F(Reference, PostalCodesGiveTownsWithKana) {
  auto towns = data_->towns_of("５３０－０００１");
  ASSERT_EQ(towns.size(), 1u);
  EXPECT_EQ(towns[0].prefecture, "大阪府");
  EXPECT_EQ(towns[0].city, "大阪市北区");
  EXPECT_EQ(towns[0].town, "梅田");
  EXPECT_EQ(towns[0].town_kana, "ウメダ");
  EXPECT_EQ(towns[0].city_kana, "オオサカシキタク");
  EXPECT_EQ(towns[0].city_code, "27127");
  EXPECT_EQ(data_->towns_of("1000001").at(0).town, "千代田");
  EXPECT_GT(data_->towns_of("4980000").size(), 1u);  // one code, two prefectures
  EXPECT_TRUE(data_->towns_of("0000000").empty());
  EXPECT_TRUE(data_->towns_of("530000").empty());
}

TEST_F(Reference, EveryWardHasItsTowns) {
  auto towns = data_->towns_in("27127");
  EXPECT_GT(towns.size(), 50u);
  EXPECT_TRUE(std::is_sorted(towns.begin(), towns.end(), [](const Town& a, const Town& b) { return a.town_kana < b.town_kana; }));
  for (int code = 27102; code <= 27128; ++code) {
    if (code == 27105 || code == 27110 || code == 27112) continue;  // 東区・南区・大淀区 are no more
    EXPECT_EQ(data_->towns_in(std::to_string(code)).empty(), code == 27101) << code;
  }
  EXPECT_TRUE(data_->towns_in("99999").empty());
}

TEST_F(Reference, BanksAndBranches) {
  EXPECT_EQ(data_->bank("0001")->name, "みずほ");
  EXPECT_EQ(data_->branch("0001", "001")->name, "東京営業部");
  EXPECT_FALSE(data_->bank("0000"));
  EXPECT_FALSE(data_->branch("0001", "000"));
  ASSERT_FALSE(data_->banks_matching("みずほ", 5).empty());
  EXPECT_EQ(data_->banks_matching("ﾐｽﾞﾎ", 5).at(0).code, "0001");
  EXPECT_LE(data_->banks_matching("シンヨウ", 7).size(), 7u);
  EXPECT_FALSE(data_->banks_matching("シンヨウ", 7).empty());
  EXPECT_GT(data_->branches_of("0001").size(), 100u);
}

TEST_F(Reference, WorkingDays) {
  EXPECT_TRUE(is_working_day(make_date(2026, 11, 20), *data_));
  EXPECT_FALSE(is_working_day(make_date(2026, 11, 21), *data_));  // Saturday
  EXPECT_FALSE(is_working_day(make_date(2026, 11, 23), *data_));  // 勤労感謝の日
  EXPECT_TRUE(is_working_day(make_date(2026, 12, 28), *data_));
  for (Date d = make_date(2026, 12, 29); d <= make_date(2027, 1, 3); d = add_days(d, 1)) EXPECT_FALSE(is_working_day(d, *data_)) << to_iso(d);
  EXPECT_EQ(to_iso(add_working_days(make_date(2026, 11, 20), 1, *data_)), "2026-11-24");
  EXPECT_EQ(to_iso(add_working_days(make_date(2026, 12, 28), 1, *data_)), "2027-01-04");
  EXPECT_EQ(to_iso(add_working_days(make_date(2026, 11, 24), -1, *data_)), "2026-11-20");
  EXPECT_EQ(to_iso(next_working_day(make_date(2026, 5, 2), *data_)), "2026-05-07");
  EXPECT_EQ(data_->holiday_name(make_date(2026, 5, 5), false), "こどもの日");
  EXPECT_TRUE(data_->holiday_name(make_date(2026, 5, 5), true).has_value());
}

TEST_F(Reference, HolidaysAgreeWithTheOfficialTable) {
  const char* shared = std::getenv("MACHIYA_SHARED");
  std::ifstream in(std::string(shared != nullptr ? shared : MACHIYA_SOURCE_DIR "/../shared") + "/facts/holidays_jp_2020_2035.csv");
  if (!in) GTEST_SKIP() << "skipped: shared data absent";
  std::string line;
  std::getline(in, line);
  int rows = 0;
  while (std::getline(in, line)) {
    auto cells = split(line, ',');
    if (cells.size() < 4 || cells[3].find("official") == std::string_view::npos) continue;
    auto date = parse_iso_date(cells[0]);
    ASSERT_TRUE(date.has_value()) << line;
    EXPECT_TRUE(data_->holiday_name(*date, false).has_value()) << line;
    ++rows;
  }
  EXPECT_GT(rows, 50);
}

TEST(ReferenceFile, BrokenFilesAreRefused) {
  EXPECT_EQ(ReferenceData::open("/nonexistent/reference.bin").error().code, ErrorCode::not_found);
  EXPECT_EQ(ReferenceData::open(MACHIYA_SOURCE_DIR "/CMakeLists.txt").error().code, ErrorCode::integrity_broken);
}

TEST(Format, DatesAndMoneyByLanguage) {
  Date d = make_date(2026, 4, 1);
  EXPECT_EQ(format_date(d, "ja"), "令和8年4月1日");
  EXPECT_EQ(format_date(d, "ja-easy"), "2026年4月1日（令和8年）");
  EXPECT_EQ(format_date(d, "en"), "April 1, 2026");
  EXPECT_EQ(format_date(d, "zh-Hans"), "2026年4月1日");
  EXPECT_EQ(format_date(d, "ko"), "2026년 4월 1일");
  EXPECT_EQ(format_date(d, "vi"), "ngày 1 tháng 4 năm 2026");
  EXPECT_EQ(format_time(*parse_rfc3339("2026-03-31T15:05:00Z"), "ja"), "令和8年4月1日 00:05");
  EXPECT_EQ(format_yen(3550, "ja"), "3,550円");
  EXPECT_EQ(format_yen(3550, "en"), "¥3,550");
  EXPECT_EQ(format_yen(-1000, "ko"), "−1,000엔");
}

}  // namespace machiya::locale
