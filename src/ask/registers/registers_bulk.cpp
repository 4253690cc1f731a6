// Many rows at once: bulk edits with a plan and an undo. All or nothing, one transaction each.
#include <algorithm>

#include "ask/registers/registers_impl.h"
#include "ask/registers/repeats.h"

namespace machiya::registers {

using json::Value;

namespace {

constexpr std::size_t kSample = 20;

struct Planned {
  std::vector<NextRow> rows;
  std::int64_t faulty = 0;
};

Result<void> may_bulk_with(const Register& reg, const Values& changes, const Access& access) {
  if (!access.read()) return Error(ErrorCode::not_found, "no such register");
  if (!access.bulk()) return Error(ErrorCode::forbidden, "no right to bulk edits");
  if (!changes.is_object() || changes.size() == 0) return Error(ErrorCode::invalid_input, "nothing to change");
  for (const auto& [name, value] : changes.members()) {
    const Column* c = reg.column(name);
    if (c == nullptr) return Error(ErrorCode::invalid_input, "no such column", name);
    if (!access.write(*c)) return Error(ErrorCode::forbidden, "no right to this column", name);
  }
  return {};
}

/// What the change makes of every row of the query.
template <class Impl>
Result<Planned> planned(const Impl& impl, store::ReadTx& tx, const Register& reg, const Query& query, const Values& changes, const Access& access, std::string_view lang) {
  MACHIYA_TRY(const auto ids, impl.every(tx, reg, query, access, kMaxBulk));
  Planned out;
  Repeats repeats(reg);
  constexpr std::size_t kChunk = 500;
  for (std::size_t from = 0; from < ids.size(); from += kChunk) {
    const std::vector<std::int64_t> some(ids.begin() + static_cast<std::ptrdiff_t>(from), ids.begin() + static_cast<std::ptrdiff_t>(std::min(ids.size(), from + kChunk)));
    MACHIYA_TRY(auto stored, dao::rows_of(tx, some));
    for (dao::StoredRow& row : stored) {
      const std::int64_t revision = row.revision, id = row.id;
      MACHIYA_TRY(FullRow full, impl.full(tx, reg, std::move(row), true));
      MACHIYA_TRY(NextRow next, impl.next_of(tx, reg, std::move(full), revision, changes, {}, access, lang));
      MACHIYA_CHECK(impl.check_unique(tx, reg, next.after.values, &next.before.values, id, next.after.errors, lang));
      repeats.check(next.after.values, next.after.errors, lang);
      out.faulty += next.after.errors.empty() ? 0 : 1;
      out.rows.push_back(std::move(next));
    }
  }
  return out;
}

}  // namespace

Result<BulkPlan> Registers::plan_bulk(const Register& reg, const Query& query, const Values& changes, const identity::Principal& who, std::string_view lang) {
  const Impl& impl = *impl_;
  const Access access = impl.access(reg, who);
  MACHIYA_CHECK(may_bulk_with(reg, changes, access));
  return impl.p.store.read([&](store::ReadTx& tx) -> Result<BulkPlan> {
    MACHIYA_TRY(Planned all, planned(impl, tx, reg, query, changes, access, lang));
    BulkPlan out;
    out.rows = static_cast<std::int64_t>(all.rows.size()), out.faulty = all.faulty;
    for (const bool faulty : {true, false})
      for (const NextRow& next : all.rows) {
        if (out.sample.size() >= kSample || next.after.errors.empty() == faulty) continue;
        out.sample.emplace_back(impl.shown(reg, {next.before.stored, next.after.values}, access), next.after.errors);
      }
    std::vector<Row> rows;
    for (auto& [row, errors] : out.sample) rows.push_back(std::move(row));
    MACHIYA_CHECK(impl.add_titles(tx, reg, rows, who));
    for (std::size_t i = 0; i < rows.size(); ++i) out.sample[i].first = std::move(rows[i]);
    return out;
  });
}

Result<BulkDone> Registers::do_bulk(const Register& reg, const Query& query, const Values& changes, std::int64_t expected, std::string_view reason,
                                    const identity::Principal& who, std::string_view request) {
  const Impl& impl = *impl_;
  const Access access = impl.access(reg, who);
  MACHIYA_CHECK(may_bulk_with(reg, changes, access));
  // Worked out beside the writer; each row must still be the same when it is written.
  MACHIYA_TRY(const Planned all, impl.p.store.read([&](store::ReadTx& tx) { return planned(impl, tx, reg, query, changes, access, "ja"); }));
  if (static_cast<std::int64_t>(all.rows.size()) != expected) return Error(ErrorCode::conflict, "other rows than those of the plan");
  if (all.faulty > 0) return Error(ErrorCode::invalid_input, "the change leaves faulty rows");
  std::vector<std::pair<std::int64_t, std::int64_t>> rests_on;
  for (const NextRow& next : all.rows) rests_on.insert(rests_on.end(), next.rests_on.begin(), next.rests_on.end());
  const std::string batch = new_public_id(impl.p.rng);
  const Deed deed = impl.deed("bulk:" + batch, reason, who, request);
  auto done = impl.p.store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(const std::int64_t id, dao::insert_batch(tx, {0, batch, reg.id, "bulk", deed.actor, deed.now, false}));
    std::vector<dao::BatchRow> touched;
    MACHIYA_TRY(const bool same, impl.unchanged(tx, rests_on));
    if (!same) return Error(ErrorCode::conflict, "a related row changed meanwhile");
    for (const NextRow& next : all.rows) {
      if (!next.changed) continue;
      std::vector<CellError> errors;
      MACHIYA_CHECK(impl.check_unique(tx, reg, next.after.values, &next.before.values, next.before.stored.id, errors, "ja"));
      if (!errors.empty()) return Error(ErrorCode::conflict, "another row has the same value meanwhile");
      MACHIYA_TRY(const bool written, impl.update(tx, reg, next.before, next.before.stored, next.after.values, deed));
      if (!written) return Error(ErrorCode::conflict, "a row changed meanwhile");
      touched.push_back({id, next.before.stored.id, next.before.stored.revision + 1});
    }
    MACHIYA_CHECK(dao::insert_batch_rows(tx, touched));
    return impl.trail_many(tx, reg, batch, "bulk", expected, deed);
  });
  if (!done.ok()) return std::move(done).error();
  return BulkDone{batch, expected};
}

Result<void> Registers::Impl::trail_many(store::Tx& tx, const Register& reg, const std::string& batch, std::string_view action, std::int64_t rows, const Deed& deed) const {
  MACHIYA_CHECK(p.audit.append(tx, {deed.actor, "register." + std::string(action), "register:" + reg.id, deed.purpose, deed.request, Value::object({{"batch", batch}, {"rows", rows}})}));
  return p.events.emit(tx, kRowsChanged, batch,
                       Value::object({{"register", reg.id}, {"batch", batch}, {"department", reg.owner}, {"action", action}, {"initiative", reg.initiative}, {"rows", rows}}));
}

Result<void> Registers::Impl::put_back(store::Tx& tx, const Register& reg, const dao::BatchRow& touched, const Deed& deed) const {
  MACHIYA_TRY(auto stored, dao::rows_of(tx, {touched.record}));
  if (stored.empty() || stored.front().revision != touched.revision) return Error(ErrorCode::conflict, "a row was changed since", stored.empty() ? "" : stored.front().number);
  MACHIYA_TRY(const FullRow row, full(tx, reg, std::move(stored.front()), true));
  Values old = entered_of(reg, row.values);
  MACHIYA_TRY(const auto last, entries(tx, reg, row.stored, nullptr, touched.revision));
  for (const HistoryEntry& entry : last)
    for (const auto& [column, pair] : entry.changes)
      if (const Column* c = reg.column(column); c != nullptr && c->entered()) pair.first.is_null() ? void(old.erase(column)) : void(old.set(column, pair.first));
  MACHIYA_TRY(const Around rows, around(tx, reg, old, row.stored.number));
  MACHIYA_TRY(const WorkedOut worked, work_out(reg, old, rows, row.stored.state, p.clock.now(), p.is_working_day, "ja"));
  // What was there is put back as it was, also where today's checks would not let it in.
  Values values = worked.values;
  for (const auto& [name, value] : old.members()) values.set(name, value);
  std::vector<CellError> errors;
  MACHIYA_CHECK(check_unique(tx, reg, values, &row.values, row.stored.id, errors, "ja"));
  if (!errors.empty()) return Error(ErrorCode::conflict, "another row has the old value by now", errors.front().column);
  MACHIYA_TRY(const bool written, update(tx, reg, row, row.stored, values, deed));
  return written ? Result<void>() : Error(ErrorCode::conflict, "a row was changed since", row.stored.number);
}

Result<void> Registers::Impl::take_back(store::Tx& tx, const Register& reg, const dao::BatchRow& touched) const {
  MACHIYA_TRY(auto stored, dao::rows_of(tx, {touched.record}));
  if (stored.empty() || stored.front().revision != touched.revision) return Error(ErrorCode::conflict, "a row was changed since", stored.empty() ? "" : stored.front().number);
  MACHIYA_TRY(const bool referred, is_referred_to(tx, reg, stored.front().number));
  if (referred) return Error(ErrorCode::conflict, "another row refers to it", stored.front().number);
  MACHIYA_TRY(const FullRow row, full(tx, reg, std::move(stored.front()), true));
  return remove(tx, reg, row);
}

Result<std::int64_t> Registers::undo_bulk(const Register& reg, std::string_view batch, const identity::Principal& who, std::string_view request) {
  const Impl& impl = *impl_;
  const Access access = impl.access(reg, who);
  if (!access.read()) return Error(ErrorCode::not_found, "no such register");
  if (!access.bulk() && !access.import()) return Error(ErrorCode::forbidden, "no right to bulk edits");
  const Deed deed = impl.deed("undo:" + std::string(batch), "", who, request);
  return impl.p.store.write([&](store::Tx& tx) -> Result<std::int64_t> {
    MACHIYA_TRY(const auto found, dao::find_batch(tx, reg.id, batch));
    if (!found) return Error(ErrorCode::not_found, "no such batch");
    const bool import = found->kind == "import";
    if (import ? !access.import() : !access.bulk()) return Error(ErrorCode::forbidden, "no right to undo this");
    MACHIYA_CHECK(dao::mark_undone(tx, found->id));
    MACHIYA_TRY(const auto rows, dao::rows_of_batch(tx, found->id));
    for (const dao::BatchRow& touched : rows) {
      if (import) MACHIYA_CHECK(impl.take_back(tx, reg, touched));
      else MACHIYA_CHECK(impl.put_back(tx, reg, touched, deed));
    }
    const auto count = static_cast<std::int64_t>(rows.size());
    MACHIYA_CHECK(impl.trail_many(tx, reg, std::string(batch), "undo", count, deed));
    return count;
  });
}

}  // namespace machiya::registers
