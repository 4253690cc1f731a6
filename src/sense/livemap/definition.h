// Kind "map" (maps/<id>.yaml of a room, docs/definitions.md): which entities stand on a live map, what is shown of them, in which classes, for whom.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "city/city.h"
#include "feel/feel.h"
#include "sense/geometry/geometry.h"

namespace machiya::sense::livemap {

/// Each class has its own shape beside its colour: nobody must tell colours apart.
struct Class {
  std::string id;
  city::Text label;
  feel::Expression when;                 ///< over the layer's `decides`, in their order; or else the bounds below
  std::optional<double> from, below;     ///< of `classify`; from is included
  std::string colour, shape;
};
inline constexpr std::size_t kMostClasses = 8;

struct Shown {
  std::string term;
  city::Text label;                      ///< empty: the entity type's
  city::Text unit;
  bool sum = false, average = false;
};

struct Layer {
  std::string id, entities;              ///< entities: id of an entity type
  city::Text name;
  std::string place = "location", title = "name";   ///< terms
  int from_zoom = 0, cluster_until = 13;
  bool hidden = false;
  std::vector<Shown> show;
  std::string classify;                  ///< term; "" none
  std::vector<Class> classes;
  /// Terms whose values decide about the class, sorted.
  std::vector<std::string> decides;
};

/// Immutable.
struct Map final : city::Definition {
  std::string id;
  city::Text name, about, credit;
  bool staff = false;
  std::string permission;                ///< of staff maps, beside kReadMaps; "" none
  std::optional<Position> start;
  int start_zoom = 10;
  int past_hours = 0, step_minutes = 10;   ///< past_hours 0: only now
  std::vector<Layer> layers;
  const Layer* layer(std::string_view id) const;
};

city::Kind map_kind();
/// In the order of the city's files.
std::vector<const Map*> maps_of(const city::City& city);

}  // namespace machiya::sense::livemap
