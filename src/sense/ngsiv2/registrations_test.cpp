// Context providers: kept, shown, refused; questions and writes that go to them, with a plain function where the network would be.
// Faults that were tried, each found here: Handing without its local rest, told() without provider.find or with every attribute (a provider may tell only what it
// registered), expired providers still asked, what is here asked for nonetheless, Via not looked at. What gates hide: gates_test.cpp.
#include "sense/ngsiv2/bench.h"

namespace machiya::sense::ngsiv2 {
namespace {

class RegistrationsV2 : public Bench {
 protected:
  RegistrationsV2() { far = [this](const outbound::Call& call) { return answer(call); }; }
  std::string told = "[]";   ///< what every provider answers to a question
  int status = 0;            ///< what it answers to a write; 0: 204
  Result<outbound::Answer> answer(const outbound::Call& call) const {
    if (call.url.ends_with("/op/query")) return outbound::Answer{200, "application/json", told, "", {}};
    return outbound::Answer{status == 0 ? 204 : status, "application/json", status == 0 ? "" : R"({"error":"E","description":"no such lamp"})", "", {}};
  }
  std::string registration(const std::string& entities, const std::string& attrs, const std::string& more = "", const std::string& mode = "all") {
    return R"({"dataProvided":{"entities":[)" + entities + R"(],"attrs":[)" + attrs + R"(]},"provider":{"http":{"url":"http://p:1/v2"},"supportedForwardingMode":")" + mode + "\"}" + more + "}";
  }
  std::string add(const std::string& entities, const std::string& attrs, const std::string& more = "", const std::string& mode = "all", const Headers& headers = {}) {
    return expect(201, "POST /v2/registrations", registration(entities, attrs, more, mode), headers).header("Location");
  }
  std::string header(const outbound::Call& call, std::string_view name) {
    for (const auto& [key, value] : call.headers)
      if (key == name) return value;
    return "-";
  }
};
MACHIYA_ON_BOTH_ENGINES(RegistrationsV2);

TEST_P(RegistrationsV2, AreKeptAndShown) {
  const std::string where = add(R"({"id":"L1","type":"Lamp"})", R"("level")", R"(,"description":"Lamps","expires":"2026-12-01T00:00:00Z")");
  ASSERT_TRUE(where.starts_with("/v2/registrations/"));
  const std::string id = where.substr(18);
  EXPECT_EQ(id.size(), 24u);
  const std::string shown = "{\"id\":\"" + id + R"(","description":"Lamps","expires":"2026-12-01T00:00:00Z","dataProvided":{"entities":[{"id":"L1","type":"Lamp"}],"attrs":["level"]},)"
                            R"("provider":{"http":{"url":"http://p:1/v2"},"supportedForwardingMode":"all","legacyForwarding":false},"status":"active"})";
  same("GET " + where, shown);
  EXPECT_EQ(expect(200, "GET /v2/registrations?options=count").header("Fiware-Total-Count"), "1");
  crash();
  same("GET /v2/registrations", "[" + shown + "]");
  refused(404, "NotFound", "GET " + where, {}, {{"fiware-servicepath", "/a"}});
  refused(404, "NotFound", "GET " + where, {}, {{"fiware-service", "other"}});
  same("GET /v2/registrations", "[]", {{"fiware-servicepath", "/a"}});
  expect(204, "PATCH " + where, R"({"status":"inactive"})");
  EXPECT_NE(expect(200, "GET " + where).body.find(R"("status":"inactive")"), std::string::npos);
  clock.set(parse_rfc3339("2026-12-02T00:00:00Z").value());
  EXPECT_NE(expect(200, "GET " + where).body.find(R"("status":"expired")"), std::string::npos);
  expect(204, "DELETE " + where);
  refused(404, "NotFound", "GET " + where);
  refused(404, "NotFound", "DELETE " + where);
  refused(405, "MethodNotAllowed", "PUT " + where, "{}");
  crash();
  same("GET /v2/registrations", "[]");
}

TEST_P(RegistrationsV2, WhatIsNoneIsRefused) {
  const std::string entity = R"({"id":"L1","type":"Lamp"})";
  for (const std::string& body : {std::string("[]"), std::string("{}"), std::string(R"({"dataProvided":{"entities":[{"id":"a"}]}})"), std::string(R"({"provider":{"http":{"url":"http://p"}}})"), registration("", ""),
                                  registration(R"({"type":"Lamp"})", ""), registration(R"({"id":"a","idPattern":"b"})", ""), registration(R"({"idPattern":"("})", ""), registration(R"({"id":"a b"})", ""),
                                  registration(R"({"id":"a","x":1})", ""), registration(entity, "1"), registration(entity, "\"a b\""), registration(entity, "", "", "some"), registration(entity, "", R"(,"expires":"soon")"),
                                  registration(entity, "", R"(,"status":"odd")"), registration(entity, "", R"(,"odd":1)"), registration(entity, "", R"(,"description":"<b>")"),
                                  std::string(R"({"dataProvided":{"entities":[{"id":"a"}]},"provider":{"http":{"url":"ftp://p"}}})"),
                                  std::string(R"({"dataProvided":{"entities":[{"id":"a"}]},"provider":{"http":{"url":"http://p"},"legacyForwarding":true}})")})
    bad("POST /v2/registrations", body);
  bad("POST /v2/registrations", registration(entity, ""), {{"fiware-servicepath", "/#"}});
  const std::string where = add(entity, "");
  bad("PATCH " + where, R"({"provider":{}})");
}

TEST_P(RegistrationsV2, WhatIsNotHereIsAskedOfThem) {
  const std::string where = add(R"({"id":"L1","type":"Lamp"})", R"("level","power")", "", "all", {{"fiware-service", "City"}, {"fiware-servicepath", "/a"}});
  told = R"([{"id":"L1","type":"Lamp","level":{"type":"Number","value":7,"metadata":{}},"secret":{"value":1}},{"id":"X9","type":"Lamp","level":{"value":1}}])";
  const Headers headers = {{"fiware-service", "City"}, {"fiware-servicepath", "/a"}, {"fiware-correlator", "c1"}, {"x-auth-token", "t1"}, {"authorization", "Bearer b"}};
  same("GET /v2/entities/L1?type=Lamp&attrs=level", R"({"id":"L1","type":"Lamp","level":{"type":"Number","value":7,"metadata":{}}})", headers);
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].method, "POST");
  EXPECT_EQ(asked[0].url, "http://p:1/v2/op/query");
  EXPECT_EQ(asked[0].body, R"({"entities":[{"id":"L1","type":"Lamp"}],"attrs":["level"]})");
  EXPECT_EQ(header(asked[0], "Fiware-Service"), "city");
  EXPECT_EQ(header(asked[0], "Fiware-ServicePath"), "/a");
  EXPECT_EQ(header(asked[0], "Fiware-Correlator"), "c1");
  EXPECT_EQ(header(asked[0], "X-Auth-Token"), "t1");
  EXPECT_EQ(header(asked[0], "Authorization"), "-");
  EXPECT_EQ(header(asked[0], "Via"), "1.1 here");
  // What a provider did not register it does not tell: neither the attribute nor the other lamp.
  same("GET /v2/entities?type=Lamp&options=keyValues", R"([{"id":"L1","type":"Lamp","level":7}])", headers);
  EXPECT_EQ(asked.back().body, R"({"entities":[{"id":"L1","type":"Lamp"}],"attrs":["level","power"]})");
  same("GET /v2/entities/L1/attrs/level/value", "7", headers);
  same("GET /v2/entities/L1/attrs?options=keyValues", R"({"level":7})", headers);
  EXPECT_EQ(expect(200, "POST /v2/op/query?options=keyValues", R"({"entities":[{"idPattern":"^L","type":"Lamp"}],"expression":{"q":"level>6"}})", headers).body, R"([{"id":"L1","type":"Lamp","level":7}])");
  EXPECT_EQ(expect(200, "POST /v2/op/query?options=keyValues", R"({"entities":[{"idPattern":"^L","type":"Lamp"}],"expression":{"q":"level>7"}})", headers).body, "[]");
  const std::string state = expect(200, "GET " + where, {}, headers).body;
  EXPECT_NE(state.find(R"("forwardingInformation":{"timesSent":6,"lastForwarding":"2026-11-23T00:00:00.000Z","lastSuccess":)"), std::string::npos) << state;
  // Nobody else is asked for, nor from elsewhere, nor when it is not wanted, nor once it has passed here.
  asked.clear();
  same("GET /v2/entities?type=Tree", "[]", headers);
  refused(404, "NotFound", "GET /v2/entities/L2", {}, headers);
  refused(404, "NotFound", "GET /v2/entities/L1", {}, {{"fiware-service", "City"}, {"fiware-servicepath", "/b"}});
  refused(404, "NotFound", "GET /v2/entities/L1");
  refused(404, "NotFound", "GET /v2/entities/L1?options=skipForwarding", {}, headers);
  Headers passed = headers;
  passed.emplace_back("via", "1.1 there, 1.1 here");
  refused(404, "NotFound", "GET /v2/entities/L1", {}, passed);
  EXPECT_EQ(asked.size(), 0u);
}

TEST_P(RegistrationsV2, WhatIsHereIsNotAskedFor) {
  add(R"({"id":"L1","type":"Lamp"})", R"("level")");
  create(R"({"id":"L1","type":"Lamp","level":{"value":1},"name":{"value":"gate"}})");
  same("GET /v2/entities/L1?options=keyValues", R"({"id":"L1","type":"Lamp","level":1,"name":"gate"})");
  EXPECT_EQ(asked.size(), 0u);
  // One entity of both, each with its own attributes; ours count where both have one.
  add(R"({"idPattern":"^L","type":"Lamp"})", R"("power","name")");
  told = R"([{"id":"L1","type":"Lamp","power":{"value":60},"name":{"value":"theirs"}},{"id":"L2","type":"Lamp","power":{"value":40}}])";
  same("GET /v2/entities?type=Lamp&options=keyValues,count", R"([{"id":"L1","type":"Lamp","level":1,"name":"gate","power":60},{"id":"L2","type":"Lamp","power":40}])");
  same("GET /v2/entities?type=Lamp&options=keyValues&orderBy=power&attrs=power", R"([{"id":"L2","type":"Lamp","power":40},{"id":"L1","type":"Lamp","power":60}])");
  same("GET /v2/entities?type=Lamp&options=keyValues&orderBy=power&limit=1&offset=1&attrs=name", R"([{"id":"L1","type":"Lamp","name":"gate"}])");
  same("GET /v2/entities?q=power%3E50&options=keyValues&attrs=power", R"([{"id":"L1","type":"Lamp","power":60}])");
  EXPECT_EQ(expect(200, "GET /v2/entities?type=Lamp&options=count&limit=1").header("Fiware-Total-Count"), "2");
}

TEST_P(RegistrationsV2, OneThatIsAwayTellsNothing) {
  const std::string where = add(R"({"idPattern":".*"})", "");
  create(R"({"id":"A","type":"T","n":{"value":1}})");
  far = nullptr;
  EXPECT_EQ(ids("/v2/entities"), "A");
  refused(404, "NotFound", "GET /v2/entities/B");
  refused(503, "InternalServerError", "PATCH /v2/entities/B/attrs", R"({"n":{"value":1}})");
  EXPECT_NE(expect(200, "GET " + where).body.find("\"lastFailure\":"), std::string::npos);
  far = [](const outbound::Call&) -> Result<outbound::Answer> { return outbound::Answer{200, "application/json", "<html>", "", {}}; };
  EXPECT_EQ(ids("/v2/entities"), "A");
}

TEST_P(RegistrationsV2, WritesGoToThem) {
  add(R"({"id":"L1","type":"Lamp"})", R"("level","power")");
  expect(204, "PATCH /v2/entities/L1/attrs?type=Lamp", R"({"level":{"value":9,"metadata":{"by":{"value":"clerk"}}}})");
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].url, "http://p:1/v2/op/update");
  EXPECT_EQ(asked[0].body, R"({"actionType":"update","entities":[{"id":"L1","type":"Lamp","level":{"type":"Number","value":9,"metadata":{"by":{"value":"clerk"}}}}]})");
  const auto sent = [&](const std::string& attribute) { return R"({"actionType":"update","entities":[{"id":"L1","type":"Lamp",)" + attribute + "}]}"; };
  expect(204, "PUT /v2/entities/L1/attrs/level", R"({"value":"x"})");
  EXPECT_EQ(asked.back().body, sent(R"("level":{"type":"Text","value":"x"})"));
  expect(204, "PUT /v2/entities/L1/attrs/level/value", "5", {{"content-type", "text/plain"}});
  EXPECT_EQ(asked.back().body, sent(R"("level":{"type":"Number","value":5})"));
  expect(204, "POST /v2/op/update?options=keyValues", R"({"actionType":"update","entities":[{"id":"L1","type":"Lamp","level":true}]})");
  EXPECT_EQ(asked.back().body, sent(R"("level":{"type":"Boolean","value":true})"));
  // Of one request each attribute goes where it belongs; what nobody has is refused, and then nothing is done.
  create(R"({"id":"L1","type":"Lamp","name":{"value":"gate"}})");
  expect(204, "PATCH /v2/entities/L1/attrs?options=keyValues", R"({"name":"door","power":60})");
  EXPECT_EQ(asked.back().body, sent(R"("power":{"type":"Number","value":60})"));
  same("GET /v2/entities/L1?options=keyValues,skipForwarding", R"({"id":"L1","type":"Lamp","name":"door"})");
  const std::size_t before = asked.size();
  refused(422, "Unprocessable", "PATCH /v2/entities/L1/attrs?options=keyValues", R"({"name":"x","power":60,"odd":1})");
  EXPECT_EQ(asked.size(), before);
  // Its refusal is ours, and nothing is changed here.
  for (const auto& [theirs, ours, error] : std::vector<std::tuple<int, int, const char*>>{{404, 404, "NotFound"}, {422, 422, "Unprocessable"}, {400, 400, "BadRequest"}, {500, 503, "InternalServerError"}}) {
    status = theirs;
    refused(ours, error, "PATCH /v2/entities/L1/attrs?options=keyValues", R"({"name":"x","power":60})");
  }
  same("GET /v2/entities/L1/attrs/name/value", "\"door\"");
  // To append is to make it here (as Orion has it): from then on the provider is not asked for it.
  status = 0;
  expect(204, "POST /v2/entities/L1/attrs?options=keyValues", R"({"power":1})");
  const std::size_t after = asked.size();
  expect(204, "PATCH /v2/entities/L1/attrs?options=keyValues", R"({"power":2})");
  EXPECT_EQ(asked.size(), after);
}

TEST_P(RegistrationsV2, OnlyWhatTheySupport) {
  told = R"([{"id":"L1","type":"Lamp","level":{"value":7}}])";
  const std::string where = add(R"({"id":"L1","type":"Lamp"})", R"("level")", "", "query");
  refused(404, "NotFound", "PATCH /v2/entities/L1/attrs", R"({"level":{"value":9}})");
  EXPECT_EQ(ids("/v2/entities"), "L1");
  const auto mode = [&](const std::string& word) { expect(204, "PATCH " + where, R"({"provider":{"http":{"url":"http://p:1/v2/"},"supportedForwardingMode":")" + word + "\"}}"); };
  mode("update");
  EXPECT_EQ(ids("/v2/entities"), "");
  expect(204, "PATCH /v2/entities/L1/attrs", R"({"level":{"value":9}})");
  mode("none");
  EXPECT_EQ(ids("/v2/entities"), "");
  refused(404, "NotFound", "PATCH /v2/entities/L1/attrs", R"({"level":{"value":9}})");
  mode("all");
  EXPECT_EQ(ids("/v2/entities"), "L1");
  expect(204, "PATCH " + where, R"({"status":"inactive"})");
  EXPECT_EQ(ids("/v2/entities"), "");
  expect(204, "PATCH " + where, R"({"status":"active","expires":"2026-11-24T00:00:00Z"})");
  EXPECT_EQ(ids("/v2/entities"), "L1");
  clock.set(parse_rfc3339("2026-11-25T00:00:00Z").value());
  EXPECT_EQ(ids("/v2/entities"), "");
}

}  // namespace
}  // namespace machiya::sense::ngsiv2
