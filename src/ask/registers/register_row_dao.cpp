#include "ask/registers/register_row_dao.h"

#include <algorithm>
#include <array>

#include "ask/records/touch_dao.h"
#include "base/json.h"
#include "platform/store/key_list.h"
#include "platform/store/many_rows.h"

namespace machiya::registers::dao {
namespace {

using store::Bytes;
using store::Param;
using store::Row;

Param of_bytes(const std::string& s) { return s.empty() ? Param(nullptr) : Param(Bytes{s}); }
Param of_instant(const std::optional<Instant>& t) { return t ? Param(t->us) : Param(nullptr); }

}  // namespace

Result<std::int64_t> insert_row(store::Tx& tx, const Head& head, const StoredRow& row) {
  static constexpr std::string_view kSql =
      "INSERT INTO record (id, number, kind, type, version, initiative, title, workflow, definition, rules, state, outcome, department, "
      "assignee, channel, lang, category, fee, data_key, data, sealed, proposal, proposed_by, asked, clock, publicity, revision, created, "
      "changed, entered, ended, document) VALUES (:id, :number, 'register', :type, :version, :initiative, '', :workflow, :definition, "
      ":rules, :state, '', :department, '', 'staff', 'ja', '', 0, :data_key, :data, :sealed, '', '', '', 0, 0, 0, :created, :created, "
      ":created, :ended, '')";
  return tx.insert("record", kSql,
                   {{"number", row.number},
                    {"type", head.type},
                    {"version", head.version},
                    {"initiative", head.initiative},
                    {"workflow", head.workflow},
                    {"definition", head.definition},
                    {"rules", head.rules},
                    {"state", row.state},
                    {"department", head.department},
                    {"data_key", row.data_key ? Param(row.data_key) : Param(nullptr)},
                    {"data", row.data},
                    {"sealed", of_bytes(row.sealed)},
                    {"created", row.created.us},
                    {"ended", of_instant(row.ended)}});
}

Result<bool> update_row(store::Tx& tx, const StoredRow& row, std::string_view definition) {
  static constexpr std::string_view kSql =
      "UPDATE record SET state = :state, data_key = :data_key, data = :data, sealed = :sealed, definition = :definition, "
      "revision = revision + 1, changed = :changed, entered = :entered, ended = :ended WHERE id = :id AND revision = :revision";
  MACHIYA_TRY(auto changed, tx.execute(kSql, {{"state", row.state},
                                              {"data_key", row.data_key ? Param(row.data_key) : Param(nullptr)},
                                              {"data", row.data},
                                              {"sealed", of_bytes(row.sealed)},
                                              {"definition", definition},
                                              {"changed", row.changed.us},
                                              {"entered", row.entered.us},
                                              {"ended", of_instant(row.ended)},
                                              {"id", row.id},
                                              {"revision", row.revision}}));
  return changed == 1;
}

Result<void> delete_row(store::Tx& tx, std::int64_t id) {
  MACHIYA_CHECK(records::delete_values(tx, id));
  MACHIYA_CHECK(tx.execute_later("DELETE FROM record_event WHERE record = :id", {{"id", id}}));
  MACHIYA_CHECK(tx.execute_later("DELETE FROM register_reminder WHERE record = :id", {{"id", id}}));
  return tx.execute_later("DELETE FROM record WHERE id = :id AND kind = 'register'", {{"id", id}});
}

Result<std::vector<StoredRow>> rows_ended(store::ReadTx& tx, std::string_view type, bool from_end, Instant until, std::int64_t after, int limit) {
  return records::rows_ended(tx, "register", type, from_end, until, after, limit);
}

Result<std::optional<StoredRow>> find_row(store::ReadTx& tx, std::string_view type, std::string_view number) {
  return records::find_row(tx, "register", type, number);
}

Result<void> insert_index(store::Tx& tx, const std::vector<IndexRow>& rows, const std::vector<std::int64_t>* keys) {
  static const store::ManyRows many("INSERT INTO record_value (field, value, record) VALUES ", {"field", "value", "record"});
  return many.insert(tx, rows, [&](const IndexRow& r) {
    return std::array<Param, 3>{r.field, r.value, keys != nullptr ? (*keys)[static_cast<std::size_t>(r.record)] : r.record};
  });
}

Result<void> delete_index(store::Tx& tx, std::int64_t record, const IndexEntry& entry) {
  return tx.execute_later("DELETE FROM record_value WHERE field = :field AND value = :value AND record = :record",
                          {{"field", entry.field}, {"value", entry.value}, {"record", record}});
}

Result<std::vector<std::int64_t>> records_with(store::ReadTx& tx, const IndexEntry& entry, int limit) {
  MACHIYA_TRY(auto rows, tx.query("SELECT record FROM record_value WHERE field = :field AND value = :value ORDER BY record LIMIT :limit",
                                  {{"field", entry.field}, {"value", entry.value}, {"limit", limit}}));
  std::vector<std::int64_t> out;
  for (const Row& r : rows) out.push_back(r.integer(0));
  return out;
}

Result<std::vector<std::int64_t>> records_after(store::ReadTx& tx, const IndexEntry& entry, std::int64_t after, int limit) {
  MACHIYA_TRY(auto rows, tx.query("SELECT record FROM record_value WHERE field = :field AND value = :value AND record > :after ORDER BY record LIMIT :limit",
                                  {{"field", entry.field}, {"value", entry.value}, {"after", after}, {"limit", limit}}));
  std::vector<std::int64_t> out;
  for (const Row& r : rows) out.push_back(r.integer(0));
  return out;
}

Result<std::int64_t> count_with(store::ReadTx& tx, const IndexEntry& entry) {
  MACHIYA_TRY(auto row, tx.query_one("SELECT COUNT(*) FROM record_value WHERE field = :field AND value = :value", {{"field", entry.field}, {"value", entry.value}}));
  return row ? row->integer(0) : 0;
}

Result<std::vector<std::string>> values_there(store::ReadTx& tx, std::int64_t field, const std::vector<std::string>& values) {
  constexpr std::size_t kChunk = 500;
  // The list leads: each value is one look into the index.
  static constexpr std::string_view kSqlite =
      "SELECT j.value FROM json_each(:wanted) j WHERE EXISTS (SELECT 1 FROM record_value v WHERE v.field = :field AND v.value = j.value)";
  static constexpr std::string_view kPostgres =
      "SELECT j.value FROM json_array_elements_text(CAST(:wanted AS JSON)) AS j (value) CROSS JOIN LATERAL "
      "(SELECT 1 FROM record_value v WHERE v.field = :field AND v.value = j.value LIMIT 1) AS there";
  std::vector<std::string> out;
  for (std::size_t from = 0; from < values.size(); from += kChunk) {
    json::Value wanted = json::Value::array();
    for (std::size_t i = from; i < std::min(values.size(), from + kChunk); ++i) wanted.push(values[i]);
    MACHIYA_TRY(const auto rows, tx.query(tx.engine() == store::Engine::sqlite ? kSqlite : kPostgres, {{"wanted", json::to_text(wanted)}, {"field", field}}));
    for (const Row& r : rows) out.push_back(r.text(0));
  }
  return out;
}

Result<std::int64_t> insert_batch(store::Tx& tx, const Batch& b) {
  return tx.insert("register_batch",
                   "INSERT INTO register_batch (id, public_id, type, kind, actor, at, undone) VALUES (:id, :public_id, :type, :kind, :actor, "
                   ":at, 0)",
                   {{"public_id", b.public_id}, {"type", b.type}, {"kind", b.kind}, {"actor", b.actor}, {"at", b.at.us}});
}

Result<void> insert_batch_rows(store::Tx& tx, const std::vector<BatchRow>& rows) {
  static const store::ManyRows many("INSERT INTO register_batch_row (batch, record, revision) VALUES ", {"batch", "record", "revision"});
  return many.insert(tx, rows, [](const BatchRow& r) { return std::array<Param, 3>{r.batch, r.record, r.revision}; });
}

Result<std::optional<Batch>> find_batch(store::ReadTx& tx, std::string_view type, std::string_view public_id) {
  MACHIYA_TRY(auto row, tx.query_one("SELECT id, public_id, type, kind, actor, at, undone FROM register_batch WHERE public_id = :id AND "
                                     "type = :type",
                                     {{"id", public_id}, {"type", type}}));
  if (!row) return std::optional<Batch>();
  return std::optional<Batch>(Batch{row->integer(0), row->text(1), row->text(2), row->text(3), row->text(4), {row->integer(5)}, row->integer(6) != 0});
}

Result<std::vector<BatchRow>> rows_of_batch(store::ReadTx& tx, std::int64_t batch) {
  MACHIYA_TRY(auto rows, tx.query("SELECT batch, record, revision FROM register_batch_row WHERE batch = :batch ORDER BY record", {{"batch", batch}}));
  std::vector<BatchRow> out;
  out.reserve(rows.size());
  for (const Row& r : rows) out.push_back({r.integer(0), r.integer(1), r.integer(2)});
  return out;
}

Result<void> mark_undone(store::Tx& tx, std::int64_t batch) {
  MACHIYA_TRY(auto n, tx.execute("UPDATE register_batch SET undone = 1 WHERE id = :id AND undone = 0", {{"id", batch}}));
  if (n != 1) return Error(ErrorCode::conflict, "undone already");
  return {};
}

Result<std::optional<OnceRow>> find_once(store::ReadTx& tx, std::string_view key, Instant not_before) {
  MACHIYA_TRY(auto row, tx.query_one("SELECT key, said, number, at FROM register_once WHERE key = :key AND at >= :from", {{"key", key}, {"from", not_before.us}}));
  if (!row) return std::optional<OnceRow>();
  return std::optional<OnceRow>({row->text(0), row->text(1), row->text(2), Instant{row->integer(3)}});
}

Result<void> insert_once(store::Tx& tx, const OnceRow& row, Instant not_before) {
  MACHIYA_CHECK(tx.execute("DELETE FROM register_once WHERE at < :before", {{"before", not_before.us}}));
  // Two at the same moment: the later one is told to try again by PostgreSQL and then finds the row of the first.
  MACHIYA_TRY(const auto n, tx.execute("INSERT INTO register_once (key, said, number, at) VALUES (:key, :said, :number, :at) ON CONFLICT (key) DO NOTHING",
                                       {{"key", row.key}, {"said", row.said}, {"number", row.number}, {"at", row.at.us}}));
  return n == 1 ? Result<void>() : Result<void>(Error(ErrorCode::conflict, "the same request is under way"));
}

Result<void> clear(store::Tx& tx, Instant now) {
  MACHIYA_TRY(const auto types, tx.query("SELECT type, MIN(id), MAX(id) FROM record WHERE kind = 'register' GROUP BY type", {}));
  for (const Row& r : types) MACHIYA_CHECK(records::touch(tx, r.text(0), r.integer(1), r.integer(2), now));
  constexpr std::string_view kRows = "(SELECT id FROM record WHERE kind = 'register')";
  for (const std::string& sql : {"DELETE FROM record_value WHERE record IN " + std::string(kRows), "DELETE FROM record_token WHERE record IN " + std::string(kRows),
                                 "DELETE FROM record_event WHERE record IN " + std::string(kRows), std::string("DELETE FROM register_batch_row"),
                                 std::string("DELETE FROM register_batch"), std::string("DELETE FROM register_reminder"),
                                 std::string("DELETE FROM register_reminder_walk"), std::string("DELETE FROM register_once"), std::string("DELETE FROM record WHERE kind = 'register'")}) {
    MACHIYA_TRY(const auto n, tx.execute(sql, {}));
    (void)n;
  }
  return {};
}

std::vector<store::Migration> migrations() {
  static constexpr std::string_view kTables = R"sql(
CREATE TABLE register_batch (
  id ID,
  public_id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL,
  kind TEXT NOT NULL,
  actor TEXT NOT NULL,
  at TS NOT NULL,
  undone INT NOT NULL
);
CREATE TABLE register_batch_row (
  batch INT NOT NULL,
  record INT NOT NULL,
  revision INT NOT NULL,
  PRIMARY KEY (batch, record)
);
)sql";
  // One row for each (row, reminder, date): what was told is not told again. Open ones are found by reminder and date.
  static constexpr std::string_view kReminders = R"sql(
CREATE TABLE register_reminder (
  id ID,
  public_id TEXT NOT NULL UNIQUE,
  watch INT NOT NULL,
  record INT NOT NULL,
  type TEXT NOT NULL,
  reminder TEXT NOT NULL,
  date TEXT NOT NULL,
  state TEXT NOT NULL,
  told TS NOT NULL,
  taken_by TEXT NOT NULL,
  taken_name TEXT NOT NULL,
  settled_by TEXT NOT NULL,
  settled_name TEXT NOT NULL,
  settled TS,
  why TEXT NOT NULL,
  sealed_why BYTES,
  UNIQUE (record, watch, date)
);
CREATE INDEX register_reminder_open ON register_reminder (watch, date, id) WHERE state = 'open';
CREATE INDEX register_reminder_settled ON register_reminder (watch, settled, id) WHERE state <> 'open';
CREATE TABLE register_reminder_walk (
  watch INT PRIMARY KEY,
  rule TEXT NOT NULL,
  until TEXT NOT NULL
);
)sql";
  static constexpr std::string_view kOnce = R"sql(
CREATE TABLE register_once (
  key TEXT NOT NULL PRIMARY KEY,
  said TEXT NOT NULL,
  number TEXT NOT NULL,
  at TS NOT NULL
);
CREATE INDEX register_once_at ON register_once (at);
)sql";
  return {{"registers", 1, "batch", kTables, ""}, {"registers", 2, "reminder", kReminders, ""}, {"registers", 3, "once", kOnce, ""}};
}

}  // namespace machiya::registers::dao
