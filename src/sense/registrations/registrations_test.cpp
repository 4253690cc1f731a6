// The engine below the interface: matching (§5.12), what survives a restart, what is counted and told.
#include <gtest/gtest.h>

#include "platform/store/testing.h"
#include "sense/broker/journal_store.h"
#include "sense/registrations/registrations.h"

namespace machiya::sense {
namespace {
using Words = std::vector<std::string>;

class RegistrationsTest : public store::testing::StoreTest {
 protected:
  Contexts contexts{nullptr};
  FakeClock clock{parse_rfc3339("2026-11-23T00:00:00Z").value()};
  SeededRng rng{7};
  std::unique_ptr<EntityStore> entities;
  std::unique_ptr<Registrations> registrations;
  tree::Arena arena;

  RegistrationsTest() {
    auto all = journal_migrations();
    const auto ours = Registrations::migrations();
    all.insert(all.end(), ours.begin(), ours.end());
    migrate(all);
    auto journal = store().engine() == store::Engine::postgres ? open_store_journal(store()) : open_file_journal(folder() + "/broker");
    entities = EntityStore::open(std::move(*journal), clock, rng).value();
    open();
  }
  ~RegistrationsTest() override { registrations.reset(), entities.reset(); }
  void open() {
    registrations.reset();
    registrations = Registrations::open(store(), *entities, clock, rng).value();
  }
  std::string add(const std::string& id, const std::string& information, const std::string& more = "", const std::string& tenant = "") {
    const auto body = tree::parse(R"({"id":")" + id + R"(","type":"ContextSourceRegistration","endpoint":"http://h","information":[)" + information + "]" + more + "}", arena);
    const auto out = registrations->create(tenant, *body, *contexts.core(), "null");
    EXPECT_TRUE(out.ok()) << (out.ok() ? "" : out.error().to_string());
    return out.ok() ? *out : std::string();
  }
  static std::string name(std::string_view term) { return std::string(kDefaultVocab) + std::string(term); }
  /// Ids of those that match.
  Words found(const Wanted& wanted) {
    Words out;
    for (const Match& m : registrations->matching("", wanted)) out.push_back(m.registration->id);
    return out;
  }
  Words found(const std::string& id, const std::string& pattern, const std::string& type, const Words& attrs) {
    Wanted wanted;
    EntitySelector& one = wanted.entities.emplace_back();
    if (!id.empty()) one.ids.push_back(id);
    if (!pattern.empty()) one.id_pattern = TextPattern::compile(pattern).value();
    if (!type.empty()) one.type = TypeSelection::parse(type, name).value();
    for (const std::string& a : attrs) wanted.attrs.push_back(name(a));
    return found(wanted);
  }
};
MACHIYA_ON_BOTH_ENGINES(RegistrationsTest);

TEST_P(RegistrationsTest, entities_and_attributes_match) {
  add("urn:id", R"({"entities":[{"id":"urn:v:1","type":"V"}],"propertyNames":["speed"],"relationshipNames":["owner"]})");
  add("urn:pattern", R"({"entities":[{"idPattern":"^urn:v:.*$","type":"V"}]})");
  add("urn:type", R"({"entities":[{"type":["V","W"]}],"propertyNames":["name"]})");
  add("urn:attribute", R"({"propertyNames":["speed"]})");
  EXPECT_EQ(found("", "", "V", {}), (Words{"urn:id", "urn:pattern", "urn:type", "urn:attribute"}));
  EXPECT_EQ(found("urn:v:2", "", "V", {}), (Words{"urn:pattern", "urn:type", "urn:attribute"}));
  EXPECT_EQ(found("urn:x:2", "", "V", {}), (Words{"urn:type", "urn:attribute"}));
  EXPECT_EQ(found("urn:v:1", "", "", {"speed"}), (Words{"urn:id", "urn:pattern", "urn:attribute"}));
  EXPECT_EQ(found("", "v:1$", "V", {}), (Words{"urn:id", "urn:pattern", "urn:type", "urn:attribute"}));   // two patterns always may
  EXPECT_EQ(found("", "v:2$", "V", {}), (Words{"urn:pattern", "urn:type", "urn:attribute"}));
  EXPECT_EQ(found("", "", "W", {"owner"}), Words{});
  EXPECT_EQ(found("", "", "(W;X)", {"name"}), Words{"urn:type"});   // a source of W may hold its part of an entity that is both
  EXPECT_EQ(found("", "", "X", {}), Words{"urn:attribute"});
  EXPECT_EQ(found("", "", "", {"owner", "other"}), (Words{"urn:id", "urn:pattern"}));
}

TEST_P(RegistrationsTest, a_match_says_what_of_it) {
  add("urn:r", R"({"entities":[{"id":"urn:v:1","type":"V"},{"id":"urn:v:2","type":"V"}],"propertyNames":["a","b"]},{"entities":[{"type":"W"}]})");
  Match m = registrations->matching("", wanted_entity("urn:v:1", {name("V")}, {name("a"), name("c")}, Operation::retrieve_entity)).at(0);
  EXPECT_EQ(m.attrs, Words{name("a")});
  EXPECT_FALSE(m.every_attr);
  ASSERT_EQ(m.entities.size(), 1u);
  EXPECT_EQ(m.entities[0]->id, "urn:v:1");
  m = registrations->matching("", wanted_entity("urn:v:1", {name("V")}, {}, Operation::query_entity)).at(0);
  EXPECT_EQ(m.attrs, (Words{name("a"), name("b")}));
  m = registrations->matching("", wanted_entity("urn:w:1", {name("W")}, {name("c")}, std::nullopt)).at(0);
  EXPECT_TRUE(m.every_attr);
  EXPECT_TRUE(registrations->matching("", wanted_entity("urn:w:1", {name("W")}, {}, std::nullopt)).at(0).attrs.empty());
  EXPECT_EQ(found(wanted_entity("urn:v:3", {name("V")}, {}, std::nullopt)), Words{});
  // Types that nobody knows keep nobody out.
  EXPECT_EQ(found(wanted_entity("urn:v:1", {}, {}, std::nullopt)), Words{"urn:r"});
}

TEST_P(RegistrationsTest, operations_modes_and_order) {
  const std::string v = R"({"entities":[{"type":"V"}]})";
  add("urn:aux", v, R"(,"mode":"auxiliary")");
  add("urn:inc", v);
  add("urn:red", v, R"(,"mode":"redirect","operations":["redirectionOps"])");
  add("urn:exc", R"({"entities":[{"id":"urn:w:1","type":"W"}],"propertyNames":["a"]})", R"(,"mode":"exclusive","operations":["createEntity","somethingNew"])");
  Wanted any;
  EXPECT_EQ(found(any), (Words{"urn:exc", "urn:red", "urn:inc", "urn:aux"}));
  any.operation = Operation::create_entity;
  EXPECT_EQ(found(any), (Words{"urn:exc", "urn:red"}));
  any.operation = Operation::query_batch;   // in federationOps, not in redirectionOps
  EXPECT_EQ(found(any), (Words{"urn:inc", "urn:aux"}));
  any.operation = Operation::purge_entity;
  EXPECT_EQ(found(any), Words{"urn:red"});
  for (const char* word : {"createEntity", "retrieveContextSourceIdentity", "queryTemporal"}) EXPECT_EQ(operation_name(operation_of(word).value()), word);
  EXPECT_FALSE(operation_of("flyEntity"));
  EXPECT_TRUE(operations_of("retrieveOps").has(Operation::query_entity));
  EXPECT_FALSE(operations_of("retrieveOps").has(Operation::retrieve_temporal));
  EXPECT_FALSE(operations_of("federationOps").touches(writing_operations()));
}

TEST_P(RegistrationsTest, sources_of_history) {
  const std::string v = R"({"entities":[{"type":"V"}]})", interval = R"({"startAt":"2020-08-01T00:00:00Z","endAt":"2021-08-01T00:00:00Z"})";
  add("urn:now", v);
  add("urn:observed", v, ",\"observationInterval\":" + interval);
  add("urn:managed", v, ",\"managementInterval\":" + interval);
  add("urn:open", v, R"(,"observationInterval":{"startAt":"2022-01-01T00:00:00Z"})");
  Wanted wanted;
  EXPECT_EQ(found(wanted), Words{"urn:now"});
  wanted.time = Wanted::Time::any;
  EXPECT_EQ(found(wanted).size(), 4u);
  wanted.time = Wanted::Time::history;
  EXPECT_EQ(found(wanted), (Words{"urn:observed", "urn:managed", "urn:open"}));
  const auto when = [&](const char* rel, const char* at, const char* end, const char* property) {
    wanted.when = TemporalQuery::parse({rel, at, end, property, {}}).value();
    return found(wanted);
  };
  EXPECT_EQ(when("after", "2020-06-01T00:00:00Z", "", ""), (Words{"urn:observed", "urn:open"}));
  EXPECT_EQ(when("after", "2021-09-01T00:00:00Z", "", ""), Words{"urn:open"});
  EXPECT_EQ(when("before", "2020-08-01T00:00:00Z", "", ""), Words{});   // the bound does not belong to it
  EXPECT_EQ(when("before", "2020-08-01T00:00:00.000001Z", "", ""), Words{"urn:observed"});
  EXPECT_EQ(when("between", "2020-01-01T00:00:00Z", "2020-12-01T00:00:00Z", "modifiedAt"), Words{"urn:managed"});
  EXPECT_EQ(when("after", "2021-08-01T00:00:00.000001Z", "", "createdAt"), Words{});
}

TEST_P(RegistrationsTest, places_scopes_and_properties_of_sources) {
  const std::string v = R"({"entities":[{"type":"V"}]})";
  add("urn:here", v, R"(,"location":{"type":"Point","coordinates":[1,2]},"scope":["/a/b"],"colour":"red")");
  add("urn:there", v, R"(,"location":{"type":"Point","coordinates":[40,2]},"operationSpace":{"type":"Point","coordinates":[1,2]},"colour":{"type":"Property","value":"blue"})");
  Wanted wanted;
  const auto near = [&](const char* property) { return GeoQuery::parse("near;maxDistance==1000", "Point", "[1,2]", property, [](std::string_view n) { return "https://uri.etsi.org/ngsi-ld/" + std::string(n); }).value(); };
  const GeoQuery by_location = near("location"), by_space = near("operationSpace"), by_other = near("observationSpace");
  wanted.geo = &by_location;
  EXPECT_EQ(found(wanted), Words{"urn:here"});
  wanted.geo = &by_space;
  EXPECT_EQ(found(wanted), Words{"urn:there"});
  wanted.geo = &by_other;
  EXPECT_EQ(found(wanted), Words{});
  wanted.geo = nullptr;
  const ScopeQuery scope = ScopeQuery::parse("/a/#").value();
  wanted.scope = &scope;
  EXPECT_EQ(found(wanted), Words{"urn:here"});
  wanted.scope = nullptr;
  const auto with_csf = [&](const char* text) {
    const Filter csf = Filter::parse(text, name, {}, "csf").value();
    wanted.csf = &csf;
    return found(wanted);
  };
  EXPECT_EQ(with_csf("colour==\"red\""), Words{"urn:here"});
  EXPECT_EQ(with_csf("colour==\"blue\""), Words{"urn:there"});
  EXPECT_EQ(with_csf("!colour"), Words{});
  EXPECT_EQ(with_csf("endpoint==\"http://h\""), (Words{"urn:here", "urn:there"}));
}

TEST_P(RegistrationsTest, stays_over_a_restart_in_its_order) {
  for (const char* id : {"urn:c", "urn:a", "urn:b"}) add(id, R"({"propertyNames":["x"]})");
  add("urn:a", R"({"propertyNames":["y"]})", "", "other");
  const RegistrationPtr b = registrations->find("", "urn:b");
  registrations->asked(*b, true), registrations->asked(*b, false);
  const auto before = registrations->all("");
  EXPECT_TRUE(registrations->remove("", "urn:c").ok());
  EXPECT_EQ(before->size(), 3u);   // who holds a snapshot keeps it
  open();
  EXPECT_EQ(found(Wanted()), (Words{"urn:a", "urn:b"}));
  EXPECT_EQ(registrations->all("other")->size(), 1u);
  EXPECT_TRUE(registrations->has_tenant("other"));
  EXPECT_FALSE(registrations->has_tenant("nobody"));
  const SourceState state = registrations->state(*registrations->find("", "urn:b"));
  EXPECT_EQ(state.sent, 2u);
  EXPECT_EQ(state.failed, 1u);
  EXPECT_FALSE(state.last_ok);
  EXPECT_EQ(state.success_us, clock.now().us);
  add("urn:d", R"({"propertyNames":["x"]})");
  open();
  EXPECT_EQ(found(Wanted()), (Words{"urn:a", "urn:b", "urn:d"}));
}

TEST_P(RegistrationsTest, followers_are_told_and_what_expires_goes) {
  Words told;
  registrations->follow([&](const RegistrationPtr& before, const RegistrationPtr& after) {
    told.push_back((before ? before->endpoint : "-") + ">" + (after ? after->endpoint : "-"));
  });
  add("urn:r", R"({"propertyNames":["x"]})", R"(,"expiresAt":"2026-11-23T01:00:00Z")");
  EXPECT_TRUE(registrations->update("", "urn:r", *tree::parse(R"({"endpoint":"http://i"})", arena), *contexts.core()).ok());
  EXPECT_EQ(registrations->next_expiry(), clock.now().us + kHour);
  EXPECT_EQ(registrations->sweep().value(), 0u);
  clock.advance(kHour);
  EXPECT_EQ(registrations->find("", "urn:r"), nullptr);
  EXPECT_EQ(found(Wanted()), Words{});
  EXPECT_EQ(registrations->sweep().value(), 1u);
  EXPECT_EQ(told, (Words{"->http://h", "http://h>http://i", "http://i>-"}));
  open();
  EXPECT_TRUE(registrations->all("")->empty());
}

}  // namespace
}  // namespace machiya::sense
