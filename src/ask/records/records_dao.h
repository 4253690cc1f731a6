// The tables that every record of the house shares: a case, a person, a household, an organisation, a place, and the
// registers that come later. A record has a state, a history, sealed data under its own data key, and search tokens.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "platform/store/store.h"

namespace machiya::records {

/// 標準処理期間 of a record: none, running, stopped during a correction, or over because the record ended.
enum class ClockState : std::uint8_t { none = 0, running = 1, stopped = 2, over = 3 };
/// Who of the public may see a record: nobody, its place and state, the photo too, or nobody again after moderation.
enum class Publicity : std::uint8_t { closed = 0, listed = 1, released = 2, hidden = 3 };

/// One row of table `record`, as stored (sealed parts are still sealed).
struct RecordRow {
  std::int64_t id = 0;
  std::string number;                 ///< public: receipt number of a case, public id of everything else
  std::string kind;                   ///< case, register, person, household, organisation, place
  std::string type;                   ///< procedure or register id
  int version = 1, initiative = 0;
  std::string title, workflow;
  std::string definition;             ///< hash of the procedure the record began with
  std::string rules;                  ///< hash of the workflow the record began with
  std::string state, outcome, department, assignee;
  std::optional<std::int64_t> person; ///< applicant or subject
  std::string channel, lang, category;
  std::int64_t fee = 0;
  std::int64_t data_key = 0;
  std::string data;                   ///< of a register's row: plain columns, JSON
  std::string sealed, sealed_log;     ///< "" when erased, or when there is nothing personal
  std::string proposal, proposed_by;  ///< an act that waits for the second pair of eyes
  std::string asked;                  ///< JSON array of the fields an open correction asks for
  ClockState clock = ClockState::none;
  std::optional<Instant> due;         ///< end of the day on which the statutory clock runs out
  std::optional<int> clock_left;      ///< days that were left when it stopped
  std::optional<double> lat, lon;
  Publicity publicity = Publicity::closed;
  std::int64_t revision = 0;
  Instant created, changed, entered;  ///< entered: into the present state
  std::optional<Instant> ended, erase_after;
  std::string document;               ///< public id of the decision document
};

/// One row of the history. `sealed` holds notes, reasons and staff names under the record's key.
struct EventRow {
  std::int64_t record = 0;
  std::int64_t sequence = 0;
  Instant at;
  std::string state, action, actor, fields;
  std::string sealed;
};

/// Gives the key. `conflict` (at the latest at the commit) when the idempotency key or, by an accident of 55 random bits, the number
/// is already there.
Result<std::int64_t> insert_record(store::Tx& tx, const RecordRow& row, const std::optional<std::string>& idempotency);
Result<std::optional<RecordRow>> find_record(store::ReadTx& tx, std::string_view number);
Result<std::optional<RecordRow>> find_record_by_id(store::ReadTx& tx, std::int64_t id);
Result<std::optional<RecordRow>> find_by_idempotency(store::ReadTx& tx, std::string_view key);
/// The record of a kind that belongs to a person (its facts, for example).
Result<std::optional<RecordRow>> find_of_person(store::ReadTx& tx, std::int64_t person, std::string_view kind);
/// A row of a table that staff see, without the log: a case by its procedure, a register's row by its register.
Result<std::optional<RecordRow>> find_row(store::ReadTx& tx, std::string_view kind, std::string_view type, std::string_view number);
/// The same by key, in the order of `ids`; keys that are gone are left out.
Result<std::vector<RecordRow>> rows_of(store::ReadTx& tx, const std::vector<std::int64_t>& ids);
/// The same with what a list of a register shows and nothing else: key, number, state, revision, times, data, and `with_sealed` the sealed data and its key.
Result<std::vector<RecordRow>> listed_rows_of(store::ReadTx& tx, const std::vector<std::int64_t>& ids, bool with_sealed);
/// Such rows of a register by number, in no order, with their sealed data.
Result<std::vector<RecordRow>> listed_rows_of_numbers(store::ReadTx& tx, std::string_view type, const std::vector<std::string>& numbers);
/// The same by number, in no order; numbers that are gone are left out. Without `with_sealed` the sealed data is not touched.
Result<std::vector<RecordRow>> rows_of_numbers(store::ReadTx& tx, const std::vector<std::string>& numbers, bool with_sealed);
/// The next `limit` records of these types behind a key, by key.
Result<std::vector<RecordRow>> rows_behind(store::ReadTx& tx, std::string_view kind, const std::vector<std::string>& types, std::int64_t after, int limit);
/// Those that have ended, or began (`from_end` false), until then.
Result<std::vector<RecordRow>> rows_ended(store::ReadTx& tx, std::string_view kind, std::string_view type, bool from_end, Instant until, std::int64_t after, int limit);
/// Writes everything that may change in a case and raises the revision; conflict when it is no longer row.revision.
Result<void> update_record(store::Tx& tx, const RecordRow& row);

Result<void> insert_event(store::Tx& tx, const EventRow& event);
/// Rows with their sequence numbers: of records that were just born, or whose length is known.
Result<void> insert_first_events(store::Tx& tx, const std::vector<EventRow>& events);
Result<std::vector<EventRow>> events_of(store::ReadTx& tx, std::int64_t record);

Result<void> insert_tokens(store::Tx& tx, std::int64_t record, const std::vector<std::int64_t>& tokens);
struct TokenRow {
  std::int64_t token = 0, record = 0;
  friend auto operator<=>(const TokenRow&, const TokenRow&) = default;
};
/// Of records that were just born; `record` is a position in `keys`.
Result<void> insert_new_tokens(store::Tx& tx, const std::vector<TokenRow>& rows, const std::vector<std::int64_t>& keys);
Result<void> delete_tokens(store::Tx& tx, std::int64_t record, const std::vector<std::int64_t>& tokens);
/// Takes a record out of record_value.
Result<void> delete_values(store::Tx& tx, std::int64_t record);
/// Records that carry all of the tokens, newest first.
Result<std::vector<std::int64_t>> records_with_tokens(store::ReadTx& tx, const std::vector<std::int64_t>& tokens, int limit);
/// All records of a token, sorted.
Result<std::vector<std::int64_t>> records_with_token(store::ReadTx& tx, std::int64_t token);
/// Those of `records` that carry all of the tokens, newest first.
Result<std::vector<std::int64_t>> those_with_tokens(store::ReadTx& tx, std::vector<std::int64_t> records, const std::vector<std::int64_t>& tokens);
Result<std::int64_t> count_tokens(store::ReadTx& tx, std::int64_t record);

/// What a list shows and filters by. Empty text and nothing: any.
struct ListFilter {
  std::string kind = "case";
  std::vector<std::string> departments;   ///< any of them; empty: all
  std::string state, type, assignee, category, workflow;
  bool unassigned = false;
  bool open_only = true;
  std::optional<Instant> overdue_at;      ///< due before this instant
  std::optional<std::int64_t> person;
  std::optional<Instant> since, until;    ///< created
  std::optional<std::int64_t> before;     ///< key of the last row of the page before
  bool proposals_only = false;
  int limit = 50;
};
/// Newest first. Without `with_sealed` a list never touches the sealed data.
Result<std::vector<RecordRow>> list_records(store::ReadTx& tx, const ListFilter& filter, bool with_sealed = false);
/// How many open records of a type a person has.
Result<std::int64_t> count_open_of_person(store::ReadTx& tx, std::int64_t person, std::string_view type);
struct Count {
  std::string type, state, assignee;
  std::int64_t count = 0, overdue = 0, proposals = 0;
};
Result<std::vector<Count>> count_records(store::ReadTx& tx, const ListFilter& filter, Instant now);

/// Listed records near a place (degrees; the exact distance is the caller's), newest first.
struct Box {
  double south = -90, west = -180, north = 90, east = 180;
};
Result<std::vector<RecordRow>> public_records(store::ReadTx& tx, const std::string& type, const std::string& category, const Box& box,
                                              const ListFilter& filter);

/// Records whose retention is over.
Result<std::vector<RecordRow>> due_for_erasure(store::ReadTx& tx, Instant now, int limit);
/// Empties a record after its key is gone: sealed data, notes, place and the tie to a person.
Result<void> blank_record(store::Tx& tx, std::int64_t id, Instant now);

std::vector<store::Migration> migrations();

}  // namespace machiya::records
