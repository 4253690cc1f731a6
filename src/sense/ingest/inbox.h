// What was not taken and waits for a steward.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
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
struct MisfitFilter {
  std::string device, profile;  ///< "" any
  bool open = true;
  std::int64_t before = 0;      ///< go on behind this moment (µs of `last`); 0: from the newest
};

/// How many wait at most. Beyond it nothing is acknowledged.
struct InboxLimits {
  std::size_t of_device = 1'000;
  std::int64_t bytes = std::int64_t{512} << 20;
};

/// Thread-safe.
class Inbox {
 public:
  static Result<std::unique_ptr<Inbox>> open(store::Store& store, Rng& rng, InboxLimits limits);
  /// Durable when it returns; gives the ids, in order. The same payload of a device again is counted, not kept twice. unavailable when there is no room for all
  /// of them: then none is kept.
  Result<std::vector<std::string>> put(std::vector<Misfit> misfits);
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
