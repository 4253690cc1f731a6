#include "sense/query/filter.h"

#include <gtest/gtest.h>

#include "sense/query/query_testing.h"

namespace machiya::sense {
namespace {

using testing::entity;
using testing::filter;

const char* const kBuilding = R"({"id": "urn:ngsi-ld:Building:1", "type": ["Building", "Tower"], "scope": "/Osaka/Kita",
  "createdAt": "2026-01-02T03:04:05Z", "modifiedAt": "2026-02-03T04:05:06.5Z",
  "name": {"type": "Property", "value": "Eiffel Tower"},
  "height": {"type": "Property", "value": 330.0, "unitCode": "MTR", "observedAt": "2026-01-01T00:00:00Z",
             "accuracy": {"type": "Property", "value": 0.5, "observedAt": "2025-01-01T00:00:00Z"}, "measuredBy": {"type": "Relationship", "object": "urn:x:1"}},
  "open": {"type": "Property", "value": true},
  "tags": {"type": "Property", "value": ["blue", "red", 7]},
  "empty": {"type": "Property", "value": []},
  "built": {"type": "Property", "value": "1889-03-31"},
  "opened": {"type": "Property", "value": {"@type": "DateTime", "@value": "1889-05-06T00:00:00Z"}},
  "opens": {"type": "Property", "value": "09:30:00Z"},
  "address": {"type": "Property", "value": {"city": "Berlin", "geo": {"floor": 3}, "list": [1, 2], "odd key": 1}},
  "color": {"type": "LanguageProperty", "languageMap": {"fr": "rouge", "en": ["red", "cat"], "de": "rot"}},
  "category": {"type": "VocabProperty", "vocab": "https://ex/commercial"},
  "kinds": {"type": "VocabProperty", "vocab": ["https://ex/a", "https://ex/b"]},
  "raw": {"type": "JsonProperty", "json": {"id": "85a6", "value": "Overstay 60 minutes"}},
  "list": {"type": "ListProperty", "valueList": [1, 2, "x"]},
  "managedBy": {"type": "Relationship", "object": "urn:ngsi-ld:Person:1"},
  "owners": {"type": "Relationship", "object": ["urn:ngsi-ld:Person:1", "urn:ngsi-ld:Person:2"]},
  "route": {"type": "ListRelationship", "objectList": [{"object": "urn:a:1"}, {"object": "urn:a:2"}]},
  "speed": [{"type": "Property", "value": 50}, {"type": "Property", "value": 80, "datasetId": "urn:d:gps"}],
  "location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [135.5, 34.7]}}})";

struct Row {
  const char* q;
  bool matches;
};

TEST(Filter, AnswersAsTheStandardSays) {
  const EntityPtr building = entity(kBuilding);
  const std::vector<Row> rows = {
      // existence
      {"name", true}, {"nothing", false}, {"!nothing", true}, {"!name", false}, {"height.accuracy", true}, {"height.nothing", false},
      // numbers, texts, booleans: the types must be the same
      {"height==330", true}, {"height==330.0e0", true}, {"height!=330", false}, {"height>329.9", true}, {"height>330", false}, {"height>=330", true},
      {"height<331", true}, {"height<=330", true}, {"height<330", false}, {"height==\"330\"", false}, {"height!=\"330\"", true}, {"height>\"1\"", false},
      {"name==\"Eiffel Tower\"", true}, {"name!=\"Eiffel Tower\"", false}, {"name>\"Eiffel\"", true}, {"name<\"F\"", true}, {"name>\"a\"", false},
      {"open==true", true}, {"open!=true", false}, {"open==false", false}, {"open!=false", true}, {"open==1", false}, {"open==\"true\"", false},
      {"nothing!=1", false},   // the target element must be there
      // arrays: equal to any, unequal to all
      {"tags==\"red\"", true}, {"tags!=\"red\"", false}, {"tags!=\"black\"", true}, {"tags==7", true}, {"tags>6", false}, {"empty!=1", true}, {"empty==1", false},
      // lists and ranges
      {"height==1,330", true}, {"height!=1,330", false}, {"height!=1,2", true}, {"tags==\"x\",\"blue\"", true}, {"tags!=\"x\",\"blue\"", false},
      {"height==300..330", true}, {"height==330..340", true}, {"height==331..340", false}, {"height!=300..330", false}, {"height!=1..2", true},
      {"tags==5..9", true}, {"tags!=5..9", false}, {"name==\"D\"..\"F\"", true}, {"name==1..2", false}, {"name==D..F", false}, {"name!=1..2", true},
      // dates and times are compared as such
      {"built==1889-03-31", true}, {"built>1889-03-30", true}, {"built<1889-04-01", true}, {"built==1889-03-31T00:00:00Z", false},
      {"opened==1889-05-06T00:00:00.000Z", true}, {"opened>1889-05-05T23:59:59Z", true}, {"opened>1889-05-06T00:00:00Z", false},
      {"opened==1889-05-01T00:00:00Z..1889-06-01T00:00:00Z", true}, {"opens==09:30:00.0Z", true}, {"opens<10:00:00Z", true}, {"opens==09:30:00,0Z", true},
      {"height.observedAt==2026-01-01T00:00:00.000000Z", true}, {"height.observedAt>=2026-01-01T00:00:00,5Z", false}, {"height.observedAt<2027-01-01", true},
      {"createdAt==2026-01-02T03:04:05Z", true}, {"modifiedAt>2026-02-03T04:05:06.4Z", true}, {"createdAt>\"2026-01-01T00:00:00Z\"", true},
      {"height.accuracy.observedAt<2026-01-01T00:00:00Z", true}, {"createdAt>5", false}, {"createdAt!=5", true},
      // members that are no attributes
      {"id==\"urn:ngsi-ld:Building:1\"", true}, {"id==urn:ngsi-ld:Building:1", true}, {"type==Tower", true}, {"type==\"Car\"", false}, {"scope==\"/Osaka/Kita\"", true},
      {"height.unitCode==\"MTR\"", true}, {"height.unitCode==\"CMT\"", false}, {"speed.datasetId==\"urn:d:gps\"", true}, {"name.unitCode", false}, {"id.x", false},
      // sub-attributes
      {"height.accuracy==0.5", true}, {"height.accuracy>0.5", false}, {"height.measuredBy==\"urn:x:1\"", true},
      // compound values
      {"address[city]==\"Berlin\"", true}, {"address[geo.floor]==3", true}, {"address[geo.floor]>=3", true}, {"address[geo]", true}, {"address[geo.roof]", false},
      {"address[geo.roof]!=1", false}, {"address[list]==2", true}, {"address[city.x]", false}, {"address[\"odd key\"]==1", true}, {"raw[value]==\"Overstay 60 minutes\"", true},
      {"address==\"Berlin\"", false}, {"address!=\"Berlin\"", true}, {"name[x]", false}, {"location[type]==\"Point\"", true},
      // languages
      {"color==\"rot\"", true}, {"color[*]==\"red\"", true}, {"color[en]==\"red\"", true}, {"color[EN]==\"red\"", true}, {"color[fr]==\"red\"", false}, {"color[it]==\"red\"", false},
      {"color!=\"red\"", false}, {"color[*]!=\"red\"", false}, {"color[*]!=\"noir\"", true}, {"color[fr]!=\"red\"", true}, {"color[en]!=\"red\"", false}, {"color[it]!=\"x\"", false},
      {"color[en]", true}, {"color[it]", false}, {"color~=rou", true}, {"color[de]~=rou", false},
      // vocabularies, relationships, lists
      {"category==\"https://ex/commercial\"", true}, {"category==\"commercial\"", false}, {"category==commercial", false}, {"kinds==https://ex/b", true}, {"kinds!=https://ex/b", false},
      {"managedBy==\"urn:ngsi-ld:Person:1\"", true}, {"managedBy==urn:ngsi-ld:Person:1", true}, {"managedBy!=urn:ngsi-ld:Person:2", true}, {"managedBy>urn:a", false},
      {"managedBy~=Person", false}, {"owners==urn:ngsi-ld:Person:2", true}, {"owners!=urn:ngsi-ld:Person:2", false}, {"route==urn:a:2", true}, {"route==urn:a:3,urn:a:1", true},
      {"route!=urn:a:1", false}, {"list==2", true}, {"list==\"x\"", true}, {"list==3", false},
      // several instances: any
      {"speed==50", true}, {"speed==80", true}, {"speed!=80", true}, {"speed>60", true}, {"speed>90", false}, {"speed==60..70", false},
      // patterns are found anywhere
      {"name~=Eif", true}, {"name~=\"^Eiffel T\"", true}, {"name~=^Tower", false}, {"name~=(Eiffel|Big) Tower$", true}, {"name!~=Ben", true}, {"name!~=Eif", false},
      {"height~=3", false}, {"height!~=x", false}, {"tags~=blue", false}, {"nothing!~=x", false}, {"name~=[E;)]iff", true}, {"(name~=(x|Eif);height==330)", true},
      // and before or; parentheses before both
      {"name;height==330", true}, {"nothing;height==330", false}, {"nothing|height==330", true}, {"nothing;name|open==true", true}, {"nothing;(name|open==true)", false},
      {"open==true|name;nothing", true}, {"(open==true|name);nothing", false}, {"((height>300|speed>300);name==\"Eiffel Tower\")", true},
      {"(height>=20;height<=25)|speed<=60", true},
      {"https://ex/height==330", true}, {"<https://ex/height>==330", true}, {"ex:height==330", false},
  };
  for (const Row& row : rows) EXPECT_EQ(filter(row.q).matches(*building), row.matches) << row.q;
}

TEST(Filter, MistakesAreNamedWithTheirColumn) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"", "q:1"}, {"speed>", "q:7"}, {"speed>;a", "q:7"}, {"speed=5", "q:6"}, {"(a;b", "q:5"}, {"a;b)", "q:4"}, {"a;;b", "q:3"}, {"a|", "q:3"}, {"==5", "q:1"}, {"a.==5", "q:3"},
      {"a[b==5", "q:3"}, {"a[]==5", "q:3"}, {"a{b==5", "q:7"}, {"a{}==5", "q:3"}, {"a==\"x", "q:4"}, {"a==\"\\x\"", "q:4"}, {"a==5x", "q:4"}, {"a==05", "q:4"}, {"a==1e999", "q:4"},
      {"a>1..2", "q:3"}, {"a>=1,2", "q:4"}, {"a<true", "q:3"}, {"a==1..\"x\"", "q:7"}, {"a==true..false", "q:10"}, {"a==2026-01-01T00:00:00+09:00", "q:4"}, {"a==2026-13-01", "q:4"},
      {"a~=", "q:4"}, {"a~=(", "q:4"}, {"a~=\"[z\"", "q:4"}, {"a~=(?=x)", "q:4"}, {"a == 5", "q:2"}, {"a==x y", "q:4"}, {"1a==5", "q:1"}, {"名==\"x\";=", "q:8"}, {"a-b==1", "q:2"}, {"a==b{c}", "q:4"},
      {"()", "q:2"}, {"a==,", "q:4"}, {"a==1,", "q:6"}, {"a[b]c", "q:5"}, {"\xff", "q:1"}, {"!a==1", "q:3"},
  };
  for (const auto& [q, where] : rows) {
    const auto out = Filter::parse(q, testing::iri);
    ASSERT_FALSE(out.ok()) << q;
    EXPECT_EQ(out.error().code, ErrorCode::malformed_request) << q;
    EXPECT_EQ(out.error().where, where) << q << ": " << out.error().detail;
    EXPECT_TRUE(out.error().detail.starts_with("q, column ")) << out.error().detail;
  }
}

TEST(Filter, LimitsKeepHostileTextsSmall) {
  const auto code = [](const std::string& q) {
    const auto out = Filter::parse(q, testing::iri);
    return out.ok() ? ErrorCode::internal : out.error().code;
  };
  EXPECT_EQ(code(std::string(21, '(') + "a" + std::string(21, ')')), ErrorCode::limit_exceeded);
  EXPECT_EQ(code(std::string(20, '(') + "a" + std::string(20, ')')), ErrorCode::internal);   // internal: it was read
  EXPECT_EQ(code(std::string(10'000, '(')), ErrorCode::limit_exceeded);
  EXPECT_EQ(code("a=="+ std::string(20'000, '1')), ErrorCode::limit_exceeded);
  std::string terms = "a", values = "a==1", links = "a";
  for (int i = 0; i < 512; ++i) terms += "|a", values += ",1";
  for (int i = 0; i < 9; ++i) links += "{a";
  EXPECT_EQ(code(terms), ErrorCode::limit_exceeded);
  EXPECT_EQ(code(values), ErrorCode::limit_exceeded);
  EXPECT_EQ(code(links + std::string(9, '}')), ErrorCode::limit_exceeded);
}

TEST(Filter, ValuesAreExpandedWhenAsked) {
  const EntityPtr building = entity(kBuilding);
  FilterOptions options;
  options.expand_values = {"category", "other"};
  EXPECT_TRUE(filter("category==commercial", options).matches(*building));
  EXPECT_TRUE(filter("category==\"commercial\"", options).matches(*building));
  EXPECT_TRUE(filter("category==\"x\",\"commercial\"", options).matches(*building));
  EXPECT_FALSE(filter("category!=\"commercial\"", options).matches(*building));
  EXPECT_FALSE(filter("kinds==a", options).matches(*building));
  options.percent_too = true;
  EXPECT_TRUE(filter("name==\"Eiffel%20Tower\"", options).matches(*building));
  EXPECT_FALSE(filter("name==\"Eiffel%20Tower\"").matches(*building));
}

TEST(Filter, FollowsRelationshipsThroughALookup) {
  const EntityPtr building = entity(kBuilding);
  const EntityPtr person = entity(R"({"id": "urn:ngsi-ld:Person:1", "type": "Person", "age": {"type": "Property", "value": 40},
    "knows": {"type": "Relationship", "object": "urn:ngsi-ld:Person:2"}})");
  const EntityPtr other = entity(R"({"id": "urn:ngsi-ld:Person:2", "type": "Robot", "age": {"type": "Property", "value": 2, "sure": {"type": "Property", "value": true}}})");
  const EntityLookup lookup = [&](std::string_view id) { return id == person->id ? person : id == other->id ? other : nullptr; };
  const std::vector<Row> rows = {
      {"managedBy{age}==40", true}, {"managedBy{age}>40", false}, {"managedBy{Person:age}==40", true}, {"managedBy{Robot:age}==40", false}, {"managedBy{Robot,Person:age}==40", true},
      {"owners{age}<10", true}, {"owners{Person:age}<10", false}, {"managedBy{knows{age}}==2", true}, {"managedBy{knows{Robot:age.sure}}==true", true}, {"managedBy{knows{age}}==3", false},
      {"managedBy{Person}.age==40", true}, {"managedBy{Robot}.age==40", false}, {"route{age}==40", false}, {"name{age}==40", false}, {"managedBy{age};name", true}, {"managedBy{name}", false},
      {"managedBy{age==40}", true}, {"managedBy{age==41}", false}, {"managedBy{Person:age==40}", true}, {"managedBy{Robot:age==40}", false}, {"managedBy{age==41|age>39}", true},
      {"managedBy{age>39;age<40}", false}, {"managedBy{knows{Robot:age==2}}", true}, {"managedBy{id~=^urn.{2,9}Person};name", true}, {"managedBy{age==40;knows{age==3}}", false}, {"name;managedBy{(age==1|age==40);knows}", true},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(filter(row.q).matches(*building, &lookup), row.matches) << row.q;
    EXPECT_FALSE(filter(row.q).matches(*building)) << row.q;
  }
  EXPECT_EQ(filter("a==1;b{c{d}}==2").linked_depth(), 2);
  EXPECT_EQ(filter("b{c{d==2;e}}").linked_depth(), 2);
  EXPECT_EQ(filter("a==1").linked_depth(), 0);
  for (const std::string_view q : {"a{b==1", "a{b==1}==2", "a{b==1}}", "a{;b}", "a{b==}", "a{b=={}"}) EXPECT_FALSE(Filter::parse(q, testing::iri).ok()) << q;
}

TEST(Filter, CanonicalTextReadsBackAsTheSame) {
  for (const std::string q : {"a", "!a", "a.b.c", "a[b.c]", "a[*]==\"x\"", "a[\"odd key\"]", "a==1;b==2|c==3", "(a|b);c", "((a|b)|c);d", "a{T,U:b{c.d[e]}}>=5.25", "a==\"q\\\"uote\\n\",\"b\"",
                              "a!=1..2", "a==2026-01-01T00:00:00.5Z", "a<10:00:00Z", "a>2026-01-01", "a~=\"x|y\"", "a!~=^\\d+$", "createdAt>2026-01-01T00:00:00Z", "a.observedAt", "a==true,false,null"}) {
    const Filter once = filter(q);
    const auto again = Filter::parse(once.text(), nullptr);
    ASSERT_TRUE(again.ok()) << once.text() << ": " << again.error().to_string();
    EXPECT_EQ(again->text(), once.text()) << q;
    EXPECT_EQ(once.source(), q);
  }
  // NGSIv2's names may hold what no IRI may.
  const Filter odd = *Filter::parse_v2("'a b\"<>'==1", "", testing::iri);
  EXPECT_EQ(odd.text(), R"(<https://ex/a\u0020b\u0022\u003c\u003e>==1)");
  EXPECT_EQ(Filter::parse(odd.text(), nullptr)->attributes(), odd.attributes());
  EXPECT_EQ(filter("a.b[c]==1,2;(d|e{T:f})").text(), R"(<https://ex/a>.<https://ex/b>["c"]==1,2;(<https://ex/d>|<https://ex/e>{<https://ex/T>:<https://ex/f>}))");
}

TEST(Filter, TellsFactsForIndexes) {
  const auto facts = filter("a==5;b>3;c==\"x\",\"y\";d.e==1;(f==1|g==2);h{i}==1;!j;k!=1;l==1..2;createdAt>2026-01-01T00:00:00Z;m<=7").facts();
  std::string text;
  for (const IndexFact& f : facts) {
    text += f.attribute.substr(11) + " ";
    if (f.what == IndexFact::What::number) text += std::to_string(f.low) + ".." + std::to_string(f.high) + " ";
    for (const std::string& t : f.texts) text += "'" + t + "' ";
  }
  EXPECT_EQ(text, "a 5.000000..5.000000 b 3.000000..inf c 'x' 'y' d h k l 1.000000..2.000000 m -inf..7.000000 ");
  EXPECT_TRUE(filter("a|b").facts().empty());
  EXPECT_EQ(filter("a.b==1;c{d}|a").attributes(), (std::vector<std::string>{"https://ex/a", "https://ex/c"}));
  EXPECT_TRUE(filter("createdAt>2026-01-01T00:00:00Z;modifiedAt").only_system_members());
  EXPECT_FALSE(filter("createdAt>2026-01-01T00:00:00Z;a").only_system_members());
  EXPECT_FALSE(Filter().only_system_members());
}

TEST(Filter, ExplainsItself) {
  std::vector<ExplainedTerm> out;
  filter("height>400;name;nothing==1;address[city]==\"Paris\"").explain(*entity(kBuilding), nullptr, out);
  ASSERT_EQ(out.size(), 4U);
  EXPECT_EQ(out[0].term + " " + out[0].found, "height>400 330.0");
  EXPECT_TRUE(out[1].held);
  EXPECT_EQ(out[2].found, "no such attribute");
  EXPECT_EQ(out[3].found, "\"Berlin\"");
}

TEST(Filter, IsAskedOfPlainObjectsToo) {
  tree::Arena arena;
  const tree::Value source = testing::json(arena, R"({"id": "urn:r:1", "endpoint": "http://x", "area": {"type": "Property", "value": "north"}, "speed": 5, "info": {"a": {"b": 1}}})");
  for (const Row& row : std::vector<Row>{{"area==\"north\"", true}, {"speed>4", true}, {"speed>5", false}, {"nothing", false}, {"!nothing", true}, {"info[a.b]==1", true}, {"info.a[b]==1", true}}) {
    EXPECT_EQ(filter(row.q).matches(source), row.matches) << row.q;
  }
}

TEST(FilterV2, SpeaksNgsiV2) {
  const EntityPtr car = entity(R"({"id": "Car1", "type": "Car", "createdAt": "2026-01-02T03:04:05Z",
    "speed": {"type": "Property", "value": 89, "accuracy": {"type": "Property", "value": 0.9}, "odd": {"type": "Property", "value": {"x": 1}}},
    "color": {"type": "Property", "value": "a;b"}, "brand": {"type": "Property", "value": "Mercedes"}, "year": {"type": "Property", "value": "2020-01-01T09:00:00+09:00"},
    "engine": {"type": "Property", "value": {"power": 100, "fuel.type": "diesel"}}, "tags": {"type": "Property", "value": ["x", "y"]}, "count": {"type": "Property", "value": "10"}})");
  const std::vector<Row> rows = {
      {"speed==89", true}, {"speed:89", true}, {"speed!=89", false}, {"speed>80;brand==Mercedes", true}, {"speed<80;brand==Mercedes", false}, {"speed==80..90", true}, {"speed!=80..90", false},
      {"brand==Audi,Mercedes", true}, {"brand!=Audi,Mercedes", false}, {"brand~=^Mer", true}, {"brand", true}, {"!brand", false}, {"!nothing", true}, {"nothing", false}, {"nothing!=1", false},
      {"color=='a;b'", true}, {"color=='a'", false}, {"engine.power>=100", true}, {"engine.'fuel.type'==diesel", true}, {"tags==x", true}, {"count==10", false}, {"count=='10'", true},
      {"year==2020-01-01T00:00:00Z", true}, {"year>2020-01-01T00:00:00+09:00", true}, {"dateCreated>2026-01-01T00:00:00Z", true}, {"dateCreated:2026-01-02T03:04:05Z", true},
      {"brand=='Mercedes'", true}, {"speed==80..85,", false},
  };
  for (const Row& row : rows) {
    const auto f = Filter::parse_v2(row.q, "", testing::iri);
    if (std::string_view(row.q).ends_with(',')) {
      EXPECT_FALSE(f.ok()) << row.q;
      continue;
    }
    ASSERT_TRUE(f.ok()) << row.q << f.error().to_string();
    EXPECT_EQ(f->matches(*car), row.matches) << row.q;
    const auto again = Filter::parse(f->text(), nullptr);
    ASSERT_TRUE(again.ok()) << f->text() << again.error().to_string();
    EXPECT_EQ(again->matches(*car), row.matches) << f->text();
  }
  EXPECT_TRUE(Filter::parse_v2("speed", "speed.accuracy>0.5;speed.odd.x==1", testing::iri)->matches(*car));
  EXPECT_FALSE(Filter::parse_v2("", "speed.accuracy<0.5", testing::iri)->matches(*car));
  EXPECT_TRUE(Filter::parse_v2("", "", testing::iri)->empty());
  for (const auto& [q, mq, where] : std::vector<std::array<std::string, 3>>{{"a==", "", "q:4"}, {"a=='x", "", "q:4"}, {"==1", "", "q:1"}, {"", "a==1", "mq:2"}, {"a>1,2", "", "q:3"}, {"a=1", "", "q:2"}}) {
    const auto f = Filter::parse_v2(q, mq, testing::iri);
    ASSERT_FALSE(f.ok()) << q << mq;
    EXPECT_EQ(f.error().where, where) << f.error().detail;
  }
}

}  // namespace
}  // namespace machiya::sense
