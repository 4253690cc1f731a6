// Which numbers of which entities are forecast: kind "forecast" (files forecasts/<id>.yaml of a room, docs/definitions.md).
#pragma once
#include <string>
#include <vector>

#include "city/city.h"
#include "sense/forecast/forecaster.h"

namespace machiya::sense::forecast {

/// Immutable.
struct ForecastDefinition final : city::Definition {
  city::Text name;
  std::string of;   ///< id of the entity type
  Plan plan;        ///< of the default tenant
};
/// Needs the kind "entity-type" before it.
city::Kind forecast_kind();
/// In the order of the city's files.
std::vector<const ForecastDefinition*> forecasts_of(const city::City& city);

}  // namespace machiya::sense::forecast
