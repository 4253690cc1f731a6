// Deadlines in working days against a calculation of its own: a loop over days and a list of holidays, nothing of locale or cases.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "ask/registers/register.h"
#include "base/rng.h"
#include "platform/locale/locale.h"

namespace machiya::registers {
namespace {

/// Every "2026-05-05" of a text: of the official table, or of the package's list.
std::set<std::string> dates_in(const std::string& file) {
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  const std::string all = text.str();
  std::set<std::string> out;
  for (std::size_t i = 0; i + 10 <= all.size(); ++i)
    if (all[i] == '2' && all[i + 4] == '-' && all[i + 7] == '-' && parse_iso_date(all.substr(i, 10))) out.insert(all.substr(i, 10));
  return out;
}

std::set<std::string> holidays() {
  const char* shared = std::getenv("MACHIYA_SHARED");
  auto out = dates_in(std::string(shared != nullptr ? shared : MACHIYA_SOURCE_DIR "/../shared") + "/facts/holidays_jp_2020_2035.csv");
  return out.empty() ? dates_in(MACHIYA_SOURCE_DIR "/node_modules/@holiday-jp/holiday_jp/lib/holidays.js") : out;
}

/// Days since 1970 and the day of the week by plain counting.
struct Day {
  int year, month, day, weekday;
  std::string iso() const {
    char out[11];
    std::snprintf(out, sizeof out, "%04d-%02d-%02d", year % 10000, month % 100, day % 100);
    return out;
  }
  void next() {
    static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const int last = month == 2 && year % 4 == 0 ? 29 : kDays[month - 1];   // 2001–2099
    weekday = (weekday + 1) % 7;
    if (++day <= last) return;
    day = 1;
    if (++month <= 12) return;
    month = 1, ++year;
  }
};

bool open_day(const Day& d, const std::set<std::string>& holidays) {
  if (d.weekday == 0 || d.weekday == 6) return false;
  if ((d.month == 12 && d.day >= 29) || (d.month == 1 && d.day <= 3)) return false;
  return holidays.count(d.iso()) == 0;
}

std::string counted(Day from, int days, const std::set<std::string>& holidays) {
  for (int left = days; left > 0;) {
    from.next();
    if (open_day(from, holidays)) --left;
  }
  return from.iso();
}

TEST(Deadline, WorkingDaysEqualAnIndependentCalculation) {
  auto data = locale::ReferenceData::open(MACHIYA_SOURCE_DIR "/build/data/reference.bin");
  ASSERT_TRUE(data.ok()) << data.error().detail;
  const cases::WorkingDay open = [&](Date d) { return locale::is_working_day(d, **data); };
  const auto off = holidays();
  if (off.empty()) GTEST_SKIP() << "skipped: no list of holidays";
  ASSERT_GT(off.size(), 200u);
  std::vector<Day> days;   // 1 January 2020 was a Wednesday
  for (Day d{2020, 1, 1, 3}; d.year <= 2035; d.next()) days.push_back(d);
  SeededRng rng(20260510);
  int compared = 0;
  while (compared < 10'000) {
    const Day& from = days[rng.below(days.size())];
    const int period = 1 + static_cast<int>(rng.below(20));
    const std::string expected = counted(from, period, off);
    if (expected > "2035-12-31") continue;   // beyond the list
    const auto parsed = cases::parse_period(std::to_string(period) + " working days");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(to_iso(deadline_date(*parse_iso_date(from.iso()), *parsed, open)), expected) << from.iso() << " + " << period;
    ++compared;
  }
}

}  // namespace
}  // namespace machiya::registers
