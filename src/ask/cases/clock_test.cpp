#include "ask/cases/clock.h"

#include <gtest/gtest.h>

#include "ask/cases/receipt_number.h"

namespace machiya::cases {
namespace {

/// Monday to Friday.
bool weekday_only(Date d) { return weekday(d) != 0 && weekday(d) != 6; }
Instant at(const char* text) { return *parse_rfc3339(text); }

TEST(period, reads_what_definitions_write) {
  EXPECT_EQ(parse_period("P14D")->days, 14);
  EXPECT_EQ(parse_period("P1Y6M")->months, 18);
  EXPECT_TRUE(parse_period("PT0S")->zero());
  EXPECT_EQ(parse_period("P1DT12H")->us, 12 * kHour);
  EXPECT_EQ(parse_period("10 working days")->working_days, 10);
  for (const char* bad : {"", "P", "PT", "14D", "P10W", "P1D2H", "ten working days", "P99999999D"}) EXPECT_FALSE(parse_period(bad)) << bad;
}

TEST(clock, first_day_does_not_count_and_the_last_day_counts_whole) {
  // Received on Friday 1 May 2026 at 10:00; P3D: 2, 3, 4 May.
  auto clock = start_clock(at("2026-05-01T10:00:00+09:00"), *parse_period("P3D"), weekday_only);
  EXPECT_EQ(to_iso_japan(*clock.due), "2026-05-05T00:00:00+09:00");
  EXPECT_EQ(days_left(clock, at("2026-05-04T23:59:59+09:00"), *parse_period("P3D"), weekday_only), 0);
  EXPECT_EQ(days_left(clock, at("2026-05-06T00:00:00+09:00"), *parse_period("P3D"), weekday_only), -2);
}

TEST(clock, working_days_skip_the_weekend) {
  const Period target = *parse_period("3 working days");
  auto clock = start_clock(at("2026-05-01T10:00:00+09:00"), target, weekday_only);
  EXPECT_EQ(to_iso_japan(*clock.due), "2026-05-07T00:00:00+09:00");   // Monday, Tuesday, Wednesday
  EXPECT_EQ(days_left(clock, at("2026-05-02T09:00:00+09:00"), target, weekday_only), 3);
}

TEST(clock, stops_while_a_correction_is_open) {
  const Period target = *parse_period("P10D");
  auto clock = start_clock(at("2026-05-01T10:00:00+09:00"), target, weekday_only);
  auto stopped = stop_clock(clock, at("2026-05-04T10:00:00+09:00"), target, weekday_only);
  EXPECT_FALSE(stopped.due);
  EXPECT_EQ(stopped.left, 7);
  EXPECT_EQ(days_left(stopped, at("2026-06-30T10:00:00+09:00"), target, weekday_only), 7);
  auto again = resume_clock(stopped, at("2026-06-01T10:00:00+09:00"), target, weekday_only);
  EXPECT_EQ(to_iso_japan(*again.due), "2026-06-09T00:00:00+09:00");
  auto over = end_clock(again);
  EXPECT_EQ(over.state, records::ClockState::over);
  EXPECT_FALSE(days_left(over, at("2026-06-02T10:00:00+09:00"), target, weekday_only));
}

TEST(clock, what_is_overdue_stays_overdue) {
  const Period target = *parse_period("P1D");
  auto clock = start_clock(at("2026-05-01T10:00:00+09:00"), target, weekday_only);
  auto stopped = stop_clock(clock, at("2026-05-05T10:00:00+09:00"), target, weekday_only);
  EXPECT_EQ(stopped.left, -3);
  auto again = resume_clock(stopped, at("2026-05-10T10:00:00+09:00"), target, weekday_only);
  EXPECT_EQ(days_left(again, at("2026-05-10T11:00:00+09:00"), target, weekday_only), -3);
}

TEST(receipt_number, is_read_back_however_it_is_typed) {
  SeededRng rng(7);
  for (int i = 0; i < 1000; ++i) {
    const std::string n = new_receipt_number(make_date(2026, 11, 22), rng);
    ASSERT_EQ(n.size(), 17u) << n;
    ASSERT_EQ(n.substr(0, 3), "R8-");
    ASSERT_EQ(read_receipt_number(n), n);
  }
  const std::string n = new_receipt_number(make_date(2026, 11, 22), rng);
  std::string typed;
  for (char c : n)
    if (c != '-') typed += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c == '0' ? 'o' : c);
  EXPECT_EQ(read_receipt_number(typed), n);
}

TEST(receipt_number, finds_one_wrong_character) {
  SeededRng rng(11);
  const std::string n = new_receipt_number(make_date(2026, 11, 22), rng);
  const std::string alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  int wrong = 0, found = 0;
  for (std::size_t i = 3; i < n.size(); ++i) {
    if (n[i] == '-') continue;
    for (char c : alphabet) {
      if (c == n[i]) continue;
      if ((c == 'Z' && n[i] == '0') || (c == '0' && n[i] == 'Z')) continue;   // 31 and 0 are the same modulo 31
      std::string other = n;
      other[i] = c;
      ++wrong;
      if (!read_receipt_number(other)) ++found;
    }
  }
  EXPECT_EQ(found, wrong);
  EXPECT_FALSE(read_receipt_number("R8-0000"));
  EXPECT_FALSE(read_receipt_number("山田花子"));
}

}  // namespace
}  // namespace machiya::cases
