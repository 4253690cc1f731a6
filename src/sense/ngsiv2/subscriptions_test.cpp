// Subscriptions and notifications by NGSIv2, through the router and the queues of the engine.
#include "sense/ngsiv2/bench.h"

namespace machiya::sense::ngsiv2 {
namespace {

class SubscriptionsV2 : public Bench {
 protected:
  static std::string body(const std::string& condition, const std::string& notification, const std::string& more = {}) {
    return R"({"subject":{"entities":[{"idPattern":".*","type":"Room"}])" + (condition.empty() ? "" : ",\"condition\":" + condition) + R"(},"notification":{)" + notification + "}" + more + "}";
  }
  std::string subscribe(const std::string& text, const Headers& headers = {}) {
    const Answer made = expect(201, "POST /v2/subscriptions", text, headers);
    return made.header("Location").substr(std::string("/v2/subscriptions/").size());
  }
  std::string plain(const std::string& condition = {}, const std::string& more = {}) { return subscribe(body(condition, R"("http":{"url":"http://h:1/n"})" + more)); }
  void room(const std::string& id, const std::string& attributes) { expect(204, "POST /v2/entities?options=upsert", R"({"id":")" + id + R"(","type":"Room")" + (attributes.empty() ? "" : "," + attributes) + "}"); }
  std::string header(const Parcel& parcel, std::string_view name) {
    for (const auto& [key, value] : parcel.headers)
      if (key == name) return value;
    return {};
  }
  /// The body of the only notification since the last call.
  std::string told(Catcher& door) {
    const auto all = news(door);
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? std::string() : all[0].body;
  }
  std::string told() { return told(http_door); }
  std::size_t count() { return news().size(); }
};
MACHIYA_ON_BOTH_ENGINES(SubscriptionsV2);

TEST_P(SubscriptionsV2, ToldInTheFormOfV2) {
  const std::string id = subscribe(body("", R"("http":{"url":"http://h:1/n"})"), {{"fiware-service", "City"}, {"fiware-servicepath", "/ward/#"}});
  EXPECT_EQ(id.size(), 24u);
  create(R"({"id":"R1","type":"Room","t":{"type":"Float","value":20.50}})", {{"fiware-service", "city"}, {"fiware-servicepath", "/ward/a"}});
  create(R"({"id":"R2","type":"Room","t":{"value":1}})", {{"fiware-service", "city"}});   // another path
  create(R"({"id":"R3","type":"Room","t":{"value":1}})");                                 // another service
  const auto all = news();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].body, R"({"subscriptionId":")" + id + R"(","data":[{"id":"R1","type":"Room","t":{"type":"Float","value":20.50,"metadata":{}}}]})");
  EXPECT_EQ(all[0].uri, "http://h:1/n");
  EXPECT_EQ(header(all[0], "Fiware-Service"), "city");
  EXPECT_EQ(header(all[0], "Fiware-ServicePath"), "/ward/a");
  EXPECT_EQ(header(all[0], "Ngsiv2-AttrsFormat"), "normalized");
  EXPECT_FALSE(header(all[0], "Fiware-Correlator").empty());
}

TEST_P(SubscriptionsV2, ShownAsOrionShowsIt) {
  const std::string id = subscribe(R"({"description":"one","subject":{"entities":[{"id":"R1","type":"Room"}],"condition":{"attrs":["t"],"expression":{"q":"t>5"}}},"notification":{"http":{"url":"http://h:1/n"},"attrs":["t"]},"expires":"2040-01-01T14:00:00.00Z","throttling":5})");
  same("GET /v2/subscriptions/" + id, R"({"id":")" + id + R"(","description":"one","expires":"2040-01-01T14:00:00.00Z","status":"active","subject":{"entities":[{"id":"R1","type":"Room"}],)"
       R"("condition":{"attrs":["t"],"expression":{"q":"t>5"},"notifyOnMetadataChange":true}},"notification":{"timesSent":0,"attrs":["t"],"onlyChangedAttrs":false,"attrsFormat":"normalized","http":{"url":"http://h:1/n"},"covered":false},"throttling":5})");
  room("R1", R"("t":{"value":6},"u":{"value":1})");
  EXPECT_EQ(told(), R"({"subscriptionId":")" + id + R"(","data":[{"id":"R1","type":"Room","t":{"type":"Number","value":6,"metadata":{}}}]})");
  const Answer shown = expect(200, "GET /v2/subscriptions?options=count");
  EXPECT_EQ(shown.header("Fiware-Total-Count"), "1");
  EXPECT_NE(shown.body.find(R"("timesSent":1,"lastNotification":"2026-11-23T00:00:00.000Z")"), std::string::npos) << shown.body;
  EXPECT_NE(shown.body.find(R"("lastSuccess":"2026-11-23T00:00:00.000Z")"), std::string::npos) << shown.body;
  // Each interface shows its own.
  same("GET /ngsi-ld/v1/subscriptions", "[]");
  expect(204, "PATCH /v2/subscriptions/" + id, R"({"status":"inactive","description":"two"})");
  EXPECT_NE(expect(200, "GET /v2/subscriptions/" + id).body.find(R"("description":"two","expires":"2040-01-01T14:00:00.00Z","status":"inactive")"), std::string::npos);
  room("R1", R"("t":{"value":7})");
  EXPECT_EQ(count(), 0u);
  expect(204, "DELETE /v2/subscriptions/" + id);
  refused(404, "NotFound", "GET /v2/subscriptions/" + id);
  refused(404, "NotFound", "DELETE /v2/subscriptions/" + id);
  refused(404, "NotFound", "PATCH /v2/subscriptions/" + id, R"({"status":"active"})");
}

TEST_P(SubscriptionsV2, Conditions) {
  plain(R"({"attrs":["t"]})");
  room("R1", R"("u":{"value":1})");
  EXPECT_EQ(count(), 0u);
  room("R1", R"("t":{"value":1})");
  EXPECT_EQ(count(), 1u);
  room("R1", R"("t":{"value":1})");   // no change
  EXPECT_EQ(count(), 0u);
  room("R1", R"("t":{"value":1,"metadata":{"m":{"value":1}}})");
  EXPECT_EQ(count(), 1u);
  room("R1", R"("u":{"value":2})");
  EXPECT_EQ(count(), 0u);
  expect(204, "PATCH /ngsi-ld/v1/entities/" + http::url_encode("urn:ngsiv2:R1:Room") + "/attrs/t", R"({"value":8})");   // whoever changes it
  EXPECT_EQ(count(), 1u);
  expect(204, "DELETE /v2/entities/R1");
  EXPECT_EQ(count(), 0u);
}

TEST_P(SubscriptionsV2, MetadataMayBeLeftOut) {
  plain(R"({"notifyOnMetadataChange":false})");
  room("R1", R"("t":{"value":1})");
  EXPECT_EQ(count(), 1u);
  room("R1", R"("t":{"value":1,"metadata":{"m":{"value":1}}})");
  EXPECT_EQ(count(), 0u);
  room("R1", R"("t":{"value":2})");
  EXPECT_EQ(count(), 1u);
}

TEST_P(SubscriptionsV2, AlterationTypes) {
  const std::string created = plain(R"({"alterationTypes":["entityCreate"]})"), updated = plain(R"({"alterationTypes":["entityUpdate"]})"), deleted = plain(R"({"alterationTypes":["entityDelete"]})");
  const auto who = [&] {
    std::string out;
    for (const Parcel& p : news()) out += p.body.find(created) != std::string::npos ? "c" : p.body.find(updated) != std::string::npos ? "u" : "d";
    return out;
  };
  room("R1", R"("t":{"value":1})");
  EXPECT_EQ(who(), "c");
  room("R1", R"("t":{"value":1})");
  EXPECT_EQ(who(), "u");
  expect(204, "DELETE /v2/entities/R1");
  EXPECT_EQ(who(), "d");
}

TEST_P(SubscriptionsV2, ExpressionsAndPatterns) {
  subscribe(R"({"subject":{"entities":[{"idPattern":"^R","typePattern":"^Ro"}],"condition":{"expression":{"mq":"t.acc<1","georel":"near;maxDistance:1000","geometry":"point","coords":"34.7,135.5"}}},"notification":{"http":{"url":"http://h:1/n"},"attrsFormat":"keyValues"}})");
  room("R1", R"("t":{"value":1,"metadata":{"acc":{"value":0.5}}},"p":{"type":"geo:point","value":"34.7,135.5"})");
  EXPECT_NE(told().find(R"("data":[{"id":"R1","type":"Room","t":1,"p":"34.7,135.5"}])"), std::string::npos);
  room("R2", R"("t":{"value":1,"metadata":{"acc":{"value":2}}},"p":{"type":"geo:point","value":"34.7,135.5"})");
  room("R3", R"("t":{"value":1,"metadata":{"acc":{"value":0.5}}},"p":{"type":"geo:point","value":"35.7,135.5"})");
  room("S1", R"("t":{"value":1,"metadata":{"acc":{"value":0.5}}},"p":{"type":"geo:point","value":"34.7,135.5"})");
  EXPECT_EQ(count(), 0u);
}

TEST_P(SubscriptionsV2, WhatIsShownOfTheEntity) {
  const auto one = [&](const std::string& more) {
    plain("", "," + more);
    room("R1", R"("a":{"value":1},"b":{"value":2},"c":{"value":3})");
    std::string out = told();
    out = out.substr(out.find("\"data\":") + 7);
    const std::string id = std::string(json(expect(200, "GET /v2/subscriptions").body).items()[0]["id"].text());
    expect(204, "DELETE /v2/subscriptions/" + id);
    expect(204, "DELETE /v2/entities/R1");
    (void)news();
    return out.substr(0, out.size() - 1);
  };
  EXPECT_EQ(one(R"("attrsFormat":"keyValues","attrs":["b","a"])"), R"([{"id":"R1","type":"Room","b":2,"a":1}])");
  EXPECT_EQ(one(R"("attrsFormat":"keyValues","exceptAttrs":["b"])"), R"([{"id":"R1","type":"Room","a":1,"c":3}])");
  EXPECT_EQ(one(R"("attrsFormat":"values","attrs":["c","a"])"), R"([[3,1]])");
  EXPECT_EQ(one(R"("attrsFormat":"keyValues","attrs":["a","none"],"covered":true)"), R"([{"id":"R1","type":"Room","a":1,"none":null}])");
  EXPECT_EQ(one(R"("attrsFormat":"keyValues","attrs":["dateCreated","a"])"), R"([{"id":"R1","type":"Room","dateCreated":"2026-11-23T00:00:00.000Z","a":1}])");
  EXPECT_EQ(one(R"("attrs":["a"],"metadata":["actionType","previousValue"])"), R"([{"id":"R1","type":"Room","a":{"type":"Number","value":1,"metadata":{"actionType":{"type":"Text","value":"append"}}}}])");
}

TEST_P(SubscriptionsV2, OnlyWhatChanged) {
  room("R1", R"("a":{"value":1},"b":{"value":2})");
  plain("", R"(,"onlyChangedAttrs":true,"metadata":["previousValue"])");
  room("R1", R"("b":{"value":3})");
  EXPECT_NE(told().find(R"("data":[{"id":"R1","type":"Room","b":{"type":"Number","value":3,"metadata":{"previousValue":{"type":"Number","value":2}}}}])"), std::string::npos);
}

TEST_P(SubscriptionsV2, SimplifiedIsTheEntityAlone) {
  plain("", R"(,"attrsFormat":"simplifiedKeyValues")");
  room("R1", R"("a":{"value":1})");
  EXPECT_EQ(told(), R"({"id":"R1","type":"Room","a":1})");
}

TEST_P(SubscriptionsV2, CustomHttp) {
  subscribe(body("", R"("attrs":["t","o"],"httpCustom":{"url":"http://h:1/entity/${id}","method":"PUT","qs":{"type":"${type}","v":"a%26${t}"},)"
                         R"("headers":{"X-Path":"${servicePath}","Content-Type":"text/css","Fiware-ServicePath":""},"payload":"It is ${t}%3B ${o} ${none}|${service} ${u}"})"),
            {{"fiware-service", "city"}, {"fiware-servicepath", "/a"}});
  create(R"({"id":"R1","type":"Room","t":{"value":"warm"},"o":{"value":{"k":[1.50]}},"u":{"value":"not sent"}})", {{"fiware-service", "city"}, {"fiware-servicepath", "/a"}});
  const auto all = news();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].method, "PUT");
  EXPECT_EQ(all[0].uri, "http://h:1/entity/R1?type=Room&v=a%26warm");
  EXPECT_EQ(all[0].content_type, "text/css");
  EXPECT_EQ(all[0].body, R"(It is warm; {"k":[1.50]} |city )");
  EXPECT_EQ(header(all[0], "X-Path"), "/a");
  EXPECT_EQ(header(all[0], "Fiware-ServicePath"), "");
  EXPECT_EQ(header(all[0], "Ngsiv2-AttrsFormat"), "custom");
}

TEST_P(SubscriptionsV2, CustomPayloads) {
  const auto custom = [&](const std::string& more) {
    const std::string id = subscribe(body("", R"("httpCustom":{"url":"http://h:1/n",)" + more + "}"));
    room("R1", R"("t":{"value":21.50},"s":{"value":"x"})");
    const auto all = news();
    EXPECT_EQ(all.size(), 1u);
    expect(204, "DELETE /v2/subscriptions/" + id);
    expect(204, "DELETE /v2/entities/R1");
    return all.empty() ? Parcel() : all[0];
  };
  Parcel parcel = custom(R"("json":{"v":"${t}","w":["${s}-${t}",7],"n":"${none}","id":"${id}"})");
  EXPECT_EQ(parcel.body, R"({"v":21.50,"w":["x-21.50",7],"n":null,"id":"R1"})");
  EXPECT_EQ(parcel.content_type, "application/json");
  parcel = custom(R"("payload":null)");
  EXPECT_EQ(parcel.body, "");
  EXPECT_EQ(parcel.content_type, "");
  parcel = custom(R"("ngsi":{"id":"p:${id}","t":{"value":"${t}","type":"Calc"},"extra":"${s}"})");
  EXPECT_NE(parcel.body.find(R"("data":[{"id":"p:R1","type":"Room","t":{"type":"Calc","value":21.50,"metadata":{}},"s":{"type":"Text","value":"x","metadata":{}},"extra":{"type":"Text","value":"x","metadata":{}}}])"), std::string::npos) << parcel.body;
  EXPECT_EQ(header(parcel, "Ngsiv2-AttrsFormat"), "normalized");
  parcel = custom(R"("method":"GET","qs":{"t":"${t}"})");
  EXPECT_EQ(parcel.uri, "http://h:1/n?t=21.50");
  EXPECT_EQ(parcel.body, "");
  // Nothing that an entity says ends a header's line, or leaves the path of a URL by a blank.
  parcel = custom(R"("headers":{"X-A":"a%0D%0AX-B: b","Content-Length":"5"},"payload":"p")");
  EXPECT_EQ(header(parcel, "X-A"), "aX-B: b");
  EXPECT_EQ(header(parcel, "Content-Length"), "");
}

TEST_P(SubscriptionsV2, ByMqtt) {
  subscribe(body("", R"("attrsFormat":"keyValues","mqtt":{"url":"mqtt://h:1883","topic":"a/b","qos":1,"retain":true,"user":"u","passwd":"p/@:"})"));
  room("R1", R"("t":{"value":1})");
  auto all = news(mqtt_door);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_NE(mqtt_message(all[0]).find(R"("data":[{"id":"R1","type":"Room","t":1}])"), std::string::npos);
  EXPECT_TRUE(mqtt_message(all[0]).starts_with(R"({"subscriptionId":)"));
  const auto target = mqtt_target(all[0]);
  ASSERT_TRUE(target.ok());
  EXPECT_EQ(target->host + " " + std::to_string(target->port) + " " + target->topic + " " + target->user + " " + target->password + " " + std::to_string(target->qos), "h 1883 a/b u p/@: 1");
  EXPECT_TRUE(all[0].retain);
  const std::string shown = expect(200, "GET /v2/subscriptions").body;
  EXPECT_NE(shown.find(R"("passwd":"*****")"), std::string::npos) << shown;
  subscribe(body("", R"("mqttCustom":{"url":"mqtt://h:1883","topic":"x/${id}","payload":"${t}"})"));
  room("R1", R"("t":{"value":2})");
  all = news(mqtt_door);
  ASSERT_EQ(all.size(), 2u);
  const Parcel& custom = all[0].topic == "x/R1" ? all[0] : all[1];
  EXPECT_EQ(custom.topic + " " + mqtt_message(custom), "x/R1 2");
}

TEST_P(SubscriptionsV2, OnceOnly) {
  const std::string id = subscribe(body("", R"("http":{"url":"http://h:1/n"})", R"(,"status":"oneshot")"));
  EXPECT_NE(expect(200, "GET /v2/subscriptions/" + id).body.find(R"("status":"oneshot")"), std::string::npos);
  clock.advance(kSecond);
  room("R1", R"("t":{"value":1})");
  room("R2", R"("t":{"value":1})");
  EXPECT_EQ(count(), 1u);
  EXPECT_NE(expect(200, "GET /v2/subscriptions/" + id).body.find(R"("status":"inactive")"), std::string::npos);
  ASSERT_TRUE(subscriptions->flush().ok());
  crash();
  room("R1", R"("t":{"value":2})");
  EXPECT_EQ(count(), 0u);
  clock.advance(kSecond);
  expect(204, "PATCH /v2/subscriptions/" + id, R"({"status":"oneshot"})");
  clock.advance(kSecond);
  room("R1", R"("t":{"value":3})");
  room("R1", R"("t":{"value":4})");
  EXPECT_EQ(count(), 1u);
  expect(204, "PATCH /v2/subscriptions/" + id, R"({"status":"active"})");
  room("R1", R"("t":{"value":5})");
  room("R1", R"("t":{"value":6})");
  EXPECT_EQ(count(), 2u);
}

TEST_P(SubscriptionsV2, ThrottlingAndExpiry) {
  subscribe(body("", R"("http":{"url":"http://h:1/n"})", R"(,"throttling":5,"expires":"2026-11-23T00:00:20Z")"));
  room("R1", R"("t":{"value":1})");
  room("R1", R"("t":{"value":2})");
  EXPECT_EQ(count(), 1u);
  clock.advance(kSecond * 6);
  room("R1", R"("t":{"value":3})");
  EXPECT_EQ(count(), 1u);
  clock.advance(kSecond * 30);
  room("R1", R"("t":{"value":4})");
  EXPECT_EQ(count(), 0u);
  EXPECT_NE(expect(200, "GET /v2/subscriptions").body.find(R"("status":"expired")"), std::string::npos);
}

TEST_P(SubscriptionsV2, FailuresAreCountedAndSurviveACrash) {
  const std::string id = plain();
  http_door.answer = [](const Parcel&) { return Handed{Handed::State::unreachable, "nobody there", 0}; };
  room("R1", R"("t":{"value":1})");
  EXPECT_EQ(count(), 0u);
  clock.advance(kSecond * 2);
  EXPECT_EQ(count(), 0u);
  const std::string shown = expect(200, "GET /v2/subscriptions/" + id).body;
  EXPECT_NE(shown.find(R"("status":"failed")"), std::string::npos) << shown;
  EXPECT_NE(shown.find(R"("timesSent":1,)"), std::string::npos) << shown;
  EXPECT_NE(shown.find(R"("lastFailureReason":"nobody there","failsCounter":2)"), std::string::npos) << shown;
  ASSERT_TRUE(subscriptions->flush().ok());
  crash();
  EXPECT_NE(expect(200, "GET /v2/subscriptions/" + id).body.find(R"("failsCounter":2)"), std::string::npos);
  http_door.answer = nullptr;
  clock.advance(kSecond * 60);
  EXPECT_EQ(count(), 1u);   // what waited is told after all
  EXPECT_EQ(expect(200, "GET /v2/subscriptions/" + id).body.find("failsCounter"), std::string::npos);
}

TEST_P(SubscriptionsV2, ExactIds) {
  // Exact ids are found through the index, whether they are URIs or not.
  for (int i = 0; i < 50; ++i) subscribe(R"({"subject":{"entities":[{"id":")" + std::string(i % 2 ? "E" : "urn:e:") + std::to_string(i) + R"(","type":"Room"}]},"notification":{"http":{"url":"http://h:1/n"}}})");
  for (const char* id : {"E7", "urn:e:8", "E8"}) room(id, R"("t":{"value":1})");
  EXPECT_EQ(count(), 2u);
}

TEST_P(SubscriptionsV2, Refusals) {
  const std::string http = R"("http":{"url":"http://h:1/n"})";
  for (const std::string& text : {std::string("[]"), std::string("{}"), std::string(R"({"subject":{"entities":[{"idPattern":".*"}]}})"), std::string(R"({"notification":{)") + http + "}}",
                                  std::string(R"({"subject":{"entities":[]},"notification":{)") + http + "}}", std::string(R"({"subject":{"entities":[{"type":"T"}]},"notification":{)") + http + "}}",
                                  std::string(R"({"subject":{"entities":[{"id":"a","idPattern":"b"}]},"notification":{)") + http + "}}",
                                  std::string(R"({"subject":{"entities":[{"idPattern":"("}]},"notification":{)") + http + "}}"})
    bad("POST /v2/subscriptions", text);
  for (const char* condition : {"[]", R"({"attrs":"t"})", R"({"expression":{"q":"t>"}})", R"({"expression":{"x":"t"}})", R"({"alterationTypes":["burn"]})", R"({"notifyOnMetadataChange":1})"}) bad("POST /v2/subscriptions", body(condition, http));
  for (const char* notification : {R"("attrs":[])", R"("http":{"url":"http://h:1/n"},"httpCustom":{"url":"http://h:1/n"})", R"("http":{})", R"("http":{"url":"ftp://h"})", R"("http":{"url":"http:///x"})",
                                   R"("http":{"url":"http://h","timeout":-1})", R"("http":{"url":"http://h"},"attrs":["a"],"exceptAttrs":["b"])", R"("http":{"url":"http://h"},"exceptAttrs":[])",
                                   R"("http":{"url":"http://h"},"attrsFormat":"legacy")", R"("http":{"url":"http://h"},"covered":true)", R"("httpCustom":{"url":"http://h","method":"BREW"})",
                                   R"("httpCustom":{"url":"http://h","payload":"a","json":{}})", R"("httpCustom":{"url":"http://h","payload":"a;b"})", R"("httpCustom":{"url":"http://h","json":1})",
                                   R"("mqtt":{"url":"mqtt://h:1"})", R"("mqtt":{"url":"http://h:1","topic":"a"})", R"("mqtt":{"url":"mqtt://h:1","topic":"a/#"})", R"("mqtt":{"url":"mqtt://h:1","topic":"a","qos":3})",
                                   R"("mqtt":{"url":"mqtt://h:1","topic":"a","user":"u"})"})
    bad("POST /v2/subscriptions", body("", notification));
  for (const char* more : {R"(,"throttling":-1)", R"(,"throttling":"x")", R"(,"expires":"soon")", R"(,"status":"asleep")", R"(,"description":"<b>")"}) bad("POST /v2/subscriptions", body("", http, more));
  refused(400, "ParseError", "POST /v2/subscriptions", "{");
  const std::string id = plain();
  bad("PATCH /v2/subscriptions/" + id, R"({"status":"asleep"})");
  bad("PATCH /v2/subscriptions/" + id, R"({"notification":{}})");
  refused(404, "NotFound", "GET /v2/subscriptions/" + id, {}, {{"fiware-servicepath", "/other"}});
  refused(404, "NotFound", "GET /v2/subscriptions/" + id, {}, {{"fiware-service", "other"}});
}

}  // namespace
}  // namespace machiya::sense::ngsiv2
