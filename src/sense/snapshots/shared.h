// What all snapshots share. Inside of the engine.
#pragma once
#include <atomic>

#include "sense/snapshots/snapshots.h"

namespace machiya::sense {

struct SnapshotEntities::Shared {
  store::Store& store;
  Names& names;
  Clock& clock;
  Rng& rng;
  SnapshotLimits limits;
  std::atomic<std::size_t> entities{0};   ///< of all snapshots
};

}  // namespace machiya::sense
