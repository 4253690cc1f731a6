#include "tell/outlets/area.h"

#include <algorithm>

namespace machiya::tell {

AreaReach area_reach(const city::City& city, const Draft& draft, const std::vector<std::string>& ids, const std::function<std::size_t(std::string_view)>& towns) {
  AreaReach out;
  std::int64_t all = 0, whole = 0;   // whole: the wards that hold the area
  for (const city::Ward& ward : city.wards()) all += ward.population;
  for (const std::string& id : draft.wards)
    if (const city::Ward* ward = city.ward(id)) {
      const auto part = static_cast<std::int64_t>(std::count_if(draft.towns.begin(), draft.towns.end(), [&](const std::string& line) { return town_in(city, line).ward == ward; }));
      const auto known = static_cast<std::int64_t>(part > 0 ? towns(ward->code) : 0);
      out.wards.push_back(ward), whole += ward->population;
      out.meant += known > 0 ? ward->population * std::min(part, known) / known : ward->population;
      out.estimated = out.estimated || known > 0;
    }
  if (out.wards.empty()) out.meant = whole = all;
  for (const std::string& id : ids) {
    const auto* outlet = city.get<OutletDefinition>("outlet", id);
    if (!outlet) continue;
    const std::int64_t people = outlet->unit == OutletUnit::ward ? whole : all;
    out.outlets.push_back({outlet, people, out.meant > 0 ? static_cast<double>(people) / static_cast<double>(out.meant) : 1});
  }
  return out;
}

}  // namespace machiya::tell
