#include "ask/records/records_dao.h"

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <limits>
#include <unordered_map>

#include "base/json.h"
#include "platform/store/key_list.h"
#include "platform/store/many_rows.h"

namespace machiya::records {
namespace {

using store::Bind;
using store::Binds;
using store::Bytes;
using store::Param;
using store::Row;

std::string select(std::string_view more) {
  return "SELECT id, number, kind, type, version, initiative, title, workflow, definition, rules, state, outcome, department, assignee, person, "
         "channel, lang, category, fee, data_key, proposal, proposed_by, asked, clock, due, clock_left, lat, lon, publicity, revision, created, "
         "changed, entered, ended, erase_after, document" + std::string(more) + " FROM record";
}
// Lists touch no sealed column; a row is read without the log of its interview, which only its applicant's pages need.
const std::string kSelectList = select(""), kSelectRow = select(", data, sealed"), kSelect = select(", data, sealed, sealed_log");

std::optional<Instant> instant_or_none(const Row& row, std::size_t i) {
  auto us = row.optional_integer(i);
  return us ? std::optional<Instant>(Instant{*us}) : std::nullopt;
}
std::optional<double> real_or_none(const Row& row, std::size_t i) {
  return row.is_null(i) ? std::nullopt : std::optional<double>(row.real(i));
}
Param of_instant(const std::optional<Instant>& t) { return t ? Param(t->us) : Param(nullptr); }
Param of_bytes(const std::string& s) { return s.empty() ? Param(nullptr) : Param(Bytes{s}); }

RecordRow read_row(const Row& r) {
  RecordRow out;
  out.id = r.integer(0);
  out.number = r.text(1), out.kind = r.text(2), out.type = r.text(3);
  out.version = static_cast<int>(r.integer(4)), out.initiative = static_cast<int>(r.integer(5));
  out.title = r.text(6), out.workflow = r.text(7), out.definition = r.text(8), out.rules = r.text(9);
  out.state = r.text(10), out.outcome = r.text(11), out.department = r.text(12), out.assignee = r.text(13);
  out.person = r.optional_integer(14);
  out.channel = r.text(15), out.lang = r.text(16), out.category = r.text(17);
  out.fee = r.integer(18), out.data_key = r.integer(19);
  out.proposal = r.text(20), out.proposed_by = r.text(21), out.asked = r.text(22);
  out.clock = static_cast<ClockState>(r.integer(23));
  out.due = instant_or_none(r, 24);
  if (auto left = r.optional_integer(25)) out.clock_left = static_cast<int>(*left);
  out.lat = real_or_none(r, 26), out.lon = real_or_none(r, 27);
  out.publicity = static_cast<Publicity>(r.integer(28));
  out.revision = r.integer(29);
  out.created = {r.integer(30)}, out.changed = {r.integer(31)}, out.entered = {r.integer(32)};
  out.ended = instant_or_none(r, 33), out.erase_after = instant_or_none(r, 34);
  out.document = r.text(35);
  if (r.size() > 37) out.data = r.text(36), out.sealed = r.text(37);
  if (r.size() > 38) out.sealed_log = r.text(38);
  return out;
}

Result<std::optional<RecordRow>> one(store::ReadTx& tx, const std::string& sql, const Binds& binds) {
  MACHIYA_TRY(auto row, tx.query_one(sql, binds));
  if (!row) return std::optional<RecordRow>();
  return std::optional<RecordRow>(read_row(*row));
}

}  // namespace

Result<std::int64_t> insert_record(store::Tx& tx, const RecordRow& r, const std::optional<std::string>& idempotency) {
  static constexpr std::string_view kSql =
      "INSERT INTO record (id, number, kind, type, version, initiative, title, workflow, definition, rules, state, outcome, department, "
      "assignee, person, channel, lang, category, fee, data_key, sealed, sealed_log, proposal, proposed_by, asked, clock, due, "
      "clock_left, lat, lon, publicity, revision, created, changed, entered, ended, erase_after, document, idempotency) VALUES "
      "(:id, :number, :kind, :type, :version, :initiative, :title, :workflow, :definition, :rules, :state, :outcome, :department, "
      ":assignee, :person, :channel, :lang, :category, :fee, :data_key, :sealed, :sealed_log, '', '', :asked, :clock, :due, :clock_left, :lat, "
      ":lon, :publicity, :revision, :created, :changed, :entered, :ended, :erase_after, :document, :idempotency)";
  return tx.insert("record", kSql, {{"number", r.number},
                                   {"kind", r.kind},
                                   {"type", r.type},
                                   {"version", r.version},
                                   {"initiative", r.initiative},
                                   {"title", r.title},
                                   {"workflow", r.workflow},
                                   {"definition", r.definition},
                                   {"rules", r.rules},
                                   {"state", r.state},
                                   {"outcome", r.outcome},
                                   {"department", r.department},
                                   {"assignee", r.assignee},
                                   {"person", Param(r.person)},
                                   {"channel", r.channel},
                                   {"lang", r.lang},
                                   {"category", r.category},
                                   {"fee", r.fee},
                                   {"data_key", r.data_key},
                                   {"sealed", of_bytes(r.sealed)},
                                   {"sealed_log", of_bytes(r.sealed_log)},
                                   {"asked", r.asked},
                                   {"clock", static_cast<int>(r.clock)},
                                   {"due", of_instant(r.due)},
                                   {"clock_left", r.clock_left ? Param(*r.clock_left) : Param(nullptr)},
                                   {"lat", Param(r.lat)},
                                   {"lon", Param(r.lon)},
                                   {"publicity", static_cast<int>(r.publicity)},
                                   {"revision", r.revision},
                                   {"created", r.created.us},
                                   {"changed", r.changed.us},
                                   {"entered", r.entered.us},
                                   {"ended", of_instant(r.ended)},
                                   {"erase_after", of_instant(r.erase_after)},
                                   {"document", r.document},
                                            {"idempotency", Param(idempotency)}});
}

Result<std::optional<RecordRow>> find_record(store::ReadTx& tx, std::string_view number) {
  static const std::string kSql = kSelect + " WHERE number = :number";
  return one(tx, kSql, {{"number", number}});
}
Result<std::optional<RecordRow>> find_record_by_id(store::ReadTx& tx, std::int64_t id) {
  static const std::string kSql = kSelect + " WHERE id = :id";
  return one(tx, kSql, {{"id", id}});
}
Result<std::optional<RecordRow>> find_by_idempotency(store::ReadTx& tx, std::string_view key) {
  static const std::string kSql = kSelect + " WHERE idempotency = :key";
  return one(tx, kSql, {{"key", key}});
}
Result<std::optional<RecordRow>> find_of_person(store::ReadTx& tx, std::int64_t person, std::string_view kind) {
  static const std::string kSql = kSelect + " WHERE person = :person AND kind = :kind ORDER BY id LIMIT 1";
  return one(tx, kSql, {{"person", person}, {"kind", kind}});
}

Result<std::optional<RecordRow>> find_row(store::ReadTx& tx, std::string_view kind, std::string_view type, std::string_view number) {
  static const std::string kSql = kSelectRow + " WHERE number = :number AND kind = :kind AND type = :type";
  return one(tx, kSql, {{"number", number}, {"kind", kind}, {"type", type}});
}
namespace {

/// Rows of a selection that begins with the key, in the order of `ids`.
Result<std::vector<RecordRow>> in_order_of(store::ReadTx& tx, std::string_view select, const std::vector<std::int64_t>& ids, RecordRow (*read)(const Row&)) {
  std::vector<RecordRow> out;
  if (ids.empty()) return out;
  MACHIYA_TRY(const auto rows, tx.query(std::string(select) + " WHERE id " + store::in_keys(tx.engine()), {{"keys", store::key_list(ids, tx.engine())}}));
  std::unordered_map<std::int64_t, const Row*> by_id;
  for (const Row& r : rows) by_id.emplace(r.integer(0), &r);
  out.reserve(rows.size());
  for (std::int64_t id : ids)
    if (auto found = by_id.find(id); found != by_id.end()) out.push_back(read(*found->second));
  return out;
}

constexpr std::string_view kSelectListed = "SELECT id, number, state, revision, created, changed, ended, data, data_key, sealed FROM record";

RecordRow read_listed(const Row& r) {
  RecordRow out;
  out.id = r.integer(0), out.number = r.text(1), out.state = r.text(2), out.revision = r.integer(3);
  out.created = {r.integer(4)}, out.changed = {r.integer(5)}, out.ended = instant_or_none(r, 6);
  out.data = r.text(7);
  if (r.size() > 8) out.data_key = r.integer(8), out.sealed = r.text(9);
  return out;
}

}  // namespace

Result<std::vector<RecordRow>> rows_of(store::ReadTx& tx, const std::vector<std::int64_t>& ids) { return in_order_of(tx, kSelectRow, ids, read_row); }
Result<std::vector<RecordRow>> listed_rows_of(store::ReadTx& tx, const std::vector<std::int64_t>& ids, bool with_sealed) {
  return in_order_of(tx, with_sealed ? kSelectListed
                                     : "SELECT id, number, state, revision, created, changed, ended, data FROM record",
                     ids, read_listed);
}

namespace {

/// "column IN (the texts of a JSON list)".
std::string one_of(std::string_view column, std::string_view list, store::Engine engine) {
  return std::string(column) + (engine == store::Engine::sqlite ? " IN (SELECT value FROM json_each(:" + std::string(list) + "))"
                                                                : " IN (SELECT json_array_elements_text(CAST(CAST(:" + std::string(list) + " AS TEXT) AS JSON)))");
}
std::string text_list(const std::vector<std::string>& texts) {
  json::Value out = json::Value::array();
  for (const std::string& text : texts) out.push(text);
  return json::to_text(out);
}
std::vector<RecordRow> read_rows(const std::vector<Row>& rows) {
  std::vector<RecordRow> out;
  out.reserve(rows.size());
  for (const Row& r : rows) out.push_back(read_row(r));
  return out;
}

}  // namespace

Result<std::vector<RecordRow>> rows_of_numbers(store::ReadTx& tx, const std::vector<std::string>& numbers, bool with_sealed) {
  if (numbers.empty()) return std::vector<RecordRow>();
  MACHIYA_TRY(const auto rows, tx.query((with_sealed ? kSelectRow : kSelectList) + " WHERE " + one_of("number", "numbers", tx.engine()), {{"numbers", text_list(numbers)}}));
  return read_rows(rows);
}

Result<std::vector<RecordRow>> listed_rows_of_numbers(store::ReadTx& tx, std::string_view type, const std::vector<std::string>& numbers) {
  std::vector<RecordRow> out;
  if (numbers.empty()) return out;
  MACHIYA_TRY(const auto rows, tx.query(std::string(kSelectListed) + " WHERE kind = 'register' AND type = :type AND " + one_of("number", "numbers", tx.engine()),
                                        {{"type", type}, {"numbers", text_list(numbers)}}));
  for (const Row& r : rows) out.push_back(read_listed(r));
  return out;
}

Result<std::vector<RecordRow>> rows_behind(store::ReadTx& tx, std::string_view kind, const std::vector<std::string>& types, std::int64_t after, int limit) {
  MACHIYA_TRY(const auto rows, tx.query(kSelectRow + " WHERE kind = :kind AND id > :after AND " + one_of("type", "types", tx.engine()) + " ORDER BY id LIMIT :limit",
                                        {{"kind", kind}, {"after", after}, {"types", text_list(types)}, {"limit", limit}}));
  return read_rows(rows);
}

Result<std::vector<RecordRow>> rows_ended(store::ReadTx& tx, std::string_view kind, std::string_view type, bool from_end, Instant until, std::int64_t after, int limit) {
  const std::string sql = kSelectRow + " WHERE kind = :kind AND type = :type AND id > :after AND " + (from_end ? "ended" : "created") + " <= :until ORDER BY id LIMIT :limit";
  MACHIYA_TRY(const auto rows, tx.query(sql, {{"kind", kind}, {"type", type}, {"after", after}, {"until", until.us}, {"limit", limit}}));
  return read_rows(rows);
}

Result<void> update_record(store::Tx& tx, const RecordRow& r) {
  static constexpr std::string_view kSql =
      "UPDATE record SET state = :state, outcome = :outcome, department = :department, assignee = :assignee, category = :category, "
      "fee = :fee, sealed = :sealed, sealed_log = :sealed_log, proposal = :proposal, proposed_by = :proposed_by, asked = :asked, "
      "clock = :clock, due = :due, clock_left = :clock_left, lat = :lat, lon = :lon, publicity = :publicity, "
      "revision = revision + 1, changed = :changed, entered = :entered, ended = :ended, erase_after = :erase_after, "
      "document = :document WHERE id = :id AND revision = :revision";
  MACHIYA_TRY(auto changed, tx.execute(kSql, {{"state", r.state},
                                              {"outcome", r.outcome},
                                              {"department", r.department},
                                              {"assignee", r.assignee},
                                              {"category", r.category},
                                              {"fee", r.fee},
                                              {"sealed", of_bytes(r.sealed)},
                                              {"sealed_log", of_bytes(r.sealed_log)},
                                              {"proposal", r.proposal},
                                              {"proposed_by", r.proposed_by},
                                              {"asked", r.asked},
                                              {"clock", static_cast<int>(r.clock)},
                                              {"due", of_instant(r.due)},
                                              {"clock_left", r.clock_left ? Param(*r.clock_left) : Param(nullptr)},
                                              {"lat", Param(r.lat)},
                                              {"lon", Param(r.lon)},
                                              {"publicity", static_cast<int>(r.publicity)},
                                              {"changed", r.changed.us},
                                              {"entered", r.entered.us},
                                              {"ended", of_instant(r.ended)},
                                              {"erase_after", of_instant(r.erase_after)},
                                              {"document", r.document},
                                              {"id", r.id},
                                              {"revision", r.revision}}));
  if (changed != 1) return Error(ErrorCode::conflict, "the record changed meanwhile");
  return {};
}

Result<void> insert_event(store::Tx& tx, const EventRow& e) {
  // The first entry is number 1; later ones count on from the last. Acts on one record are serialised by its revision.
  static constexpr std::string_view kFirst =
      "INSERT INTO record_event (record, sequence, at, state, action, actor, fields, sealed) VALUES (:record, 1, :at, :state, :action, "
      ":actor, :fields, :sealed)";
  static constexpr std::string_view kNext =
      "INSERT INTO record_event (record, sequence, at, state, action, actor, fields, sealed) SELECT :record, "
      "COALESCE(MAX(sequence), 0) + 1, :at, :state, :action, :actor, :fields, :sealed FROM record_event WHERE record = :record";
  MACHIYA_TRY(auto done, tx.execute(e.sequence == 1 ? kFirst : kNext, {{"record", e.record},
                                                                      {"at", e.at.us},
                                                                      {"state", e.state},
                                                                      {"action", e.action},
                                                                      {"actor", e.actor},
                                                                      {"fields", e.fields},
                                                                      {"sealed", of_bytes(e.sealed)}}));
  if (done != 1) return Error(ErrorCode::storage_failed, "history row not written");
  return {};
}

Result<void> insert_first_events(store::Tx& tx, const std::vector<EventRow>& events) {
  static const store::ManyRows many("INSERT INTO record_event (record, sequence, at, state, action, actor, fields, sealed) VALUES ",
                                    {"record", "sequence", "at", "state", "action", "actor", "fields", "sealed"});
  return many.insert(tx, events, [](const EventRow& e) {
    return std::array<Param, 8>{e.record, e.sequence, e.at.us, e.state, e.action, e.actor, e.fields, of_bytes(e.sealed)};
  });
}

Result<std::vector<EventRow>> events_of(store::ReadTx& tx, std::int64_t record) {
  static constexpr std::string_view kSql =
      "SELECT record, sequence, at, state, action, actor, fields, sealed FROM record_event WHERE record = :record ORDER BY sequence";
  MACHIYA_TRY(auto rows, tx.query(kSql, {{"record", record}}));
  std::vector<EventRow> out;
  out.reserve(rows.size());
  for (const Row& r : rows)
    out.push_back({r.integer(0), r.integer(1), {r.integer(2)}, r.text(3), r.text(4), r.text(5), r.text(6), r.text(7)});
  return out;
}

Result<void> insert_tokens(store::Tx& tx, std::int64_t record, const std::vector<std::int64_t>& tokens) {
  if (tokens.empty()) return {};
  static constexpr std::string_view kSqlite =
      "INSERT OR IGNORE INTO record_token (token, record) SELECT value, :record FROM json_each(:tokens)";
  static constexpr std::string_view kPostgres =
      "INSERT INTO record_token (token, record) SELECT t, :record FROM unnest(CAST(CAST(:tokens AS TEXT) AS BIGINT[])) AS t "
      "ON CONFLICT DO NOTHING";
  return tx.execute_later(tx.engine() == store::Engine::sqlite ? kSqlite : kPostgres,
                          {{"record", record}, {"tokens", store::key_list(tokens, tx.engine())}});
}

Result<void> insert_new_tokens(store::Tx& tx, const std::vector<TokenRow>& rows, const std::vector<std::int64_t>& keys) {
  static const store::ManyRows many("INSERT INTO record_token (token, record) VALUES ", {"token", "record"});
  return many.insert(tx, rows, [&](const TokenRow& r) { return std::array<Param, 2>{r.token, keys[static_cast<std::size_t>(r.record)]}; });
}

Result<void> delete_tokens(store::Tx& tx, std::int64_t record, const std::vector<std::int64_t>& tokens) {
  if (tokens.empty()) return {};
  return tx.execute_later("DELETE FROM record_token WHERE record = :record AND token " + store::in_keys(tx.engine(), "tokens"),
                          {{"record", record}, {"tokens", store::key_list(tokens, tx.engine())}});
}

Result<void> delete_values(store::Tx& tx, std::int64_t record) {
  return tx.execute_later("DELETE FROM record_value WHERE record = :record", {{"record", record}});
}

namespace {

/// The keys of a statement with one column "key", newest first.
Result<std::vector<std::int64_t>> newest_first(store::ReadTx& tx, const std::string& select, const Binds& binds) {
  MACHIYA_TRY(const auto row, tx.query_one(store::as_key_list(select, tx.engine()), binds));
  auto out = row ? store::keys_in(row->text(0)) : std::vector<std::int64_t>();
  std::sort(out.begin(), out.end(), std::greater<>());
  return out;
}

/// At most `limit` records of a token from `low` to `high`, newest first.
Result<std::vector<std::int64_t>> records_of_token(store::ReadTx& tx, std::int64_t token, std::int64_t low, std::int64_t high, std::int64_t limit) {
  return newest_first(tx, "SELECT record AS key FROM record_token WHERE token = :token AND record >= :low AND record <= :high ORDER BY record DESC LIMIT :limit",
                      {{"token", token}, {"low", low}, {"high", high}, {"limit", limit}});
}

/// Those of `records`, newest first, that have the token too: by reading its records of that stretch, or asking for each when those are many.
Result<std::vector<std::int64_t>> with_token(store::ReadTx& tx, std::vector<std::int64_t> records, std::int64_t token) {
  // OFFSET 0: asked row by row; PostgreSQL would else read all of the token.
  static const std::string kHas = " WHERE EXISTS (SELECT 1 FROM record_token t WHERE t.token = :token AND t.record = k.key";
  static const std::string kSqlite = "SELECT k.key FROM (SELECT value AS key FROM json_each(:records)) k" + kHas + ")";
  static const std::string kPostgres = "SELECT k.key FROM unnest(CAST(CAST(:records AS TEXT) AS BIGINT[])) AS k (key)" + kHas + " OFFSET 0)";
  if (records.empty()) return records;
  const auto worth = 10 * static_cast<std::int64_t>(records.size());
  MACHIYA_TRY(const auto others, records_of_token(tx, token, records.back(), records.front(), worth + 1));
  if (static_cast<std::int64_t>(others.size()) > worth)
    return newest_first(tx, tx.engine() == store::Engine::sqlite ? kSqlite : kPostgres, {{"records", store::key_list(records, tx.engine())}, {"token", token}});
  std::vector<std::int64_t> out;
  std::set_intersection(records.begin(), records.end(), others.begin(), others.end(), std::back_inserter(out), std::greater<>());
  return out;
}

}  // namespace

Result<std::vector<std::int64_t>> records_with_tokens(store::ReadTx& tx, const std::vector<std::int64_t>& tokens, int limit) {
  constexpr std::int64_t kProbe = 20'000;
  std::vector<std::pair<std::int64_t, std::int64_t>> by_rarity;
  for (const std::int64_t token : tokens) {
    MACHIYA_TRY(auto row, tx.query_one("SELECT COUNT(*) FROM (SELECT 1 FROM record_token WHERE token = :token LIMIT :limit) AS bounded", {{"token", token}, {"limit", kProbe}}));
    by_rarity.emplace_back(row ? row->integer(0) : 0, token);
  }
  std::sort(by_rarity.begin(), by_rarity.end());
  std::vector<std::int64_t> out;
  if (by_rarity.empty() || by_rarity.front().first == 0) return out;
  // The rarest token is walked from its newest record on; what stays after the others is what was searched for.
  std::int64_t high = std::numeric_limits<std::int64_t>::max();
  for (std::int64_t chunk = 2 * limit;; chunk = std::min<std::int64_t>(2 * chunk, kProbe)) {
    MACHIYA_TRY(auto some, records_of_token(tx, by_rarity.front().second, 0, high, chunk));
    const bool last = static_cast<std::int64_t>(some.size()) < chunk;
    if (!some.empty()) high = some.back() - 1;
    for (std::size_t i = 1; i < by_rarity.size() && !some.empty(); ++i) {
      MACHIYA_TRY(some, with_token(tx, std::move(some), by_rarity[i].second));
    }
    out.insert(out.end(), some.begin(), some.end());
    if (static_cast<int>(out.size()) >= limit) out.resize(static_cast<std::size_t>(limit));
    if (static_cast<int>(out.size()) == limit || last) return out;
  }
}

Result<std::vector<std::int64_t>> records_with_token(store::ReadTx& tx, std::int64_t token) {
  MACHIYA_TRY(auto out, records_of_token(tx, token, 0, std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::max()));
  std::reverse(out.begin(), out.end());
  return out;
}

Result<std::vector<std::int64_t>> those_with_tokens(store::ReadTx& tx, std::vector<std::int64_t> records, const std::vector<std::int64_t>& tokens) {
  std::sort(records.begin(), records.end(), std::greater<>());
  for (const std::int64_t token : tokens) {
    MACHIYA_TRY(records, with_token(tx, std::move(records), token));
  }
  return records;
}

Result<std::int64_t> count_tokens(store::ReadTx& tx, std::int64_t record) {
  MACHIYA_TRY(auto row, tx.query_one("SELECT COUNT(*) FROM record_token WHERE record = :record", {{"record", record}}));
  return row ? row->integer(0) : 0;
}

namespace {

/// The WHERE clause of a filter. The text depends only on which filters are set, so that few statements are prepared.
struct Where {
  std::string sql = " WHERE kind = :kind";
  Binds binds;
};

void add(Where& w, std::string_view clause, std::string_view name, Param value) {
  w.sql += " AND ";
  w.sql += clause;
  w.binds.push_back({name, std::move(value)});
}

Where where_of(const ListFilter& f) {
  Where w;
  w.binds.push_back({"kind", f.kind});
  if (f.departments.size() == 1) {
    add(w, "department = :d0", "d0", f.departments[0]);
  } else if (f.departments.size() > 1) {
    // Ids are kebab-case: no LIKE wildcard can be in them. One statement for any number of departments.
    std::string all = ",";
    for (const std::string& d : f.departments) all += d + ",";
    add(w, "CAST(:departments AS TEXT) LIKE '%,' || department || ',%'", "departments", all);
  }
  if (!f.state.empty()) add(w, "state = :state", "state", f.state);
  if (!f.type.empty()) add(w, "type = :type", "type", f.type);
  if (!f.workflow.empty()) add(w, "workflow = :workflow", "workflow", f.workflow);
  if (!f.assignee.empty()) add(w, "assignee = :assignee", "assignee", f.assignee);
  if (f.unassigned) w.sql += " AND assignee = ''";
  if (!f.category.empty()) add(w, "category = :category", "category", f.category);
  if (f.open_only) w.sql += " AND ended IS NULL";
  if (f.proposals_only) w.sql += " AND proposal <> ''";
  if (f.overdue_at) add(w, "clock = 1 AND due < :overdue", "overdue", f.overdue_at->us);
  if (f.person) add(w, "person = :person", "person", *f.person);
  if (f.since) add(w, "created >= :since", "since", f.since->us);
  if (f.until) add(w, "created < :until", "until", f.until->us);
  if (f.before) add(w, "id < :before", "before", *f.before);
  return w;
}

}  // namespace

Result<std::vector<RecordRow>> list_records(store::ReadTx& tx, const ListFilter& filter, bool with_sealed) {
  Where w = where_of(filter);
  w.binds.push_back({"limit", filter.limit});
  MACHIYA_TRY(auto rows, tx.query((with_sealed ? kSelect : kSelectList) + w.sql + " ORDER BY id DESC LIMIT :limit", w.binds));
  std::vector<RecordRow> out;
  out.reserve(rows.size());
  for (const Row& r : rows) out.push_back(read_row(r));
  return out;
}

Result<std::int64_t> count_open_of_person(store::ReadTx& tx, std::int64_t person, std::string_view type) {
  MACHIYA_TRY(auto row, tx.query_one("SELECT COUNT(*) FROM record WHERE person = :person AND kind = 'case' AND type = :type AND "
                                     "ended IS NULL",
                                     {{"person", person}, {"type", type}}));
  return row ? row->integer(0) : 0;
}

Result<std::vector<Count>> count_records(store::ReadTx& tx, const ListFilter& filter, Instant now) {
  Where w = where_of(filter);
  w.binds.push_back({"now", now.us});
  MACHIYA_TRY(auto rows,
              tx.query("SELECT type, state, assignee, COUNT(*), SUM(CASE WHEN clock = 1 AND due < :now THEN 1 ELSE 0 END), "
                       "SUM(CASE WHEN proposal <> '' THEN 1 ELSE 0 END) FROM record" +
                           w.sql + " GROUP BY type, state, assignee ORDER BY type, state, assignee",
                       w.binds));
  std::vector<Count> out;
  for (const Row& r : rows) out.push_back({r.text(0), r.text(1), r.text(2), r.integer(3), r.integer(4), r.integer(5)});
  return out;
}

Result<std::vector<RecordRow>> public_records(store::ReadTx& tx, const std::string& type, const std::string& category, const Box& box,
                                              const ListFilter& f) {
  std::string sql = kSelectList +
                    " WHERE type = :type AND publicity > 0 AND publicity < 3 AND lat >= :south AND lat <= :north AND lon >= :west AND "
                    "lon <= :east";
  Binds binds = {{"type", type}, {"south", box.south}, {"north", box.north}, {"west", box.west}, {"east", box.east}, {"limit", f.limit}};
  if (!category.empty()) sql += " AND category = :category", binds.push_back({"category", category});
  if (f.open_only) sql += " AND ended IS NULL";
  if (!f.state.empty()) sql += " AND state = :state", binds.push_back({"state", f.state});
  if (f.since) sql += " AND created >= :since", binds.push_back({"since", f.since->us});
  if (f.until) sql += " AND created < :until", binds.push_back({"until", f.until->us});
  if (f.before) sql += " AND id < :before", binds.push_back({"before", *f.before});
  MACHIYA_TRY(auto rows, tx.query(sql + " ORDER BY id DESC LIMIT :limit", binds));
  std::vector<RecordRow> out;
  for (const Row& r : rows) out.push_back(read_row(r));
  return out;
}

Result<std::vector<RecordRow>> due_for_erasure(store::ReadTx& tx, Instant now, int limit) {
  static const std::string kSql =
      kSelect + " WHERE erase_after IS NOT NULL AND erase_after <= :now ORDER BY erase_after LIMIT :limit";
  MACHIYA_TRY(auto rows, tx.query(kSql, {{"now", now.us}, {"limit", limit}}));
  std::vector<RecordRow> out;
  for (const Row& r : rows) out.push_back(read_row(r));
  return out;
}

Result<void> blank_record(store::Tx& tx, std::int64_t id, Instant now) {
  MACHIYA_TRY(auto n, tx.execute("UPDATE record SET sealed = NULL, sealed_log = NULL, data_key = NULL, person = NULL, lat = NULL, "
                                 "lon = NULL, publicity = 0, erase_after = NULL, idempotency = NULL, document = '', "
                                 "revision = revision + 1, changed = :now WHERE id = :id",
                                 {{"id", id}, {"now", now.us}}));
  if (n != 1) return Error(ErrorCode::not_found, "no such record");
  MACHIYA_TRY(auto m, tx.execute("UPDATE record_event SET sealed = NULL WHERE record = :id", {{"id", id}}));
  (void)m;
  return {};
}

}  // namespace machiya::records
