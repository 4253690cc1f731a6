// Entities in the whole house: who reads what, what is written down of it, who writes, what is published.
#include "app/sensing_access.h"

#include "app/authorization_world.h"
#include "platform/audit/audit.h"

namespace machiya::app {
namespace {

using authorization::Caller;
using authorization::World;

constexpr const char* kLamp = R"(entity-type: matrix-lamp
version: 1
name: { ja: 街灯, en: Street lamp }
type: MatrixLamp
owner: OWNER
access: open
attributes:
  - { name: title, label: { ja: 名称 }, kind: text, required: yes, max: 20 }
  - { name: brightness, label: { ja: 明るさ }, kind: integer, min: 0, max: 100, series: yes }
  - { name: keeper, label: { ja: 管理人 }, kind: text, access: { scope: lamps.read, permission: entity.read } }
open: { name: matrix-lamps, licence: CC-BY-4.0, updates: continuous, about: { ja: 街灯 } }
)";
constexpr const char* kSluice = "entity-type: matrix-sluice\nversion: 1\nname: { ja: 水門 }\ntype: MatrixSluice\nowner: OWNER\ncheck: lenient\naccess: restricted\nattributes:\n"
                                "  - { name: level, label: { ja: 水位 }, kind: number, unit: MTR }\n";
constexpr const char* kEntities = "/ngsi-ld/v1/entities";
constexpr const char* kLamps = "/ngsi-ld/v1/entities?type=MatrixLamp&options=keyValues";

class SensingInTheHouse : public ::testing::TestWithParam<store::Engine> {
 protected:
  std::unique_ptr<store::testing::TestDatabase> database_ = store::testing::make_database(GetParam());
  World world_{*database_};
  Caller visitor_, writer_, reader_, narrow_;

  void SetUp() override {
    for (const auto& [name, text] : {std::pair{"matrix-lamp", kLamp}, {"matrix-sluice", kSluice}}) {
      std::string definition = text;
      definition.replace(definition.find("OWNER"), 5, authorization::kHere);
      std::filesystem::create_directories(world_.folder() + "/city/entities");
      std::ofstream(world_.folder() + "/city/entities/" + name + ".yaml") << definition;
    }
    const city::LoadReport report = world_.house().reload();
    ASSERT_TRUE(report.city) << to_line(report.faults.front());
    visitor_ = world_.visitor(), writer_ = world_.client("lamp-writer", {"entities.write", "entities.read"}, {}, ""), reader_ = world_.client("lamp-reader", {"lamps.read"}, {}, "");
    narrow_ = world_.client("sluice-writer", {"entities.write", "entities.write.matrix-sluice"}, {}, "");
    EXPECT_EQ(write(writer_, "urn:x:lamp", "MatrixLamp", R"("title":{"type":"Property","value":"L1"},"brightness":{"type":"Property","value":40},"keeper":{"type":"Property","value":"nightingale"})").status, 201);
    EXPECT_EQ(write(writer_, "urn:x:sluice", "MatrixSluice", R"("level":{"type":"Property","value":"high"})").status, 201);   // lenient: taken
  }
  http::Response ask(const Caller& who, http::Method method, const std::string& path, const std::string& body = {}, http::Pairs headers = {}, const std::string& id = "ask") {
    http::Request r = http::testing::request(method, path);
    r.remote = "127.0.0.1", r.id = id, r.body = body, r.headers = std::move(headers);
    r.headers.emplace_back("host", "city.example"), r.headers.emplace_back("accept", path.starts_with("/ngsi-ld/") ? "application/json" : "text/html");
    if (!who.cookie.empty()) r.headers.emplace_back("cookie", "machiya=" + who.cookie);
    if (!who.bearer.empty()) r.headers.emplace_back("authorization", "Bearer " + who.bearer);
    if (!body.empty()) r.headers.emplace_back("content-type", "application/json"), r.headers.emplace_back("content-length", std::to_string(body.size()));
    return world_.house().router().dispatch(r);
  }
  http::Response write(const Caller& who, const std::string& id, const std::string& type, const std::string& members) {
    const std::string body = R"({"id":")" + id + R"(","type":")" + type + "\"" + (members.empty() ? "" : "," + members) + "}";
    return ask(who, http::Method::post, kEntities, body);
  }
  http::Response get(const Caller& who, const std::string& path, http::Pairs headers = {}, const std::string& id = "read") {
    return ask(who, http::Method::get, path, {}, std::move(headers), id);
  }
  std::vector<audit::Audit::Record> rows(const std::string& request) {
    EXPECT_TRUE(world_.house().audit().seal_now().ok());
    audit::Search search;
    search.action = "entity.read", search.limit = 500;
    auto found = world_.house().audit().search(search);
    std::vector<audit::Audit::Record> out;
    if (found.ok())
      for (auto& r : found->records)
        if (r.entry.request == request) out.push_back(std::move(r));
    return out;
  }
};
INSTANTIATE_TEST_SUITE_P(Store, SensingInTheHouse, ::testing::Values(store::Engine::sqlite, store::Engine::postgres), store::testing::engine_name);

TEST_P(SensingInTheHouse, EverybodySeesWhatIsOpenAndNobodyElseTheRest) {
  const http::Response all = get(visitor_, kLamps, {}, "open");
  EXPECT_EQ(all.status, 200);
  EXPECT_NE(all.body.find("\"brightness\":40"), std::string::npos) << all.body;
  EXPECT_EQ(all.body.find("nightingale"), std::string::npos);
  EXPECT_TRUE(rows("open").empty());
  EXPECT_EQ(get(visitor_, std::string(kLamps) + "&q=keeper==%22nightingale%22&count=true").body, "[]");
  EXPECT_EQ(get(visitor_, "/ngsi-ld/v1/entities/urn:x:sluice").status, 404);
  EXPECT_EQ(get(visitor_, "/ngsi-ld/v1/types").body.find("MatrixSluice"), std::string::npos);
  EXPECT_EQ(get(visitor_, "/ngsi-ld/v1/attributes").body.find("keeper"), std::string::npos);
  EXPECT_EQ(get(visitor_, "/ngsi-ld/v1/temporal/entities?type=MatrixLamp&timerel=before&timeAt=2100-01-01T00:00:00Z&timeproperty=createdAt").body.find("nightingale"), std::string::npos);
  EXPECT_EQ(get(visitor_, kLamps, {{"ngsild-tenant", "nowhere"}}).status, 404);
  EXPECT_EQ(get(visitor_, "/ngsi-ld/v1/subscriptions").status, 401);
}

TEST_P(SensingInTheHouse, WhoReadsWhatIsRestrictedIsWrittenDownWithThePurpose) {
  const http::Response one = get(reader_, kLamps, {{"x-purpose", "lamp-repair"}}, "lamps-1");
  EXPECT_NE(one.body.find("nightingale"), std::string::npos) << one.body;
  const auto found = rows("lamps-1");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].entry.object, "entity-type:matrix-lamp");
  EXPECT_EQ(found[0].entry.purpose, "lamp-repair");
  EXPECT_EQ(found[0].entry.actor.rfind("client:", 0), 0u);
  EXPECT_EQ(json::to_text(found[0].entry.facts), R"({"attributes":["keeper"],"entities":1})");
  // A condition tells of what it looks at, too; no purpose is kept that is no word.
  EXPECT_EQ(get(reader_, std::string(kLamps) + "&q=keeper==%22nobody%22", {{"x-purpose", "<b>"}}, "lamps-2").body, "[]");
  const auto asked = rows("lamps-2");
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].entry.purpose, "");
  // Somebody who may not read it, and reads the rest, leaves nothing.
  const Caller other = world_.client("other-reader", {"gates.read"}, {}, "");
  EXPECT_EQ(get(other, kLamps, {}, "lamps-3").body.find("nightingale"), std::string::npos);
  EXPECT_TRUE(rows("lamps-3").empty());
}

TEST_P(SensingInTheHouse, StaffReadByPermissionInTheirDepartment) {
  const Caller here = world_.staff("lamp-clerk", {"clerk"}, authorization::kHere), there = world_.staff("other-clerk", {"clerk"}, authorization::kThere);
  EXPECT_NE(get(here, kLamps, {}, "staff-1").body.find("nightingale"), std::string::npos);
  const auto found = rows("staff-1");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].entry.purpose, "maintain");
  EXPECT_EQ(get(there, kLamps).body.find("nightingale"), std::string::npos);
  EXPECT_EQ(get(world_.staff("lamp-admin", {"admin"}, authorization::kHere), kLamps).body.find("nightingale"), std::string::npos);
}

TEST_P(SensingInTheHouse, WhatDoesNotFitIsRefusedAndWhoMayWriteCanBeNarrowed) {
  const http::Response misfit = write(writer_, "urn:x:bad", "MatrixLamp", R"("title":{"type":"Property","value":"L2"},"brightness":{"type":"Property","value":400},"colour":{"type":"Property","value":1})");
  EXPECT_EQ(misfit.status, 400);
  EXPECT_NE(misfit.body.find("brightness: at most 100"), std::string::npos) << misfit.body;
  EXPECT_NE(misfit.body.find("no such attribute"), std::string::npos);
  EXPECT_EQ(write(writer_, "urn:x:bad2", "MatrixLamp", "").status, 400);   // title is required
  EXPECT_EQ(write(narrow_, "urn:x:s2", "MatrixSluice", R"("level":{"type":"Property","value":2})").status, 201);
  EXPECT_EQ(write(narrow_, "urn:x:l2", "MatrixLamp", R"("title":{"type":"Property","value":"L2"})").status, 403);
  EXPECT_EQ(write(reader_, "urn:x:l3", "MatrixLamp", R"("title":{"type":"Property","value":"L3"})").status, 403);
  EXPECT_EQ(write(visitor_, "urn:x:l4", "MatrixLamp", R"("title":{"type":"Property","value":"L4"})").status, 401);
  EXPECT_EQ(ask(narrow_, http::Method::del, "/ngsi-ld/v1/entities/urn:x:lamp").status, 403);
}

/// Without the port the page would be empty.
TEST_P(SensingInTheHouse, WhatALenientTypeTakesWaitsForTheStewardOfItsDepartment) {
  const std::string inbox = "/staff/devices/misfits";   // the sluice of SetUp is there with a text as its level
  const Caller here = world_.staff("sluice-clerk", {"clerk"}, authorization::kHere), there = world_.staff("sluice-other", {"clerk"}, authorization::kThere);
  const http::Response list = get(here, inbox);
  EXPECT_EQ(list.status, 200);
  EXPECT_NE(list.body.find("水門"), std::string::npos) << list.body;
  EXPECT_EQ(get(there, inbox).body.find("水門"), std::string::npos);
  const std::size_t at = list.body.find(inbox + "/");
  ASSERT_NE(at, std::string::npos);
  const std::string one = list.body.substr(at, list.body.find('"', at) - at);
  const http::Response page = get(here, one);
  EXPECT_EQ(page.status, 200);
  EXPECT_NE(page.body.find("urn:x:sluice"), std::string::npos);
  EXPECT_NE(page.body.find("level"), std::string::npos);
  EXPECT_EQ(page.body.find("high"), std::string::npos) << "a value stands on the page";
  EXPECT_EQ(get(there, one).status, 403);
}

TEST_P(SensingInTheHouse, SubscriptionsAreTheirMakersOwn) {
  const std::string body = R"({"type":"Subscription","id":"urn:x:sub","entities":[{"type":"MatrixLamp"}],"notification":{"endpoint":{"uri":"http://127.0.0.1:9/x"}}})";
  EXPECT_EQ(ask(writer_, http::Method::post, "/ngsi-ld/v1/subscriptions", body).status, 201);
  EXPECT_EQ(get(writer_, "/ngsi-ld/v1/subscriptions/urn:x:sub").status, 200);
  const Caller other = world_.client("other-writer", {"entities.write", "entities.read"}, {}, "");
  EXPECT_EQ(get(other, "/ngsi-ld/v1/subscriptions/urn:x:sub").status, 404);
  EXPECT_EQ(get(other, "/ngsi-ld/v1/subscriptions").body, "[]");
  EXPECT_EQ(ask(other, http::Method::del, "/ngsi-ld/v1/subscriptions/urn:x:sub").status, 404);
}

TEST_P(SensingInTheHouse, PublicEntitiesAreOpenDataInEveryLanguage) {
  for (const char* lang : {"ja", "ja-easy", "en", "zh-Hans", "ko", "vi"}) {
    for (const char* path : {"/open", "/open/matrix-lamps"}) {
      const http::Response page = get(visitor_, std::string(path) + "?lang=" + lang);
      EXPECT_EQ(page.status, 200) << path << lang;
      EXPECT_EQ(page.body.find("keeper"), std::string::npos);
      EXPECT_EQ(page.body.find("nightingale"), std::string::npos);
    }
  }
  EXPECT_NE(get(visitor_, "/open/matrix-lamps").body.find("urn:x:lamp"), std::string::npos);
  const http::Response csv = get(visitor_, "/open/matrix-lamps.csv");
  ASSERT_FALSE(csv.file.empty());
  std::ifstream in(csv.file);
  std::ostringstream text;
  text << in.rdbuf();
  EXPECT_NE(text.str().find("urn:x:lamp,L1,40,"), std::string::npos) << text.str();
  EXPECT_EQ(text.str().find("nightingale"), std::string::npos);
  EXPECT_EQ(get(visitor_, "/open/matrix-sluice").status, 404);
  EXPECT_EQ(get(visitor_, "/open/matrix-lamps.csv?for=dbase").status, 404);
  EXPECT_NE(get(visitor_, "/context/city.jsonld").body.find("MatrixLamp"), std::string::npos);
  const http::Response catalogue = get(visitor_, "/open/catalog.jsonld");
  EXPECT_NE(catalogue.body.find("/open/matrix-lamps"), std::string::npos);
  const auto tag = std::ranges::find(catalogue.headers, "ETag", [](const auto& h) { return h.first; });
  ASSERT_NE(tag, catalogue.headers.end());
  EXPECT_EQ(std::ranges::count(get(visitor_, "/open/catalog.jsonld").headers, *tag), 1) << "the same bytes have the same tag";
}

}  // namespace
}  // namespace machiya::app
