// The composition root: every object of the server is built here once, in order, owned here and destroyed in reverse.
#pragma once
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "app/settings.h"
#include "base/result.h"
#include "base/time.h"
#include "city/city.h"
#include "platform/store/store.h"

namespace machiya::http {
class Router;
class Hub;
}
namespace machiya::metrics {
class Registry;
}
namespace machiya::identity {
class Identity;
}
namespace machiya::audit {
class Audit;
}
namespace machiya::jobs {
class Jobs;
}
namespace machiya::events {
class Events;
}
namespace machiya::cases {
class Cases;
struct SeedReport;
}
namespace machiya::registers {
struct SeedReport;
}

namespace machiya::app {

/// What needs no database: the city, texts, templates, static files, reference data. Loaded before a running server is
/// asked to hand over, so that the gap between two processes is short.
class Furniture;
Result<std::shared_ptr<Furniture>> load_furniture(const Settings& settings);

/// Every migration of this program, in the order of the modules.
std::vector<store::Migration> all_migrations();
Result<std::unique_ptr<store::Store>> open_store(const Settings& settings);

class House {
 public:
  /// `reading`: beside a running server; nothing is migrated or written.
  enum class Use { serving, reading };
  static Result<std::unique_ptr<House>> open(const Settings& settings, std::shared_ptr<Furniture> furniture, Use use = Use::serving);
  ~House();

  /// Background work: sealing, delivering events, running jobs.
  void start();
  void stop();
  /// Before the next process takes over: background writing ends, queued writes finish, the writer lock is released.
  void yield_writer();
  /// SIGHUP and the console: the new city, or the faults for which the old one stays.
  city::LoadReport reload();

  /// Fictitious residents and cases for the demonstration, through the same engines as everybody else's.
  Result<cases::SeedReport> seed(int wanted, std::function<void(int, int)> progress);

  /// Fictitious rows for every register that has none.
  Result<registers::SeedReport> seed_registers();
  /// Made-up bicycle parkings with simulated counters, which go on reporting while the house runs; gives how many counts they have, 0 when they are there already.
  Result<std::int64_t> seed_counters(std::function<void(std::int64_t, std::int64_t)> progress);
  /// Fictitious recipients of messages; gives how many, 0 when there are some.
  Result<std::int64_t> seed_recipients(std::int64_t people, std::function<void(std::int64_t, std::int64_t)> progress);

  /// What alarms say of entities as they are now, without start(): for tests.
  Result<void> judge_alarms();

  /// Runs the scenarios of one procedure ("": all) on this house's store and reports on `out`; 0 when all passed.
  int scenarios(const std::string& procedure, bool verbose, std::ostream& out);

  http::Router& router();
  http::Hub& hub();
  metrics::Registry& metrics();
  store::Store& store();
  identity::Identity& identity();
  audit::Audit& audit();
  events::Events& events();
  jobs::Jobs& jobs();
  cases::Cases& cases();
  city::Holder& city();
  const Clock& clock();

 private:
  House();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace machiya::app
