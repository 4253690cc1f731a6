// GET /maps and /maps/{map}, and the same for staff: the page that works without script.
#include <algorithm>

#include "platform/identity/identity.h"
#include "platform/locale/locale.h"
#include "platform/staff_pages/staff_pages.h"
#include "sense/livemap/web.h"

namespace machiya::sense::livemap::detail {
namespace {
using http::Request;
using http::Response;
using pages::Data;

/// With readings in やさしい日本語, and with its language where it fell back to another one.
Data words(const city::Text& text, std::string_view lang) {
  const std::string& written = text.in(lang);
  const std::string_view shown = locale::html_lang(text.shown_in(lang));
  if (!text.empty() && shown != locale::html_lang(lang)) return Data(pages::SafeHtml{"<span lang=\"" + std::string(shown) + "\">" + pages::escape(written).html + "</span>"});
  return lang == "ja-easy" ? Data(pages::ruby(written)) : Data(written);
}

class Page {
 public:
  Page(const Web& web, const Request& request, Side side, const View& view, const Asked& asked, const Selection& selection)
      : web_(web), request_(request), side_(side), view_(view), asked_(asked), selection_(selection), base_(std::string(side.base()) + "/" + view.map->id) {}

  Data data() {
    const Map& map = *view_.map;
    Data out = (side_.staff ? web_.staff_frame : web_.site_frame)(request_);
    out.set("title", plain(map.name, view_.lang)).set("heading", words(map.name, view_.lang)).set("action", base_).set("settings", base_ + "/settings").set("query", asked_.query());
    if (!map.about.empty()) out.set("about", words(map.about, view_.lang));
    if (!map.credit.empty()) out.set("credit", words(map.credit, view_.lang));
    if (view_.wards->boundaries() != nullptr) out.set("ground_credit", view_.wards->boundaries()->source);
    const std::string kept = asked_.query();
    if (!kept.empty()) out.set("lang_query", kept.substr(1));
    out.set("breadcrumbs", Data().set("items", Data(Data::List{Data().set("href", std::string(side_.base())).set("label", say("maps.title"))})));
    out.set("moment", view_.at ? say("maps.at", {{"time", locale::format_time(*view_.at, view_.lang)}}) : say("maps.now", {{"time", locale::format_time(web_.clock.now(), view_.lang)}}));
    if (view_.at) out.set("past", true).set("now_href", base_ + asked_.query({{"at", ""}}));
    out.set("picture", picture(web_, view_)).set("form", form()).set("legend", legend());
    add_list(out);
    if (asked_.has_area()) out.set("area", area());
    out.set("wards", by_wards()).set("wards_by", say(view_.wards->by() == WardsBy::boundaries ? "maps.wards_exact" : view_.wards->by() == WardsBy::towns ? "maps.wards_towns" : "maps.wards_centroids"));
    return out;
  }

 private:
  const Web& web_;
  const Request& request_;
  Side side_;
  const View& view_;
  const Asked& asked_;
  const Selection& selection_;
  std::string base_;

  std::string say(std::string_view key, const std::vector<std::pair<std::string_view, std::string>>& args = {}) const { return text(web_, view_.lang, key, args); }
  static Data option(std::string value, std::string label, bool checked) { return staff_pages::choice(std::move(value), std::move(label), checked); }
  const EntityType* type(std::size_t layer) const { return view_.city->get<EntityType>("entity-type", view_.map->layers[layer].entities); }

  std::string shown_label(std::size_t layer, std::size_t i) const {
    const Shown& s = view_.map->layers[layer].show[i];
    return plain(s.label.empty() ? type(layer)->attribute_named(s.term)->label : s.label, view_.lang);
  }

  Data form() const {
    Data out = Data().set("q", asked_.text);
    Data layers{Data::List{}}, wards{Data::List{}}, classes{Data::List{}}, towns{Data::List{}};
    for (std::size_t l = 0; l < view_.layers.size(); ++l)
      if (view_.sights[l].layer) layers.push(option(view_.map->layers[l].id, plain(view_.map->layers[l].name, view_.lang), asked_.layer == view_.map->layers[l].id));
    if (view_.layers.size() > 1) out.set("layers", Data().set("options", std::move(layers)));
    for (const city::Ward& ward : view_.wards->city().wards()) wards.push(option(ward.id, plain(ward.name, view_.lang), asked_.ward == ward.id));
    out.set("ward_options", std::move(wards));
    if (selection_.layer && view_.sights[*selection_.layer].classes && !view_.map->layers[*selection_.layer].classes.empty()) {
      const auto& list = view_.map->layers[*selection_.layer].classes;
      for (std::size_t k = 0; k <= list.size(); ++k) {
        const std::string id = k < list.size() ? list[k].id : "other";
        classes.push(option(id, class_label(web_, view_, *selection_.layer, k), asked_.klass == id));
      }
      out.set("classes", Data().set("options", std::move(classes)));
    }
    if (const city::Towns* all = view_.wards->towns()) {
      // Towns of one ward: of the one that was chosen, or of the chosen town.
      const std::string code = !asked_.town.empty() ? asked_.town.substr(0, 5) : selection_.area.kind == Area::Kind::ward ? view_.wards->city().wards()[selection_.area.ward].code : "";
      for (const city::TownPoint* town : all->in_ward(code)) towns.push(option(code + ":" + town->name, town->name, asked_.town == code + ":" + town->name));
      if (!code.empty()) out.set("towns", Data().set("options", std::move(towns)));
    }
    if (view_.map->past_hours > 0) {
      const auto moments = Livemap::moments(*view_.map, web_.clock.now());
      out.set("at", Data().set("value", view_.at ? local_text(*view_.at) : "").set("least", local_text(moments.back())).set("most", local_text(moments.front())).set("step", view_.map->step_minutes * 60));
    }
    for (const auto& [name, value] : {std::pair<const char*, const std::string*>{"circle", &asked_.circle}, {"polygon", &asked_.polygon}, {"sort", &asked_.sort}, {"dir", &asked_.direction}})
      if (!value->empty()) out.set(name, *value);
    return out;
  }

  Data class_row(std::size_t layer, std::size_t klass, std::uint64_t count) const {
    const auto& classes = view_.map->layers[layer].classes;
    const bool known = klass < classes.size();
    Data out = Data().set("colour", known ? classes[klass].colour : "grey").set("shape", std::string(shape_path(known ? classes[klass].shape : "circle"))).set("label", class_label(web_, view_, layer, klass)).set("count", number_text(static_cast<double>(count)));
    return out.set("href", base_ + asked_.query({{"layer", view_.map->layers[layer].id}, {"class", known ? classes[klass].id : "other"}, {"page", ""}}) + "#list");
  }

  Data rows_of(const LayerFigures& f) const {
    Data rows{Data::List{}};
    for (std::size_t k = 0; k < f.classes.size(); ++k)
      if (k + 1 < f.classes.size() || f.classes[k] > 0) rows.push(class_row(f.layer, k, f.classes[k]));
    return rows;
  }

  Data legend() const {
    Data out{Data::List{}};
    for (const LayerFigures& f : figures(view_, {})) {
      Data one = Data().set("name", words(view_.map->layers[f.layer].name, view_.lang)).set("count", number_text(static_cast<double>(f.count))).set("id", "legend-" + view_.map->layers[f.layer].id);
      if (f.classes.size() > 1) one.set("classes", Data().set("rows", rows_of(f)));
      out.push(std::move(one));
    }
    return out;
  }

  std::string area_name() const {
    const Area& a = selection_.area;
    if (a.kind == Area::Kind::ward) return plain(view_.wards->city().wards()[a.ward].name, view_.lang);
    if (a.kind == Area::Kind::town) return view_.wards->towns()->list[a.town].name;
    if (a.kind == Area::Kind::circle) return say("maps.circle", {{"metres", number_text(a.metres)}});
    return say("maps.polygon");
  }

  Data area() const {
    Data layers{Data::List{}};
    for (const LayerFigures& f : figures(view_, selection_.area)) {
      Data numbers{Data::List{}};
      for (std::size_t i = 0; i < f.shown.size(); ++i) {
        const Shown& s = view_.map->layers[f.layer].show[i];
        if (f.shown[i].values == 0) continue;
        const std::string unit = s.unit.empty() ? "" : " " + plain(s.unit, view_.lang);
        const auto add = [&](const char* key, double n) { numbers.push(Data().set("label", say(key, {{"what", shown_label(f.layer, i)}})).set("value", number_text(n) + unit)); };
        if (s.sum) add("maps.sum", f.shown[i].sum);
        if (s.average) add("maps.average", f.shown[i].sum / static_cast<double>(f.shown[i].values));
      }
      Data one = Data().set("name", words(view_.map->layers[f.layer].name, view_.lang)).set("count", number_text(static_cast<double>(f.count))).set("numbers", std::move(numbers));
      if (f.classes.size() > 1) one.set("classes", Data().set("rows", rows_of(f)));
      layers.push(std::move(one));
    }
    Data out = Data().set("name", area_name()).set("layers", std::move(layers)).set("clear", base_ + asked_.query({{"ward", ""}, {"town", ""}, {"circle", ""}, {"polygon", ""}, {"page", ""}}));
    if (selection_.area.kind == Area::Kind::town) out.set("note", say("maps.town_note"));
    return out;
  }

  Data by_wards() const {
    const auto counts = by_ward(view_);
    const auto& wards = view_.wards->city().wards();
    Data heads{Data::List{}}, rows{Data::List{}};
    for (std::size_t l = 0; l < view_.layers.size(); ++l)
      if (view_.sights[l].layer) heads.push(Data().set("label", words(view_.map->layers[l].name, view_.lang)));
    for (std::size_t w = 0; w <= wards.size(); ++w) {
      Data cells{Data::List{}};
      std::uint64_t all = 0;
      for (std::size_t l = 0; l < view_.layers.size(); ++l) {
        const LayerFigures& f = counts.of_ward[w * view_.layers.size() + l];
        if (view_.sights[l].layer) cells.push(Data().set("count", number_text(static_cast<double>(f.count)))), all += f.count;
      }
      if (w == wards.size() && all == 0) continue;
      Data row = Data().set("name", w < wards.size() ? words(wards[w].name, view_.lang) : Data(say("maps.outside"))).set("cells", std::move(cells));
      if (w < wards.size()) row.set("href", base_ + asked_.query({{"ward", wards[w].id}, {"town", ""}, {"circle", ""}, {"polygon", ""}, {"page", ""}}) + "#area");
      rows.push(std::move(row));
    }
    return Data().set("heads", std::move(heads)).set("rows", std::move(rows));
  }

  Data column(const std::string& key, const std::string& label, bool number) const {
    Data out = Data().set("label", label);
    if (number) out.set("number", true);
    const bool mine = asked_.sort == key, down = asked_.direction == "down";
    out.set("href", base_ + asked_.query({{"sort", key}, {"dir", mine && !down ? "down" : ""}, {"page", ""}}) + "#list");
    if (mine) out.set("sorted", down ? "descending" : "ascending");
    return out;
  }

  Data row_of(const Row& row, bool several) const {
    const Layer& layer = view_.map->layers[row.layer];
    const Sight& sight = view_.sights[row.layer];
    const EntityType* t = type(row.layer);
    was_shown(view_, row.layer, *row.entity);
    Data cells{Data::List{}};
    const std::string title = sight.title ? value_text(*row.entity, *t->attribute_named(layer.title), view_.lang) : std::string();
    cells.push(Data().set("text", title.empty() ? say("maps.no_title") : title).set("header", true));
    if (several) cells.push(Data().set("text", plain(layer.name, view_.lang)));
    if (sight.classes && row.klass < layer.classes.size()) cells.push(Data().set("mark", Data().set("colour", layer.classes[row.klass].colour).set("shape", std::string(shape_path(layer.classes[row.klass].shape)))).set("text", class_label(web_, view_, row.layer, row.klass)));
    else cells.push(Data().set("text", layer.classes.empty() || !sight.classes ? std::string() : say("maps.other")));
    const auto& wards = view_.wards->city().wards();
    cells.push(Data().set("text", row.ward < wards.size() ? plain(wards[row.ward].name, view_.lang) : say("maps.outside")));
    if (several) {
      std::string all;
      for (std::size_t i = 0; i < layer.show.size(); ++i)
        if (sight.shown[i])
          if (const std::string v = value_text(*row.entity, *t->attribute_named(layer.show[i].term), view_.lang); !v.empty()) all += (all.empty() ? "" : " · ") + shown_label(row.layer, i) + " " + v;
      cells.push(Data().set("text", all));
    } else {
      for (std::size_t i = 0; i < layer.show.size(); ++i) {
        if (!sight.shown[i]) continue;
        Data cell = Data().set("text", value_text(*row.entity, *t->attribute_named(layer.show[i].term), view_.lang));
        if (is_number(t, layer.show[i].term)) cell.set("number", true);
        cells.push(std::move(cell));
      }
    }
    return Data().set("cells", std::move(cells));
  }

  static bool is_number(const EntityType* type, const std::string& term) {
    const AttributeType* a = type->attribute_named(term);
    return a->kind == ValueKind::number || a->kind == ValueKind::integer;
  }

  void add_list(Data& out) const {
    const Selected selected = select(view_, selection_);
    const bool several = !selection_.layer;
    Data columns{Data::List{}}, rows{Data::List{}};
    columns.push(column("", say("maps.name"), false));
    if (several) columns.push(Data().set("label", say("maps.layer")));
    columns.push(column("class", say("maps.class"), false));
    columns.push(column("ward", say("maps.ward"), false));
    if (several) {
      columns.push(Data().set("label", say("maps.values")));
    } else {
      const Layer& layer = view_.map->layers[*selection_.layer];
      for (std::size_t i = 0; i < layer.show.size(); ++i)
        if (view_.sights[*selection_.layer].shown[i])
          columns.push(column(layer.show[i].term, shown_label(*selection_.layer, i) + (layer.show[i].unit.empty() ? "" : " (" + plain(layer.show[i].unit, view_.lang) + ")"), is_number(type(*selection_.layer), layer.show[i].term)));
    }
    for (const Row& row : selected.rows) rows.push(row_of(row, several));
    const std::size_t all = (static_cast<std::size_t>(selected.total) + selection_.limit - 1) / selection_.limit, page = selection_.offset / selection_.limit + 1;
    Data table = Data().set("caption", say("maps.found", {{"count", number_text(static_cast<double>(selected.total))}})).set("columns", std::move(columns)).set("rows", std::move(rows));
    if (!selected.sorted) table.set("unsorted", true);
    out.set("list", std::move(table)).set("csv", base_ + "/list.csv" + asked_.query({{"page", ""}}));
    if (all > 1) {
      Data pagination = Data().set("summary", say("maps.page", {{"page", std::to_string(page)}, {"pages", std::to_string(all)}}));
      if (page > 1) pagination.set("previous", base_ + asked_.query({{"page", page == 2 ? "" : std::to_string(page - 1)}}) + "#list");
      if (page < all) pagination.set("next", base_ + asked_.query({{"page", std::to_string(page + 1)}}) + "#list");
      out.set("pagination", std::move(pagination));
    }
  }
};

Response show(const Web& web, Request& request, Side side) {
  const Asked asked = Asked::of(request);
  const auto view = view_of(web, request, side, asked.at);
  if (!view.ok()) return http::problem(view.error(), request);
  // A form sends a ward and a town of it: the town is meant, when it still lies in that ward.
  Asked meant = asked;
  if (!meant.town.empty() && !meant.ward.empty()) {
    const city::Ward* ward = view->city->ward(meant.ward);
    const bool inside = ward != nullptr && meant.town.starts_with(ward->code + ":");
    (inside ? meant.ward : meant.town).clear();
  }
  if (!meant.ward.empty() || !meant.town.empty()) meant.circle.clear(), meant.polygon.clear();
  const auto selection = selection_of(web, *view, meant);
  if (!selection.ok()) return http::problem(selection.error(), request);
  Page page(web, request, side, *view, meant, *selection);
  Data data = page.data();
  if (view->gate)
    if (auto done = view->gate->written_down(); !done.ok()) return http::problem(done.error(), request);
  if (side.staff) return staff_pages::render(web.templates, request, "maps/staff_show", std::move(data));
  return http::html(web.templates.render("maps/show", data, request.lang).html);
}

Response list(const Web& web, Request& request, Side side) {
  const auto city = web.maps.city();
  if (!city) return http::problem(ErrorCode::unavailable, request);
  const std::string lang = language_of(request, side);
  Data data = (side.staff ? web.staff_frame : web.site_frame)(request), rows{Data::List{}};
  for (const Map* map : maps_of(*city)) {
    if (map->staff != side.staff) continue;
    if (side.staff && !map->permission.empty() && !web.may(identity::principal_of(request), map->permission)) continue;
    Data row = Data().set("href", std::string(side.base()) + "/" + map->id).set("name", words(map->name, lang));
    if (!map->about.empty()) row.set("about", words(map->about, lang));
    rows.push(std::move(row));
  }
  data.set("title", text(web, lang, "maps.title")).set("maps", std::move(rows));
  if (side.staff) return staff_pages::render(web.templates, request, "maps/staff_list", std::move(data));
  return http::html(web.templates.render("maps/list", data, request.lang).html);
}

}  // namespace

void add_page_routes(http::Router& router, const Web& web) {
  const auto city = web.maps.city();
  for (const bool staff : {false, true}) {
    const Side side{staff};
    http::RouteOptions options;
    options.permission = staff ? "staff:" + std::string(kReadMaps) : "public";
    options.object = "none", options.rate_per_minute = 300;
    options.page_kind = staff ? "staff-maps" : "maps";
    router.get(std::string(side.base()), options, [web, side](Request& r) { return list(web, r, side); });
    options.page_kind.clear();
    // The page is looked at in the browser where the city has one.
    if (city)
      for (const Map* map : maps_of(*city))
        if (map->staff == staff && options.page_kind.empty() && map->permission.empty()) options.page_kind = staff ? "staff-map" : "map", options.sample = std::string(side.base()) + "/" + map->id;
    options.object = staff ? "staff-map" : "map";
    router.get(std::string(side.base()) + "/{map}", options, [web, side](Request& r) { return show(web, r, side); });
  }
}

}  // namespace machiya::sense::livemap::detail

namespace machiya::sense::livemap {

void add_routes(http::Router& router, const Web& web) {
  detail::add_page_routes(router, web);
  detail::add_data_routes(router, web);
}

}  // namespace machiya::sense::livemap
