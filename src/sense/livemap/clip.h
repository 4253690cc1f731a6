// Lines and areas as they stand in one tile: projected, made simpler for the zoom, cut off at its edge and a buffer. Pure.
#pragma once
#include <vector>

#include "sense/geometry/geometry.h"
#include "sense/livemap/mercator.h"
#include "sense/livemap/mvt.h"

namespace machiya::sense::livemap {

inline constexpr int kBuffer = 64;   ///< units that lines and areas stand out of a tile, so that their outlines do not show its edge

/// Units of a tile, not yet whole.
struct Real {
  double x = 0, y = 0;
};
Real real_of(Position p, TileId tile);
/// Fewer positions: nothing that is left out lies further than `tolerance` from the line (Douglas and Peucker 1973). Ends stay.
std::vector<Real> simplified(const std::vector<Real>& line, double tolerance);
/// The part of a ring within the square -buffer … kExtent + buffer (Sutherland and Hodgman 1974); may be empty.
std::vector<Real> clipped_ring(const std::vector<Real>& ring, double buffer);
/// The parts of a line within it.
std::vector<std::vector<Real>> clipped_line(const std::vector<Real>& line, double buffer);
/// Puts the geometry into the layer as the feature that was begun. False: nothing of it is in the tile. Of collections the parts of the highest dimension are shown.
bool draw(const Geometry& geometry, TileId tile, TileLayer& layer);
/// A polygon with holes in degrees; several parts.
bool draw_areas(const std::vector<std::vector<std::vector<Position>>>& parts, TileId tile, TileLayer& layer);

}  // namespace machiya::sense::livemap
