#include <gtest/gtest.h>

#include "feel/decimal.h"
#include "feel/temporal.h"

namespace machiya::feel {
namespace {

Decimal d(const char* s) { return *Decimal::parse(s); }

TEST(Decimal, KeepsThirtyFourDigits) {
  EXPECT_EQ((d("1") / d("7")).to_string(), "0.1428571428571428571428571428571429");
  EXPECT_EQ((d("9999999999999999999999999999999999") * d("9999999999999999999999999999999999")).to_string(),
            "99999999999999999999999999999999980000000000000000000000000000000000");
  EXPECT_EQ((d("1e34") + d("1")).to_string(), "10000000000000000000000000000000000");
  EXPECT_EQ((d("1e34") + d("6")).to_string(), "10000000000000000000000000000000010");
  EXPECT_EQ((d("1e34") + d("5")).to_string(), "10000000000000000000000000000000000");
  EXPECT_EQ((d("1e34") + d("5.0000000000000000000000001")).to_string(), "10000000000000000000000000000000010");
  EXPECT_EQ((d("1e6000") * d("1e6000")).is_nan(), true);
  EXPECT_EQ((d("1") - d("1e-40")).to_string(), "1.000000000000000000000000000000000");
  EXPECT_EQ(d("12345678901234567890123456789012345678").to_string(), "12345678901234567890123456789012350000");
}

TEST(Decimal, PlusAndMinusAgreeWithWideIntegers) {
  std::uint64_t seed = 42;
  auto next = [&] { return seed = seed * 6364136223846793005ULL + 1442695040888963407ULL; };
  for (int i = 0; i < 20000; ++i) {
    auto a = static_cast<std::int64_t>(next()) >> (next() % 60), b = static_cast<std::int64_t>(next()) >> (next() % 60);
    __int128 sum = static_cast<__int128>(a) + b, product = static_cast<__int128>(a >> 20) * (b >> 20);
    auto of = [](__int128 v) { return Decimal::make(v < 0, static_cast<unsigned __int128>(v < 0 ? -v : v), 0); };
    ASSERT_EQ(Decimal(a) + Decimal(b), of(sum)) << a << " " << b;
    ASSERT_EQ(Decimal(a >> 20) * Decimal(b >> 20), of(product)) << a << " " << b;
    if (b != 0) {
      Decimal floored = (Decimal(a) / Decimal(b)).rounded(0, Rounding::floor);
      ASSERT_EQ(Decimal(a) - Decimal(b) * floored, modulo(Decimal(a), Decimal(b))) << a << " " << b;
    }
    ASSERT_EQ(Decimal(a) < Decimal(b), a < b);
  }
}

TEST(Decimal, Roundings) {
  struct Row { const char* v; Rounding mode; const char* want; };
  for (const Row& r : {Row{"2.5", Rounding::half_even, "2"}, Row{"3.5", Rounding::half_even, "4"}, Row{"2.5", Rounding::half_up, "3"},
                       Row{"-2.5", Rounding::half_up, "-3"}, Row{"2.5", Rounding::half_down, "2"}, Row{"2.51", Rounding::half_down, "3"},
                       Row{"2.1", Rounding::up, "3"}, Row{"-2.9", Rounding::down, "-2"}, Row{"-2.1", Rounding::floor, "-3"},
                       Row{"2.1", Rounding::ceiling, "3"}, Row{"1e-50", Rounding::up, "1"}})
    EXPECT_EQ(d(r.v).rounded(0, r.mode).to_string(), r.want) << r.v;
  EXPECT_EQ(d("1234.5").rounded(-2, Rounding::half_even).to_string(), "1200");
}

TEST(Decimal, RootsAndLogarithms) {
  EXPECT_EQ(d("2").sqrt().to_string(), "1.414213562373095048801688724209698");
  EXPECT_EQ(d("16").sqrt().to_string(), "4");
  EXPECT_EQ(d("0.25").sqrt().to_string(), "0.5");
  EXPECT_EQ(Decimal(1).exp().to_string(), "2.718281828459045235360287471352662");
  EXPECT_EQ(d("10").ln().to_string(), "2.302585092994045684017991454684364");
  EXPECT_EQ(d("0.5").ln().to_string(), "-0.6931471805599453094172321214581766");
  EXPECT_EQ(d("2").power(d("0.5")).to_string(), "1.414213562373095048801688724209698");
  EXPECT_EQ(d("1.1").power(d("10")).to_string(), "2.5937424601");
  EXPECT_TRUE(d("-1").ln().is_nan());
  EXPECT_TRUE(d("-1").sqrt().is_nan());
  EXPECT_TRUE(d("100000").exp().is_nan());
}

TEST(Decimal, RefusesWhatIsNoNumber) {
  for (const char* s : {"", "-", ".", "1.", "1e", "1e+", "--1", "1 ", "0x1", "1.2.3", "１"}) EXPECT_FALSE(Decimal::parse(s)) << s;
}

TEST(Temporal, ReadsAndWritesTheSame) {
  for (const char* s : {"2026-05-10", "-0044-03-15", "999999999-12-31", "0001-01-01"}) EXPECT_EQ(to_text(*parse_date(s)), s);
  for (const char* s : {"10:20:30", "23:59:59.123456789", "00:00:00Z", "10:00:00+09:00", "10:00:00-03:30", "10:00:00@Asia/Tokyo"})
    EXPECT_EQ(to_text(*parse_time(s)), s);
  for (const char* s : {"P1D", "PT1H", "-P1DT2H3M4.5S", "PT0S", "P100DT0.000000001S"}) EXPECT_EQ(to_text(*parse_time_duration(s)), s);
  for (const char* s : {"2026-02-29", "2026-13-01", "26-01-01", "2026-1-1", "02026-01-01", "2026-01-01 ", "１９９９-01-01"}) EXPECT_FALSE(parse_date(s)) << s;
  for (const char* s : {"24:00:01", "10:60:00", "10:00", "10:00:00+19:00", "10:00:00@Nowhere/Land", "10:00:00z"}) EXPECT_FALSE(parse_time(s)) << s;
  for (const char* s : {"P", "PT", "P1DT", "P1S", "PT1M1H", "1D", "P-1D", "PT99999999999999999H"}) EXPECT_FALSE(parse_time_duration(s)) << s;
}

TEST(Temporal, DaysAndDatesAreInverse) {
  for (std::int64_t day : {-719528L, -1L, 0L, 59L, 11016L, 20000L, 365241780471L, -365243219162L}) EXPECT_EQ(days_of(date_of_days(day)), day);
  for (std::int64_t day = -800000; day < 800000; day += 37) ASSERT_EQ(days_of(date_of_days(day)), day);
}

TEST(Temporal, ZonesFollowTheirPresentRule) {
  auto offset = [](const char* s) { return *offset_of(*parse_date_time(s)); };
  EXPECT_EQ(offset("2026-01-15T12:00:00@Europe/Paris"), 3600);
  EXPECT_EQ(offset("2026-07-15T12:00:00@Europe/Paris"), 7200);
  EXPECT_EQ(offset("2026-01-15T12:00:00@Australia/Sydney"), 39600);
  EXPECT_EQ(offset("2026-07-15T12:00:00@Australia/Sydney"), 36000);
  EXPECT_EQ(offset("2026-07-15T12:00:00@America/New_York"), -14400);
  EXPECT_EQ(offset("2026-07-15T12:00:00@Asia/Tokyo"), 32400);
  EXPECT_EQ(offset("2026-07-15T12:00:00@Asia/Kolkata"), 19800);
  EXPECT_EQ(offset("2026-07-15T12:00:00@Etc/UTC"), 0);
}

}  // namespace
}  // namespace machiya::feel
