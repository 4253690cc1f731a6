// What one write is in the log: names that are new, then the points. Pure; the format is frozen (README.md).
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sense/series/catalogue.h"
#include "sense/series/series.h"

namespace machiya::sense::series {

inline constexpr std::uint8_t kPointsRecord = 1;

/// Appends the points.
void put_points(std::span<const Point> points, std::string& out);
/// False when these are not the bytes of put_points().
bool take_points(Reader& in, std::vector<Point>& out);

}  // namespace machiya::sense::series
