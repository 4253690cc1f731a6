// What the tests of ingest have in common: a city of profiles, a broker, history, series and inbox on one database.
#pragma once
#include <gtest/gtest.h>

#include "base/log.h"
#include "city/test_folder.h"
#include "platform/audit/audit.h"
#include "platform/store/testing.h"
#include "sense/broker/entity_store.h"
#include "sense/broker/journal_store.h"
#include "sense/entities/write.h"
#include "sense/history/history.h"
#include "sense/ingest/ingest.h"
#include "sense/models/entity_type.h"

namespace machiya {
std::vector<store::Migration> sql_migrations_series();
std::vector<store::Migration> sql_migrations_ingest();
std::vector<store::Migration> sql_migrations_audit();
}  // namespace machiya

namespace machiya::sense::ingest::testing {

inline constexpr std::string_view kWeather = R"(device-profile: weather
version: 1
name: { ja: 気象, en: Weather }
payload: json
topics: ["weather/{device}/up"]
paths: ["up"]
silent-after: PT2H
details:
  - { detail: highest, label: 上限, type: number }
clock: { ahead: PT5M, behind: P7D, otherwise: misfit }
ignore: payload.alive = true
map:
  - entity: '"urn:ngsi-ld:WeatherObserved:" + device.id'
    type: WeatherObserved
    observed-at: payload.t
    attributes:
      - { attribute: temperature, value: payload.temp, unit: CEL, range: { min: "-40", max: "if device.details.highest = null then 60 else device.details.highest", otherwise: misfit }, rate: { per-minute: 5, otherwise: mark } }
      - { attribute: humidity, value: payload.hum, unit: P1, optional: yes, range: { min: "0", max: "100", otherwise: mark } }
      - { attribute: location, kind: geo-property, value: '{ type: "Point", coordinates: [device.lon, device.lat] }', when: device.lat != null }
)";
inline constexpr std::string_view kMeters = R"(device-profile: meters
version: 1
name: { ja: 水道, en: Water }
payload: lines
topics: ["meters/{device}"]
series: [water]
map:
  - entity: '"urn:ngsi-ld:Meter:" + payload.tags.meter'
    type: Meter
    observed-at: payload.time
    attributes: [{ attribute: litres, value: payload.fields.litres }]
)";

class World : public store::testing::StoreTest {
 protected:
  World() {
    set_log_level(LogLevel::error);
    std::vector<store::Migration> all = sql_migrations_audit();
    for (const auto& list : {journal_migrations(), sql_migrations_series(), history_migrations(), sql_migrations_ingest()}) all.insert(all.end(), list.begin(), list.end());
    migrate(all);
    define("weather", kWeather);
    define("meters", kMeters);
    start();
  }
  ~World() override { end(); }
  /// Writes the definition and loads the city.
  void define(const std::string& id, std::string_view text) {
    folder_.write("devices/" + id + ".yaml", std::string(text));
    auto report = folder_.load({entity_type_kind(), profile_kind()});
    for (const city::Fault& fault : report.faults) ADD_FAILURE() << city::to_line(fault);
    if (report.city) city_ = report.city;
  }
  void start() {
    audit_ = std::make_unique<audit::Audit>(store(), clock_);
    contexts_ = std::make_unique<Contexts>(nullptr);
    auto journal = open_store_journal(store());
    ASSERT_TRUE(journal.ok()) << journal.error().to_string();
    entities_ = std::move(EntityStore::open(std::move(*journal), clock_, rng_).value());
    numbers_ = std::move(series::open_sql(store()).value());
    history_ = std::move(History::open(store(), *numbers_, clock_, rng_).value());
    history_->follow(*entities_);
    registry_ = std::move(Registry::open({store(), *audit_, clock_, rng_, [this] { return city_; }, [this](const identity::Principal&, std::string_view, std::string_view) { return may_; }}).value());
    inbox_ = std::move(Inbox::open(store(), rng_, limits_).value());
    ingest_ = std::make_unique<Ingest>(IngestParts{*registry_, *inbox_, *entities_, *history_, *numbers_, *contexts_, clock_, [this] { return city_; }});
  }
  void end() {
    ingest_.reset(), inbox_.reset(), registry_.reset();
    if (history_) history_->end_following();
    history_.reset(), numbers_.reset(), entities_.reset(), contexts_.reset(), audit_.reset();
  }
  /// Another life of the process on the same database.
  void restart() {
    end();
    reopen();
    start();
  }
  DevicePtr device(const std::string& id, const std::string& profile = "weather", json::Value details = json::Value::object(), const std::string& gateway = "") {
    DeviceForm form{id, profile, "Device " + id, gateway, GeoPoint{34.7, 135.5}, std::move(details)};
    auto done = registry_->create(form, staff_, "r");
    EXPECT_TRUE(done.ok()) << (done.ok() ? "" : done.error().to_string());
    return registry_->find(id);
  }
  Outcome send(const std::string& id, std::string_view payload, std::string_view place = "up") {
    const Arrival arrival{registry_->find(id), "http", place, {}, payload, clock_.now(), ""};
    return ingest_->take({&arrival, 1}).front();
  }
  std::string seconds(std::int64_t ago = 0) { return std::to_string(clock_.now().us / kSecond - ago); }
  /// In concise form, without times of the house: "(none)" when there is no such entity.
  std::string entity(const std::string& id) {
    const EntityPtr found = entities_->get("", id);
    if (!found) return "(none)";
    std::string out;
    write_entity(*found, Shape{.terms = contexts_->core().get(), .format = Format::concise}, out);
    return out;
  }
  /// Values of an attribute in the history, oldest first.
  std::vector<double> past(const std::string& id, const std::string& name) {
    EXPECT_TRUE(history_->settle().ok());
    const EntityQuery everything;
    HistoryAsking asking;
    asking.query = &everything;
    asking.window.bounded = false;
    auto answer = history_->retrieve("", id, asking);
    std::vector<double> out;
    if (!answer.ok()) return out;
    for (const HistoryEntity& e : answer->entities)
      for (const HistorySlice& slice : e.slices)
        if (slice.track->name.ends_with("/" + name))
          for (const history::Past& one : slice.instances) out.push_back(one.instance.value.number());
    return out;
  }
  static std::string codes(const Causes& causes) {
    std::string out;
    for (const Cause& c : causes) out += (out.empty() ? "" : " ") + c.code + (c.place.empty() ? "" : "@" + c.place);
    return out;
  }

  city::TestFolder folder_;
  FakeClock clock_{Instant{1'790'000'000 * kSecond}};
  SeededRng rng_{11};
  InboxLimits limits_;
  bool may_ = true;
  identity::Principal staff_{.kind = identity::PrincipalKind::staff, .id = 1, .public_id = "staff-one", .department = "x"};
  std::shared_ptr<const city::City> city_;
  std::unique_ptr<audit::Audit> audit_;
  std::unique_ptr<Contexts> contexts_;
  std::unique_ptr<EntityStore> entities_;
  std::unique_ptr<series::Store> numbers_;
  std::unique_ptr<History> history_;
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<Inbox> inbox_;
  std::unique_ptr<Ingest> ingest_;
};

}  // namespace machiya::sense::ingest::testing
