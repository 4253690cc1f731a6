#include "rooms/bicycle_parking/counters.h"

#include <algorithm>
#include <cmath>

#include "base/json.h"
#include "base/time.h"

namespace machiya::bicycle_parking {
namespace {

// What the noises are for; a number each, so that they do not go together.
enum : std::uint64_t { kLost, kTwice, kSilence, kSilenceBegin, kSilenceLength, kClock, kClockJump, kDrift, kDay, kHour, kMiscount, kLate };

constexpr double kLostShare = 0.01, kTwiceShare = 0.02, kSilentDays = 0.04, kJumpShare = 0.0005, kMiscountShare = 0.002;

/// SplitMix64's mixing (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
std::uint64_t mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15ull;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
  return x ^ (x >> 31);
}

double unit(std::uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1.0p-53; }
double hump(double hour, double middle, double width) { return std::exp(-(hour - middle) * (hour - middle) / (2 * width * width)); }

/// The share of the spaces that is taken at an hour of a usual day.
double usual_share(Use use, int day_of_week, double hour) {
  const bool weekend = day_of_week == 0 || day_of_week == 6;
  switch (use) {
    case Use::commuting: return weekend ? 0.15 + 0.25 * hump(hour, 14, 3.5) : 0.12 + 0.95 * std::min(1.0, 1.35 * hump(hour, 13, 3.8));
    case Use::shopping: return weekend ? 0.08 + 0.95 * hump(hour, 15, 2.8) : 0.06 + 0.55 * hump(hour, 12.5, 1.8) + 0.5 * hump(hour, 18, 1.6);
    case Use::housing: return 0.85 - (weekend ? 0.3 : 0.6) * hump(hour, 13, 4);
  }
  return 0;
}

}  // namespace

double Counters::noise(std::size_t parking, std::uint64_t kind, std::int64_t step) const {
  return 2 * unit(mix(mix(mix(seed_ ^ kind << 56) + parking) + static_cast<std::uint64_t>(step))) - 1;
}

double Counters::wander(std::size_t parking, std::uint64_t kind, std::int64_t at_us, std::int64_t step_us) const {
  const std::int64_t step = at_us / step_us;
  const double x = static_cast<double>(at_us % step_us) / static_cast<double>(step_us), smooth = x * x * (3 - 2 * x);
  return noise(parking, kind, step) * (1 - smooth) + noise(parking, kind, step + 1) * smooth;
}

bool Counters::chance(std::size_t parking, std::uint64_t kind, std::int64_t step, double share) const { return (noise(parking, kind, step) + 1) / 2 < share; }

int Counters::parked(std::size_t parking, std::int64_t at_us) const {
  const Parking& here = parkings_[parking];
  const Date day = date_in_japan(Instant{at_us});
  const double hour = static_cast<double>(at_us - start_of_day_in_japan(day).us) / machiya::kHour;
  const double share = usual_share(here.use, weekday(day), hour) * (1 + 0.18 * wander(parking, kDay, at_us, machiya::kDay)) + 0.05 * wander(parking, kHour, at_us, machiya::kHour);
  return static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * here.spaces));
}

std::int64_t Counters::silent_until(std::size_t parking, std::int64_t at_us) const {
  const std::int64_t day = at_us / machiya::kDay;
  for (const std::int64_t d : {day, day - 1}) {   // a silence may last into the next day
    if (!chance(parking, kSilence, d, kSilentDays)) continue;
    const std::int64_t begin = d * machiya::kDay + static_cast<std::int64_t>((noise(parking, kSilenceBegin, d) + 1) / 2 * machiya::kDay);
    const std::int64_t end = begin + machiya::kHour + static_cast<std::int64_t>((noise(parking, kSilenceLength, d) + 1) / 2 * 19 * machiya::kHour);
    if (at_us >= begin && at_us < end) return end;
  }
  return 0;
}

int Counters::counted(std::size_t parking, std::int64_t at_us) const {
  // Bicycles that slip past the beam add up until the counter is set right at three in the morning.
  const std::int64_t day = (at_us + 6 * machiya::kHour) / machiya::kDay;
  const double since = static_cast<double>((at_us + 6 * machiya::kHour) % machiya::kDay) / machiya::kDay;
  const int off = static_cast<int>(std::lround(noise(parking, kDrift, day) * since * 0.04 * parkings_[parking].spaces));
  const int wrong = chance(parking, kMiscount, at_us / kEvery, kMiscountShare) ? parkings_[parking].spaces : 0;   // "all gone", for one report
  return parkings_[parking].spaces - parked(parking, at_us) + off + wrong;
}

std::vector<Report> Counters::arriving(std::int64_t from_us, std::int64_t to_us, std::int64_t every) const {
  std::vector<Report> out;
  // Of what was measured before, too: it may arrive only now.
  for (std::int64_t at = (from_us - machiya::kDay) / every * every; at < to_us; at += every)
    for (std::size_t p = 0; p < parkings_.size(); ++p) {
      const std::int64_t step = at / kEvery;
      if (chance(p, kLost, step, kLostShare)) continue;
      const std::int64_t silence = silent_until(p, at);
      const std::int64_t sent = (silence != 0 ? silence : at) + static_cast<std::int64_t>((noise(p, kLate, step) + 1) * 2 * kSecond);
      const std::int64_t ahead = static_cast<std::int64_t>(std::max(0.0, noise(p, kClock, 0)) * 90 * kSecond);
      const std::int64_t jump = chance(p, kClockJump, step, kJumpShare) ? machiya::kDay : 0;
      const Report report{p, sent, (at + ahead + jump) / kSecond * kSecond, counted(p, at)};
      if (sent < from_us || sent >= to_us) continue;
      out.push_back(report);
      if (chance(p, kTwice, step, kTwiceShare)) out.push_back(report);
    }
  std::stable_sort(out.begin(), out.end(), [](const Report& a, const Report& b) { return a.sent_us < b.sent_us; });
  return out;
}

std::string Counters::payload(const Report& report) const {
  const Parking& here = parkings_[report.parking];
  return json::to_text(json::Value::object({{"station", here.id}, {"time", to_iso_japan(Instant{report.measured_us})}, {"free", static_cast<std::int64_t>(report.free)}, {"total", static_cast<std::int64_t>(here.spaces)}}));
}

std::vector<Parking> parkings_around(const std::string& ward, GeoPoint centre, int count, std::uint64_t seed) {
  std::vector<Parking> out;
  std::uint64_t state = mix(seed);
  for (const char c : ward) state = mix(state + static_cast<unsigned char>(c));
  const auto next = [&] { return unit(state = mix(state)); };
  for (int i = 0; i < count; ++i) {
    Parking one;
    one.id = ward + "-" + std::to_string(i + 1), one.ward = ward;
    one.place = GeoPoint{centre.lat + (next() - 0.5) * 0.016, centre.lon + (next() - 0.5) * 0.018};
    one.spaces = 20 * static_cast<int>(2 + next() * next() * 40);
    one.use = static_cast<Use>(static_cast<int>(next() * 3));
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace machiya::bicycle_parking
