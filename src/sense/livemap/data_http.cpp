// What scripts and spreadsheets fetch of a map: tiles, settings, figures of an area, one entity, events, CSV.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/text.h"
#include "platform/identity/identity.h"
#include "platform/locale/locale.h"
#include "sense/livemap/web.h"

namespace machiya::sense::livemap::detail {
namespace {
using http::Request;
using http::Response;
using json::Value;

constexpr std::size_t kMostInCsv = 50'000;
constexpr std::string_view kTileType = "application/vnd.mapbox-vector-tile";

std::optional<TileId> tile_in(const Request& request) {
  const auto number = [](std::string_view text) -> std::optional<std::uint32_t> {
    std::uint32_t out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(out) : std::nullopt;
  };
  std::string_view y = request.param("y");
  if (!y.ends_with(".mvt")) return std::nullopt;
  y.remove_suffix(4);
  const auto zoom = number(request.param("z")), column = number(request.param("x")), row = number(y);
  if (!zoom || !column || !row || *zoom > static_cast<std::uint32_t>(kMaxZoom)) return std::nullopt;
  const TileId out{static_cast<int>(*zoom), *column, *row};
  return is_tile(out) ? std::optional(out) : std::nullopt;
}

Response tile_answer(std::string bytes, std::string_view keeping) {
  char tag[24];
  std::snprintf(tag, sizeof tag, "\"%016zx\"", std::hash<std::string>{}(bytes));
  Response out = http::text(std::move(bytes), std::string(kTileType));
  out.header("ETag", tag).header("Cache-Control", std::string(keeping));
  return out;
}

/// What was read is on paper, or the answer is not given.
Response written(const View& view, const Request& request, Response out) {
  if (view.gate)
    if (auto done = view.gate->written_down(); !done.ok()) return http::problem(done.error(), request);
  return out;
}

Response tile(const Web& web, Request& request, Side side) {
  const auto id = tile_in(request);
  if (!id) return http::problem(Error(ErrorCode::not_found, "there is no such tile"), request);
  if (!side.staff && request.param("map") == "ground") return tile_answer(ground_tile(*web.maps.wards(), *id), "public, max-age=3600");
  const auto view = view_of(web, request, side, std::string(request.query("at").value_or("")));
  if (!view.ok()) return http::problem(view.error(), request);
  // Texts in a tile are in the language of who asks.
  Response out = tile_answer(vector_tile(*view, *id), side.staff ? "private, no-cache" : "private, max-age=2");
  out.header("Vary", "Accept-Language, Cookie");
  return written(*view, request, std::move(out));
}

Value position(Position p) { return Value::object({{"lat", p.lat}, {"lon", p.lon}}); }

Value classes_json(const Web& web, const View& view, std::size_t layer) {
  Value out = Value::array();
  const auto& classes = view.map->layers[layer].classes;
  if (!view.sights[layer].classes) return out;
  for (std::size_t k = 0; k < classes.size(); ++k)
    out.push(Value::object({{"id", classes[k].id}, {"label", class_label(web, view, layer, k)}, {"colour", classes[k].colour}, {"path", std::string(shape_path(classes[k].shape))}}));
  return out;
}

Value texts_json(const Web& web, const View& view) {
  Value out = Value::object({});
  for (const char* key : {"map", "keys", "in_view", "zoom_in", "zoom_out", "locate", "layers", "details", "close", "cluster", "other", "area", "area_hint", "draw", "draw_circle", "drawing", "done", "cancel", "clear", "radius", "count",
                          "sum", "average", "list", "csv", "moment", "now", "live", "offline", "nothing_here", "more_here", "no_title", "legend", "play_back", "play_on", "inside", "ward"})
    out.set(key, text(web, view.lang, std::string("maps.js.") + key));
  return out;
}

Response settings(const Web& web, Request& request, Side side) {
  const auto view = view_of(web, request, side, "");
  if (!view.ok()) return http::problem(view.error(), request);
  const std::string base = std::string(side.base()) + "/" + view->map->id;
  const std::string tiles = side.staff ? base + "/tiles" : "/map/tiles/" + view->map->id;
  Value layers = Value::array();
  for (std::size_t l = 0; l < view->layers.size(); ++l) {
    if (!view->sights[l].layer) continue;
    const Layer& layer = view->map->layers[l];
    layers.push(Value::object({{"id", layer.id}, {"name", plain(layer.name, view->lang)}, {"hidden", layer.hidden}, {"from", layer.from_zoom}, {"classes", classes_json(web, *view, l)}}));
  }
  Box box;
  for (const city::Ward& ward : view->wards->city().wards()) box.add(Position{ward.lon, ward.lat});
  if (view->wards->boundaries() != nullptr)
    for (const city::WardArea& area : view->wards->boundaries()->wards)
      for (const Polygon& part : area.parts)
        for (const GeoPoint& p : part.front()) box.add(Position{p.lon, p.lat});
  Value out = Value::object({{"map", view->map->id}, {"base", base}, {"tiles", tiles + "/{z}/{x}/{y}.mvt"}, {"ground", "/map/tiles/ground/{z}/{x}/{y}.mvt"}, {"layers", std::move(layers)},
                             {"other", std::string(shape_path("circle"))}, {"language", std::string(locale::html_lang(view->lang))}});
  if (view->map->start) out.set("start", position(*view->map->start)).set("zoom", view->map->start_zoom);
  if (!box.empty()) {
    Value corners = Value::array();
    for (const double d : {box.west, box.south, box.east, box.north}) corners.push(d);
    out.set("box", std::move(corners));
  }
  if (view->map->past_hours > 0) {
    const auto moments = Livemap::moments(*view->map, web.clock.now());
    out.set("past", Value::object({{"newest", moments.front().us / 1'000'000}, {"steps", static_cast<std::int64_t>(moments.size())}, {"minutes", view->map->step_minutes}}));
  }
  if (!web.base_map_url.empty()) out.set("raster", web.base_map_url).set("rasterCredit", web.base_map_attribution);
  if (view->wards->boundaries() != nullptr) out.set("groundCredit", view->wards->boundaries()->source);
  out.set("credit", plain(view->map->credit, view->lang)).set("texts", texts_json(web, *view));
  Response answer = http::json(out);
  answer.header("Cache-Control", "private, no-cache");
  return answer;
}

Value figures_json(const Web& web, const View& view, const Area& area) {
  Value out = Value::array();
  for (const LayerFigures& f : figures(view, area)) {
    const Layer& layer = view.map->layers[f.layer];
    const EntityType* type = view.city->get<EntityType>("entity-type", layer.entities);
    Value classes = Value::array(), numbers = Value::array();
    for (std::size_t k = 0; k < f.classes.size(); ++k)
      classes.push(Value::object({{"id", k < layer.classes.size() ? layer.classes[k].id : ""}, {"label", class_label(web, view, f.layer, k)}, {"count", static_cast<std::int64_t>(f.classes[k])}}));
    for (std::size_t i = 0; i < f.shown.size(); ++i) {
      const Figure& figure = f.shown[i];
      if (figure.values == 0) continue;
      const AttributeType* a = type->attribute_named(layer.show[i].term);
      Value one = Value::object({{"attribute", layer.show[i].term}, {"label", plain(layer.show[i].label.empty() ? a->label : layer.show[i].label, view.lang)}, {"unit", plain(layer.show[i].unit, view.lang)}, {"values", static_cast<std::int64_t>(figure.values)}});
      if (layer.show[i].sum) one.set("sum", figure.sum);
      if (layer.show[i].average) one.set("average", figure.sum / static_cast<double>(figure.values));
      numbers.push(std::move(one).set("least", figure.least).set("most", figure.most));
    }
    out.push(Value::object({{"layer", layer.id}, {"name", plain(layer.name, view.lang)}, {"count", static_cast<std::int64_t>(f.count)}, {"classes", std::move(classes)}, {"figures", std::move(numbers)}}));
  }
  return out;
}

Response inside(const Web& web, Request& request, Side side) {
  const Asked asked = Asked::of(request);
  const auto view = view_of(web, request, side, asked.at);
  if (!view.ok()) return http::problem(view.error(), request);
  const auto area = Area::parse({asked.ward, asked.town, asked.circle, asked.polygon}, *view->wards);
  if (!area.ok()) return http::problem(area.error(), request);
  const std::string base = std::string(side.base()) + "/" + view->map->id;
  Value out = Value::object({{"layers", figures_json(web, *view, *area)}, {"list", base + asked.query({{"page", ""}}) + "#list"}, {"csv", base + "/list.csv" + asked.query({{"page", ""}})}});
  Response answer = http::json(out);
  answer.header("Cache-Control", "private, no-cache");
  return written(*view, request, std::move(answer));
}

Response entity(const Web& web, Request& request, Side side) {
  const Asked asked = Asked::of(request);
  if (!request.query("id")) return http::problem(Error(ErrorCode::invalid_input, "the id of an entity is expected", "id"), request);
  const auto view = view_of(web, request, side, asked.at);
  if (!view.ok()) return http::problem(view.error(), request);
  const Layer* layer = view->map->layer(asked.layer);
  const auto index = static_cast<std::size_t>(layer == nullptr ? view->map->layers.size() : static_cast<std::size_t>(layer - view->map->layers.data()));
  const auto row = find(*view, index, request.query("id").value_or(""));
  if (!row) return http::problem(Error(ErrorCode::not_found, "it is not on this map"), request);
  const EntityType* type = view->city->get<EntityType>("entity-type", layer->entities);
  const Sight& sight = view->sights[index];
  was_shown(*view, index, *row->entity);
  Value rows = Value::array();
  for (std::size_t i = 0; i < layer->show.size(); ++i) {
    if (!sight.shown[i]) continue;
    const AttributeType* a = type->attribute_named(layer->show[i].term);
    std::string value = value_text(*row->entity, *a, view->lang);
    if (value.empty()) continue;
    if (!layer->show[i].unit.empty()) value += " " + plain(layer->show[i].unit, view->lang);
    rows.push(Value::object({{"label", plain(layer->show[i].label.empty() ? a->label : layer->show[i].label, view->lang)}, {"value", value}}));
  }
  Value out = Value::object({{"id", std::string(row->entity->id)}, {"layer", plain(layer->name, view->lang)}, {"rows", std::move(rows)}, {"at", position(row->at)}});
  if (sight.title) out.set("title", value_text(*row->entity, *type->attribute_named(layer->title), view->lang));
  if (sight.classes && !layer->classes.empty()) out.set("class", class_label(web, *view, index, row->klass));
  if (row->ward < view->wards->city().wards().size()) out.set("ward", plain(view->wards->city().wards()[row->ward].name, view->lang));
  Response answer = http::json(out);
  answer.header("Cache-Control", "private, no-cache");
  return written(*view, request, std::move(answer));
}

/// "?seen=west,south,east,north"
Response events(const Web& web, Request& request, Side side) {
  const auto view = view_of(web, request, side, "");
  if (!view.ok()) return http::problem(view.error(), request);
  std::vector<double> corners;
  const std::string seen(request.query("seen").value_or(""));
  for (const std::string_view one : split(seen, ',')) {
    double d = 0;
    const auto [end, error] = std::from_chars(one.data(), one.data() + one.size(), d);
    if (error == std::errc() && end == one.data() + one.size() && std::isfinite(d)) corners.push_back(d);
  }
  if (corners.size() != 4) return http::problem(Error(ErrorCode::invalid_input, "four corners are expected: west, south, east, north", "seen"), request);
  const Box box{std::clamp(corners[0], -180.0, 180.0), std::clamp(corners[1], -90.0, 90.0), std::clamp(corners[2], -180.0, 180.0), std::clamp(corners[3], -90.0, 90.0)};
  if (box.west > box.east || box.south > box.north) return http::problem(Error(ErrorCode::invalid_input, "west comes before east, south before north", "seen"), request);
  Response out;
  out.events = web.hub.subscribe(topics_of(view->map->id, box));
  return out;
}

Response list_csv(const Web& web, Request& request, Side side) {
  const Asked asked = Asked::of(request);
  const auto view = view_of(web, request, side, asked.at);
  if (!view.ok()) return http::problem(view.error(), request);
  auto selection = selection_of(web, *view, asked);
  if (!selection.ok()) return http::problem(selection.error(), request);
  selection->offset = 0, selection->limit = kMostInCsv;
  const Selected selected = select(*view, *selection);
  if (selected.total > kMostInCsv) return http::problem(Error(ErrorCode::limit_exceeded, "more than 50,000 rows: choose a ward, an area or a class"), request);
  Response out = http::text(csv(web, *view, selected, *selection), "text/csv; charset=utf-8");
  out.header("Content-Disposition", "attachment; filename=\"" + view->map->id + ".csv\"").header("Cache-Control", "private, no-cache");
  return written(*view, request, std::move(out));
}

http::RouteOptions options_of(Side side, int rate) {
  http::RouteOptions out;
  out.permission = side.staff ? "staff:" + std::string(kReadMaps) : "public";
  out.object = side.staff ? "staff-map" : "map", out.rate_per_minute = rate;
  return out;
}

}  // namespace

void add_data_routes(http::Router& router, const Web& web) {
  for (const bool staff : {false, true}) {
    const Side side{staff};
    const std::string base = std::string(side.base()) + "/{map}";
    router.get(staff ? base + "/tiles/{z}/{x}/{y}" : "/map/tiles/{map}/{z}/{x}/{y}", options_of(side, 6000), [web, side](Request& r) { return tile(web, r, side); });
    router.get(base + "/settings", options_of(side, 300), [web, side](Request& r) { return settings(web, r, side); });
    router.get(base + "/inside", options_of(side, 120), [web, side](Request& r) { return inside(web, r, side); });
    router.get(base + "/entity", options_of(side, 600), [web, side](Request& r) { return entity(web, r, side); });
    router.get(base + "/events", options_of(side, 120), [web, side](Request& r) { return events(web, r, side); });
    router.get(base + "/list.csv", options_of(side, 20), [web, side](Request& r) { return list_csv(web, r, side); });
  }
}

}  // namespace machiya::sense::livemap::detail
