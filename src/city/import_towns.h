// `machiya import towns FILE`: points of the towns (町丁目) from the user's own copy of 位置参照情報 (国土交通省, CSV).
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/geo.h"
#include "base/result.h"
#include "city/city.h"

namespace machiya::city {

struct TownPoint {
  std::string ward_code;    ///< JIS X 0402, five digits
  std::string name;         ///< "網島町", "内代町一丁目"
  GeoPoint at;
};
struct Towns {
  std::vector<TownPoint> list;   ///< by ward, then in the order of the file
  std::string source;
  std::vector<const TownPoint*> in_ward(std::string_view code) const;
  /// The nearest town within `limit_m` metres; nullptr when there is none.
  const TownPoint* nearest(GeoPoint point, double limit_m) const;
};

/// Reads the CSV (UTF-8 or Windows-31J, as published) by its head line: 市区町村コード, 大字町丁目名, 緯度, 経度; other columns
/// are ignored. The English names ward_code, town, lat, lon are understood too. Keeps the wards of `city`; invalid_input
/// names the line of a number that is none, of a point more than 15 km from its ward's centroid and of a double town.
Result<Towns> read_towns(std::string_view csv, const City& city);
/// Reads, checks and stores FILE as DATA/geo/towns.csv (UTF-8); gives what was stored.
Result<Towns> import_towns(const std::string& file, const City& city, const std::string& data_folder);
/// What was imported; null when nothing was.
Result<std::shared_ptr<const Towns>> stored_towns(const City& city, const std::string& data_folder);

}  // namespace machiya::city
