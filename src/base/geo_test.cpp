#include "base/geo.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/rng.h"

namespace machiya {
namespace {
const Ring kSquare = {{34.6, 135.4}, {34.6, 135.6}, {34.8, 135.6}, {34.8, 135.4}};
}

TEST(Geo, DistancesOnTheEllipsoid) {
  // One degree of the meridian from the equator: 110,574.4 m; of the equator: 111,319.5 m (GRS80/WGS84 arcs).
  EXPECT_NEAR(distance_m({0, 0}, {1, 0}), 110574.4, 0.5);
  EXPECT_NEAR(distance_m({0, 0}, {0, 1}), 111319.5, 0.5);
  // Vincenty 1975's own kind of pair: Flinders Peak to Buninyong, 54,972.271 m (Geoscience Australia).
  EXPECT_NEAR(distance_m({-37.95103341, 144.42486789}, {-37.65282114, 143.92649553}), 54972.271, 0.01);
  EXPECT_EQ(distance_m({34.7, 135.5}, {34.7, 135.5}), 0);
  double far = distance_m({0, 0}, {0.3, 179.9});  // nearly antipodal
  EXPECT_GT(far, 19.8e6);
  EXPECT_LT(far, 20.1e6);
}

TEST(Geo, PointsInPolygonsWithHoles) {
  Polygon p = {kSquare, {{34.65, 135.45}, {34.65, 135.55}, {34.75, 135.55}, {34.75, 135.45}}};
  EXPECT_TRUE(contains(p, {34.62, 135.5}));
  EXPECT_FALSE(contains(p, {34.7, 135.5}));
  EXPECT_FALSE(contains(p, {34.9, 135.5}));
  EXPECT_FALSE(contains({}, {34.7, 135.5}));
}

TEST(Geo, HullLeavesInnerPointsOut) {
  Ring hull = convex_hull({{0, 0}, {0, 1}, {1, 1}, {1, 0}, {0.5, 0.5}, {0, 0.5}});
  EXPECT_EQ(hull.size(), 4u);
}

TEST(Geo, VoronoiCellsCoverTheShapeOnceAndHoldTheirSite) {
  SeededRng rng(7);
  std::vector<GeoPoint> sites;
  for (int i = 0; i < 24; ++i)
    sites.push_back({34.6 + 0.2 * static_cast<double>(rng.below(10000)) / 10000, 135.4 + 0.2 * static_cast<double>(rng.below(10000)) / 10000});
  auto cells = voronoi_cells(sites, kSquare);
  ASSERT_EQ(cells.size(), sites.size());
  double sum = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    EXPECT_TRUE(contains({cells[i]}, sites[i])) << i;
    sum += area_m2(cells[i]);
  }
  EXPECT_NEAR(sum / area_m2(kSquare), 1.0, 0.002);  // the local planes of the sites differ a little
  auto twice = voronoi_cells({sites[0], sites[0]}, kSquare);
  EXPECT_FALSE(twice[0].empty());
  EXPECT_TRUE(twice[1].empty());
}

TEST(Geo, MeshCodes) {
  // JIS X 0410 by hand for 35.7007 N 139.7147 E: 35.7007*1.5 = 53.551; 139.7147-100 = 39.7147; 0.551*8 = 4.41; 0.7147*8 = 5.718;
  // 0.4084*10 = 4.08; 0.7176*10 = 7.18; halves: south, west.
  EXPECT_EQ(mesh_code({35.7007, 139.7147}, 1), "5339");
  EXPECT_EQ(mesh_code({35.7007, 139.7147}, 2), "533945");
  EXPECT_EQ(mesh_code({35.7007, 139.7147}, 3), "53394547");
  EXPECT_EQ(mesh_code({35.7007, 139.7147}, 4), "533945471");
  EXPECT_FALSE(mesh_code({0, 0}, 3));
  EXPECT_FALSE(mesh_code({35, 139}, 5));
  EXPECT_FALSE(mesh_code({std::nan(""), 139}, 3));
}

}  // namespace machiya
