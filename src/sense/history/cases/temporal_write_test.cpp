// Writing evolutions, following the broker, and what queries ask of contents.
#include "sense/history/cases/temporal_fixture.h"

namespace machiya::sense::ngsild {
namespace {

class TemporalWriting : public TemporalFixture {
 protected:
  static constexpr const char* kId = "/temporal/entities/urn:ngsi-ld:Meter:w";
  void make(const std::string& attributes, int status = 201) {
    const auto made = post("/temporal/entities", R"({"id":"urn:ngsi-ld:Meter:w","type":"Meter",)" + attributes + "}");
    ASSERT_EQ(made.status, status) << made.body;
  }
  static std::string at(const std::string& value, const std::string& time, const std::string& rest = "") {
    return R"({"type":"Property","value":)" + value + R"(,"observedAt":"2026-01-01T)" + time + R"(:00Z")" + rest + "}";
  }
  std::string instance(const std::string& attribute, std::size_t n) { return std::string(got(kId)[attribute].items()[n]["instanceId"].text()); }
  int count(const std::string& query) { return static_cast<int>(got("/temporal/entities?type=Meter&timerel=after&timeAt=2026-01-01T00:00:00Z&" + query).count); }
};
MACHIYA_ON_BOTH_ENGINES(TemporalWriting);

TEST_P(TemporalWriting, made_added_to_and_corrected_by_writing_again) {
  NGSI("007_02_01", "5.6.11"), NGSI("007_02_02", "5.6.11"), NGSI("014_01_01", "5.6.12"), NGSI("014_03_01", "5.6.12"), NGSI("014_04_01", "5.6.12"), NGSI("014_04_02", "5.6.12");
  make(R"("level":[)" + at("1", "01:00") + "," + at("2", "02:00") + "]");
  make(R"("level":[)" + at("9", "01:00") + "," + at("3", "03:00") + R"(],"flow":)" + at("7", "01:00"), 204);
  EXPECT_EQ(values(got(kId)["level"]), "9 2 3");
  EXPECT_EQ(post(kId + std::string("/attrs"), R"({"label":[)" + at(R"("x")", "01:00") + "]}").status, 204);
  EXPECT_EQ(values(got(kId)["label"]), "\"x\"");
  // What takes the place of another need not be of its kind.
  EXPECT_EQ(post(kId + std::string("/attrs"), R"({"level":[)" + at(R"("low")", "02:00") + "," + at("5", "03:00", R"(,"unitCode":"MTR")") + "]}").status, 204);
  EXPECT_EQ(values(got(kId)["level"]), R"(9 "low" 5)");
  EXPECT_EQ(post(kId + std::string("/attrs"), R"({"level":[)" + at("2.5", "02:00") + "]}").status, 204);
  EXPECT_EQ(values(got(kId)["level"]), "9 2.5 5");
  EXPECT_EQ(post("/temporal/entities", "").status, 400);
  EXPECT_EQ(post("/temporal/entities", R"({"id":"urn:ngsi-ld:Meter:q",,"type":"Meter"})").status, 400);
  EXPECT_EQ(post("/temporal/entities", R"({"id":"","type":"Meter"})").status, 400);
  EXPECT_EQ(post(kId + std::string("/attrs"), "").status, 400);
  EXPECT_EQ(post(kId + std::string("/attrs"), R"({"level":[{"type":"Property",,}]})").status, 400);
  EXPECT_EQ(post("/temporal/entities/urn:ngsi-ld:Meter:none/attrs", R"({"level":[)" + at("1", "01:00") + "]}").status, 404);
  restart();
  EXPECT_EQ(values(got(kId)["level"]), "9 2.5 5");
  EXPECT_EQ(got(kId)["level"].items()[2]["unitCode"].text(), "MTR");
}

TEST_P(TemporalWriting, attributes_and_entities_go) {
  NGSI("009_01_01", "5.6.16"), NGSI("009_03_01", "5.6.16"), NGSI("015_02_01", "5.6.13"), NGSI("015_02_02", "5.6.13"), NGSI("015_02_03", "5.6.13"), NGSI("015_04_01", "5.6.13"), NGSI("015_04_02", "5.6.13");
  NGSI("015_04_03", "5.6.13");
  make(R"("level":[)" + at("1", "01:00") + "," + at("2", "02:00", R"(,"datasetId":"urn:d:x")") + R"(],"label":)" + at(R"("x")", "01:00") + R"(,"flow":)" + at("3", "01:00"));
  EXPECT_EQ(del(kId + std::string("/attrs/level")).status, 204);
  EXPECT_EQ(values(got(kId)["level"]), "2");
  EXPECT_EQ(del(kId + std::string("/attrs/level")).status, 404);
  EXPECT_EQ(del(kId + std::string("/attrs/level?datasetId=urn:d:x")).status, 204);
  EXPECT_FALSE(got(kId).has("level"));
  EXPECT_EQ(del(kId + std::string("/attrs/label?deleteAll=true")).status, 204);
  EXPECT_EQ(del("/temporal/entities/not-a-uri/attrs/level").status, 400);
  EXPECT_EQ(del("/temporal/entities/urn:ngsi-ld:Meter:none/attrs/level").status, 404);
  for (const char* name : {"inva(lid", "%2E%2E", "%252E%252E", "%2E"}) EXPECT_EQ(del(kId + std::string("/attrs/") + name).status, 400) << name;
  EXPECT_EQ(del(kId).status, 204);
  EXPECT_EQ(get(kId).status, 404);
  EXPECT_EQ(del(kId).status, 404);
  EXPECT_EQ(del("/temporal/entities/not-a-uri").status, 400);
  make(R"("level":)" + at("4", "05:00"));   // and nothing of before comes back
  restart();
  EXPECT_EQ(values(got(kId)["level"]), "4");
  EXPECT_FALSE(got(kId).has("flow"));
}

TEST_P(TemporalWriting, one_instance_is_corrected_or_goes) {
  for (int i = 1; i <= 6; ++i) NGSI("016_02_0" + std::to_string(i), "5.6.14");
  for (int i = 1; i <= 5; ++i) NGSI("017_02_0" + std::to_string(i), "5.6.15");
  make(R"("level":[)" + at("1", "01:00") + "," + at("2", "02:00") + "," + at("3", "03:00") + R"(],"label":[)" + at(R"("x")", "01:00") + "," + at(R"("y")", "02:00") + "]");
  const std::string level = instance("level", 0), label = instance("label", 1);
  clock.advance(5 * kSecond);
  EXPECT_EQ(patch(kId + std::string("/attrs/level/") + level, at("11", "01:00")).status, 204);
  EXPECT_EQ(patch(kId + std::string("/attrs/label/") + label, at(R"("z")", "04:00")).status, 204);
  EXPECT_EQ(values(got(kId)["level"]), "11 2 3");
  EXPECT_EQ(values(got(kId)["label"]), R"("x" "z")");
  EXPECT_EQ(instance("level", 0), level);   // its name stays, whatever it is kept as
  const tree::Value seen = got(kId + std::string("?options=sysAttrs"))["level"];
  EXPECT_EQ(seen.items()[0]["createdAt"].text(), seen.items()[1]["createdAt"].text());
  EXPECT_NE(seen.items()[0]["modifiedAt"].text(), seen.items()[1]["modifiedAt"].text());
  EXPECT_EQ(tree::to_text(got(kId + std::string("?options=aggregatedValues&aggrMethods=sum&attrs=level"))["level"]["sum"].items()[0].items()[0]), "16");
  EXPECT_EQ(patch(kId + std::string("/attrs/level/") + level, at("12", "01:00")).status, 204);
  EXPECT_EQ(del(kId + std::string("/attrs/level/") + instance("level", 1)).status, 204);
  EXPECT_EQ(values(got(kId)["level"]), "12 3");
  EXPECT_EQ(del(kId + std::string("/attrs/level/") + level).status, 204);
  restart();
  EXPECT_EQ(values(got(kId)["level"]), "3");
  const std::string left = instance("level", 0);
  for (const auto& [target, status] : std::vector<std::pair<std::string, int>>{{"/temporal/entities/x/attrs/level/" + left, 400},
                                                                              {"/temporal/entities/urn:ngsi-ld:Meter:none/attrs/level/" + left, 404},
                                                                              {kId + std::string("/attrs/level/not-a-uri"), 400},
                                                                              {kId + std::string("/attrs/level/urn:ngsi-ld:Instance:none"), 404},
                                                                              {kId + std::string("/attrs/in(valid/") + left, 400},
                                                                              {kId + std::string("/attrs/flow/") + left, 404}}) {
    EXPECT_EQ(del(target).status, status) << target;
    EXPECT_EQ(patch(target, at("1", "01:00")).status, status) << target;
  }
}

TEST_P(TemporalWriting, every_kind_has_its_forms) {
  NGSI("020_12_01", "4.5.7"), NGSI("020_12_02", "4.5.9");
  const std::string t = R"(,"observedAt":"2026-01-01T01:00:00Z"})";
  make(R"("label":{"type":"LanguageProperty","languageMap":{"en":"low","ja":"低"})" + t + R"(,"state":{"type":"VocabProperty","vocab":"open")" + t + R"(,"feeds":{"type":"Relationship","object":"urn:x:1")" + t +
       R"(,"tags":{"type":"ListProperty","valueList":[1,2])" + t + R"(,"name":{"type":"JsonProperty","json":{"a":1})" + t + R"(,"place":{"type":"GeoProperty","value":{"type":"Point","coordinates":[135.5,34.7]})" + t +
       R"(,"flow":{"type":"Property","value":5,"accuracy":{"type":"Property","value":1})" + t);
  const tree::Value full = got(kId);
  EXPECT_EQ(full["label"].items()[0]["languageMap"]["ja"].text(), "低");
  EXPECT_EQ(full["state"].items()[0]["vocab"].text(), "open");
  EXPECT_EQ(full["flow"].items()[0]["accuracy"]["value"].number(), 1);
  const tree::Value short_form = got(kId + std::string("?options=temporalValues"));
  const auto text = [&](const char* name) { return tree::to_text(short_form[name]); };
  const std::string at = R"(,"2026-01-01T01:00:00Z"]]})";
  EXPECT_EQ(text("label"), R"({"type":"LanguageProperty","languageMaps":[[{"languageMap":{"en":"low","ja":"低"}})" + at);
  EXPECT_EQ(text("state"), R"({"type":"VocabProperty","vocabs":[[{"vocab":"open"})" + at);
  EXPECT_EQ(text("feeds"), R"({"type":"Relationship","objects":[["urn:x:1")" + at);
  EXPECT_EQ(text("tags"), R"({"type":"ListProperty","valueLists":[[[1,2])" + at);
  EXPECT_EQ(text("name"), R"({"type":"JsonProperty","jsons":[[{"json":{"a":1}})" + at);
  EXPECT_EQ(text("place"), R"({"type":"GeoProperty","values":[[{"type":"Point","coordinates":[135.5,34.7]})" + at);
  const tree::Value translated = got(kId + std::string("?lang=ja"))["label"].items()[0];
  EXPECT_EQ(translated["value"].text(), "低");
  EXPECT_EQ(translated["lang"].text(), "ja");
  EXPECT_EQ(tree::to_text(got(kId + std::string("?lang=en&options=temporalValues"))["label"]["values"].items()[0].items()[0]), "\"low\"");
  const tree::Value counted = got(kId + std::string("?options=aggregatedValues&aggrMethods=totalCount,avg,max"));
  EXPECT_EQ(tree::to_text(counted["tags"]["avg"].items()[0].items()[0]), "2");   // lists count by their length
  EXPECT_FALSE(counted["feeds"].has("avg"));
  EXPECT_EQ(tree::to_text(counted["feeds"]["totalCount"].items()[0].items()[0]), "1");
}

TEST_P(TemporalWriting, other_kinds_come_together_as_the_standard_says) {
  make(R"("label":[)" + at(R"("b")", "01:00") + "," + at(R"("a")", "02:00") + "," + at(R"("b")", "03:00") + R"(],"state":[)" + at("true", "01:00") + "," + at("false", "02:00") + "," + at("true", "03:00") + "]");
  const tree::Value out = got(kId + std::string("?options=aggregatedValues&aggrMethods=totalCount,distinctCount,min,max,sum,avg"));
  const auto cell = [&](const char* attribute, const char* method) { return tree::to_text(out[attribute][method].items()[0].items()[0]); };
  EXPECT_EQ(cell("label", "min"), "\"a\""); EXPECT_EQ(cell("label", "max"), "\"b\""); EXPECT_EQ(cell("label", "totalCount"), "3"); EXPECT_EQ(cell("label", "distinctCount"), "2");
  EXPECT_FALSE(out["label"].has("sum"));
  EXPECT_EQ(cell("state", "sum"), "2"); EXPECT_EQ(cell("state", "min"), "0"); EXPECT_EQ(cell("state", "distinctCount"), "2");
}

TEST_P(TemporalWriting, data_sets_stay_apart) {
  make(R"("level":[)" + at("1", "01:00") + "," + at("2", "01:00", R"(,"datasetId":"urn:d:x")") + "," + at("3", "02:00", R"(,"datasetId":"urn:d:y")") + "]");
  const auto level = [&](const std::string& query) { return tree::to_text(got(kId + std::string("?options=temporalValues&") + query)["level"]); };
  EXPECT_EQ(level("datasetId=@none"), R"({"type":"Property","values":[[1,"2026-01-01T01:00:00Z"]]})");
  EXPECT_EQ(level("datasetId=urn:d:x"), R"({"type":"Property","datasetId":"urn:d:x","values":[[2,"2026-01-01T01:00:00Z"]]})");
  EXPECT_EQ(json(level("datasetId=urn:d:x,urn:d:y")).count, 2u);
  EXPECT_EQ(get(kId + std::string("?datasetId=urn:d:z")).status, 404);
}

TEST_P(TemporalWriting, queries_look_at_values_in_the_time_that_is_asked) {
  for (int i = 1; i <= 8; ++i) NGSI("5744_06_0" + std::to_string(i), "5.7.4");
  NGSI("5743_01_01", "5.7.4"), NGSI("5743_01_02", "5.7.4"), NGSI("021_08_01", "5.7.4"), NGSI("021_09_01", "5.7.4"), NGSI("021_09_02", "5.7.4");
  const std::string t = R"(,"observedAt":"2026-01-01T01:00:00Z"})";
  make(R"("level":[)" + at("1", "01:00") + "," + at("5", "02:00") + R"(],"label":)" + at(R"("Berta")", "01:00") + R"(,"tags":)" + at(R"(["x","y"])", "01:00") +
       R"(,"name":{"type":"LanguageProperty","languageMap":{"en":"North","ja":"北"})" + t + R"(,"state":{"type":"VocabProperty","vocab":"open")" + t +
       R"(,"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[135.5,34.7]})" + t + R"(,"scope":["/osaka/kita"])");
  EXPECT_EQ(count("q=level==5"), 1); EXPECT_EQ(count("q=level>5"), 0); EXPECT_EQ(count("q=level!=1"), 1);
  EXPECT_EQ(static_cast<int>(got("/temporal/entities?type=Meter&q=level==5&timerel=before&timeAt=2026-01-01T01:30:00Z").count), 0);   // it was 5 only later
  EXPECT_EQ(count("q=label>%22Anton%22"), 1); EXPECT_EQ(count("q=label>=%22Berta%22"), 1); EXPECT_EQ(count("q=label>%22Zoe%22"), 0); EXPECT_EQ(count("q=label!=%22Anton%22"), 1);
  EXPECT_EQ(count("q=tags!=%22x%22"), 0); EXPECT_EQ(count("q=tags!=%22z%22"), 1); EXPECT_EQ(count("q=label!=%22Anton%22,%22Berta%22"), 0);
  EXPECT_EQ(count("q=name[en]==%22North%22"), 1); EXPECT_EQ(count("q=name[ja]==%22North%22"), 0); EXPECT_EQ(count("q=name[*]==%22North%22"), 1);
  EXPECT_EQ(count("q=state==%22open%22&expandValues=state"), 1); EXPECT_EQ(count("q=state==%22open%22"), 0);
  EXPECT_EQ(count("georel=near;maxDistance==1000&geometry=Point&coordinates=[135.5,34.7]"), 1); EXPECT_EQ(count("georel=near;maxDistance==1000&geometry=Point&coordinates=[136.5,34.7]"), 0);
  EXPECT_EQ(count("georel=within&geometry=Polygon&coordinates=[[[135,34],[136,34],[136,35],[135,35],[135,34]]]"), 1);
  EXPECT_EQ(count("scopeQ=/osaka/%23"), 1); EXPECT_EQ(count("scopeQ=/kyoto/%23"), 0);
}

TEST_P(TemporalWriting, the_broker_s_changes_become_history) {
  for (int i = 1; i <= 3; ++i) NGSI("020_17_0" + std::to_string(i), "5.7.3");
  NGSI("6311_01_03", "6.3.11");
  ASSERT_EQ(post("/entities", R"({"id":"urn:ngsi-ld:Meter:w","type":"Meter","scope":"/a","level":)" + at("1", "01:00") + R"(,"label":{"type":"LanguageProperty","languageMap":{"en":"x"}},"feeds":{"type":"Relationship","object":"urn:x:1"}})").status, 201);
  clock.advance(kSecond);
  ASSERT_EQ(patch("/entities/urn:ngsi-ld:Meter:w/attrs", R"({"level":)" + at("2", "02:00") + "}").status, 204);
  EXPECT_EQ(values(got(kId)["level"]), "1 2");
  clock.advance(kSecond);
  for (const char* name : {"level", "label", "feeds"}) ASSERT_EQ(del("/entities/urn:ngsi-ld:Meter:w/attrs/" + std::string(name)).status, 204);
  EXPECT_EQ(values(got(kId)["level"]), "1 2");
  const std::string query = "?timerel=after&timeAt=2026-11-23T00:00:00Z&timeproperty=deletedAt";
  const tree::Value gone = got(kId + query);
  EXPECT_EQ(bare_text(gone["level"]), R"([{"type":"Property","value":"urn:ngsi-ld:null"}])");
  EXPECT_EQ(bare_text(gone["label"]), R"([{"languageMap":{"@none":"urn:ngsi-ld:null"},"type":"LanguageProperty"}])");
  EXPECT_EQ(bare_text(gone["feeds"]), R"([{"object":"urn:ngsi-ld:null","type":"Relationship"}])");
  EXPECT_EQ(gone["level"].items()[0]["deletedAt"].text(), "2026-11-23T00:00:02.000Z");
  EXPECT_EQ(tree::to_text(got(kId + query + "&options=temporalValues")["feeds"]), R"({"type":"Relationship","objects":[["urn:ngsi-ld:null","2026-11-23T00:00:02.000Z"]]})");
  EXPECT_FALSE(got(kId)["level"].items()[0].has("createdAt"));
  EXPECT_EQ(got(kId + std::string("?options=sysAttrs"))["level"].items()[1]["createdAt"].text(), "2026-11-23T00:00:01.000Z");
  EXPECT_EQ(values(got(kId + std::string("?timeproperty=modifiedAt&timerel=before&timeAt=2026-11-23T00:00:01Z"))["level"]), "1");
  EXPECT_EQ(got(kId)["scope"].text(), "/a");
  EXPECT_EQ(tree::to_text(got(kId + std::string("?timeproperty=createdAt&timerel=before&timeAt=2027-01-01T00:00:00Z"))["scope"]), R"([{"type":"Property","value":["/a"]}])");
  ASSERT_EQ(del("/entities/urn:ngsi-ld:Meter:w").status, 204);
  EXPECT_EQ(bare_text(got(kId + query)["scope"]), R"([{"type":"Property","value":[]}])");
  EXPECT_EQ(got(kId + std::string("?options=sysAttrs"))["deletedAt"].text(), "2026-11-23T00:00:02.000Z");
  const std::string before = bare_text(got(kId));
  restart();
  EXPECT_EQ(bare_text(got(kId)), before);
}

TEST_P(TemporalWriting, a_history_that_was_away_catches_up_and_takes_nothing_twice) {
  ASSERT_EQ(post("/entities", R"({"id":"urn:ngsi-ld:Meter:w","type":"Meter","label":{"type":"Property","value":"0"}})").status, 201);
  options.waiting = 3, restart();   // a queue so short that the journal must help
  const auto change = [&](int i) {
    clock.advance(kSecond);
    ASSERT_EQ(patch("/entities/urn:ngsi-ld:Meter:w/attrs", R"({"label":{"type":"Property","value":")" + std::to_string(i) + R"("}})").status, 204);
  };
  for (int i = 1; i < 40; ++i) change(i);
  history->end_following();
  for (int i = 40; i < 60; ++i) change(i);
  restart();
  const tree::Value list = got(kId)["label"];
  ASSERT_EQ(list.count, 60u);
  for (std::size_t i = 0; i < list.count; ++i) EXPECT_EQ(list.items()[i]["value"].text(), std::to_string(i));
}

TEST_P(TemporalWriting, rules_say_what_is_kept_and_for_how_long) {
  options.rules = {{"", std::string(kPlaces) + "label", 0}, {std::string(kPlaces) + "Gauge", "", 0}, {"", std::string(kPlaces) + "level", kDay}};
  restart();
  const auto level = [](const std::string& time) { return R"({"type":"Property","value":1,"observedAt":")" + time + R"("})"; };
  make(R"("level":[)" + level("2026-11-20T00:00:00Z") + "," + level("2026-11-22T12:00:00Z") + R"(],"flow":)" + at("1", "01:00") + R"(,"label":)" + at(R"("x")", "01:00"));
  ASSERT_EQ(post("/entities", R"({"id":"urn:ngsi-ld:Gauge:g","type":"Gauge","level":1})").status, 201);
  EXPECT_EQ(get("/temporal/entities/urn:ngsi-ld:Gauge:g").status, 404);
  EXPECT_FALSE(got(kId).has("label"));
  ASSERT_TRUE(history->retain().ok());
  EXPECT_EQ(got(kId)["level"].count, 1u);
  EXPECT_EQ(got(kId)["flow"].count, 1u);
}

}  // namespace
}  // namespace machiya::sense::ngsild
