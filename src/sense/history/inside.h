// The inside of History: catalogue in memory, the way to tables and series, the follower.
#pragma once
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <unordered_map>

#include "sense/history/form.h"
#include "sense/history/history.h"
#include "sense/history/history_dao.h"

namespace machiya::sense {

namespace history {

/// A change of the broker that waits; it keeps the record's memory.
struct Waiting {
  EntityStore::Number number = 0;
  std::string tenant;
  Record record;
};

}  // namespace history

struct History::Inside {
  Inside(store::Store& tables, series::Store& numbers, Clock& clock, Rng& rng, Options options)
      : tables(tables), numbers(numbers), clock(clock), rng(rng), options(std::move(options)), names(0, 0) {}

  store::Store& tables;
  series::Store& numbers;
  Clock& clock;
  Rng& rng;
  const Options options;
  history::InstanceNames names;

  // What there is; readers take a HeadPtr and are done with the lock.
  using Heads = std::map<std::string, history::HeadPtr, std::less<>>;
  mutable std::shared_mutex catalogue;
  std::map<std::string, Heads, std::less<>> tenants;

  // One writer at a time holds this from planning to publishing.
  std::mutex write;
  std::int64_t next_key = 1;
  std::atomic<EntityStore::Number> cursor{0};
  // Of these the tables do not know yet when they were modified last; the journal tells what came after `heads_cursor`. Under `write`.
  std::unordered_map<std::int64_t, history::HeadPtr> stale;
  std::atomic<EntityStore::Number> heads_cursor{0};

  // The follower.
  EntityStore* entities = nullptr;
  std::mutex queue_lock;
  std::condition_variable wake, kept;
  std::deque<history::Waiting> queue;
  bool overflown = true;                  ///< changes are missing in the queue: the journal has them
  EntityStore::Number dropped = 0;        ///< the newest that was not queued
  bool ending = false;
  bool heads_told = true;                 ///< what the journal has behind heads_cursor was looked at
  std::optional<Error> stopped;
  std::thread thread;

  Result<void> load();
  history::HeadPtr head(std::string_view tenant, std::string_view id) const;
  /// By id.
  std::vector<history::HeadPtr> heads(std::string_view tenant) const;
  /// From the first rule that fits; the largest number without one.
  std::int64_t keep_us(std::span<const std::string> types, std::string_view attribute) const;
  /// The two series of a column, opened. `tenant` and `attribute` name the measurement.
  Result<void> open_column(std::string_view tenant, const history::Track& track, int number, history::Column& column);
  Result<void> erase_again();

  void run();
  Result<void> take_queue();
  Result<void> take_journal();
  /// Whole batches leave out when entities were modified; now and then, and at the end, it is written for all that were.
  Result<void> write_heads();
  void touch(const Record& record);
  EntityStore::Number missed() const;
  Result<void> keep(const std::vector<history::Waiting>& list);
};

}  // namespace machiya::sense
