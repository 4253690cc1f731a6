#include "platform/audit/audit_dao.h"

#include <array>

#include "platform/store/many_rows.h"

namespace machiya::audit::dao {

namespace {

StoredRow read_row(const store::Row& row, std::size_t at) {
  return {row.integer(at), row.integer(at + 1), row.text(at + 2), row.text(at + 3), row.text(at + 4), row.text(at + 5),
          row.text(at + 6), row.text(at + 7)};
}

}  // namespace

Result<void> insert(store::Tx& tx, const std::vector<StoredRow>& rows) {
  static const store::ManyRows many("INSERT INTO audit_row (at_us, actor, action, object, purpose, request, facts) VALUES ",
                                    {"at", "actor", "action", "object", "purpose", "request", "facts"});
  return many.insert(tx, rows, [](const StoredRow& row) {
    return std::array<store::Param, 7>{row.at_us, row.actor, row.action, row.object, row.purpose, row.request, row.facts};
  });
}

Result<Head> head(store::ReadTx& tx) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT sequence, hash FROM audit_head WHERE one = 1"));
  return row ? Head{row->integer(0), row->text(1)} : Head{0, first_link()};
}

Result<std::vector<StoredRow>> unsealed(store::ReadTx& tx, std::int64_t settled, int limit) {
  std::vector<StoredRow> out;
  MACHIYA_CHECK(tx.stream("SELECT r.id, r.at_us, r.actor, r.action, r.object, r.purpose, r.request, r.facts FROM audit_row r"
                          " WHERE r.id > :settled AND NOT EXISTS"
                          " (SELECT 1 FROM audit_seal s WHERE s.row_id = r.id AND s.row_id > :settled)"
                          " ORDER BY r.id LIMIT :limit", {{"settled", settled}, {"limit", limit}},
                          [&](const store::Row& row) {
                            out.push_back(read_row(row, 0));
                            return true;
                          }));
  return out;
}

Result<void> insert_seals(store::Tx& tx, const std::vector<Seal>& seals) {
  static const store::ManyRows many("INSERT INTO audit_seal (sequence, row_id, hash) VALUES ", {"sequence", "row", "hash"});
  return many.insert(tx, seals, [](const Seal& seal) { return std::array<store::Param, 3>{seal.sequence, seal.row_id, store::Bytes{seal.hash}}; });
}

Result<void> put_head(store::Tx& tx, const Head& head) {
  auto done = tx.execute("INSERT INTO audit_head (one, sequence, hash) VALUES (1, :sequence, :hash)"
                         " ON CONFLICT (one) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash",
                         {{"sequence", head.sequence}, {"hash", store::Bytes{head.hash}}});
  if (!done.ok()) return std::move(done).error();
  return {};
}

Result<std::int64_t> last_sealed_row(store::ReadTx& tx) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT max(row_id) FROM audit_seal"));
  return row->integer(0);
}

Result<Horizon> horizon(store::ReadTx& tx) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT),"
                                           " CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS TEXT) AS BIGINT)"));
  return Horizon{row->integer(0), row->integer(1)};
}

Result<void> each_link(store::ReadTx& tx, std::int64_t after, const std::function<bool(const Link&)>& each) {
  return tx.stream("SELECT s.sequence, s.row_id, s.hash, r.id, r.at_us, r.actor, r.action, r.object, r.purpose, r.request, r.facts"
                   " FROM audit_seal s LEFT JOIN audit_row r ON r.id = s.row_id WHERE s.sequence > :after ORDER BY s.sequence", {{"after", after}},
                   [&](const store::Row& row) {
                     return each(Link{{row.integer(0), row.integer(1), row.text(2)}, !row.is_null(3), read_row(row, 3)});
                   });
}

Result<Tail> tail(store::ReadTx& tx) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT count(*), min(r.id) FROM audit_row r"
                                           " WHERE NOT EXISTS (SELECT 1 FROM audit_seal s WHERE s.row_id = r.id)"));
  return Tail{row->integer(0), row->integer(1)};
}

namespace {

constexpr std::string_view kRecord = "SELECT r.id, s.sequence, r.at_us, r.actor, r.action, r.object, r.purpose, r.request, r.facts FROM audit_row r"
                                     " LEFT JOIN audit_seal s ON s.row_id = r.id";

/// A row of kRecord.
Result<Audit::Record> read_record(const store::Row& row) {
  MACHIYA_TRY(auto facts, json::parse(row.text(8)));
  return Audit::Record{row.integer(0), row.integer(1), Instant{row.integer(2)},
                       Entry{row.text(3), row.text(4), row.text(5), row.text(6), row.text(7), std::move(facts)}};
}

Result<std::vector<Audit::Record>> read_records(store::ReadTx& tx, const std::string& rest, const store::Binds& binds) {
  MACHIYA_TRY(const auto rows, tx.query(std::string(kRecord) + rest, binds));
  std::vector<Audit::Record> out;
  for (const store::Row& row : rows) {
    MACHIYA_TRY(auto record, read_record(row));
    out.push_back(std::move(record));
  }
  return out;
}

void put(store::Binds& binds, std::string_view name, store::Param value) { binds.push_back({name, std::move(value)}); }

/// Narrows `column` (a literal: binds keep only its view) to a text, or to what begins with it when it ends in '*'.
void narrow(std::string& where, store::Binds& binds, std::string_view column, const std::string& text) {
  if (text.empty()) return;
  const bool prefix = text.back() == '*';
  const std::string name(column);
  where += prefix ? " AND substr(r." + name + ", 1, length(:" + name + ")) = :" + name : " AND r." + name + " = :" + name;
  put(binds, column, prefix ? text.substr(0, text.size() - 1) : text);
}

Statement read_statement(const store::Row& row) {
  return {row.integer(0), row.integer(1), row.text(2), Instant{row.integer(3)}, row.text(4), row.text(5)};
}

}  // namespace

Result<std::vector<Statement>> statements(store::ReadTx& tx) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT number, sequence, hash, at_us, key, signature FROM audit_statement ORDER BY number"));
  std::vector<Statement> out;
  for (const store::Row& row : rows) out.push_back(read_statement(row));
  return out;
}

Result<Statement> last_statement(store::ReadTx& tx) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT number, sequence, hash, at_us, key, signature FROM audit_statement ORDER BY number DESC LIMIT 1"));
  return row ? read_statement(*row) : Statement{};
}

Result<void> insert_statement(store::Tx& tx, const Statement& s) {
  return tx.execute_later("INSERT INTO audit_statement (number, sequence, hash, at_us, key, signature) VALUES (:number, :sequence, :hash, :at, :key, :signature)",
                          {{"number", s.number}, {"sequence", s.sequence}, {"hash", store::Bytes{s.hash}}, {"at", s.at.us}, {"key", s.key},
                           {"signature", store::Bytes{s.signature}}});
}

Result<std::vector<Cut>> cuts(store::ReadTx& tx) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT number, sequence, hash, at_us, key, signature FROM audit_cut ORDER BY number"));
  std::vector<Cut> out;
  for (const store::Row& row : rows)
    out.push_back({row.integer(0), row.integer(1), row.text(2), Instant{row.integer(3)}, row.text(4), row.text(5)});
  return out;
}

Result<void> insert_cut(store::Tx& tx, const Cut& c) {
  return tx.execute_later("INSERT INTO audit_cut (number, sequence, hash, at_us, key, signature)"
                          " VALUES (:number, :sequence, :hash, :at, :key, :signature)",
                          {{"number", c.number}, {"sequence", c.sequence}, {"hash", store::Bytes{c.hash}}, {"at", c.at.us}, {"key", c.key}, {"signature", store::Bytes{c.signature}}});
}

Result<std::int64_t> first_sequence(store::ReadTx& tx) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT min(sequence) FROM audit_seal"));
  return row->integer(0);
}

Result<void> remove_archived(store::Tx& tx, std::int64_t to) {
  MACHIYA_CHECK(tx.execute_later("DELETE FROM audit_row WHERE id IN (SELECT row_id FROM audit_seal WHERE sequence <= :to)", {{"to", to}}));
  return tx.execute_later("DELETE FROM audit_seal WHERE sequence <= :to", {{"to", to}});
}

Result<std::vector<Audit::Record>> of_object(store::ReadTx& tx, std::string_view object, int limit) {
  return read_records(tx, " WHERE r.object = :object ORDER BY r.id DESC LIMIT :limit", {{"object", object}, {"limit", limit}});
}

Result<std::vector<Audit::Record>> search(store::ReadTx& tx, const Search& wanted, const Range& range) {
  std::string where = " WHERE r.id >= :from AND r.id < :below";
  store::Binds binds = {{"from", range.from}, {"below", range.below}, {"limit", wanted.limit}};
  narrow(where, binds, "actor", wanted.actor);
  narrow(where, binds, "action", wanted.action);
  narrow(where, binds, "purpose", wanted.purpose);
  if (!wanted.not_actor.empty()) {
    where += " AND r.actor <> :not_actor";
    put(binds, "not_actor", wanted.not_actor);
  }
  if (wanted.from) {
    where += " AND r.at_us >= :from_us";
    put(binds, "from_us", wanted.from->us);
  }
  if (wanted.to) {
    where += " AND r.at_us < :to_us";
    put(binds, "to_us", wanted.to->us);
  }
  if (!wanted.objects.empty()) {
    where += tx.engine() == store::Engine::sqlite ? " AND r.object IN (SELECT value FROM json_each(:objects))"
                                                  : " AND r.object IN (SELECT json_array_elements_text(CAST(CAST(:objects AS TEXT) AS JSON)))";
    json::Value list = json::Value::array();
    for (const std::string& object : wanted.objects) list.push(object);
    put(binds, "objects", json::to_text(list));
  }
  return read_records(tx, where + " ORDER BY r.id DESC LIMIT :limit", binds);
}

Result<std::pair<std::int64_t, std::int64_t>> id_range(store::ReadTx& tx) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT coalesce(min(id), 1), coalesce(max(id), 0) FROM audit_row"));
  return std::pair(row->integer(0), row->integer(1));
}

Result<std::optional<TimeOfRow>> time_from(store::ReadTx& tx, std::int64_t id) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT id, at_us FROM audit_row WHERE id >= :id ORDER BY id LIMIT 1", {{"id", id}}));
  if (!row) return std::optional<TimeOfRow>();
  return std::optional(TimeOfRow{row->integer(0), row->integer(1)});
}

namespace {

/// Sealed rows that fit `where`, in the order of the chain.
Result<void> stream_records(store::ReadTx& tx, const std::string& where, const store::Binds& binds, const std::function<bool(const Audit::Record&)>& each) {
  Result<void> broken;
  std::string sql(kRecord);
  sql.append(" WHERE s.sequence IS NOT NULL AND ").append(where).append(" ORDER BY s.sequence");
  MACHIYA_CHECK(tx.stream(sql, binds, [&](const store::Row& row) {
    auto record = read_record(row);
    if (!record.ok()) broken = std::move(record).error();
    return record.ok() && each(*record);
  }));
  return broken;
}

}  // namespace

Result<void> each_sealed(store::ReadTx& tx, std::int64_t low, Instant from, Instant to, const std::function<bool(const Audit::Record&)>& each) {
  return stream_records(tx, "r.id >= :low AND r.at_us >= :from AND r.at_us < :to", {{"low", low}, {"from", from.us}, {"to", to.us}}, each);
}

Result<void> each_after(store::ReadTx& tx, std::int64_t after, const std::function<bool(const Audit::Record&)>& each) {
  return stream_records(tx, "s.sequence > :after", {{"after", after}}, each);
}

}  // namespace machiya::audit::dao
