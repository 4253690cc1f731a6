#include "tell/outlets/area.h"

namespace machiya::tell {

AreaReach area_reach(const city::City& city, const Draft& draft, const std::vector<std::string>& ids) {
  AreaReach out;
  std::int64_t all = 0;
  for (const city::Ward& ward : city.wards()) all += ward.population;
  for (const std::string& id : draft.wards)
    if (const city::Ward* ward = city.ward(id)) out.wards.push_back(ward), out.meant += ward->population;
  if (out.wards.empty()) out.meant = all;
  for (const std::string& id : ids) {
    const auto* outlet = city.get<OutletDefinition>("outlet", id);
    if (!outlet) continue;
    const std::int64_t people = outlet->unit == OutletUnit::ward ? out.meant : all;
    out.outlets.push_back({outlet, people, out.meant > 0 ? static_cast<double>(people) / static_cast<double>(out.meant) : 1});
  }
  return out;
}

}  // namespace machiya::tell
