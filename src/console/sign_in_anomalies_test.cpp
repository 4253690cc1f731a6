#include "console/sign_in_anomalies.h"

#include <gtest/gtest.h>

namespace machiya::console {
namespace {

/// `minutes` after 9:00 in Japan on 1 April 2026.
audit::Audit::Record row(const std::string& actor, const std::string& action, int minutes) {
  const Instant nine{start_of_day_in_japan(make_date(2026, 4, 1)).us + 9 * kHour};
  return {0, 0, Instant{nine.us + minutes * kMinute}, {actor, "session." + action, actor, "", "", {}}};
}

std::vector<audit::Audit::Record> times(int n, const std::string& actor, const std::string& action, int from, int step) {
  std::vector<audit::Audit::Record> out;
  for (int i = 0; i < n; ++i) out.push_back(row(actor, action, from + i * step));
  return out;
}

TEST(sign_in_anomalies, ordinary_days_have_none) {
  auto rows = times(4, "staff:a", "refused", 0, 1);
  rows.push_back(row("staff:a", "open", 10));
  rows.push_back(row("staff:b", "open", 0));
  for (const auto& more : times(9, "staff:c", "refused", 0, 16)) rows.push_back(more);   // never five within an hour
  EXPECT_TRUE(sign_in_anomalies(rows).empty());
}

TEST(sign_in_anomalies, five_refusals_within_an_hour_are_one_anomaly) {
  const auto found = sign_in_anomalies(times(8, "staff:a", "refused", 0, 5));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, Anomaly::guessing);
  EXPECT_EQ(found[0].count, 8);
  EXPECT_EQ(found[0].at, row("staff:a", "refused", 35).at);
}

TEST(sign_in_anomalies, a_log_in_behind_them_is_worse) {
  auto rows = times(6, "staff:a", "refused", 0, 2);
  rows.insert(rows.begin(), row("staff:a", "open", 20));   // in any order
  const auto found = sign_in_anomalies(rows);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, Anomaly::guessed);
  rows.front() = row("staff:a", "open", 120);   // two hours later it has nothing to do with them
  EXPECT_EQ(sign_in_anomalies(rows).front().kind, Anomaly::guessing);
}

TEST(sign_in_anomalies, names_that_do_not_exist_and_the_night) {
  EXPECT_TRUE(sign_in_anomalies(times(9, "staff:unknown", "refused", 0, 1)).empty());
  EXPECT_EQ(sign_in_anomalies(times(10, "staff:unknown", "refused", 0, 1)).front().kind, Anomaly::spraying);
  EXPECT_TRUE(sign_in_anomalies({row("staff:a", "open", 12 * 60 + 59)}).empty());    // 21:59
  EXPECT_EQ(sign_in_anomalies({row("staff:a", "open", 13 * 60)}).front().kind, Anomaly::night);
  EXPECT_EQ(sign_in_anomalies({row("staff:a", "open", 20 * 60 + 59)}).front().kind, Anomaly::night);   // 5:59
  EXPECT_TRUE(sign_in_anomalies({row("staff:a", "open", 21 * 60)}).empty());
  EXPECT_TRUE(sign_in_anomalies({row("person:p", "open", 13 * 60)}).empty()) << "citizens may come when they like";
}

}  // namespace
}  // namespace machiya::console
