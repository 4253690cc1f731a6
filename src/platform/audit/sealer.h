// Chains committed rows, one process at a time.
#pragma once
#include <deque>
#include <mutex>
#include <optional>
#include <string>

#include "base/time.h"
#include "platform/audit/audit_dao.h"
#include "platform/store/lease.h"
#include "platform/store/store.h"

namespace machiya::audit {

/// Thread-safe.
class Sealer {
 public:
  Sealer(store::Store& store, const Clock& clock);
  /// Chains everything committed; 0 when another process is the sealer.
  Result<std::int64_t> run();
  /// Whether this process was the sealer at the last run().
  bool holds_lease() const;
  /// Lets another process seal at once.
  Result<void> release();

 private:
  struct Mark {
    Instant at;
    std::int64_t next_transaction = 0;
    std::int64_t last_row = 0;
  };
  /// Taken before a pass over the unsealed rows.
  struct Look {
    dao::Horizon horizon;
    std::int64_t last_row = 0;
  };
  Result<Look> look(store::ReadTx& tx);
  /// After the pass: moves settled_ as far as `look` allows.
  void settle(const Look& look);
  Result<std::int64_t> run_batch(bool& more);

  store::Store& store_;
  const Clock& clock_;
  const std::string owner_;
  mutable std::mutex mutex_;
  std::optional<store::Lease> lease_;
  std::int64_t settled_ = 0;
  std::deque<Mark> marks_;
};

}  // namespace machiya::audit
