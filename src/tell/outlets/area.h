// Whom an emergency is meant for, and how many more its outlets reach. Pure.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tell/campaigns/campaigns.h"
#include "tell/outlets/definition.h"

namespace machiya::tell {

/// People by the city's own figures of its wards (wards.yaml), registered for messages or not.
struct AreaReach {
  std::vector<const city::Ward*> wards;   ///< of the city that was given; empty: the whole city
  std::int64_t meant = 0;
  bool estimated = false;                 ///< some ward is meant in part: its people by the share of its towns, for the figures have no towns
  struct Reached {
    const OutletDefinition* outlet = nullptr;
    std::int64_t people = 0;   ///< in the smallest units of the outlet that cover the area
    double ratio = 1;          ///< people / meant: the over-alert ratio; 1 is none
  };
  std::vector<Reached> outlets;
};
/// Of the outlets named in `ids`, in their order. `towns`: how many towns a ward has, by its code. The results point into `city`.
AreaReach area_reach(const city::City& city, const Draft& draft, const std::vector<std::string>& ids, const std::function<std::size_t(std::string_view ward_code)>& towns);

}  // namespace machiya::tell
