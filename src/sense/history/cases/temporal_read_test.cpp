// Reading evolutions: what is asked for by time, by name, by content; every form of the answer.
#include "sense/history/cases/temporal_fixture.h"

namespace machiya::sense::ngsild {
namespace {

class TemporalReading : public TemporalFixture {
 protected:
  void SetUp() override {
    TemporalFixture::SetUp();
    make("urn:ngsi-ld:Meter:a", "Meter", "2020-08-01", {1, 2, 3});
    make("urn:ngsi-ld:Meter:b", "Meter", "2020-09-01", {4, 5, 6});
    make("urn:ngsi-ld:Gauge:c", "Gauge", "2020-08-01", {7, 8, 9});
  }
  // level at 12:03, 12:05, 12:07; flow at 12:03, 13:05, 14:07 with ten times as much.
  void make(const std::string& id, const std::string& type, const std::string& day, const std::vector<int>& v) {
    const auto one = [&](int value, const std::string& time) { return R"({"type":"Property","value":)" + std::to_string(value) + R"(,"observedAt":")" + day + "T" + time + R"(:00Z"})"; };
    const auto made = post("/temporal/entities", R"({"id":")" + id + R"(","type":")" + type + R"(","level":[)" + one(v[0], "12:03") + "," + one(v[1], "12:05") + "," + one(v[2], "12:07") + R"(],"flow":[)" +
                                                     one(v[0] * 10, "12:03") + "," + one(v[1] * 10, "13:05") + "," + one(v[2] * 10, "14:07") + "]}");
    ASSERT_EQ(made.status, 201) << made.body;
    ASSERT_EQ(header(made, "Location"), "/ngsi-ld/v1/temporal/entities/" + id);
  }
  static constexpr const char* kA = "/temporal/entities/urn:ngsi-ld:Meter:a";
  std::string levels(const std::string& query) { return values(got(kA + query)["level"]); }
  int status(const std::string& target) { return get(target).status; }
  std::string ids(const std::string& query) {
    std::string out;
    const tree::Value list = got("/temporal/entities?" + query);
    for (const tree::Value& e : list.items()) out += std::string(out.empty() ? "" : " ") + std::string(1, e["id"].text().back());
    return out;
  }
};
MACHIYA_ON_BOTH_ENGINES(TemporalReading);

constexpr const char* kLong = "timerel=after&timeAt=2020-08-01T12:00:00Z";

TEST_P(TemporalReading, one_entity_whole_and_in_a_time) {
  NGSI("020_02_01", "5.7.3"), NGSI("020_04_01", "5.7.3"), NGSI("020_04_02", "5.7.3"), NGSI("020_04_03", "5.7.3"), NGSI("020_06_01", "5.7.3"), NGSI("020_07_01", "5.7.3");
  const tree::Value all = got(kA);
  EXPECT_EQ(all["type"].text(), "Meter");
  EXPECT_EQ(values(all["level"]), "1 2 3");
  EXPECT_EQ(values(all["flow"]), "10 20 30");
  EXPECT_EQ(all["level"].items()[0]["observedAt"].text(), "2020-08-01T12:03:00Z");
  EXPECT_TRUE(all["level"].items()[0]["instanceId"].text().starts_with("urn:ngsi-ld:"));
  const tree::Value after = got(std::string(kA) + "?timerel=after&timeAt=2020-08-01T12:30:00Z");
  EXPECT_FALSE(after.has("level"));
  EXPECT_EQ(values(after["flow"]), "20 30");
  EXPECT_EQ(levels("?timerel=before&timeAt=2020-08-01T12:04:00Z"), "1");
  EXPECT_EQ(levels("?timerel=between&timeAt=2020-08-01T12:00:00Z&endTimeAt=2020-08-01T12:06:00Z"), "1 2");
  EXPECT_EQ(status("/temporal/entities/nothing"), 400);
  EXPECT_EQ(status("/temporal/entities/urn:ngsi-ld:Meter:z"), 404);
}

TEST_P(TemporalReading, a_time_without_instances_is_not_found) {
  NGSI("020_09_01", "5.7.3"), NGSI("020_09_02", "5.7.3"), NGSI("020_09_03", "5.7.3"), NGSI("020_22_01", "5.7.3"), NGSI("020_22_02", "5.7.3"), NGSI("02_22_03", "5.7.3"), NGSI("020_23_01", "5.7.3");
  NGSI("020_23_02", "5.7.3"), NGSI("5731_01_01", "5.7.3");
  EXPECT_EQ(status(std::string(kA) + "?timerel=after&timeAt=2021-01-01T00:00:00Z"), 404);
  EXPECT_EQ(status(std::string(kA) + "?timerel=before&timeAt=2019-01-01T00:00:00Z"), 404);
  EXPECT_EQ(status(std::string(kA) + "?timerel=between&timeAt=2019-01-01T00:00:00Z&endTimeAt=2019-01-02T00:00:00Z"), 404);
  EXPECT_EQ(status(std::string(kA) + "?pick=level&omit=level"), 400);
  EXPECT_EQ(status(std::string(kA) + "?pick=level&attrs=level"), 400);
  EXPECT_EQ(status(std::string(kA) + "?omit=level&attrs=level"), 400);
  EXPECT_EQ(status(std::string(kA) + "?pick=label"), 404);
  EXPECT_EQ(status(std::string(kA) + "?attrs=label"), 404);
  EXPECT_EQ(status(std::string(kA) + "?omit=id,type,level,flow"), 404);
  EXPECT_EQ(status(std::string(kA) + "?pick=feeds{level}"), 400);
  EXPECT_EQ(status(std::string(kA) + "?strange=1"), 400);
}

TEST_P(TemporalReading, the_lower_bound_belongs_to_the_time_and_the_upper_does_not) {
  for (int i = 1; i <= 9; ++i) NGSI("021_26_0" + std::to_string(i), "4.11");
  const auto level = [&](const std::string& query) { return values(got("/temporal/entities?type=Meter&id=urn:ngsi-ld:Meter:a&attrs=level&" + query).items()[0]["level"]); };
  for (const char* at : {"2020-08-01T12:05:00Z", "2020-08-01T12:05:00.000Z"}) {
    EXPECT_EQ(level("timerel=after&timeAt=" + std::string(at)), "2 3");
    EXPECT_EQ(level("timerel=before&timeAt=" + std::string(at)), "1");
    EXPECT_EQ(level("timerel=between&timeAt=" + std::string(at) + "&endTimeAt=2020-08-01T12:07:00Z"), "2");
    EXPECT_EQ(level("timerel=between&timeAt=2020-08-01T12:03:00.0Z&endTimeAt=" + std::string(at)), "1");
  }
  for (const char* wrong : {"timerel=during&timeAt=2020-08-01T12:00:00Z", "timerel=between&timeAt=2020-08-01T12:00:00Z", "timerel=after&timeAt=2020-08-01", "timerel=after", "timeAt=2020-08-01T12:00:00Z",
                            "timerel=after&timeAt=2020-08-01T12:00:00%2B09:00", "timerel=after&timeAt=2020-08-01T12:00:00Z&timeproperty=expiresAt", "timerel=after&timeAt=2020-08-01T12:00:00Z&lastN=0"})
    EXPECT_EQ(status("/temporal/entities?type=Meter&" + std::string(wrong)), 400) << wrong;
}

TEST_P(TemporalReading, the_last_ones_of_each_attribute) {
  NGSI("020_05_01", "5.7.3"), NGSI("020_05_02", "5.7.3"), NGSI("021_03_01", "5.7.4");
  EXPECT_EQ(levels("?lastN=2"), "2 3");
  EXPECT_EQ(levels("?lastN=20"), "1 2 3");
  EXPECT_EQ(levels("?lastN=1&timerel=before&timeAt=2020-08-01T12:06:00Z"), "2");
  EXPECT_EQ(values(got("/temporal/entities?type=Meter&lastN=1&" + std::string(kLong)).items()[1]["flow"]), "60");
}

TEST_P(TemporalReading, queries_choose_by_type_id_name_and_time) {
  NGSI("021_02_01", "5.7.4"), NGSI("021_04_01", "5.7.4"), NGSI("021_05_01", "5.7.4"), NGSI("021_07_01", "5.7.4"), NGSI("021_11_01", "5.7.4"), NGSI("021_11_02", "5.7.4"), NGSI("021_24", "5.7.4");
  NGSI("049_01_05", "6.3.4"), NGSI("049_02_02", "6.3.4");
  EXPECT_EQ(ids("type=Meter&" + std::string(kLong)), "a b");
  EXPECT_EQ(ids("type=Gauge&" + std::string(kLong)), "c");
  EXPECT_EQ(ids("type=Meter&timerel=after&timeAt=2020-08-15T00:00:00Z"), "b");
  EXPECT_EQ(ids("type=Meter&timerel=before&timeAt=2020-08-15T00:00:00Z"), "a");
  EXPECT_EQ(ids("type=Meter&idPattern=.*Meter:b&" + std::string(kLong)), "b");
  EXPECT_EQ(ids("type=Meter,Gauge&id=urn:ngsi-ld:Gauge:c,urn:ngsi-ld:Meter:a&" + std::string(kLong)), "c a");
  const tree::Value some = got("/temporal/entities?type=Meter&attrs=level&" + std::string(kLong));
  EXPECT_FALSE(some.items()[0].has("flow"));
  EXPECT_EQ(values(some.items()[1]["level"]), "4 5 6");
  EXPECT_EQ(ids("type=Meter,Gauge&limit=2&" + std::string(kLong)), "c a");
  const auto page = get("/temporal/entities?type=Meter,Gauge&limit=2&offset=2&count=true&" + std::string(kLong));
  EXPECT_EQ(header(page, "NGSILD-Results-Count"), "3");
  EXPECT_EQ(json(page.body).count, 1u);
  EXPECT_EQ(status("/temporal/entities?" + std::string(kLong)), 400);
  EXPECT_EQ(status("/temporal/entities?type=Meter"), 400);
  EXPECT_EQ(ask(http::Method::get, "/temporal/entities?type=Meter&" + std::string(kLong), "", {{"accept", "application/pdf"}}).status, 406);
}

TEST_P(TemporalReading, what_is_shown_is_picked_or_omitted) {
  for (int i = 1; i <= 6; ++i) NGSI("021_21_0" + std::to_string(i), "4.21");
  NGSI("021_22_01", "4.21"), NGSI("021_22_02", "4.21"), NGSI("021_22_03", "4.21");
  const auto first = [&](const std::string& query) { return got("/temporal/entities?type=Meter&" + std::string(kLong) + "&" + query).items()[0]; };
  const auto keys = [&](const tree::Value& e) {
    std::string out;
    for (const tree::Member& m : e.members()) out += std::string(m.key) + " ";
    return out;
  };
  EXPECT_EQ(keys(first("pick=level")), "level ");
  EXPECT_EQ(keys(first("omit=level")), "id type flow ");
  EXPECT_EQ(keys(first("pick=id")), "id ");
  EXPECT_EQ(keys(first("omit=type")), "id level flow ");
  EXPECT_EQ(keys(first("pick=id,level")), "id level ");
  EXPECT_EQ(keys(first("omit=type,level")), "id flow ");
  EXPECT_EQ(status("/temporal/entities?type=Meter&pick=label&omit=label&" + std::string(kLong)), 400);
  EXPECT_EQ(status("/temporal/entities?type=Meter&pick=level&attrs=level&" + std::string(kLong)), 400);
  EXPECT_EQ(status("/temporal/entities?type=Meter&omit=level&attrs=level&" + std::string(kLong)), 400);
  EXPECT_EQ(got("/temporal/entities?type=Meter&pick=label&" + std::string(kLong)).count, 0u);
}

TEST_P(TemporalReading, queries_by_post_say_the_same) {
  for (int i = 1; i <= 4; ++i) NGSI("021_13_0" + std::to_string(i), "5.7.4");
  for (int i = 1; i <= 9; ++i) NGSI("021_27_0" + std::to_string(i), "5.2.21");
  NGSI("5244_01_01", "5.2.44"), NGSI("5244_01_02", "5.2.44"), NGSI("5244_01_03", "5.2.44");
  const auto query = [&](const std::string& rest, const std::string& temporal, const std::string& types = R"([{"type":"Meter"}])") {
    return post("/temporal/entityOperations/query", R"({"type":"Query","entities":)" + types + R"(,"temporalQ":{)" + temporal + "}" + rest + "}");
  };
  const std::string long_ago = R"("timerel":"after","timeAt":"2020-08-01T12:00:00Z")";
  const auto count = [&](const http::Response& r) { return r.status == 200 ? static_cast<int>(json(r.body).count) : -r.status; };
  EXPECT_EQ(count(query("", R"("timerel":"after","timeAt":"2020-08-02T12:05:00Z")")), 1);
  EXPECT_EQ(count(query("", R"("timerel":"before","timeAt":"2020-08-02T12:05:00Z")")), 1);
  EXPECT_EQ(count(query("", R"("timerel":"between","timeAt":"2020-08-02T12:05:00Z","endTimeAt":"2020-09-01T13:00:00Z")")), 1);
  EXPECT_EQ(count(query("", long_ago, R"([{"type":"Meter"},{"type":"Gauge"}])")), 3);
  EXPECT_EQ(values(json(query("", long_ago + R"(,"lastN":1)").body).items()[0]["level"]), "3");
  for (const char* wrong : {R"(,"lastN":0)", R"(,"lastN":2.5)", R"(,"timeproperty":"expiresAt")", R"(,"aggrMethods":["avg"],"aggrPeriodDuration":"bogus")", R"(,"aggrMethods":["bogus"])"})
    EXPECT_EQ(query("", long_ago + wrong).status, 400) << wrong;
  EXPECT_EQ(query("", R"("timerel":"during","timeAt":"2020-08-01T12:00:00Z")").status, 400);
  EXPECT_EQ(query("", R"("timerel":"between","timeAt":"2020-08-01T12:00:00Z")").status, 400);
  EXPECT_EQ(post("/temporal/entityOperations/query", R"({"type":"Query","entities":[{"type":"Meter"}]})").status, 400);
  EXPECT_EQ(json(query("", long_ago + R"(,"aggrMethods":["avg"])").body).items()[0]["level"]["avg"].items()[0].items()[0].number(), 2);
  EXPECT_TRUE(json(query("", long_ago + R"(,"aggrMethods":"avg,max")").body).items()[0]["level"].has("max"));
  EXPECT_EQ(json(query(R"(,"aggrParams":{"aggrMethods":["avg"],"aggrPeriodDuration":"PT0S"})", long_ago).body).items()[1]["level"]["avg"].items()[0].items()[0].number(), 5);
  EXPECT_EQ(query(R"(,"aggrParams":{"aggrMethods":["bogus"]})", long_ago).status, 400);
  EXPECT_EQ(query(R"(,"aggrParams":{"aggrMethods":["avg"],"aggrPeriodDuration":"bogus"})", long_ago).status, 400);
}

TEST_P(TemporalReading, a_map_holds_the_result_of_a_query_still) {
  NGSI("5734_01_01", "5.7.3"), NGSI("5734_01_02", "5.7.4"), NGSI("5734_01_03", "5.7.4");
  const auto one = get(std::string(kA) + "?entityMap=true");
  EXPECT_EQ(one.status, 200);
  EXPECT_FALSE(header(one, "NGSILD-EntityMap").empty());
  const std::string query = "/temporal/entities?type=Meter&" + std::string(kLong);
  const auto made = get(query + "&entityMap=true");
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(json(made.body).count, 2u);
  make("urn:ngsi-ld:Meter:d", "Meter", "2020-08-02", {1, 2, 3});
  const auto again = ask(http::Method::get, query, "", {{"ngsild-entitymap", header(made, "NGSILD-EntityMap")}});
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(json(again.body).count, 2u);
  const auto anew = ask(http::Method::get, query, "", {{"ngsild-entitymap", "urn:ngsi-ld:EntityMap:gone"}});
  EXPECT_EQ(anew.status, 201);
  EXPECT_EQ(json(anew.body).count, 3u);
}

TEST_P(TemporalReading, values_alone) {
  NGSI("020_10_01", "4.5.9"), NGSI("021_14_01", "5.7.4"), NGSI("021_14_02", "5.7.4");
  const tree::Value one = got(std::string(kA) + "?options=temporalValues");
  EXPECT_EQ(tree::to_text(one["level"]), R"({"type":"Property","values":[[1,"2020-08-01T12:03:00Z"],[2,"2020-08-01T12:05:00Z"],[3,"2020-08-01T12:07:00Z"]]})");
  const tree::Value list = got("/temporal/entities?type=Meter&format=temporalValues&timerel=between&timeAt=2020-08-01T12:04:00Z&endTimeAt=2020-09-01T12:04:00Z");
  EXPECT_EQ(tree::to_text(list.items()[0]["level"]), R"({"type":"Property","values":[[2,"2020-08-01T12:05:00Z"],[3,"2020-08-01T12:07:00Z"]]})");
  EXPECT_EQ(tree::to_text(list.items()[1]["flow"]), R"({"type":"Property","values":[[40,"2020-09-01T12:03:00Z"]]})");
  EXPECT_EQ(status(std::string(kA) + "?options=temporalValues,aggregatedValues&aggrMethods=avg"), 400);
}

TEST_P(TemporalReading, values_come_together_in_periods) {
  for (int i = 1; i <= 4; ++i) NGSI("020_11_0" + std::to_string(i), "4.5.19"), NGSI("021_17_0" + std::to_string(i), "4.5.19");
  const std::string from = "?options=aggregatedValues&timerel=after&timeAt=2020-08-01T12:03:00Z&aggrPeriodDuration=";
  const tree::Value hours = got(kA + from + "PT1H&aggrMethods=avg,max");
  EXPECT_EQ(tree::to_text(hours["level"]), R"({"type":"Property","avg":[[2,"2020-08-01T12:03:00Z","2020-08-01T13:03:00Z"]],"max":[[3,"2020-08-01T12:03:00Z","2020-08-01T13:03:00Z"]]})");
  EXPECT_EQ(tree::to_text(hours["flow"]["avg"]),
            R"([[10,"2020-08-01T12:03:00Z","2020-08-01T13:03:00Z"],[20,"2020-08-01T13:03:00Z","2020-08-01T14:03:00Z"],[30,"2020-08-01T14:03:00Z","2020-08-01T15:03:00Z"]])");
  EXPECT_EQ(tree::to_text(got(kA + from + "P1D&aggrMethods=min,max&attrs=flow")["flow"]),
            R"({"type":"Property","min":[[10,"2020-08-01T12:03:00Z","2020-08-02T12:03:00Z"]],"max":[[30,"2020-08-01T12:03:00Z","2020-08-02T12:03:00Z"]]})");
  EXPECT_EQ(tree::to_text(got(kA + from + "P1M&aggrMethods=sum&attrs=flow")["flow"]["sum"]), R"([[60,"2020-08-01T12:03:00Z","2020-09-01T12:03:00Z"]])");
  const tree::Value all = got(std::string(kA) + "?options=aggregatedValues&aggrMethods=totalCount,distinctCount,sum,avg,min,max,stddev,sumsq&attrs=level&timerel=between&timeAt=2020-08-01T12:00:00Z&endTimeAt=2020-08-01T13:00:00Z");
  const auto cell = [&](const char* method) { return all["level"][method].items()[0].items()[0].number(); };
  EXPECT_EQ(cell("totalCount"), 3); EXPECT_EQ(cell("distinctCount"), 3); EXPECT_EQ(cell("sum"), 6); EXPECT_EQ(cell("avg"), 2); EXPECT_EQ(cell("min"), 1); EXPECT_EQ(cell("max"), 3); EXPECT_EQ(cell("sumsq"), 14);
  EXPECT_NEAR(cell("stddev"), 0.816496580927726, 1e-12);
  EXPECT_EQ(tree::to_text(all["level"]["sum"]), R"([[6,"2020-08-01T12:00:00Z","2020-08-01T13:00:00Z"]])");
  EXPECT_EQ(status(std::string(kA) + "?options=aggregatedValues"), 400);
  EXPECT_EQ(status(std::string(kA) + "?options=aggregatedValues&aggrMethods=median"), 400);
  EXPECT_EQ(status(std::string(kA) + "?options=aggregatedValues&aggrMethods=avg&aggrPeriodDuration=1H"), 400);
}

TEST_P(TemporalReading, too_many_instances_are_given_in_parts) {
  for (int i = 1; i <= 8; ++i) NGSI("021_15_0" + std::to_string(i), "6.3.10");
  NGSI("021_16_01", "6.3.10");
  temporal_options.most_instances = 2, route();
  const auto forward = get(std::string(kA) + "?timerel=after&timeAt=2020-08-01T12:00:00Z");
  EXPECT_EQ(forward.status, 206);
  EXPECT_EQ(header(forward, "Content-Range"), "date-time 2020-08-01T12:00:00Z-2020-08-01T12:05:00Z/*");
  EXPECT_EQ(values(json(forward.body)["level"]), "1 2");
  EXPECT_EQ(values(json(forward.body)["flow"]), "10");
  const auto backward = get(std::string(kA) + "?lastN=3&timerel=before&timeAt=2020-08-01T15:00:00Z&options=temporalValues");
  EXPECT_EQ(backward.status, 206);
  EXPECT_EQ(header(backward, "Content-Range"), "date-time 2020-08-01T15:00:00Z-2020-08-01T13:05:00Z/3");
  EXPECT_EQ(values(json(backward.body)["flow"]["values"]), "20 30");
  EXPECT_FALSE(json(backward.body).has("level"));
  EXPECT_EQ(get(std::string(kA) + "?lastN=2").status, 200);
  EXPECT_EQ(get(std::string(kA) + "?timerel=before&timeAt=2020-08-01T12:06:00Z").status, 200);
  const auto list = post("/temporal/entityOperations/query", R"({"type":"Query","entities":[{"type":"Meter"}],"temporalQ":{"timerel":"before","timeAt":"2020-08-15T00:00:00Z"}})");
  EXPECT_EQ(list.status, 206);
  EXPECT_EQ(header(list, "Content-Range"), "date-time 2020-08-01T12:03:00Z-2020-08-01T12:05:00Z/*");
  EXPECT_EQ(get(std::string(kA) + "?options=aggregatedValues&aggrMethods=sum").status, 200);
}

}  // namespace
}  // namespace machiya::sense::ngsild
