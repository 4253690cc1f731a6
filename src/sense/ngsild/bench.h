// For tests of the interface: a router with a broker behind it that is asked without a socket, and cases by the ids of the conformance table.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/temporary_folder.h"
#include "platform/http/test_request.h"
#include "platform/store/testing.h"
#include "sense/broker/planned_journal.h"
#include "sense/ngsild/entity_maps.h"
#include "sense/ngsild/ngsild.h"
#include "sense/snapshots/snapshots.h"

/// Says which case of ngsi-ld-cases/cases.csv the following lines prove, and which clauses of the standard ask for it: script-readable.
#define NGSI(case_id, clauses) const ::testing::ScopedTrace ngsi_case_##__LINE__(__FILE__, __LINE__, "case " case_id " (" clauses ")")

namespace machiya::sense::ngsild {

inline constexpr const char* kSuiteContext = "https://raw.githubusercontent.com/marek-mraz/ngsi-ld-test-suite/main/resources/jsonld-contexts/ngsi-ld-test-suite-compound.jsonld";

inline constexpr const char* kOtherContext = "https://easy-global-market.github.io/ngsild-api-data-models/ngsildTestSuite/ngsildTestSuiteV1.8-compound.jsonld";

class Bench : public ::testing::Test {
 protected:
  using Headers = std::vector<std::pair<std::string, std::string>>;
  struct Answer {
    int status = 0;
    http::Pairs headers;
    std::string body;
    std::string header(std::string_view name) const {
      std::string out;
      for (const auto& [key, value] : headers)
        if (key == name) out += (out.empty() ? "" : " & ") + value;
      return out;
    }
  };

  FakeClock clock{Instant{1'790'000'000 * kSecond}};
  SeededRng rng{9};
  TemporaryFolder home{"ngsild"};
  std::unique_ptr<store::testing::TestDatabase> database = store::testing::make_database(store::Engine::sqlite);
  std::unique_ptr<store::Store> store;
  std::unique_ptr<HostedContexts> hosted;
  std::unique_ptr<Contexts> contexts;
  std::shared_ptr<testing::PlannedJournal::Disk> disk = std::make_shared<testing::PlannedJournal::Disk>();   ///< of `entities`
  std::unique_ptr<EntityStore> entities;
  std::unique_ptr<EntityMaps> maps;
  std::unique_ptr<Snapshots> snapshots;
  std::unique_ptr<Broker> broker;
  http::Router router;
  Headers always;   ///< headers of every request

  Bench() {
    set_log_level(LogLevel::error);
    store::Options options;
    options.url = database->url(), options.synchronous = false;
    store = store::Store::open(options).value();
    for (const auto& list : {HostedContexts::migrations(), Snapshots::migrations()}) EXPECT_TRUE(store->migrate(list).ok());
    hosted = HostedContexts::open(*store, nullptr, clock, rng, {.files = {{kSuiteContext, suite_context()}, {kOtherContext, suite_context()}, {"https://files.example/c.jsonld", home.path() + "/c.jsonld"}}}).value();
    contexts = std::make_unique<Contexts>(hosted.get());
    entities = EntityStore::open(std::make_unique<testing::PlannedJournal>(disk), clock, rng).value();
    maps = std::make_unique<EntityMaps>(clock, rng);
    broker = std::make_unique<Broker>(Broker{*entities, *contexts, clock, rng, hosted.get(), maps.get(), "machiya", clock.now().us, {}});
    snapshots = Snapshots::open(*store, entities->names(), clock, rng).value();
    broker->snapshots = snapshots.get();
    const Routes routes{router, *broker, "public", "public"};
    for (const auto add : {add_entity_routes, add_attribute_routes, add_batch_routes, add_discovery_routes, add_context_routes, add_entity_map_routes, add_snapshot_routes, add_info_routes}) add(routes);
  }

  std::string suite_context() {
    const std::string path = home.path() + "/suite.jsonld";
    std::ofstream out(path);
    out << R"({"@context":[{)";
    const char* before = "";
    for (const char* term : {"Building", "OffStreetParking", "Vehicle", "airQualityLevel", "almostFull", "brandName", "fuelLevel", "name", "speed", "subCategory"})
      out << before << '"' << term << R"(":"https://ngsi-ld-test-suite/context#)" << term << '"', before = ",";
    out << R"(},"https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld"]})";
    return path;
  }

  /// "GET /entities?type=A": the method and what stands behind /ngsi-ld/v1.
  Answer ask(const std::string& line, const std::string& body = {}, const Headers& headers = {}) {
    const std::size_t blank = line.find(' ');
    const std::string name = line.substr(0, blank);
    const http::Method method = name == "GET" ? http::Method::get : name == "POST" ? http::Method::post : name == "PATCH" ? http::Method::patch : name == "PUT" ? http::Method::put : http::Method::del;
    http::Request request = http::testing::request(method, std::string(kBase) + line.substr(blank + 1));
    request.body = body;
    const bool has_type = std::ranges::any_of(headers, [](const auto& h) { return h.first == "content-type"; });
    if (!body.empty()) request.headers.emplace_back("content-length", std::to_string(body.size()));
    if (!body.empty() && !has_type) request.headers.emplace_back("content-type", body.find("\"@context\"") == std::string::npos ? "application/json" : "application/ld+json");
    for (const Headers* list : {static_cast<const Headers*>(&always), &headers})
      for (const auto& h : *list)
        if (h.second != "-") request.headers.push_back(h);
    http::Response response = router.dispatch(request);
    return {response.status, response.headers, response.body};
  }
  /// Asks and compares the status.
  Answer expect(int status, const std::string& line, const std::string& body = {}, const Headers& headers = {}) {
    Answer out = ask(line, body, headers);
    EXPECT_EQ(out.status, status) << line << " " << body.substr(0, 300) << "\n" << out.body.substr(0, 500);
    return out;
  }
  /// An error of this type ("BadRequestData").
  void refused(int status, std::string_view type, const std::string& line, const std::string& body = {}, const Headers& headers = {}) {
    const Answer out = expect(status, line, body, headers);
    EXPECT_NE(out.body.find("https://uri.etsi.org/ngsi-ld/errors/" + std::string(type) + "\""), std::string::npos) << line << " " << body.substr(0, 300) << "\n" << out.body;
  }
  void bad(const std::string& line, const std::string& body = {}, const Headers& headers = {}) { refused(400, "BadRequestData", line, body, headers); }

  /// {"id": id, "type": "T", members}.
  static std::string entity(const std::string& id, const std::string& members = {}, const std::string& type = "T") {
    return R"({"id":")" + id + R"(","type":")" + type + "\"" + (members.empty() ? "" : "," + members) + "}";
  }
  void create(const std::string& id, const std::string& members = {}, const std::string& type = "T") { expect(201, "POST /entities", entity(id, members, type)); }
  void forget() {
    EntityQuery all;
    for (const std::string& tenant : entities->tenants()) {
      const Found found = entities->find(tenant, {.query = &all, .limit = SIZE_MAX});
      for (const EntityPtr& e : found.entities) (void)entities->write(tenant, e->id, [](const EntityPtr& current, const ChangeContext&) -> Result<Change> { return delete_entity(current); });
    }
  }

  /// Same JSON; "@context" is not looked at.
  static void same(std::string_view got, std::string_view expected) {
    tree::Arena arena;
    auto a = tree::parse(got, arena), b = tree::parse(expected, arena);
    ASSERT_TRUE(a.ok() && b.ok()) << got << "\n" << expected;
    EXPECT_TRUE(tree::equal(plain(*a, arena), plain(*b, arena))) << "got      " << tree::to_text(plain(*a, arena)) << "\nexpected " << tree::to_text(plain(*b, arena));
  }
  /// The same for lists whose order means nothing.
  static void same_set(std::string_view got, std::string_view expected) {
    const auto sorted = [](std::string_view text, tree::Arena& arena) {
      auto list = tree::parse(text, arena);
      std::vector<std::string> out;
      for (const tree::Value& item : list.ok() ? list->items() : std::span<const tree::Value>()) out.push_back(tree::to_text(item));
      std::ranges::sort(out, {}, [](const std::string& t) { return t.substr(0, t.find(',')); });
      std::string all = "[";
      for (const std::string& t : out) all += (all.size() > 1 ? "," : "") + t;
      return all + "]";
    };
    tree::Arena arena;
    same(sorted(got, arena), sorted(expected, arena));
  }
  static tree::Value plain(const tree::Value& v, tree::Arena& arena) {
    if (v.is_array()) {
      std::vector<tree::Value> out;
      for (const tree::Value& item : v.items()) out.push_back(plain(item, arena));
      return arena.array(out);
    }
    if (!v.is_object()) return v;
    std::vector<tree::Member> out;
    for (const tree::Member& m : v.members())
      if (m.key != "@context") out.push_back({m.key, plain(m.value, arena)});
    return arena.object(out);
  }
  /// Ids of a list of entities, with blanks between.
  static std::string ids(const Answer& answer) {
    tree::Arena arena;
    auto list = tree::parse(answer.body, arena);
    std::string out;
    if (list.ok())
      for (const tree::Value& e : list->items()) {
        const std::string_view id = e["id"].text();
        out += (out.empty() ? "" : " ") + std::string(id.substr(id.rfind(':') + 1));
      }
    return out;
  }

  /// A payload of the given conformance data; skips the test when it is not there. "randomUUID" becomes `name`.
  static std::string payload(const std::string& path, const std::string& name = "1") {
    const char* shared = std::getenv("MACHIYA_SHARED");
    std::ifstream in(std::string(shared != nullptr ? shared : MACHIYA_SOURCE_DIR "/../shared") + "/conformance/ngsi-ld-payloads/" + path);
    std::ostringstream text;
    text << in.rdbuf();
    std::string out = text.str();
    EXPECT_FALSE(out.empty()) << path;
    for (std::size_t at = out.find("randomUUID"); at != std::string::npos; at = out.find("randomUUID", at)) out.replace(at, 10, name);
    return out;
  }
  static bool payloads_there() {
    const char* shared = std::getenv("MACHIYA_SHARED");
    return std::filesystem::exists(std::string(shared != nullptr ? shared : MACHIYA_SOURCE_DIR "/../shared") + "/conformance/ngsi-ld-payloads/entities");
  }
  static Headers link() { return {{"link", "<" + std::string(kSuiteContext) + R"(>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json")"}}; }
};

}  // namespace machiya::sense::ngsild
