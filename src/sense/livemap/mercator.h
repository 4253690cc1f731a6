// Places as a tiled map counts them: Web Mercator (EPSG:3857) as whole numbers of 32 bits from the north-west corner, and their order along a Z curve, in which
// every tile and every cell of a grid within it is one stretch. Pure.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "sense/geometry/geometry.h"

namespace machiya::sense::livemap {

/// x to the east, y to the south; the world is 2^32 wide and high.
struct Spot {
  std::uint32_t x = 0, y = 0;
  friend bool operator==(const Spot&, const Spot&) = default;
};
/// A tile of a slippy map: z 0 … kMaxZoom, x and y below 2^z.
struct TileId {
  int z = 0;
  std::uint32_t x = 0, y = 0;
  friend bool operator==(const TileId&, const TileId&) = default;
};
inline constexpr int kMaxZoom = 18;
inline constexpr int kExtent = 4096;          ///< units of a tile's side (MVT 2.1 §4.1)
inline constexpr double kMaxLatitude = 85.05112877980659;   ///< where the square world ends; places beyond stand on its edge

/// 0 … 1 from west to east, from north to south.
inline double world_x(double lon) { return (lon + 180.0) / 360.0; }
inline double world_y(double lat) {
  const double s = std::sin(std::clamp(lat, -kMaxLatitude, kMaxLatitude) * std::numbers::pi / 180.0);
  return 0.5 - std::log((1 + s) / (1 - s)) / (4 * std::numbers::pi);
}
inline std::uint32_t whole(double world) { return static_cast<std::uint32_t>(std::clamp(std::floor(world * 4294967296.0), 0.0, 4294967295.0)); }
inline Spot spot_of(Position p) { return {whole(world_x(p.lon)), whole(world_y(p.lat))}; }
inline Position position_of(double x, double y) {
  return {x * 360.0 - 180.0, std::atan(std::sinh(std::numbers::pi * (1 - 2 * y))) * 180.0 / std::numbers::pi};
}
inline Position position_of(Spot s) { return position_of(s.x / 4294967296.0, s.y / 4294967296.0); }

inline std::uint64_t spread(std::uint32_t v) {
  std::uint64_t x = v;
  x = (x | x << 16) & 0x0000FFFF0000FFFFull, x = (x | x << 8) & 0x00FF00FF00FF00FFull, x = (x | x << 4) & 0x0F0F0F0F0F0F0F0Full;
  x = (x | x << 2) & 0x3333333333333333ull;
  return (x | x << 1) & 0x5555555555555555ull;
}
inline std::uint32_t gathered(std::uint64_t x) {
  x &= 0x5555555555555555ull;
  x = (x | x >> 1) & 0x3333333333333333ull, x = (x | x >> 2) & 0x0F0F0F0F0F0F0F0Full, x = (x | x >> 4) & 0x00FF00FF00FF00FFull;
  x = (x | x >> 8) & 0x0000FFFF0000FFFFull;
  return static_cast<std::uint32_t>(x | x >> 16);
}
/// The place along the curve.
inline std::uint64_t curve(Spot s) { return spread(s.x) | spread(s.y) << 1; }
inline Spot spot_at(std::uint64_t key) { return {gathered(key), gathered(key >> 1)}; }

/// First and last place of the curve within the tile.
struct Stretch {
  std::uint64_t first = 0, last = ~std::uint64_t{0};
};
inline Stretch stretch_of(TileId t) {
  if (t.z == 0) return {};
  const std::uint64_t first = (spread(t.x) | spread(t.y) << 1) << (64 - 2 * t.z);
  return {first, first + ((std::uint64_t{1} << (64 - 2 * t.z)) - 1)};
}
inline TileId tile_of(Spot s, int z) { return z == 0 ? TileId{} : TileId{z, s.x >> (32 - z), s.y >> (32 - z)}; }
inline bool is_tile(TileId t) { return t.z >= 0 && t.z <= kMaxZoom && t.x < (1u << t.z) && t.y < (1u << t.z); }
/// Units within the tile; whole numbers for a place that lies in it.
inline int unit_x(Spot s, TileId t) { return static_cast<int>((s.x - (t.z == 0 ? 0 : t.x << (32 - t.z))) >> (20 - t.z)); }
inline int unit_y(Spot s, TileId t) { return static_cast<int>((s.y - (t.z == 0 ? 0 : t.y << (32 - t.z))) >> (20 - t.z)); }
/// Degrees that the tile covers, `buffer` units wider on each side.
inline Box box_of_tile(TileId t, double buffer = 0) {
  const double n = std::exp2(t.z), b = buffer / kExtent;
  const Position nw = position_of((t.x - b) / n, std::max(0.0, (t.y - b) / n)), se = position_of((t.x + 1 + b) / n, std::min(1.0, (t.y + 1 + b) / n));
  return {std::max(-180.0, nw.lon), se.lat, std::min(180.0, se.lon), nw.lat};
}

}  // namespace machiya::sense::livemap
