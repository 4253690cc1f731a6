// Snapshots over the interface (§5.16, §6.3.22, §6.36–§6.38), and operations on them (§5.5.15).
#include "sense/ngsild/distributed_bench.h"

namespace machiya::sense::ngsild {
namespace {

/// Sees the types in `seen`, of them not "hidden"; writes everything that it sees.
class TestGate final : public Gate {
 public:
  TestGate(std::string key, std::vector<std::string> seen) : key_(std::move(key)), seen_(std::move(seen)) {}
  const std::string& key() const override { return key_; }
  bool sees_tenants() const override { return true; }
  bool sees(std::span<const std::string_view> types) const override {
    return std::ranges::all_of(types, [this](std::string_view t) { return std::ranges::any_of(seen_, [&](const std::string& s) { return t.ends_with("/" + s); }); });
  }
  bool sees(std::span<const std::string_view> types, std::string_view attribute) const override { return sees(types) && !attribute.ends_with("/hidden"); }
  Result<void> may_write(std::span<const std::string_view> types) const override { return sees(types) ? Result<void>() : Error(ErrorCode::forbidden, "no"); }
  Result<void> check(const EntityPtr& before, const EntityPtr& after) const override { return may_write((after ? after : before)->types); }
  void read(std::span<const std::string_view>, std::string_view attribute) override { read_.emplace_back(attribute.substr(attribute.rfind('/') + 1)); }
  Result<void> written_down() override { return {}; }
  std::vector<std::string> read_;

 private:
  std::string key_;
  std::vector<std::string> seen_;
};

class SnapshotsHttp : public Bench {
 protected:
  static std::string snapshot(const std::string& id, const std::string& queries = R"({"type":"Query","entities":[{"type":"T"}]})", const std::string& more = "") {
    return R"({"id":"urn:s:)" + id + R"(","type":"Snapshot","snapshotQueries":[)" + queries + "]" + more + "}";
  }
  static Headers on(const std::string& id, Headers more = {}) {
    more.emplace_back("ngsild-snapshot", "urn:s:" + id);
    return more;
  }
  static std::string a(int value) { return R"("a":{"type":"Property","value":)" + std::to_string(value) + "}"; }
  tree::Value get(const std::string& id) { return tree::parse(expect(200, "GET /snapshots/urn:s:" + id).body, arena).value(); }
  /// "1=5 2=6": what `a` says of the entities of the type.
  std::string values(const Headers& headers = {}, const std::string& query = "type=T") {
    tree::Arena own;
    auto list = tree::parse(expect(200, "GET /entities?options=keyValues&" + query, "", headers).body, own);
    std::string out;
    for (const tree::Value& e : list->items()) out += (out.empty() ? "" : " ") + std::string(e["id"].text().substr(6)) + "=" + std::string(e["a"].text());
    return out;
  }
  tree::Arena arena;
};

TEST_F(SnapshotsHttp, ASnapshotKeepsWhatTheQueriesFind) {
  create("urn:x:1", a(1)), create("urn:x:2", a(2)), create("urn:x:3", a(3), "Other");
  EXPECT_EQ(expect(201, "POST /snapshots", snapshot("1")).header("Location"), "/ngsi-ld/v1/snapshots/urn:s:1");
  EXPECT_EQ(get("1")["snapshotStatus"].text(), "success");
  expect(204, "DELETE /entities/urn:x:1");
  expect(204, "PATCH /entities/urn:x:2/attrs", "{" + a(20) + "}");
  create("urn:x:4", a(4));
  EXPECT_EQ(values(), "4=4 2=20");   // who comes takes the place of who went
  EXPECT_EQ(values(on("1")), "1=1 2=2");
  EXPECT_EQ(expect(200, "GET /entities/urn:x:1", "", on("1")).header("NGSILD-Snapshot"), "urn:s:1");
  expect(404, "GET /entities/urn:x:3", "", on("1"));
  EXPECT_EQ(values(on("1"), "type=T&q=a%3E1"), "2=2");
  EXPECT_EQ(ids(expect(200, "POST /entityOperations/query", R"({"type":"Query","entities":[{"type":"T"}],"q":"a==1"})", on("1"))), "1");
  EXPECT_EQ(expect(200, "GET /entities?type=T&count=true&limit=1", "", on("1")).header("NGSILD-Results-Count"), "2");
  EXPECT_EQ(expect(200, "GET /entities?type=T&entityMap=true", "", on("1")).header("NGSILD-EntityMap"), "");
  EXPECT_EQ(expect(200, "GET /types", "", on("1")).body.find("Other"), std::string::npos);
  EXPECT_NE(expect(200, "GET /types").body.find("Other"), std::string::npos);
  EXPECT_NE(expect(200, "GET /attributes/a", "", on("1")).body.find("\"attributeCount\":2"), std::string::npos);
}

TEST_F(SnapshotsHttp, AttributesAndDatasetsOfQueriesAreWhatIsKept) {
  create("urn:x:1", a(1) + R"(,"b":[{"type":"Property","value":1},{"type":"Property","value":2,"datasetId":"urn:d:1"}],"c":3)");
  expect(201, "POST /snapshots", snapshot("1", R"({"type":"Query","entities":[{"type":"T"}],"attrs":["a"]})"));
  same(expect(200, "GET /entities/urn:x:1?options=keyValues", "", on("1")).body, R"({"id":"urn:x:1","type":"T","a":1})");
  expect(201, "POST /snapshots", snapshot("2", R"({"type":"Query","entities":[{"type":"T"}],"omit":["b","c"]},{"type":"Query","entities":[{"type":"T"}],"pick":["id","b"],"datasetId":["urn:d:1"]})"));
  same(expect(200, "GET /entities/urn:x:1", "", on("2")).body,
       R"({"id":"urn:x:1","type":"T","a":{"type":"Property","value":1},"b":{"type":"Property","value":2,"datasetId":"urn:d:1"}})");
  // What one query leaves out another one may have asked for.
  expect(201, "POST /snapshots", snapshot("3", R"({"type":"Query","entities":[{"type":"T"}],"attrs":["a"]},{"type":"Query","entities":[{"type":"T"}]})"));
  EXPECT_NE(expect(200, "GET /entities/urn:x:1", "", on("3")).body.find("\"c\""), std::string::npos);
}

TEST_F(SnapshotsHttp, WritesStayInTheSnapshot) {
  create("urn:x:1", a(1)), create("urn:x:2", a(2));
  std::size_t told = 0;
  entities->follow([&](EntityStore::Number, const Record&) { ++told; });
  expect(201, "POST /snapshots", snapshot("1"));
  EXPECT_EQ(expect(201, "POST /entities", entity("urn:x:3", a(3)), on("1")).header("NGSILD-Snapshot"), "urn:s:1");
  expect(204, "PATCH /entities/urn:x:1", "{" + a(10) + "}", on("1"));
  expect(204, "POST /entities/urn:x:1/attrs", R"({"b":1})", on("1"));
  expect(204, "DELETE /entities/urn:x:1/attrs/b", "", on("1"));
  expect(204, "DELETE /entities/urn:x:2", "", on("1"));
  expect(201, "POST /entityOperations/upsert", "[" + entity("urn:x:4", a(4)) + "," + entity("urn:x:4", a(5)) + "]", on("1"));
  EXPECT_EQ(values(on("1")), "1=10 4=5 3=3");   // in the order of creation, where what went left room
  EXPECT_EQ(values(), "1=1 2=2");
  EXPECT_EQ(told, 0u) << "nobody hears of it";
  EXPECT_EQ(entities->tenants(), std::vector<std::string>{""});
  expect(204, "DELETE /entities?type=T", "", on("1"));
  EXPECT_EQ(values(on("1")), "");
  EXPECT_EQ(values(), "1=1 2=2");
}

TEST_F(SnapshotsHttp, ItIsShownChangedAndDeleted) {
  create("urn:x:1", a(1));
  expect(201, "POST /snapshots", snapshot("1", R"({"type":"Query","entities":[{"type":"T"}],"q":"a>0"})", R"(,"snapshotPriority":7,"snapshotLifetime":"PT2H")"));
  clock.advance(kHour);
  expect(200, "GET /entities/urn:x:1", "", on("1"));
  same(expect(200, "GET /snapshots/urn:s:1").body,
       R"({"id":"urn:s:1","type":"Snapshot","snapshotQueries":[{"type":"Query","entities":[{"type":"T"}],"q":"a>0"}],"snapshotPriority":7,"snapshotLifetime":"PT2H","snapshotStatus":"success",
           "snapshotQueriesDetails":[{"resultStatus":"success"}],"createdAt":"2026-09-21T14:13:20.000Z","modifiedAt":"2026-09-21T14:13:20.000Z","expiresAt":"2026-09-21T16:13:20.000Z",
           "lastUsedAt":"2026-09-21T15:13:20.000Z"})");
  EXPECT_NE(expect(200, "GET /snapshots/urn:s:1", "", {{"accept", "application/ld+json"}}).body.find("@context"), std::string::npos);
  const std::string changed = expect(200, "PATCH /snapshots/urn:s:1", R"({"snapshotPriority":2,"snapshotLifetime":"PT5H"})").body;
  EXPECT_NE(changed.find(R"("snapshotPriority":2)"), std::string::npos);
  EXPECT_NE(changed.find(R"("expiresAt":"2026-09-21T20:13:20.000Z")"), std::string::npos);
  bad("PATCH /snapshots/urn:s:1", R"({"id":"urn:s:2"})");
  bad("PATCH /snapshots/urn:s:1", R"({"snapshotQueries":[{"type":"Query","entities":[{"type":"T"}]}]})");
  refused(404, "ResourceNotFound", "PATCH /snapshots/urn:s:2", R"({"snapshotPriority":2})");
  expect(204, "DELETE /snapshots/urn:s:1");
  for (const char* line : {"GET /snapshots/urn:s:1", "DELETE /snapshots/urn:s:1"}) refused(404, "ResourceNotFound", line);
  refused(404, "ResourceNotFound", "GET /entities?type=T", "", on("1"));
  for (const char* line : {"GET /snapshots/none", "DELETE /snapshots/none", "POST /snapshots/none/clone"}) bad(line);
  // Without an id one is made; when it expires it is there no more.
  const std::string made = expect(201, "POST /snapshots", R"({"type":"Snapshot","snapshotQueries":[{"type":"Query","entities":[{"type":"T"}]}]})").header("Location").substr(kBase.size());
  EXPECT_TRUE(made.starts_with("/snapshots/urn:ngsi-ld:Snapshot:"));
  expect(200, "GET " + made);
  clock.advance(kDay);
  refused(404, "ResourceNotFound", "GET " + made);
}

TEST_F(SnapshotsHttp, WrongOnesAreRefused) {
  bad("POST /snapshots", R"({"type":"Snapshot"})");
  bad("POST /snapshots", snapshot("1", ""));
  bad("POST /snapshots", snapshot("1", R"({"type":"Query"})"));                                         // too wide (§5.7.2.4)
  bad("POST /snapshots", snapshot("1", R"({"type":"Query","entities":[{"type":"T"}],"q":"a=="})"));
  bad("POST /snapshots", snapshot("1", R"({"type":"Query","entities":[{"type":"T"}],"geoQ":{"georel":"near"}})"));
  bad("POST /snapshots", snapshot("1", R"({"type":"Query","entities":[{"type":"T"}],"temporalQ":{}})"));
  bad("POST /snapshots", snapshot("1", R"({"type":"Query","entities":[{"type":"T"}]})", R"(,"snapshotPriority":0)"));
  refused(422, "OperationNotSupported", "POST /snapshots", R"({"type":"Snapshot","snapshotTemporalQueries":[{"type":"Query","entities":[{"type":"T"}],"temporalQ":{}}]})");
  refused(422, "OperationNotSupported", "POST /snapshots", snapshot("1", R"({"type":"Query","entities":[{"type":"T"}]})", R"(,"endpoint":"http://a.example/")"));
  refused(404, "ResourceNotFound", "GET /snapshots/urn:s:1");
  expect(201, "POST /snapshots", snapshot("1"));
  refused(409, "AlreadyExists", "POST /snapshots", snapshot("1"));
  refused(404, "NonexistentTenant", "POST /snapshots", snapshot("1"), {{"ngsild-tenant", "nobody"}});
}

TEST_F(SnapshotsHttp, TheHeaderNamesOneSnapshotWhereThatIsPossible) {
  create("urn:x:1", a(1));
  expect(201, "POST /snapshots", snapshot("1"));
  bad("GET /entities?type=T", "", {{"ngsild-snapshot", "no uri"}});
  bad("GET /entities?type=T", "", on("1", on("1")));
  refused(404, "ResourceNotFound", "GET /entities?type=T", "", on("2"));
  refused(404, "ResourceNotFound", "POST /entities", entity("urn:x:5"), on("2"));
  for (const char* line : {"GET /entityMaps?type=T", "GET /jsonldContexts", "GET /snapshots/urn:s:1", "GET /info/sourceIdentity"}) refused(422, "OperationNotSupported", line, "", on("1"));
  EXPECT_EQ(values(), "1=1") << "nothing was written to what is";
}

TEST_F(SnapshotsHttp, SnapshotsBelongToTheirTenant) {
  const Headers tenant = {{"ngsild-tenant", "t"}};
  expect(201, "POST /entities", entity("urn:x:1", a(5)), tenant);
  expect(201, "POST /snapshots", snapshot("1"), tenant);
  const Answer got = expect(200, "GET /entities/urn:x:1", "", on("1", tenant));
  EXPECT_EQ(got.header("NGSILD-Tenant") + got.header("NGSILD-Snapshot"), "turn:s:1");
  refused(404, "ResourceNotFound", "GET /entities/urn:x:1", "", on("1"));
  refused(404, "ResourceNotFound", "GET /snapshots/urn:s:1");
}

TEST_F(SnapshotsHttp, HowTheQueriesEndedIsSaid) {
  create("urn:x:1", a(1));
  expect(201, "POST /snapshots", snapshot("1", R"({"type":"Query","entities":[{"type":"None"}]})"));
  EXPECT_EQ(get("1")["snapshotStatus"].text(), "empty");
  expect(201, "POST /snapshots", snapshot("2", R"({"type":"Query","entities":[{"type":"None"}]},{"type":"Query","entities":[{"type":"T"}]})"));
  EXPECT_EQ(get("2")["snapshotStatus"].text(), "success");
  EXPECT_EQ(get("2")["snapshotQueriesDetails"].items()[0]["resultStatus"].text(), "empty");
  EXPECT_EQ(values(on("1")), "");
  expect(200, "GET /types", "", on("1"));
}

TEST_F(SnapshotsHttp, ACloneGoesItsOwnWay) {
  create("urn:x:1", a(1));
  expect(201, "POST /snapshots", snapshot("1"));
  EXPECT_EQ(expect(201, "POST /snapshots/urn:s:1/clone", R"({"id":"urn:s:2","type":"Snapshot","snapshotLifetime":"PT1H"})").header("Location"), "/ngsi-ld/v1/snapshots/urn:s:2");
  expect(204, "PATCH /entities/urn:x:1/attrs", "{" + a(7) + "}", on("2"));
  EXPECT_EQ(values(on("1")) + " " + values(on("2")), "1=1 1=7");
  EXPECT_EQ(get("2")["snapshotLifetime"].text(), "PT1H");
  expect(201, "POST /snapshots/urn:s:1/clone");
  refused(409, "AlreadyExists", "POST /snapshots/urn:s:1/clone", R"({"id":"urn:s:2"})");
  refused(404, "ResourceNotFound", "POST /snapshots/urn:s:9/clone");
  bad("POST /snapshots/urn:s:1/clone", R"({"snapshotQueries":[{"type":"Query","entities":[{"type":"T"}]}]})");
}

TEST_F(SnapshotsHttp, APurgeTakesThoseThatFit) {
  create("urn:x:1", a(1));
  for (const char* id : {"1", "2", "3", "4"}) expect(201, "POST /snapshots", snapshot(id, R"({"type":"Query","entities":[{"type":"T"}]})", R"(,"snapshotPriority":)" + std::string(id)));
  bad("DELETE /snapshots");
  bad("DELETE /snapshots?q=a%3E1");
  bad("DELETE /snapshots?q=%3E");
  expect(204, "DELETE /snapshots?q=snapshotPriority%3C2");
  refused(404, "ResourceNotFound", "GET /snapshots/urn:s:1");
  expect(204, "DELETE /snapshots/?q=id%3D%3D%22urn:s:2%22");
  refused(404, "ResourceNotFound", "GET /snapshots/urn:s:2");
  refused(404, "ResourceNotFound", "DELETE /snapshots?q=snapshotStatus%3D%3D%22failure%22");
  expect(204, "DELETE /snapshots?q=createdAt%3C2100-01-01T00:00:00Z;snapshotPriority%3E3");
  expect(200, "GET /snapshots/urn:s:3");
  refused(404, "ResourceNotFound", "GET /snapshots/urn:s:4");
}

TEST_F(SnapshotsHttp, NobodySeesMoreOfASnapshotThanTheyMayReadNow) {
  create("urn:x:1", a(1) + R"(,"hidden":5)"), create("urn:x:2", a(2), "Secret");
  std::shared_ptr<TestGate> gate;
  broker->gate_of = [&](const http::Request&) -> Result<GatePtr> { return GatePtr(gate); };
  const std::string both = R"({"type":"Query","entities":[{"type":"T"},{"type":"Secret"}]})";
  // Who sees little keeps little, even when they may see more later.
  gate = std::make_shared<TestGate>("ann", std::vector<std::string>{"T"});
  expect(201, "POST /snapshots", snapshot("1", both));
  EXPECT_EQ(values(on("1"), "type=T,Secret"), "1=1");
  gate = nullptr;
  refused(404, "ResourceNotFound", "GET /entities?type=T", "", on("1"));   // somebody else
  gate = std::make_shared<TestGate>("ann", std::vector<std::string>{"T", "Secret"});
  EXPECT_EQ(values(on("1"), "type=T,Secret"), "1=1");
  // And who saw more sees no more of it than they may now.
  expect(201, "POST /snapshots", snapshot("2", both));
  EXPECT_EQ(values(on("2"), "type=T,Secret"), "1=1 2=2");
  EXPECT_EQ(std::ranges::count(gate->read_, "a"), 3) << "what was shown was read";
  gate = std::make_shared<TestGate>("ann", std::vector<std::string>{"T"});
  EXPECT_EQ(values(on("2"), "type=T,Secret"), "1=1");
  EXPECT_EQ(expect(200, "GET /types", "", on("2")).body.find("Secret"), std::string::npos);
  refused(403, "AccessDenied", "DELETE /entities/urn:x:2", "", on("2"));
  // What is everybody's is no less the maker's.
  gate = std::make_shared<TestGate>("bob", std::vector<std::string>{"T", "Secret"});
  for (const char* line : {"GET /snapshots/urn:s:2", "DELETE /snapshots/urn:s:2", "POST /snapshots/urn:s:2/clone", "DELETE /snapshots?q=snapshotPriority==5"}) refused(404, "ResourceNotFound", line);
  refused(404, "ResourceNotFound", "GET /entities?type=T", "", on("2"));
  expect(201, "POST /snapshots", snapshot("2", both));
}

TEST_F(SnapshotsHttp, TooManyAreRefused) {
  for (std::size_t i = 0; i < snapshots->limits().most_of_owner; ++i) expect(201, "POST /snapshots", snapshot(std::to_string(i)));
  refused(403, "TooManyResults", "POST /snapshots", snapshot("more"));
  refused(403, "TooManyResults", "POST /snapshots/urn:s:1/clone");
  expect(201, "POST /snapshots", snapshot("more", R"({"type":"Query","entities":[{"type":"T"}]})", R"(,"snapshotPriority":6)"));
}

class DistributedSnapshots : public DistributedBench {};

TEST_F(DistributedSnapshots, SourcesHelpToFillOneAndAreNotAskedAfterwards) {
  source_is("inclusive", kVehicles);
  create("urn:ngsi-ld:Vehicle:2", R"("speed":{"type":"Property","value":9})", "Vehicle");
  source().on("POST /entityOperations/query", 200, "[" + vehicle(R"("speed":{"type":"Property","value":55})") + "]");
  source().on("GET /entities?", 200, "[" + vehicle(R"("speed":{"type":"Property","value":55})") + "]");
  const std::string body = R"({"id":"urn:s:1","type":"Snapshot","snapshotQueries":[{"type":"Query","entities":[{"type":"Vehicle"}],"q":"speed>5"}]})";
  EXPECT_EQ(expect(201, "POST /snapshots", body).header("NGSILD-Warning"), "");
  EXPECT_NE(source().lines(), "");
  source().forget();
  const Headers on = {{"ngsild-snapshot", "urn:s:1"}};
  EXPECT_EQ(ids(expect(200, "GET /entities?type=Vehicle", "", on)), "2 1");   // as they were found: here first
  expect(204, std::string("PATCH ") + kOne, R"({"speed":{"type":"Property","value":60}})", on);
  EXPECT_NE(expect(200, std::string("GET ") + kOne, "", on).body.find("60"), std::string::npos);
  EXPECT_EQ(source().lines(), "") << "a snapshot is local (§5.5.15)";
  // local=true asks nobody; a source that fails is warned of, and what is here is kept.
  expect(201, "POST /snapshots?local=true", R"({"id":"urn:s:2","type":"Snapshot","snapshotQueries":[{"type":"Query","entities":[{"type":"Vehicle"}]}]})");
  EXPECT_EQ(source().lines(), "");
  EXPECT_EQ(ids(expect(200, "GET /entities?type=Vehicle", "", {{"ngsild-snapshot", "urn:s:2"}})), "2");
  source().breaks("GET "), source().breaks("POST ");
  EXPECT_NE(expect(201, "POST /snapshots", R"({"id":"urn:s:3","type":"Snapshot","snapshotQueries":[{"type":"Query","entities":[{"type":"Vehicle"}]}]})").header("NGSILD-Warning"), "");
  EXPECT_EQ(ids(expect(200, "GET /entities?type=Vehicle", "", {{"ngsild-snapshot", "urn:s:3"}})), "2");
}

}  // namespace
}  // namespace machiya::sense::ngsild
