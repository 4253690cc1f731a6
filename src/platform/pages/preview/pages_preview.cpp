// pages_preview SOURCE OUTPUT: renders tests/browser/preview/*.json (a template of tests/browser/preview/templates and
// its data) in every language to OUTPUT/<language>/<name>.html, with the static files under OUTPUT/static and the list
// of pages in OUTPUT/pages.json: a site for the browser harness that needs no server of ours.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/json.h"
#include "platform/locale/locale.h"
#include "platform/pages/assets.h"
#include "platform/pages/charts.h"
#include "platform/pages/pages.h"

namespace fs = std::filesystem;
using namespace machiya;

namespace {

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}
void write(const fs::path& path, std::string_view text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

/// Texts of a preview may be maps by language.
json::Value in_language(const json::Value& value, std::string_view lang) {
  if (value.is_array()) {
    json::Value out = json::Value::array();
    for (const auto& item : value.items()) out.push(in_language(item, lang));
    return out;
  }
  if (!value.is_object()) return value;
  if (value.has("ja") && value["ja"].is_string()) return value.has(lang) ? value[lang] : lang == "ja-easy" || !value.has("en") ? value["ja"] : value["en"];
  json::Value out = json::Value::object();
  for (const auto& [key, item] : value.members()) out.set(key, in_language(item, lang));
  return out;
}

/// The areas of the drawn map as the layer of the map with script.
json::Value to_geojson(const std::vector<pages::MapArea>& areas) {
  json::Value features = json::Value::array();
  for (const auto& area : areas) {
    json::Value ring = json::Value::array();
    for (std::size_t i = 0; i <= area.rings[0].size(); ++i) {
      GeoPoint p = area.rings[0][i % area.rings[0].size()];
      ring.push(json::Value::array().push(p.lon).push(p.lat));
    }
    json::Value geometry = json::Value::object({{"type", "Polygon"}, {"coordinates", json::Value::array().push(std::move(ring))}});
    features.push(json::Value::object({{"type", "Feature"}, {"properties", json::Value::object({{"name", area.name}})}, {"geometry", std::move(geometry)}}));
  }
  return json::Value::object({{"type", "FeatureCollection"}, {"attribution", "概略図 (approximate)"}, {"features", std::move(features)}});
}

/// Charts and a ward map over points like wards of a city.
json::Value add_drawings(pages::Data& data, std::string_view lang) {
  bool ja = lang == "ja" || lang == "ja-easy";
  data.set("bar", pages::bar_chart("bar", ja ? "区ごとの申請件数" : "Applications by ward", {{ja ? "北区" : "Kita", 412, "412"}, {ja ? "中央区" : "Chuo", 305, "305"}, {ja ? "西成区" : "Nishinari", 87, "87"}}));
  data.set("line", pages::line_chart("line", ja ? "月ごとの申請件数" : "Applications by month", {{"4", 310, "310"}, {"5", 420, "420"}, {"6", 380, "380"}, {"7", 505, "505"}, {"8", 260, "260"}, {"9", 610, "610"}}));
  const std::vector<std::pair<const char*, GeoPoint>> wards = {{"北区", {34.7052, 135.5019}}, {"都島区", {34.7119, 135.5272}}, {"福島区", {34.6939, 135.4753}}, {"此花区", {34.668, 135.4201}}, {"中央区", {34.6801, 135.5141}}, {"西区", {34.6778, 135.4838}}, {"港区", {34.6603, 135.4508}}, {"天王寺区", {34.6599, 135.5204}}, {"住之江区", {34.6205, 135.4471}}, {"平野区", {34.615, 135.5607}}, {"淀川区", {34.729, 135.4822}}, {"鶴見区", {34.7035, 135.5754}}};
  std::vector<GeoPoint> sites, around;
  for (const auto& [name, at] : wards) {
    sites.push_back(at);
    for (int i = 0; i < 4; ++i) around.push_back({at.lat + (i < 2 ? .025 : -.025), at.lon + (i % 2 ? .03 : -.03)});
  }
  auto cells = voronoi_cells(sites, convex_hull(around));
  std::vector<pages::MapArea> areas;
  for (std::size_t i = 0; i < wards.size(); ++i) areas.push_back({wards[i].first, "/wards/" + std::to_string(i), std::to_string(i * 7), {cells[i]}, sites[i], static_cast<int>(i % 5)});
  data.set("map", pages::ward_map("map", ja ? "区から選ぶ" : "Choose a ward", areas, {{{34.69, 135.5}, ja ? "報告 1" : "Report 1", "/reports/1"}}, true));
  return to_geojson(areas);
}

int fail(const Error& error) {
  std::fprintf(stderr, "error: %s\n", error.detail.c_str());
  return 1;
}

int run(const fs::path& source, const fs::path& output) {
  fs::path templates_folder = output / ".templates";
  fs::remove_all(output);
  fs::create_directories(output);
  fs::copy(source / "web/templates", templates_folder, fs::copy_options::recursive);
  fs::copy(source / "tests/browser/preview/templates", templates_folder / "preview", fs::copy_options::recursive);
  auto assets = pages::Assets::load({{"styles", (source / "web/styles").string()}, {"scripts", (source / "web/scripts").string()}, {"vendor", (source / "build/web/vendor").string()}});
  if (!assets) return fail(assets.error());
  auto catalogue = locale::Catalogue::load((source / "web/locale").string());
  if (!catalogue) return fail(catalogue.error());
  auto templates = pages::Templates::load(templates_folder.string(), *catalogue.value(), *assets.value());
  if (!templates) return fail(templates.error());
  for (const std::string& name : assets.value()->names()) {
    std::string url = assets.value()->url(name).value();
    write(output / url.substr(1), assets.value()->find(url.substr(8))->body);
  }
  json::Value list = json::Value::array();
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(source / "tests/browser/preview"))
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    auto parsed = json::parse(read(file));
    if (!parsed) return fail(Error(ErrorCode::definition_error, file.string() + ": " + parsed.error().detail + " " + parsed.error().where));
    const std::string name = file.stem().string();
    for (std::string_view lang : locale::kLanguages) {
      pages::Data data = pages::from_json(in_language((*parsed)["data"], lang));
      write(output / "layers.json", json::to_text(add_drawings(data, lang)));
      write(output / std::string(lang) / (name + ".html"), templates.value()->render(parsed->text("template"), data, lang).html);
    }
    json::Value page = json::Value::object();
    page.set("kind", name).set("path", "/" + name + ".html").set("audience", parsed->text("audience"));
    list.push(std::move(page));
  }
  write(output / "pages.json", json::to_pretty(list));
  std::printf("%zu pages in %zu languages under %s\n", files.size(), locale::kLanguages.size(), output.string().c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: pages_preview SOURCE OUTPUT\n");
    return 2;
  }
  return run(argv[1], argv[2]);
}
