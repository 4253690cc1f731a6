#include "app/sensing_wing.h"

#include <filesystem>

#include "app/device_wing.h"
#include "app/sensing_alarms.h"
#include "app/sensing_maps.h"
#include "app/demonstration_counters.h"
#include "base/log.h"
#include "sense/forecast/definition.h"
#include "sense/models/entity_type.h"
#include "sense/open_data/open_data.h"
#include "sense/subscriptions/pages/web.h"

namespace machiya::app {
namespace {

constexpr int kAskedPerMinute = 3'000;   // reads of one asker: a map that moves asks for some tiles a second
constexpr std::int64_t kForecastEvery = 5 * kMinute;
constexpr std::size_t kLearnInOneGo = 20;   // about ten milliseconds each: others wait for this thread

/// As the entity types say; a change of them holds from the next start on.
std::vector<sense::HistoryRule> history_rules(const city::City& city) {
  std::vector<sense::HistoryRule> out;
  for (const sense::EntityType* type : sense::entity_types_of(city))
    for (const sense::AttributeType& attribute : type->attributes)
      if (attribute.retention_days > 0) out.push_back({type->iri, attribute.iri, attribute.retention_days * kDay});
  return out;
}

/// What lenient types took waits in the inbox of devices' misfits.
Result<void> keep_misfits(DeviceWing* devices, const std::vector<sense::LenientMisfit>& misfits, Instant now) {
  if (!devices) return Error(ErrorCode::unavailable, "the inbox of misfits is not there yet");
  std::vector<sense::ingest::EntityMisfit> out;
  for (const sense::LenientMisfit& m : misfits) {
    auto& one = out.emplace_back(sense::ingest::EntityMisfit{m.type->id, m.type->version, m.id, {}});
    for (const sense::Misfit& what : m.misfits) one.causes.push_back({"model-" + what.code, what.attribute, what.ja, what.en});
  }
  return devices->inbox().put_entities(out, now);
}

}  // namespace

SensingWing::SensingWing(SensingParts parts) : p_(std::move(parts)) {}
SensingWing::~SensingWing() { close(); }

std::vector<store::Migration> SensingWing::migrations() {
  auto out = sense::Sensing::migrations();
  const auto alarms = sense::rules::Alarms::migrations();
  out.insert(out.end(), alarms.begin(), alarms.end());
  const auto devices = DeviceWing::migrations();
  out.insert(out.end(), devices.begin(), devices.end());
  return out;
}

Result<std::unique_ptr<SensingWing>> SensingWing::open(SensingParts parts) {
  std::unique_ptr<SensingWing> out(new SensingWing(std::move(parts)));
  SensingParts& p = out->p_;
  sense::Sensing::Options options;
  options.folder = p.settings.data + "/sense", options.door = &p.door, options.streams = &p.streams;
  options.history_rules = history_rules(*p.city());
  out->access_ = std::make_unique<SensingAccess>(SensingAccess::Parts{p.audit, p.store, p.identity, p.clock, p.city, p.may, p.purpose,
    [wing = out.get()](const std::vector<sense::LenientMisfit>& misfits) { return keep_misfits(wing->devices_.get(), misfits, wing->p_.clock.now()); }});
  options.gate_of = [access = out->access_.get()](const http::Request& request) -> Result<sense::GatePtr> { return access->gate_of(request); };
  options.maker_gate_of = [access = out->access_.get()](const std::string& key) { return access->gate_of_maker(key); };
  options.own_context = [url = p.base_url + std::string(sense::kCityContextPath), city = p.city](const std::string& asked) -> std::optional<std::string> {
    if (asked != url) return std::nullopt;
    return sense::city_context(*city());
  };
  std::error_code made;
  std::filesystem::create_directories(options.folder, made);
  if (made) return Error(ErrorCode::storage_failed, "cannot make the folder of the broker: " + made.message(), options.folder);
  MACHIYA_TRY(out->broker_, sense::Sensing::open(p.store, options, p.clock, p.rng));
  out->maps_ = std::make_unique<SensingMaps>(p, *out->broker_, *out->access_);
  MACHIYA_TRY(out->devices_, DeviceWing::open({p.settings, {p.store, p.audit, p.clock, p.rng, p.city, p.may}, *out->broker_, p.metrics, p.templates, p.texts}));
  MACHIYA_TRY(out->alarms_, SensingAlarms::open(p, *out->broker_));
  out->forecaster_ = std::make_unique<sense::forecast::Forecaster>(out->broker_->entities(), out->broker_->history(), p.clock, sense::forecast::Forecaster::Ports{[city = p.city] {
    std::vector<sense::forecast::Plan> plans;
    const auto now = city();
    for (const auto* definition : sense::forecast::forecasts_of(*now)) plans.push_back(definition->plan);
    return plans;
  }, p.day_kind});
  return out;
}

void SensingWing::add_routes(http::Router& router, const SensingFrames& frames) {
  alarms_->add_routes(router, frames);
  devices_->add_routes(router, frames.staff);
  maps_->add_routes(router, frames);
  sense::subscription_pages::add_routes(router, {broker_->subscriptions(), broker_->entities(), broker_->contexts(), p_.store, p_.audit, p_.templates, p_.texts, p_.clock, frames.staff,
                                                 [may = p_.may](const identity::Principal& who) { return may(who, sense::kRestrictedPermission, who.department); }});
  // Everybody may ask for entities and their past: gates decide what there is for them.
  broker_->add_routes(router, "client:" + std::string(kReadEntitiesScope), "client:" + std::string(kWriteEntitiesScope), "public", kAskedPerMinute);
  sense::open_data::add_routes(router, {broker_->entities(), broker_->contexts(), access_->access(), p_.templates, p_.texts, p_.clock, frames.visitor, p_.city, p_.settings.data + "/sense/open", p_.base_url});
}

void SensingWing::start() { broker_->start(), alarms_->start(), maps_->start(), devices_->start(); }

sense::rules::Alarms& SensingWing::alarms() { return alarms_->alarms(); }

void SensingWing::use(const city::City& city) { alarms_->use(city); }

Result<std::int64_t> SensingWing::seed_counters(const std::function<void(std::int64_t, std::int64_t)>& progress) {
  counters_ = std::make_unique<DemonstrationCounters>(broker_->entities(), broker_->history(), devices_->registry(), devices_->ingest(), p_.clock, p_.city());
  return counters_->seed(progress);
}

void SensingWing::keep_up() {
  if (counters_)
    if (auto sent = counters_->go_on(); !sent.ok()) log(LogLevel::warn, "counters-not-heard", {{"why", sent.error().to_string()}});
  devices_->keep_up();
  if (p_.clock.now().us < forecast_due_us_) return;
  const auto round = forecaster_->round(kLearnInOneGo);
  if (!round.ok()) log(LogLevel::warn, "forecasts-not-made", {{"why", round.error().to_string()}});
  forecast_due_us_ = round.ok() && round->more ? 0 : p_.clock.now().us + kForecastEvery;
}

void SensingWing::tend() {
  alarms_->tend();
  devices_->tend();
  if (auto done = broker_->tend(); !done.ok()) log(LogLevel::warn, "broker-not-tended", {{"why", done.error().to_string()}});
}

void SensingWing::close() {
  if (maps_) maps_->close();
  counters_.reset(), devices_.reset(), forecaster_.reset(), alarms_.reset(), broker_.reset(), maps_.reset();
}

}  // namespace machiya::app
