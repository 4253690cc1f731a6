// For tests: both interfaces of one broker on both databases without a socket; notifications are caught instead of sent.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "platform/http/test_request.h"
#include "platform/store/testing.h"
#include "sense/broker/journal_store.h"
#include "sense/entities/stamp.h"
#include "sense/ngsild/ngsild.h"
#include "sense/ngsild/subscriptions_http.h"
#include "sense/ngsiv2/ngsiv2.h"
#include "sense/ngsiv2/registrations_http.h"
#include "sense/ngsiv2/subscriptions_http.h"

namespace machiya::sense::ngsiv2 {

/// Keeps what it is handed; answers as it is told.
class Catcher final : public Notifier {
 public:
  Handed hand_over(const Parcel& parcel) override {
    const std::lock_guard hold(mutex);
    const Handed out = answer ? answer(parcel) : Handed{};
    if (out.state == Handed::State::taken) caught.push_back(parcel);
    return out;
  }
  std::mutex mutex;
  std::function<Handed(const Parcel&)> answer;
  std::vector<Parcel> caught;
};

class Bench : public store::testing::StoreTest {
 protected:
  using Headers = std::vector<std::pair<std::string, std::string>>;
  struct Answer {
    int status = 0;
    http::Pairs headers;
    std::string body;
    std::string header(std::string_view name) const {
      for (const auto& [key, value] : headers)
        if (key == name) return value;
      return {};
    }
  };

  FakeClock clock{parse_rfc3339("2026-11-23T00:00:00Z").value()};
  SeededRng rng{9};
  Contexts contexts{nullptr};
  Catcher http_door, mqtt_door;
  std::unique_ptr<EntityStore> entities;
  std::unique_ptr<Subscriptions> subscriptions;
  std::vector<std::unique_ptr<Subscriptions>> dead;   ///< crashed ones: their last words must not be written
  std::unique_ptr<Providers> providers;
  std::function<Result<outbound::Answer>(const outbound::Call&)> far;   ///< what context providers answer
  std::mutex asking;                                                    ///< they are called by several threads
  std::vector<outbound::Call> asked;                                    ///< what they were asked
  std::unique_ptr<Broker> broker;
  std::unique_ptr<ngsild::Broker> ld_broker;
  std::unique_ptr<http::Router> router;
  Headers always;
  tree::Arena arena;

  Bench() {
    std::vector<store::Migration> all = journal_migrations();
    const auto ours = Subscriptions::migrations();
    all.insert(all.end(), ours.begin(), ours.end());
    const auto of_providers = Providers::migrations();
    all.insert(all.end(), of_providers.begin(), of_providers.end());
    migrate(all);
    auto journal = store().engine() == store::Engine::postgres ? open_store_journal(store()) : open_file_journal(folder() + "/broker");
    EXPECT_TRUE(journal.ok());
    entities = EntityStore::open(std::move(*journal), clock, rng).value();
    open();
  }
  /// The interfaces on what is kept.
  void open() {
    router.reset();
    auto opened = Subscriptions::open(store(), *entities, contexts, {&http_door, &mqtt_door}, clock, rng, Subscriptions::Options());
    ASSERT_TRUE(opened.ok()) << opened.error().to_string();
    subscriptions = std::move(*opened);
    broker = std::make_unique<Broker>(*entities, NameMap(contexts.core()), clock, rng);
    auto known = Providers::open(store(), clock, rng, [this](const outbound::Call& call) -> Result<outbound::Answer> {
      const std::lock_guard one(asking);
      asked.push_back(call);
      return far ? far(call) : Error(ErrorCode::unavailable, "nobody there");
    }, "here");
    ASSERT_TRUE(known.ok()) << known.error().to_string();
    providers = std::move(*known), broker->providers = providers.get();
    ld_broker = std::make_unique<ngsild::Broker>(ngsild::Broker{*entities, contexts, clock, rng});
    router = std::make_unique<http::Router>();
    const Routes routes{*router, *broker, "public", "public"};
    for (const auto add : {add_entity_routes, add_attribute_routes, add_type_routes, add_batch_routes, add_info_routes}) add(routes);
    add_subscription_routes(routes, *subscriptions);
    add_registration_routes(routes, *providers);
    const ngsild::Routes ld{*router, *ld_broker, "public", "public"};
    for (const auto add : {ngsild::add_entity_routes, ngsild::add_attribute_routes, ngsild::add_batch_routes, ngsild::add_discovery_routes}) add(ld);
    ngsild::add_subscription_routes(ld, *subscriptions);
  }
  ~Bench() override { router.reset(), broker.reset(), providers.reset(), subscriptions.reset(), dead.clear(), entities.reset(); }
  /// As kill -9: what was not flushed is forgotten.
  void crash() {
    router.reset(), broker.reset(), providers.reset();
    dead.push_back(std::move(subscriptions));
    open();
  }
  /// What was handed over since the last call.
  std::vector<Parcel> news(Catcher& door) {
    subscriptions->pump();
    const std::lock_guard hold(door.mutex);
    return std::exchange(door.caught, {});
  }
  std::vector<Parcel> news() { return news(http_door); }

  /// "GET /v2/entities?type=A".
  Answer ask(const std::string& line, const std::string& body = {}, const Headers& headers = {}) {
    const std::size_t blank = line.find(' ');
    const std::string name = line.substr(0, blank);
    const http::Method method = name == "GET" ? http::Method::get : name == "POST" ? http::Method::post : name == "PATCH" ? http::Method::patch : name == "PUT" ? http::Method::put : http::Method::del;
    http::Request request = http::testing::request(method, line.substr(blank + 1));
    request.path = decoded(request.path), request.body = body;
    const auto given = [&](std::string_view key) { return std::ranges::any_of(headers, [&](const auto& h) { return h.first == key; }); };
    if (!body.empty() && !given("content-length")) request.headers.emplace_back("content-length", std::to_string(body.size()));
    if (!body.empty() && !given("content-type")) request.headers.emplace_back("content-type", "application/json");
    for (const Headers* list : {static_cast<const Headers*>(&always), &headers})
      for (const auto& h : *list)
        if (h.second != "-") request.headers.push_back(h);
    http::Response response = router->dispatch(request);
    return {response.status, response.headers, response.body};
  }
  Answer expect(int status, const std::string& line, const std::string& body = {}, const Headers& headers = {}) {
    Answer out = ask(line, body, headers);
    EXPECT_EQ(out.status, status) << line << " " << body.substr(0, 300) << "\n" << out.body.substr(0, 500);
    return out;
  }
  /// The body, byte for byte.
  void same(const std::string& line, const std::string& body, const Headers& headers = {}) { EXPECT_EQ(expect(200, line, {}, headers).body, body) << line; }
  void refused(int status, std::string_view error, const std::string& line, const std::string& body = {}, const Headers& headers = {}) {
    const Answer out = expect(status, line, body, headers);
    EXPECT_TRUE(out.body.starts_with("{\"error\":\"" + std::string(error) + "\",\"description\":\"")) << line << " " << body.substr(0, 300) << "\n" << out.body;
  }
  void bad(const std::string& line, const std::string& body = {}, const Headers& headers = {}) { refused(400, "BadRequest", line, body, headers); }
  void create(const std::string& body, const Headers& headers = {}) { expect(201, "POST /v2/entities", body, headers); }

  /// As the server does it: slashes and percent signs of a segment stay encoded.
  static std::string decoded(const std::string& path) {
    std::string out;
    for (std::size_t i = 0; i < path.size(); ++i) out += path.compare(i, 3, "%2F") == 0 || path.compare(i, 3, "%25") == 0 ? std::string("%25") : std::string(1, path[i]);
    return http::url_decode(out);
  }
  tree::Value json(const std::string& text) {
    auto out = tree::parse(text, arena);
    EXPECT_TRUE(out.ok()) << text;
    return out.ok() ? *out : tree::Value();
  }
  /// Same JSON, whatever the order of members.
  void same_json(const std::string& got, const std::string& expected) { EXPECT_TRUE(tree::equal(json(got), json(expected))) << "got      " << got << "\nexpected " << expected; }
  /// Ids of a list, with blanks between.
  std::string ids(const std::string& target, const Headers& headers = {}) {
    const Answer answer = expect(200, "GET " + target, {}, headers);
    std::string out;
    const tree::Value list = json(answer.body);
    for (const tree::Value& e : list.items()) out += (out.empty() ? "" : " ") + std::string(e["id"].text());
    return out;
  }
};

}  // namespace machiya::sense::ngsiv2
