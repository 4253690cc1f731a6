#include "sense/series/named_store.h"

#include <condition_variable>
#include <mutex>

namespace machiya::sense::series {

Result<SeriesId> NamedStore::open(MeasurementId measurement, std::string_view key) {
  SeriesId id = 0;
  MACHIYA_CHECK(catalogue_.open_many(measurement, {&key, 1}, &id));
  return id;
}

Result<Appended> NamedStore::append(std::span<const Point> points) {
  std::mutex mutex;
  std::condition_variable ready;
  std::optional<Result<Appended>> outcome;
  append_later(std::vector<Point>(points.begin(), points.end()), [&](Result<Appended> result) {
    const std::lock_guard lock(mutex);
    outcome.emplace(std::move(result));
    ready.notify_one();
  });
  std::unique_lock lock(mutex);
  ready.wait(lock, [&] { return outcome.has_value(); });
  return std::move(*outcome);
}

}  // namespace machiya::sense::series
