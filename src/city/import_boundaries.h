// `machiya import boundaries FILE`: ward boundaries from the user's own copy of 国土数値情報 行政区域データ (N03, GeoJSON).
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "city/boundaries.h"

namespace machiya::city {

/// Reads a GeoJSON FeatureCollection: property N03_007 (or code) is the municipality's five-digit code, geometry Polygon or
/// MultiPolygon in degrees, longitude first. Keeps the wards of `city`, joins features of one code, refuses a file that
/// lacks a ward, has a ring that is not closed or a point outside of Japan (invalid_input, with the feature in `where`).
Result<Boundaries> read_boundaries(std::string_view geojson, const City& city);
/// Reads, checks and stores FILE as DATA/geo/boundaries.json; gives what was stored.
Result<Boundaries> import_boundaries(const std::string& file, const City& city, const std::string& data_folder);
/// What was imported; null when nothing was. Fails with integrity_broken when the stored file is damaged.
Result<std::shared_ptr<const Boundaries>> stored_boundaries(const std::string& data_folder);

}  // namespace machiya::city
