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

Result<void> each_link(store::ReadTx& tx, const std::function<bool(const Link&)>& each) {
  return tx.stream("SELECT s.sequence, s.row_id, s.hash, r.id, r.at_us, r.actor, r.action, r.object, r.purpose, r.request, r.facts"
                   " FROM audit_seal s LEFT JOIN audit_row r ON r.id = s.row_id ORDER BY s.sequence", {},
                   [&](const store::Row& row) {
                     return each(Link{{row.integer(0), row.integer(1), row.text(2)}, !row.is_null(3), read_row(row, 3)});
                   });
}

Result<Tail> tail(store::ReadTx& tx) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT count(*), min(r.id) FROM audit_row r"
                                           " WHERE NOT EXISTS (SELECT 1 FROM audit_seal s WHERE s.row_id = r.id)"));
  return Tail{row->integer(0), row->integer(1)};
}

Result<std::vector<Audit::Record>> of_object(store::ReadTx& tx, std::string_view object, int limit) {
  MACHIYA_TRY(const auto rows, tx.query(
      "SELECT s.sequence, r.at_us, r.actor, r.action, r.object, r.purpose, r.request, r.facts FROM audit_row r"
      " LEFT JOIN audit_seal s ON s.row_id = r.id WHERE r.object = :object ORDER BY r.id DESC LIMIT :limit",
      {{"object", object}, {"limit", limit}}));
  std::vector<Audit::Record> out;
  for (const store::Row& row : rows) {
    MACHIYA_TRY(auto facts, json::parse(row.text(7)));
    out.push_back({row.integer(0), Instant{row.integer(1)},
                   Entry{row.text(2), row.text(3), row.text(4), row.text(5), row.text(6), std::move(facts)}});
  }
  return out;
}

}  // namespace machiya::audit::dao
