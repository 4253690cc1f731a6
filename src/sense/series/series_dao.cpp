#include "sense/series/series_dao.h"

#include "platform/store/many_rows.h"

namespace machiya::sense::series::dao {
namespace {
using store::Param;
Param number_param(std::uint64_t v) { return {static_cast<std::int64_t>(v)}; }
}  // namespace

Result<std::uint64_t> next_version(store::Tx& tx) {
  MACHIYA_TRY(const auto row, tx.query_one("UPDATE sense_series_version SET version = version + 1 WHERE id = 1 RETURNING version"));
  if (!row) return Error(ErrorCode::integrity_broken, "the row of sense_series_version is missing");
  return static_cast<std::uint64_t>(row->integer(0));
}

Result<void> add_measurement(store::Tx& tx, MeasurementId id, const Store::MeasurementName& name) {
  return tx.execute_later("INSERT INTO sense_series_measurement (id, tenant, name, raw_floor, hours_floor, days_floor) VALUES (:id, :tenant, :name, :none, :none, :none) ON CONFLICT (id) DO NOTHING",
                          {{"id", std::int64_t{id}}, {"tenant", store::Bytes{name.tenant}}, {"name", store::Bytes{name.name}}, {"none", kNoDay}});
}

Result<void> add_keys(store::Tx& tx, MeasurementId m, const std::vector<KeyRow>& keys) {
  static const store::ManyRows rows("INSERT INTO sense_series_key (measurement, number, key) VALUES ", {"measurement", "number", "key"});
  return rows.insert(tx, keys, [m](const KeyRow& row) { return std::array<Param, 3>{std::int64_t{m}, std::int64_t{row.number}, store::Bytes{row.key}}; });
}

Result<void> add_points(store::Tx& tx, const std::vector<PointRow>& points) {
  static const store::ManyRows rows("INSERT INTO sense_series_point (measurement, number, time_us, version, value, quality) VALUES ",
                                    {"measurement", "number", "time", "version", "value", "quality"});
  return rows.insert(tx, points, [](const PointRow& row) {
    const Sample& s = row.sample;
    return std::array<Param, 6>{std::int64_t{row.measurement}, std::int64_t{s.number}, s.time_us, number_param(s.version), s.value, static_cast<int>(s.quality)};
  });
}

Result<std::vector<MeasurementRow>> measurements(store::ReadTx& tx) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT id, tenant, name, raw_floor, hours_floor, days_floor FROM sense_series_measurement ORDER BY id"));
  std::vector<MeasurementRow> out;
  for (const store::Row& row : rows)
    out.push_back({static_cast<MeasurementId>(row.integer(0)), {row.text(1), row.text(2)}, {row.integer(3), row.integer(4), row.integer(5)}});
  return out;
}

Result<void> keys(store::ReadTx& tx, MeasurementId m, const std::function<bool(std::uint32_t, std::string_view)>& each) {
  return tx.stream("SELECT number, key FROM sense_series_key WHERE measurement = :m ORDER BY number", {{"m", std::int64_t{m}}},
                   [&](const store::Row& row) { return each(static_cast<std::uint32_t>(row.integer(0)), row.text(1)); });
}

Result<void> points(store::ReadTx& tx, MeasurementId m, std::uint32_t first, std::uint32_t last, Span span, bool backwards, const std::function<bool(const Sample&)>& each) {
  const std::string order = backwards ? "ORDER BY number DESC, time_us DESC, version DESC" : "ORDER BY number, time_us, version";
  return tx.stream("SELECT number, time_us, version, value, quality FROM sense_series_point WHERE measurement = :m AND number >= :first AND number <= :last AND time_us >= :from AND time_us < :to " + order,
                   {{"m", std::int64_t{m}}, {"first", std::int64_t{first}}, {"last", std::int64_t{last}}, {"from", span.from_us}, {"to", span.to_us}}, [&](const store::Row& row) {
                     return each({row.integer(1), row.real(3), static_cast<std::uint64_t>(row.integer(2)), static_cast<std::uint32_t>(row.integer(0)), static_cast<std::uint8_t>(row.integer(4))});
                   });
}

Result<void> roll_ups(store::ReadTx& tx, MeasurementId m, std::uint32_t first, std::uint32_t last, int kind, Span span, const std::function<bool(const RollUp&)>& each) {
  return tx.stream("SELECT number, begin_us, count, sum, squares, least, most, first, last, first_us, last_us FROM sense_series_roll_up "
                   "WHERE measurement = :m AND number >= :first AND number <= :last AND kind = :kind AND begin_us >= :from AND begin_us < :to ORDER BY number, begin_us",
                   {{"m", std::int64_t{m}}, {"first", std::int64_t{first}}, {"last", std::int64_t{last}}, {"kind", kind}, {"from", span.from_us}, {"to", span.to_us}}, [&](const store::Row& row) {
                     RollUp r{static_cast<std::uint32_t>(row.integer(0)), row.integer(1), {}};
                     r.of.count = static_cast<std::uint64_t>(row.integer(2));
                     r.of.sum = row.real(3), r.of.sum_of_squares = row.real(4), r.of.min = row.real(5), r.of.max = row.real(6);
                     r.of.first = row.real(7), r.of.last = row.real(8), r.of.first_us = row.integer(9), r.of.last_us = row.integer(10);
                     return each(r);
                   });
}

Result<void> add_roll_ups(store::Tx& tx, MeasurementId m, int kind, const std::vector<RollUp>& list) {
  static const store::ManyRows rows("INSERT INTO sense_series_roll_up (measurement, number, kind, begin_us, count, sum, squares, least, most, first, last, first_us, last_us) VALUES ",
                                    {"measurement", "number", "kind", "begin", "count", "sum", "squares", "least", "most", "opening", "closing", "opened", "closed"});
  return rows.insert(tx, list, [m, kind](const RollUp& r) {
    return std::array<Param, 13>{std::int64_t{m}, std::int64_t{r.number}, kind, r.begin_us, number_param(r.of.count), r.of.sum, r.of.sum_of_squares, r.of.min, r.of.max,
                                 r.of.first, r.of.last, r.of.first_us, r.of.last_us};
  });
}

Result<void> set_floors(store::Tx& tx, MeasurementId m, const Floors& floors) {
  return tx.execute_later("UPDATE sense_series_measurement SET raw_floor = :raw, hours_floor = :hours, days_floor = :days WHERE id = :m",
                          {{"raw", floors.raw}, {"hours", floors.hours}, {"days", floors.days}, {"m", std::int64_t{m}}});
}

Result<void> remove_points_before(store::Tx& tx, MeasurementId m, std::int64_t time_us) {
  return tx.execute_later("DELETE FROM sense_series_point WHERE measurement = :m AND time_us < :time", {{"m", std::int64_t{m}}, {"time", time_us}});
}

Result<void> remove_roll_ups_before(store::Tx& tx, MeasurementId m, int kind, std::int64_t time_us) {
  return tx.execute_later("DELETE FROM sense_series_roll_up WHERE measurement = :m AND kind = :kind AND begin_us < :time", {{"m", std::int64_t{m}}, {"kind", kind}, {"time", time_us}});
}

Result<void> remove_replaced(store::Tx& tx) {
  MACHIYA_CHECK(tx.execute_later("DELETE FROM sense_series_point WHERE EXISTS (SELECT 1 FROM sense_series_point later WHERE later.measurement = sense_series_point.measurement "
                                 "AND later.number = sense_series_point.number AND later.time_us = sense_series_point.time_us AND later.version > sense_series_point.version)"));
  return tx.execute_later("DELETE FROM sense_series_point WHERE quality = 4");
}

}  // namespace machiya::sense::series::dao
