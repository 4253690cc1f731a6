#include "sense/broker/journal_dao.h"

#include <set>

#include "platform/store/many_rows.h"
#include "sense/entities/codec.h"

namespace machiya::sense {

Result<void> write_entries(store::Tx& tx, const std::vector<NumberedEntry>& entries) {
  static const store::ManyRows records("INSERT INTO sense_change (number, record) VALUES ", {"number", "record"});
  auto done = records.insert(tx, entries, [](const NumberedEntry& e) {
    return std::vector<store::Param>{static_cast<std::int64_t>(e.number), store::Bytes{e.entry.record}};
  });
  if (!done.ok()) return done;
  // From the newest back: what was written again in the same commit is not written twice (and could not be, in one statement).
  struct Row {
    const JournalEntry& entry;
    std::string bytes;
  };
  std::vector<Row> rows;
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (auto it = entries.rbegin(); it != entries.rend(); ++it) {
    const JournalEntry& e = it->entry;
    if (!seen.insert({e.tenant, e.id}).second) continue;
    if (e.entity) {
      encode_entity(*e.entity, rows.emplace_back(Row{e, {}}).bytes);
    } else if (auto gone = tx.execute_later("DELETE FROM sense_entity WHERE tenant = :tenant AND id = :id", {{"tenant", e.tenant}, {"id", e.id}}); !gone.ok()) {
      return gone;
    }
  }
  static const store::ManyRows upserts("INSERT INTO sense_entity (tenant, id, entity) VALUES ", {"tenant", "id", "entity"},
                                       " ON CONFLICT (tenant, id) DO UPDATE SET entity = excluded.entity");
  return upserts.insert(tx, rows, [](const Row& r) { return std::vector<store::Param>{r.entry.tenant, r.entry.id, store::Bytes{r.bytes}}; });
}

Result<void> read_entities(store::ReadTx& tx, const Journal::VisitEntity& visit) {
  Result<void> state;
  auto done = tx.stream("SELECT tenant, entity FROM sense_entity", {}, [&](const store::Row& row) { return (state = visit(row.text(0), row.text(1))).ok(); });
  return done.ok() ? state : done;
}

Result<void> read_records(store::ReadTx& tx, Journal::Number from, Journal::Number to, const Journal::VisitRecord& visit) {
  Result<void> state;
  auto done = tx.stream("SELECT number, record FROM sense_change WHERE number >= :from AND number <= :to ORDER BY number",
                        {{"from", static_cast<std::int64_t>(from)}, {"to", static_cast<std::int64_t>(to)}},
                        [&](const store::Row& row) { return (state = visit(static_cast<Journal::Number>(row.integer(0)), row.text(1))).ok(); });
  return done.ok() ? state : done;
}

Result<NumbersKept> numbers_kept(store::ReadTx& tx) {
  auto row = tx.query_one("SELECT min(number), max(number) FROM sense_change");
  if (!row.ok()) return row.error();
  return NumbersKept{static_cast<Journal::Number>((*row)->integer(0)), static_cast<Journal::Number>((*row)->integer(1))};
}

Result<void> delete_records_below(store::Tx& tx, Journal::Number needed, int most) {
  return tx.execute_later("DELETE FROM sense_change WHERE number IN (SELECT number FROM sense_change WHERE number < :needed ORDER BY number LIMIT :most)",
                          {{"needed", static_cast<std::int64_t>(needed)}, {"most", most}});
}

}  // namespace machiya::sense
