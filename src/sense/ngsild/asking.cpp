#include "sense/ngsild/asking.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "base/time.h"
#include "sense/entities/read.h"

namespace machiya::sense::ngsild {
namespace {
using tree::Value;

Error bad(std::string why, std::string where = {}) { return Error(ErrorCode::invalid_input, std::move(why), std::move(where)); }

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    out.emplace_back(trim(text.substr(at, end - at)));
    at = end + 1;
  }
  return out;
}

std::vector<Selection::Member> members_of(const std::vector<Projection::Member>& from) {
  std::vector<Selection::Member> out;
  for (const auto& m : from) out.push_back({m.name, members_of(m.linked)});
  return out;
}

Selection selection_of(const Projection& pick, const Projection& omit) {
  Selection out;
  out.only_picked = !pick.empty();
  out.pick = members_of(pick.members()), out.omit = members_of(omit.members());
  return out;
}

std::int64_t unit_of(char letter, bool time) {
  switch (letter) {
    case 'Y': return time ? 0 : 365 * kDay;
    case 'M': return time ? kMinute : 30 * kDay;
    case 'W': return time ? 0 : 7 * kDay;
    case 'D': return time ? 0 : kDay;
    case 'H': return time ? kHour : 0;
    case 'S': return time ? kSecond : 0;
    default: return 0;
  }
}

// entityMap and entityMapLifetime (table 6.4.3.2-1).
Result<void> read_map(Call& call, Asking& out) {
  auto wanted = call.flag("entityMap");
  if (!wanted.ok()) return wanted.error();
  out.map = *wanted;
  if (const auto text = call.parameter("entityMapLifetime")) {
    const auto lifetime = parse_duration(*text);
    if (!lifetime) return bad("a duration of ISO 8601 is expected", "entityMapLifetime");
    out.map_lifetime_us = *lifetime;
  }
  auto split = call.flag("splitEntities");
  if (!split.ok()) return split.error();
  out.split = *split;
  return {};
}

// attrs show the named attributes beside id, type and scope (§5.7.1).
Selection selection_of(const std::vector<std::string>& attrs) {
  Selection out;
  out.only_picked = true;
  for (const char* core : {"id", "type", "scope", "createdAt", "modifiedAt", "expiresAt"}) out.pick.push_back({core, {}});
  for (const std::string& a : attrs) out.pick.push_back({a, {}});
  return out;
}

Result<void> read_join(Call& call, Asking& out) {
  const auto join = call.parameter("join");
  if (join && *join != "@none" && *join != "flat" && *join != "inline") return bad("flat, inline or @none is expected", "join");
  if (join) out.join = *join == "flat" ? Asking::Join::flat : *join == "inline" ? Asking::Join::inline_ : Asking::Join::none;
  if (const auto level = call.parameter("joinLevel")) {
    const auto end = std::from_chars(level->data(), level->data() + level->size(), out.join_level);
    if (end.ptr != level->data() + level->size() || end.ec != std::errc() || out.join_level < 1) return bad("a number of at least 1 is expected", "joinLevel");
    if (out.join_level > 10) return Error(ErrorCode::limit_exceeded, "at most ten levels are joined", "joinLevel");
  }
  if (const auto list = call.parameter("containedBy")) {
    out.contained_by = split(*list);
    for (const std::string& id : out.contained_by)
      if (!is_uri(id)) return bad("a list of URIs is expected", "containedBy");
  }
  return {};
}

Result<EntitySelector> selector(std::string_view ids, std::string_view id_pattern, std::string_view type, const NameExpander& expand) {
  EntitySelector out;
  if (!ids.empty())
    for (std::string& id : split(ids)) {
      if (!is_uri(id)) return bad("an id is a URI", "id");
      out.ids.push_back(std::move(id));
    }
  if (!id_pattern.empty()) {
    auto pattern = TextPattern::compile(id_pattern);
    if (!pattern.ok()) return bad_data(pattern.error());
    out.id_pattern = std::move(*pattern);
  }
  if (!type.empty()) {
    auto types = TypeSelection::parse(type, expand);
    if (!types.ok()) return bad_data(types.error());
    out.type = std::move(*types);
  }
  return out;
}

// §5.7.2.4: somebody who names neither types nor attributes nor a query asks for everything; ids alone do not say where to look.
Result<void> narrow_enough(const Asking& asking, bool attrs_are_system) {
  const EntityQuery& q = asking.query;
  const bool typed = std::ranges::any_of(q.entities, [](const EntitySelector& s) { return !s.type.empty() || s.type.every(); });
  const bool asks = !q.q.empty() && !q.q.only_system_members();
  if (typed || asks || q.geo || (!q.attrs.empty() && !attrs_are_system) || asking.local) return {};
  return bad("too wide a query: type, attrs, q, georel or local=true is needed");
}

Result<void> deep_enough(const Asking& asking) {
  const int depth = asking.query.q.linked_depth();
  const int joined = asking.join == Asking::Join::none ? 0 : asking.join_level;
  if (depth > joined) return bad("q follows relationships further than join and joinLevel go", "q");
  if (asking.projected_depth > joined) return bad("pick and omit follow relationships further than join and joinLevel go", "pick");
  return {};
}

template <class T>
Result<void> take(Result<T> from, T& to) {
  if (!from.ok()) return bad_data(from.error());
  to = std::move(*from);
  return {};
}

}  // namespace

const std::vector<std::string_view> kRetrieveParameters = {"type", "attrs", "pick", "omit", "geometryProperty", "lang", "options", "format", "join", "joinLevel", "datasetId",
                                                           "local", "containedBy", "jsonKeys", "expandValues", "entityMap", "doNotCompact", "details"};
const std::vector<std::string_view> kQueryParameters = {"id", "type", "idPattern", "attrs", "pick", "omit", "q", "csf", "geometry", "georel", "coordinates", "geoproperty", "geometryProperty", "lang", "scopeQ",
                                                        "limit", "offset", "count", "options", "format", "join", "joinLevel", "datasetId", "local", "containedBy", "jsonKeys", "expandValues", "orderBy",
                                                        "collation", "orderFrom", "orderGeometry", "entityMap", "splitEntities", "entityMapLifetime"};

std::optional<std::int64_t> parse_duration(std::string_view text) {
  if (!text.starts_with('P') || text.size() < 3 || text.back() == 'T') return std::nullopt;
  std::int64_t out = 0, number = -1;
  bool time = false;
  for (const char c : text.substr(1)) {
    if (c >= '0' && c <= '9') {
      number = std::max<std::int64_t>(number, 0) * 10 + (c - '0');
      if (number > 1'000'000) return std::nullopt;
    } else if (c == 'T' && !time && number < 0) {
      time = true;
    } else {
      const std::int64_t unit = unit_of(c, time);
      if (unit == 0 || number < 0) return std::nullopt;
      out += number * unit, number = -1;
    }
  }
  return number < 0 ? std::optional(out) : std::nullopt;
}

void Asking::settle() {
  shape.datasets = datasets.empty() ? nullptr : &datasets;
  if (has_language) shape.language = [this](const Value& map) { return language.choose(map); };
  shape.join_level = join == Join::inline_ ? join_level : 0;
}

Result<void> read_shape(Call& call, Asking& out) {
  const NameExpander expand = call.expander();
  out.shape.terms = call.terms.get();
  if (auto done = take(call.format(), out.shape.format); !done.ok()) return done;
  out.shape.sys_attrs = call.option("sysAttrs");
  Projection pick, omit;
  if (const auto text = call.parameter("pick"))
    if (auto done = take(Projection::parse(*text, expand, "pick"), pick); !done.ok()) return done;
  if (const auto text = call.parameter("omit"))
    if (auto done = take(Projection::parse(*text, expand, "omit"), omit); !done.ok()) return done;
  const auto attrs = call.parameter("attrs");
  if (auto done = check_projections(pick, omit, attrs.has_value()); !done.ok()) return bad_data(done.error());
  out.shape.members = selection_of(pick, omit);
  out.projected_depth = std::max(pick.linked_depth(), omit.linked_depth());
  if (attrs) {
    if (auto done = take(parse_names(*attrs, expand, "attrs"), out.query.attrs); !done.ok()) return done;
    out.shape.members = selection_of(out.query.attrs);
  }
  if (const auto lang = call.parameter("lang")) {
    if (auto done = take(LanguageFilter::parse(*lang), out.language); !done.ok()) return done;
    out.has_language = true;
  }
  if (const auto datasets = call.parameter("datasetId")) {
    out.datasets = split(*datasets);
    for (const std::string& d : out.datasets)
      if (d != "@none" && !is_uri(d)) return bad("a datasetId is a URI or @none", "datasetId");
  }
  if (const auto geometry = call.parameter("geometryProperty")) {
    if (call.media != Media::geo_json) return bad("geometryProperty goes with GeoJSON", "geometryProperty");
    if (!is_name(*geometry)) return bad("no name of an attribute", "geometryProperty");
    out.geometry_property = call.expand(*geometry);
  }
  if (out.geometry_property.empty()) out.geometry_property = "https://uri.etsi.org/ngsi-ld/location";
  if (auto done = take(call.flag("local"), out.local); !done.ok()) return done;
  if (auto done = read_map(call, out); !done.ok()) return done;
  out.shape.version = call.version, out.shape.amended = &call.amended;
  if (auto done = read_join(call, out); !done.ok()) return done;
  return call.body.is_object() ? Result<void>() : deep_enough(out);   // a body may say more of joins
}

Result<void> read_query(Call& call, Asking& out) {
  const NameExpander expand = call.expander();
  const auto text = [&](std::string_view name) { return call.parameter(name).value_or(""); };
  for (const std::string_view name : {"q", "type", "id", "idPattern", "scopeQ", "attrs"})
    if (const auto value = call.parameter(name); value && value->empty()) return bad("the parameter is empty", std::string(name));
  if (auto done = read_shape(call, out); !done.ok()) return done;
  if (auto done = take(call.page(), out.page); !done.ok()) return done;
  if (call.parameter("id") || call.parameter("idPattern") || call.parameter("type")) {
    auto one = selector(text("id"), text("idPattern"), text("type"), expand);
    if (!one.ok()) return one.error();
    // "*" is what local queries say (§4.17): a distributed one that says so asks for the world.
    if (one->type.every() && call.parameter("local") == "false") return bad("the type * goes with local=true", "type");
    out.query.entities.push_back(std::move(*one));
  }
  FilterOptions options;
  if (call.parameter("expandValues")) options.expand_values = split(text("expandValues"));
  if (call.parameter("jsonKeys")) options.json_keys = split(text("jsonKeys"));
  if (call.parameter("q"))
    if (auto done = take(Filter::parse(text("q"), expand, options), out.query.q); !done.ok()) return done;
  if (call.parameter("csf"))
    if (auto done = take(Filter::parse(text("csf"), expand, {}, "csf"), out.csf); !done.ok()) return done;
  if (call.parameter("georel") || call.parameter("geometry") || call.parameter("coordinates")) {
    auto geo = GeoQuery::parse(text("georel"), text("geometry"), text("coordinates"), text("geoproperty"), expand);
    if (!geo.ok()) return bad_data(geo.error());
    out.query.geo = std::move(*geo);
  }
  if (call.parameter("scopeQ"))
    if (auto done = take(ScopeQuery::parse(text("scopeQ")), out.query.scope); !done.ok()) return done;
  if (call.parameter("orderBy") || call.parameter("orderFrom"))
    if (call.parameter("orderBy")) MACHIYA_CHECK(take(Ordering::parse({text("orderBy"), text("collation"), text("orderFrom"), text("orderGeometry")}, expand), out.order));
  const auto system = [](const std::string& a) { return a == "createdAt" || a == "modifiedAt" || a == "deletedAt" || a == "expiresAt"; };
  if (auto done = narrow_enough(out, std::ranges::all_of(out.query.attrs, system)); !done.ok()) return done;
  return deep_enough(out);
}

Result<std::vector<EntitySelector>> read_selectors(const Value& list, const NameExpander& expand) {
  std::vector<EntitySelector> out;
  if (!list.is_array() || list.count == 0) return bad("a list of entities is expected", "entities");
  for (const Value& item : list.items()) {
    const Value& id = item["id"];
    std::string ids(id.text());
    for (const Value& one : id.items()) ids += (ids.empty() ? "" : ",") + std::string(one.text());
    if (!item.is_object() || item["type"].text().empty()) return bad("each of the entities has a type", "entities");
    auto one = selector(ids, item["idPattern"].text(), item["type"].text(), expand);
    if (!one.ok()) return one.error();
    out.push_back(std::move(*one));
  }
  return out;
}

namespace {

// A member that is text when it is there.
Result<std::string_view> text_of(const Value& body, std::string_view name) {
  const Value* v = body.find(name);
  if (v == nullptr) return std::string_view();
  if (!v->is_string() || v->text().empty()) return bad("text is expected", std::string(name));
  return v->text();
}

// A member that is a list of texts, or such a list as one text.
Result<std::vector<std::string>> texts_in(const Value& body, std::string_view name) {
  const Value* v = body.find(name);
  std::vector<std::string> out;
  if (v == nullptr) return out;
  if (v->is_string()) return split(v->text());
  if (!v->is_array() || v->count == 0 || !std::ranges::all_of(v->items(), &Value::is_string)) return bad("a list of texts is expected", std::string(name));
  for (const Value& item : v->items()) out.emplace_back(item.text());
  return out;
}

Result<void> read_body_filters(const Value& body, const NameExpander& expand, Asking& out) {
  FilterOptions options;
  MACHIYA_TRY(options.expand_values, texts_in(body, "expandValues"));
  MACHIYA_TRY(options.json_keys, texts_in(body, "jsonKeys"));
  MACHIYA_TRY(const std::string_view q, text_of(body, "q"));
  MACHIYA_TRY(const std::string_view csf, text_of(body, "csf"));
  MACHIYA_TRY(const std::string_view scope, text_of(body, "scopeQ"));
  MACHIYA_TRY(const std::string_view lang, text_of(body, "lang"));
  if (!q.empty()) MACHIYA_CHECK(take(Filter::parse(q, expand, options), out.query.q));
  if (!csf.empty()) MACHIYA_CHECK(take(Filter::parse(csf, expand, {}, "csf"), out.csf));
  if (!scope.empty()) MACHIYA_CHECK(take(ScopeQuery::parse(scope), out.query.scope));
  if (!lang.empty()) {
    MACHIYA_CHECK(take(LanguageFilter::parse(lang), out.language));
    out.has_language = true;
  }
  if (const Value* geo = body.find("geoQ")) {
    auto read = GeoQuery::from_json(*geo, expand);
    if (!read.ok()) return bad_data(read.error());
    out.query.geo = std::move(*read);
  }
  if (const Value* ordering = body.find("ordering")) MACHIYA_CHECK(take(Ordering::from_json(*ordering, expand), out.order));
  return {};
}

Result<void> read_body_links(const Value& body, Asking& out) {
  MACHIYA_TRY(const std::string_view join, text_of(body, "join"));
  if (!join.empty() && join != "flat" && join != "inline" && join != "@none") return bad("flat, inline or @none is expected", "join");
  if (!join.empty()) out.join = join == "flat" ? Asking::Join::flat : join == "inline" ? Asking::Join::inline_ : Asking::Join::none;
  if (const Value* level = body.find("joinLevel")) {
    const double n = level->number();
    if (!level->is_number() || !(n >= 1) || n != static_cast<double>(static_cast<int>(std::min(n, 1000.0)))) return bad("a number of at least 1 is expected", "joinLevel");
    if (n > 10) return Error(ErrorCode::limit_exceeded, "at most ten levels are joined", "joinLevel");
    out.join_level = static_cast<int>(n);
  }
  MACHIYA_TRY(auto contained, texts_in(body, "containedBy"));
  if (!contained.empty()) out.contained_by = std::move(contained);
  MACHIYA_TRY(auto datasets, texts_in(body, "datasetId"));
  if (!datasets.empty()) out.datasets = std::move(datasets);
  for (const std::string& d : out.datasets)
    if (d != "@none" && !is_uri(d)) return bad("a datasetId is a URI or @none", "datasetId");
  for (const char* name : {"entityMap", "splitEntities"})
    if (const Value* v = body.find(name); v != nullptr && !v->is_bool()) return bad("true or false is expected", name);
  out.map = out.map || body["entityMap"].truth, out.split = out.split || body["splitEntities"].truth;
  MACHIYA_TRY(const std::string_view lifetime, text_of(body, "entityMapLifetime"));
  if (lifetime.empty()) return {};
  const auto us = parse_duration(lifetime);
  if (!us) return bad("a duration of ISO 8601 is expected", "entityMapLifetime");
  out.map_lifetime_us = *us;
  return {};
}

}  // namespace

Result<void> read_query_body(Call& call, const Value& body, Asking& out) {
  const NameExpander expand = call.expander();
  if (body["type"].text() != "Query") return bad("\"type\": \"Query\" is expected", "type");
  if (auto done = read_shape(call, out); !done.ok()) return done;
  if (auto done = take(call.page(), out.page); !done.ok()) return done;
  if (const Value* entities = body.find("entities"))
    if (auto done = take(read_selectors(*entities, expand), out.query.entities); !done.ok()) return done;
  if (const Value* attrs = body.find("attrs")) {
    if (!attrs->is_array() || attrs->count == 0) return bad("a list of attributes is expected", "attrs");
    for (const Value& a : attrs->items()) {
      if (!a.is_string() || !is_name(a.text())) return bad("no name of an attribute", "attrs");
      out.query.attrs.push_back(call.expand(a.text()));
    }
    out.shape.members = selection_of(out.query.attrs);
  }
  const auto projection = [&](std::string_view name, Projection& to) -> Result<void> {
    const Value* list = body.find(name);
    if (list == nullptr) return {};
    std::vector<std::string_view> texts;
    if (list->is_string()) texts.push_back(list->text());
    for (const Value& t : list->items()) texts.push_back(t.text());
    if (texts.empty() || std::ranges::any_of(texts, &std::string_view::empty)) return bad("a list of members is expected", std::string(name));
    return take(Projection::parse(texts, expand, name), to);
  };
  Projection pick, omit;
  if (auto done = projection("pick", pick); !done.ok()) return done;
  if (auto done = projection("omit", omit); !done.ok()) return done;
  if (auto done = check_projections(pick, omit, !out.query.attrs.empty()); !done.ok()) return bad_data(done.error());
  if (!pick.empty() || !omit.empty()) out.shape.members = selection_of(pick, omit);
  if (!pick.empty() || !omit.empty()) out.projected_depth = std::max(pick.linked_depth(), omit.linked_depth());
  if (auto done = read_body_filters(body, expand, out); !done.ok()) return done;
  if (auto done = read_body_links(body, out); !done.ok()) return done;
  if (auto done = narrow_enough(out, false); !done.ok()) return done;
  return deep_enough(out);
}

}  // namespace machiya::sense::ngsild
