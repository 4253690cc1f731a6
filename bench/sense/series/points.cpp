// One series of 10,000 points among 1,000: how long a range and an aggregate by day take, compacted, from files that lie in the page cache.
//   series_points FOLDER
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "sense/series/series.h"

namespace {

using namespace machiya::sense::series;
constexpr std::int64_t kStart = 1'795'186'800'000'000, kMinute = 60'000'000;
constexpr int kPoints = 10'000, kSeries = 1'000;

int fill(Store& store, MeasurementId m, std::int64_t step_us) {
  std::vector<SeriesId> ids;
  for (int n = 0; n < kSeries; ++n) ids.push_back(store.open(m, "sensor" + std::to_string(n)).value_or(0));
  std::vector<Point> points;
  for (int p = 0; p < kPoints; ++p) {
    for (int n = 0; n < kSeries; ++n) points.push_back({ids[static_cast<std::size_t>(n)], kStart + p * step_us + n % 7, 20 + (p * 31 + n * 17) % 100 / 10.0, Quality::good});
    if (points.size() < 500'000 && p + 1 < kPoints) continue;
    if (!store.append(points).ok()) return 1;
    points.clear();
  }
  return store.compact().ok() ? 0 : 1;
}

template <class F>
void time(const char* what, F query) {
  std::vector<double> ms;
  for (int i = 0; i < 500; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const std::size_t rows = query(static_cast<std::uint32_t>(i * 37 % kSeries));
    ms.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    if (rows == 0) std::fprintf(stderr, "%s: no answer\n", what);
  }
  std::sort(ms.begin(), ms.end());
  std::printf("%-34s p50 %.2f ms, p95 %.2f ms\n", what, ms[ms.size() / 2], ms[ms.size() * 95 / 100]);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "series_points FOLDER\n"), 2;
  Options options;
  auto store = open_files(argv[1], options);
  if (!store.ok()) return std::fprintf(stderr, "%s\n", store.error().to_string().c_str()), 1;
  for (const std::int64_t step : {kMinute, 60 * kMinute}) {
    const std::string name = step == kMinute ? "minutes" : "hours";
    const auto m = (*store)->measurement("", name);
    if (!m.ok() || fill(**store, *m, step) != 0) return 1;
    time((name + ": range").c_str(), [&](std::uint32_t n) { return (*store)->range(series_id(*m, n), {}).value_or({}).size(); });
    AggregateQuery by_day;
    by_day.period_us = 1440 * kMinute, by_day.origin_us = options.day_origin_us;
    time((name + ": aggregate by day").c_str(), [&](std::uint32_t n) { return (*store)->aggregate(series_id(*m, n), by_day).value_or({}).size(); });
  }
}
