// SQL of the history. Rows go in and out as they are; what they mean stands in form.h and batch.cpp.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "platform/store/store.h"
#include "sense/history/past.h"

namespace machiya::sense::history::dao {

struct State {
  std::int64_t cursor = 0;              ///< the newest change of the broker that is in here
  std::optional<std::int64_t> heads;    ///< the newest change of which heads say that it modified them; nothing: of all that are in here
  std::uint64_t secret_high = 0, secret_low = 0;
  std::int64_t next_key = 1;            ///< of entities, tracks and instances
};
Result<std::optional<State>> state(store::ReadTx& tx);
Result<void> begin_state(store::Tx& tx, const State& state);
Result<void> set_cursor(store::Tx& tx, std::int64_t cursor, std::int64_t next_key);
Result<void> set_heads(store::Tx& tx, std::int64_t heads);

struct TrackRow {
  std::int64_t key = 0, entity = 0;
  std::string name, dataset;
};
struct ColumnRow {
  std::int64_t track = 0;
  int number = 0;
  std::string unit, sub;
  int digits = 0;
};
Result<void> add_entity(store::Tx& tx, const Head& head, std::int64_t modified_us);
Result<void> add_track(store::Tx& tx, const TrackRow& row);
Result<void> add_column(store::Tx& tx, const ColumnRow& row);
Result<void> update_entity(store::Tx& tx, const Head& head, std::int64_t modified_us);
Result<void> set_modified(store::Tx& tx, const Head& head);
/// The entity with its tracks, columns and instances.
Result<void> remove_entity(store::Tx& tx, std::int64_t key);
Result<void> remove_track(store::Tx& tx, std::int64_t key);

/// Without tracks.
Result<void> entities(store::ReadTx& tx, const std::function<void(const Head&)>& each);
/// By key.
Result<void> tracks(store::ReadTx& tx, const std::function<void(TrackRow)>& each);
/// By track and number.
Result<void> columns(store::ReadTx& tx, const std::function<void(ColumnRow)>& each);
Result<void> row_counts(store::ReadTx& tx, const std::function<void(std::int64_t track, std::int64_t rows)>& each);

struct InstanceRow {
  std::int64_t track = 0, time_us = 0, number = 0;
  std::string instance, body;
};
Result<void> add_instance(store::Tx& tx, const InstanceRow& row);
Result<void> remove_instance(store::Tx& tx, std::int64_t track, std::int64_t time_us, std::int64_t number);
Result<void> remove_instances_before(store::Tx& tx, std::int64_t track, std::int64_t time_us);
/// from ≤ time < to, by time and number.
Result<void> instances(store::ReadTx& tx, std::int64_t track, std::int64_t from_us, std::int64_t to_us, const std::function<bool(const InstanceRow&)>& each);
Result<std::optional<InstanceRow>> instance_named(store::ReadTx& tx, std::int64_t track, std::string_view instance);
Result<std::optional<std::int64_t>> newest(store::ReadTx& tx, std::int64_t track);

/// Values that are to go from the store of series: from ≤ time < to.
struct Erasure {
  series::SeriesId series = 0;
  std::int64_t from_us = 0, to_us = 0;
};
Result<void> add_erasures(store::Tx& tx, const std::vector<Erasure>& list);
Result<std::vector<Erasure>> erasures(store::ReadTx& tx);
Result<void> remove_erasures(store::Tx& tx);

}  // namespace machiya::sense::history::dao
