// What is usual at a time of the week, and how far a value of now says what comes: the forecast of counts that follow the days of a city (spaces, visitors,
// levels). Pure. A usual value per kind of day and quarter of an hour, learned as a median that forgets; what is different now fades with the time ahead, as
// fast as it did before (damped persistence around a climatology; Murphy, Weather and Forecasting 7 (1992) 692, names the two it must beat).
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/time.h"

namespace machiya::sense::forecast {

struct Reading {
  std::int64_t time_us = 0;   ///< µs since 1970
  double value = 0;
};

/// Kinds of day in a city's week; a calendar says which one a date is.
enum class DayKind : std::uint8_t { working, saturday, holiday };
inline constexpr std::size_t kDayKinds = 3;
using Calendar = std::function<DayKind(Date)>;

inline constexpr std::int64_t kSlot = 15 * kMinute;
inline constexpr std::size_t kSlots = 24 * 60 / 15;          ///< of a day in Japan
inline constexpr int kFewestDays = 5;                        ///< of one kind, before it has a usual course of its own
inline constexpr std::int64_t kFresh = 45 * kMinute;         ///< a value that is older says nothing of what is different now

/// What is expected at a moment: the middle, and the range that held 8 of 10 times in the learned days.
struct Expected {
  std::int64_t at_us = 0;
  double value = 0, low = 0, high = 0;
};

/// How wrong it would have been over the learned days, in the unit of the values: mean absolute error.
struct Skill {
  std::int64_t ahead_us = 0;
  std::size_t times = 0;      ///< forecasts that were looked at
  double ours = 0;            ///< with usual values that do not know the day itself
  double persistence = 0;     ///< "as it is now"
  double week_ago = 0;        ///< "as it was a week ago"
};

class Profile {
 public:
  /// `readings` by time, none twice; `calendar` is asked for days up to the greatest horizon later. Nothing when no kind of day has kFewestDays with values.
  /// `horizons`: positive, in steps of kSlot, growing.
  static std::optional<Profile> learn(std::span<const Reading> readings, const Calendar& calendar, std::span<const std::int64_t> horizons);

  /// Expected values at now + each horizon. `latest`: what was measured last. Never below `least`, never above `most`.
  std::vector<Expected> expect(std::int64_t now_us, const std::optional<Reading>& latest, const Calendar& calendar, double least, double most) const;
  /// The usual value at a moment.
  double usual(std::int64_t at_us, const Calendar& calendar) const;
  const std::vector<Skill>& skill() const { return skill_; }
  std::int64_t learned_until_us() const { return until_us_; }
  int days() const { return days_; }

 private:
  struct Horizon {
    std::int64_t ahead_us = 0;
    double kept = 0;                                  ///< of what is different now, 0 … 1
    std::array<double, 2> off{};                      ///< the errors below which lay 1 and 9 of 10, all day
    std::array<std::array<double, 2>, 8> off_by_time{};   ///< the same for each three hours of the day of the target
  };
  using Course = std::array<double, kSlots>;
  std::array<Course, kDayKinds> usual_{};
  std::vector<Horizon> horizons_;
  std::array<double, 2> off_usual_{};                 ///< errors of the usual value alone
  std::vector<Skill> skill_;
  std::int64_t until_us_ = 0;
  int days_ = 0;

  struct Learning;
};

}  // namespace machiya::sense::forecast
