// /entityOperations (§5.6.7–§5.6.10, §5.6.20): elements one after the other, each for itself.
#include "sense/ngsild/bench.h"

namespace machiya::sense::ngsild {
namespace {

class BatchTest : public Bench {
 protected:
  static std::string list(std::initializer_list<std::string> items) {
    std::string out = "[";
    for (const std::string& i : items) out += (out.size() > 1 ? "," : "") + i;
    return out + "]";
  }
  std::string value(const std::string& id, const std::string& name) {
    tree::Arena arena;
    const std::string body = ask("GET /entities/" + id + "?options=keyValues").body;
    auto parsed = tree::parse(body, arena);
    return parsed.ok() ? tree::to_text((*parsed)[name]) : body;
  }
};

TEST_F(BatchTest, Creates) {
  { NGSI("003_04_01", "6.3.5"); EXPECT_EQ(expect(201, "POST /entityOperations/create", list({entity("urn:x:1", R"("name":"a")", "Building")}), link()).body, R"(["urn:x:1"])"); EXPECT_NE(ask("GET /entities/urn:x:1", {}, link()).body.find("\"name\""), std::string::npos); }
  { NGSI("003_04_02", "6.3.5"); EXPECT_NE(ask("GET /entities/urn:x:1").body.find("https://ngsi-ld-test-suite/context#name"), std::string::npos); }
  { NGSI("003_05_01", "6.3.5"); expect(201, "POST /entityOperations/create", list({entity("urn:x:2", R"("name":"a")")})); EXPECT_EQ(value("urn:x:2", "name"), "\"a\""); }
  { NGSI("003_05_02", "6.3.5"); EXPECT_EQ(ask("GET /entities/urn:x:2", {}, link()).body.find("\"name\""), std::string::npos); }
  const std::string with_context = R"({"id":"urn:x:3","type":"Building","name":"a","@context":")" + std::string(kSuiteContext) + "\"}";
  { NGSI("003_07_01", "6.3.5"); expect(201, "POST /entityOperations/create", list({with_context})); EXPECT_NE(ask("GET /entities/urn:x:3", {}, link()).body.find("\"name\""), std::string::npos); }
  { NGSI("003_07_02", "6.3.5"); EXPECT_NE(ask("GET /entities/urn:x:3").body.find("https://ngsi-ld-test-suite/context#name"), std::string::npos); }
  { NGSI("003_08_01", "6.3.5"); EXPECT_NE(expect(207, "POST /entityOperations/create", list({entity("urn:x:4")}), {{"content-type", "application/ld+json"}}).body.find("BadRequestData"), std::string::npos); }
  { NGSI("003_02_01", "5.6.7"); const std::string body = expect(207, "POST /entityOperations/create", list({entity("urn:x:5"), entity("noUri"), entity("urn:x:6")})).body; EXPECT_NE(body.find(R"("success":["urn:x:5","urn:x:6"])"), std::string::npos) << body; EXPECT_NE(body.find(R"("entityId":"noUri")"), std::string::npos); }
  { NGSI("003_03_01", "5.6.7"); refused(400, "InvalidRequest", "POST /entityOperations/create", "[{,}]"); }
  { NGSI("003_03_02", "5.6.7"); bad("POST /entityOperations/create", "[]"); }
  { NGSI("003_10_01", "5.6.7 5.5.11"); const std::string body = expect(207, "POST /entityOperations/create", list({entity("urn:x:7"), entity("urn:x:7"), entity("urn:x:8")})).body; EXPECT_NE(body.find("AlreadyExists"), std::string::npos); EXPECT_NE(body.find(R"("success":["urn:x:7","urn:x:8"])"), std::string::npos) << body; }
}

TEST_F(BatchTest, Upserts) {
  const auto upsert = [&](int status, const std::string& members, const std::string& options = {}) { return expect(status, "POST /entityOperations/upsert" + options, list({entity("urn:x:1", members), entity("urn:x:2", members)})).body; };
  { NGSI("004_01_01", "5.6.8"); EXPECT_EQ(upsert(201, R"("a":1)"), R"(["urn:x:1","urn:x:2"])"); }
  forget();
  { NGSI("004_01_02", "5.6.8"); upsert(201, R"("r":{"object":"urn:a:1"})"); }
  forget();
  { NGSI("004_01_03", "5.6.8"); upsert(201, R"("a":{"value":1,"r":{"object":"urn:a:1"}})"); }
  { NGSI("004_02_01", "5.6.8"); upsert(204, R"("b":1)"); EXPECT_EQ(value("urn:x:1", "a"), "null"); }
  { NGSI("004_02_02", "5.6.8"); upsert(204, R"("r":{"object":"urn:a:1"})"); EXPECT_EQ(value("urn:x:1", "b"), "null"); }
  { NGSI("004_02_03", "5.6.8"); upsert(204, R"("a":{"value":1,"r":{"object":"urn:a:1"}})"); }
  { NGSI("004_03_01", "5.6.8"); upsert(204, R"("c":1)", "?options=update"); EXPECT_EQ(value("urn:x:1", "a"), "1"); }
  { NGSI("004_03_02", "5.6.8"); upsert(204, R"("r":{"object":"urn:a:2"})", "?options=update"); EXPECT_EQ(value("urn:x:1", "r"), "\"urn:a:2\""); }
  { NGSI("004_03_03", "5.6.8"); upsert(204, R"("a":{"value":2,"r":{"object":"urn:a:1"}})", "?options=update"); EXPECT_EQ(value("urn:x:1", "a"), "2"); }
  { NGSI("004_03_04", "4.18 5.6.8"); upsert(204, R"("scope":"/a")", "?options=update"); EXPECT_EQ(value("urn:x:1", "scope"), "\"/a\""); }
  { NGSI("004_03_05", "4.16 5.6.8"); expect(204, "POST /entityOperations/upsert?options=update", R"([{"id":"urn:x:1","type":["T","U"]}])"); EXPECT_EQ(value("urn:x:1", "type"), R"(["T","U"])"); }
  forget();
  { NGSI("004_07_01", "5.6.8 5.5.11"); EXPECT_EQ(expect(201, "POST /entityOperations/upsert", list({entity("urn:x:1", R"("a":1)"), entity("urn:x:1", R"("a":2)"), entity("urn:x:2")})).body, R"(["urn:x:1","urn:x:2"])"); }
  { NGSI("466_01_01", "4.6.6 5.5.11.2"); EXPECT_EQ(value("urn:x:1", "a"), "2"); }
}

TEST_F(BatchTest, Updates) {
  create("urn:x:1", R"("a":1)"), create("urn:x:2", R"("a":1)");
  const auto update = [&](const std::string& members, const std::string& options = {}) { expect(204, "POST /entityOperations/update" + options, list({entity("urn:x:1", members), entity("urn:x:2", members)})); };
  { NGSI("005_01_01", "5.6.9"); update(R"("a":2)"); EXPECT_EQ(value("urn:x:2", "a"), "2"); }
  { NGSI("005_01_02", "5.6.9"); update(R"("r":{"object":"urn:a:1"})"); EXPECT_EQ(value("urn:x:2", "r"), "\"urn:a:1\""); }
  { NGSI("005_01_03", "5.6.9"); update(R"("q":{"value":1,"r":{"object":"urn:a:1"}})"); EXPECT_EQ(value("urn:x:2", "q"), "1"); }
  const auto beside = [&](int status, const std::string& members) { expect(status, "POST /entityOperations/update?options=noOverwrite", list({entity("urn:x:1", members)})); };
  { NGSI("005_02_01", "5.6.9"); beside(207, R"("a":3)"); EXPECT_EQ(value("urn:x:1", "a"), "2"); }
  { NGSI("005_02_02", "5.6.9"); beside(204, R"("n":3)"); EXPECT_EQ(value("urn:x:1", "n"), "3"); }
  { NGSI("005_02_03", "5.6.9"); EXPECT_LT(ask("POST /entityOperations/update?options=noOverwrite", list({entity("urn:x:1", R"("a":3,"m":3)")})).status, 300); EXPECT_EQ(value("urn:x:1", "m") + value("urn:x:1", "a"), "32"); }
  { NGSI("005_03_01", "5.6.9"); const std::string body = expect(207, "POST /entityOperations/update", list({entity("urn:x:1", R"("a":9)"), entity("urn:x:none", R"("a":9)")})).body; EXPECT_NE(body.find(R"("success":["urn:x:1"])"), std::string::npos); EXPECT_NE(body.find("ResourceNotFound"), std::string::npos); }
  { NGSI("005_05_01", "5.6.9 4.16"); expect(204, "POST /entityOperations/update", R"([{"id":"urn:x:1","type":"U"}])"); EXPECT_EQ(value("urn:x:1", "type"), R"(["T","U"])"); }
}

TEST_F(BatchTest, MergesAndDeletes) {
  create("urn:x:1", R"("a":1,"b":1)"), create("urn:x:2");
  { NGSI("057_02_01", "5.6.20"); EXPECT_NE(expect(207, "POST /entityOperations/merge", list({entity("urn:x:1", R"("a":2)"), entity("urn:x:none", R"("a":2)")})).body.find(R"("success":["urn:x:1"])"), std::string::npos); }
  { NGSI("5620_01_01", "5.6.20"); bad("POST /entityOperations/merge", list({entity("urn:x:1"), "null"})); }
  { NGSI("5620_01_02", "5.6.20"); bad("POST /entityOperations/merge", "[]"); }
  { NGSI("5620_01_03", "5.6.20"); expect(204, "POST /entityOperations/merge", list({entity("urn:x:1", R"("a":"urn:ngsi-ld:null")")})); EXPECT_EQ(value("urn:x:1", "a"), "null"); EXPECT_EQ(value("urn:x:1", "b"), "1"); }
  { NGSI("006_02_01", "5.6.10"); EXPECT_NE(expect(207, "POST /entityOperations/delete", R"(["urn:x:1","urn:x:none"])").body.find(R"("success":["urn:x:1"])"), std::string::npos); }
  { NGSI("006_01_01", "5.6.10"); expect(204, "POST /entityOperations/delete", R"(["urn:x:2"])"); expect(404, "GET /entities/urn:x:2"); }
  { NGSI("006_03_01", "5.6.10"); refused(400, "InvalidRequest", "POST /entityOperations/delete", "[\"urn:x:1\",,]"); }
  { NGSI("006_03_02", "5.6.10"); bad("POST /entityOperations/delete", "[]"); }
}

}  // namespace
}  // namespace machiya::sense::ngsild
