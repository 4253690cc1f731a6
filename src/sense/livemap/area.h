// An area that somebody asks about: a ward, a town, a circle, a polygon, or everything. Pure.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sense/geometry/geometry.h"
#include "sense/livemap/things.h"
#include "sense/livemap/wards.h"

namespace machiya::sense::livemap {

inline constexpr double kLargestCircle = 100'000;      ///< metres
inline constexpr std::size_t kMostCorners = 500;

struct Area {
  enum class Kind : std::uint8_t { everything, ward, town, circle, polygon };
  Kind kind = Kind::everything;
  std::uint8_t ward = Wards::kNone;
  std::size_t town = 0;
  Position centre;
  double metres = 0;
  std::shared_ptr<const ReferenceGeometry> shape;      ///< of a polygon
  Box box = Box::world();                              ///< nothing inside lies outside of it

  /// As an address has them; empty words were not given. ward: id or code; town: "27127:梅田一丁目" (code of the ward, name); circle: "lat,lon,metres";
  /// polygon: "lat,lon lat,lon …", at least three corners, not closed. At most one of them. invalid_input names the parameter in `where`.
  struct Words {
    std::string_view ward, town, circle, polygon;
  };
  static Result<Area> parse(const Words& words, const Wards& wards);
  /// Points lie inside or not; of lines and areas it is asked whether they touch. Wards and towns are asked for the middle.
  bool holds(const Thing& thing, std::string_view place, const Wards& wards) const;
};

}  // namespace machiya::sense::livemap
