// How far a position is from lines and areas, in metres on the sphere.
#pragma once
#include "sense/geometry/geometry.h"

namespace machiya::sense::detail {

/// Metres from `p` to the nearest point of the straight line (in degrees) from a to b.
double to_segment_m(Position p, Position a, Position b);
/// To the nearest position, line or border of `geometry`; the inside of areas does not count as near.
double to_outline_m(Position p, const Geometry& geometry);

enum class Side : std::uint8_t { inside, outside, unsure };   ///< unsure: on the border, or so near that doubles cannot tell
/// Where `p` lies to a polygon or several (even-odd).
Side side_of(Position p, const Geometry& polygons);

}  // namespace machiya::sense::detail
