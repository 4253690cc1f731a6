// What was not taken and waits for a steward.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/rng.h"
#include "base/time.h"
#include "platform/store/store.h"
#include "sense/ingest/cause.h"
#include "sense/ingest/device.h"
#include "sense/ingest/topic_pattern.h"

namespace machiya::sense::ingest {

/// The door of entities that were written by an interface of the broker and do not fit a lenient type.
inline constexpr std::string_view kEntityDoor = "entities";

/// Of a device; or of an entity: then `device` is "", `profile` the id of its type's definition, `door` kEntityDoor, `place` the entity's id ("": more entities
/// than are kept one by one), and there is no payload: the entity is there.
struct Misfit {
  std::string public_id, device, profile;
  int version = 0;              ///< of the profile that did not take it
  std::string door, place;      ///< "mqtt" and the topic, "http" and the path
  Captures topic;
  std::string precision;        ///< of times in lines; "" for ns
  std::string payload;
  Causes causes;
  bool taken = false;           ///< some of it was taken nevertheless
  Instant first, last;          ///< arrivals of the same payload
  std::int64_t repeats = 1;
  std::string state = "open";   ///< "open", "replayed", "discarded"
  std::string actor, reason;    ///< who closed it, and why it was discarded
  std::string digest;           ///< of place and payload
};
/// An entity that was taken though it does not fit its lenient type.
struct EntityMisfit {
  std::string type;             ///< id of the definition
  int version = 0;
  std::string entity;
  Causes causes;
};
/// Which rows somebody may see at all. Part of the query, so that a page is full when there are enough.
struct MisfitSight {
  std::vector<std::string> departments;   ///< whose devices
  std::vector<std::string> types;         ///< of entities: these; with `other_types`: all but these
  bool other_types = false;
};
struct MisfitFilter {
  std::string device, profile;  ///< "" any
  bool open = true;
  std::int64_t before = 0;      ///< go on behind this moment (µs of `last`); 0: from the newest
  std::string before_id;        ///< and, of those of the same moment, behind this public id
  std::optional<MisfitSight> sight;   ///< nothing: all
};

/// How many wait at most. Beyond it nothing is acknowledged.
struct InboxLimits {
  std::size_t of_device = 1'000;   ///< and of one type of entities
  std::int64_t bytes = std::int64_t{512} << 20;
};

/// Thread-safe.
class Inbox {
 public:
  static Result<std::unique_ptr<Inbox>> open(store::Store& store, Rng& rng, InboxLimits limits);
  /// Durable when it returns; gives the ids, in order. The same payload of a device again is counted, not kept twice. unavailable when there is no room for all
  /// of them: then none is kept.
  Result<std::vector<std::string>> put(std::vector<Misfit> misfits);
  /// Entities that do not fit; durable when it returns. An entity that waits already is counted and has the newest causes; when of_device of a type wait, further ones
  /// are counted in one row of the type.
  Result<void> put_entities(const std::vector<EntityMisfit>& misfits, Instant now);
  Result<Misfit> find(std::string_view public_id) const;
  Result<std::vector<Misfit>> list(const MisfitFilter& filter, int limit) const;
  /// Within the caller's transaction; conflict when it is closed already. `closed()` after the commit.
  Result<void> close(store::Tx& tx, const Misfit& misfit, std::string_view state, std::string_view actor, std::string_view reason, Instant now);
  void closed(const Misfit& misfit);
  Result<void> recause(std::string_view public_id, const Causes& causes, int version);
  std::size_t waiting(std::string_view device) const;
  std::size_t waiting() const;
  Result<void> tend(Instant now);

 private:
  Inbox(store::Store& store, Rng& rng, InboxLimits limits) : store_(store), rng_(rng), limits_(limits) {}
  Result<void> count();

  store::Store& store_;
  Rng& rng_;
  InboxLimits limits_;
  std::mutex writing_;                                   ///< one put at a time, so that the bounds hold
  mutable std::mutex mutex_;
  std::map<std::string, std::int64_t, std::less<>> of_device_;
  std::int64_t bytes_ = 0;
};

}  // namespace machiya::sense::ingest
