// A full-day aggregate of each meter from a folder that series_feed and series_server filled, beside the same question to DuckDB on the same readings:
//   series_day FOLDER METERS HOURS [LIBDUCKDB]
// One thread each; processor time, best of five.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "bench/sense/series/city.h"
#include "bench/sense/series/duck.h"
#include "sense/series/series.h"

namespace {

double thread_seconds() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace machiya;
  if (argc < 4) return std::fprintf(stderr, "series_day FOLDER METERS HOURS [LIBDUCKDB]\n"), 2;
  const auto meters = static_cast<std::uint32_t>(std::atoi(argv[2])), hours = static_cast<std::uint32_t>(std::atoi(argv[3]));
  sense::series::Options options;
  options.background = false;
  auto store = sense::series::open_files(argv[1], options);
  if (!store.ok()) return std::fprintf(stderr, "%s\n", store.error().to_string().c_str()), 1;
  const auto m = (*store)->find_measurement("", std::string("water\x1flitres"));
  if (!m) return std::fprintf(stderr, "there is no water in this store\n"), 1;
  const sense::series::Span day{bench::kDayStart * 1'000'000, (bench::kDayStart + 86'400) * 1'000'000};
  double best = 1e9, sum = 0;
  std::vector<std::pair<sense::series::SeriesId, sense::series::Aggregate>> rows;
  rows.reserve(meters);
  for (int i = 0; i < 5; ++i) {
    rows.clear();
    const double before = thread_seconds();
    auto done = (*store)->aggregate_all(*m, day, [&](sense::series::SeriesId id, const sense::series::Aggregate& a) { rows.emplace_back(id, a); });
    best = std::min(best, thread_seconds() - before);
    if (!done.ok()) return std::fprintf(stderr, "%s\n", done.error().to_string().c_str()), 1;
  }
  std::uint64_t count = 0;
  for (const auto& [id, a] : rows) sum += a.sum, count += a.count;
  std::printf("ours %.3f s, %zu meters, %llu readings, sum %.0f\n", best, rows.size(), static_cast<unsigned long long>(count), sum);
  if (count != std::uint64_t{meters} * hours || rows.size() != meters) return std::fprintf(stderr, "some readings are missing\n"), 1;
  if (argc < 5) return 0;
  auto duck = bench::open_duck(argv[4]);
  if (duck == nullptr) return std::fprintf(stderr, "cannot load %s\n", argv[4]), 1;
  double peer = 1e9;
  for (const char* type : {"DOUBLE", "SMALLINT"}) {
    duck->fill(meters, hours, type);
    bench::DuckAnswer answer;
    double fastest = 1e9;
    for (int i = 0; i < 5; ++i) answer = duck->day(), fastest = std::min(fastest, answer.seconds);
    std::printf("duckdb (%s) %.3f s, %llu meters, sum %.0f\n", type, fastest, static_cast<unsigned long long>(answer.rows), answer.sum);
    if (answer.rows != meters || answer.sum != sum) return std::fprintf(stderr, "the answers differ\n"), 1;
    peer = std::min(peer, fastest);
  }
  std::printf("duckdb : ours = %.1f\n", peer / best);
}
