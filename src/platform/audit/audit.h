// The audit: append-only rows written in the transaction of the act, chained afterwards by one sealer so that the
// chain never serialises writers. `machiya audit verify` proves that nothing was changed, removed or reordered.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "platform/store/store.h"

namespace machiya::audit {

/// Who did what to which object, why. No personal data: ids only.
struct Entry {
  std::string actor;     ///< "person:<public id>", "staff:<id>", "client:<id>", "system"
  std::string action;    ///< "case.submit", "case.read" …
  std::string object;    ///< "case:<number>"
  std::string purpose;   ///< of a read: "decide", "own" …
  std::string request;   ///< request id
  json::Value facts;     ///< small, no personal data
};

/// Thread-safe.
class Audit {
 public:
  Audit(store::Store& store, const Clock& clock);
  ~Audit();
  /// Appends in the caller's transaction.
  Result<void> append(store::Tx& tx, const Entry& entry);
  Result<void> append(store::Tx& tx, const std::vector<Entry>& entries);
  /// Queues a read record; durable within one second, without making the reader wait. Batched. The queue is bounded:
  /// when it is full this waits up to five seconds, then writes the record to the log as an error instead and counts it as
  /// lost. A caller that reads personal data asks backlogged() first and answers "unavailable".
  void append_later(Entry entry);
  /// True when queued records cannot be stored (disk full) or come faster than the disk takes them.
  bool backlogged() const;
  /// Read records that went to the log only, since the start.
  std::int64_t lost() const;
  /// Starts / stops the background thread that flushes queued reads and seals (one sealer per database: lease with fencing).
  void start();
  void stop();
  /// Writes what append_later() queued, then chains all committed unsealed rows; gives how many were chained (0 when
  /// another process is the sealer). For tests and shutdown.
  Result<std::int64_t> seal_now();

  struct Verdict {
    bool intact = true;
    std::int64_t sealed = 0;
    std::int64_t unsealed_tail = 0;
    std::string first_fault;   ///< "row 17: changed", "row 18: missing" …
    std::string head;          ///< hash of the chain in hex: written down elsewhere, it proves that no tail was cut off
    std::int64_t first_unsealed = 0;   ///< row id where the unsealed tail begins; 0 when there is none
  };
  Result<Verdict> verify();
  struct Record {
    std::int64_t sequence = 0;
    Instant at;
    Entry entry;
  };
  Result<std::vector<Record>> of_object(std::string_view object, int limit);
  static std::vector<store::Migration> migrations();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace machiya::audit
