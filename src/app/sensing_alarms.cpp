#include "app/sensing_alarms.h"

#include "base/log.h"
#include "platform/metrics/metrics.h"
#include "sense/rules/web.h"

namespace machiya::app {

using sense::rules::Alarms;

Result<std::unique_ptr<SensingAlarms>> SensingAlarms::open(const SensingParts& parts, sense::Sensing& broker) {
  std::unique_ptr<SensingAlarms> out(new SensingAlarms(parts, broker));
  Alarms::declare(parts.events);
  const auto changed = [&hub = parts.hub] { hub.publish(sense::rules::kHubTopic, "changed", ""); };
  MACHIYA_TRY(out->alarms_, Alarms::open({parts.store, broker.entities(), &out->windows_, parts.audit, parts.events, parts.clock, parts.rng, parts.may, changed}, {}));
  broker.also_needs([alarms = out->alarms_.get()] { return alarms->needed(); });
  Alarms* alarms = out->alarms_.get();
  parts.metrics.counter_read("machiya_sense_alarm_judgements_total", "Rules asked of entities since the start.", [alarms] { return static_cast<double>(alarms->counters().judged); });
  parts.metrics.counter_read("machiya_sense_alarm_steps_total", "Transitions of alarms since the start.", [alarms] { return static_cast<double>(alarms->counters().steps); });
  parts.metrics.gauge("machiya_sense_alarm_behind", "Changes of entities that no rule has judged yet.", [alarms] { return static_cast<double>(alarms->counters().behind); });
  out->use(*parts.city());
  return out;
}

void SensingAlarms::add_routes(http::Router& router, const SensingFrames& frames) {
  sense::rules::add_routes(router, {*alarms_, broker_.entities(), broker_.history(), broker_.numbers(), p_.hub, p_.templates, p_.texts, p_.clock, frames.staff, p_.city, p_.may});
}

void SensingAlarms::use(const city::City& city) { alarms_->use(sense::rules::rules_of(city)); }

void SensingAlarms::tend() {
  if (auto done = alarms_->tend(); !done.ok()) log(LogLevel::warn, "alarms-not-tended", {{"why", done.error().to_string()}});
}

}  // namespace machiya::app
