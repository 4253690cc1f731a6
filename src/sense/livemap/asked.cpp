// What an address of a map asks, and small texts that pages and data share.
#include <algorithm>
#include <cmath>

#include "platform/identity/identity.h"
#include "platform/locale/locale.h"
#include "platform/tables/table_file.h"
#include "sense/livemap/web.h"

namespace machiya::sense::livemap::detail {
using http::Request;

namespace {

constexpr std::size_t kPerPage = 50, kMostPages = 2000;

std::string one(const Request& request, std::string_view name) { return std::string(request.query(name).value_or("")).substr(0, 20'000); }

std::size_t page_of(const std::string& text) {
  if (text.empty() || text.size() > 5 || text.find_first_not_of("0123456789") != std::string::npos) return 1;
  return std::clamp<std::size_t>(std::stoul(text), 1, kMostPages);
}

/// "2026-11-23T09:00" (Japan's time), with or without seconds.
std::optional<Instant> moment_of(const std::string& text) {
  if (text.size() != 16 && text.size() != 19) return std::nullopt;
  return parse_rfc3339(text + (text.size() == 16 ? ":00+09:00" : "+09:00"));
}

}  // namespace

Asked Asked::of(const Request& request) {
  return {one(request, "layer"), one(request, "ward"), one(request, "town"), one(request, "circle"), one(request, "polygon"), one(request, "class"), one(request, "q"), one(request, "sort"), one(request, "dir"), one(request, "page"), one(request, "at")};
}

std::string Asked::query(const std::vector<std::pair<std::string, std::string>>& changed) const {
  std::vector<std::pair<std::string, std::string>> all = {{"layer", layer}, {"ward", ward}, {"town", town}, {"circle", circle}, {"polygon", polygon}, {"class", klass}, {"q", text}, {"sort", sort}, {"dir", direction}, {"page", page}, {"at", at}};
  for (const auto& [name, value] : changed)
    for (auto& [n, v] : all)
      if (n == name) v = value;
  std::string out;
  for (const auto& [name, value] : all)
    if (!value.empty()) out += (out.empty() ? "?" : "&") + name + "=" + http::url_encode(value);
  return out;
}

std::string language_of(const Request& request, Side side) { return side.staff ? std::string(locale::staff_language(request.lang)) : request.lang.empty() ? "ja" : request.lang; }

std::string local_text(Instant t) { return to_iso_japan(t).substr(0, 16); }

std::string text(const Web& web, std::string_view lang, std::string_view key, const std::vector<std::pair<std::string_view, std::string>>& args) { return web.texts.text(lang, key, args); }

std::string number_text(double n) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.2f", n);
  std::string out = buffer;
  while (out.ends_with('0')) out.pop_back();
  if (out.ends_with('.')) out.pop_back();
  const std::size_t first = out.starts_with('-') ? 1 : 0;
  for (auto at = static_cast<std::ptrdiff_t>(std::min(out.find('.'), out.size())) - 3; at > static_cast<std::ptrdiff_t>(first); at -= 3) out.insert(static_cast<std::size_t>(at), ",");
  return out == "-0" ? "0" : out;
}

std::string class_label(const Web& web, const View& view, std::size_t layer, std::size_t klass) {
  const auto& classes = view.map->layers[layer].classes;
  if (klass < classes.size()) return plain(classes[klass].label, view.lang);
  return text(web, view.lang, "maps.other");
}

// Each fits into a circle of 9 around the origin; told apart by outline alone.
std::string_view shape_path(std::string_view shape) {
  if (shape == "square") return "M-7 -7H7V7H-7Z";
  if (shape == "triangle") return "M0 -9L8.5 7H-8.5Z";
  if (shape == "down") return "M0 9L8.5 -7H-8.5Z";
  if (shape == "diamond") return "M0 -9.5L9.5 0L0 9.5L-9.5 0Z";
  if (shape == "cross") return "M-3 -9H3V-3H9V3H3V9H-3V3H-9V-3H-3Z";
  if (shape == "star") return "M0 -10L2.6 -3.6L9.5 -3.1L4.2 1.4L5.9 8.1L0 4.4L-5.9 8.1L-4.2 1.4L-9.5 -3.1L-2.6 -3.6Z";
  if (shape == "hexagon") return "M-4.5 -8H4.5L9 0L4.5 8H-4.5L-9 0Z";
  return "M8 0A8 8 0 1 1 -8 0A8 8 0 1 1 8 0Z";
}

Result<View> view_of(const Web& web, const Request& request, Side side, const std::string& at) {
  const Error unknown(ErrorCode::not_found, "no such map");
  const auto city = web.maps.city();
  const std::string id(request.param("map"));
  const Map* map = city ? city->get<Map>("map", id) : nullptr;
  if (map == nullptr || map->staff != side.staff) return unknown;
  if (side.staff && !map->permission.empty() && !web.may(identity::principal_of(request), map->permission)) return unknown;
  std::optional<Instant> moment;
  if (!at.empty()) {
    moment = moment_of(at);
    if (!moment) return Error(ErrorCode::invalid_input, "a moment is written 2026-11-23T09:00", "at");
  }
  GatePtr gate = side.staff ? nullptr : web.visitor();
  if (side.staff) {
    MACHIYA_TRY(gate, web.gate(request));
  }
  return web.maps.view(id, std::move(gate), language_of(request, side), moment);
}

Result<Selection> selection_of(const Web&, const View& view, const Asked& asked) {
  Selection out;
  if (!asked.layer.empty()) {
    const Layer* layer = view.map->layer(asked.layer);
    const auto index = static_cast<std::size_t>(layer == nullptr ? 0 : layer - view.map->layers.data());
    if (layer == nullptr || !view.sights[index].layer) return Error(ErrorCode::invalid_input, "there is no such layer", "layer");
    out.layer = index;
  } else if (view.map->layers.size() == 1) {
    out.layer = 0;
  }
  if (!asked.klass.empty()) {
    if (!out.layer) return Error(ErrorCode::invalid_input, "a class needs its layer", "class");
    const auto& classes = view.map->layers[*out.layer].classes;
    const auto there = std::ranges::find(classes, asked.klass, &Class::id);
    if (there == classes.end() && asked.klass != "other") return Error(ErrorCode::invalid_input, "there is no such class", "class");
    out.klass = static_cast<std::uint8_t>(there - classes.begin());
  }
  MACHIYA_TRY(out.area, Area::parse({asked.ward, asked.town, asked.circle, asked.polygon}, *view.wards));
  out.text = asked.text, out.sort = asked.sort, out.descending = asked.direction == "down";
  out.limit = kPerPage, out.offset = (page_of(asked.page) - 1) * kPerPage;
  return out;
}

std::string csv(const Web& web, const View& view, const Selected& selected, const Selection& selection) {
  std::string out = "\xEF\xBB\xBF";
  const auto cell = [&](const std::string& value, bool last = false) {
    const std::string safe = tables::guarded(value);
    const bool quoted = safe.find_first_of(",\"\r\n") != std::string::npos;
    if (quoted) out += '"';
    for (const char c : safe) out += c == '"' ? std::string("\"\"") : std::string(1, c);
    if (quoted) out += '"';
    out += last ? "\r\n" : ",";
  };
  const auto head = [&](const char* key) { return text(web, view.lang, key); };
  cell("id"), cell(head("maps.layer")), cell(head("maps.name")), cell(head("maps.class")), cell(head("maps.ward")), cell("lat");
  const bool single = selection.layer.has_value();
  const auto columns = [&](std::size_t layer) {
    std::vector<std::size_t> list;
    for (std::size_t i = 0; i < view.map->layers[layer].show.size(); ++i)
      if (view.sights[layer].shown[i]) list.push_back(i);
    return list;
  };
  const auto own = single ? columns(*selection.layer) : std::vector<std::size_t>();
  cell("lon", own.empty());
  for (std::size_t i = 0; i < own.size(); ++i) cell(view.map->layers[*selection.layer].show[own[i]].term, i + 1 == own.size());
  const EntityTypes types(view.city);
  for (const Row& row : selected.rows) {
    const Layer& layer = view.map->layers[row.layer];
    const EntityType* type = types.by_id(layer.entities);
    const Sight& sight = view.sights[row.layer];
    was_shown(view, row.layer, *row.entity);
    const auto& wards = view.wards->city().wards();
    char place[2][32];
    std::snprintf(place[0], sizeof place[0], "%.6f", row.at.lat), std::snprintf(place[1], sizeof place[1], "%.6f", row.at.lon);
    cell(std::string(row.entity->id)), cell(plain(layer.name, view.lang)), cell(sight.title ? value_text(*row.entity, *type->attribute_named(layer.title), view.lang) : "");
    cell(sight.classes ? class_label(web, view, row.layer, row.klass) : ""), cell(row.ward < wards.size() ? plain(wards[row.ward].name, view.lang) : ""), cell(place[0]), cell(place[1], own.empty());
    for (std::size_t i = 0; i < own.size(); ++i) cell(value_text(*row.entity, *type->attribute_named(layer.show[own[i]].term), ""), i + 1 == own.size());
  }
  return out;
}

}  // namespace machiya::sense::livemap::detail
