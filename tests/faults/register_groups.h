// What register_child and register_kill agree on.
#pragma once

namespace machiya::faults {

inline constexpr int kGroup = 60;   ///< rows of one import, and of the bulk edit that follows it

}  // namespace machiya::faults
