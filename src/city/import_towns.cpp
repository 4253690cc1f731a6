#include "city/import_towns.h"

#include <iconv.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "base/text.h"
#include "city/folder.h"
#include "city/stored_file.h"

namespace machiya::city {
namespace {

constexpr const char* kTownCredit = "「位置参照情報」(国土交通省)を加工して作成";
/// No ward is larger; a point beyond belongs to another city or has its columns exchanged.
constexpr double kFarthest = 15'000;

Error broken_line(std::size_t line, const std::string& what) { return Error(ErrorCode::invalid_input, what, "line " + std::to_string(line)); }

/// The national file is published in Windows-31J.
Result<std::string> to_unicode(std::string_view text) {
  if (starts_with(text, "\xEF\xBB\xBF")) text.remove_prefix(3);
  if (is_utf8(text)) return std::string(text);
  const iconv_t converter = iconv_open("UTF-8", "CP932");
  if (converter == reinterpret_cast<iconv_t>(-1)) return Error(ErrorCode::unavailable, "this system cannot convert Windows-31J");
  std::string in(text), out(text.size() * 3 + 16, '\0');
  char *from = in.data(), *to = out.data();
  std::size_t left = in.size(), room = out.size();
  const std::size_t converted = iconv(converter, &from, &left, &to, &room);
  iconv_close(converter);
  if (converted == static_cast<std::size_t>(-1)) return Error(ErrorCode::invalid_input, "the file is neither UTF-8 nor Windows-31J", "byte " + std::to_string(in.size() - left));
  out.resize(out.size() - room);
  return out;
}

/// One record of RFC 4180; moves `at` behind it.
std::vector<std::string> csv_record(std::string_view text, std::size_t& at) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted) {
      if (c != '"') fields.back() += c;
      else if (at + 1 < text.size() && text[at + 1] == '"') fields.back() += text[++at];
      else quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',') {
      fields.emplace_back();
    } else if (c == '\n') {
      ++at;
      break;
    } else if (c != '\r') {
      fields.back() += c;
    }
  }
  return fields;
}

bool read_degrees(const std::string& text, double& out) {
  char* end = nullptr;
  out = std::strtod(text.c_str(), &end);
  return !text.empty() && end == text.c_str() + text.size();
}

struct Columns {
  std::size_t code = SIZE_MAX, name = SIZE_MAX, lat = SIZE_MAX, lon = SIZE_MAX;
  explicit Columns(const std::vector<std::string>& head) {
    for (std::size_t i = 0; i < head.size(); ++i) {
      if (head[i] == "市区町村コード" || head[i] == "ward_code") code = i;
      if (head[i] == "大字町丁目名" || head[i] == "大字・丁目名" || head[i] == "town") name = i;
      if (head[i] == "緯度" || head[i] == "lat") lat = i;
      if (head[i] == "経度" || head[i] == "lon") lon = i;
    }
  }
  bool complete() const { return std::max({code, name, lat, lon}) != SIZE_MAX; }
  std::size_t last() const { return std::max({code, name, lat, lon}); }
};

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string out = "\"";
  for (char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

}  // namespace

std::vector<const TownPoint*> Towns::in_ward(std::string_view code) const {
  std::vector<const TownPoint*> out;
  for (const TownPoint& town : list)
    if (town.ward_code == code) out.push_back(&town);
  return out;
}

const TownPoint* Towns::nearest(GeoPoint point, double limit_m) const {
  const TownPoint* best = nullptr;
  double least = limit_m;
  for (const TownPoint& town : list) {
    const double rough = (town.at.lat - point.lat) * (town.at.lat - point.lat) * 12'300'000'000.0;   // (111 km per degree)²
    if (rough > least * least) continue;
    if (const double d = distance_m(town.at, point); d <= least) least = d, best = &town;
  }
  return best;
}

Result<Towns> read_towns(std::string_view csv, const City& city) {
  MACHIYA_TRY(const std::string text, to_unicode(csv));
  std::size_t at = 0, line = 1;
  const Columns columns(csv_record(text, at));
  if (!columns.complete()) return broken_line(1, "the head line must name 市区町村コード, 大字町丁目名, 緯度, 経度");
  Towns towns;
  towns.source = kTownCredit;
  std::set<std::pair<std::string, std::string>> seen;
  while (at < text.size()) {
    ++line;
    const std::vector<std::string> row = csv_record(text, at);
    if (row.size() == 1 && row[0].empty()) continue;
    if (row.size() <= columns.last()) return broken_line(line, "too few columns");
    const Ward* ward = city.ward(row[columns.code]);
    if (!ward || ward->code != row[columns.code]) continue;
    TownPoint town{ward->code, row[columns.name], {}};
    if (town.name.empty()) return broken_line(line, "the town has no name");
    if (!read_degrees(row[columns.lat], town.at.lat) || !read_degrees(row[columns.lon], town.at.lon)) return broken_line(line, "latitude or longitude is no number");
    const bool plausible = town.at.lat > 20 && town.at.lat < 46 && town.at.lon > 122 && town.at.lon < 154;
    if (!plausible || distance_m(town.at, {ward->lat, ward->lon}) > kFarthest) return broken_line(line, "the point lies far from its ward");
    if (!seen.insert({town.ward_code, town.name}).second) return broken_line(line, "the town is there twice: " + town.name);
    towns.list.push_back(std::move(town));
  }
  if (towns.list.empty()) return Error(ErrorCode::invalid_input, "the file has no town of this city");
  std::stable_sort(towns.list.begin(), towns.list.end(), [](const TownPoint& a, const TownPoint& b) { return a.ward_code < b.ward_code; });
  return towns;
}

Result<Towns> import_towns(const std::string& file, const City& city, const std::string& data_folder) {
  std::string text;
  if (!read_text_file(file, text)) return Error(ErrorCode::invalid_input, "cannot be read, or is larger than 64 MiB", file);
  MACHIYA_TRY(Towns towns, read_towns(text, city));
  std::string out = "ward_code,town,lat,lon\n";
  for (const TownPoint& town : towns.list) {
    char place[64];
    std::snprintf(place, sizeof place, ",%.6f,%.6f\n", town.at.lat, town.at.lon);
    out += town.ward_code + "," + csv_field(town.name) + place;
  }
  MACHIYA_CHECK(store_file(data_folder + "/geo/towns.csv", out));
  return towns;
}

Result<std::shared_ptr<const Towns>> stored_towns(const City& city, const std::string& data_folder) {
  const std::string path = data_folder + "/geo/towns.csv";
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::shared_ptr<const Towns>();
  std::string text;
  if (!read_text_file(path, text)) return Error(ErrorCode::storage_failed, "cannot be read", path);
  auto towns = read_towns(text, city);
  if (!towns.ok()) return Error(ErrorCode::integrity_broken, towns.error().detail, path + " " + towns.error().where);
  return std::shared_ptr<const Towns>(std::make_shared<Towns>(std::move(towns).value()));
}

}  // namespace machiya::city
