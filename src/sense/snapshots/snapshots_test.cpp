#include "sense/snapshots/snapshots.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "base/log.h"
#include "platform/store/testing.h"
#include "sense/entities/read.h"
#include "sense/entities/write.h"

namespace machiya::sense {
namespace {

class SnapshotsTest : public store::testing::StoreTest {
 protected:
  FakeClock clock{Instant{1'790'000'000 * kSecond}};
  SeededRng rng{5};
  Contexts contexts{nullptr};
  Names names;
  SnapshotLimits limits{.most = 6, .most_of_owner = 3, .most_entities = 4, .most_entities_of_all = 9};
  std::unique_ptr<Snapshots> snapshots;
  std::deque<tree::Arena> arenas;

  void SetUp() override {
    set_log_level(LogLevel::error);
    migrate(Snapshots::migrations());
    start();
  }
  /// As a start after a kill -9: nothing but what the database has.
  void start() { snapshots.reset(), snapshots = Snapshots::open(store(), names, clock, rng, limits).value(); }
  tree::Value json(std::string_view text) { return tree::parse(text, arenas.emplace_back()).value(); }
  Result<SnapshotWish> read(std::string_view text, SnapshotBody what = SnapshotBody::create) { return read_snapshot(json(text), what, *contexts.core()); }
  SnapshotWish wish(const std::string& id, const std::string& more = "") {
    return read(R"({"id":"urn:s:)" + id + R"(","type":"Snapshot","snapshotQueries":[{"type":"Query","entities":[{"type":"T"}]}])" + more + "}").value();
  }
  EntityStore::Make setting(const std::string& text) {
    return [this, text](const EntityPtr& current, const ChangeContext& context) -> Result<Change> {
      const tree::Value body = json(text);
      auto draft = read_entity(body, BodyOf::append, *contexts.core(), arenas.emplace_back());
      if (!draft.ok()) return draft.error();
      return current ? append_attributes(current, *draft, false, context) : create_entity(*draft, context);
    };
  }
  static std::string body(const std::string& id, int value) { return R"({"id":"urn:e:)" + id + R"(","type":"T","a":{"type":"Property","value":)" + std::to_string(value) + "}}"; }
  EntityPtr entity(const std::string& id, int value) {
    const ChangeContext context{names, clock.now().us, [] { return std::string("urn:i:1"); }};
    return setting(body(id, value))(nullptr, context).value().after;
  }
  Result<Snapshot> make(const std::string& owner, const std::string& id, const std::vector<EntityPtr>& entities, const std::string& more = "") {
    return snapshots->create(owner, wish(id, more), {{entities.empty() ? QueryOutcome::empty : QueryOutcome::success, ""}}, entities);
  }
  /// "1=5 2=7": entities and what `a` says, by id; "-" when there is no such snapshot.
  std::string holds(const std::string& owner, const std::string& id) {
    const SnapshotEntitiesPtr entities = snapshots->use(owner, "urn:s:" + id);
    if (!entities) return "-";
    EntityQuery all;
    Find find;
    find.query = &all, find.limit = SIZE_MAX;
    std::vector<std::string> each;
    for (const EntityPtr& e : entities->find(find).entities)
      each.push_back(std::string(e->id.substr(6)) + "=" + std::string(e->attributes[0].instances[0].value.text()));
    std::ranges::sort(each);
    std::string out;
    for (const std::string& e : each) out += (out.empty() ? "" : " ") + e;
    return out;
  }
  std::string shown(const Snapshot& s) { return write_snapshot(s, *contexts.core()); }
};

MACHIYA_ON_BOTH_ENGINES(SnapshotsTest);

TEST_P(SnapshotsTest, ASnapshotAndWhatIsWrittenToItAreThereAfterAStart) {
  const Snapshot s = make("t", "1", {entity("1", 5), entity("2", 7)}).value();
  EXPECT_EQ(holds("t", "1"), "1=5 2=7");
  EXPECT_EQ(holds("", "1"), "-") << "another owner's";
  const SnapshotEntitiesPtr entities = snapshots->use("t", "urn:s:1");
  const std::vector<EntityStore::Item> items = {{"urn:e:1", setting(body("1", 6))}, {"urn:e:3", setting(body("3", 9))},
                                                {"urn:e:1", setting(body("1", 8))},   // built upon the one before it in the same batch
                                                {"urn:e:2", [](const EntityPtr& current, const ChangeContext&) -> Result<Change> { return delete_entity(current); }},
                                                {"urn:e:4", [](const EntityPtr&, const ChangeContext&) -> Result<Change> { return Error(ErrorCode::not_found, "no"); }}};
  const auto made = entities->write_all(items);
  EXPECT_TRUE(made[0].ok() && made[1].ok() && made[2].ok() && made[3].ok());
  EXPECT_EQ(made[4].error().code, ErrorCode::not_found);
  EXPECT_EQ(holds("t", "1"), "1=8 3=9");
  start();
  EXPECT_EQ(holds("t", "1"), "1=8 3=9");
  EXPECT_EQ(shown(*snapshots->find("t", "urn:s:1")), shown(s));
  EXPECT_EQ(snapshots->use("t", "urn:s:1")->types(nullptr).size(), 1u);
}

TEST_P(SnapshotsTest, WhatIsDeletedOrHasExpiredIsGoneForGood) {
  ASSERT_TRUE(make("t", "1", {entity("1", 5)}, R"(,"snapshotLifetime":"PT1H")").ok());
  ASSERT_TRUE(make("t", "2", {entity("1", 6)}).ok());
  EXPECT_EQ(make("t", "2", {}).error().code, ErrorCode::conflict);
  EXPECT_EQ(snapshots->check_free("t", "urn:s:2").error().code, ErrorCode::conflict);
  const SnapshotEntitiesPtr held = snapshots->use("t", "urn:s:2");
  ASSERT_TRUE(snapshots->remove("t", "urn:s:2").ok());
  EXPECT_EQ(snapshots->remove("t", "urn:s:2").error().code, ErrorCode::not_found);
  EXPECT_TRUE(held->get("urn:e:1")) << "whoever reads it goes on";
  EXPECT_EQ(held->write("urn:e:1", setting(body("1", 1))).error().code, ErrorCode::not_found);
  clock.advance(kHour);
  EXPECT_EQ(holds("t", "1"), "-");
  EXPECT_TRUE(snapshots->list("t").empty());
  ASSERT_TRUE(make("t", "1", {entity("1", 9)}).ok()) << "an expired one gives way to one of its id";
  EXPECT_EQ(holds("t", "1"), "1=9");
  clock.advance(kDay);
  EXPECT_EQ(snapshots->sweep().value(), 1u);
  start();
  EXPECT_EQ(holds("t", "1"), "-");
  const auto left = store().read([](store::ReadTx& tx) { return tx.query("SELECT id FROM sense_snapshot_entity"); });
  EXPECT_TRUE(left->empty());
}

TEST_P(SnapshotsTest, TheyAreLimitedInNumberAndSize) {
  EXPECT_EQ(make("t", "big", {entity("1", 1), entity("2", 2), entity("3", 3), entity("4", 4), entity("5", 5)}).error().code, ErrorCode::limit_exceeded);
  for (const char* id : {"1", "2", "3"}) ASSERT_TRUE(make("t", id, {entity("1", 1), entity("2", 2)}, id[0] == '2' ? R"(,"snapshotPriority":3)" : "").ok());
  // The owner's one of a lower priority gives way, none of the same or a higher one, none of somebody else's.
  EXPECT_EQ(make("t", "4", {}, R"(,"snapshotPriority":3)").error().code, ErrorCode::limit_exceeded);
  ASSERT_TRUE(make("t", "4", {}).ok());
  EXPECT_EQ(holds("t", "2"), "-");
  EXPECT_EQ(make("t", "5", {}).error().code, ErrorCode::limit_exceeded);
  ASSERT_TRUE(make("u", "1", {entity("1", 1), entity("2", 2), entity("3", 3)}, R"(,"snapshotPriority":1)").ok());
  EXPECT_EQ(make("u", "2", {entity("1", 1), entity("2", 2), entity("3", 3)}, R"(,"snapshotPriority":1)").error().code, ErrorCode::limit_exceeded) << "ten of all together";
  EXPECT_EQ(holds("t", "1"), "1=1 2=2");
  // Writes: one's own limit, then that of all together.
  const SnapshotEntitiesPtr mine = snapshots->use("t", "urn:s:1");
  EXPECT_TRUE(mine->write("urn:e:3", setting(body("3", 3))).ok());
  EXPECT_TRUE(mine->write("urn:e:4", setting(body("4", 4))).ok());
  EXPECT_EQ(mine->write("urn:e:5", setting(body("5", 5))).error().code, ErrorCode::limit_exceeded);
  EXPECT_TRUE(mine->write("urn:e:4", setting(body("4", 5))).ok()) << "nothing more than there was";
  EXPECT_EQ(snapshots->use("u", "urn:s:1")->write("urn:e:4", setting(body("4", 4))).error().code, ErrorCode::limit_exceeded);
  ASSERT_TRUE(snapshots->remove("t", "urn:s:1").ok());
  EXPECT_TRUE(snapshots->use("u", "urn:s:1")->write("urn:e:4", setting(body("4", 4))).ok());
}

TEST_P(SnapshotsTest, BytesAreLimitedToo) {
  limits.most_bytes = 400;
  start();
  ASSERT_TRUE(make("t", "1", {entity("1", 1)}).ok());
  const std::string big = R"({"id":"urn:e:1","type":"T","a":{"type":"Property","value":")" + std::string(400, 'x') + "\"}}";
  EXPECT_EQ(snapshots->use("t", "urn:s:1")->write("urn:e:1", setting(big)).error().code, ErrorCode::limit_exceeded);
  EXPECT_EQ(holds("t", "1"), "1=1");
  const ChangeContext context{names, clock.now().us, [] { return std::string("urn:i:1"); }};
  EXPECT_EQ(make("t", "2", {setting(big)(nullptr, context).value().after}).error().code, ErrorCode::limit_exceeded);
}

TEST_P(SnapshotsTest, ACloneGoesItsOwnWay) {
  ASSERT_TRUE(make("t", "1", {entity("1", 5)}, R"(,"snapshotPriority":7,"snapshotLifetime":"PT2H")").ok());
  clock.advance(kHour);
  const SnapshotWish as = read(R"({"id":"urn:s:2","type":"Snapshot"})", SnapshotBody::clone).value();
  EXPECT_EQ(snapshots->clone("u", "urn:s:1", as).error().code, ErrorCode::not_found);
  const Snapshot copy = snapshots->clone("t", "urn:s:1", as).value();
  EXPECT_EQ(copy.priority, 7);
  EXPECT_EQ(copy.created_us, clock.now().us);
  EXPECT_EQ(copy.expires_us, clock.now().us + 2 * kHour);
  ASSERT_TRUE(snapshots->use("t", "urn:s:2")->write("urn:e:1", setting(body("1", 6))).ok());
  start();
  EXPECT_EQ(holds("t", "1"), "1=5");
  EXPECT_EQ(holds("t", "2"), "1=6");
  EXPECT_EQ(snapshots->clone("t", "urn:s:1", as).error().code, ErrorCode::conflict);
}

TEST_P(SnapshotsTest, PriorityAndLifetimeMayChange) {
  ASSERT_TRUE(make("t", "1", {entity("1", 5)}).ok());
  EXPECT_EQ(snapshots->find("t", "urn:s:1")->expires_us, clock.now().us + kDay);
  clock.advance(kHour);
  ASSERT_TRUE(snapshots->update("t", "urn:s:1", read(R"({"snapshotPriority":9,"snapshotLifetime":"P1Y"})", SnapshotBody::fragment).value()).ok());
  EXPECT_EQ(snapshots->update("t", "urn:s:2", {}).error().code, ErrorCode::not_found);
  clock.advance(kHour);
  ASSERT_TRUE(snapshots->use("t", "urn:s:1"));
  ASSERT_TRUE(snapshots->sweep().ok()) << "writes down when it was used";
  start();
  const Snapshot s = snapshots->find("t", "urn:s:1").value();
  EXPECT_EQ(s.priority, 9);
  EXPECT_EQ(s.lifetime, "P1Y");
  EXPECT_EQ(s.expires_us, s.created_us + kHour + 7 * kDay) << "at most a week";
  EXPECT_EQ(s.modified_us, s.created_us + kHour);
  EXPECT_EQ(s.used_us, s.created_us + 2 * kHour);
}

TEST_P(SnapshotsTest, BodiesAreJudged) {
  for (const char* wrong : {R"({"type":"Snapshot"})", R"({"type":"Snap","snapshotQueries":[{"type":"Query"}]})", R"({"snapshotQueries":[{"type":"Query"}]})", R"({"type":"Snapshot","snapshotQueries":[]})",
                            R"({"type":"Snapshot","snapshotQueries":[{"type":"Query","temporalQ":{}}]})", R"({"type":"Snapshot","snapshotQueries":[{"type":"Q"}]})",
                            R"({"type":"Snapshot","snapshotQueries":[{"type":"Query","q":"a=="}]})", R"({"type":"Snapshot","snapshotQueries":[{"type":"Query","entities":[{"type":"(A"}]}]})",
                            R"({"id":"no uri","type":"Snapshot","snapshotQueries":[{"type":"Query"}]})"})
    EXPECT_EQ(read(wrong).error().code, ErrorCode::invalid_input) << wrong;
  for (const char* wrong : {R"({"snapshotPriority":0})", R"({"snapshotPriority":11})", R"({"snapshotPriority":5.5})", R"({"snapshotPriority":"5"})", R"({"snapshotLifetime":"1 day"})",
                            R"({"snapshotLifetime":"PT0S"})", R"({"snapshotLifetime":5})", R"({"id":"urn:s:2"})", R"({"type":"T"})", R"({"snapshotQueries":[{"type":"Query"}]})"})
    EXPECT_EQ(read(wrong, SnapshotBody::fragment).error().code, ErrorCode::invalid_input) << wrong;
  EXPECT_EQ(read(R"({"type":"Snapshot","snapshotTemporalQueries":[{"type":"Query","temporalQ":{}}]})").error().code, ErrorCode::method_not_allowed);
  EXPECT_EQ(read(R"({"type":"Snapshot","snapshotQueries":[{"type":"Query"}],"endpoint":"http://a.example"})").error().code, ErrorCode::method_not_allowed);
  EXPECT_EQ(read(R"({"snapshotPriority":"urn:ngsi-ld:null","snapshotLifetime":"urn:ngsi-ld:null"})", SnapshotBody::fragment)->lifetime, "");
  // What only the broker writes is ignored.
  EXPECT_TRUE(read(R"({"type":"Snapshot","snapshotQueries":[{"type":"Query"}],"snapshotStatus":"failure","expiresAt":5})").ok());
}

TEST_P(SnapshotsTest, QueriesMeanTheSameUnderEveryContext) {
  Snapshot s;
  s.queries = read(R"({"type":"Snapshot","snapshotQueries":[{"type":"Query","entities":[{"type":"A|B","idPattern":".*"}],"q":"speed>50;name==\"<x>\"","attrs":["speed","https://x.example/y"],
                       "geoQ":{"georel":"near;maxDistance==5","geoproperty":"place"},"pick":["id","speed"],"scopeQ":"/a"}]})")->queries;
  for (const char* iri : {"default-context/speed>", "default-context/A>", "default-context/place\""}) EXPECT_NE(s.queries.find(iri), std::string::npos) << iri << " in " << s.queries;
  s.details = {{QueryOutcome::failure, R"({"title":"no"})"}};
  const tree::Value shown = json(write_snapshot(s, *contexts.core()));
  const tree::Value& query = shown["snapshotQueries"].items()[0];
  EXPECT_EQ(query["entities"].items()[0]["type"].text(), "A|B");
  EXPECT_EQ(query["q"].text(), "speed>50;name==\"<x>\"");
  EXPECT_EQ(query["attrs"].items()[0].text(), "speed");
  EXPECT_EQ(query["attrs"].items()[1].text(), "https://x.example/y");
  EXPECT_EQ(query["geoQ"]["geoproperty"].text(), "place");
  EXPECT_EQ(query["pick"].items()[1].text(), "speed");
  EXPECT_EQ(query["scopeQ"].text(), "/a");
  EXPECT_EQ(shown["snapshotStatus"].text(), "failure");
  EXPECT_EQ(shown["snapshotQueriesDetails"].items()[0]["problemDetails"]["title"].text(), "no");
  Snapshot back;
  ASSERT_TRUE(read_document(document_of(s), back).ok());
  EXPECT_EQ(document_of(back), document_of(s));
  EXPECT_EQ(read_document("{}", back).error().code, ErrorCode::integrity_broken);
}

TEST_P(SnapshotsTest, TheStatusSaysHowTheQueriesEnded) {
  const auto status = [](std::vector<QueryOutcome> outcomes) {
    std::vector<QueryDetail> details;
    for (const QueryOutcome o : outcomes) details.push_back({o, ""});
    return std::string(status_name(status_of(details)));
  };
  using enum QueryOutcome;
  EXPECT_EQ(status({success, empty}), "success");
  EXPECT_EQ(status({empty, empty}), "empty");
  EXPECT_EQ(status({success, failure}), "partial");
  EXPECT_EQ(status({failure}), "failure");
}

}  // namespace
}  // namespace machiya::sense
