// For the check server: made-up places, the same at each start.
#pragma once
#include <cstdint>

#include "base/rng.h"
#include "sense/geometry/geometry.h"
#include "sense/livemap/livemap_sample.h"

namespace machiya::sense::livemap::testing {

class Places {
 public:
  /// More of them in the middle of the area.
  Position next() { return {.lon = kWest + part() * (kEast - kWest), .lat = kSouth + part() * (kNorth - kSouth)}; }
  int below(std::uint64_t bound) { return static_cast<int>(rng_.below(bound)); }

 private:
  double part() { return (static_cast<double>(rng_.below(1'000'000)) + static_cast<double>(rng_.below(1'000'000))) / 2e6; }
  SeededRng rng_{1};
};

}  // namespace machiya::sense::livemap::testing
