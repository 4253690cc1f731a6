// Alarms inside the house: over the broker's entities and history, with the city's definitions, on the staff's pages.
#pragma once
#include <memory>

#include "app/sensing_wing.h"
#include "sense/rules/alarms.h"
#include "sense/rules/history_windows.h"

namespace machiya::app {

/// The broker must outlive it; opened before the broker's first write.
class SensingAlarms {
 public:
  static Result<std::unique_ptr<SensingAlarms>> open(const SensingParts& parts, sense::Sensing& broker);
  void add_routes(http::Router& router, const SensingFrames& frames);
  void start() { alarms_->start(); }
  /// The city was loaded anew.
  void use(const city::City& city);
  void tend();
  sense::rules::Alarms& alarms() { return *alarms_; }

 private:
  SensingAlarms(const SensingParts& parts, sense::Sensing& broker) : p_(parts), broker_(broker), windows_(broker.history(), broker.numbers()) {}
  const SensingParts& p_;
  sense::Sensing& broker_;
  sense::rules::HistoryWindows windows_;
  std::unique_ptr<sense::rules::Alarms> alarms_;
};

}  // namespace machiya::app
