#include "ask/records/touch_dao.h"

namespace machiya::records {

// On SQLite one transaction writes at a time: a number counted up is the order of the commits. On PostgreSQL numbers are taken before the commit, so
// that a smaller one may appear later; what is certain is that whatever a snapshot does not see yet has a transaction id of at least its xmin.

Result<void> touch(store::Tx& tx, std::string_view type, std::int64_t first, std::int64_t last, Instant now) {
  static constexpr std::string_view kSqlite =
      "INSERT INTO record_touch (type, at, first, last, noted) SELECT :type, COALESCE(MAX(at), 0) + 1, :first, :last, :now FROM record_touch WHERE type = :type";
  static constexpr std::string_view kPostgres =
      "INSERT INTO record_touch (type, at, first, last, noted) VALUES (:type, CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT), :first, :last, :now) "
      "ON CONFLICT DO NOTHING";
  return tx.execute_later(tx.engine() == store::Engine::sqlite ? kSqlite : kPostgres, {{"type", type}, {"first", first}, {"last", last}, {"now", now.us}});
}

Result<Touches> touched_since(store::ReadTx& tx, std::string_view type, std::int64_t point, int limit) {
  static constexpr std::string_view kSqlite = "SELECT 0, at, first, last FROM record_touch WHERE type = :type AND at >= :point ORDER BY at LIMIT :limit";
  static constexpr std::string_view kPostgres =
      "SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT), t.at, t.first, t.last FROM (SELECT 1) AS one LEFT JOIN "
      "(SELECT at, first, last FROM record_touch WHERE type = :type AND at >= :point ORDER BY at LIMIT :limit) AS t ON TRUE";
  MACHIYA_TRY(const auto rows, tx.query(tx.engine() == store::Engine::sqlite ? kSqlite : kPostgres, {{"type", type}, {"point", point}, {"limit", limit}}));
  Touches out{point, {}};
  for (const store::Row& r : rows) {
    out.point = tx.engine() == store::Engine::sqlite ? r.integer(1) : r.integer(0);
    if (!r.is_null(1)) out.touched.push_back({r.integer(1), r.integer(2), r.integer(3)});
  }
  return out;
}

Result<std::int64_t> touch_point(store::ReadTx& tx, std::string_view type) {
  if (tx.engine() == store::Engine::postgres) {
    MACHIYA_TRY(const auto touches, touched_since(tx, type, 0, 1));
    return touches.point;
  }
  MACHIYA_TRY(const auto row, tx.query_one("SELECT COALESCE(MAX(at), 0) FROM record_touch WHERE type = :type", {{"type", type}}));
  return row ? row->integer(0) : 0;
}

Result<void> forget_touches(store::Tx& tx, Instant before) {
  return tx.execute_later("DELETE FROM record_touch WHERE noted < :before AND at < (SELECT MAX(t.at) FROM record_touch t WHERE t.type = record_touch.type)",
                          {{"before", before.us}});
}

}  // namespace machiya::records
