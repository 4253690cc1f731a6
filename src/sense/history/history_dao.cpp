#include "sense/history/history_dao.h"

#include "platform/store/many_rows.h"
#include "sense/tree/tree.h"

namespace machiya::sense::history::dao {
namespace {

using store::Param;

std::optional<std::int64_t> time_param(std::int64_t us) { return us == kNoTime ? std::nullopt : std::optional(us); }
std::int64_t time_of(const store::Row& row, std::size_t column) { return row.optional_integer(column).value_or(kNoTime); }

// A list of words from its JSON text.
std::vector<std::string> split(const std::string& text) {
  tree::Arena arena;
  std::vector<std::string> out;
  const auto parsed = tree::parse(text, arena);
  if (!parsed.ok()) return out;
  for (const tree::Value& v : parsed->items()) out.emplace_back(v.text());
  return out;
}

constexpr std::string_view kTracksOf = "(SELECT key FROM sense_history_track WHERE entity = :key)";

InstanceRow row_of(std::int64_t track, const store::Row& row) { return {track, row.integer(0), row.integer(1), row.text(2), row.text(3)}; }

}  // namespace

Result<std::optional<State>> state(store::ReadTx& tx) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT cursor_number, heads_number, secret_high, secret_low, next_key FROM sense_history_state WHERE id = 1"));
  if (!row) return std::optional<State>();
  return std::optional(State{row->integer(0), row->optional_integer(1), static_cast<std::uint64_t>(row->integer(2)), static_cast<std::uint64_t>(row->integer(3)), row->integer(4)});
}

Result<void> begin_state(store::Tx& tx, const State& s) {
  return tx.execute_later("INSERT INTO sense_history_state (id, cursor_number, secret_high, secret_low, next_key) VALUES (1, :cursor, :high, :low, :next)",
                          {{"cursor", s.cursor}, {"high", static_cast<std::int64_t>(s.secret_high)}, {"low", static_cast<std::int64_t>(s.secret_low)}, {"next", s.next_key}});
}

Result<void> set_cursor(store::Tx& tx, std::int64_t cursor, std::int64_t next_key) {
  return tx.execute_later("UPDATE sense_history_state SET cursor_number = :cursor, next_key = :next WHERE id = 1", {{"cursor", cursor}, {"next", next_key}});
}

Result<void> set_heads(store::Tx& tx, std::int64_t heads) { return tx.execute_later("UPDATE sense_history_state SET heads_number = :heads WHERE id = 1", {{"heads", heads}}); }

Result<void> set_modified(store::Tx& tx, const Head& h) {
  return tx.execute_later("UPDATE sense_history_entity SET modified_at = :modified WHERE key = :key", {{"key", h.key}, {"modified", time_param(h.modified_us)}});
}

Result<void> add_entity(store::Tx& tx, const Head& h, std::int64_t modified_us) {
  return tx.execute_later(
      "INSERT INTO sense_history_entity (key, tenant, id, types, scopes, created_at, modified_at, deleted_at) VALUES (:key, :tenant, :id, :types, :scopes, :created, :modified, :deleted)",
      {{"key", h.key}, {"tenant", h.tenant}, {"id", h.id}, {"types", tree::array_of(h.types)}, {"scopes", tree::array_of(h.scopes)}, {"created", time_param(h.created_us)}, {"modified", time_param(modified_us)},
       {"deleted", time_param(h.deleted_us)}});
}

Result<void> update_entity(store::Tx& tx, const Head& h, std::int64_t modified_us) {
  return tx.execute_later("UPDATE sense_history_entity SET types = :types, scopes = :scopes, created_at = :created, modified_at = :modified, deleted_at = :deleted WHERE key = :key",
                          {{"key", h.key}, {"types", tree::array_of(h.types)}, {"scopes", tree::array_of(h.scopes)}, {"created", time_param(h.created_us)}, {"modified", time_param(modified_us)},
                           {"deleted", time_param(h.deleted_us)}});
}

Result<void> add_track(store::Tx& tx, const TrackRow& r) {
  return tx.execute_later("INSERT INTO sense_history_track (key, entity, name, dataset) VALUES (:key, :entity, :name, :dataset)",
                          {{"key", r.key}, {"entity", r.entity}, {"name", r.name}, {"dataset", r.dataset}});
}

Result<void> add_column(store::Tx& tx, const ColumnRow& r) {
  return tx.execute_later("INSERT INTO sense_history_column (track, number, unit, digits, sub) VALUES (:track, :number, :unit, :digits, :sub)",
                          {{"track", r.track}, {"number", r.number}, {"unit", r.unit}, {"digits", r.digits}, {"sub", store::Bytes{r.sub}}});
}

Result<void> remove_entity(store::Tx& tx, std::int64_t key) {
  MACHIYA_CHECK(tx.execute_later("DELETE FROM sense_history_instance WHERE track IN " + std::string(kTracksOf), {{"key", key}}));
  MACHIYA_CHECK(tx.execute_later("DELETE FROM sense_history_column WHERE track IN " + std::string(kTracksOf), {{"key", key}}));
  MACHIYA_CHECK(tx.execute_later("DELETE FROM sense_history_track WHERE entity = :key", {{"key", key}}));
  return tx.execute_later("DELETE FROM sense_history_entity WHERE key = :key", {{"key", key}});
}

Result<void> remove_track(store::Tx& tx, std::int64_t key) {
  MACHIYA_CHECK(tx.execute_later("DELETE FROM sense_history_instance WHERE track = :key", {{"key", key}}));
  MACHIYA_CHECK(tx.execute_later("DELETE FROM sense_history_column WHERE track = :key", {{"key", key}}));
  return tx.execute_later("DELETE FROM sense_history_track WHERE key = :key", {{"key", key}});
}

Result<void> entities(store::ReadTx& tx, const std::function<void(const Head&)>& each) {
  return tx.stream("SELECT key, tenant, id, types, scopes, created_at, modified_at, deleted_at FROM sense_history_entity", {}, [&](const store::Row& r) {
    Head h;
    h.key = r.integer(0), h.tenant = r.text(1), h.id = r.text(2), h.types = split(r.text(3)), h.scopes = split(r.text(4));
    h.created_us = time_of(r, 5), h.modified_us = time_of(r, 6), h.deleted_us = time_of(r, 7);
    each(h);
    return true;
  });
}

Result<void> tracks(store::ReadTx& tx, const std::function<void(TrackRow)>& each) {
  return tx.stream("SELECT key, entity, name, dataset FROM sense_history_track ORDER BY key", {},
                   [&](const store::Row& r) { return each({r.integer(0), r.integer(1), r.text(2), r.text(3)}), true; });
}

Result<void> columns(store::ReadTx& tx, const std::function<void(ColumnRow)>& each) {
  return tx.stream("SELECT track, number, unit, digits, sub FROM sense_history_column ORDER BY track, number", {},
                   [&](const store::Row& r) { return each({r.integer(0), static_cast<int>(r.integer(1)), r.text(2), r.optional_text(4).value_or(""), static_cast<int>(r.integer(3))}), true; });
}

Result<void> row_counts(store::ReadTx& tx, const std::function<void(std::int64_t, std::int64_t)>& each) {
  return tx.stream("SELECT track, count(*) FROM sense_history_instance GROUP BY track", {}, [&](const store::Row& r) { return each(r.integer(0), r.integer(1)), true; });
}

Result<void> add_instance(store::Tx& tx, const InstanceRow& r) {
  return tx.execute_later("INSERT INTO sense_history_instance (track, time_us, number, instance, body) VALUES (:track, :time, :number, :instance, :body)",
                          {{"track", r.track}, {"time", r.time_us}, {"number", r.number}, {"instance", r.instance}, {"body", store::Bytes{r.body}}});
}

Result<void> remove_instance(store::Tx& tx, std::int64_t track, std::int64_t time_us, std::int64_t number) {
  return tx.execute_later("DELETE FROM sense_history_instance WHERE track = :track AND time_us = :time AND number = :number", {{"track", track}, {"time", time_us}, {"number", number}});
}

Result<void> remove_instances_before(store::Tx& tx, std::int64_t track, std::int64_t time_us) {
  return tx.execute_later("DELETE FROM sense_history_instance WHERE track = :track AND time_us < :time", {{"track", track}, {"time", time_us}});
}

Result<void> instances(store::ReadTx& tx, std::int64_t track, std::int64_t from_us, std::int64_t to_us, const std::function<bool(const InstanceRow&)>& each) {
  return tx.stream("SELECT time_us, number, instance, body FROM sense_history_instance WHERE track = :track AND time_us >= :from AND time_us < :to ORDER BY time_us, number",
                   {{"track", track}, {"from", from_us}, {"to", to_us}}, [&](const store::Row& r) { return each(row_of(track, r)); });
}

Result<std::optional<InstanceRow>> instance_named(store::ReadTx& tx, std::int64_t track, std::string_view instance) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT time_us, number, instance, body FROM sense_history_instance WHERE track = :track AND instance = :instance",
                                           {{"track", track}, {"instance", instance}}));
  return row ? std::optional(row_of(track, *row)) : std::optional<InstanceRow>();
}

Result<std::optional<std::int64_t>> newest(store::ReadTx& tx, std::int64_t track) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT max(time_us) FROM sense_history_instance WHERE track = :track", {{"track", track}}));
  return row ? row->optional_integer(0) : std::optional<std::int64_t>();
}

Result<void> add_erasures(store::Tx& tx, const std::vector<Erasure>& list) {
  static const store::ManyRows many("INSERT INTO sense_history_erasure (series, from_us, to_us) VALUES ", {"series", "from", "to"});
  return many.insert(tx, list, [](const Erasure& e) { return std::array<Param, 3>{static_cast<std::int64_t>(e.series), e.from_us, e.to_us}; });
}

Result<std::vector<Erasure>> erasures(store::ReadTx& tx) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT series, from_us, to_us FROM sense_history_erasure"));
  std::vector<Erasure> out;
  for (const store::Row& r : rows) out.push_back({static_cast<series::SeriesId>(r.integer(0)), r.integer(1), r.integer(2)});
  return out;
}

Result<void> remove_erasures(store::Tx& tx) { return tx.execute_later("DELETE FROM sense_history_erasure"); }

}  // namespace machiya::sense::history::dao
