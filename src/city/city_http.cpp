#include "city/city_http.h"

#include <algorithm>
#include <charconv>

#include "platform/pages/charts.h"

namespace machiya::city {
namespace {

using http::Request;
using http::Response;
using pages::Data;

std::vector<RunningService> services_of(const FrontDoor& door, const Room& room) {
  return door.runs_here ? door.runs_here(room) : std::vector<RunningService>();
}

/// A text as people read it: in やさしい日本語 "{漢字|かんじ}" becomes a word with its reading; a text without a translation
/// says which language it is in (WCAG 2.2, 3.1.2).
Data words(const Text& text, std::string_view lang) {
  const std::string& written = text.in(lang);
  const std::string_view shown = locale::html_lang(text.shown_in(lang));
  if (!text.empty() && shown != locale::html_lang(lang))
    return Data(pages::SafeHtml{"<span lang=\"" + std::string(shown) + "\">" + pages::escape(written).html + "</span>"});
  return lang == "ja-easy" ? Data(pages::ruby(written)) : Data(written);
}

/// The same without readings, for window titles, options and labels of drawings.
std::string plain(const Text& text, std::string_view lang) {
  const std::string& written = text.in(lang);
  if (lang != "ja-easy") return written;
  std::string out;
  for (const locale::TextPiece& piece : locale::parse_text(written)) out += piece.text;
  return out;
}

/// "1,234,567"
std::string grouped(std::int64_t n) {
  std::string digits = std::to_string(n);
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

class FrontPages {
 public:
  FrontPages(const pages::Templates& templates, const locale::Catalogue& texts, FrontDoor door)
      : templates_(templates), texts_(texts), door_(std::move(door)) {}

  Response home(const Request& request) const {
    const auto city = door_.city();
    if (!city) return http::problem(ErrorCode::unavailable, request);
    Data page = begin(request, texts_.text(request.lang, "city.home_title", {{"city", plain(city->name(), request.lang)}}));
    page.set("city", words(city->name(), request.lang));
    if (door_.alerts)
      if (auto standing = door_.alerts(request)) page.set("alerts", std::move(*standing));
    if (door_.search)
      if (auto box = door_.search(request)) page.set("search", std::move(*box));
    page.set("reports", report_cards(*city, request.lang));
    page.set("fields", field_cards(*city, request.lang));
    if (!city->wards().empty()) page.set("map", ward_map(*city, request.lang)).set("wards_table", Data().set("rows", ward_rows(*city, request.lang)));
    return http::html(templates_.render("city/home", page, request.lang).html);
  }

  Response list(const Request& request) const {
    const auto city = door_.city();
    if (!city) return http::problem(ErrorCode::unavailable, request);
    const std::string field(request.query("field").value_or(""));
    const bool running = request.query("runs").value_or("") == "here";
    Data page = begin(request, text(request, "city.initiatives"));
    page.set("nav_initiatives", true).set("filters", filters(*city, request, field, running));
    Data rows{Data::List{}};
    long shown = 0, at_work = 0;
    std::string fallback;
    for (const Room& room : city->rooms()) {
      const auto services = services_of(door_, room);
      at_work += !services.empty();
      if ((!field.empty() && room.field != field) || (running && services.empty())) continue;
      ++shown;
      if (const std::string& language = room.name.shown_in(request.lang); language != request.lang) fallback = language;
      rows.push(row(*city, room, services, request.lang));
    }
    if (!fallback.empty()) page.set("fallback", text(request, fallback == "en" ? "city.fallback_en" : "city.fallback_ja"));
    page.set("rooms", std::move(rows)).set("shown", shown).set("all", static_cast<long>(city->rooms().size())).set("running", at_work);
    set_programme(page, *city, request.lang);
    return http::html(templates_.render("city/initiatives", page, request.lang).html);
  }

  Response map_layer(const Request& request) const {
    const auto city = door_.city();
    if (!city) return http::problem(ErrorCode::unavailable, request);
    const auto imported = door_.boundaries ? door_.boundaries() : nullptr;
    return http::json(map_layer_json(*city, imported.get(), request.lang));
  }

  Response show(const Request& request) const {
    const auto city = door_.city();
    if (!city) return http::problem(ErrorCode::unavailable, request);
    int number = 0;
    const std::string_view text_number = request.param("number");
    const auto end = std::from_chars(text_number.data(), text_number.data() + text_number.size(), number).ptr;
    const auto room = std::find_if(city->rooms().begin(), city->rooms().end(), [&](const Room& r) { return r.number == number; });
    if (room == city->rooms().end() || end != text_number.data() + text_number.size()) return http::problem(ErrorCode::not_found, request);
    Data page = begin(request, plain(room->name, request.lang));
    page.set("nav_initiatives", true).set("room", row(*city, *room, services_of(door_, *room), request.lang));
    Data crumbs;
    crumbs.push(Data().set("href", "/").set("label", plain(city->name(), request.lang)));
    crumbs.push(Data().set("href", "/initiatives").set("label", text(request, "city.initiatives")));
    crumbs.push(Data().set("href", "/initiatives?field=" + room->field).set("label", plain(room->field_name, request.lang)));
    page.set("breadcrumbs", Data().set("items", std::move(crumbs)));
    set_programme(page, *city, request.lang);
    return http::html(templates_.render("city/initiative", page, request.lang).html);
  }

  Response api(const Request& request) const {
    const auto city = door_.city();
    if (!city) return http::problem(ErrorCode::unavailable, request);
    return http::json(initiatives_json(*city, door_, request.query("field").value_or(""), request.query("runs").value_or("") == "here"));
  }

 private:
  Data begin(const Request& request, const std::string& title) const {
    Data page = door_.frame ? door_.frame(request) : Data();
    page.set("title", title);
    return page;
  }
  std::string text(const Request& request, std::string_view key) const { return texts_.text(request.lang, key); }

  static void set_programme(Data& page, const City& city, std::string_view lang) {
    const json::Value& programme = city.settings()["programme"];
    if (!programme.is_object()) return;
    Data legend{Data::List{}}, notes{Data::List{}};
    for (const json::Value& entry : programme["legend"].items())
      legend.push(Data().set("mark", entry.text("mark")).set("meaning", words(Text(entry["meaning"]), lang)));
    for (const json::Value& note : programme["notes"].items()) notes.push(words(Text(note), lang));
    page.set("programme", Data().set("title", words(Text(programme["name"]), lang)).set("publisher", words(Text(programme["publisher"]), lang))
                              .set("legend", std::move(legend)).set("notes", std::move(notes)));
  }

  static std::string meaning(const City& city, const std::string& status, std::string_view lang) {
    std::string out;
    for (const json::Value& entry : city.settings()["programme"]["legend"].items())
      if (status.find(entry.text("mark")) != std::string::npos) out += (out.empty() ? "" : " / ") + plain(Text(entry["meaning"]), lang);
    return out;
  }

  Data row(const City& city, const Room& room, const std::vector<RunningService>& services, std::string_view lang) const {
    Data out;
    out.set("number", room.number).set("href", "/initiatives/" + std::to_string(room.number)).set("title", words(room.name, lang));
    out.set("field_name", words(room.field_name, lang)).set("field_href", "/initiatives?field=" + room.field);
    out.set("status", room.status).set("status_meaning", meaning(city, room.status, lang));
    out.set("service", room.service).set("city", room.city).set("administration", room.administration);
    out.set("strategy", room.strategy).set("source_page", room.page);
    Data list{Data::List{}};
    for (const RunningService& service : services)
      list.push(Data().set("title", words(service.name, lang)).set("href", service.link).set("healthy", service.healthy));
    out.set("built", !services.empty()).set("services", std::move(list));
    return out;
  }

  Data filters(const City& city, const Request& request, const std::string& field, bool running) const {
    Data fields{Data::List{}}, runs{Data::List{}}, selects;
    for (const json::Value& entry : city.settings()["fields"].items())
      fields.push(Data().set("value", entry.text("folder")).set("label", plain(Text(entry["name"]), request.lang)).set("checked", entry.text("folder") == field));
    runs.push(Data().set("value", "here").set("label", text(request, "city.runs_only")).set("checked", running));
    selects.push(Data().set("name", "field").set("label", text(request, "city.field")).set("options", std::move(fields)));
    selects.push(Data().set("name", "runs").set("label", text(request, "city.runs")).set("options", std::move(runs)));
    return Data().set("action", "/initiatives").set("selects", std::move(selects));
  }

  /// Procedures of the kind "report" stand on the front page: whoever sees a hole in the road should not search.
  static Data report_cards(const City& city, std::string_view lang) {
    Data out{Data::List{}};
    for (const Loaded* loaded : city.all("procedure")) {
      if (loaded->canonical->find("\"kind\":\"report\"") == std::string::npos) continue;
      const auto body = json::parse(*loaded->canonical);
      if (!body.ok() || body->text("kind") != "report" || !(*body)["open"].as_bool(true)) continue;
      out.push(Data().set("href", "/procedures/" + loaded->source.id).set("title", words(Text((*body)["name"]), lang)).set("summary", words(Text((*body)["summary"]), lang)));
    }
    return out;
  }

  Data field_cards(const City& city, std::string_view lang) const {
    Data out{Data::List{}};
    for (const json::Value& entry : city.settings()["fields"].items()) {
      long count = 0, running = 0;
      for (const Room& room : city.rooms())
        if (room.field == entry.text("folder")) ++count, running += !services_of(door_, room).empty();
      out.push(Data().set("href", "/initiatives?field=" + entry.text("folder")).set("title", words(Text(entry["name"]), lang)).set("all", count).set("running", running));
    }
    return out;
  }

  Data ward_rows(const City& city, std::string_view lang) const {
    Data out{Data::List{}};
    for (const Ward& ward : city.wards()) out.push(Data().set("title", words(ward.name, lang)).set("population", grouped(ward.population)));
    return out;
  }

  Data ward_map(const City& city, std::string_view lang) const {
    const auto imported = door_.boundaries ? door_.boundaries() : nullptr;
    const auto approximate = imported ? std::vector<WardArea>() : approximate_areas(city.wards());
    const auto& areas = imported ? imported->wards : approximate;
    std::vector<pages::MapArea> drawn;
    for (const WardArea& area : areas) {
      const Ward* ward = city.ward(area.code);
      if (!ward) continue;
      pages::MapArea shape;
      shape.name = plain(ward->name, lang);
      shape.label = {ward->lat, ward->lon};
      shape.shade = ward->population >= 150'000 ? 3 : ward->population >= 100'000 ? 2 : 1;
      for (const Polygon& part : area.parts) shape.rings.insert(shape.rings.end(), part.begin(), part.end());
      drawn.push_back(std::move(shape));
    }
    return pages::ward_map("wards", texts_.text(lang, "city.wards"), drawn, {}, !imported);
  }

  const pages::Templates& templates_;
  const locale::Catalogue& texts_;
  FrontDoor door_;
};

json::Value to_json(const Text& text) {
  json::Value out = json::Value::object();
  for (const auto& [lang, words] : text.all()) out.set(lang, words);
  return out;
}

http::RouteOptions public_page(std::string kind, std::string sample) {
  http::RouteOptions options;
  options.permission = "public", options.object = "none";
  options.page_kind = std::move(kind);
  options.sample = std::move(sample);
  return options;
}

}  // namespace

json::Value initiatives_json(const City& city, const FrontDoor& door, std::string_view field, bool running) {
  json::Value list = json::Value::array();
  long at_work = 0;
  for (const Room& room : city.rooms()) {
    const auto services = services_of(door, room);
    at_work += !services.empty();
    if ((!field.empty() && room.field != field) || (running && services.empty())) continue;
    json::Value entry = json::Value::object();
    entry.set("number", room.number).set("field", json::Value::object({{"id", room.field}, {"name", to_json(room.field_name)}}));
    entry.set("name", to_json(room.name)).set("status", room.status);
    entry.set("viewpoints", json::Value::object({{"service", room.service}, {"city", room.city}, {"administration", room.administration}}));
    entry.set("strategy", room.strategy.empty() ? json::Value() : json::Value(room.strategy));
    entry.set("page", room.page.empty() ? json::Value() : json::Value(room.page));
    json::Value runs = json::Value::array();
    for (const RunningService& service : services)
      runs.push(json::Value::object({{"name", to_json(service.name)}, {"link", service.link}, {"healthy", service.healthy}}));
    entry.set("runs_here", std::move(runs));
    list.push(std::move(entry));
  }
  json::Value out = json::Value::object();
  out.set("total", static_cast<long>(city.rooms().size())).set("running", at_work).set("initiatives", std::move(list));
  return out;
}

void add_routes(http::Router& router, const pages::Templates& templates, const locale::Catalogue& texts, FrontDoor door) {
  const auto pages = std::make_shared<FrontPages>(templates, texts, std::move(door));
  router.get("/", public_page("home", "/"), [pages](Request& request) { return pages->home(request); });
  router.get("/initiatives", public_page("initiatives", "/initiatives"), [pages](Request& request) { return pages->list(request); });
  router.get("/initiatives/{number}", public_page("initiative", "/initiatives/53"), [pages](Request& request) { return pages->show(request); });
  router.get("/api/v1/initiatives", public_page("", "/api/v1/initiatives"), [pages](Request& request) { return pages->api(request); });
  router.get("/api/v1/map/base", public_page("", "/api/v1/map/base"), [pages](Request& request) { return pages->map_layer(request); });
}

}  // namespace machiya::city
