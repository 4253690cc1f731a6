// What series_child writes, so that series_kill knows what must be there: batch after batch, each from its number alone. Later ones correct earlier ones
// and open new series.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sense/series/series.h"

namespace machiya::faults {

inline constexpr std::uint64_t kInFlight = 8;   ///< batches of a thread that may be on their way
inline constexpr int kPointsOfBatch = 12;

struct Planned {
  int measurement = 0;
  std::string key;
  std::int64_t time_us = 0;
  double value = 0;
};
inline void plan(int thread, std::uint64_t number, const std::function<void(const Planned&)>& each) {
  constexpr std::int64_t kHour = 3'600'000'000;
  const std::uint64_t series = 10 + number / 5;
  for (int i = 0; i < kPointsOfBatch; ++i) {
    const std::uint64_t which = (number * 7 + static_cast<std::uint64_t>(i) * 3) % series;
    each({static_cast<int>(which % 2), std::to_string(thread) + ":" + std::to_string(which), 1'775'000'000'000'000 + static_cast<std::int64_t>((number * 5 + which) % 60) * kHour,
          static_cast<double>(number) * 100 + i});
  }
}
inline Result<std::vector<sense::series::Point>> batch(sense::series::Store& store, int thread, std::uint64_t number) {
  std::vector<sense::series::Point> out;
  Result<void> outcome;
  plan(thread, number, [&](const Planned& p) {
    const auto m = store.measurement("", "measure" + std::to_string(p.measurement));
    if (!m.ok()) return void(outcome = m.error());
    const auto id = store.open(*m, p.key);
    if (!id.ok()) return void(outcome = id.error());
    out.push_back({*id, p.time_us, p.value, sense::series::Quality::good});
  });
  if (!outcome.ok()) return std::move(outcome).error();
  return out;
}

}  // namespace machiya::faults
