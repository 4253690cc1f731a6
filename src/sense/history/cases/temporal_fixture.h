// For tests: a broker with a history on both databases, without a socket. On SQLite the numbers lie in files, on PostgreSQL in tables.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "base/time.h"
#include "platform/http/test_request.h"
#include "platform/store/testing.h"
#include "sense/broker/journal_store.h"
#include "sense/history/history.h"
#include "sense/ngsild/entity_maps.h"
#include "sense/ngsild/ngsild.h"
#include "sense/ngsild/temporal_http.h"

namespace machiya {
std::vector<store::Migration> sql_migrations_series();
}

/// The case of the conformance list that a test covers, and the clause: kept in the test's report.
#define NGSI(id, clause) RecordProperty(std::string("ngsi-") + (id), clause)

namespace machiya::sense::ngsild {

inline constexpr const char* kPlaces = "https://example.org/city#";

/// Every context knows the words of these tests.
class TemporalContexts final : public jsonld::ContextLoader {
 public:
  Result<std::string> load(const std::string& url) override {
    if (url.find("http") != 0 || url.find("non-existing") != std::string::npos) return Error(ErrorCode::not_found, "nothing there");
    std::string terms;
    for (const char* name : {"Meter", "Gauge", "level", "flow", "label", "state", "feeds", "place", "tags", "Vehicle", "Bus", "speed", "fuelLevel", "brandName", "isParkedIn", "name", "street", "vocabProperty",
                             "monument", "sightseeing", "added_attribute", "open", "closed"})
      terms += (terms.empty() ? "" : ",") + ("\"" + std::string(name) + "\":\"" + kPlaces + name + "\"");
    return "{\"@context\":{" + terms + "}}";
  }
};

class TemporalFixture : public store::testing::StoreTest {
 protected:
  TemporalContexts shelf;
  Contexts contexts{&shelf};
  FakeClock clock{parse_rfc3339("2026-11-23T00:00:00Z").value()};
  SeededRng rng{11};
  History::Options options;
  TemporalOptions temporal_options;
  std::unique_ptr<EntityStore> entities;
  std::unique_ptr<series::Store> numbers;
  std::unique_ptr<History> history;
  EntityMaps maps{clock, rng};
  std::unique_ptr<Broker> broker;
  std::unique_ptr<http::Router> router;
  tree::Arena arena;

  TemporalFixture() {
    std::vector<store::Migration> all = journal_migrations();
    for (const auto& list : {history_migrations(), sql_migrations_series()}) all.insert(all.end(), list.begin(), list.end());
    migrate(all);
  }
  void SetUp() override { start(); }
  ~TemporalFixture() override { stop(); }

  void start() {
    const bool sql = store().engine() == store::Engine::postgres;
    auto journal = sql ? open_store_journal(store()) : open_file_journal(folder() + "/broker");
    ASSERT_TRUE(journal.ok());
    auto opened = EntityStore::open(std::move(*journal), clock, rng);
    ASSERT_TRUE(opened.ok()) << opened.error().to_string();
    entities = std::move(*opened);
    auto columns = sql ? series::open_sql(store()) : series::open_files(folder() + "/series");
    ASSERT_TRUE(columns.ok()) << columns.error().to_string();
    numbers = std::move(*columns);
    auto past = History::open(store(), *numbers, clock, rng, options);
    ASSERT_TRUE(past.ok()) << past.error().to_string();
    history = std::move(*past);
    history->follow(*entities);
    broker = std::make_unique<Broker>(Broker{*entities, contexts, clock, rng});
    broker->maps = &maps;
    route();
  }
  void route() {
    router = std::make_unique<http::Router>();
    const Routes routes{*router, *broker, "public", "public"};
    for (const auto add : {add_entity_routes, add_attribute_routes, add_batch_routes}) add(routes);
    add_temporal_routes(routes, *history, temporal_options);
  }
  void stop() {
    router.reset(), broker.reset(), history.reset(), numbers.reset(), entities.reset();
  }
  void restart() { stop(), start(); }

  using Headers = std::vector<std::pair<std::string, std::string>>;
  http::Response ask(http::Method method, const std::string& target, const std::string& body = "", Headers headers = {}) {
    http::Request request = http::testing::request(method, "/ngsi-ld/v1" + target);
    request.body = body, request.headers.assign(headers.begin(), headers.end());
    const bool ld = body.find("\"@context\"") != std::string::npos;
    if (method == http::Method::post || method == http::Method::patch || !body.empty())
      request.headers.emplace_back("content-type", ld ? "application/ld+json" : "application/json"), request.headers.emplace_back("content-length", std::to_string(body.size()));
    if (!ld) request.headers.emplace_back("link", "<https://example.org/city.jsonld>; rel=\"http://www.w3.org/ns/json-ld#context\"; type=\"application/ld+json\"");
    return router->dispatch(request);
  }
  http::Response get(const std::string& target) { return ask(http::Method::get, target); }
  http::Response post(const std::string& target, const std::string& body) { return ask(http::Method::post, target, body); }
  http::Response patch(const std::string& target, const std::string& body) { return ask(http::Method::patch, target, body); }
  http::Response del(const std::string& target) { return ask(http::Method::del, target); }

  tree::Value json(const std::string& text) {
    auto out = tree::parse(text, arena);
    EXPECT_TRUE(out.ok()) << text;
    return out.ok() ? *out : tree::Value();
  }
  tree::Value got(const std::string& target, int status = 200) {
    const http::Response r = get(target);
    EXPECT_EQ(r.status, status) << target << "\n" << r.body;
    return json(r.body);
  }
  static std::string header(const http::Response& r, std::string_view name) {
    for (const auto& [key, value] : r.headers)
      if (key == name) return value;
    return {};
  }
  /// Without what every broker names in its own way, and with lists in one order.
  tree::Value bare(const tree::Value& v) {
    if (v.is_object()) {
      std::vector<tree::Member> out;
      for (const tree::Member& m : v.members())
        if (m.key != "instanceId" && m.key != "@context" && m.key != "deletedAt") out.push_back({m.key, bare(m.value)});
      std::ranges::sort(out, {}, &tree::Member::key);
      return arena.object(out);
    }
    if (!v.is_array()) return v.is_number() ? arena.number(v.number()) : v;
    std::vector<tree::Value> out;
    for (const tree::Value& item : v.items()) out.push_back(bare(item));
    std::ranges::sort(out, {}, [](const tree::Value& item) { return tree::to_text(item); });
    return arena.array(out);
  }
  std::string bare_text(const tree::Value& v) { return tree::to_text(bare(v)); }
  /// The values of an attribute's instances: "1 2 3".
  static std::string values(const tree::Value& list) {
    std::string out;
    for (const tree::Value& i : list.items()) out += (out.empty() ? "" : " ") + tree::to_text(i.has("value") ? i["value"] : i.is_array() ? i.items()[0] : i);
    return out;
  }
};

}  // namespace machiya::sense::ngsild
