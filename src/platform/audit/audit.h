// The audit: append-only rows written in the transaction of the act, chained afterwards by one sealer so that the
// chain never serialises writers. `machiya audit verify` proves that nothing was changed, removed or reordered.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "platform/store/store.h"

namespace machiya::vault {
class SigningKey;
}

namespace machiya::audit {

struct Statement;

/// Who did what to which object, why. No personal data: ids only.
struct Entry {
  std::string actor;     ///< "person:<public id>", "staff:<id>", "client:<id>", "system"
  std::string action;    ///< "case.submit", "case.read" …
  std::string object;    ///< "case:<number>"
  std::string purpose;   ///< of a read: "decide", "own" …
  std::string request;   ///< request id
  json::Value facts;     ///< small, no personal data
};

/// How heads are signed and where they go. Without a key nothing is signed (tests, commands that only read).
struct Options {
  const vault::SigningKey* key = nullptr;
  std::string copy_to;                    ///< file for signed heads, on storage that the database's writers cannot change; "": none
  std::int64_t statement_every = kHour;   ///< µs
};

/// What an auditor asks for. Empty members do not narrow; texts that end in '*' match what begins so.
struct Search {
  std::string actor, action, purpose;
  std::vector<std::string> objects;       ///< any of these, exactly; found by index
  std::string not_actor;
  std::optional<Instant> from, to;        ///< from ≤ at < to
  std::int64_t before = 0;                ///< row id to go on from, newest first; 0: from the newest
  int limit = 50;
};

/// Thread-safe.
class Audit {
 public:
  Audit(store::Store& store, const Clock& clock, const Options& options = {});
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

  /// Signs the head now, without waiting for the hour, and copies it out.
  Result<void> state_now();
  /// When the last signed head was copied out (without a copy: signed); nothing before the first in this process.
  std::optional<Instant> last_statement() const;

  struct Verdict {
    bool intact = true;
    std::int64_t sealed = 0;           ///< rows in the database that are chained
    std::int64_t archived = 0;         ///< rows that were cut off into archives
    std::int64_t unsealed_tail = 0;
    std::int64_t statements = 0;       ///< signed heads that fit
    std::string first_fault;           ///< "row 17: changed", "row 18: missing", "statement 3: …" …
    std::string head;                  ///< hash of the chain in hex: written down elsewhere, it proves that no tail was cut off
    std::int64_t first_unsealed = 0;   ///< row id where the unsealed tail begins; 0 when there is none
  };
  /// What a verification is held against.
  struct Evidence {
    std::vector<std::string> keys;              ///< public keys whose signatures count; empty: the own key, or any when there is none
    const std::vector<Statement>* copies = nullptr;   ///< statements of the copy; nullptr: of options.copy_to when there is one
  };
  /// Reads the whole chain and every signed head.
  Result<Verdict> verify(const Evidence& evidence);
  Result<Verdict> verify() { return verify(Evidence{}); }

  struct Record {
    std::int64_t id = 0;         ///< of the row
    std::int64_t sequence = 0;   ///< of its seal; 0 while it has none
    Instant at;
    Entry entry;
  };
  Result<std::vector<Record>> of_object(std::string_view object, int limit);
  struct Found {
    std::vector<Record> records;   ///< newest first
    std::int64_t next_before = 0;  ///< Search::before of the next page; 0: that was all
  };
  /// Looks through 200,000 rows at most per call unless objects are named: a page may then be short, or empty, and have a next one.
  Result<Found> search(const Search& wanted);
  /// Every sealed row of a time, oldest first, for export; `each` ends it by returning false.
  Result<void> each_sealed(Instant from, Instant to, const std::function<bool(const Record&)>& each);
  /// Every row sealed behind sequence `after`, in the order of the chain.
  Result<void> each_after(std::int64_t after, const std::function<bool(const Record&)>& each);

  static std::vector<store::Migration> migrations();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace machiya::audit
