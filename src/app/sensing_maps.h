// Live maps inside the house: the city's own entities and their past, on pages of citizens and of staff.
#pragma once
#include <memory>

#include "app/sensing_wing.h"
#include "sense/livemap/livemap.h"

namespace machiya::app {

/// The broker must outlive everything but the destructor; opened before the broker's first write.
class SensingMaps {
 public:
  SensingMaps(const SensingParts& parts, sense::Sensing& broker, const SensingAccess& access);
  void add_routes(http::Router& router, const SensingFrames& frames);
  void start() { maps_->start(); }
  /// Nobody is told of changes any more.
  void close() { maps_->close(); }

 private:
  const SensingParts& p_;
  const SensingAccess& access_;
  std::unique_ptr<sense::livemap::Livemap> maps_;
};

}  // namespace machiya::app
