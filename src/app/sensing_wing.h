// The wing that senses, built inside the house: broker, ingest, rules, maps, with what the operator configured and what the city defines.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/sensing_access.h"
#include "app/settings.h"
#include "base/rng.h"
#include "base/time.h"
#include "city/city.h"
#include "platform/http/http.h"
#include "platform/identity/principal.h"
#include "platform/pages/pages.h"
#include "platform/store/store.h"
#include "sense/component/sensing.h"
#include "sense/forecast/forecaster.h"

namespace machiya::audit {
class Audit;
}
namespace machiya::events {
class Events;
}
namespace machiya::http {
class Hub;
}
namespace machiya::jobs {
class Jobs;
}
namespace machiya::locale {
class Catalogue;
}
namespace machiya::metrics {
class Registry;
}
namespace machiya::outbound {
class Outbound;
class Streams;
}

namespace machiya::sense::rules {
class Alarms;
}

namespace machiya::app {

class DemonstrationCounters;
class DeviceWing;
class SensingAlarms;
class SensingMaps;

/// References must outlive the wing.
struct SensingParts {
  const Settings& settings;
  store::Store& store;
  audit::Audit& audit;
  events::Events& events;
  jobs::Jobs& jobs;
  http::Hub& hub;
  metrics::Registry& metrics;
  const outbound::Outbound& door;
  const outbound::Streams& streams;
  const pages::Templates& templates;
  const locale::Catalogue& texts;
  Clock& clock;
  Rng& rng;
  std::function<std::shared_ptr<const city::City>()> city;
  std::function<bool(const identity::Principal&, std::string_view permission, std::string_view department)> may;
  std::function<sense::forecast::DayKind(Date)> day_kind;
  identity::Identity& identity;
  std::function<std::string(const identity::Principal&, std::string_view permission)> purpose;
  std::string base_url;                    ///< "https://city.example.jp"
};

/// The frames of pages.
struct SensingFrames {
  std::function<pages::Data(const http::Request&)> visitor, staff;
};

/// Scopes of API clients that speak NGSI-LD with the broker.
inline constexpr std::string_view kReadEntitiesScope = "entities.read", kWriteEntitiesScope = "entities.write";

/// One process of a city holds it: entities live in its memory. Thread-safe.
class SensingWing {
 public:
  /// Reads all entities. Errors name the folder, or the database.
  static Result<std::unique_ptr<SensingWing>> open(SensingParts parts);
  ~SensingWing();
  static std::vector<store::Migration> migrations();
  void add_routes(http::Router& router, const SensingFrames& frames);
  /// What pages of rooms show.
  sense::Sensing& broker() { return *broker_; }
  sense::rules::Alarms& alarms();
  void start();
  /// The city was loaded anew.
  void use(const city::City& city);
  /// demonstration_counters.h
  Result<std::int64_t> seed_counters(const std::function<void(std::int64_t, std::int64_t)>& progress);
  /// What is done every few seconds: forecasts, when they are due.
  void keep_up();
  /// What is done every ten minutes: what has expired goes, the log is cut.
  void tend();
  /// After the last request: what is under way is finished, and the folder let go for the next process.
  void close();

 private:
  explicit SensingWing(SensingParts parts);
  SensingParts p_;
  std::unique_ptr<SensingAccess> access_;   ///< the broker asks it
  std::unique_ptr<sense::Sensing> broker_;
  std::unique_ptr<SensingAlarms> alarms_;
  std::unique_ptr<DeviceWing> devices_;
  std::unique_ptr<SensingMaps> maps_;
  std::unique_ptr<sense::forecast::Forecaster> forecaster_;
  std::unique_ptr<DemonstrationCounters> counters_;   ///< null: nobody asked for them
  std::int64_t forecast_due_us_ = 0;
};

}  // namespace machiya::app
