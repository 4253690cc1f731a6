// The department's inbox of reminders: what was told of which row and date, and what became of it.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "platform/store/store.h"

namespace machiya::registers::dao {

/// One row of `register_reminder`. There is one for each (row, reminder, date), whatever becomes of it.
struct ToldRow {
  std::int64_t id = 0;
  std::string public_id;
  std::int64_t watch = 0, record = 0;
  std::string type, reminder, date;   ///< date: ISO
  std::string state;                  ///< "open", "done", "dismissed", "closed" (by itself)
  Instant told;
  std::string taken_by, taken_name, settled_by, settled_name;
  std::optional<Instant> settled;
  std::string why, sealed_why;        ///< reason of a dismissal; sealed under the row's key when it has one
};
/// A row that may have to be reminded of, as it was looked at.
struct Candidate {
  std::int64_t record = 0, revision = 0;
  std::string date;
};

/// Keys of open rows with a date behind `low` and up to `high` in the index that are not told of yet (or were closed by themselves), by
/// date; `open_field` 0: rows have no end. `after`: the last of the page before.
Result<std::vector<Candidate>> untold(store::ReadTx& tx, std::int64_t field, std::int64_t open_field, std::int64_t watch, std::string_view low,
                                      std::string_view high, const Candidate& after, int limit);
/// Tells, unless it was told before; what had closed by itself is open again. `revision`: only while the row is still at it; -1: as it is.
Result<void> tell(store::Tx& tx, const ToldRow& row, std::int64_t revision);
/// Closes what is open of (row, reminder, date).
Result<void> close(store::Tx& tx, std::int64_t record, std::int64_t watch, std::string_view date, Instant now);
/// Closes one by its key, only while its row is still at `revision`; -1: whatever the row is.
Result<void> close_one(store::Tx& tx, std::int64_t id, std::int64_t revision, Instant now);
/// Open ones of a reminder behind a key.
Result<std::vector<ToldRow>> open_of(store::ReadTx& tx, std::int64_t watch, std::int64_t after, int limit);
/// Open ones of reminders that are not among `watches`.
Result<std::vector<ToldRow>> open_of_others(store::ReadTx& tx, const std::vector<std::int64_t>& watches, int limit);

/// How far a reminder was looked through: up to which date, by which definition of its register.
struct Walk {
  std::string rule, until;
};
Result<std::optional<Walk>> find_walk(store::ReadTx& tx, std::int64_t watch);
Result<void> put_walk(store::Tx& tx, std::int64_t watch, const Walk& walk);

struct Inbox {
  std::vector<std::int64_t> watches;
  std::string from, to;               ///< dates, inclusive; "": no bound
  bool settled = false;               ///< else open
};
/// By date, then as told; settled ones: the latest first. `after`: key and date of the last of the page before.
Result<std::vector<ToldRow>> inbox(store::ReadTx& tx, const Inbox& query, const std::optional<ToldRow>& after, int limit);
struct Load {
  std::int64_t watch = 0;
  std::string date;
  bool taken = false;
  std::int64_t rows = 0;
};
Result<std::vector<Load>> load(store::ReadTx& tx, const Inbox& query);
/// At most `most`.
Result<std::int64_t> count_open(store::ReadTx& tx, const std::vector<std::int64_t>& watches, int most);
Result<std::vector<ToldRow>> open_of_record(store::ReadTx& tx, std::int64_t record);
Result<std::optional<ToldRow>> find_told(store::ReadTx& tx, std::string_view public_id);
/// Writes state, taken and settled of a row that is in `before` state still; false when it is not.
Result<bool> settle(store::Tx& tx, const ToldRow& row, std::string_view before);

}  // namespace machiya::registers::dao
