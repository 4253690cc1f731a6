// The demonstration's bicycle parkings: made-up places whose simulated counters are devices like all others, let in by the registry and heard by the ingest.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "city/city.h"
#include "rooms/bicycle_parking/counters.h"

namespace machiya::sense {
class EntityStore;
class History;
namespace ingest {
class Ingest;
class Registry;
}
}

namespace machiya::app {

class DemonstrationCounters {
 public:
  static constexpr int kInEachWard = 6;
  /// References must outlive it.
  DemonstrationCounters(sense::EntityStore& entities, sense::History& history, sense::ingest::Registry& registry, sense::ingest::Ingest& ingest, const Clock& clock, std::shared_ptr<const city::City> city);
  /// Makes entities and devices unless they are there, with a past of some weeks, and sends what counters would have sent in the last hours. Answers how many
  /// counts there are.
  Result<std::int64_t> seed(const std::function<void(std::int64_t done, std::int64_t all)>& progress);
  /// Sends what has arrived since the last call, one minute at most; nothing before seed() ran, in this process or an earlier one.
  Result<void> go_on();

 private:
  Result<void> make_places();
  Result<void> make_devices();
  /// What was counted before the devices were there: straight into the history.
  Result<std::int64_t> remember(std::size_t parking, const std::vector<bicycle_parking::Report>& reports);
  Result<void> send(const std::vector<bicycle_parking::Report>& reports);

  sense::EntityStore& entities_;
  sense::History& history_;
  sense::ingest::Registry& registry_;
  sense::ingest::Ingest& ingest_;
  const Clock& clock_;
  std::shared_ptr<const city::City> city_;
  bicycle_parking::Counters counters_;
  std::int64_t sent_until_us_ = 0;
};

}  // namespace machiya::app
