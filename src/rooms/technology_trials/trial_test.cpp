#include "rooms/technology_trials/trial.h"

#include <gtest/gtest.h>

namespace machiya::trials {
namespace {

TEST(Trials, ThingsAreUrisOneALine) {
  EXPECT_EQ(things_in(" urn:ngsi-ld:A:1 \n\nnothing\nurn:ngsi-ld:A:2\r\nurn:ngsi-ld:A:1"), (std::vector<std::string>{"urn:ngsi-ld:A:1", "urn:ngsi-ld:A:2"}));
}

TEST(Trials, ARowIsReadAsTheRegisterKeepsIt) {
  registers::Row row;
  row.number = "r1", row.state = "trying";
  row.values = json::Value::object({{"trial_no", "2026-001"}, {"trial_name", "橋"}, {"starts", "2026-07-01"}, {"ends", "2026-07-31"}, {"saving", 12.5}, {"published", true}, {"things", "urn:x:1"}});
  row.values.set("place", json::Value::object({{"lat", 34.7}, {"lon", 135.5}}));
  const Trial t = trial_of(row);
  EXPECT_EQ(t.number, "2026-001");
  EXPECT_TRUE(t.published);
  ASSERT_TRUE(t.at);
  EXPECT_DOUBLE_EQ(t.at->lat, 34.7);
  EXPECT_DOUBLE_EQ(*t.saving, 12.5);
  EXPECT_FALSE(t.quality_kept);
  EXPECT_EQ(t.things.size(), 1u);
}

TEST(Trials, TheirTimeEndsWithTheLastDayOrNow) {
  Trial t;
  t.starts = checked_date(2026, 7, 1), t.ends = checked_date(2026, 7, 31);
  const auto at = [](const char* text) { return parse_rfc3339(text).value(); };
  EXPECT_FALSE(stretch_of(t, at("2026-06-30T23:59:59+09:00")));
  EXPECT_EQ(stretch_of(t, at("2026-07-02T00:00:00+09:00"))->to_us, at("2026-07-02T00:00:00+09:00").us + 1);
  EXPECT_EQ(stretch_of(t, at("2026-12-01T00:00:00+09:00"))->to_us, at("2026-08-01T00:00:00+09:00").us);
}

}  // namespace
}  // namespace machiya::trials
