// For tests of distributed operations: a broker with registrations (Bench), further brokers of the same kind, and sources that only record and answer as told.
// Requests between them pass through routers, without sockets: tests/faults has them as processes.
#pragma once
#include <deque>
#include <functional>
#include <map>
#include <mutex>

#include "base/text.h"
#include "sense/federation/federation.h"
#include "sense/ngsild/bench.h"
#include "sense/ngsild/registrations_http.h"

/// The case of the conformance list that the following lines prove, and the clauses: kept in the test's report.
#undef NGSI
#define NGSI(id, clauses) RecordProperty(std::string("ngsi-") + (id), clauses)

namespace machiya::sense::ngsild {

/// A source that keeps what it is sent and refuses what no source should be sent; stricter than a real one.
class FakeSource {
 public:
  using Answer = std::function<Result<outbound::Answer>(const outbound::Call&)>;
  struct Seen {
    std::string method, target, body;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string header(std::string_view name) const {
      std::string out;
      for (const auto& [key, value] : headers)
        if (key == name) out += (out.empty() ? "" : " & ") + value;
      return out;
    }
  };

  /// The next request that begins so ("GET /entities") is answered so; without a rule: 404.
  void on(std::string begins, int status, std::string body = {}, std::string type = "application/json") {
    std::lock_guard hold(mutex_);
    rules_.emplace_back(std::move(begins), [this, status, body, type](const outbound::Call&) -> Result<outbound::Answer> {
      return outbound::Answer{status, type, body, {}, status == 201 && !location.empty() ? http::Pairs{{"location", location}} : http::Pairs()};
    });
  }
  void breaks(std::string begins) {
    std::lock_guard hold(mutex_);
    rules_.emplace_back(std::move(begins), [](const outbound::Call&) -> Result<outbound::Answer> { return Error(ErrorCode::unavailable, "nobody answers"); });
  }
  Result<outbound::Answer> answer(const outbound::Call& call, const std::string& target) {
    std::lock_guard hold(mutex_);
    seen.push_back({call.method, target, call.body, call.headers});
    check(seen.back());
    const std::string line = call.method + " " + target;
    for (auto it = rules_.rbegin(); it != rules_.rend(); ++it)
      if (line.starts_with(it->first)) return it->second(call);
    return outbound::Answer{404, "application/json", R"({"type":"https://uri.etsi.org/ngsi-ld/errors/ResourceNotFound","title":"not here"})", {}, {}};
  }
  /// "GET /entities/urn:a?attrs=speed" of every request.
  std::string lines() {
    std::lock_guard hold(mutex_);
    std::string out;
    for (const Seen& s : seen) out += (out.empty() ? "" : "\n") + s.method + " " + http::url_decode(s.target);
    return out;
  }
  void forget() {
    std::lock_guard hold(mutex_);
    seen.clear();
  }
  std::deque<Seen> seen;
  std::string location;   ///< of what it creates

 private:
  static void check(const Seen& s) {
    EXPECT_FALSE(s.header("Via").empty()) << s.target;
    EXPECT_FALSE(s.header("Accept").empty()) << s.target;
    const bool body = s.method == "POST" || s.method == "PATCH" || s.method == "PUT";
    EXPECT_EQ(s.header("Content-Type").empty(), !body) << s.method << " " << s.target;
    const bool ld = s.header("Content-Type") == "application/ld+json", link = !s.header("Link").empty();
    EXPECT_FALSE(ld && link) << "a context in the header and in the body: " << s.target;
    const bool inside = s.body.find("\"@context\"") != std::string::npos;
    EXPECT_EQ(inside, ld && s.body.find('{') != std::string::npos) << s.body;
    tree::Arena arena;
    if (body) EXPECT_TRUE(tree::parse(s.body, arena).ok()) << s.body;
    if (!body) EXPECT_EQ(s.body, "");
  }
  std::mutex mutex_;
  std::deque<std::pair<std::string, Answer>> rules_;
};

/// Another broker, with its own entities and registrations.
struct Site {
  std::unique_ptr<store::testing::TestDatabase> database = store::testing::make_database(store::Engine::sqlite);
  std::unique_ptr<store::Store> store;
  std::unique_ptr<EntityStore> entities;
  std::unique_ptr<Registrations> registrations;
  std::unique_ptr<EntityMaps> maps;
  std::unique_ptr<federation::Federation> federation;
  std::unique_ptr<Broker> broker;
  http::Router router;
  Site(Contexts& contexts, Clock& clock, Rng& rng, const std::string& alias, federation::Sender::Call call) {
    store::Options options;
    options.url = database->url(), options.synchronous = false;
    store = store::Store::open(options).value();
    EXPECT_TRUE(store->migrate(Registrations::migrations()).ok());
    entities = EntityStore::open(std::make_unique<testing::PlannedJournal>(std::make_shared<testing::PlannedJournal::Disk>()), clock, rng).value();
    registrations = Registrations::open(*store, *entities, clock, rng).value();
    maps = std::make_unique<EntityMaps>(clock, rng);
    federation = std::make_unique<federation::Federation>(*registrations, contexts, entities->names(), clock, std::move(call));
    broker = std::make_unique<Broker>(Broker{*entities, contexts, clock, rng, nullptr, maps.get(), alias, clock.now().us, {}});
    broker->federation = federation.get();
    const Routes routes{router, *broker, "public", "public"};
    for (const auto add : {add_entity_routes, add_attribute_routes, add_batch_routes, add_discovery_routes, add_entity_map_routes, add_info_routes}) add(routes);
    add_registration_routes(routes, *registrations);
  }
};

class DistributedBench : public Bench {
 protected:
  std::map<std::string, FakeSource> sources;                 // "http://NAME"
  std::map<std::string, std::unique_ptr<Site>> sites;
  std::unique_ptr<Registrations> registrations;
  std::unique_ptr<federation::Federation> federation;

  /// `registers_itself`: the fixture adds the routes of registrations, with its subscriptions.
  explicit DistributedBench(bool registers_itself = false) {
    EXPECT_TRUE(store->migrate(Registrations::migrations()).ok());
    registrations = Registrations::open(*store, *entities, clock, rng).value();
    federation = std::make_unique<federation::Federation>(*registrations, *contexts, entities->names(), clock, wire());
    broker->federation = federation.get(), broker->alias = "broker-a";
    if (!registers_itself) add_registration_routes({router, *broker, "public", "public"}, *registrations);
    always = link();
  }

  federation::Sender::Call wire() {
    return [this](const outbound::Call& call) { return pass(call); };
  }

  Result<outbound::Answer> pass(const outbound::Call& call) {
    constexpr std::string_view kScheme = "http://", kBase = "/ngsi-ld/v1";
    const std::size_t slash = call.url.find('/', kScheme.size());
    const std::string name = call.url.substr(kScheme.size(), slash - kScheme.size()), path = call.url.substr(slash);
    EXPECT_TRUE(path.starts_with(kBase)) << call.url;
    if (const auto it = sources.find(name); it != sources.end()) return it->second.answer(call, path.substr(kBase.size()));
    http::Router* to = name == "a" ? &router : nullptr;
    if (const auto it = sites.find(name); it != sites.end()) to = &it->second->router;
    if (to == nullptr) return Error(ErrorCode::unavailable, "no such machine");
    const http::Method method = call.method == "GET" ? http::Method::get : call.method == "POST" ? http::Method::post : call.method == "PATCH" ? http::Method::patch : call.method == "PUT" ? http::Method::put : http::Method::del;
    http::Request request = http::testing::request(method, path);
    request.body = call.body;
    for (const auto& [key, value] : call.headers) request.headers.emplace_back(lower_ascii(key), value);
    if (!call.body.empty()) request.headers.emplace_back("content-length", std::to_string(call.body.size()));
    const http::Response response = to->dispatch(request);
    outbound::Answer out{response.status, {}, response.body, {}, {}};
    for (const auto& [key, value] : response.headers) {
      if (lower_ascii(key) == "content-type") out.content_type = value;
      out.read.emplace_back(lower_ascii(key), value);
    }
    return out;
  }

  Site& site(const std::string& name) {
    sites[name] = std::make_unique<Site>(*contexts, clock, rng, "broker-" + name, wire());
    return *sites[name];
  }
  FakeSource& source(const std::string& name = "source") { return sources[name]; }

  static constexpr const char* kVehicles = R"([{"entities":[{"type":"Vehicle"}]}])";
  /// One vehicle's speed.
  static constexpr const char* kSpeed = R"([{"entities":[{"id":"urn:ngsi-ld:Vehicle:1","type":"Vehicle"}],"propertyNames":["speed"]}])";
  static constexpr const char* kRedirection = R"(["redirectionOps"])";
  static constexpr const char* kBatches = R"(["redirectionOps","createBatch","upsertBatch","updateBatch","deleteBatch","mergeBatch"])";

  /// Registers "http://NAME" in this broker (or the one of `at`).
  void source_is(const std::string& mode, const std::string& information, const std::string& operations = {}, const std::string& more = {}, const std::string& name = "source") {
    expect(201, "POST /csourceRegistrations", registration(mode, information, operations, more, name));
  }
  static std::string registration(const std::string& mode, const std::string& information, const std::string& operations, const std::string& more, const std::string& name) {
    return R"({"id":"urn:ngsi-ld:ContextSourceRegistration:)" + name + R"(","type":"ContextSourceRegistration","mode":")" + mode + R"(","information":)" + information +
           (operations.empty() ? "" : R"(,"operations":)" + operations) + R"(,"endpoint":"http://)" + name + '"' + (more.empty() ? "" : "," + more) + "}";
  }
  static std::string problem_body(const std::string& type) { return R"({"type":"https://uri.etsi.org/ngsi-ld/errors/)" + type + R"(","title":"t","detail":"d"})"; }
  static std::string vehicle(const std::string& members) { return entity("urn:ngsi-ld:Vehicle:1", members, "Vehicle"); }
  static constexpr const char* kOne = "/entities/urn:ngsi-ld:Vehicle:1";
  Answer local() { return ask(std::string("GET ") + kOne + "?local=true&format=simplified"); }
};

}  // namespace machiya::sense::ngsild
