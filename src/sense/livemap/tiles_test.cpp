// The pure parts: what is written reads back by a reader of its own, what is cut off a tile is neither lost nor doubled, counts are those of a look at every point.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <set>

#include "base/rng.h"
#include "sense/livemap/clip.h"
#include "sense/livemap/livemap_fixture.h"
#include "sense/livemap/points.h"

namespace machiya::sense::livemap {
namespace {
using testing::TileReader;

TEST(Mvt, RandomFeaturesReadBackAsTheyWereWritten) {
  SeededRng rng(1);
  for (int round = 0; round < 300; ++round) {
    TileLayer layer("layer " + std::to_string(round));
    std::vector<testing::ReadFeature> wanted;
    for (std::uint64_t n = rng.below(12); n-- > 0;) {
      testing::ReadFeature f;
      f.id = rng.below(2) ? rng.below(1ull << 53) : 0;
      layer.begin(f.id);
      for (std::uint64_t t = rng.below(5); t-- > 0;) {
        const std::string key = "k" + std::to_string(rng.below(6));
        if (f.tags.contains(key)) continue;
        switch (rng.below(4)) {
          case 0: {
            const std::string text = rng.below(2) ? "駐輪場" : std::string(rng.below(300), 'x');
            layer.tag(key, std::string_view(text)), f.tags[key] = text;
            break;
          }
          case 1: {
            const auto whole = static_cast<std::int64_t>(rng.next() >> rng.below(64)) * (rng.below(2) ? 1 : -1);
            layer.tag(key, whole);
            f.tags[key] = std::to_string(whole);
            break;
          }
          case 2: layer.tag(key, 0.25 + static_cast<double>(rng.below(1000))), f.tags[key] = std::to_string(0);
            f.tags.erase(key);
            f.tags[key] = "double";
            break;
          default: layer.tag(key, true), f.tags[key] = "true";
        }
      }
      Line line;
      for (std::uint64_t i = 0, count = 2 + rng.below(40); i < count; ++i) line.push_back({static_cast<std::int32_t>(rng.below(9000)) - 2000, static_cast<std::int32_t>(i * 3)});
      f.type = rng.below(2) ? 1 : 2;
      EXPECT_TRUE(f.type == 1 ? layer.points(line) : layer.lines({line}));
      for (const Unit u : line) {
        if (f.type == 1 || f.parts.empty()) f.parts.emplace_back();
        f.parts.back().emplace_back(u.x, u.y);
      }
      wanted.push_back(std::move(f));
    }
    std::string bytes;
    layer.write(bytes);
    const auto read = TileReader::read(bytes);
    if (wanted.empty()) {
      EXPECT_EQ(bytes, "");
      continue;
    }
    ASSERT_EQ(read.size(), 1u);
    const auto& got = read.begin()->second;
    EXPECT_EQ(got.version, 2); EXPECT_EQ(got.extent, 4096); EXPECT_EQ(got.name, "layer " + std::to_string(round));
    ASSERT_EQ(got.features.size(), wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      EXPECT_EQ(got.features[i].id, wanted[i].id); EXPECT_EQ(got.features[i].type, wanted[i].type); EXPECT_EQ(got.features[i].parts, wanted[i].parts);
      ASSERT_EQ(got.features[i].tags.size(), wanted[i].tags.size());
      for (const auto& [k, v] : wanted[i].tags) {
        if (v == "double") EXPECT_NE(got.features[i].tags.at(k).find(".25"), std::string::npos);
        else EXPECT_EQ(got.features[i].tags.at(k), v);
      }
    }
  }
}

TEST(Mvt, OuterRingsTurnClockwiseAndHolesTheOtherWay) {
  for (const bool turned : {false, true}) {
    Line outer{{0, 0}, {100, 0}, {100, 100}, {0, 100}, {0, 0}}, hole{{20, 20}, {20, 40}, {40, 40}, {40, 20}};
    if (turned) std::ranges::reverse(outer), std::ranges::reverse(hole);
    TileLayer layer("a");
    layer.begin();
    ASSERT_TRUE(layer.polygons({{outer, hole, {{1, 1}, {2, 2}, {3, 3}}}}));
    std::string bytes;
    layer.write(bytes);
    const auto tile = TileReader::read(bytes);
    const auto& parts = tile.at("a").features.at(0).parts;
    ASSERT_EQ(parts.size(), 2u) << "a ring without area is left out";
    const auto area = [](const std::vector<std::pair<int, int>>& ring) {
      long sum = 0;
      for (std::size_t i = 0; i < ring.size(); ++i) sum += static_cast<long>(ring[i].first) * ring[(i + 1) % ring.size()].second - static_cast<long>(ring[(i + 1) % ring.size()].first) * ring[i].second;
      return sum;
    };
    EXPECT_EQ(area(parts[0]), 20'000);
    EXPECT_EQ(area(parts[1]), -800);
  }
  TileLayer nothing("a");
  nothing.begin();
  EXPECT_FALSE(nothing.polygons({{{{0, 0}, {1, 1}, {2, 2}}}}));
  EXPECT_FALSE(nothing.lines({{{5, 5}, {5, 5}}}));
  std::string bytes;
  nothing.write(bytes);
  EXPECT_EQ(bytes, "");
}

double area_of(const std::vector<Real>& ring) {
  double sum = 0;
  for (std::size_t i = 0; i < ring.size(); ++i) sum += ring[i].x * ring[(i + 1) % ring.size()].y - ring[(i + 1) % ring.size()].x * ring[i].y;
  return sum / 2;
}
double length_of(const std::vector<Real>& line) {
  double sum = 0;
  for (std::size_t i = 0; i + 1 < line.size(); ++i) sum += std::hypot(line[i + 1].x - line[i].x, line[i + 1].y - line[i].y);
  return sum;
}

// A star over four by four tiles: what stands in the sixteen of them together is the star, whatever its shape.
TEST(Clip, TilesTogetherHoldTheWhole) {
  SeededRng rng(2);
  for (int round = 0; round < 200; ++round) {
    std::vector<Real> ring;
    const std::size_t corners = 3 + rng.below(30);
    for (std::size_t i = 0; i < corners; ++i) {
      const double angle = 2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(corners), far = 500 + static_cast<double>(rng.below(7500));
      ring.push_back({8192 + far * std::cos(angle), 8192 + far * std::sin(angle)});
    }
    double area = 0, length = 0;
    for (int x = 0; x < 4; ++x)
      for (int y = 0; y < 4; ++y) {
        std::vector<Real> moved;
        for (const Real r : ring) moved.push_back({r.x - x * kExtent, r.y - y * kExtent});
        const auto inside = clipped_ring(moved, 0);
        for (const Real r : inside) EXPECT_TRUE(r.x >= -1e-6 && r.x <= kExtent + 1e-6 && r.y >= -1e-6 && r.y <= kExtent + 1e-6);
        area += area_of(inside);
        for (const auto& one : clipped_line(moved, 0)) length += length_of(one);
      }
    EXPECT_NEAR(area, area_of(ring), 1e-3 * std::abs(area_of(ring)) + 1);
    EXPECT_NEAR(length, length_of(ring), 1e-6 * length_of(ring));
  }
}

TEST(Clip, WhatIsLeftOutLiesNearTheLine) {
  SeededRng rng(3);
  std::vector<Real> line;
  for (int i = 0; i < 2000; ++i) line.push_back({static_cast<double>(i), 100 * std::sin(i / 90.0) + static_cast<double>(rng.below(100)) / 60});
  const auto simple = simplified(line, 2);
  EXPECT_LT(simple.size(), line.size() / 8);
  for (const Real r : line) {
    double nearest = 1e9;
    for (std::size_t i = 0; i + 1 < simple.size(); ++i) {
      const Real a = simple[i], b = simple[i + 1];
      const double dx = b.x - a.x, dy = b.y - a.y, t = std::clamp(((r.x - a.x) * dx + (r.y - a.y) * dy) / (dx * dx + dy * dy), 0.0, 1.0);
      nearest = std::min(nearest, std::hypot(r.x - a.x - t * dx, r.y - a.y - t * dy));
    }
    EXPECT_LE(nearest, 2.0000001);
  }
}

TEST(Mercator, KnownPlaces) {
  // Osaka's city hall (34.6937 N, 135.5022 E) by the formula of the tiling scheme: tile 14/14358/6506.
  const Spot s = spot_of({135.5022, 34.6937});
  EXPECT_EQ(tile_of(s, 14), (TileId{14, 14358, 6506}));
  EXPECT_EQ(tile_of(s, 0), TileId{});
  const Position back = position_of(s);
  EXPECT_NEAR(back.lon, 135.5022, 1e-6); EXPECT_NEAR(back.lat, 34.6937, 1e-6);
  EXPECT_EQ(spot_at(curve(s)), s);
  EXPECT_TRUE(box_of_tile({14, 14358, 6506}).covers(Position{135.5022, 34.6937}));
  EXPECT_FALSE(is_tile({14, 1 << 14, 0})); EXPECT_FALSE(is_tile({-1, 0, 0})); EXPECT_FALSE(is_tile({19, 0, 0}));
  EXPECT_EQ(spot_of({-180, 90}), (Spot{0, 0}));
  EXPECT_EQ(spot_of({180, -90}).x, ~0u);
}

struct Model {
  Spot at;
  std::uint8_t klass;
};

TEST(Points, CountsAreThoseOfALookAtEveryPoint) {
  SeededRng rng(4);
  PointIndex index;
  std::map<std::uint32_t, Model> model;
  const auto somewhere = [&]() -> Spot {
    if (rng.below(3) == 0) return {static_cast<std::uint32_t>(rng.next()), static_cast<std::uint32_t>(rng.next())};
    return {3'700'000'000u + static_cast<std::uint32_t>(rng.below(1 << (4 + rng.below(22)))), 1'700'000'000u + static_cast<std::uint32_t>(rng.below(1 << (4 + rng.below(22))))};
  };
  const auto compare = [&] {
    ASSERT_EQ(index.size(), model.size());
    for (int z = 0; z <= kMaxZoom; ++z) {
      std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> tiles;
      for (const auto& [slot, m] : model) ++tiles[{tile_of(m.at, z).x, tile_of(m.at, z).y}];
      int looked = 0;
      for (const auto& [xy, count] : tiles) {
        if (++looked > 40) break;
        const TileId tile{z, xy.first, xy.second};
        ASSERT_EQ(index.count(tile), count);
        std::uint64_t together = 0, visited = 0;
        std::array<std::uint32_t, kClassSlots> classes{}, wanted{};
        for (const Cluster& c : index.clusters(tile, 3)) {
          together += c.count;
          std::uint64_t sum = 0;
          for (std::size_t k = 0; k < kClassSlots; ++k) classes[k] += c.classes[k], sum += c.classes[k];
          ASSERT_EQ(sum, c.count);
          ASSERT_EQ(tile_of(c.middle(), z), tile);
          ASSERT_EQ(tile_of(model.at(c.slot).at, std::min(z + 3, 32)), tile_of(c.middle(), std::min(z + 3, 32)));
        }
        ASSERT_EQ(together, count);
        for (const auto& [slot, m] : model)
          if (tile_of(m.at, z) == tile) ++wanted[m.klass];
        ASSERT_EQ(classes, wanted);
        index.each(tile, [&](std::uint32_t slot, Spot at, std::uint8_t klass) {
          ++visited;
          ASSERT_EQ(model.at(slot).at, at);
          ASSERT_EQ(model.at(slot).klass, klass);
        });
        ASSERT_EQ(visited, count);
      }
    }
    for (int i = 0; i < 20; ++i) {
      Spot a = somewhere(), b = somewhere();
      if (a.x > b.x) std::swap(a.x, b.x);
      if (a.y > b.y) std::swap(a.y, b.y);
      std::set<std::uint32_t> got, wanted;
      index.each(a, b, [&](std::uint32_t slot, Spot, std::uint8_t) { EXPECT_TRUE(got.insert(slot).second); });
      for (const auto& [slot, m] : model)
        if (m.at.x >= a.x && m.at.x <= b.x && m.at.y >= a.y && m.at.y <= b.y) wanted.insert(slot);
      ASSERT_EQ(got, wanted);
    }
  };
  index.begin_bulk();
  for (std::uint32_t slot = 0; slot < 1500; ++slot) {
    model[slot] = {somewhere(), static_cast<std::uint8_t>(rng.below(kClassSlots))};
    index.put(slot, model[slot].at, model[slot].klass);
  }
  index.end_bulk();
  compare();
  for (int round = 0; round < 12; ++round) {
    for (int i = 0; i < 250; ++i) {
      const auto slot = static_cast<std::uint32_t>(rng.below(2500));
      if (rng.below(4) == 0) {
        index.erase(slot), model.erase(slot);
      } else {
        // Now and then only the class changes, or nothing.
        const bool stays = model.contains(slot) && rng.below(3) == 0;
        model[slot] = {stays ? model[slot].at : somewhere(), static_cast<std::uint8_t>(rng.below(kClassSlots))};
        index.put(slot, model[slot].at, model[slot].klass);
      }
    }
    compare();
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace machiya::sense::livemap
