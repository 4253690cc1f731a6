// Registers: the tables that a section keeps. The only writer of their rows; pages, API, import, bulk edits, scenarios and
// seeding all come through here, so that every check, right, history entry and audit row exists once.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ask/cases/clock.h"
#include "ask/records/records.h"
#include "ask/registers/register.h"
#include "ask/registers/rights.h"
#include "base/json.h"
#include "base/result.h"
#include "base/rng.h"
#include "base/time.h"
#include "platform/identity/identity.h"
#include "platform/store/store.h"

namespace machiya::vault {
class Vault;
}
namespace machiya::audit {
class Audit;
}
namespace machiya::events {
class Events;
}
namespace machiya::blobs {
class Blobs;
}
namespace machiya::jobs {
class Jobs;
}

namespace machiya::registers {

/// Canonical JSON by column: as interview::State::values has it; a relation is the number of the other row, a place {"lat","lon",…},
/// files a list of {"blob","filename","type","bytes"}. Absent or null: empty.
using Values = json::Value;

/// A fault at a column of a row.
struct CellError {
  std::string column;
  std::string code;       ///< "required", "format", "range", "must", "unique", "relation", "forbidden", …
  std::string message;    ///< in the language asked for
};
struct Row {
  std::int64_t id = 0;
  std::string number;               ///< public id
  std::int64_t revision = 0;
  std::string state;
  Instant created, changed;
  bool ended = false;
  Values values;                    ///< only columns that the reader may see
  std::map<std::string, std::string> titles;   ///< of related rows, by column
  std::optional<Instant> emergency_until;      ///< of an opened row: it is read only because of an emergency, which ends then
};
struct Query {
  std::vector<Condition> where;     ///< all of them; only indexed columns that the reader may see, and "state"
  std::string search;               ///< text over the columns with `search`
  std::optional<Sort> sort;         ///< an indexed column (no choices) or "state"; absent: newest first
  std::string after;                ///< cursor of the page before
  int limit = 50;
  bool with_ended = true;
  std::string request;              ///< request id, for the audit
  std::vector<std::string> columns; ///< what the caller shows; empty: everything. What is sealed is opened, and noted as read, only for these
};
struct Listing {
  std::vector<Row> rows;
  std::string next;                 ///< cursor; "" at the end
  std::int64_t total = 0;           ///< exact unless more_than_counted: then at least that many
  bool more_than_counted = false;
};
inline constexpr std::int64_t kCounted = 10'000;

/// How many of a register's rows are brought to its definition.
struct IndexProgress {
  std::int64_t done = 0, total = 0;
};

/// Two people changed the same cell: what I saw, what they wrote, what I want.
struct Conflict {
  std::string column;
  json::Value before, theirs, mine;
  std::string who;                  ///< of theirs
  Instant when;
};
/// What became of a save. Exactly one of the three: a row, errors, conflicts.
struct Saved {
  std::optional<Row> row;
  std::vector<CellError> errors;
  std::vector<Conflict> conflicts;  ///< nothing was written; the row as it is now is in `now`
  std::optional<Row> now;
  bool repeated = false;            ///< the row that the same request gave before
};
/// A request that shall happen once however often it is sent: the key that its sender gave it, and what it said. Only keyed digests are kept.
struct Once {
  std::string key, said;
};
inline constexpr std::int64_t kOnceFor = 30 * kDay;                  ///< so long a key gives the same row
inline constexpr std::string_view kOnceReused = "idempotency-key";   ///< `where` of the invalid_input for a key that came with something else
struct HistoryEntry {
  std::int64_t sequence = 0;
  Instant at;
  std::string action;               ///< "add", "change", "bulk:<id>", "undo:<id>", "import:<id>", "comment", "related" (formulas followed another row), "definition" (formulas followed it), or an action of the workflow
  std::string actor, actor_name, reason, comment, state;
  std::vector<std::pair<std::string, std::pair<json::Value, json::Value>>> changes;   ///< column: before, after; readable ones only
};

/// One change for many rows: shown first, then done or not at all, and undone as a whole while nobody touched the rows again.
struct BulkPlan {
  std::int64_t rows = 0;
  std::vector<std::pair<Row, std::vector<CellError>>> sample;   ///< at most 20: after the change; the faulty ones first
  std::int64_t faulty = 0;
};
struct BulkDone {
  std::string batch;                ///< for undo
  std::int64_t rows = 0;
};
inline constexpr std::int64_t kMaxBulk = 100'000;

/// A value that a chart counts by.
struct ChartValue {
  std::string value, label;         ///< value: canonical, as a condition takes it; "" for rows without one
  std::optional<Date> from, to;     ///< of a stretch of dates; without `from`: everything before
};
struct ChartCell {
  std::int64_t rows = 0;            ///< exactly those that a list with the same conditions has
  std::int64_t values = 0;          ///< of them with a number, for averages
  std::int64_t sum = 0;             ///< in units of 10^-decimals
};
struct Chart {
  std::vector<ChartValue> bars, splits;         ///< splits: empty when the rule has none
  std::vector<std::vector<ChartCell>> cells;    ///< by bar, then split; one column when there are no splits
  std::vector<ChartCell> bar_sums, split_sums;
  ChartCell total;                              ///< of all rows; a row with several choices counts once
  int decimals = 0;
};
/// So many different values can be counted by.
inline constexpr std::size_t kMostBars = 5'000;
/// A row whose reminder is due.
struct Due {
  std::string register_id, reminder, number, title;
  Date date;
  interview::Texts text;
};

/// A reminder as it stands in the department's inbox.
struct Told {
  std::string id;                   ///< public
  std::shared_ptr<const Register> reg;
  std::string reminder;
  interview::Texts text;
  Row row;
  Date date;
  Instant told;
  std::string state;                ///< "open", "done", "dismissed", "closed" (by itself)
  bool mine = false, may_settle = false;
  std::string taken_name, settled_name, why;   ///< "" when nobody took it; why: of a dismissal
  std::optional<Instant> settled;
};
struct Inbox {
  std::string register_id;          ///< "": every register of the person's department
  bool everything = false;          ///< also of other departments, as far as the person may read them
  std::optional<Date> from, to;     ///< inclusive
  bool settled = false;             ///< else open
  std::string after;                ///< cursor of the page before
  int limit = 100;
};
struct InboxPage {
  std::vector<Told> items;          ///< by date; settled ones: the latest first
  std::string next;
};
/// How many open reminders a register has for a day.
struct ReminderLoad {
  std::string register_id;
  Date date;
  bool taken = false;
  std::int64_t rows = 0;
};
enum class Settle : std::uint8_t { take, give_back, done, dismiss, reopen };

struct Platform {
  store::Store& store;
  vault::Vault& vault;
  audit::Audit& audit;
  events::Events& events;
  jobs::Jobs& jobs;
  identity::Identity& identity;
  const Clock& clock;
  Rng& rng;
  std::function<std::shared_ptr<const city::City>()> city;
  cases::WorkingDay is_working_day;
  blobs::Blobs* blobs = nullptr;    ///< null: rows have no files
  MayCase may_case = {};            ///< empty: the procedures are no registers here
  std::size_t index_bytes = std::size_t{512} << 20;   ///< for the indexes of lists in memory, all registers together; 0: none
  std::size_t index_rows = 1'000;   ///< registers with fewer rows need none
};

/// Thread-safe. Errors: not_found (also for what somebody may not even see), forbidden, invalid_input, conflict, limit_exceeded.
class Registers {
 public:
  explicit Registers(Platform platform);
  ~Registers();

  /// The registers that somebody may read, in the order of initiatives.
  std::vector<std::shared_ptr<const Register>> all(const identity::Principal& who) const;
  /// The registers of the procedures of departments whose cases somebody may list (case_register.h). Lists, tallies and exports are for both kinds; a row of
  /// these is opened, changed and told the history of by module cases.
  std::vector<std::shared_ptr<const Register>> of_cases(const identity::Principal& who) const;
  /// Either kind.
  Result<std::shared_ptr<const Register>> find(std::string_view id, const identity::Principal& who) const;
  // Emergency access (docs/staff.md): one row that somebody may not read stands open to them for an hour, to be read and nothing else.
  /// The register of a row, also while an emergency has opened this row to them; not_found like find().
  Result<std::shared_ptr<const Register>> find_of_row(std::string_view id, std::string_view number, const identity::Principal& who) const;
  /// The register of a row that is there and closed to them, which they may open in an emergency; not_found for everything else.
  Result<std::shared_ptr<const Register>> find_closed(std::string_view id, std::string_view number, const identity::Principal& who) const;
  /// Opens a row that find_closed() gives; errors of Emergencies::open.
  Result<void> open_in_emergency(std::string_view id, std::string_view number, const identity::Principal& who, std::string_view purpose, std::string_view reason,
                                 std::string_view request);
  /// The policy in force; never null.
  std::shared_ptr<const identity::Policy> policy() const;
  /// May they read this column of a row that they opened?
  bool may_read(const Register& reg, const Column& column, const Row& row, const identity::Principal& who) const;
  // Rights: one rule for page, API, export and import. The department must be the owner's, unless the role's scope is all.
  bool may_read(const Register& reg, const identity::Principal& who) const;
  bool may_read(const Register& reg, const Column& column, const identity::Principal& who) const;
  bool may_write(const Register& reg, const Column& column, const identity::Principal& who) const;
  bool may_add(const Register& reg, const identity::Principal& who) const;
  bool may_bulk(const Register& reg, const identity::Principal& who) const;
  bool may_import(const Register& reg, const identity::Principal& who) const;
  bool may_export(const Register& reg, const identity::Principal& who) const;

  Result<Listing> list(const Register& reg, const Query& query, const identity::Principal& who);
  /// Streams every row of the query (exports). Audited.
  Result<std::int64_t> each(const Register& reg, const Query& query, const identity::Principal& who, std::string_view request,
                            const std::function<bool(const Row&)>& sink);
  /// Counts over the rows of a query; bars in the order of options, states, dates and numbers, else the most first, and those without a value
  /// last. forbidden: a column that the person may not read; limit_exceeded: more than kMostBars values.
  Result<Chart> chart(const Register& reg, const ChartRule& rule, const Query& query, const identity::Principal& who, std::string_view lang);
  /// Audited when the register holds personal columns.
  Result<Row> open(const Register& reg, std::string_view number, const identity::Principal& who, std::string_view request);
  Result<std::vector<HistoryEntry>> history(const Register& reg, std::string_view number, const identity::Principal& who);

  /// What the values would be: formulas and deadlines worked out, every error of every column. Writes nothing.
  Result<std::pair<Values, std::vector<CellError>>> check(const Register& reg, const Values& values, std::string_view lang) const;
  Result<Saved> add(const Register& reg, const Values& values, std::string_view reason, const identity::Principal& who, std::string_view lang, std::string_view request, const Once* once = nullptr);
  /// `changes`: only the columns that the person changed. `revision`: of the row that they saw. What others changed meanwhile in other
  /// columns is kept; the same column is a conflict, unless `over` names it (the person has seen theirs).
  Result<Saved> change(const Register& reg, std::string_view number, std::int64_t revision, const Values& changes, const std::set<std::string>& over,
                       std::string_view reason, const identity::Principal& who, std::string_view lang, std::string_view request);
  Result<void> comment(const Register& reg, std::string_view number, std::string_view text, const identity::Principal& who, std::string_view request);
  /// An action of the workflow.
  Result<Saved> act(const Register& reg, std::string_view number, std::int64_t revision, std::string_view action, std::string_view reason,
                    const identity::Principal& who, std::string_view lang, std::string_view request);
  /// Whether somebody may ever take the action; what the row's state and the action's condition say comes later.
  bool may_act(const Register& reg, const cases::Action& action, const identity::Principal& who) const;
  std::vector<const cases::Action*> actions(const Register& reg, const Row& row, const identity::Principal& who) const;

  Result<BulkPlan> plan_bulk(const Register& reg, const Query& query, const Values& changes, const identity::Principal& who, std::string_view lang);
  /// All or nothing in one transaction; `expected` rows must still be what the plan counted (conflict).
  Result<BulkDone> do_bulk(const Register& reg, const Query& query, const Values& changes, std::int64_t expected, std::string_view reason,
                           const identity::Principal& who, std::string_view request);
  Result<std::int64_t> undo_bulk(const Register& reg, std::string_view batch, const identity::Principal& who, std::string_view request);
  /// Many new rows in one transaction (import): all or nothing. Values are already checked by check_many(), which sees repeats within
  /// `rows` too. Errors by the index of the row.
  Result<std::vector<std::pair<std::size_t, CellError>>> check_many(const Register& reg, const std::vector<Values>& rows, const identity::Principal& who, std::string_view lang);
  Result<BulkDone> add_many(const Register& reg, const std::vector<Values>& rows, std::string_view reason, const identity::Principal& who, std::string_view request);

  /// Rows of every register that somebody may read in which a column with `search` holds the text, at most `limit` of each, newest first;
  /// nothing below two characters. Values: the columns that are not personal. Audited with how many were found, never with the text.
  struct Hit {
    std::shared_ptr<const Register> reg;
    Row row;
  };
  Result<std::vector<Hit>> search(std::string_view text, const identity::Principal& who, int limit, std::string_view request);

  /// Rows of the department's registers whose reminders are due and not done.
  Result<std::vector<Due>> due(const identity::Principal& who, int limit);

  /// The inbox of reminders: told once for each row, reminder and date, by the daily job or by the write that made them due; they close by
  /// themselves when the date moves, the condition no longer holds or the row ends.
  Result<InboxPage> reminders(const Inbox& inbox, const identity::Principal& who);
  Result<std::vector<Told>> reminders_of(const Register& reg, const Row& row, const identity::Principal& who);
  Result<std::vector<ReminderLoad>> reminder_load(const Inbox& inbox, const identity::Principal& who);
  /// Open ones of the person's department, at most `most`.
  Result<std::int64_t> open_reminders(const identity::Principal& who, int most);
  /// The registers with a reminder that somebody may see; those of their department first.
  std::vector<std::shared_ptr<const Register>> reminding(const identity::Principal& who) const;
  /// Gives how many it settled; those that somebody settled meanwhile stay as they are. A dismissal needs a reason.
  Result<std::int64_t> settle(const std::vector<std::string>& ids, Settle what, std::string_view reason, const identity::Principal& who, std::string_view request);
  /// The durable job of the next city day, at `reminders_at` of city.yaml. `now`: also at once, after a start or when definitions have changed.
  Result<void> plan_reminders(bool now);
  /// Plans the erasing of rows whose retention is over: each city night by a durable job. A row that another one refers to stays until
  /// that one has gone.
  Result<void> plan_retention();

  /// Rows are indexed by the write that changes them, cases by the events that tell of them. When a definition indexes, searches or works
  /// out its columns otherwise than the rows that are there (a database of before, a changed definition), a durable job brings them all
  /// along; call it after start and after a reload.
  Result<void> tend_index();
  /// One transaction of that job; false when every row is brought along.
  Result<bool> index_some();
  /// How far that is; nothing when it is over. Until then lists that filter, sort or search may lack rows.
  Result<std::optional<IndexProgress>> index_progress(const Register& reg) const;

  /// Waits until every index in memory that a list has asked for is there, or is found impossible: for measurements and tests.
  void settle_indexes();

  static std::vector<store::Migration> migrations();
  static void declare(events::Events& events, jobs::Jobs& jobs);

  struct Impl;   ///< registers_impl.h

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace machiya::registers
