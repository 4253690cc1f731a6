// Inside of the service: what its parts share. See registers.h for what it promises.
#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ask/registers/case_register.h"
#include "ask/registers/index_layout.h"
#include "ask/registers/index_walk_dao.h"
#include "ask/registers/range.h"
#include "ask/registers/register_cache.h"
#include "ask/registers/register_row_dao.h"
#include "ask/registers/reminder_dao.h"
#include "ask/registers/registers.h"
#include "ask/registers/rights.h"
#include "ask/registers/row_values.h"
#include "platform/audit/audit.h"
#include "platform/events/events.h"
#include "platform/jobs/jobs.h"
#include "platform/vault/vault.h"

namespace machiya::registers {

inline constexpr std::string_view kRowChanged = "register.row_changed.v1";
inline constexpr std::string_view kRowsChanged = "register.rows_changed.v1";
inline constexpr std::string_view kRetentionJob = "register-retention";
inline constexpr std::string_view kAutomaticJob = "register-automatic";
inline constexpr std::string_view kReminderJob = "register-reminders";
inline constexpr std::string_view kRelatedJob = "register-related";
/// What act() says when the row's state does not allow the action; other conflicts are changes meanwhile.
inline constexpr std::string_view kNotInThisState = "not possible in this state";
/// The action in the history of a row whose formulas followed a related row.
inline constexpr std::string_view kRelated = "related";
/// Rows that point to more than this many rows are not rolled up: the roll-up stays empty.
inline constexpr int kMaxRolled = 100'000;
/// The action in the history of a row whose formulas, or whose first state, followed the definition.
inline constexpr std::string_view kDefinition = "definition";
inline constexpr std::string_view kIndexJob = "register-index";

/// So many of the newest rows with the pairs of letters of a text are looked at by the search box of a list.
inline constexpr int kSearched = 1'000;

/// A row with all its values, whoever may see them.
struct FullRow {
  dao::StoredRow stored;
  Values values;
};
/// Who does what, for history, audit and event.
struct Deed {
  std::string action, reason, comment;
  std::string actor, actor_name, request;
  Instant now;
  std::string purpose;   ///< for which the actor may read what is written, for the audit; "" of the system
};
/// A row as it shall be, worked out from the row of `base` revision.
struct NextRow {
  FullRow before;
  WorkedOut after;
  std::vector<Conflict> conflicts;
  std::vector<std::pair<std::int64_t, std::int64_t>> rests_on;   ///< related rows, as Around has them
  bool changed = false;
};

/// The values of a row as they are kept: its plain columns, and its personal ones with their search terms, to be sealed. JSON texts.
struct PackedRow {
  std::string plain, personal;
  bool any_personal = false;
};
PackedRow pack_row(const Register& reg, const Values& values);

/// What record_value shall have of a row.
struct RowEntries {
  std::string type;                         ///< its register or procedure
  std::int64_t id = 0;
  std::vector<dao::IndexEntry> entries;     ///< sorted
};

struct Registers::Impl {
  Platform p;

  explicit Impl(Platform platform) : p(std::move(platform)), cache(p.store, {p.index_bytes, p.index_rows}) {}

  Access access(const Register& reg, const identity::Principal& who) const { return Access(reg, p.city(), p.identity.policy(), who, p.may_case); }
  Deed deed(std::string_view action, std::string_view reason, const identity::Principal& who, std::string_view request) const;
  const cases::Workflow* workflow_of(const Register& reg, const city::City& city) const;

  // Cases (case_index.cpp)
  /// The registers of the city's procedures by id, derived once for each city.
  std::shared_ptr<const std::map<std::string, std::shared_ptr<const Register>>> case_registers() const;
  Result<void> index_cases(store::Tx& tx, const std::vector<records::RecordRow>& rows) const;
  void listen() const;
  mutable std::mutex derived_mutex;
  mutable std::shared_ptr<const city::City> derived_city;
  mutable std::shared_ptr<const std::map<std::string, std::shared_ptr<const Register>>> derived;

  // Rows and the definition that they are brought to (index_walk.cpp)
  struct Indexed {
    std::shared_ptr<const Register> reg;
    std::string layout;
    mutable std::atomic<bool> whole = false;   ///< every row is known to be brought to it, so nobody asks the database
  };
  using AllIndexed = std::map<std::string, Indexed>;
  /// Both kinds of registers by id, put together once for each city.
  std::shared_ptr<const AllIndexed> indexed() const;
  /// Makes record_value of these records what is wanted, sorted; nothing is written where it is so already.
  Result<void> put_entries(store::Tx& tx, const std::vector<RowEntries>& wanted) const;
  /// The walks that are not done, begun where the layout has changed.
  Result<std::map<std::string, dao::IndexWalk>> walks(store::Tx& tx, const AllIndexed& all) const;
  /// Brings the next rows along, of other registers than `but`; `at`: whose. False when there are none.
  Result<bool> index_next(store::Tx& tx, const std::set<std::string>& but, std::string& at) const;
  Result<void> walk_cases(store::Tx& tx, const AllIndexed& all, const std::map<std::string, dao::IndexWalk>& outdated) const;
  Result<void> walk_rows(store::Tx& tx, const Register& reg, dao::IndexWalk walk) const;
  /// Index entries and search tokens of rows; no history: nothing that anybody entered or reads in them changes.
  Result<void> bring(store::Tx& tx, const Register& reg, const LayoutChange& change, const std::vector<dao::StoredRow>& rows) const;
  /// What the definition works out of a row; the first state of a row from before there were any.
  Result<void> work_out_anew(store::Tx& tx, const Register& reg, const dao::StoredRow& stored) const;
  /// Before a row is changed or erased: it is brought along when the walk has not met it, so that a write need only know today's layout.
  Result<void> catch_up(store::Tx& tx, const Register& reg, const dao::StoredRow& row) const;
  /// After a write of rows from `id` on by the definition of before a reload: the walk comes back for them.
  Result<void> walk_again(store::Tx& tx, const Register& reg, std::int64_t id) const;
  Result<std::optional<IndexProgress>> progress(store::ReadTx& tx, const Register& reg) const;
  Result<void> run_index(const jobs::Job& job) const;
  mutable std::mutex indexed_mutex;
  mutable std::shared_ptr<const city::City> indexed_city;
  mutable std::shared_ptr<const AllIndexed> indexed_all;

  // Emergencies (registers_emergency.cpp)
  /// What somebody may do with one row: as with the register, or to read it while an emergency holds.
  struct RowAccess {
    Access access;
    std::optional<Instant> emergency_until;
  };
  Result<RowAccess> access_to_row(store::ReadTx& tx, const Register& reg, std::string_view number, const identity::Principal& who) const;
  /// A register of rows by id, whoever may see it; null when there is none.
  std::shared_ptr<const Register> register_of_rows(std::string_view id) const;

  // Reading (registers_read.cpp)
  /// Must what is sealed be opened to show these columns (empty: all) to somebody?
  bool opens(const Register& reg, const Access& access, const std::vector<std::string>& columns) const;
  Result<FullRow> full(store::ReadTx& tx, const Register& reg, dao::StoredRow stored, bool with_personal) const;
  /// The keys of rows that are about to be opened, with one query.
  Result<void> fetch_keys(store::ReadTx& tx, const std::vector<dao::StoredRow>& rows) const;
  Result<void> fetch_keys(store::ReadTx& tx, const std::vector<std::shared_ptr<const KeptRow>>& rows) const;
  Result<FullRow> load(store::ReadTx& tx, const Register& reg, std::string_view number) const;
  Row shown(const Register& reg, const FullRow& full, const Access& access) const;
  /// The personal values of a row; an empty object when it has none.
  Result<Values> personal_of(store::ReadTx& tx, const dao::StoredRow& row) const;
  Result<void> add_titles(store::ReadTx& tx, const Register& reg, std::vector<Row>& rows, const identity::Principal& who) const;
  Result<Row> shown_with_titles(const Register& reg, const FullRow& full, const identity::Principal& who) const;

  // Rows of other registers (registers_related.cpp)
  /// `number`: of the row itself, "" when it is not there yet.
  Result<Around> around(store::ReadTx& tx, const Register& reg, const Values& values, std::string_view number) const;
  class Fold;
  Result<void> roll_up(store::ReadTx& tx, const Register& reg, std::string_view number, Values& out) const;
  Result<bool> fold_rows(store::ReadTx& tx, const Register& other, const dao::IndexEntry& entry, bool nobody, std::vector<Fold>& folds) const;
  /// Are the rows that something was worked out from still the same?
  Result<bool> unchanged(store::ReadTx& tx, const std::vector<std::pair<std::int64_t, std::int64_t>>& rests_on) const;
  /// Rows of other registers whose formulas rest on this one are worked out again: some in this transaction, the others by a job.
  Result<void> follow(store::Tx& tx, const Register& reg, const FullRow& before, const Values& values, const Deed& deed) const;
  /// At most `limit` rows that point to `number`, from behind `after`; the last key, 0 when there are no more.
  Result<std::int64_t> work_out_again(store::Tx& tx, const Register& reg, const Column& relation, const std::string& number, std::int64_t after, int limit,
                                      const Deed& deed) const;
  /// The row's values as they are worked out by now; nothing when they are the same.
  Result<std::optional<Values>> worked_again(store::ReadTx& tx, const Register& reg, const FullRow& row, std::string_view state) const;
  Result<void> follow_later(store::Tx& tx, const Register& reg, const Column& relation, const std::string& number, std::int64_t after, const Deed& deed) const;
  Result<void> run_related(const jobs::Job& job) const;

  // Writing (registers_write.cpp)
  /// Titles of related rows become their numbers, as far as somebody may read them (`access` null: everything); what is neither is
  /// a fault. A row is also known by its number, which nobody can guess.
  Result<void> resolve(store::ReadTx& tx, const Register& reg, Values& values, std::vector<CellError>& errors, std::string_view lang, const Access* access) const;
  Result<void> check_unique(store::ReadTx& tx, const Register& reg, const Values& values, const Values* before, std::int64_t self,
                            std::vector<CellError>& errors, std::string_view lang) const;
  Result<void> seal_row(store::Tx& tx, dao::StoredRow& row, const PackedRow& packed) const;
  /// Of every column with `search`, sorted.
  std::vector<std::int64_t> tokens_of_row(const Register& reg, const Values& values) const;
  /// The entry of the history; `before` without a key: of a newborn row.
  Result<records::EventRow> entry_of(store::Tx& tx, const Register& reg, const FullRow& before, const dao::StoredRow& after, const Values& values,
                                     const Deed& deed) const;
  Result<void> note(store::Tx& tx, const Register& reg, const FullRow& before, const dao::StoredRow& after, const Values& values, const Deed& deed) const;
  /// Writes row, index, tokens and history; no check. Gives the row's key.
  Result<std::int64_t> insert(store::Tx& tx, const Register& reg, const dao::Head& head, dao::StoredRow row, const Values& values, const Deed& deed) const;
  /// The same for a row that is there; false when its revision is another by now.
  Result<bool> update(store::Tx& tx, const Register& reg, const FullRow& before, dao::StoredRow after, const Values& values, const Deed& deed) const;
  Result<void> trail(store::Tx& tx, const Register& reg, const dao::StoredRow& row, const Deed& deed) const;
  dao::Head head_of(const Register& reg) const;
  /// True while a relation of any row holds this one.
  Result<bool> is_referred_to(store::ReadTx& tx, const Register& reg, std::string_view number) const;
  /// Deletes a row with its key, index, tokens, history and reminders: an import that is undone does that, and the end of the retention.
  Result<void> remove(store::Tx& tx, const Register& reg, const FullRow& row) const;

  Result<std::optional<FullRow>> added_before(store::ReadTx& tx, const Register& reg, const Once& once, const identity::Principal& who) const;
  dao::OnceRow once_row(const Register& reg, const Once& once, const identity::Principal& who, std::string_view number) const;

  // Many rows (registers_bulk.cpp)
  Result<void> trail_many(store::Tx& tx, const Register& reg, const std::string& batch, std::string_view action, std::int64_t rows, const Deed& deed) const;
  Result<void> put_back(store::Tx& tx, const Register& reg, const dao::BatchRow& touched, const Deed& deed) const;
  Result<void> take_back(store::Tx& tx, const Register& reg, const dao::BatchRow& touched) const;
  /// (registers_import.cpp)
  Result<std::vector<WorkedOut>> work_out_many(const Register& reg, const std::vector<Values>& rows, const Access& access, std::string_view lang,
                                               std::vector<std::pair<std::int64_t, std::int64_t>>* rests_on = nullptr) const;

  // Workflow (registers_act.cpp)
  Result<void> enter_start(const Register& reg, dao::StoredRow& row) const;
  void enter(const cases::Workflow& workflow, dao::StoredRow& row, std::string_view state, Instant now) const;
  Result<bool> allowed_by_guard(const Register& reg, const cases::Action& action, const Values& values, std::string_view state) const;
  Result<void> run_immediate(store::Tx& tx, const Register& reg, FullRow& row) const;
  Result<void> schedule(store::Tx& tx, const Register& reg, const dao::StoredRow& row) const;
  Result<void> run_automatic(const jobs::Job& job) const;

  // Reminders (registers_remind.cpp, registers_inbox.cpp)
  /// What a write changes in the inbox, in its transaction. `before` null: the row is new.
  Result<void> remind(store::Tx& tx, const Register& reg, const FullRow* before, const dao::StoredRow& after, const Values& values) const;
  Result<void> run_reminders(const jobs::Job& job) const;
  Result<void> walk(const jobs::Job& job, const Register& reg, const Reminder& reminder) const;
  Result<void> tell_untold(const jobs::Job& job, const Register& reg, const Reminder& reminder, std::string_view low, std::string_view high) const;
  Result<void> close_stale(const jobs::Job& job, const Register& reg, const Reminder& reminder, Date until) const;
  /// Reminders that somebody may see, by the keys of their inbox.
  std::vector<std::int64_t> watches(const Inbox& inbox, const identity::Principal& who) const;
  Result<std::vector<Told>> told(store::ReadTx& tx, const std::vector<dao::ToldRow>& rows, const identity::Principal& who) const;
  Result<bool> settle_one(store::Tx& tx, std::string_view id, Settle what, std::string_view reason, const identity::Principal& who, const Deed& deed) const;

  // Retention (registers_retention.cpp)
  Result<void> run_retention(const jobs::Job& job) const;
  Result<void> erase_ended(const jobs::Job& job, const Register& reg) const;

  // Lists (registers_list_dao.cpp)
  struct Found {
    std::vector<std::int64_t> ids;
    std::string next_value;        ///< sort value of the last one
  };
  struct Plan {
    std::string type;
    std::vector<Range> ranges;
    mutable std::optional<std::vector<std::int64_t>> all;   ///< every row that fits, sorted: few of them, or needed since
    std::optional<std::int64_t> sort;                 ///< field
    bool descending = true;
    int driver = -1;                                  ///< the narrowest range, of those that are neither negated nor `has`
    /// The range on the field that the list is sorted by: it bounds the walk itself. -1: none.
    int own() const {
      for (std::size_t i = 0; i < ranges.size(); ++i)
        if (sort && ranges[i].field == *sort && !ranges[i].negated && !ranges[i].has) return static_cast<int>(i);
      return -1;
    }
  };
  /// `purpose`: permission that somebody needs for the cases; of other registers nothing depends on it. `counted`: columns that are told of
  /// besides those that the query names.
  Result<Plan> plan(store::ReadTx& tx, const Register& reg, const Query& query, const Access& access, std::string_view purpose = "case.list",
                    const std::vector<std::string>& counted = {}) const;
  /// The part of it that reads nothing: conditions and order.
  Result<Plan> wanted(const Register& reg, const Query& query, const Access& access, std::string_view purpose, const std::vector<std::string>& counted) const;
  /// (list_search.cpp) Keys of the rows in which a searched column holds the text, sorted: of the newest that may. With a view, from memory.
  Result<std::vector<std::int64_t>> rows_holding(store::ReadTx& tx, const Register& reg, std::string_view text, const Access& access, const RegisterCache::View* view) const;
  /// Fills plan.all.
  Result<void> gather(store::ReadTx& tx, const Plan& plan) const;
  Result<Found> find(store::ReadTx& tx, const Plan& plan, int limit, const std::optional<std::pair<std::string, std::int64_t>>& after) const;
  Result<std::int64_t> count(store::ReadTx& tx, const Plan& plan, bool& more) const;
  /// One page of a list, in order.
  struct Page {
    std::vector<std::int64_t> ids;
    std::int64_t total = 0;
    bool more_than_counted = false;
    std::vector<std::shared_ptr<const KeptRow>> rows;   ///< of `ids`, when memory had the page
  };
  /// (registers_list.cpp) Nothing, or `again`, as RegisterCache::view() says. Nothing else may have been read in `tx`.
  Result<std::optional<Page>> page_in_memory(store::ReadTx& tx, const Register& reg, const Query& query, const Access& access, int limit, bool alone, bool& again) const;
  Result<Page> page_of(store::ReadTx& tx, const Register& reg, const Query& query, const Access& access, int limit) const;
  Result<Listing> listing(store::ReadTx& tx, const Register& reg, const Query& query, const Access& access, const Page& page) const;
  /// The same with rows that are kept.
  Result<Listing> listing_of_kept(store::ReadTx& tx, const Register& reg, const Query& query, const Access& access, const Page& page) const;
  mutable RegisterCache cache;
  /// FROM and WHERE of the rows of a plan, joined to their value `v` of a field.
  std::string rows_with(struct Sql& sql, const Plan& plan, std::int64_t field, bool many) const;
  Result<void> label_bars(store::ReadTx& tx, const Register& reg, const Column* column, const std::vector<std::int64_t>& samples, const Access& access,
                          const identity::Principal& who, std::string_view lang, std::vector<ChartValue>& out) const;
  /// Keys of every row of the query, in order; limit_exceeded beyond `most`.
  Result<std::vector<std::int64_t>> every(store::ReadTx& tx, const Register& reg, const Query& query, const Access& access, std::int64_t most) const;

  // Changes (registers_change.cpp)
  Result<NextRow> next_of(store::ReadTx& tx, const Register& reg, FullRow row, std::int64_t revision, const Values& changes,
                          const std::set<std::string>& over, const Access& access, std::string_view lang) const;
  /// The history behind a sequence number; `access` null: every column, for merging.
  Result<std::vector<HistoryEntry>> entries(store::ReadTx& tx, const Register& reg, const dao::StoredRow& row, const Access* access,
                                            std::int64_t after_sequence) const;
};

/// What is told of a row besides its values, which are an empty object.
Row without_values(const dao::StoredRow& row);
/// Only the columns that people enter.
Values entered_of(const Register& reg, const Values& values);
/// What somebody cannot mend is not held against them: an empty required column that they may not write.
void forgive(const Register& reg, const Access& access, const Values& touched, std::vector<CellError>& errors);
std::string actor_name_of(const identity::Principal& who);

}  // namespace machiya::registers
