// Geometries in the hands of GEOS, through its C interface: handles that free themselves.
#pragma once
#include <geos_c.h>

#include <memory>

#include "sense/geometry/geometry.h"

namespace machiya::sense::detail {

/// This thread's GEOS context; lives as long as the thread.
GEOSContextHandle_t geos();

struct FreeShape {
  void operator()(GEOSGeometry* g) const { GEOSGeom_destroy_r(geos(), g); }
};
struct FreePrepared {
  void operator()(const GEOSPreparedGeometry* g) const { GEOSPreparedGeom_destroy_r(geos(), g); }
};
using Shape = std::unique_ptr<GEOSGeometry, FreeShape>;
using PreparedShape = std::unique_ptr<const GEOSPreparedGeometry, FreePrepared>;

/// Not for collections. Areas that cross themselves are made valid; `mended` says so. Longitudes are multiplied by `shortening`.
Shape shape_of(const Geometry& geometry, bool* mended = nullptr, double shortening = 1);
Shape shape_of(Position p);

}  // namespace machiya::sense::detail
