#include "app/sensing_wing.h"

#include <filesystem>

#include "app/sensing_alarms.h"
#include "base/log.h"

namespace machiya::app {

SensingWing::SensingWing(SensingParts parts) : p_(std::move(parts)) {}
SensingWing::~SensingWing() { close(); }

std::vector<store::Migration> SensingWing::migrations() {
  auto out = sense::Sensing::migrations();
  const auto alarms = sense::rules::Alarms::migrations();
  out.insert(out.end(), alarms.begin(), alarms.end());
  return out;
}

Result<std::unique_ptr<SensingWing>> SensingWing::open(SensingParts parts) {
  std::unique_ptr<SensingWing> out(new SensingWing(std::move(parts)));
  SensingParts& p = out->p_;
  sense::Sensing::Options options;
  options.folder = p.settings.data + "/sense", options.door = &p.door;
  std::error_code made;
  std::filesystem::create_directories(options.folder, made);
  if (made) return Error(ErrorCode::storage_failed, "cannot make the folder of the broker: " + made.message(), options.folder);
  MACHIYA_TRY(out->broker_, sense::Sensing::open(p.store, options, p.clock, p.rng));
  MACHIYA_TRY(out->alarms_, SensingAlarms::open(p, *out->broker_));
  return out;
}

void SensingWing::add_routes(http::Router& router, const SensingFrames& frames) {
  alarms_->add_routes(router, frames);
  broker_->add_routes(router, "client:" + std::string(kReadEntitiesScope), "client:" + std::string(kWriteEntitiesScope));
}

void SensingWing::start() { broker_->start(), alarms_->start(); }

sense::rules::Alarms& SensingWing::alarms() { return alarms_->alarms(); }

void SensingWing::use(const city::City& city) { alarms_->use(city); }

void SensingWing::tend() {
  alarms_->tend();
  if (auto done = broker_->tend(); !done.ok()) log(LogLevel::warn, "broker-not-tended", {{"why", done.error().to_string()}});
}

void SensingWing::close() { alarms_.reset(), broker_.reset(); }

}  // namespace machiya::app
