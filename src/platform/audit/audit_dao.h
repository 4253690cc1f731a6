// All SQL of the audit.
#pragma once
#include <functional>
#include <vector>

#include "platform/audit/audit.h"
#include "platform/audit/archive.h"
#include "platform/audit/chain.h"
#include "platform/audit/statement.h"
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
/// The chain behind sequence `after`, in its order.
Result<void> each_link(store::ReadTx& tx, std::int64_t after, const std::function<bool(const Link&)>& each);
struct Tail {
  std::int64_t count = 0;
  std::int64_t first = 0;
};
Result<Tail> tail(store::ReadTx& tx);

/// Signed heads by number; the last one has number 0 when there is none.
Result<std::vector<Statement>> statements(store::ReadTx& tx);
Result<Statement> last_statement(store::ReadTx& tx);
Result<void> insert_statement(store::Tx& tx, const Statement& statement);
/// Cuts by number.
Result<std::vector<Cut>> cuts(store::ReadTx& tx);
Result<void> insert_cut(store::Tx& tx, const Cut& cut);
/// The smallest sequence that still lies in the database; 0 when none does.
Result<std::int64_t> first_sequence(store::ReadTx& tx);
/// Removes rows and seals of all sequences up to `to`; they must lie behind a cut.
Result<void> remove_archived(store::Tx& tx, std::int64_t to);

Result<std::vector<Audit::Record>> of_object(store::ReadTx& tx, std::string_view object, int limit);
/// Rows from `from` (inclusive) to `below` (exclusive), by id.
struct Range {
  std::int64_t from = 0, below = 0;
};
Result<std::vector<Audit::Record>> search(store::ReadTx& tx, const Search& wanted, const Range& range);
/// Smallest and largest row id; 1 and 0 when there are no rows.
Result<std::pair<std::int64_t, std::int64_t>> id_range(store::ReadTx& tx);
struct TimeOfRow {
  std::int64_t id = 0, at_us = 0;
};
/// The first row with an id of at least `id`.
Result<std::optional<TimeOfRow>> time_from(store::ReadTx& tx, std::int64_t id);
/// Sealed rows with an id of at least `low` and from ≤ at < to, in the order of the chain.
Result<void> each_sealed(store::ReadTx& tx, std::int64_t low, Instant from, Instant to, const std::function<bool(const Audit::Record&)>& each);
Result<void> each_after(store::ReadTx& tx, std::int64_t after, const std::function<bool(const Audit::Record&)>& each);

}  // namespace machiya::audit::dao
