// For tests: a broker on both databases without a socket; notifications are caught instead of sent.
#pragma once
#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

#include "platform/http/test_request.h"
#include "platform/store/testing.h"
#include "sense/broker/journal_store.h"
#include "sense/contexts/hosted_contexts.h"
#include "sense/entities/stamp.h"
#include "sense/ngsild/ngsild.h"
#include "sense/ngsild/registrations_http.h"
#include "sense/ngsild/subscriptions_http.h"

/// The case of the conformance list that a test covers, and the clause: kept in the test's report.
#define NGSI(id, clause) RecordProperty(std::string("ngsi-") + (id), clause)

namespace machiya::sense::ngsild {

inline constexpr const char* kCompound = "https://raw.githubusercontent.com/marek-mraz/ngsi-ld-test-suite/main/resources/jsonld-contexts/ngsi-ld-test-suite-compound.jsonld";
inline constexpr const char* kSuite = "https://ngsi-ld-test-suite/context#";

/// Contexts that a test knows.
class ContextShelf final : public jsonld::ContextLoader {
 public:
  HostedContexts* hosted = nullptr;
  Result<std::string> load(const std::string& url) override {
    if (url.find(HostedContexts::kPath) != std::string::npos) return hosted->load(url);
    if (url.find("non-existing") != std::string::npos || url.find("http") != 0) return Error(ErrorCode::not_found, "nothing there");
    std::string terms;
    for (const char* name : {"Building", "Tower", "Vehicle", "City", "name", "subCategory", "airQualityLevel", "almostFull", "locatedAt", "street", "jsonProperty", "vocabProperty", "museum",
                             "monument", "description", "isInCountry", "speed", "brandName", "OffStreetParking", "Bus"})
      terms += (terms.empty() ? "" : ",") + ("\"" + std::string(name) + "\":\"" + kSuite + name + "\"");
    return "{\"@context\":{" + terms + "}}";
  }
};

/// Keeps what it is handed; answers as it is told.
class CatchingNotifier final : public Notifier {
 public:
  Handed hand_over(const Parcel& parcel) override {
    std::lock_guard hold(mutex);
    const Handed out = answer ? answer(parcel) : Handed{};
    tried.push_back(parcel);
    if (out.state == Handed::State::taken) caught.push_back(parcel);
    return out;
  }
  std::mutex mutex;
  std::function<Handed(const Parcel&)> answer;
  std::vector<Parcel> caught, tried;
};

class SubscriptionFixture : public store::testing::StoreTest {
 protected:
  ContextShelf shelf;
  Contexts contexts{&shelf};
  FakeClock clock{parse_rfc3339("2026-11-23T00:00:00Z").value()};
  SeededRng rng{7};
  CatchingNotifier notifier, mqtt;
  Subscriptions::Options options;
  std::unique_ptr<EntityStore> entities;
  std::unique_ptr<Registrations> registrations;
  std::unique_ptr<Subscriptions> subscriptions;
  std::unique_ptr<HostedContexts> hosted;
  std::unique_ptr<Broker> broker;
  std::unique_ptr<http::Router> router;
  std::vector<std::unique_ptr<Subscriptions>> dead;   // crashed ones: their last words must not be written
  tree::Arena arena;

  SubscriptionFixture() {
    std::vector<store::Migration> all = journal_migrations();
    for (const auto& list : {Subscriptions::migrations(), HostedContexts::migrations(), Registrations::migrations()}) all.insert(all.end(), list.begin(), list.end());
    migrate(all);
    start();
  }
  ~SubscriptionFixture() override { router.reset(), subscriptions.reset(), dead.clear(), registrations.reset(), entities.reset(); }

  void start() {
    auto journal = store().engine() == store::Engine::postgres ? open_store_journal(store()) : open_file_journal(folder() + "/broker");
    EXPECT_TRUE(journal.ok());
    entities = EntityStore::open(std::move(*journal), clock, rng).value();
    open_subscriptions();
  }
  void open_subscriptions() {
    registrations = Registrations::open(store(), *entities, clock, rng).value();
    auto opened = Subscriptions::open(store(), *entities, contexts, {&notifier, &mqtt}, clock, rng, options);
    ASSERT_TRUE(opened.ok()) << opened.error().to_string();
    subscriptions = std::move(*opened);
    ASSERT_TRUE(subscriptions->watch(*registrations).ok());
    hosted = HostedContexts::open(store(), nullptr, clock, rng, {}).value();
    shelf.hosted = hosted.get();
    broker = std::make_unique<Broker>(Broker{*entities, contexts, clock, rng});
    broker->hosted = hosted.get();
    router = std::make_unique<http::Router>();
    const Routes routes{*router, *broker, "public", "public"};
    for (const auto add : {add_entity_routes, add_attribute_routes, add_batch_routes}) add(routes);
    add_subscription_routes(routes, *subscriptions);
    add_registration_routes(routes, *registrations);
    add_source_subscription_routes(routes, *subscriptions);
  }
  /// As kill -9: what was not flushed is forgotten.
  void crash() {
    router.reset();
    dead.push_back(std::move(subscriptions));
    open_subscriptions();
  }

  http::Response ask(http::Method method, const std::string& target, const std::string& body = "", std::vector<std::pair<std::string, std::string>> headers = {}) {
    http::Request request = http::testing::request(method, "/ngsi-ld/v1" + target);
    request.body = body, request.headers.assign(headers.begin(), headers.end());
    const bool ld = body.find("\"@context\"") != std::string::npos;
    if (!body.empty()) request.headers.emplace_back("content-type", ld ? "application/ld+json" : "application/json"), request.headers.emplace_back("content-length", std::to_string(body.size()));
    return router->dispatch(request);
  }
  static std::vector<std::pair<std::string, std::string>> linked() { return {{"link", "<" + std::string(kCompound) + ">; rel=\"http://www.w3.org/ns/json-ld#context\"; type=\"application/ld+json\""}}; }
  http::Response post(const std::string& target, const std::string& body) { return ask(http::Method::post, target, body, body.find("@context") == std::string::npos ? linked() : std::vector<std::pair<std::string, std::string>>()); }
  http::Response patch(const std::string& target, const std::string& body) { return ask(http::Method::patch, target, body, body.find("@context") == std::string::npos ? linked() : std::vector<std::pair<std::string, std::string>>()); }
  http::Response get(const std::string& target) { return ask(http::Method::get, target, "", linked()); }
  http::Response del(const std::string& target) { return ask(http::Method::del, target, "", linked()); }

  tree::Value json(const std::string& text) {
    auto out = tree::parse(text, arena);
    EXPECT_TRUE(out.ok()) << text;
    return out.ok() ? *out : tree::Value();
  }
  /// Makes a subscription and gives its path.
  std::string subscribe(const std::string& body) {
    const auto answer = post("/subscriptions", body);
    EXPECT_EQ(answer.status, 201) << answer.body;
    for (const auto& [name, value] : answer.headers)
      if (name == "Location") return http::url_decode(value.substr(std::string("/ngsi-ld/v1").size()));
    return {};
  }
  static std::string escaped(const std::string& path) { return path; }
  /// The notifications that came since the last call.
  std::vector<Parcel> news() {
    subscriptions->pump();
    std::lock_guard hold(notifier.mutex);
    return std::exchange(notifier.caught, {});
  }
  tree::Value data(const Parcel& parcel) { return json(parcel.body)["data"]; }

  // ---- given payloads
  static std::string shared() {
    const char* named = std::getenv("MACHIYA_SHARED");
    return std::string(named != nullptr ? named : MACHIYA_SOURCE_DIR "/../shared") + "/conformance/ngsi-ld-payloads/";
  }
  static std::string payload(const std::string& name, const std::string& id = "") {
    std::ifstream in(shared() + name, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    std::string out = text.str();
    for (const char* old : {"urn:ngsi-ld:Building:randomUUID", "urn:ngsi-ld:Building:4446320091579470"})
      for (std::size_t at; !id.empty() && (at = out.find(old)) != std::string::npos;) out.replace(at, std::string(old).size(), id);
    return out;
  }
  static bool has_payloads() { return std::ifstream(shared() + "subscriptions/subscription.jsonld").good(); }
};

}  // namespace machiya::sense::ngsild
