// Subscriptions with registered sources (§5.8.1.4, §5.8.5.4, §5.8.6), types and attributes that they know (§5.7.5 ff.).
#include "sense/federation/federation_dao.h"
#include "sense/ngsild/distributed_bench.h"
#include "sense/ngsild/subscriptions_http.h"
#include "sense/subscriptions/subscriptions.h"

namespace machiya::sense::ngsild {
namespace {

class Caught final : public Notifier {
 public:
  Handed hand_over(const Parcel& parcel) override {
    caught.push_back(parcel.body);
    return {};
  }
  std::vector<std::string> caught;
};

class DistributedSubscriptions : public DistributedBench {
 protected:
  Caught notifier;
  std::unique_ptr<Subscriptions> subscriptions;
  DistributedSubscriptions() : DistributedBench(true) {
    std::vector<store::Migration> all = Subscriptions::migrations();
    for (const auto& m : federation::migrations()) all.push_back(m);
    EXPECT_TRUE(store->migrate(all).ok());
    subscriptions = Subscriptions::open(*store, *entities, *contexts, {&notifier, nullptr}, clock, rng, {}).value();
    federation->keep_in(*store, "http://here");
    add_subscription_routes({router, *broker, "public", "public"}, *subscriptions);
    add_registration_routes({router, *broker, "public", "public"}, *registrations, subscriptions.get());
  }
  ~DistributedSubscriptions() override { subscriptions.reset(); }
  static std::string subscription(const std::string& more) {
    return R"({"id":"urn:ngsi-ld:Subscription:1","type":"Subscription","entities":[{"type":"Vehicle"}],)" + more + R"("notification":{"format":"simplified","endpoint":{"uri":"http://subscriber/n"}}})";
  }
  // What the source was told to send its notifications to, without our base.
  std::string place() {
    tree::Arena arena;
    const auto body = tree::parse(source().seen.front().body, arena);
    const std::string uri((*body)["notification"]["endpoint"]["uri"].text());
    EXPECT_TRUE(uri.starts_with("http://here/ngsi-ld/v1/")) << uri;
    return uri.substr(std::string("http://here/ngsi-ld/v1").size());
  }
  void source_makes(const std::string& id) {
    sources["source"].on("POST /subscriptions", 201);
    sources["source"].location = "/ngsi-ld/v1/subscriptions/" + id;
  }
  std::string notification(const std::string& entity) {
    return R"({"id":"urn:ngsi-ld:Notification:1","type":"Notification","subscriptionId":"urn:there:1","notifiedAt":"2026-01-01T00:00:00Z","data":[)" + entity + "]}";
  }
};

TEST_F(DistributedSubscriptions, ASourceThatComesLaterIsOfferedWhatWasThere) {
  const auto second = [](std::string text) { return text.replace(text.find("Subscription:1"), 14, "Subscription:2"); };
  expect(201, "POST /subscriptions", subscription(R"("q":"speed>5",)"));
  expect(201, "POST /subscriptions?local=true", second(subscription(R"("q":"speed>6",)")));
  source_makes("urn:there:1");
  source_is("inclusive", kVehicles, R"(["federationOps"])");
  EXPECT_EQ(source().lines(), "POST /subscriptions");   // the other one is for this broker alone
  const std::string where = place();
  same(source().seen[0].body, R"({"type":"Subscription","entities":[{"type":"Vehicle"}],"q":"speed>5","notificationTrigger":["attributeCreated","attributeUpdated"],"notification":{"format":"normalized","sysAttrs":true,"endpoint":{"uri":"http://here/ngsi-ld/v1)" +
                                  where + R"(","accept":"application/json"}}})");
  expect(200, "POST " + where, notification(vehicle(R"("speed":{"type":"Property","value":9})")));
  expect(204, "PATCH /csourceRegistrations/urn:ngsi-ld:ContextSourceRegistration:source", R"({"description":"the same"})");
  EXPECT_EQ(source().lines(), "POST /subscriptions");   // it has it
  expect(204, "DELETE /csourceRegistrations/urn:ngsi-ld:ContextSourceRegistration:source");
  expect(404, "POST " + where, notification(vehicle(R"("speed":{"type":"Property","value":9})")));
  source_is("inclusive", R"([{"entities":[{"type":"Other"}]}])", R"(["federationOps"])");
  source_is("inclusive", kVehicles, R"(["retrieveOps"])", {}, "mute");
  EXPECT_EQ(source().lines() + source("mute").lines(), "POST /subscriptions");   // neither of these can take it
}

TEST_F(DistributedSubscriptions, OneIsMadeAtTheSourceAndDeletedThere) {
  NGSI("5814_01_01", "5.8.1.4 5.8.5.4");
  source_is("inclusive", kVehicles, R"(["federationOps","updateSubscription"])");
  source_makes("urn:there:1");
  const Answer made = expect(201, "POST /subscriptions", subscription(R"("watchedAttributes":["speed"],"q":"speed>5",)"));
  EXPECT_EQ(made.header("NGSILD-Warning"), "");
  EXPECT_EQ(source().lines(), "POST /subscriptions");
  const std::string where = place();
  same(source().seen[0].body, R"({"type":"Subscription","entities":[{"type":"Vehicle"}],"watchedAttributes":["speed"],"q":"speed>5","notification":{"format":"normalized","sysAttrs":true,"endpoint":{"uri":"http://here/ngsi-ld/v1)" +
                                  where + R"(","accept":"application/json"}}})");
  expect(200, "GET /subscriptions/urn:ngsi-ld:Subscription:1");
  // What it tells is told to the subscriber as ours, when it fits.
  expect(200, "POST " + where, notification(vehicle(R"("speed":{"type":"Property","value":9})")));
  subscriptions->pump();
  ASSERT_EQ(notifier.caught.size(), 1u);
  EXPECT_NE(notifier.caught[0].find(R"("subscriptionId":"urn:ngsi-ld:Subscription:1")"), std::string::npos) << notifier.caught[0];
  EXPECT_NE(notifier.caught[0].find(R"("speed":9)"), std::string::npos) << notifier.caught[0];
  expect(200, "POST " + where, notification(vehicle(R"("speed":{"type":"Property","value":1})")));
  subscriptions->pump();
  EXPECT_EQ(notifier.caught.size(), 1u);
  expect(404, "POST /federation/notifications/guessed", notification(vehicle(R"("speed":{"type":"Property","value":9})")));

  source().on("PATCH ", 204), source().on("DELETE ", 204);
  expect(204, "PATCH /subscriptions/urn:ngsi-ld:Subscription:1", R"({"q":"speed>7"})");
  same(source().seen.back().body, R"({"q":"speed>7"})");
  expect(204, "DELETE /subscriptions/urn:ngsi-ld:Subscription:1");
  EXPECT_EQ(source().lines(), "POST /subscriptions\nPATCH /subscriptions/urn:there:1\nDELETE /subscriptions/urn:there:1");
  expect(404, "POST " + where, notification(vehicle(R"("speed":{"type":"Property","value":9})")));
}

TEST_F(DistributedSubscriptions, PartsOfSplitEntitiesAreToldWhole) {
  NGSI("5814_01_02", "5.8.6");
  create("urn:ngsi-ld:Vehicle:1", R"("brandName":{"type":"Property","value":"Audi"})", "Vehicle");
  source_is("inclusive", kVehicles);
  source_makes("urn:there:1");
  expect(201, "POST /subscriptions", subscription(R"("splitEntities":true,"q":"speed>5;brandName==\"Audi\"",)"));
  const std::string where = place();
  EXPECT_EQ(source().seen[0].body.find("brandName"), std::string::npos) << source().seen[0].body;
  expect(200, "POST " + where, notification(vehicle(R"("speed":{"type":"Property","value":9})")));
  expect(200, "POST " + where, notification(vehicle(R"("speed":{"type":"Property","value":1})")));
  subscriptions->pump();
  ASSERT_EQ(notifier.caught.size(), 1u);
  EXPECT_NE(notifier.caught[0].find(R"("brandName":"Audi")"), std::string::npos) << notifier.caught[0];
  EXPECT_NE(notifier.caught[0].find(R"("speed":9)"), std::string::npos) << notifier.caught[0];
}

TEST_F(DistributedSubscriptions, ASourceThatDoesNotTakeItIsWarnedOf) {
  source_is("inclusive", kVehicles);
  source().on("POST /subscriptions", 500, "x");
  EXPECT_EQ(expect(201, "POST /subscriptions", subscription("")).header("NGSILD-Warning"), "199 - Miscellaneous Warning");
  expect(204, "DELETE /subscriptions/urn:ngsi-ld:Subscription:1");
  EXPECT_EQ(source().lines(), "POST /subscriptions");
  source().forget();
  expect(201, "POST /subscriptions?local=true", subscription(""));
  EXPECT_EQ(source().lines(), "");
}

}  // namespace
}  // namespace machiya::sense::ngsild
