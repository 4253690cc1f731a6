// /open: the list, a page for each published type, downloads, catalogue, GBFS, and the city's @context.
#include <algorithm>
#include <cmath>

#include "city/cache.h"
#include "platform/locale/locale.h"
#include "sense/entities/stamp.h"
#include "sense/open_data/files.h"

namespace machiya::sense::open_data {
namespace {
using http::Request;
using http::Response;
using pages::Data;

constexpr std::size_t kPreview = 20;
constexpr int kPagesPerMinute = 300, kDownloadsPerMinute = 60;

/// As people read it: readings above words in やさしい日本語, the language said where a translation is missing.
Data words(const city::Text& text, std::string_view lang) {
  const std::string& written = text.in(lang);
  const std::string_view shown = locale::html_lang(text.shown_in(lang));
  if (!text.empty() && shown != locale::html_lang(lang)) return Data(pages::SafeHtml{"<span lang=\"" + std::string(shown) + "\">" + pages::escape(written).html + "</span>"});
  return lang == "ja-easy" ? Data(pages::ruby(written)) : Data(written);
}
/// For window titles.
std::string plain_words(const city::Text& text, std::string_view lang) {
  if (lang != "ja-easy") return text.in(lang);
  std::string out;
  const auto pieces = locale::parse_text(text.in(lang));
  for (const locale::TextPiece& piece : pieces) out += piece.text;
  return out;
}

/// How often a download is made anew at most.
std::int64_t pause_of(Frequency frequency) { return frequency == Frequency::continuous ? 10 * kSecond : kMinute; }

/// Of the definition's text.
std::string definition_mark(const city::City& city, const EntityType& type) {
  const city::Loaded* loaded = city.find("entity-type", type.id);
  return loaded != nullptr ? loaded->source.hash.substr(0, 16) : std::string("0");
}

struct Download {
  std::string_view suffix, media;
  enum class What : std::uint8_t { csv, geojson, jsonld } what;
};
constexpr Download kDownloads[] = {{".csv", "text/csv", Download::What::csv}, {".geojson", "application/geo+json", Download::What::geojson}, {".jsonld", "application/ld+json", Download::What::jsonld}};

class OpenPages {
 public:
  explicit OpenPages(const Web& web) : web_(web), files_(web.folder, web.clock) {}

  Response list(Request& request) const;
  /// A page, or one of its downloads: "bicycle-parking", "bicycle-parking.csv"; "catalog.jsonld".
  Response one(Request& request);
  Response gbfs(Request& request) const;
  Response context(Request& request) const;

 private:
  Web web_;
  Files files_;

  std::string text(const Request& request, const std::string& key) const { return web_.texts.text(request.lang, "open." + key); }
  Response page(Request& request, const EntityType& type) const;
  Response download(Request& request, const EntityType& type, const Download& which);
  Data attributes(const EntityType& type, std::string_view lang) const;
  void preview(Data& data, const EntityType& type, std::string_view lang) const;
  std::string shown(const AttributeType& a, const Instance& i, std::string_view lang) const;
  Response dressed(Response response, const std::string& media, int seconds) const;
};

Response OpenPages::dressed(Response response, const std::string& media, int seconds) const {
  if (!response.file.empty()) response.header("Content-Type", media);
  else response.headers = {{"Content-Type", media}, {"ETag", "\"" + city::content_hash(response.body).substr(0, 24) + "\""}};   // who asks again is told 304 by the server
  response.header("Cache-Control", "public, max-age=" + std::to_string(seconds));
  response.header("Access-Control-Allow-Origin", "*");   // data that everybody may read, without cookies
  return response;
}

Response OpenPages::list(Request& request) const {
  const auto types = web_.access.types();
  Data data = web_.frame(request);
  data.set("title", text(request, "title"));
  Data rows{Data::List{}};
  for (const EntityType* type : types->all()) {
    if (!type->open) continue;
    Data row = Data().set("href", std::string(kBase) + "/" + type->open->name).set("name", words(type->name, request.lang)).set("about", words(type->open->about, request.lang));
    row.set("licence", licence_of(type->open->licence).name).set("updates", std::string(frequency_name(type->open->frequency)));
    rows.push(std::move(row));
  }
  data.set("rows", std::move(rows));
  return http::html(web_.templates.render("open/list", data, request.lang).html);
}

std::string OpenPages::shown(const AttributeType& a, const Instance& i, std::string_view lang) const {
  if (a.kind == ValueKind::geo) {
    const auto point = point_of(i);
    tree::Arena arena(64);
    const auto degrees = [&](double d) { return std::string(arena.number(std::round(d * 1e5) / 1e5).text()); };   // to the metre: the files have all digits
    return point ? degrees(point->lat) + ", " + degrees(point->lon) : std::string(plain(i.value)["type"].text());
  }
  if (a.kind == ValueKind::json) return "{…}";
  std::string cell = cell_of(i, lang == "ja-easy" ? "ja" : lang);
  const auto choice = std::ranges::find(a.choices, cell, &Choice::value);
  if (choice != a.choices.end() && !choice->label.empty()) return plain_words(choice->label, lang);
  if (a.kind == ValueKind::date_time)
    if (const auto t = parse_rfc3339(cell)) return locale::format_time(*t, lang);
  if (a.kind == ValueKind::boolean) return web_.texts.text(lang, cell == "true" ? "open.yes" : "open.no");
  return cell;
}

Data OpenPages::attributes(const EntityType& type, std::string_view lang) const {
  Data out{Data::List{}};
  for (const AttributeType* a : open_attributes(type)) {
    Data row = Data().set("name", a->name).set("label", words(a->label, lang)).set("kind", std::string(value_kind_name(a->kind))).set("iri", a->iri);
    if (!a->unit.empty()) row.set("unit", unit_text(a->unit));
    Data choices{Data::List{}};
    for (const Choice& c : a->choices) choices.push(Data().set("value", c.value).set("label", c.label.empty() ? Data(c.value) : words(c.label, lang)));
    if (!a->choices.empty()) row.set("choices", std::move(choices));
    if (a->series) row.set("series", true);
    out.push(std::move(row));
  }
  return out;
}

void OpenPages::preview(Data& data, const EntityType& type, std::string_view lang) const {
  const GatePtr gate = web_.access.gate({});
  const Found found = entities_of(web_.entities, type, *gate, kPreview);
  const auto attributes = open_attributes(type);
  Data head{Data::List{}}, rows{Data::List{}};
  for (const AttributeType* a : attributes) head.push(words(a->label, lang));
  for (const EntityPtr& e : found.entities) {
    Data cells{Data::List{}};
    for (const AttributeType* a : attributes) {
      const Instance* i = instance_of(*e, *a);
      cells.push(Data().set("text", i != nullptr ? shown(*a, *i, lang) : std::string()).set("number", i != nullptr && plain(i->value).is_number()));
    }
    rows.push(Data().set("id", std::string(e->id)).set("cells", std::move(cells)));
  }
  if (!found.entities.empty()) data.set("preview", Data().set("head", std::move(head)).set("rows", std::move(rows)));
  data.set("more", found.more);
}

Response OpenPages::page(Request& request, const EntityType& type) const {
  const OpenData& open = *type.open;
  const auto city = web_.city();
  const std::string address = std::string(kBase) + "/" + open.name;
  Data data = web_.frame(request);
  data.set("title", plain_words(type.name, request.lang)).set("name", words(type.name, request.lang)).set("about", words(open.about, request.lang));
  if (const city::Department* owner = city->department(type.owner)) data.set("owner", words(owner->name, request.lang));
  const Licence licence = licence_of(open.licence);
  data.set("licence", Data().set("name", licence.name).set("href", licence.iri)).set("updates", std::string(frequency_name(open.frequency)));
  data.set("address", web_.base_url + address).set("api", "/ngsi-ld/v1/entities?type=" + http::url_encode(type.iri)).set("type_iri", type.iri).set("context", std::string(kCityContextPath));
  Data files{Data::List{}};
  const auto file = [&](const std::string& suffix, const char* key) { files.push(Data().set("href", address + suffix).set("key", key)); };
  file(".csv?for=excel", "csv_excel"), file(".csv?for=cp932", "csv_cp932"), file(".csv", "csv"), file(".geojson", "geojson"), file(".jsonld", "jsonld");
  if (open.gbfs) file("/gbfs/gbfs.json", "gbfs");
  data.set("files", std::move(files)).set("attributes", attributes(type, request.lang));
  preview(data, type, request.lang);
  Data crumbs;
  crumbs.push(Data().set("href", "/").set("label", plain_words(city->name(), request.lang)));
  crumbs.push(Data().set("href", std::string(kBase)).set("label", text(request, "title")));
  data.set("breadcrumbs", Data().set("items", std::move(crumbs)));
  return http::html(web_.templates.render("open/show", data, request.lang).html);
}

Response OpenPages::download(Request& request, const EntityType& type, const Download& which) {
  const std::string_view reader = request.query("for").value_or("");
  const CsvFor csv = which.what != Download::What::csv || reader.empty() ? CsvFor::machines : reader == "excel" ? CsvFor::excel_utf8 : CsvFor::excel_cp932;
  if (which.what == Download::What::csv && !reader.empty() && reader != "excel" && reader != "cp932") return http::problem(Error(ErrorCode::not_found, "for=excel or for=cp932"), request);
  const GatePtr gate = web_.access.gate({});
  const auto write = [&](const Put& put) -> Result<void> {
    const Found found = entities_of(web_.entities, type, *gate);
    if (which.what == Download::What::csv) return write_csv(type, found.entities, csv, put);
    MACHIYA_TRY(const TermsPtr terms, city_terms(web_.contexts, *web_.city()));
    if (which.what == Download::What::geojson) return write_geojson(type, found.entities, *terms, put);
    return write_jsonld(found.entities, *terms, web_.base_url + std::string(kCityContextPath), put);
  };
  const std::string kind = csv == CsvFor::machines ? "" : csv == CsvFor::excel_utf8 ? ".excel" : ".cp932";
  // Another definition of the type makes another file: what was open may not be any more.
  const std::string name = type.open->name + "." + definition_mark(*web_.city(), type) + kind + std::string(which.suffix);
  const auto path = files_.get(name, web_.entities.last(), pause_of(type.open->frequency), write);
  if (!path.ok()) return http::problem(path.error(), request);
  Response out;
  out.file = *path;
  const std::string charset = which.what != Download::What::csv ? "" : csv == CsvFor::excel_cp932 ? "; charset=Shift_JIS; header=present" : "; charset=utf-8; header=present";
  out = dressed(std::move(out), std::string(which.media) + charset, type.open->frequency == Frequency::continuous ? 10 : 60);
  out.header("Content-Disposition", "attachment; filename=\"" + type.open->name + kind + std::string(which.suffix) + "\"");
  return out;
}

Response OpenPages::one(Request& request) {
  const std::string_view name = request.param("name");
  const auto types = web_.access.types();
  if (name == "catalog.jsonld") return dressed(http::text(catalogue(*web_.city(), types->all(), web_.base_url)), "application/ld+json", 300);
  if (const EntityType* type = types->by_open_name(name)) return page(request, *type);
  for (const Download& d : kDownloads) {
    if (!name.ends_with(d.suffix)) continue;
    if (const EntityType* type = types->by_open_name(name.substr(0, name.size() - d.suffix.size()))) return download(request, *type, d);
  }
  return http::problem(ErrorCode::not_found, request);
}

Response OpenPages::gbfs(Request& request) const {
  const auto types = web_.access.types();
  const EntityType* type = types->by_open_name(request.param("name"));
  if (type == nullptr || !type->open->gbfs) return http::problem(ErrorCode::not_found, request);
  const GatePtr gate = web_.access.gate({});
  const Found found = entities_of(web_.entities, *type, *gate);
  auto text = gbfs_file(*type, found.entities, request.param("file"), web_.base_url, web_.clock.now().us);
  if (!text.ok()) return http::problem(text.error(), request);
  return dressed(http::text(std::move(*text)), "application/json", type->open->gbfs->ttl);
}

Response OpenPages::context(Request&) const { return dressed(http::text(city_context(*web_.city())), "application/ld+json", 3600); }

}  // namespace

void add_routes(http::Router& router, const Web& web) {
  const auto pages = std::make_shared<OpenPages>(web);
  http::RouteOptions page;
  page.permission = "public", page.object = "none", page.rate_per_minute = kPagesPerMinute;
  http::RouteOptions list = page;
  list.page_kind = "open-list";
  page.object = "open-data";
  router.get(std::string(kBase), list, [pages](Request& r) { return pages->list(r); });
  router.get(std::string(kBase) + "/{name}", page, [pages](Request& r) { return pages->one(r); });
  http::RouteOptions feed = page;
  feed.rate_per_minute = kDownloadsPerMinute;
  router.get(std::string(kBase) + "/{name}/gbfs/{file}", feed, [pages](Request& r) { return pages->gbfs(r); });
  page.object = "none";
  router.get(std::string(kCityContextPath), page, [pages](Request& r) { return pages->context(r); });
}

}  // namespace machiya::sense::open_data
