// What the process that makes snapshots and the one that looks at them agree upon.
#pragma once
#include <string>

#include "sense/snapshots/snapshots.h"

namespace machiya::faults {

inline constexpr int kOfSnapshot = 40;
inline const sense::SnapshotLimits kLimits{.most = 1'000'000, .most_of_owner = 1'000'000, .most_entities_of_all = 40'000'000};
inline std::string snapshot_id(int n) { return "urn:s:" + std::to_string(n); }
inline std::string entity_id(int e) { return "urn:e:" + std::to_string(e); }

}  // namespace machiya::faults
