// Many new rows at once: checked as a whole, then all of them or none in one transaction. What needs no database is worked out on every
// processor beside the writer, and the index goes in by its own order: each of its pages is written once, however long the register is.
#include <algorithm>
#include <thread>
#include <unordered_map>

#include "ask/records/touch_dao.h"
#include "ask/registers/registers_impl.h"
#include "ask/registers/repeats.h"

namespace machiya::registers {

using json::Value;

namespace {

Result<void> may_import_with(const std::vector<Values>& rows, const Access& access) {
  if (!access.read()) return Error(ErrorCode::not_found, "no such register");
  if (!access.import()) return Error(ErrorCode::forbidden, "no right to imports");
  if (rows.size() > static_cast<std::size_t>(kMaxBulk)) return Error(ErrorCode::limit_exceeded, "too many rows at once");
  for (const Values& row : rows)
    if (!row.is_object()) return Error(ErrorCode::invalid_input, "a row is no object");
  return {};
}

/// work(i) for every i below `count` on as many threads as there are processors; the first error of a thread ends that thread.
template <class Work>
Result<void> on_every_processor(std::size_t count, const Work& work) {
  const std::size_t threads = std::clamp<std::size_t>(count / 200, 1, std::max(1u, std::thread::hardware_concurrency()));
  std::vector<Result<void>> outcomes(threads);
  const auto part = [&](std::size_t t) {
    for (std::size_t i = t; i < count && outcomes[t].ok(); i += threads) outcomes[t] = work(i);
  };
  std::vector<std::thread> others;
  for (std::size_t t = 1; t < threads; ++t) others.emplace_back(part, t);
  part(0);
  for (auto& thread : others) thread.join();
  for (auto& outcome : outcomes)
    if (!outcome.ok()) return std::move(outcome);
  return {};
}

/// Everything of new rows that needs no database.
struct Prepared {
  struct One {
    std::string number;
    PackedRow packed;
    std::vector<dao::IndexEntry> index;
    std::vector<std::int64_t> tokens;
  };
  std::vector<One> rows;
  std::vector<dao::IndexRow> index;             ///< in its own order; `record`: position in `rows`
  std::vector<records::TokenRow> tokens;        ///< the same
};

template <class Impl>
Result<Prepared> prepared(const Impl& impl, const Register& reg, const std::vector<WorkedOut>& worked, const dao::StoredRow& start) {
  Prepared out;
  out.rows.resize(worked.size());
  MACHIYA_CHECK(on_every_processor(worked.size(), [&](std::size_t i) -> Result<void> {
    Prepared::One& one = out.rows[i];
    one.packed = pack_row(reg, worked[i].values);
    one.index = index_of(reg, worked[i].values, start.state, start.ended.has_value());
    one.tokens = impl.tokens_of_row(reg, worked[i].values);
    return {};
  }));
  // Public ids say nothing; in order, their index is written from one end to the other.
  std::vector<std::string> numbers;
  for (std::size_t i = 0; i < out.rows.size(); ++i) numbers.push_back(new_public_id(impl.p.rng));
  std::sort(numbers.begin(), numbers.end());
  for (std::size_t i = 0; i < out.rows.size(); ++i) {
    Prepared::One& one = out.rows[i];
    const auto at = static_cast<std::int64_t>(i);
    one.number = std::move(numbers[i]);
    for (auto& entry : one.index) out.index.push_back({entry.field, std::move(entry.value), at});
    for (const std::int64_t token : one.tokens) out.tokens.push_back({token, at});
    one.index.clear(), one.tokens.clear();
  }
  std::sort(out.index.begin(), out.index.end());
  std::sort(out.tokens.begin(), out.tokens.end());
  return out;
}

/// The keys that rows of the register have already, of those that the new ones would have.
Result<std::set<dao::IndexEntry>> taken_by_others(store::ReadTx& tx, const Register& reg, const std::vector<WorkedOut>& worked) {
  std::map<std::int64_t, std::vector<std::string>> wanted;
  for (const WorkedOut& row : worked)
    for (UniqueKey& u : unique_of(reg, row.values)) wanted[u.entry.field].push_back(std::move(u.entry.value));
  std::set<dao::IndexEntry> out;
  for (auto& [field, values] : wanted) {
    std::sort(values.begin(), values.end());
    MACHIYA_TRY(auto taken, dao::values_there(tx, field, values));
    for (std::string& value : taken) out.insert({field, std::move(value)});
  }
  return out;
}

}  // namespace

/// All rows worked out on as many threads as there are processors: the costly part of an import needs no database.
Result<std::vector<WorkedOut>> Registers::Impl::work_out_many(const Register& reg, const std::vector<Values>& rows, const Access& access, std::string_view lang,
                                                              std::vector<std::pair<std::int64_t, std::int64_t>>* rests_on) const {
  std::unordered_map<std::string, std::string> relations;   // "column/typed" → number; "" when there is none
  std::vector<Around> rows_around(reg.reads_others() ? rows.size() : 0);
  const Around nothing;
  std::vector<Values> given(rows.size());
  std::vector<std::vector<CellError>> early(rows.size());
  const bool related = std::any_of(reg.columns.begin(), reg.columns.end(), [](const Column& c) { return c.kind == ColumnKind::relation; });
  MACHIYA_CHECK(p.store.read([&](store::ReadTx& tx) -> Result<void> {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      given[i] = Value::object();
      for (const auto& [name, value] : rows[i].members()) {
        if (value.is_null() || (value.is_string() && value.as_string().empty())) continue;
        const Column* c = reg.column(name);
        if (c != nullptr && !access.write(*c)) early[i].push_back(fault_at(reg, name, access.read(*c) ? "forbidden" : "unknown", lang));
        else given[i].members().emplace_back(name, value);
      }
      if (!related) continue;
      for (const Column& c : reg.columns) {
        Value* value = c.kind == ColumnKind::relation ? given[i].find(c.name) : nullptr;
        if (value == nullptr) continue;
        auto [known, fresh] = relations.try_emplace(c.name + "/" + json::to_text(*value));
        if (fresh) {
          Values one = Value::object({{c.name, *value}});
          std::vector<CellError> faults;
          MACHIYA_CHECK(resolve(tx, reg, one, faults, lang, &access));
          if (faults.empty()) known->second = one.text(c.name);
        }
        if (known->second.empty()) early[i].push_back(fault_at(reg, c.name, "relation", lang));
        else *value = Value(known->second);
      }
      if (rows_around.empty()) continue;
      MACHIYA_TRY(rows_around[i], around(tx, reg, given[i], ""));
      if (rests_on != nullptr) rests_on->insert(rests_on->end(), rows_around[i].rests_on.begin(), rows_around[i].rests_on.end());
    }
    return {};
  }));
  dao::StoredRow start;
  MACHIYA_CHECK(enter_start(reg, start));
  const Instant now = p.clock.now();
  std::vector<WorkedOut> out(rows.size());
  MACHIYA_CHECK(on_every_processor(rows.size(), [&](std::size_t i) -> Result<void> {
    MACHIYA_TRY(out[i], work_out(reg, given[i], rows_around.empty() ? nothing : rows_around[i], start.state, now, p.is_working_day, lang));
    forgive(reg, access, given[i], out[i].errors);
    out[i].errors.insert(out[i].errors.begin(), early[i].begin(), early[i].end());
    return {};
  }));
  return out;
}

Result<std::vector<std::pair<std::size_t, CellError>>> Registers::check_many(const Register& reg, const std::vector<Values>& rows, const identity::Principal& who,
                                                                             std::string_view lang) {
  const Impl& impl = *impl_;
  const Access access = impl.access(reg, who);
  MACHIYA_CHECK(may_import_with(rows, access));
  MACHIYA_TRY(auto worked, impl.work_out_many(reg, rows, access, lang));
  MACHIYA_TRY(const auto taken, impl.p.store.read([&](store::ReadTx& tx) { return taken_by_others(tx, reg, worked); }));
  std::vector<std::pair<std::size_t, CellError>> out;
  Repeats repeats(reg);
  for (std::size_t i = 0; i < worked.size(); ++i) {
    std::vector<CellError> twice;
    repeats.check(worked[i].values, twice, lang);
    if (twice.empty() && !taken.empty())
      for (const UniqueKey& u : unique_of(reg, worked[i].values))
        if (taken.count(u.entry) > 0)
          for (const std::string& column : u.columns) twice.push_back(fault_at(reg, column, "unique", lang));
    for (CellError& e : worked[i].errors) out.emplace_back(i, std::move(e));
    for (CellError& e : twice) out.emplace_back(i, std::move(e));
  }
  return out;
}

Result<BulkDone> Registers::add_many(const Register& reg, const std::vector<Values>& rows, std::string_view reason, const identity::Principal& who,
                                     std::string_view request) {
  const Impl& impl = *impl_;
  const Access access = impl.access(reg, who);
  MACHIYA_CHECK(may_import_with(rows, access));
  std::vector<std::pair<std::int64_t, std::int64_t>> rests_on;
  MACHIYA_TRY(const auto worked, impl.work_out_many(reg, rows, access, "ja", &rests_on));
  std::vector<CellError> faults;
  Repeats repeats(reg);
  for (const WorkedOut& row : worked) {
    if (!row.errors.empty()) return Error(ErrorCode::invalid_input, "a row has faults: " + row.errors.front().code, row.errors.front().column);
    repeats.check(row.values, faults, "ja");
    if (!faults.empty()) return Error(ErrorCode::conflict, "another row has the same value", faults.front().column);
  }
  const std::string batch = new_public_id(impl.p.rng);
  const Deed deed = impl.deed("import:" + batch, reason, who, request);
  dao::StoredRow start;
  MACHIYA_CHECK(impl.enter_start(reg, start));
  start.created = start.changed = start.entered = deed.now;
  MACHIYA_TRY(const Prepared ready, prepared(impl, reg, worked, start));
  const dao::Head head = impl.head_of(reg);
  auto done = impl.p.store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(const auto taken, taken_by_others(tx, reg, worked));
    if (!taken.empty()) return Error(ErrorCode::conflict, "another row has the same value");
    MACHIYA_TRY(const std::int64_t id, dao::insert_batch(tx, {0, batch, reg.id, "import", deed.actor, deed.now, false}));
    MACHIYA_TRY(const bool same, impl.unchanged(tx, rests_on));
    if (!same) return Error(ErrorCode::conflict, "a related row changed meanwhile");
    std::vector<std::int64_t> keys;
    std::vector<dao::BatchRow> touched;
    std::vector<records::EventRow> history;
    keys.reserve(ready.rows.size()), touched.reserve(ready.rows.size()), history.reserve(ready.rows.size());
    const FullRow nothing;
    for (std::size_t i = 0; i < ready.rows.size(); ++i) {
      dao::StoredRow row = start;
      row.number = ready.rows[i].number;
      MACHIYA_CHECK(impl.seal_row(tx, row, ready.rows[i].packed));
      MACHIYA_TRY(row.id, dao::insert_row(tx, head, row));
      MACHIYA_TRY(auto entry, impl.entry_of(tx, reg, nothing, row, worked[i].values, deed));
      history.push_back(std::move(entry));
      MACHIYA_CHECK(impl.remind(tx, reg, nullptr, row, worked[i].values));
      keys.push_back(row.id), touched.push_back({id, row.id, 0});
      if (!reg.workflow.empty()) MACHIYA_CHECK(impl.schedule(tx, reg, row));
    }
    MACHIYA_CHECK(records::insert_first_events(tx, history));
    MACHIYA_CHECK(dao::insert_index(tx, ready.index, &keys));
    if (!keys.empty()) {
      const auto [first, last] = std::minmax_element(keys.begin(), keys.end());
      MACHIYA_CHECK(records::touch(tx, reg.id, *first, *last, deed.now));
    }
    MACHIYA_CHECK(records::insert_new_tokens(tx, ready.tokens, keys));
    MACHIYA_CHECK(dao::insert_batch_rows(tx, touched));
    if (!keys.empty()) MACHIYA_CHECK(impl.walk_again(tx, reg, keys.front()));
    return impl.trail_many(tx, reg, batch, "import", static_cast<std::int64_t>(rows.size()), deed);
  });
  if (!done.ok()) return std::move(done).error();
  return BulkDone{batch, static_cast<std::int64_t>(rows.size())};
}

}  // namespace machiya::registers
