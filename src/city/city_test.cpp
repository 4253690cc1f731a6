#include "city/city.h"

#include <gtest/gtest.h>

#include "city/test_kinds.h"

namespace machiya::city {
namespace {

TEST(Osaka, TheCityOfThisRepositoryLoadsWithoutAFault) {
  const LoadReport report = load(std::string(MACHIYA_SOURCE_DIR) + "/city/osaka", test_kinds());
  for (const Fault& fault : report.faults) ADD_FAILURE() << to_line(fault);
  ASSERT_TRUE(report.city);
  EXPECT_EQ(report.city->id(), "osaka");
  EXPECT_EQ(report.city->wards().size(), 24u);
  EXPECT_EQ(report.city->ward("27127")->name.in("ja"), "北区");
  EXPECT_EQ(report.city->ward("kita")->code, "27127");
  ASSERT_EQ(report.city->rooms().size(), 79u);
  std::int64_t people = 0;
  for (const Ward& ward : report.city->wards()) people += ward.population;
  EXPECT_EQ(people, 2'798'782);   // 住民基本台帳 2026-01-01, the city's own total
  const Room& room = report.city->rooms()[52];
  EXPECT_EQ(room.number, 53);
  EXPECT_EQ(room.field, "09-infrastructure");
  EXPECT_EQ(room.status, "●");
  EXPECT_TRUE(room.city);
  EXPECT_FALSE(room.service);
  EXPECT_EQ(room.strategy, "ver.1.0");
}

TEST(Text, SaysWhichLanguageItShows) {
  const Text both(json::parse(R"({"ja":"犬","en":"dog"})").value());
  EXPECT_EQ(both.shown_in("ko"), "en");
  EXPECT_EQ(both.shown_in("ja-easy"), "ja");
  EXPECT_EQ(both.shown_in("en"), "en");
  EXPECT_EQ(Text(json::Value("犬")).shown_in("vi"), "ja");
  EXPECT_EQ(Text().shown_in("ja"), "");
}

TEST(Text, FallsBackAsTheHouseSays) {
  const Text both(json::parse(R"({"ja":"犬","en":"dog"})").value());
  EXPECT_EQ(both.in("ja-easy"), "犬");
  EXPECT_EQ(both.in("vi"), "dog");
  EXPECT_EQ(Text(json::Value("犬")).in("ko"), "犬");
}

}  // namespace
}  // namespace machiya::city
