#include "sense/ingest/ingest_fixture.h"

#include "platform/http/http.h"
#include "sense/ingest/device_key.h"
#include "sense/ingest/http_door.h"
#include "sense/ingest/mqtt_door.h"

namespace machiya::sense::ingest {
namespace {

using IngestTest = testing::World;
constexpr const char* kOne = "urn:ngsi-ld:WeatherObserved:w1";

TEST_P(IngestTest, AMessageBecomesAnAttributeAndItsPast) {
  device("w1");
  const Outcome first = send("w1", R"({"t":)" + seconds(60) + R"(,"temp":21.5,"hum":40})");
  ASSERT_TRUE(first.done.ok()) << first.done.error().to_string();
  EXPECT_EQ(codes(first.causes), "");
  EXPECT_EQ(first.attributes, 3u);
  EXPECT_NE(entity(kOne).find(R"("temperature":{"value":21.5,"unitCode":"CEL","observedAt":")"), std::string::npos) << entity(kOne);
  EXPECT_NE(entity(kOne).find(R"("coordinates":[135.5,34.7])"), std::string::npos) << entity(kOne);
  ASSERT_EQ(codes(send("w1", R"({"t":)" + seconds() + R"(,"temp":22})").causes), "");
  EXPECT_EQ(past(kOne, "temperature"), (std::vector<double>{21.5, 22}));
  restart();
  EXPECT_NE(entity(kOne).find(R"("value":22)"), std::string::npos);
  EXPECT_EQ(past(kOne, "temperature"), (std::vector<double>{21.5, 22}));
}

TEST_P(IngestTest, WhatIsSentAgainIsThereOnceAndWhatComesLateIsPast) {
  device("w1");
  const std::string older = R"({"t":)" + seconds(600) + R"(,"temp":10})", newer = R"({"t":)" + seconds(60) + R"(,"temp":11})";
  for (const std::string& payload : {newer, newer, older, older, newer}) {
    const Outcome one = send("w1", payload);
    ASSERT_TRUE(one.done.ok() && one.causes.empty()) << codes(one.causes);
    EXPECT_EQ(one.attributes, 2u);
  }
  EXPECT_NE(entity(kOne).find(R"("value":11)"), std::string::npos) << "what came late took the place of what is newer";
  EXPECT_EQ(past(kOne, "temperature"), (std::vector<double>{10, 11}));
}

TEST_P(IngestTest, RulesMarkOrRefuse) {
  json::Value details = json::Value::object();
  details.set("highest", 30);
  device("w1", "weather", details);
  EXPECT_EQ(codes(send("w1", R"({"t":)" + seconds(300) + R"(,"temp":31,"hum":40})").causes), "range@temperature") << "the device's own border";
  EXPECT_EQ(codes(send("w1", R"({"t":)" + seconds(240) + R"(,"temp":20,"hum":140})").causes), "");
  EXPECT_NE(entity(kOne).find(R"("quality":"bad")"), std::string::npos) << entity(kOne);
  EXPECT_NE(entity(kOne).find(R"("qualityReason":"range")"), std::string::npos) << entity(kOne);
  EXPECT_EQ(entity(kOne).find("\"rate\""), std::string::npos);
  EXPECT_EQ(codes(send("w1", R"({"t":)" + seconds(180) + R"(,"temp":29})").causes), "") << "nine degrees in a minute are marked";
  EXPECT_NE(entity(kOne).find(R"("qualityReason":"rate")"), std::string::npos) << entity(kOne);
  EXPECT_EQ(codes(send("w1", R"({"t":)" + seconds(-600) + R"(,"temp":20})").causes), "clock-ahead@temperature clock-ahead@location");
  EXPECT_EQ(codes(send("w1", R"({"t":)" + seconds(8 * 86'400) + R"(,"temp":20})").causes), "clock-behind@temperature clock-behind@location");
  EXPECT_EQ(codes(send("w1", R"({"t":)" + seconds() + "}").causes), "no-value@temperature");
  EXPECT_EQ(codes(send("w1", R"({"temp":1})").causes), "clock-unreadable");
  EXPECT_EQ(codes(send("w1", "{").causes), "unreadable");
  EXPECT_EQ(codes(send("w1", R"({"alive":true})").causes), "");
  EXPECT_EQ(inbox_->waiting("w1"), 6u);
}

TEST_P(IngestTest, TheModelOfTheCityIsChecked) {
  folder_.write("city.yaml", "city: x\nname: X\nvocabulary: https://data.example.org/terms/\n");
  folder_.write("departments.yaml", "source: X\ndepartments:\n  - { id: town, name: { ja: 市, en: Town } }\n");
  folder_.write("entities/weather.yaml", R"(entity-type: weather
version: 1
name: { ja: 気象, en: Weather }
type: WeatherObserved
owner: town
access: open
attributes:
  - { name: temperature, label: 気温, kind: number, unit: CEL, max: 25 }
  - { name: location, label: 場所, kind: geo }
)");
  define("weather", testing::kWeather);
  device("w1");
  const Outcome out = send("w1", R"({"t":)" + seconds() + R"(,"temp":26})");
  EXPECT_NE(codes(out.causes).find("model-too-large"), std::string::npos) << codes(out.causes);
  EXPECT_EQ(entity(kOne).find("\"value\":26"), std::string::npos);
  EXPECT_EQ(codes(send("w1", R"({"t":)" + seconds() + R"(,"temp":24,"hum":40})").causes), "model-unknown-attribute@https://uri.etsi.org/ngsi-ld/default-context/humidity") << "strict";
  EXPECT_NE(entity(kOne).find("https://data.example.org/terms/temperature"), std::string::npos) << "names mean what the city says: " << entity(kOne);
}

TEST_P(IngestTest, AMisfitIsKeptOnceCountedAndReplayedWhenTheMappingIsRight) {
  device("w1");
  const std::string payload = R"({"t":)" + seconds() + R"(,"celsius":18})";
  const Outcome first = send("w1", payload), again = send("w1", payload);
  ASSERT_FALSE(first.kept.empty());
  EXPECT_EQ(first.kept, again.kept) << "the same payload is one misfit";
  restart();
  auto kept = inbox_->find(first.kept);
  ASSERT_TRUE(kept.ok());
  EXPECT_EQ(kept->payload, payload);
  EXPECT_EQ(kept->repeats, 2);
  EXPECT_EQ(codes(kept->causes), "no-value@temperature");
  EXPECT_TRUE(kept->taken) << "the place was taken";
  clock_.advance(3 * kDay);
  auto early = ingest_->replay(*kept, staff_, "r");
  ASSERT_TRUE(early.ok());
  EXPECT_EQ(codes(early->causes), "no-value@temperature") << "nothing was changed yet";
  std::string corrected(testing::kWeather);
  corrected.replace(corrected.find("payload.temp,"), 13, "payload.celsius,"), corrected.replace(corrected.find("version: 1"), 10, "version: 2");
  define("weather", corrected);
  auto done = ingest_->replay(*kept, staff_, "r");
  ASSERT_TRUE(done.ok()) << done.error().to_string();
  EXPECT_EQ(codes(done->causes), "");
  EXPECT_EQ(past(kOne, "temperature"), (std::vector<double>{18}));
  EXPECT_EQ(inbox_->waiting(), 0u);
  EXPECT_EQ(inbox_->find(first.kept)->state, "replayed");
  EXPECT_EQ(ingest_->replay(*inbox_->find(first.kept), staff_, "r").error().code, ErrorCode::conflict);
}

TEST_P(IngestTest, ADiscardNeedsAReasonAndWhoIsForeignMayNot) {
  device("w1");
  const std::string id = send("w1", "nonsense").kept;
  const auto misfit = inbox_->find(id);
  EXPECT_EQ(ingest_->discard(*misfit, "", staff_, "r").error().where, "reason");
  may_ = false;
  EXPECT_EQ(ingest_->discard(*misfit, "why", staff_, "r").error().code, ErrorCode::forbidden);
  EXPECT_EQ(ingest_->replay(*misfit, staff_, "r").error().code, ErrorCode::forbidden);
  may_ = true;
  ASSERT_TRUE(ingest_->discard(*misfit, "a test of the maker", staff_, "r").ok());
  EXPECT_EQ(inbox_->find(id)->reason, "a test of the maker");
  const auto rows = store().read([](store::ReadTx& tx) { return tx.query("SELECT action FROM audit_row ORDER BY id"); });
  ASSERT_TRUE(rows.ok()) << rows.error().to_string();
  EXPECT_EQ((*rows).back().text(0), "misfit.discard");
}

TEST_P(IngestTest, WhenTheInboxIsFullNothingIsPromised) {
  end();
  limits_.of_device = 2;
  start();
  device("w1"), device("w2");
  ASSERT_TRUE(send("w1", "a").done.ok());
  ASSERT_TRUE(send("w1", "b").done.ok());
  EXPECT_EQ(send("w1", "c").done.error().code, ErrorCode::unavailable);
  // Together with another device's: that one is kept.
  const Arrival both[] = {{registry_->find("w1"), "mqtt", "t", {}, "d", clock_.now(), ""}, {registry_->find("w2"), "mqtt", "t", {}, "e", clock_.now(), ""}};
  const auto outcomes = ingest_->take(both);
  EXPECT_FALSE(outcomes[0].done.ok());
  EXPECT_TRUE(outcomes[1].done.ok());
  EXPECT_FALSE(outcomes[1].kept.empty());
  const auto first = inbox_->list({.device = "w1"}, 10);
  ASSERT_TRUE(ingest_->discard(first->front(), "room", staff_, "r").ok());
  EXPECT_TRUE(send("w1", "c").done.ok());
  EXPECT_EQ(registry_->activity("w1").refused, 2);
}

/// Planted and seen: without the bound all four entities have a row.
TEST_P(IngestTest, EntitiesThatDoNotFitALenientTypeWaitOnceAreBoundedAndLookedAtAgain) {
  folder_.write("city.yaml", "city: x\nname: X\n");
  folder_.write("departments.yaml", "source: X\ndepartments:\n  - { id: town, name: { ja: 市, en: Town } }\n");
  folder_.write("entities/gauge.yaml",
                "entity-type: gauge\nversion: 3\nname: { ja: 水位計, en: Gauge }\ntype: Gauge\niri: https://example.org/Gauge\nowner: town\ncheck: lenient\naccess: open\nattributes:\n"
                "  - { name: level, iri: https://example.org/level, label: 水位, kind: number, max: 9, required: yes }\n");
  end();
  limits_.of_device = 2;
  define("weather", testing::kWeather);
  start();
  const Causes causes{{"model-missing", "level", "ありません", "it is not there"}};
  const auto put = [&](const std::string& id) { return inbox_->put_entities({{"gauge", 3, id, causes}}, clock_.now()); };
  ASSERT_TRUE(put("urn:x:a").ok());
  ASSERT_TRUE(put("urn:x:a").ok());
  ASSERT_TRUE(put("urn:x:b").ok());
  for (const char* id : {"urn:x:c", "urn:x:d"}) ASSERT_TRUE(put(id).ok()) << "who is taken is never refused for want of room";
  ASSERT_TRUE(put("urn:x:b").ok()) << "whoever waits is counted beyond the bound, too";
  restart();
  const auto open = inbox_->list({}, 10);
  ASSERT_TRUE(open.ok()) << open.error().to_string();
  std::map<std::string, std::int64_t> times;
  for (const Misfit& m : *open) times[m.place] = m.repeats;
  EXPECT_EQ(times, (std::map<std::string, std::int64_t>{{"", 2}, {"urn:x:a", 2}, {"urn:x:b", 2}}));
  EXPECT_EQ(inbox_->waiting(), 3u);
  const auto row = [&](const std::string& place) { return *std::find_if(open->begin(), open->end(), [&](const Misfit& m) { return m.place == place; }); };
  // An entity that is gone fits; the row that only counts has to be decided on by a person.
  const auto again = ingest_->replay(row("urn:x:a"), staff_, "r");
  ASSERT_TRUE(again.ok()) << again.error().to_string();
  EXPECT_TRUE(again->causes.empty());
  EXPECT_EQ(inbox_->find(row("urn:x:a").public_id)->state, "fits");
  EXPECT_EQ(codes(ingest_->replay(row(""), staff_, "r")->causes), "more");
  EXPECT_EQ(ingest_->discard(row(""), "", staff_, "r").error().where, "reason");
  EXPECT_TRUE(ingest_->discard(row(""), "known", staff_, "r").ok());
  EXPECT_EQ(inbox_->waiting(), 1u);
  may_ = false;
  EXPECT_EQ(ingest_->discard(row("urn:x:b"), "why", staff_, "r").error().code, ErrorCode::forbidden);
}

/// Planted and seen: a query that does not narrow; pages that leave out what came at the same moment as their last row.
TEST_P(IngestTest, WhoSeesSomeDepartmentsHasAFullPageOfTheirs) {
  device("w1");
  staff_.department = "y";
  device("w2");
  ASSERT_TRUE(send("w1", "mine").done.ok());
  // Newer ones of another department, more than the page: rows that were thrown away after the limit would leave nothing.
  clock_.advance(kMinute);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(send("w2", "theirs " + std::to_string(i)).done.ok());
  ASSERT_TRUE(inbox_->put_entities({{"gauge", 1, "urn:x:a", {}}, {"pump", 1, "urn:x:a", {}}}, clock_.now()).ok());
  const auto places = [&](MisfitFilter filter, int limit) {
    const auto found = inbox_->list(filter, limit);
    EXPECT_TRUE(found.ok()) << (found.ok() ? "" : found.error().to_string());
    std::multiset<std::string> out;
    for (const Misfit& m : *found) out.insert(m.device.empty() ? m.profile : m.payload);
    return out;
  };
  using Set = std::multiset<std::string>;
  EXPECT_EQ(places({.sight = MisfitSight{{"x"}, {}, false}}, 2), Set({"mine"}));
  EXPECT_EQ(places({.sight = MisfitSight{{}, {"gauge"}, false}}, 9), Set({"gauge"}));
  EXPECT_EQ(places({.sight = MisfitSight{{"x"}, {"gauge"}, true}}, 9), Set({"mine", "pump"}));
  EXPECT_EQ(places({.sight = MisfitSight{}}, 9), Set());
  EXPECT_EQ(places({}, 20).size(), 8u);
  // Page by page, though many came at one moment: each once.
  std::set<std::string> seen;
  MisfitFilter filter;
  for (int page = 0; page < 9; ++page) {
    const auto found = inbox_->list(filter, 3);
    ASSERT_TRUE(found.ok());
    for (const Misfit& m : *found) EXPECT_TRUE(seen.insert(m.public_id).second) << "twice";
    if (found->empty()) break;
    filter.before = found->back().last.us, filter.before_id = found->back().public_id;
  }
  EXPECT_EQ(seen.size(), 8u);
}

TEST_P(IngestTest, NobodyWritesTheEntityOfAnotherDevice) {
  device("m1", "meters"), device("m2", "meters");
  EXPECT_EQ(codes(send("m1", "other,meter=a litres=1 1790000000000000000").causes), "");
  EXPECT_EQ(codes(send("m2", "other,meter=a litres=2 1790000000000000000").causes), "other-device");
  restart();
  EXPECT_EQ(codes(send("m2", "other,meter=a litres=2 1790000000000000000").causes), "other-device");
  EXPECT_EQ(past("urn:ngsi-ld:Meter:a", "litres"), (std::vector<double>{1}));
  EXPECT_EQ(registry_->entities_of("m1"), std::vector<std::string>{"urn:ngsi-ld:Meter:a"});
}

TEST_P(IngestTest, LinesBecomeSeriesWithTheDevicesOwnTag) {
  device("m1", "meters");
  const Outcome out = send("m1", "water,pipe=b litres=1.5,alarm=t 1789999999000000000\nbroken\nwater,device=m2 litres=2 1789999999000000000\nwater litres=3");
  EXPECT_TRUE(out.done.ok());
  EXPECT_EQ(codes(out.causes), "unreadable@line 2 tag@line 3");
  EXPECT_EQ(out.points, 3u);
  const auto m = numbers_->find_measurement("", std::string("water\x1f") + "litres");
  ASSERT_TRUE(m);
  const auto one = numbers_->find(*m, "device=m1,pipe=b");
  ASSERT_TRUE(one);
  EXPECT_EQ(numbers_->range(*one, {})->size(), 1u);
  EXPECT_EQ(numbers_->series_count(*m), 2u);
}

TEST_P(IngestTest, KeysAreShownOnceAndEnd) {
  device("w1"), device("w2");
  const std::string key = *registry_->make_key("w1", "on the roof", 1, staff_, "r"), other = *registry_->make_key("w1", "", 0, staff_, "r");
  ASSERT_TRUE(registry_->enter(key, "w1").ok());
  EXPECT_TRUE(registry_->enter(key, "").ok());
  EXPECT_FALSE(registry_->enter(key, "w2").ok());
  EXPECT_FALSE(registry_->enter(key.substr(0, 27) + other.substr(27), "w1").ok()) << "the secret of another key";
  EXPECT_FALSE(registry_->enter("nonsense", "").ok());
  restart();
  EXPECT_FALSE(registry_->still_in("w1"));
  ASSERT_TRUE(registry_->enter(key, "w1").ok());
  EXPECT_TRUE(registry_->still_in("w1"));
  const auto rows = store().read([](store::ReadTx& tx) { return tx.query("SELECT key, salt, hash FROM sense_device_key"); });
  for (const store::Row& row : *rows)
    for (const std::string& shown : {key, other}) EXPECT_EQ((row.text(0) + row.text(1) + row.text(2)).find(shown.substr(27)), std::string::npos);
  clock_.advance(kDay);
  EXPECT_FALSE(registry_->enter(key, "w1").ok()) << "a day has passed";
  EXPECT_FALSE(registry_->still_in("w1"));
  ASSERT_TRUE(registry_->enter(other, "w1").ok());
  ASSERT_TRUE(registry_->revoke_key("w1", other.substr(0, 26), staff_, "r").ok());
  EXPECT_FALSE(registry_->enter(other, "w1").ok());
  EXPECT_FALSE(registry_->still_in("w1"));
  const std::string last = *registry_->make_key("w2", "", 0, staff_, "r");
  ASSERT_TRUE(registry_->retire("w2", staff_, "r").ok());
  EXPECT_FALSE(registry_->enter(last, "w2").ok());
  EXPECT_EQ(registry_->retire("w2", staff_, "r").error().code, ErrorCode::conflict);
}

TEST_P(IngestTest, TheRegistrySaysWhatIsWrongInAForm) {
  const auto where = [&](DeviceForm form) { return registry_->create(form, staff_, "r").error().where; };
  EXPECT_EQ(where({"a/b", "weather", "n"}), "id");
  EXPECT_EQ(where({"a", "no-such", "n"}), "profile");
  EXPECT_EQ(where({"a", "weather", ""}), "name");
  EXPECT_EQ(where({"a", "weather", "n", "nobody"}), "gateway");
  EXPECT_EQ(where({"a", "weather", "n", "", GeoPoint{91, 0}}), "position");
  json::Value details = json::Value::object();
  details.set("highest", "much");
  EXPECT_EQ(where({"a", "weather", "n", "", {}, details}), "detail-highest");
  device("a");
  EXPECT_EQ(where({"a", "weather", "n"}), "id-taken");
  EXPECT_TRUE(registry_->change("a", 1, {"a", "weather", "new"}, staff_, "r").ok());
  EXPECT_EQ(registry_->change("a", 1, {"a", "weather", "newer"}, staff_, "r").error().code, ErrorCode::conflict);
  EXPECT_EQ(registry_->find("a")->name, "new");
}

TEST_P(IngestTest, FiguresAreKept) {
  device("w1");
  EXPECT_EQ(state_of(*registry_->find("w1"), registry_->activity("w1"), 2 * kHour, clock_.now()), DeviceState::registered);
  ASSERT_TRUE(send("w1", R"({"t":)" + seconds() + R"(,"temp":20})").done.ok());
  ASSERT_TRUE(registry_->flush().ok());
  ASSERT_TRUE(send("w1", "x").done.ok());
  ASSERT_EQ(registry_->hours("w1", 0)->size(), 1u);
  EXPECT_EQ(registry_->hours("w1", 0)->front().taken, 1);
  EXPECT_EQ(registry_->hours("w1", 0)->front().misfits, 1);
  ASSERT_TRUE(registry_->flush().ok());
  restart();
  EXPECT_EQ(registry_->activity("w1").taken, 1);
  EXPECT_EQ(registry_->activity("w1").misfits, 1);
  EXPECT_EQ(registry_->activity("w1").error, "unreadable");
  EXPECT_EQ(registry_->hours("w1", 0)->front().misfits, 1);
  EXPECT_EQ(state_of(*registry_->find("w1"), registry_->activity("w1"), 2 * kHour, clock_.now()), DeviceState::active);
  clock_.advance(3 * kHour);
  EXPECT_EQ(state_of(*registry_->find("w1"), registry_->activity("w1"), 2 * kHour, clock_.now()), DeviceState::silent);
}

TEST_P(IngestTest, OverHttpAKeyOpensAndTheAnswerNamesTheMember) {
  device("w1"), device("m1", "meters");
  const std::string key = *registry_->make_key("w1", "", 0, staff_, "r"), lines = *registry_->make_key("m1", "", 0, staff_, "r");
  http::Router router;
  add_device_routes(router, *ingest_, clock_);
  const auto post = [&](const std::string& path, const std::string& body, const std::string& key, const std::string& precision = "") {
    http::Request request;
    request.method = http::Method::post, request.path = path, request.body = body;
    if (!key.empty()) request.headers = {{"authorization", "Bearer " + key}};
    if (!precision.empty()) request.query_pairs = {{"precision", precision}};
    return router.dispatch(request);
  };
  const std::string good = R"({"t":)" + seconds() + R"(,"temp":20})";
  EXPECT_EQ(post("/api/ingest/v1/json", good, "").status, 401);
  EXPECT_EQ(post("/api/ingest/v1/json", good, key + "x").status, 401);
  EXPECT_EQ(post("/api/ingest/v1/json", good, key).status, 204);
  EXPECT_EQ(post("/api/ingest/v1/json/up", good, key).status, 204);
  EXPECT_EQ(post("/api/ingest/v1/json/down", good, key).status, 403);
  EXPECT_EQ(post("/api/ingest/v1/senml", "[]", key).status, 415);
  EXPECT_EQ(post("/api/ingest/v1/json", "{", key).status, 400);
  const auto misfit = post("/api/ingest/v1/json", R"({"t":)" + seconds() + R"(,"temp":99})", key);
  EXPECT_EQ(misfit.status, 422);
  EXPECT_NE(misfit.body.find(R"("place":"temperature")"), std::string::npos) << misfit.body;
  EXPECT_NE(misfit.body.find(R"("kept":")"), std::string::npos) << misfit.body;
  EXPECT_EQ(post("/api/ingest/v1/write", "water litres=1 1790000000", lines, "s").status, 204);
  EXPECT_EQ(post("/api/ingest/v1/write", "water litres=1 1", lines, "days").status, 400);
  const auto wrong = post("/api/ingest/v1/write", "water litres=1 1790000000\nwater", lines, "s");
  EXPECT_EQ(wrong.status, 422);
  EXPECT_NE(wrong.body.find("line 2"), std::string::npos) << wrong.body;
  numbers_->close();
  const auto broken = post("/api/ingest/v1/write", "water litres=2 1790000001", lines, "s");
  EXPECT_EQ(broken.status, 503) << broken.body;
}

TEST_P(IngestTest, OverMqttADeviceSpeaksForItselfAndAGatewayForItsOwn) {
  device("g1"), device("w1"), device("w2", "weather", json::Value::object(), "g1");
  const std::string key = *registry_->make_key("w1", "", 0, staff_, "r"), gateway = *registry_->make_key("g1", "", 0, staff_, "r");
  MqttDoor door(*ingest_, clock_);
  const auto enter = [&](std::optional<std::string> user, std::optional<std::string> password) {
    Result<MqttPrincipal> out = Error(ErrorCode::internal);
    door.authenticate({"c", std::move(user), std::move(password), "", false}, [&](Result<MqttPrincipal> r) { out = std::move(r); });
    return out;
  };
  EXPECT_FALSE(enter({}, {}).ok());
  EXPECT_FALSE(enter("w2", key).ok());
  ASSERT_TRUE(enter("w1", key).ok());
  ASSERT_TRUE(enter("g1", gateway).ok());
  EXPECT_TRUE(door.may_publish({"w1"}, "weather/w1/up"));
  EXPECT_FALSE(door.may_publish({"w1"}, "weather/w2/up"));
  EXPECT_FALSE(door.may_publish({"w1"}, "weather/w1/down"));
  EXPECT_TRUE(door.may_publish({"g1"}, "weather/w2/up"));
  EXPECT_FALSE(door.may_publish({"g1"}, "weather/w1/up"));
  EXPECT_FALSE(door.may_subscribe({"w1"}, "#"));
  const std::string payload = R"({"t":)" + seconds() + R"(,"temp":20})";
  const auto publish = [&](const std::string& who, const std::string& topic, const std::string& payload) {
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<Result<void>> out;
    const MqttMessage message{topic, payload, who, "c", "", 1, false};
    door.publish({&message, 1}, [&](Result<void> r) {
      std::lock_guard lock(mutex);
      out = std::move(r);
      changed.notify_all();
    });
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return out.has_value(); });
    return *out;
  };
  EXPECT_TRUE(publish("w1", "weather/w1/up", payload).ok());
  EXPECT_TRUE(publish("g1", "weather/w2/up", payload).ok());
  EXPECT_TRUE(publish("g1", "weather/w2/up", "broken").ok()) << "a steward has it";
  EXPECT_NE(entity(kOne), "(none)");
  EXPECT_NE(entity("urn:ngsi-ld:WeatherObserved:w2"), "(none)");
  EXPECT_EQ(inbox_->waiting("w2"), 1u);
  ASSERT_TRUE(registry_->retire("w1", staff_, "r").ok());
  EXPECT_FALSE(door.may_publish({"w1"}, "weather/w1/up"));
}

MACHIYA_ON_BOTH_ENGINES(IngestTest);

}  // namespace
}  // namespace machiya::sense::ingest
