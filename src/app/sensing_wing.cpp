#include "app/sensing_wing.h"

#include <filesystem>

#include "base/log.h"

namespace machiya::app {

SensingWing::~SensingWing() { close(); }

std::vector<store::Migration> SensingWing::migrations() { return sense::Sensing::migrations(); }

Result<std::unique_ptr<SensingWing>> SensingWing::open(SensingParts parts) {
  std::unique_ptr<SensingWing> out(new SensingWing(std::move(parts)));
  SensingParts& p = out->p_;
  sense::Sensing::Options options;
  options.folder = p.settings.data + "/sense", options.door = &p.door;
  std::error_code made;
  std::filesystem::create_directories(options.folder, made);
  if (made) return Error(ErrorCode::storage_failed, "cannot make the folder of the broker: " + made.message(), options.folder);
  MACHIYA_TRY(out->broker_, sense::Sensing::open(p.store, options, p.clock, p.rng));
  return out;
}

void SensingWing::add_routes(http::Router& router, const SensingFrames&) {
  broker_->add_routes(router, "client:" + std::string(kReadEntitiesScope), "client:" + std::string(kWriteEntitiesScope));
}

void SensingWing::start() { broker_->start(); }

void SensingWing::tend() {
  if (auto done = broker_->tend(); !done.ok()) log(LogLevel::warn, "broker-not-tended", {{"why", done.error().to_string()}});
}

void SensingWing::close() { broker_.reset(); }

}  // namespace machiya::app
