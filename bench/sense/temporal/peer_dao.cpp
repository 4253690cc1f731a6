#include "bench/sense/temporal/peer_dao.h"

#include "platform/store/many_rows.h"

namespace machiya::bench {

std::vector<store::Migration> peer_migrations() {
  return {{"bench_temporal", 1, "points", "SELECT 1",
           "CREATE TABLE bench_point (entity TEXT NOT NULL, attribute TEXT NOT NULL, at TIMESTAMPTZ NOT NULL, value DOUBLE PRECISION NOT NULL, PRIMARY KEY (entity, attribute, at))"}};
}

Result<void> add_points(store::Store& database, const std::string& entity, const std::string& attribute, const std::vector<PeerPoint>& points) {
  return database.write([&](store::Tx& tx) -> Result<void> {
    for (const PeerPoint& p : points)
      MACHIYA_CHECK(tx.execute_later("INSERT INTO bench_point (entity, attribute, at, value) VALUES (:entity, :attribute, to_timestamp(CAST(:at AS BIGINT) / 1000000.0), :value)",
                                     {{"entity", entity}, {"attribute", attribute}, {"at", p.at_us}, {"value", p.value}}));
    return {};
  });
}

Result<void> analyze(store::Store& database) {
  return database.write([](store::Tx& tx) { return tx.execute_later("ANALYZE bench_point"); });
}

Result<std::size_t> hours(store::Store& database, const std::string& entity, const std::string& attribute, std::int64_t from_us) {
  MACHIYA_TRY(const auto rows, database.read([&](store::ReadTx& tx) {
    return tx.query("SELECT CAST(extract(epoch FROM date_bin(INTERVAL '1 hour', at, to_timestamp(CAST(:from AS BIGINT) / 1000000.0))) AS BIGINT), avg(value), min(value), max(value) FROM bench_point "
                    "WHERE entity = :entity AND attribute = :attribute AND at >= to_timestamp(CAST(:from AS BIGINT) / 1000000.0) GROUP BY 1 ORDER BY 1",
                    {{"entity", entity}, {"attribute", attribute}, {"from", from_us}});
  }));
  return rows.size();
}

}  // namespace machiya::bench
