#include "sense/geometry/geometry.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "base/geo.h"

namespace machiya::sense {
namespace {

Result<Geometry> read(std::string_view text) {
  tree::Arena arena;
  auto value = tree::parse(text, arena);
  EXPECT_TRUE(value.ok()) << text;
  return Geometry::from_json(*value);
}

Geometry geometry(std::string_view text) {
  auto out = read(text);
  EXPECT_TRUE(out.ok()) << text << ": " << (out.ok() ? "" : out.error().to_string());
  return out.ok() ? *out : Geometry::point({});
}

Geometry of(std::string_view type, std::string_view coordinates) {
  auto out = Geometry::from_coordinates(type, coordinates);
  EXPECT_TRUE(out.ok()) << coordinates << ": " << (out.ok() ? "" : out.error().to_string());
  return out.ok() ? *out : Geometry::point({});
}

TEST(Geometry, ReadsEveryKindAndWritesItBack) {
  for (const std::string text : {
           R"({"type":"Point","coordinates":[135.5,34.7]})",
           R"({"type":"MultiPoint","coordinates":[[1,2],[3,4]]})",
           R"({"type":"LineString","coordinates":[[1,2],[3,4.25]]})",
           R"({"type":"MultiLineString","coordinates":[[[1,2],[3,4]],[[5,6],[7,8],[9,10]]]})",
           R"({"type":"Polygon","coordinates":[[[0,0],[10,0],[10,10],[0,10],[0,0]],[[4,4],[6,4],[6,6],[4,4]]]})",
           R"({"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]],[[[5,5],[6,5],[6,6],[5,5]],[[5.1,5.1],[5.2,5.1],[5.2,5.2],[5.1,5.1]]]]})",
           R"({"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]},{"type":"LineString","coordinates":[[1,2],[3,4]]}]})",
       }) {
    EXPECT_EQ(geometry(text).to_text(), text);
  }
  EXPECT_EQ(geometry(R"({"type":"Point","coordinates":[1,2,300.5]})").to_text(), R"({"type":"Point","coordinates":[1,2]})");   // altitudes are let be
  EXPECT_EQ(geometry(R"("{\"type\":\"Point\",\"coordinates\":[1,2]}")").to_text(), R"({"type":"Point","coordinates":[1,2]})");  // §4.7.2
}

TEST(Geometry, SaysWhatIsWrongAndWhere) {
  const std::vector<std::array<std::string, 2>> cases = {
      {R"({"type":"point","coordinates":[1,2]})", "/type"},
      {R"({"coordinates":[1,2]})", "/type"},
      {R"({"type":"Point"})", ""},
      {R"({"type":"Point","coordinates":[1]})", "/coordinates"},
      {R"({"type":"Point","coordinates":[1,2,3,4]})", "/coordinates"},
      {R"({"type":"Point","coordinates":["1","2"]})", "/coordinates"},
      {R"({"type":"Point","coordinates":[180.1,2]})", "/coordinates"},
      {R"({"type":"Point","coordinates":[2,-90.5]})", "/coordinates"},
      {R"({"type":"Point","coordinates":[1e999,2]})", "/coordinates"},
      {R"({"type":"Point","coordinates":[[1,2]]})", "/coordinates"},
      {R"({"type":"LineString","coordinates":[[1,2]]})", "/coordinates"},
      {R"({"type":"LineString","coordinates":[[1,2],[3,null]]})", "/coordinates/1"},
      {R"({"type":"Polygon","coordinates":[[[0,0],[1,0],[0,0]]]})", "/coordinates/0"},
      {R"({"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1]]]})", "/coordinates/0"},
      {R"({"type":"Polygon","coordinates":[[0,0],[1,0],[1,1],[0,0]]})", "/coordinates/0"},
      {R"({"type":"Polygon","coordinates":[]})", "/coordinates"},
      {R"({"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]],[[[0,0],[1,0],[200,1],[0,0]]]]})", "/coordinates/1/0/2"},
      {R"({"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]},{"type":"Point","coordinates":[]}]})", "/geometries/1/coordinates"},
      {R"("{\"type\":\"Point\"")", ""},
      {R"(7)", ""},
  };
  for (const auto& [text, where] : cases) {
    const auto out = read(text);
    ASSERT_FALSE(out.ok()) << text;
    EXPECT_EQ(out.error().code, ErrorCode::malformed_request) << text;
    if (text[0] == '{') {
      EXPECT_EQ(out.error().where, where) << text;
    }
  }
  EXPECT_FALSE(Geometry::from_coordinates("GeometryCollection", "[1,2]").ok());
  EXPECT_FALSE(Geometry::from_coordinates("Point", "[1,2").ok());
  EXPECT_EQ(Geometry::from_coordinates("Polygon", "[[[0,0],[1,0],[1,1],[0,1]]]").error().where, "coordinates/0");
}

TEST(Geometry, RefusesHugeAndDeepOnes) {
  std::string line = "[[0,0]";
  for (int i = 0; i < 20'000; ++i) line += ",[1,1]";
  const auto huge = Geometry::from_coordinates("LineString", line + "]");
  ASSERT_FALSE(huge.ok());
  EXPECT_EQ(huge.error().code, ErrorCode::limit_exceeded);
  std::string nested = R"({"type":"Point","coordinates":[1,2]})";
  for (int i = 0; i < 6; ++i) nested = R"({"type":"GeometryCollection","geometries":[)" + nested + "]}";
  EXPECT_EQ(read(nested).error().code, ErrorCode::limit_exceeded);
  EXPECT_FALSE(Geometry::from_coordinates("Polygon", std::string(100'000, '[')).ok());
}

TEST(Geometry, BoxesAndPointsWithoutReadingItAll) {
  tree::Arena arena;
  const auto box = [&](std::string_view text) { return box_of(*tree::parse(text, arena)); };
  EXPECT_EQ(box(R"({"type":"LineString","coordinates":[[1,2],[3,-4]]})"), (Box{1, -4, 3, 2}));
  EXPECT_EQ(box(R"({"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]},{"type":"Point","coordinates":[5,6]}]})"), (Box{1, 2, 5, 6}));
  EXPECT_FALSE(box(R"({"type":"Polygon","coordinates":[]})"));
  EXPECT_FALSE(box(R"({"type":"Point","coordinates":[1,200]})"));
  EXPECT_FALSE(box(R"({"type":"Nothing","coordinates":[1,2]})"));
  EXPECT_EQ(point_of(*tree::parse(R"({"type":"Point","coordinates":[1,2]})", arena)), (Position{1, 2}));
  EXPECT_FALSE(point_of(*tree::parse(R"({"type":"Point","coordinates":[[1,2]]})", arena)));
}

struct Row {
  const char *target_type, *target, *reference_type, *reference;
  const char* holds;   // letters of the relations that hold: w c i e d o
};

TEST(ReferenceGeometry, RelationsAreThoseOfSimpleFeatures) {
  constexpr const char* kSquare = "[[[0,0],[10,0],[10,10],[0,10],[0,0]],[[4,4],[6,4],[6,6],[4,6],[4,4]]]";
  const std::vector<Row> rows = {
      {"Point", "[1,1]", "Polygon", kSquare, "wi"},
      {"Point", "[5,5]", "Polygon", kSquare, "d"},         // in the hole
      {"Point", "[0,5]", "Polygon", kSquare, "i"},         // on the border
      {"Point", "[4,5]", "Polygon", kSquare, "i"},         // on the border of the hole
      {"Point", "[10,10]", "Polygon", kSquare, "i"},       // a corner
      {"Point", "[11,5]", "Polygon", kSquare, "d"},
      {"Point", "[1,1]", "Point", "[1,1]", "wcie"},
      {"Point", "[1,1]", "Point", "[1,2]", "d"},
      {"Point", "[1,1]", "LineString", "[[0,0],[2,2]]", "wi"},
      {"Point", "[0,0]", "LineString", "[[0,0],[2,2]]", "i"},   // an end
      {"Polygon", kSquare, "Point", "[1,1]", "ci"},
      {"Polygon", kSquare, "Polygon", kSquare, "wcie"},
      {"Polygon", "[[[1,1],[2,1],[2,2],[1,2],[1,1]]]", "Polygon", kSquare, "wi"},
      {"Polygon", "[[[5,5],[20,5],[20,20],[5,20],[5,5]]]", "Polygon", kSquare, "io"},
      {"Polygon", "[[[10,0],[20,0],[20,10],[10,10],[10,0]]]", "Polygon", kSquare, "i"},   // touches
      {"Polygon", "[[[-1,-1],[11,-1],[11,11],[-1,11],[-1,-1]]]", "Polygon", kSquare, "ci"},
      {"LineString", "[[-1,5],[11,5]]", "Polygon", kSquare, "i"},
      {"LineString", "[[0,0],[2,2]]", "LineString", "[[2,2],[0,0]]", "wcie"},
      {"LineString", "[[0,0],[2,2]]", "LineString", "[[1,1],[3,3]]", "io"},
      {"MultiPoint", "[[1,1],[2,2]]", "MultiPoint", "[[2,2],[3,3]]", "io"},
      {"MultiPoint", "[[1,1],[5,5]]", "Polygon", kSquare, "i"},
  };
  for (const Row& row : rows) {
    const Geometry target = of(row.target_type, row.target);
    const ReferenceGeometry reference(of(row.reference_type, row.reference));
    std::string holds;
    for (const Relation r : {Relation::within, Relation::contains, Relation::intersects, Relation::equals, Relation::disjoint, Relation::overlaps}) {
      if (reference.holds(r, target)) holds += relation_name(r)[0];
    }
    EXPECT_EQ(holds, row.holds) << row.target << " and " << row.reference;
  }
}

TEST(ReferenceGeometry, AnAreaThatCrossesItselfIsMended) {
  const ReferenceGeometry bow(of("Polygon", "[[[0,0],[10,10],[10,0],[0,10],[0,0]]]"));
  EXPECT_TRUE(bow.holds(Relation::within, Position{1, 5}));
  EXPECT_FALSE(bow.holds(Relation::within, Position{5, 1}));
  EXPECT_TRUE(bow.holds(Relation::contains, of("Polygon", "[[[-1,-1],[11,-1],[11,11],[-1,11],[-1,-1]]]")));
  const ReferenceGeometry around(of("Polygon", "[[[-1,-1],[11,-1],[11,11],[-1,11],[-1,-1]]]"));
  EXPECT_TRUE(around.holds(Relation::within, bow.geometry()));
}

TEST(ReferenceGeometry, CollectionsAreAskedMemberByMember) {
  const ReferenceGeometry both(geometry(R"({"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,1]},
    {"type":"Polygon","coordinates":[[[5,5],[6,5],[6,6],[5,6],[5,5]]]}]})"));
  EXPECT_TRUE(both.holds(Relation::within, Position{1, 1}));
  EXPECT_TRUE(both.holds(Relation::intersects, Position{5.5, 5.5}));
  EXPECT_TRUE(both.holds(Relation::disjoint, Position{3, 3}));
  const ReferenceGeometry all(of("Polygon", "[[[0,0],[10,0],[10,10],[0,10],[0,0]]]"));
  EXPECT_TRUE(all.holds(Relation::within, both.geometry()));
  EXPECT_FALSE(all.holds(Relation::disjoint, both.geometry()));
  EXPECT_NEAR(both.distance_m(Position{1, 2}), haversine_m({1, 1}, {1, 2}), 1e-6);
}

// A star with n points around the middle.
Geometry star(std::mt19937& random, int n, Position middle, double radius) {
  std::uniform_real_distribution<double> part(0.3, 1);
  std::string text = "[[", first;
  for (int i = 0; i < n; ++i) {
    const double angle = 2 * M_PI * i / n, r = radius * part(random);
    // A coarse grid makes points on borders and corners likely.
    const auto grid = [](double v) { return std::to_string(std::round(v)); };
    const std::string p = "[" + grid(middle.lon + r * std::cos(angle)) + "," + grid(middle.lat + r * std::sin(angle)) + "]";
    if (i == 0) first = p;
    text += p + ",";
  }
  return of("Polygon", text + first + "]]");
}

TEST(ReferenceGeometry, PointsAreJudgedAsByGeos) {
  std::mt19937 random(7);
  std::uniform_int_distribution<int> grid(-20, 20);
  int inside = 0, border = 0;
  for (int round = 0; round < 200; ++round) {
    const ReferenceGeometry reference(star(random, 5 + round % 20, {0, 0}, 9));
    for (int i = 0; i < 100; ++i) {
      const Position p{grid(random) / 2.0, grid(random) / 2.0};
      const Geometry as_geos = of("MultiPoint", "[[" + std::to_string(p.lon) + "," + std::to_string(p.lat) + "]]");
      for (const Relation r : {Relation::within, Relation::intersects, Relation::disjoint}) {
        ASSERT_EQ(reference.holds(r, p), reference.holds(r, as_geos)) << p.lon << " " << p.lat << " " << relation_name(r) << reference.geometry().to_text();
      }
      inside += reference.holds(Relation::within, p);
      border += reference.holds(Relation::intersects, p) && !reference.holds(Relation::within, p);
    }
  }
  EXPECT_GT(inside, 1000);
  EXPECT_GT(border, 100);
}

TEST(Distance, HaversineIsNearTheEllipsoid) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> lon(-179, 179), lat(-89, 89), near(-0.5, 0.5);
  for (int i = 0; i < 2000; ++i) {
    const Position a{lon(random), lat(random)}, b{a.lon + near(random), std::clamp(a.lat + near(random), -89.9, 89.9)};
    const double exact = distance_m({a.lat, a.lon}, {b.lat, b.lon});
    EXPECT_NEAR(haversine_m(a, b), exact, exact * 0.006 + 0.01);
  }
}

// The least of many positions along the outline.
double by_steps(Position p, const Geometry& g, int steps) {
  double best = 1e18;
  std::uint32_t from = 0;
  for (const std::uint32_t to : g.line_ends()) {
    for (std::uint32_t i = from + 1; i < to; ++i) {
      const Position a = g.positions()[i - 1], b = g.positions()[i];
      for (int s = 0; s <= steps; ++s) best = std::min(best, haversine_m(p, {a.lon + (b.lon - a.lon) * s / steps, a.lat + (b.lat - a.lat) * s / steps}));
    }
    from = to;
  }
  return best;
}

TEST(Distance, FromLinesIsTheLeastOfManyPositionsOnThem) {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> lon(-170, 170), lat(-85, 85), near(-1, 1);
  for (int i = 0; i < 300; ++i) {
    const Position c{lon(random), lat(random) * 0.95};
    std::string text = "[";
    for (int k = 0; k < 6; ++k) text += (k ? ",[" : "[") + std::to_string(c.lon + near(random)) + "," + std::to_string(c.lat + near(random)) + "]";
    const Geometry line = of("LineString", text + "]");
    const Position p{c.lon + near(random), c.lat + near(random)};
    const double stepped = by_steps(p, line, 4000), ours = ReferenceGeometry(line).distance_m(p);
    EXPECT_LE(ours, stepped + 0.01) << line.to_text();
    EXPECT_GE(ours, stepped * 0.999 - 40) << line.to_text();   // steps are up to 30 m apart
    EXPECT_NEAR(ReferenceGeometry(Geometry::point(p)).distance_m(line), ours, 1e-6);
  }
}

TEST(Distance, NearestPointIsChosenInMetresAtHighLatitudes) {
  // In degrees the western end is nearer (0.6 against 0.8); in metres the eastern one, because a degree of longitude is short there.
  const ReferenceGeometry reference(of("MultiPoint", "[[0,84.4],[0.8,85]]"));
  EXPECT_NEAR(reference.distance_m(Position{0, 85}), haversine_m({0, 85}, {0.8, 85}), 0.01);
  // On a slanted line it is not the end that is nearest in degrees, either.
  const Geometry line = of("LineString", "[[0,85.6],[1,85]]");
  const ReferenceGeometry slanted(line);
  EXPECT_NEAR(slanted.distance_m(Position{0, 85}), by_steps({0, 85}, line, 100'000), 0.5);
}

TEST(Distance, BetweenExtendedGeometries) {
  const Geometry a = of("Polygon", "[[[135,34],[135.1,34],[135.1,34.1],[135,34.1],[135,34]]]");
  const Geometry b = of("LineString", "[[135.2,33.9],[135.2,34.3]]");
  EXPECT_NEAR(ReferenceGeometry(a).distance_m(b), haversine_m({135.1, 34.1}, {135.2, 34.1}), 15);
  EXPECT_EQ(ReferenceGeometry(a).distance_m(of("LineString", "[[135.05,33],[135.05,35]]")), 0);
  EXPECT_EQ(ReferenceGeometry(a).distance_m(Position{135.05, 34.05}), 0);
  EXPECT_EQ(ReferenceGeometry(a).distance_m(of("Polygon", "[[[135.04,34.04],[135.05,34.04],[135.05,34.05],[135.04,34.04]]]")), 0);
  // Many positions: the indexed way gives the same.
  std::string many = "[";
  for (int i = 0; i <= 15'000; ++i) many += (i ? ",[" : "[") + std::to_string(135.2 + 0.01 * std::sin(i * 0.01)) + "," + std::to_string(33.9 + 0.4 * i / 15'000) + "]";
  const Geometry long_line = of("LineString", many + "]");
  double best = 1e18;
  for (const Position& p : long_line.positions()) best = std::min(best, ReferenceGeometry(a).distance_m(p));
  EXPECT_NEAR(ReferenceGeometry(a).distance_m(long_line), best, best * 0.001);
}

TEST(Distance, PointsSeeEachOtherOverTheAntimeridian) {
  EXPECT_NEAR(haversine_m({179.9, 0}, {-179.9, 0}), 22'239, 1);
  EXPECT_NEAR(ReferenceGeometry(of("LineString", "[[179.5,-1],[179.5,1]]")).distance_m(Position{-179.5, 0}), 111'195, 1);
}

TEST(Box, GrownHoldsEverythingWithinTheMetres) {
  std::mt19937 random(11);
  std::uniform_real_distribution<double> lon(-180, 180), lat(-90, 90), log(0, 7);
  for (int i = 0; i < 20'000; ++i) {
    const Position a{lon(random), lat(random)}, b{lon(random), lat(random)};
    const double metres = std::pow(10, log(random));
    const bool near = haversine_m(a, b) <= metres;
    EXPECT_TRUE(!near || grown(Box::of(a), metres).covers(b)) << a.lon << " " << a.lat << " " << b.lon << " " << b.lat;
  }
  const Box small = grown(Box::of({135.5, 34.7}), 1000);
  EXPECT_LT(small.east - small.west, 0.025);   // and not much more
}

}  // namespace
}  // namespace machiya::sense
