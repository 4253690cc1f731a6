// All SQL of the audit.
#pragma once
#include <functional>
#include <vector>

#include "platform/audit/audit.h"
#include "platform/audit/chain.h"
#include "platform/store/store.h"

namespace machiya::audit::dao {

struct Head {
  std::int64_t sequence = 0;
  std::string hash;
};
struct Seal {
  std::int64_t sequence = 0;
  std::int64_t row_id = 0;
  std::string hash;
};

/// Inserts `count` rows of `rows` from `from` on (their ids are given by the database).
Result<void> insert(store::Tx& tx, const std::vector<StoredRow>& rows);
Result<Head> head(store::ReadTx& tx);
/// Committed rows without a seal whose id is above `settled`, in the order of ids.
Result<std::vector<StoredRow>> unsealed(store::ReadTx& tx, std::int64_t settled, int limit);
Result<void> insert_seals(store::Tx& tx, const std::vector<Seal>& seals);
Result<void> put_head(store::Tx& tx, const Head& head);
/// Up to where nothing can appear any more below: on SQLite the last sealed row, since ids commit in order.
Result<std::int64_t> last_sealed_row(store::ReadTx& tx);
/// PostgreSQL: the ids of transactions that are still running or not begun (txid of the oldest, next).
struct Horizon {
  std::int64_t oldest_running = 0;
  std::int64_t next = 0;
};
Result<Horizon> horizon(store::ReadTx& tx);

/// A seal and its row; `row_exists` is false when the row is gone.
struct Link {
  Seal seal;
  bool row_exists = false;
  StoredRow row;
};
Result<void> each_link(store::ReadTx& tx, const std::function<bool(const Link&)>& each);
struct Tail {
  std::int64_t count = 0;
  std::int64_t first = 0;
};
Result<Tail> tail(store::ReadTx& tx);
Result<std::vector<Audit::Record>> of_object(store::ReadTx& tx, std::string_view object, int limit);

}  // namespace machiya::audit::dao
