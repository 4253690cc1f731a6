// What is meant to exhaust us is refused with a short problem that says why, wherever a body comes in, and the broker goes on: contexts that are huge, cyclic,
// deep or that multiply; JSON that is deep; geometries that are huge. To see these tests fail: raise jsonld::Limits, tree::ParseLimits or GeometryLimits.
#include "sense/ngsild/bench.h"

namespace machiya::sense::ngsild {
namespace {

class HostileTest : public Bench {
 protected:
  static constexpr const char* kFile = "https://files.example/c.jsonld";

  static std::string nested(const std::string& before, const std::string& within, const std::string& after, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += before;
    out += within;
    for (int i = 0; i < times; ++i) out += after;
    return out;
  }
  static std::string with(const std::string& context) { return R"({"@context":)" + context + R"(,"id":"urn:x:1","type":"T","a":1})"; }
  void file(const std::string& text) { std::ofstream(home.path() + "/c.jsonld", std::ios::trunc) << text; }

  /// A problem of the standard's form that names what is wrong in a few words.
  void turned_down(const Answer& out, int status, std::string_view type) {
    EXPECT_EQ(out.status, status) << out.body.substr(0, 300);
    EXPECT_LT(out.body.size(), 1000u) << "a problem does not give back what it refuses";
    tree::Arena arena;
    const auto problem = tree::parse(out.body, arena);
    ASSERT_TRUE(problem.ok() && problem->is_object()) << out.body.substr(0, 300);
    EXPECT_EQ((*problem)["type"].text(), "https://uri.etsi.org/ngsi-ld/errors/" + std::string(type)) << out.body;
    EXPECT_GT((*problem)["detail"].text().size(), 10u) << out.body;
    EXPECT_EQ((*problem)["status"].number(), status);
  }
  /// Refused as an entity that is created, in a batch that goes on without it or not at all, and as an update; nothing of it is kept.
  void body_refused(const std::string& text, int status, std::string_view type, const Headers& headers = {}) {
    SCOPED_TRACE(text.substr(0, 80));
    turned_down(ask("POST /entities", text, headers), status, type);
    const Answer batch = ask("POST /entityOperations/upsert", "[" + text + "]", headers);
    EXPECT_TRUE(batch.status >= 400 || (batch.status == 207 && batch.body.find("\"success\":[]") != std::string::npos)) << batch.status << batch.body.substr(0, 300);
    std::string update = text;
    if (const std::size_t at = update.find("urn:x:1"); at != std::string::npos) update.replace(at, 7, "urn:x:there");
    turned_down(ask("PATCH /entities/urn:x:there", update, headers), status, type);
    expect(404, "GET /entities/urn:x:1");
    EXPECT_EQ(expect(200, "GET /entities/urn:x:there?options=keyValues").body, entity("urn:x:there", R"("a":1)"));
  }
  void context_refused(const std::string& context, int status = 400, std::string_view type = "BadRequestData") { body_refused(with(context), status, type); }
  void SetUp() override { create("urn:x:there", R"("a":1)"); }
};

TEST_F(HostileTest, ContextsThatAreHuge) {
  std::string terms;
  for (int i = 0; i < 30'000; ++i) terms += (i > 0 ? ",\"t" : "\"t") + std::to_string(i) + R"(":"https://t.example/)" + std::to_string(i) + "\"";
  context_refused("{" + terms + "}", 403, "TooComplexQuery");
  file(R"({"@context":{)" + terms + "}}");
  context_refused("\"" + std::string(kFile) + "\"", 403, "TooComplexQuery");
  context_refused("[{}" + nested(",{\"a\":\"x:a\"}", "", "", 3000) + "," + "{" + terms + "}]", 403, "TooComplexQuery");
}

TEST_F(HostileTest, ContextsThatNameThemselves) {
  context_refused(R"({"a":"b:x","b":"a:y"})");
  context_refused(R"({"a":{"@id":"a:b"}})");
  file(R"({"@context":["https://files.example/c.jsonld",{"a":"https://a.example/a"}]})");
  context_refused("\"" + std::string(kFile) + "\"", 403, "TooComplexQuery");
  file(R"({"@context":{"@import":"https://files.example/c.jsonld"}})");
  context_refused("\"" + std::string(kFile) + "\"", 403, "TooComplexQuery");
  file(R"({"@context":{"T":{"@id":"https://a.example/T","@context":"https://files.example/c.jsonld"}}})");
  (void)ask("POST /entities", with("\"" + std::string(kFile) + "\""));   // a scoped context may name its own document (JSON-LD API §4.1.2, 5.2.2); it must end
  expect(200, "GET /entities/urn:x:there");
}

TEST_F(HostileTest, ContextsThatAreDeep) {
  context_refused(nested("[", "{}", "]", 2000));   // deeper than JSON may be here
  context_refused(nested("[", "{}", "]", 50));
  context_refused(nested(R"({"t":{"@id":"https://t.example/t","@context":)", "{}", "}}", 200));
}

// A tree of some ten thousand contexts within contexts: taken or refused, but never worked on without end.
TEST_F(HostileTest, ContextsThatMultiply) {
  std::string inner = R"({"z":"https://t.example/z"})";
  for (int i = 0; i < 22; ++i) inner = R"({"t)" + std::to_string(i) + R"(":{"@id":"https://t.example/)" + std::to_string(i) + R"(","@context":[)" + (i < 20 ? inner : "{}") + "," + (i < 14 ? inner : "{}") + "]}}";
  const Answer out = ask("POST /entities", with(inner));
  EXPECT_TRUE(out.status == 201 || (out.status >= 400 && out.status < 500 && out.body.size() < 1000)) << out.status;
}

TEST_F(HostileTest, JsonThatIsDeep) {
  body_refused(entity("urn:x:1", R"("v":{"type":"Property","value":)" + nested("[", "1", "]", 100'000) + "}"), 400, "BadRequestData");
  body_refused(entity("urn:x:1", R"("v":)" + nested(R"({"type":"Property","value":1,"s":)", "1", "}", 100'000)), 400, "BadRequestData");
  turned_down(ask("POST /entityOperations/query", R"({"type":"Query","entities":)" + nested("[", "", "]", 100'000) + "}"), 400, "BadRequestData");
  turned_down(ask("POST /jsonldContexts", R"({"@context":)" + nested("[", "{}", "]", 100'000) + "}", {{"content-type", "application/json"}}), 400, "BadRequestData");
}

TEST_F(HostileTest, GeometriesThatAreHuge) {
  const auto line = [](int positions) {
    std::string out = "[";
    for (int i = 0; i < positions; ++i) out += (i > 0 ? ",[" : "[") + std::to_string(i % 180) + "," + std::to_string(i % 90) + "]";
    return out + "]";
  };
  const auto placed = [](const std::string& geometry) { return entity("urn:x:1", R"("location":{"type":"GeoProperty","value":)" + geometry + "}"); };
  body_refused(placed(R"({"type":"LineString","coordinates":)" + line(20'001) + "}"), 400, "BadRequestData");
  body_refused(placed(R"({"type":"MultiLineString","coordinates":[)" + line(10'001) + "," + line(10'001) + "]}"), 400, "BadRequestData");
  body_refused(placed(nested(R"({"type":"GeometryCollection","geometries":[)", "", "]}", 20)), 400, "BadRequestData");
  turned_down(ask("GET /entities?type=T&georel=intersects&geometry=LineString&coordinates=" + http::url_encode(line(20'001))), 403, "TooComplexQuery");
  turned_down(ask("POST /entityOperations/query", R"({"type":"Query","entities":[{"type":"T"}],"geoQ":{"georel":"within","geometry":"LineString","coordinates":)" + line(20'001) + "}}"), 403, "TooComplexQuery");
}

TEST_F(HostileTest, QueriesThatAreDeep) {
  turned_down(ask("GET /entities?type=T&q=" + http::url_encode(nested("(", "a", ")", 10'000))), 403, "TooComplexQuery");
  turned_down(ask("GET /entities?type=T&scopeQ=" + http::url_encode(nested("(", "/a", ")", 10'000))), 403, "TooComplexQuery");
  turned_down(ask("GET /entities?type=" + http::url_encode(nested("(", "T", ")", 10'000))), 403, "TooComplexQuery");
  turned_down(ask("GET /entities?type=T&idPattern=" + http::url_encode(nested("(", "a*", ")*", 5'000))), 403, "TooComplexQuery");
}

}  // namespace
}  // namespace machiya::sense::ngsild
