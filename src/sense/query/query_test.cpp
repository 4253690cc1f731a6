#include "sense/query/query.h"

#include <gtest/gtest.h>

#include "sense/query/query_testing.h"

namespace machiya::sense {
namespace {

using testing::entity;
using testing::iri;
using testing::json;

EntityPtr at(std::string_view geometry, std::string_view attribute = "location") {
  return entity(R"({"id": "urn:x:1", "type": "T", ")" + std::string(attribute) + R"(": {"type": "GeoProperty", "value": )" + std::string(geometry) + "}}");
}

GeoQuery geo(std::string_view georel, std::string_view geometry, std::string_view coordinates, std::string_view property = "") {
  auto out = GeoQuery::parse(georel, geometry, coordinates, property, iri);
  EXPECT_TRUE(out.ok()) << georel << out.error().to_string();
  return *out;
}

TEST(GeoQuery, NearIsMeasuredInMetres) {
  const auto place = at(R"({"type": "Point", "coordinates": [8.01, 40]})");   // 852 m east
  EXPECT_TRUE(geo("near;maxDistance==900", "Point", "[8,40]").matches(*place));
  EXPECT_FALSE(geo("near;maxDistance==800", "Point", "[8,40]").matches(*place));
  EXPECT_TRUE(geo("near;minDistance==800", "Point", "[8,40]").matches(*place));
  EXPECT_FALSE(geo("near;minDistance==900", "Point", "[8,40]").matches(*place));
  EXPECT_TRUE(geo("near;maxDistance==900", "LineString", "[[7,40],[8,40]]").matches(*place));
  EXPECT_FALSE(geo("near;maxDistance==900", "Point", "[8,40]", "other").matches(*place));
  EXPECT_TRUE(geo("near;maxDistance==900", "Point", "[8,40]", "observationSpace").matches(*at(R"({"type": "Point", "coordinates": [8, 40]})", "observationSpace")));
  // A line whose nearest point, not whose ends, is near; at a high latitude the measure is metres, not degrees.
  const auto slanted = at(R"({"type": "LineString", "coordinates": [[0.0, 85.6], [1.0, 85.0]]})");
  EXPECT_TRUE(geo("near;maxDistance==10000", "Point", "[0,85]").matches(*slanted));
  EXPECT_FALSE(geo("near;maxDistance==9000", "Point", "[0,85]").matches(*slanted));
}

TEST(GeoQuery, RelationsAreOfTheTargetToTheReference) {
  constexpr const char* kHole = "[[[0,0],[10,0],[10,10],[0,10],[0,0]],[[4,4],[6,4],[6,6],[4,6],[4,4]]]";
  EXPECT_FALSE(geo("within", "Polygon", kHole).matches(*at(R"({"type": "Point", "coordinates": [5, 5]})")));
  EXPECT_TRUE(geo("within", "Polygon", kHole).matches(*at(R"({"type": "Point", "coordinates": [2, 2]})")));
  EXPECT_TRUE(geo("disjoint", "Polygon", kHole).matches(*at(R"({"type": "Point", "coordinates": [5, 5]})")));
  EXPECT_TRUE(geo("contains", "Point", "[2,2]").matches(*at(R"({"type": "Polygon", "coordinates": [[[0,0],[10,0],[10,10],[0,10],[0,0]]]})")));
  EXPECT_TRUE(geo("equals", "Point", "[2,2]").matches(*at(R"({"type": "Point", "coordinates": [2.0, 2]})")));
  EXPECT_TRUE(geo("overlaps", "Polygon", "[[[0,0],[2,0],[2,2],[0,2],[0,0]]]").matches(*at(R"({"type": "Polygon", "coordinates": [[[1,1],[3,1],[3,3],[1,3],[1,1]]]})")));
  EXPECT_FALSE(geo("disjoint", "Point", "[2,2]").matches(*entity(R"({"id": "urn:x:1", "type": "T"})")));   // nothing there to be disjoint
}

TEST(GeoQuery, RefusesWhatIsNoQuery) {
  for (const auto& [georel, geometry, coordinates] : std::vector<std::array<const char*, 3>>{
           {"near;maxDistance==0", "Point", "[8,40]"}, {"near;maxDistance==-5", "Point", "[8,40]"}, {"near;maxDistance==5;minDistance==1", "Point", "[8,40]"}, {"near", "Point", "[8,40]"},
           {"near;", "Point", "[8,40]"}, {"close", "Point", "[8,40]"}, {"near;maxDistance==Infinity", "Point", "[8,40]"}, {"near;maxDistance==1e999", "Point", "[8,40]"}, {"near;maxDistance=5", "Point", "[8,40]"},
           {"near;maxDistance:5", "Point", "[8,40]"}, {"nearby;maxDistance==5", "Point", "[8,40]"}, {"within;x", "Point", "[8,40]"}, {"within", "Circle", "[8,40]"}, {"within", "GeometryCollection", "[8,40]"},
           {"within", "Polygon", "[8,40]"}, {"within", "Point", "8,40"}, {"within", "Point", ""}, {"", "Point", "[8,40]"}, {"within", "", "[8,40]"}}) {
    const auto out = GeoQuery::parse(georel, geometry, coordinates, "", iri);
    ASSERT_FALSE(out.ok()) << georel << geometry << coordinates;
    EXPECT_EQ(out.error().code, ErrorCode::malformed_request);
  }
  EXPECT_FALSE(GeoQuery::parse("within", "Point", "[8,40]", "a b", iri).ok());
  tree::Arena arena;
  EXPECT_TRUE(GeoQuery::from_json(json(arena, R"({"georel": "near;maxDistance==2000", "geometry": "Point", "coordinates": [8, 40]})"), iri).ok());
  EXPECT_TRUE(GeoQuery::from_json(json(arena, R"({"georel": "near;maxDistance==2000", "geometry": "Point", "coordinates": "[8, 40]", "geoproperty": "x"})"), iri).ok());
  for (const char* wrong : {"7", "{}", R"({"georel": 1, "geometry": "Point", "coordinates": [8, 40]})", R"({"georel": "within", "geometry": "Point", "coordinates": {"a": 1}})",
                            R"({"georel": "within", "geometry": "Point", "coordinates": [8, 40], "geoproperty": 5})"}) {
    EXPECT_FALSE(GeoQuery::from_json(json(arena, wrong), iri).ok()) << wrong;
  }
}

TEST(GeoQuery, NgsiV2WritesLatitudeFirst) {
  const auto place = at(R"({"type": "Point", "coordinates": [135.5, 34.7]})");
  const auto v2 = [&](const char* georel, const char* geometry, const char* coords) { return GeoQuery::parse_v2(georel, geometry, coords); };
  EXPECT_TRUE(v2("near;maxDistance:1000", "point", "34.7,135.501")->matches(*place));
  EXPECT_FALSE(v2("near;maxDistance:1000;minDistance:500", "point", "34.7,135.501")->matches(*place));
  EXPECT_TRUE(v2("coveredBy", "box", "34,135;35,136")->matches(*place));
  EXPECT_TRUE(v2("coveredBy", "polygon", "34,135;35,135;35,136;34,136;34,135")->matches(*place));
  EXPECT_FALSE(v2("disjoint", "box", "34,135;35,136")->matches(*place));
  EXPECT_TRUE(v2("intersects", "line", "34.7,135;34.7,136")->matches(*place));
  for (const auto& [georel, geometry, coords] : std::vector<std::array<const char*, 3>>{{"near", "point", "1,2"}, {"within", "point", "1,2"}, {"near;maxDistance:0", "point", "1,2"}, {"equals", "point", "1,2;3,4"},
        {"equals", "point", "1"}, {"coveredBy", "polygon", "34,135;35,135;35,136;34,136"}, {"coveredBy", "box", "1,2"}, {"coveredBy", "circle", "1,2"}, {"equals", "point", "a,b"}}) {
    EXPECT_FALSE(v2(georel, geometry, coords).ok()) << georel << coords;
  }
}

TEST(TemporalQuery, LowerBoundIncludedUpperExcluded) {
  const auto us = [](const char* text) { return parse_stamp(text)->us; };
  const auto parse = [](TemporalQuery::Words words) { return TemporalQuery::parse(words); };
  const auto after = *parse({.timerel = "after", .time_at = "2020-01-01T00:00:00Z"});
  EXPECT_TRUE(after.holds(us("2020-01-01T00:00:00.000Z")));
  EXPECT_FALSE(after.holds(us("2019-12-31T23:59:59.999999Z")));
  const auto before = *parse({.timerel = "before", .time_at = "2020-01-01T00:00:00Z"});
  EXPECT_FALSE(before.holds(us("2020-01-01T00:00:00Z")));
  EXPECT_TRUE(before.holds(us("2019-12-31T23:59:59.999999Z")));
  const auto between = *parse({.timerel = "between", .time_at = "2020-01-01T00:00:00Z", .end_time_at = "2020-01-02T00:00:00Z", .timeproperty = "modifiedAt", .last_n = "5"});
  EXPECT_TRUE(between.holds(us("2020-01-01T00:00:00Z")));
  EXPECT_FALSE(between.holds(us("2020-01-02T00:00:00Z")));
  EXPECT_FALSE(between.holds(kNoTime));
  EXPECT_EQ(between.last_n, 5U);
  EXPECT_EQ(between.property, TemporalQuery::Property::modified_at);
  EXPECT_EQ(between.text(), "timerel=between&timeAt=2020-01-01T00:00:00.000Z&endTimeAt=2020-01-02T00:00:00.000Z&timeproperty=modifiedAt&lastN=5");
  for (const TemporalQuery::Words& wrong : std::vector<TemporalQuery::Words>{
           {.timerel = "at", .time_at = "2020-01-01T00:00:00Z"}, {.timerel = "after"}, {.time_at = "2020-01-01T00:00:00Z"}, {.timerel = "between", .time_at = "2020-01-01T00:00:00Z"},
           {.timerel = "after", .time_at = "2020-01-01"}, {.timerel = "after", .time_at = "2020-01-01T00:00:00+09:00"}, {.timerel = "after", .time_at = "2020-01-01T00:00:00"},
           {.timerel = "after", .time_at = "2020-01-01T00:00:00Z", .timeproperty = "x"}, {.timerel = "after", .time_at = "2020-01-01T00:00:00Z", .last_n = "0"},
           {.timerel = "after", .time_at = "2020-01-01T00:00:00Z", .last_n = "1.5"}, {.timerel = "after", .time_at = "2020-01-01T00:00:00Z", .last_n = "-1"}}) {
    EXPECT_FALSE(parse(wrong).ok());
  }
  EXPECT_TRUE(TemporalQuery::parse({.last_n = "3"}, false).ok());
  tree::Arena arena;
  EXPECT_EQ(TemporalQuery::from_json(json(arena, R"({"timerel": "after", "timeAt": "2020-01-01T00:00:00Z", "lastN": 2})"))->last_n, 2U);
  for (const char* wrong : {R"({"timerel": "after", "timeAt": "2020-01-01T00:00:00Z", "lastN": 1.5})", R"({"timerel": "after", "timeAt": 5})", R"({"timerel": "after", "timeAt": "2020-01-01T00:00:00Z", "lastN": "2"})", "[]"}) {
    EXPECT_FALSE(TemporalQuery::from_json(json(arena, wrong)).ok()) << wrong;
  }
}

TEST(Projection, NestsAlongRelationships) {
  const auto pick = Projection::parse("id,name|locatedIn{id,name,in{x}}", iri, "pick");
  ASSERT_TRUE(pick.ok());
  EXPECT_EQ(pick->text(), "id,<https://ex/name>,<https://ex/locatedIn>{id,<https://ex/name>,<https://ex/in>{<https://ex/x>}}");
  EXPECT_EQ(Projection::parse(pick->text(), nullptr, "pick")->text(), pick->text());
  EXPECT_EQ(pick->linked_depth(), 2);
  EXPECT_NE(pick->find("https://ex/name"), nullptr);
  EXPECT_EQ(pick->find("https://ex/nothing"), nullptr);
  EXPECT_EQ(pick->find("https://ex/locatedIn")->linked.size(), 3U);
  for (const char* wrong : {"", ",", "a,", "a{", "a{}", "a}", "a b", "id{x}", "a..b", "1a"}) EXPECT_FALSE(Projection::parse(wrong, iri, "pick").ok()) << wrong;
  const auto p = [](const char* text) { return *Projection::parse(text, iri, "pick"); };
  EXPECT_TRUE(check_projections(p("a,b"), p("c"), false).ok());
  EXPECT_FALSE(check_projections(p("a,b"), p("b"), false).ok());
  EXPECT_TRUE(check_projections(p("a{b}"), p("a{c}"), false).ok());
  EXPECT_FALSE(check_projections(p("a{b}"), p("a"), false).ok());
  EXPECT_FALSE(check_projections(p("a"), Projection(), true).ok());
  EXPECT_TRUE(check_projections(Projection(), Projection(), true).ok());
  EXPECT_EQ(*parse_names("a,https://x/y,a", iri, "attrs"), (std::vector<std::string>{"https://ex/a", "https://x/y"}));
  EXPECT_FALSE(parse_names("a,,b", iri, "attrs").ok());
  EXPECT_FALSE(parse_names("a b", iri, "attrs").ok());
  EXPECT_TRUE(is_name("温度_1"));
  EXPECT_TRUE(is_name("ex:name"));
  EXPECT_FALSE(is_name("a-b"));
  EXPECT_TRUE(is_system_member("createdAt"));
  EXPECT_FALSE(is_system_member("name"));
  EXPECT_FALSE(is_name("1a"));
}

TEST(LanguageFilter, BestRangeFirst) {
  tree::Arena arena;
  const tree::Value map = json(arena, R"({"fr": "a", "en-GB": "b", "@none": "c"})");
  for (const auto& [text, tag] : std::vector<std::pair<const char*, const char*>>{{"fr", "fr"}, {"FR", "fr"}, {"fr-CH", "fr"}, {"en", "en-GB"}, {"de,fr;q=0.5,en;q=0.8", "en-GB"}, {"de", "@none"}, {"*", "@none"}, {"fr-CH,fr;q=0.9,*;q=0.5", "fr"}, {"fr;q=0", "@none"}}) {
    EXPECT_EQ(LanguageFilter::parse(text)->choose(map), tag) << text;
  }
  EXPECT_EQ(LanguageFilter::parse("de")->choose(json(arena, R"({"it": "x"})")), "it");
  EXPECT_FALSE(LanguageFilter::parse("de")->choose(json(arena, "{}")));
  for (const char* wrong : {"", "fr,", "f r", "fr;q=2", "fr;x=1", "toolonglanguage", "-fr", "fr;q=0.1;q=0.2"}) EXPECT_FALSE(LanguageFilter::parse(wrong).ok()) << wrong;
}

std::string order_of(const Ordering& ordering, const std::vector<EntityPtr>& entities, std::size_t most = SIZE_MAX) {
  std::vector<const Entity*> list;
  for (const EntityPtr& e : entities) list.push_back(e.get());
  ordering.sort(list, most);
  std::string out;
  for (const Entity* e : list) out += e->id.back();
  return out;
}

std::vector<EntityPtr> with_values(const std::vector<const char*>& values) {
  std::vector<EntityPtr> out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::string attribute = *values[i] ? R"(, "a": {"type": "Property", "value": )" + std::string(values[i]) + R"(, "s": {"type": "Property", "value": )" + std::to_string(10 - i) + "}}" : "";
    out.push_back(entity(R"({"id": "urn:x:)" + std::string(1, static_cast<char>('0' + i)) + R"(", "type": "T", "createdAt": "2026-01-01T00:00:0)" + std::to_string(9 - i) + "Z\"" + attribute + "}"));
  }
  return out;
}

TEST(Ordering, ByValuesSubAttributesMembers) {
  const auto order = [](std::string_view by, const std::vector<EntityPtr>& entities) { return order_of(*Ordering::parse({.order_by = by}, iri), entities); };
  const auto names = with_values({R"("C")", R"("A")", R"("B")"});
  EXPECT_EQ(order("a", names), "120");
  EXPECT_EQ(order("a;asc", names), "120");
  EXPECT_EQ(order("a;desc", names), "021");
  EXPECT_EQ(order("id", names), "012");
  EXPECT_EQ(order("id;desc", names), "210");
  EXPECT_EQ(order("createdAt", names), "210");
  EXPECT_EQ(order("a.s", names), "210");
  EXPECT_EQ(order("type,a;desc", names), "021");
  EXPECT_EQ(order("type", {names[2], names[0], names[1]}), "012");   // what is equal is ordered by id
  EXPECT_EQ(order("a", with_values({"10", "9", "9.5"})), "120");
  // §4.23.2: numbers, texts, objects, arrays, booleans, times, dates, instants, nothing.
  const auto mixed = with_values({"", "\"2026-01-01T00:00:00Z\"", "\"2026-01-01\"", "\"10:00:00Z\"", "true", "[1]", "{}", "\"x\"", "5"});
  EXPECT_EQ(order("a", mixed), "876543210");
  EXPECT_EQ(order("a;desc", mixed), "123456780");   // what is not there stays behind
  EXPECT_EQ(order("a[x]", with_values({R"({"x": 2})", R"({"x": 1})", "7"})), "102");
  EXPECT_EQ(order_of(*Ordering::parse({.order_by = "a"}, iri), names, 1).front(), '1');
  for (const char* wrong : {"", "a,", "a;up", "a;", ";desc", "a b", "a;dist-asc"}) EXPECT_FALSE(Ordering::parse({.order_by = wrong}, iri).ok()) << wrong;
}

TEST(Ordering, ByLanguage) {
  const auto order = [](std::string_view collation, const std::vector<EntityPtr>& entities) { return order_of(*Ordering::parse({.order_by = "a", .collation = collation}, iri), entities); };
  const auto words = with_values({"\"zebra\"", "\"été\"", "\"eta\"", "\"Eta\"", "\"f\""});
  EXPECT_EQ(order("", words), "23140");   // accents count less than letters, bytes would put é last
  EXPECT_EQ(order("und-x-icu", words), "23140");
  EXPECT_EQ(order("und-u-ks-identic", words), "23140");
  const auto swedish = with_values({"\"ö\"", "\"z\"", "\"o\""});
  EXPECT_EQ(order("sv", swedish), "210");
  EXPECT_EQ(order("de", swedish), "201");
  EXPECT_TRUE(Ordering::parse({.order_by = "a", .collation = "de-u-co-phonebk"}, iri).ok());
  for (const char* wrong : {"not a tag", "invalid-collation-tag", "xx_!!", "zz-zz-zz-zz", "de-u-co-nothing", "!!", "qqq", "invalid"}) EXPECT_FALSE(Ordering::parse({.order_by = "a", .collation = wrong}, iri).ok()) << wrong;
}

TEST(Ordering, ByDistance) {
  std::vector<EntityPtr> places;
  for (const auto& [id, lon] : std::vector<std::pair<char, std::string>>{{'0', "9"}, {'1', "8.1"}, {'2', "8.5"}}) {
    places.push_back(entity(R"({"id": "urn:x:)" + std::string(1, id) + R"(", "type": "T", "location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [)" + lon + ", 40]}}}"));
  }
  places.push_back(entity(R"({"id": "urn:x:3", "type": "T"})"));
  EXPECT_EQ(order_of(*Ordering::parse({.order_by = "location;dist-asc", .order_from = "[8,40]"}, iri), places), "1203");
  EXPECT_EQ(order_of(*Ordering::parse({.order_by = "location;dist-desc", .order_from = "[8,40]"}, iri), places), "0213");
  EXPECT_EQ(order_of(*Ordering::parse({.order_by = "location;dist-asc", .order_from = "[[9,41],[9,39]]", .order_geometry = "LineString"}, iri), places), "0213");
  tree::Arena arena;
  EXPECT_TRUE(Ordering::from_json(json(arena, R"({"orderBy": ["location;dist-asc", "id"], "coordinates": [8, 40]})"), iri).ok());
  for (const char* wrong : {R"({"orderBy": ["location;dist-asc"]})", R"({"orderBy": ["location;dist-asc"], "coordinates": "[8, 40]"})", R"({"orderBy": ["a"], "coordinates": [8, 40], "geometry": 5})",
                            R"({"orderBy": []})", R"({})", R"({"orderBy": [5]})", R"({"orderBy": ["a"], "collation": "!!"})"}) {
    EXPECT_FALSE(Ordering::from_json(json(arena, wrong), iri).ok()) << wrong;
  }
  const auto near = *GeoQuery::parse_v2("near;maxDistance:1000000", "point", "40,8");
  EXPECT_EQ(order_of(*Ordering::parse_v2("!geo:distance", &near, iri), places), "0213");
  EXPECT_FALSE(Ordering::parse_v2("geo:distance", nullptr, iri).ok());
  EXPECT_EQ(order_of(*Ordering::parse_v2("!id", nullptr, iri), places), "3210");
}

TEST(EntityQuery, MatchesExplainsAndHints) {
  const auto car = entity(R"({"id": "urn:ngsi-ld:Car:1", "type": "Car", "scope": "/Osaka", "speed": {"type": "Property", "value": 50},
    "location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [135.5, 34.7]}}})");
  EntityQuery query;
  EXPECT_TRUE(query.matches(*car));
  EntitySelector cars;
  cars.type = *TypeSelection::parse("Car,(Bus;Red)", iri), cars.id_pattern = *TextPattern::compile("^urn:ngsi-ld:Car:.*");
  query.entities = {cars};
  query.attrs = {"https://ex/speed"};
  query.q = testing::filter("speed>40;speed<60");
  query.scope = *ScopeQuery::parse("/Osaka/#");
  query.geo = geo("near;maxDistance==1000", "Point", "[135.501,34.7]");
  EXPECT_TRUE(query.matches(*car));
  EXPECT_TRUE(query.explain(*car).matches);
  EXPECT_EQ(query.explain(*car).to_text(), "");
  const Hints hints = query.hints();
  EXPECT_EQ(hints.id_prefix, "urn:ngsi-ld:Car:");
  EXPECT_EQ(hints.types.size(), 2U);
  EXPECT_EQ(hints.facts.size(), 2U);
  EXPECT_EQ(hints.geo_attribute, "https://ex/location");
  EXPECT_TRUE(hints.box->covers(Position{135.5, 34.7}));
  EXPECT_EQ(hints.circle->second, 1000);

  query.q = testing::filter("speed>60");
  query.geo = geo("near;maxDistance==10", "Point", "[135.501,34.7]");
  query.scope = *ScopeQuery::parse("/Kyoto");
  const Explanation why = query.explain(*car);
  EXPECT_FALSE(why.matches);
  EXPECT_EQ(why.to_text(), "scopeQ /Kyoto: /Osaka\nq speed>60: 50\ngeoQ near;maxDistance==10 {\"type\":\"Point\",\"coordinates\":[135.501,34.7]}: 91 m away\n");
  query.entities.push_back({});   // a selector that selects everything: nothing may be concluded any more
  EXPECT_TRUE(query.hints().types.empty());
  EXPECT_EQ(query.hints().id_prefix, "");
}

}  // namespace
}  // namespace machiya::sense
