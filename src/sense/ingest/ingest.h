// Takes what devices send: maps it, checks it, writes entities, their past, series and the steward's inbox, and answers when all of it is on disk.
#pragma once
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/result.h"
#include "city/city.h"
#include "sense/ingest/inbox.h"
#include "sense/ingest/mapping.h"
#include "sense/ingest/registry.h"
#include "sense/models/entity_type.h"

namespace machiya::sense {
class Contexts;
class EntityStore;
class History;
class Terms;
}

namespace machiya::sense::ingest {

/// One message of a device that was let in.
struct Arrival {
  DevicePtr device;
  std::string_view door, place;            ///< "mqtt" and the topic, "http" and the path: for the steward
  Captures topic;
  std::string_view payload;
  Instant at;
  std::string precision;                   ///< of times in lines; "" for ns
};
/// What became of it.
struct Outcome {
  Result<void> done;                       ///< not ok: nothing was promised, send it again
  std::size_t attributes = 0, points = 0;  ///< that are on disk
  Causes causes;                           ///< what was not taken, and why
  std::string kept;                        ///< id of the misfit that keeps the payload; "" when everything was taken
};

/// References must outlive it.
struct IngestParts {
  Registry& registry;
  Inbox& inbox;
  EntityStore& entities;
  History& history;
  series::Store& numbers;
  Contexts& contexts;
  const Clock& clock;
  std::function<std::shared_ptr<const city::City>()> city;
};

/// Thread-safe.
class Ingest {
 public:
  explicit Ingest(IngestParts parts) : p_(std::move(parts)) {}
  ~Ingest() { stop(); }
  /// Writes figures every few seconds.
  void start();
  void stop();

  /// Everything of `arrivals`, in their order, with one wait for each disk. What is answered with done is durable: entities in the broker's log, older values in
  /// the history, series, misfits in the inbox. A value older than the entity's own goes to the history only; the same value for the same time changes nothing.
  std::vector<Outcome> take(std::span<const Arrival> arrivals);
  /// A misfit once more, with the profile and the model of now, as of its arrival. When all of it is taken it is closed; otherwise it stays with new causes.
  Result<Outcome> replay(const Misfit& misfit, const identity::Principal& who, std::string_view request);
  /// `reason` must not be empty.
  Result<void> discard(const Misfit& misfit, std::string_view reason, const identity::Principal& who, std::string_view request);

  /// May they with this permission see, or decide on, a misfit of this device, or of an entity of this type? By the department that owns it; of a type that is not
  /// open (or not defined any more) also the permission to read it. forbidden, not_found.
  Result<void> may_see(const Misfit& misfit, const identity::Principal& who, std::string_view permission);
  /// The same for all rows.
  MisfitSight sight(const identity::Principal& who, std::string_view permission);

  /// Whose message is this: the device that entered, or one for which it is the gateway. Nothing when no pattern of the profile fits.
  struct Spoken {
    DevicePtr device;
    Captures topic;
  };
  std::optional<Spoken> by_topic(const DevicePtr& entered, std::string_view topic) const;
  /// `path`: what follows the form in the address; "" always fits.
  std::optional<Spoken> by_path(const DevicePtr& entered, std::string_view path) const;
  const Profile* profile(const Device& device, const std::shared_ptr<const city::City>& city) const;
  /// Work of every few minutes.
  Result<void> tend();
  const IngestParts& parts() const { return p_; }

 private:
  class Batch;
  /// With the types of the city in force; city_terms() are its names from then on.
  std::shared_ptr<const EntityTypes> types();
  std::shared_ptr<const Terms> city_terms();
  std::optional<Spoken> spoken(const DevicePtr& entered, std::string_view text, std::vector<TopicPattern> Profile::*patterns) const;
  void watch();
  bool may_type(std::string_view type, const identity::Principal& who, std::string_view permission);
  Result<Outcome> look_again(const Misfit& misfit, const identity::Principal& who, std::string_view request);

  IngestParts p_;
  std::mutex types_mutex_;
  std::shared_ptr<const EntityTypes> types_;
  std::shared_ptr<const Terms> terms_;
  std::mutex thread_mutex_;
  std::condition_variable wakes_;
  bool running_ = false;
  std::thread watcher_;
};

}  // namespace machiya::sense::ingest
