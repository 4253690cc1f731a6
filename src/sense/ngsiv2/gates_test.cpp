// What somebody may not see does not exist for them by NGSIv2 either: every way to it is tried with a gate that hides a type and an attribute.
// Faults that were tried, each found: no gate in Call::find, Call::one and Call::begin's look at services (Reads), in Writing::change and Writing::checked (Writes), in
// AskingProviders::find and Handing::hand_on (WhatProvidersTell…); Call::showed without a word, written_down() not heeded (WhatIsRead…); made_by and the viewer
// of lists not asked (SubscriptionsAreTheirMakers).
#include "sense/ngsiv2/bench.h"

namespace machiya::sense::ngsiv2 {
namespace {

/// Hides the type Secret, and the attribute "hidden" of everything; lets nobody write Room.
class Narrow final : public Gate {
 public:
  const std::string& key() const override { return key_; }
  bool sees_tenants() const override { return false; }
  bool sees(std::span<const std::string_view> types) const override {
    return std::ranges::none_of(types, [](std::string_view t) { return t.ends_with("/Secret"); });
  }
  bool sees(std::span<const std::string_view> types, std::string_view attribute) const override { return sees(types) && !attribute.ends_with("/hidden"); }
  Result<void> may_write(std::span<const std::string_view> types) const override {
    if (std::ranges::none_of(types, [](std::string_view t) { return t.ends_with("/Room"); })) return {};
    return Error(ErrorCode::forbidden, "not yours");
  }
  Result<void> check(const EntityPtr& before, const EntityPtr& after) const override { return may_write(after ? after->types : before->types); }
  void read(std::span<const std::string_view>, std::string_view attribute) override { asked.emplace_back(attribute); }
  Result<void> written_down() override { return log_works ? Result<void>() : Result<void>(Error(ErrorCode::unavailable, "no log")); }
  std::vector<std::string> asked;
  bool log_works = true;

 private:
  std::string key_ = "client:1";
};

class GatesV2 : public Bench {
 protected:
  std::shared_ptr<Narrow> gate = std::make_shared<Narrow>();
  GatesV2() {
    create(R"({"id":"R1","type":"Room","t":{"value":1},"hidden":{"value":2}})");
    create(R"({"id":"S1","type":"Secret","t":{"value":1}})");
    create(R"({"id":"T1","type":"Tree","t":{"value":1},"hidden":{"value":2}})");
    broker->gate_of = [this](const http::Request&) -> Result<GatePtr> { return GatePtr(gate); };
  }
};
MACHIYA_ON_BOTH_ENGINES(GatesV2);

TEST_P(GatesV2, Reads) {
  same("GET /v2/entities?options=keyValues,count", R"([{"id":"R1","type":"Room","t":1},{"id":"T1","type":"Tree","t":1}])");
  EXPECT_EQ(expect(200, "GET /v2/entities?options=count").header("Fiware-Total-Count"), "2");
  EXPECT_EQ(ids("/v2/entities?q=hidden==2"), "");
  EXPECT_EQ(ids("/v2/entities?q=!hidden"), "R1 T1");
  same("GET /v2/entities/R1?options=keyValues", R"({"id":"R1","type":"Room","t":1})");
  same("GET /v2/entities/R1/attrs?options=keyValues", R"({"t":1})");
  for (const char* path : {"/v2/entities/S1", "/v2/entities/S1/attrs", "/v2/entities/S1/attrs/t", "/v2/entities/S1/attrs/t/value", "/v2/entities/R1/attrs/hidden", "/v2/entities/R1/attrs/hidden/value", "/v2/types/Secret"})
    refused(404, "NotFound", std::string("GET ") + path);
  same("GET /v2/types", R"([{"type":"Room","attrs":{"t":{"types":["Number"]}},"count":1},{"type":"Tree","attrs":{"t":{"types":["Number"]}},"count":1}])");
  EXPECT_EQ(expect(200, "POST /v2/op/query?options=values", R"({"entities":[{"idPattern":".*"}],"attrs":["hidden","t"]})").body, "[[1],[1]]");
  refused(404, "NotFound", "GET /v2/entities", {}, {{"fiware-service", "other"}});
}

TEST_P(GatesV2, Writes) {
  refused(403, "Forbidden", "POST /v2/entities", R"({"id":"R2","type":"Room"})");
  refused(403, "Forbidden", "PUT /v2/entities/R1/attrs/t", R"({"value":9})");
  refused(403, "Forbidden", "POST /v2/op/update", R"({"actionType":"append","entities":[{"id":"R1","type":"Room","t":{"value":9}}]})");
  refused(403, "Forbidden", "DELETE /v2/entities/R1");
  refused(404, "NotFound", "DELETE /v2/entities/S1");
  expect(204, "PUT /v2/entities/T1/attrs/t", R"({"value":9})");
  same("GET /v2/entities/T1?options=keyValues", R"({"id":"T1","type":"Tree","t":9})");
}

TEST_P(GatesV2, WhatProvidersTellAndTakePassesTheGate) {
  const auto provides = [&](const std::string& type) {
    expect(201, "POST /v2/registrations", R"({"dataProvided":{"entities":[{"idPattern":".*","type":")" + type + R"("}]},"provider":{"http":{"url":"http://p:1"}}})");
  };
  for (const char* type : {"Lamp", "Secret", "Room"}) provides(type);
  far = [](const outbound::Call& call) -> Result<outbound::Answer> {
    const std::string type = call.body.find("Secret") != std::string::npos ? "Secret" : call.body.find("Room") != std::string::npos ? "Room" : "Lamp";
    if (call.url.ends_with("/op/update")) return outbound::Answer{204, "", "", "", {}};
    return outbound::Answer{200, "application/json", R"([{"id":"P1","type":")" + type + R"(","t":{"value":3},"hidden":{"value":4}}])", "", {}};
  };
  same("GET /v2/entities?type=Lamp,Secret&options=keyValues", R"([{"id":"P1","type":"Lamp","t":3}])");
  same("GET /v2/entities/P1?type=Lamp&options=keyValues", R"({"id":"P1","type":"Lamp","t":3})");
  refused(404, "NotFound", "GET /v2/entities/P1?type=Secret");
  refused(404, "NotFound", "GET /v2/entities/P1/attrs/hidden?type=Lamp");
  EXPECT_EQ(ids("/v2/entities?type=Lamp&q=hidden==4"), "");
  const std::size_t before = asked.size();
  refused(403, "Forbidden", "PATCH /v2/entities/P1/attrs?type=Room", R"({"t":{"value":9}})");
  EXPECT_EQ(asked.size(), before);
  expect(204, "PATCH /v2/entities/P1/attrs?type=Lamp", R"({"t":{"value":9}})");
}

TEST_P(GatesV2, WhatIsReadIsWrittenDownOrNotTold) {
  expect(200, "GET /v2/entities/T1");
  EXPECT_FALSE(gate->asked.empty());
  gate->log_works = false;
  EXPECT_EQ(ask("GET /v2/entities/T1").status, 503);
}

TEST_P(GatesV2, SubscriptionsAreTheirMakers) {
  const std::string body = R"({"subject":{"entities":[{"idPattern":".*"}]},"notification":{"http":{"url":"http://h:1/n"}}})";
  const std::string path = expect(201, "POST /v2/subscriptions", body).header("Location");
  expect(200, "GET " + path);
  broker->gate_of = nullptr;
  expect(200, "GET " + path);
  const std::string others = expect(201, "POST /v2/subscriptions", body).header("Location");
  broker->gate_of = [this](const http::Request&) -> Result<GatePtr> { return GatePtr(gate); };
  refused(404, "NotFound", "GET " + others);
  refused(404, "NotFound", "DELETE " + others);
  refused(404, "NotFound", "PATCH " + others, R"({"status":"inactive"})");
  EXPECT_EQ(expect(200, "GET /v2/subscriptions?options=count").header("Fiware-Total-Count"), "1");
}

}  // namespace
}  // namespace machiya::sense::ngsiv2
