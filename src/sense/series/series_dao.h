// SQL of the store of series on a database. Rows go in and out as they are; what they mean stands in sql_store.cpp.
#pragma once
#include <functional>
#include <map>
#include <vector>

#include "platform/store/store.h"
#include "sense/series/catalogue.h"
#include "sense/series/roll_up.h"
#include "sense/series/view.h"

namespace machiya::sense::series::dao {

/// One row of sense_series_point.
struct PointRow {
  MeasurementId measurement = 0;
  Sample sample;
};
Result<std::uint64_t> next_version(store::Tx& tx);
Result<void> add_measurement(store::Tx& tx, MeasurementId id, const Store::MeasurementName& name);
struct KeyRow {
  std::uint32_t number = 0;
  std::string key;
};
Result<void> add_keys(store::Tx& tx, MeasurementId m, const std::vector<KeyRow>& keys);
Result<void> add_points(store::Tx& tx, const std::vector<PointRow>& rows);

struct MeasurementRow {
  MeasurementId id = 0;
  Store::MeasurementName name;
  Floors floors;
};
Result<std::vector<MeasurementRow>> measurements(store::ReadTx& tx);
/// By number.
Result<void> keys(store::ReadTx& tx, MeasurementId m, const std::function<bool(std::uint32_t, std::string_view)>& each);

/// Rows of the series first … last with from ≤ time < to: by number, time, version, or the whole order backwards. `each` may end it with false.
Result<void> points(store::ReadTx& tx, MeasurementId m, std::uint32_t first, std::uint32_t last, Span span, bool backwards, const std::function<bool(const Sample&)>& each);
/// kind 0: hours; 1: days. By number, then time.
Result<void> roll_ups(store::ReadTx& tx, MeasurementId m, std::uint32_t first, std::uint32_t last, int kind, Span span, const std::function<bool(const RollUp&)>& each);
Result<void> add_roll_ups(store::Tx& tx, MeasurementId m, int kind, const std::vector<RollUp>& rows);
Result<void> set_floors(store::Tx& tx, MeasurementId m, const Floors& floors);
Result<void> remove_points_before(store::Tx& tx, MeasurementId m, std::int64_t time_us);
Result<void> remove_roll_ups_before(store::Tx& tx, MeasurementId m, int kind, std::int64_t time_us);
/// What a later row took the place of, and then what is erased.
Result<void> remove_replaced(store::Tx& tx);

}  // namespace machiya::sense::series::dao
