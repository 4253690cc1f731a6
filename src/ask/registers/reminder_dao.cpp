#include "ask/registers/reminder_dao.h"

#include "platform/store/key_list.h"

namespace machiya::registers::dao {
namespace {

using store::Binds;
using store::Bytes;
using store::Param;
using store::Row;

const std::string kSelect =
    "SELECT id, public_id, watch, record, type, reminder, date, state, told, taken_by, taken_name, settled_by, settled_name, settled, why, "
    "sealed_why FROM register_reminder";

ToldRow read_row(const Row& r) {
  ToldRow out;
  out.id = r.integer(0), out.public_id = r.text(1), out.watch = r.integer(2), out.record = r.integer(3);
  out.type = r.text(4), out.reminder = r.text(5), out.date = r.text(6), out.state = r.text(7), out.told = {r.integer(8)};
  out.taken_by = r.text(9), out.taken_name = r.text(10), out.settled_by = r.text(11), out.settled_name = r.text(12);
  if (const auto us = r.optional_integer(13)) out.settled = Instant{*us};
  out.why = r.text(14), out.sealed_why = r.text(15);
  return out;
}
std::vector<ToldRow> read_rows(const store::Rows& rows) {
  std::vector<ToldRow> out;
  out.reserve(rows.size());
  for (const Row& r : rows) out.push_back(read_row(r));
  return out;
}
/// The conditions of an inbox; only what it asks for is bound.
std::string where_of(const Inbox& query, store::Engine engine, Binds& binds) {
  std::string out = std::string(" WHERE state ") + (query.settled ? "<> 'open'" : "= 'open'") + " AND watch " + store::in_keys(engine, "watches");
  binds.push_back({"watches", store::key_list(query.watches, engine)});
  if (!query.from.empty()) out += " AND date >= :from", binds.push_back({"from", query.from});
  if (!query.to.empty()) out += " AND date <= :to", binds.push_back({"to", query.to});
  return out;
}

}  // namespace

Result<std::vector<Candidate>> untold(store::ReadTx& tx, std::int64_t field, std::int64_t open_field, std::int64_t watch, std::string_view low,
                                      std::string_view high, const Candidate& after, int limit) {
  std::string sql =
      "SELECT v.record, v.value FROM record_value v WHERE v.field = :field AND v.value > :low AND v.value <= :high"
      " AND (v.value, v.record) > (:after_date, :after) AND NOT EXISTS (SELECT 1 FROM register_reminder m WHERE m.record = v.record"
      " AND m.watch = :watch AND m.date = v.value AND m.state <> 'closed')";
  Binds binds = {{"field", field}, {"low", low}, {"high", high}, {"after_date", after.date}, {"after", after.record}, {"watch", watch}, {"limit", limit}};
  if (open_field != 0) {
    sql += " AND EXISTS (SELECT 1 FROM record_value o WHERE o.record = v.record AND o.field = :open AND o.value = '1')";
    binds.push_back({"open", open_field});
  }
  MACHIYA_TRY(const auto rows, tx.query(sql + " ORDER BY v.value, v.record LIMIT :limit", binds));
  std::vector<Candidate> out;
  for (const Row& r : rows) out.push_back({r.integer(0), 0, r.text(1)});
  return out;
}

Result<void> tell(store::Tx& tx, const ToldRow& row, std::int64_t revision) {
  static constexpr std::string_view kHead =
      "INSERT INTO register_reminder (public_id, watch, record, type, reminder, date, state, told, taken_by, taken_name, settled_by, settled_name, why)"
      " SELECT :public_id, :watch, id, type, :reminder, :date, 'open', :told, '', '', '', '', '' FROM record WHERE id = :record AND kind = 'register'";
  static constexpr std::string_view kTail =
      " ON CONFLICT (record, watch, date) DO UPDATE SET state = 'open', settled = NULL WHERE register_reminder.state = 'closed'";
  Binds binds = {{"public_id", row.public_id}, {"watch", row.watch}, {"record", row.record}, {"reminder", row.reminder}, {"date", row.date}, {"told", row.told.us}};
  if (revision < 0) return tx.execute_later(std::string(kHead) + std::string(kTail), binds);
  binds.push_back({"revision", revision});
  return tx.execute_later(std::string(kHead) + " AND revision = :revision" + std::string(kTail), binds);
}

Result<void> close(store::Tx& tx, std::int64_t record, std::int64_t watch, std::string_view date, Instant now) {
  return tx.execute_later("UPDATE register_reminder SET state = 'closed', settled = :now WHERE record = :record AND watch = :watch AND date = :date AND state = 'open'",
                          {{"record", record}, {"watch", watch}, {"date", date}, {"now", now.us}});
}

Result<void> close_one(store::Tx& tx, std::int64_t id, std::int64_t revision, Instant now) {
  std::string sql = "UPDATE register_reminder SET state = 'closed', settled = :now WHERE id = :id AND state = 'open'";
  Binds binds = {{"id", id}, {"now", now.us}};
  if (revision >= 0) {
    sql += " AND EXISTS (SELECT 1 FROM record r WHERE r.id = register_reminder.record AND r.revision = :revision)";
    binds.push_back({"revision", revision});
  }
  return tx.execute_later(sql, binds);
}

Result<std::vector<ToldRow>> open_of(store::ReadTx& tx, std::int64_t watch, std::int64_t after, int limit) {
  MACHIYA_TRY(const auto rows, tx.query(kSelect + " WHERE state = 'open' AND watch = :watch AND id > :after ORDER BY id LIMIT :limit",
                                        {{"watch", watch}, {"after", after}, {"limit", limit}}));
  return read_rows(rows);
}

Result<std::vector<ToldRow>> open_of_others(store::ReadTx& tx, const std::vector<std::int64_t>& watches, int limit) {
  MACHIYA_TRY(const auto rows, tx.query(kSelect + " WHERE state = 'open' AND watch NOT " + store::in_keys(tx.engine(), "watches") + " ORDER BY id LIMIT :limit",
                                        {{"watches", store::key_list(watches, tx.engine())}, {"limit", limit}}));
  return read_rows(rows);
}

Result<std::optional<Walk>> find_walk(store::ReadTx& tx, std::int64_t watch) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT rule, until FROM register_reminder_walk WHERE watch = :watch", {{"watch", watch}}));
  return row ? std::optional<Walk>(Walk{row->text(0), row->text(1)}) : std::nullopt;
}

Result<void> put_walk(store::Tx& tx, std::int64_t watch, const Walk& walk) {
  return tx.execute_later("INSERT INTO register_reminder_walk (watch, rule, until) VALUES (:watch, :rule, :until)"
                          " ON CONFLICT (watch) DO UPDATE SET rule = excluded.rule, until = excluded.until",
                          {{"watch", watch}, {"rule", walk.rule}, {"until", walk.until}});
}

Result<std::vector<ToldRow>> inbox(store::ReadTx& tx, const Inbox& query, const std::optional<ToldRow>& after, int limit) {
  Binds binds;
  std::string sql = kSelect + where_of(query, tx.engine(), binds);
  if (query.settled) {
    if (after) sql += " AND (settled, id) < (:settled, :id)", binds.push_back({"settled", after->settled.value_or(Instant{}).us}), binds.push_back({"id", after->id});
    sql += " ORDER BY settled DESC, id DESC";
  } else {
    if (after) sql += " AND (date, id) > (:date, :id)", binds.push_back({"date", after->date}), binds.push_back({"id", after->id});
    sql += " ORDER BY date, id";
  }
  binds.push_back({"limit", limit});
  MACHIYA_TRY(const auto rows, tx.query(sql + " LIMIT :limit", binds));
  return read_rows(rows);
}

Result<std::vector<Load>> load(store::ReadTx& tx, const Inbox& query) {
  Binds binds;
  const std::string where = where_of(query, tx.engine(), binds);
  const std::string_view taken = "CASE WHEN taken_by = '' THEN 0 ELSE 1 END";
  MACHIYA_TRY(const auto rows, tx.query("SELECT watch, date, " + std::string(taken) + ", COUNT(*) FROM register_reminder" + where +
                                        " GROUP BY watch, date, " + std::string(taken), binds));
  std::vector<Load> out;
  for (const Row& r : rows) out.push_back({r.integer(0), r.text(1), r.integer(2) != 0, r.integer(3)});
  return out;
}

Result<std::int64_t> count_open(store::ReadTx& tx, const std::vector<std::int64_t>& watches, int most) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT COUNT(*) FROM (SELECT 1 FROM register_reminder WHERE state = 'open' AND watch " + store::in_keys(tx.engine(), "watches") +
                                           " LIMIT :most) AS bounded", {{"watches", store::key_list(watches, tx.engine())}, {"most", most}}));
  return row ? row->integer(0) : 0;
}

Result<std::vector<ToldRow>> open_of_record(store::ReadTx& tx, std::int64_t record) {
  MACHIYA_TRY(const auto rows, tx.query(kSelect + " WHERE record = :record AND state = 'open' ORDER BY date, id", {{"record", record}}));
  return read_rows(rows);
}

Result<std::optional<ToldRow>> find_told(store::ReadTx& tx, std::string_view public_id) {
  MACHIYA_TRY(const auto row, tx.query_one(kSelect + " WHERE public_id = :id", {{"id", public_id}}));
  return row ? std::optional<ToldRow>(read_row(*row)) : std::nullopt;
}

Result<bool> settle(store::Tx& tx, const ToldRow& row, std::string_view before) {
  MACHIYA_TRY(const auto n, tx.execute("UPDATE register_reminder SET state = :state, taken_by = :taken_by, taken_name = :taken_name, settled_by = :settled_by,"
                                       " settled_name = :settled_name, settled = :settled, why = :why, sealed_why = :sealed_why WHERE id = :id AND state = :before",
                                       {{"state", row.state}, {"taken_by", row.taken_by}, {"taken_name", row.taken_name}, {"settled_by", row.settled_by},
                                        {"settled_name", row.settled_name}, {"settled", row.settled ? Param(row.settled->us) : Param(nullptr)}, {"why", row.why},
                                        {"sealed_why", row.sealed_why.empty() ? Param(nullptr) : Param(Bytes{row.sealed_why})}, {"id", row.id}, {"before", before}}));
  return n == 1;
}

}  // namespace machiya::registers::dao
