#include "app/demonstration_counters.h"

#include <algorithm>
#include <map>

#include "base/json.h"
#include "platform/identity/principal.h"
#include "sense/broker/entity_store.h"
#include "sense/entities/change.h"
#include "sense/entities/stamp.h"
#include "sense/history/history.h"
#include "sense/ingest/ingest.h"
#include "sense/ingest/registry.h"
#include "sense/models/entity_type.h"

namespace machiya::app {
namespace {

constexpr std::uint64_t kSeed = 20260401;
constexpr std::int64_t kWeeks = 4;
constexpr std::int64_t kHistoryEvery = 3 * bicycle_parking::Counters::kEvery;   // what forecasts learn from: a quarter of an hour
constexpr const char *kType = "bicycle-parking", *kProfile = "parking-counter", *kPath = "parking-counter";
constexpr std::int64_t kHeard = 6 * kHour;        // of the last hours every report is sent as the counters would have sent it
constexpr std::int64_t kAhead = 2 * kMinute;      // as devices/parking-counter.yaml says
constexpr std::size_t kBatch = 2'000;

std::vector<bicycle_parking::Parking> places_of(const city::City& city) {
  std::vector<bicycle_parking::Parking> out;
  for (const city::Ward& ward : city.wards())
    for (auto& one : bicycle_parking::parkings_around(ward.id, {ward.lat, ward.lon}, DemonstrationCounters::kInEachWard, kSeed)) out.push_back(std::move(one));
  return out;
}

std::string entity_id(const bicycle_parking::Parking& parking) { return "urn:ngsi-ld:BicycleParking:" + parking.id; }
std::string device_id(const bicycle_parking::Parking& parking) { return "counter-" + parking.id; }
/// "北区 見本駐輪場 1": whoever reads it sees that there is none.
std::string name_of(const bicycle_parking::Parking& parking, const city::City& city, std::string_view lang) {
  const city::Ward* ward = city.ward(parking.ward);
  const std::string number = parking.id.substr(parking.id.rfind('-') + 1), place = ward == nullptr ? parking.ward : ward->name.in(lang);
  if (lang == "en") return place + " sample bicycle parking " + number;
  return place + " 見本駐輪場 " + number;
}

/// Whoever registers devices of the room's department.
identity::Principal steward(const city::City& city) {
  identity::Principal who;
  who.kind = identity::PrincipalKind::staff, who.public_id = "demonstration", who.name = "demonstration", who.roles = {"clerk"};
  const auto* type = city.get<sense::EntityType>("entity-type", kType);
  if (type != nullptr) who.department = type->owner;
  return who;
}

}  // namespace

DemonstrationCounters::DemonstrationCounters(sense::EntityStore& entities, sense::History& history, sense::ingest::Registry& registry, sense::ingest::Ingest& ingest, const Clock& clock,
                                             std::shared_ptr<const city::City> city)
    : entities_(entities), history_(history), registry_(registry), ingest_(ingest), clock_(clock), city_(std::move(city)), counters_(places_of(*city_), kSeed) {}

Result<void> DemonstrationCounters::make_places() {
  const auto* type = city_->get<sense::EntityType>("entity-type", kType);
  if (type == nullptr) return Error(ErrorCode::not_found, "the city has no bicycle parkings", kType);
  for (const bicycle_parking::Parking& parking : counters_.parkings()) {
    const std::string id = entity_id(parking);
    if (entities_.get("", id)) continue;
    const auto make = [&](const sense::EntityPtr& current, const sense::ChangeContext& context) -> Result<sense::Change> {
      if (current) return sense::Change{.before = current, .after = current};
      tree::Arena arena;
      const auto attribute = [&](std::string_view name, sense::AttributeKind kind, tree::Value value) {
        sense::Instance instance;
        instance.kind = kind, instance.value = value;
        return sense::DraftAttribute{type->attribute_named(name)->iri, {instance}};
      };
      sense::Draft draft;
      draft.id = id, draft.types = {type->iri};
      draft.attributes.push_back(attribute("name", sense::AttributeKind::language_property,
                                           arena.object({{"ja", arena.string(name_of(parking, *city_, "ja"))}, {"en", arena.string(name_of(parking, *city_, "en"))}})));
      const std::vector<tree::Value> position = {arena.number(parking.place.lon), arena.number(parking.place.lat)};
      draft.attributes.push_back(attribute("location", sense::AttributeKind::geo_property, arena.object({{"type", arena.string("Point")}, {"coordinates", arena.array(position)}})));
      draft.attributes.push_back(attribute("ward", sense::AttributeKind::property, arena.string(parking.ward)));
      draft.attributes.push_back(attribute("totalSpaces", sense::AttributeKind::property, arena.number(std::int64_t{parking.spaces})));
      return sense::create_entity(draft, context);
    };
    MACHIYA_CHECK(entities_.write("", id, make));
  }
  return {};
}

Result<void> DemonstrationCounters::make_devices() {
  const identity::Principal who = steward(*city_);
  for (const bicycle_parking::Parking& parking : counters_.parkings()) {
    if (registry_.find(device_id(parking))) continue;
    sense::ingest::DeviceForm form;
    form.id = device_id(parking), form.profile = kProfile, form.name = name_of(parking, *city_, "ja"), form.at = parking.place;
    form.details = json::Value::object({{"parking", parking.id}, {"spaces", static_cast<std::int64_t>(parking.spaces)}});
    MACHIYA_CHECK(registry_.create(form, who, "demonstration"));
  }
  return {};
}

Result<std::int64_t> DemonstrationCounters::remember(std::size_t parking, const std::vector<bicycle_parking::Report>& reports) {
  const auto* type = city_->get<sense::EntityType>("entity-type", kType);
  const std::string id = entity_id(counters_.parkings()[parking]);
  const int spaces = counters_.parkings()[parking].spaces;
  tree::Arena arena;
  std::map<std::int64_t, sense::Instance> by_time;   // what comes twice counts once
  for (const bicycle_parking::Report& report : reports) {
    if (report.measured_us > report.sent_us + kAhead) continue;   // a clock that jumped: the ingest would have kept it for the steward
    sense::Instance instance;
    instance.kind = sense::AttributeKind::property, instance.value = arena.number(std::int64_t{std::clamp(report.free, 0, spaces)});
    instance.observed_at = {report.measured_us, arena.text(sense::stamp_text(report.measured_us))};
    by_time[report.measured_us] = instance;
  }
  if (by_time.empty()) return 0;
  sense::Draft draft;
  draft.id = id, draft.types = {type->iri};
  draft.attributes.push_back({type->attribute_named("availableSpaces")->iri, {}});
  for (const auto& [time, instance] : by_time) draft.attributes.back().instances.push_back(instance);
  MACHIYA_CHECK(history_.put("", draft));
  return static_cast<std::int64_t>(by_time.size());
}

Result<void> DemonstrationCounters::send(const std::vector<bicycle_parking::Report>& reports) {
  for (std::size_t begin = 0; begin < reports.size(); begin += kBatch) {
    const std::size_t end = std::min(begin + kBatch, reports.size());
    std::vector<std::string> payloads;
    for (std::size_t i = begin; i < end; ++i) payloads.push_back(counters_.payload(reports[i]));
    std::vector<sense::ingest::Arrival> arrivals;
    for (std::size_t i = begin; i < end; ++i) {
      sense::ingest::DevicePtr device = registry_.find(device_id(counters_.parkings()[reports[i].parking]));
      if (device) arrivals.push_back({std::move(device), "simulated", kPath, {}, payloads[i - begin], Instant{reports[i].sent_us}, {}});
    }
    for (const sense::ingest::Outcome& outcome : ingest_.take(arrivals)) MACHIYA_CHECK(outcome.done);
  }
  return {};
}

Result<std::int64_t> DemonstrationCounters::seed(const std::function<void(std::int64_t, std::int64_t)>& progress) {
  if (registry_.find(device_id(counters_.parkings().front()))) {
    sent_until_us_ = clock_.now().us - kMinute;
    return 0;
  }
  MACHIYA_CHECK(make_places());
  MACHIYA_CHECK(make_devices());
  const std::int64_t now = clock_.now().us / kMinute * kMinute, begin = now - kWeeks * 7 * kDay;
  std::int64_t counts = 0;
  std::vector<std::vector<bicycle_parking::Report>> past(counters_.parkings().size());
  for (bicycle_parking::Report& report : counters_.arriving(begin, now - kHeard, kHistoryEvery)) past[report.parking].push_back(report);
  for (std::size_t parking = 0; parking < past.size(); ++parking) {
    MACHIYA_TRY(const std::int64_t kept, remember(parking, past[parking]));
    counts += kept;
    progress(static_cast<std::int64_t>(parking) + 1, static_cast<std::int64_t>(past.size()));
  }
  const auto lately = counters_.arriving(now - kHeard, now);
  MACHIYA_CHECK(send(lately));
  counts += static_cast<std::int64_t>(lately.size());
  sent_until_us_ = now;
  return counts;
}

Result<void> DemonstrationCounters::go_on() {
  if (sent_until_us_ == 0) return {};
  const std::int64_t until = std::min(clock_.now().us, sent_until_us_ + kMinute);
  MACHIYA_CHECK(send(counters_.arriving(sent_until_us_, until)));
  sent_until_us_ = until;
  return {};
}

}  // namespace machiya::app
