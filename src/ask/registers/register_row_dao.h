// Rows of registers in the tables of module records, and the batches of bulk edits and imports.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ask/records/records_dao.h"
#include "base/result.h"
#include "base/time.h"
#include "platform/store/store.h"

namespace machiya::registers::dao {

/// One row of `record`: of a register its plain columns in `data`, its personal ones in `sealed`; its history has revision + 1 entries.
using StoredRow = records::RecordRow;
using records::rows_of;
/// What every row of a register has in common.
struct Head {
  std::string type, workflow, definition, rules, department;
  int version = 1, initiative = 0;
};
struct IndexEntry {
  std::int64_t field = 0;
  std::string value;
  friend auto operator<=>(const IndexEntry&, const IndexEntry&) = default;
};

Result<std::int64_t> insert_row(store::Tx& tx, const Head& head, const StoredRow& row);
/// Raises the revision; false when it is no longer row.revision.
Result<bool> update_row(store::Tx& tx, const StoredRow& row, std::string_view definition);
Result<void> delete_row(store::Tx& tx, std::int64_t id);
/// Rows of a register that ended (or, `from_end` false, were added) at `until` or before, in the order of their keys behind `after`.
Result<std::vector<StoredRow>> rows_ended(store::ReadTx& tx, std::string_view type, bool from_end, Instant until, std::int64_t after, int limit);
Result<std::optional<StoredRow>> find_row(store::ReadTx& tx, std::string_view type, std::string_view number);
struct IndexRow {
  std::int64_t field = 0;
  std::string value;
  std::int64_t record = 0;
  friend auto operator<=>(const IndexRow&, const IndexRow&) = default;   ///< the order of the index itself
};
/// With `keys`, the `record` of a row is a position in it. Many rows go in quicker in the order of the index.
Result<void> insert_index(store::Tx& tx, const std::vector<IndexRow>& rows, const std::vector<std::int64_t>* keys = nullptr);
Result<void> delete_index(store::Tx& tx, std::int64_t record, const IndexEntry& entry);
/// Keys of rows that have the value, from behind `after` in order, at most `limit`.
Result<std::vector<std::int64_t>> records_after(store::ReadTx& tx, const IndexEntry& entry, std::int64_t after, int limit);
/// How many rows have the value.
Result<std::int64_t> count_with(store::ReadTx& tx, const IndexEntry& entry);
/// Rows that have the value, at most `limit`.
Result<std::vector<std::int64_t>> records_with(store::ReadTx& tx, const IndexEntry& entry, int limit);
/// Those of `values` that any row has in `field`.
Result<std::vector<std::string>> values_there(store::ReadTx& tx, std::int64_t field, const std::vector<std::string>& values);

/// A bulk edit or an import, for undoing it as a whole.
struct Batch {
  std::int64_t id = 0;
  std::string public_id, type, kind;   ///< kind: "bulk" or "import"
  std::string actor;
  Instant at;
  bool undone = false;
};
struct BatchRow {
  std::int64_t batch = 0, record = 0, revision = 0;   ///< revision: of the row right after the batch
};
Result<std::int64_t> insert_batch(store::Tx& tx, const Batch& batch);
Result<void> insert_batch_rows(store::Tx& tx, const std::vector<BatchRow>& rows);
Result<std::optional<Batch>> find_batch(store::ReadTx& tx, std::string_view type, std::string_view public_id);
Result<std::vector<BatchRow>> rows_of_batch(store::ReadTx& tx, std::int64_t batch);
Result<void> mark_undone(store::Tx& tx, std::int64_t batch);

/// What a program has asked to happen once (Registers::add).
struct OnceRow {
  std::string key, said, number;
  Instant at;
};
Result<std::optional<OnceRow>> find_once(store::ReadTx& tx, std::string_view key, Instant not_before);
/// Drops what is older than `not_before` too.
Result<void> insert_once(store::Tx& tx, const OnceRow& row, Instant not_before);

/// Deletes every row of every register with its history: for scenarios on a throw-away store only.
Result<void> clear(store::Tx& tx, Instant now);
std::vector<store::Migration> migrations();

}  // namespace machiya::registers::dao
