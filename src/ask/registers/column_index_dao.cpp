#include "ask/registers/column_index_dao.h"

#include <algorithm>

#include "ask/registers/list_sql.h"

namespace machiya::registers::dao {
namespace {

/// Rows of (record, field, value), by record.
Result<std::vector<ChangedRow>> changed_rows(store::ReadTx& tx, const Sql& sql, const std::vector<std::int64_t>& fields) {
  std::vector<ChangedRow> out;
  MACHIYA_CHECK(tx.stream(sql.text, sql.binds(), [&](const store::Row& r) {
    const std::int64_t record = r.integer(0), field = r.integer(1);
    if (!std::binary_search(fields.begin(), fields.end(), field)) return true;
    if (out.empty() || out.back().id != record) out.push_back({record, {}});
    out.back().entries.push_back({field, r.text(2)});
    return true;
  }));
  return out;
}

}  // namespace

Result<void> each_key(store::ReadTx& tx, std::string_view type, const std::function<bool(std::int64_t)>& sink) {
  return tx.stream("SELECT id FROM record WHERE kind = 'register' AND type = :type ORDER BY id", {{"type", type}}, [&](const store::Row& r) { return sink(r.integer(0)); });
}

Result<void> each_entry(store::ReadTx& tx, std::int64_t field, const std::function<bool(std::string_view, std::int64_t)>& sink) {
  return tx.stream("SELECT value, record FROM record_value WHERE field = :field ORDER BY value, record", {{"field", field}},
                   [&](const store::Row& r) { return sink(r.text(0), r.integer(1)); });
}

Result<std::vector<ChangedRow>> entries_between(store::ReadTx& tx, std::int64_t first, std::int64_t last, const std::vector<std::int64_t>& fields) {
  Sql sql{tx.engine(), "", {}, {}};
  sql.text = "SELECT record, field, value FROM record_value WHERE record >= " + sql.bind(first) + " AND record <= " + sql.bind(last) + " ORDER BY record, field, value";
  return changed_rows(tx, sql, fields);
}

Result<std::vector<ChangedRow>> entries_among(store::ReadTx& tx, const std::vector<std::int64_t>& records, const std::vector<std::int64_t>& fields) {
  Sql sql{tx.engine(), "", {}, {}};
  sql.text = "SELECT v.record, v.field, v.value FROM " + sql.keys(records) + " CROSS JOIN record_value v WHERE v.record = k.record ORDER BY v.record, v.field, v.value";
  return changed_rows(tx, sql, fields);
}

}  // namespace machiya::registers::dao
