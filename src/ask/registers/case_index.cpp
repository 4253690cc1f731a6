// The index of cases as rows of their procedure's register. A submission writes none of it: the event that tells of a case, delivered
// in batches, brings its rows in record_value up to what the case is by then. Events come at least once and may be late; what is written
// follows from the case alone, so that a repetition writes nothing.
#include <algorithm>
#include <set>
#include <tuple>

#include "ask/apply/procedure_kind.h"
#include "ask/cases/case_events.h"
#include "ask/registers/case_index_dao.h"
#include "ask/registers/registers_impl.h"

namespace machiya::registers {
namespace {

using Registered = std::map<std::string, std::shared_ptr<const Register>>;

/// Cases in one transaction of the job: short enough that submissions beside it do not notice.
constexpr int kIndexedAtOnce = 200;

const Register* in(const Registered& all, const std::string& procedure) {
  const auto found = all.find(procedure);
  return found == all.end() ? nullptr : found->second.get();
}

/// Procedures whose cases are not all indexed by today's columns.
std::map<std::string, dao::IndexedTo> stale(const Registered& all, const std::map<std::string, dao::IndexedTo>& kept) {
  std::map<std::string, dao::IndexedTo> out;
  for (const auto& [id, reg] : all) {
    const auto found = kept.find(id);
    const std::string layout = index_layout(*reg);
    if (found == kept.end() || found->second.layout != layout) out[id] = {layout, 0, false};
    else if (!found->second.done) out[id] = found->second;
  }
  return out;
}

}  // namespace

std::shared_ptr<const Registered> Registers::Impl::case_registers() const {
  static const auto kNone = std::make_shared<const Registered>();
  if (!p.may_case) return kNone;
  const auto city = p.city();
  const std::lock_guard lock(derived_mutex);
  if (derived && derived_city == city) return derived;
  auto all = std::make_shared<Registered>();
  for (const city::Loaded* loaded : city->all("procedure")) {
    const auto* definition = city->get<apply::ProcedureDefinition>("procedure", loaded->source.id);
    auto reg = definition != nullptr ? register_of_procedure(definition->procedure, loaded->source, *city) : nullptr;
    if (reg) all->emplace(loaded->source.id, std::move(reg));
  }
  derived_city = city, derived = std::move(all);
  return derived;
}

Result<void> Registers::Impl::index_cases(store::Tx& tx, const std::vector<records::RecordRow>& rows) const {
  const auto all = case_registers();
  std::vector<std::int64_t> ids;
  for (const records::RecordRow& row : rows) ids.push_back(row.id);
  MACHIYA_TRY(const auto before, dao::entries_of(tx, ids));
  std::vector<dao::IndexRow> fresh;
  for (const records::RecordRow& row : rows) {
    const Register* reg = in(*all, row.type);
    if (reg == nullptr) continue;   // a procedure that the city no longer has
    MACHIYA_TRY(const FullRow now, full(tx, *reg, row, indexes_answers(*reg)));
    const auto wanted = index_of(*reg, now.values, row.state, row.ended.has_value());
    static const std::vector<dao::IndexEntry> kNothing;
    const auto found = before.find(row.id);
    const auto& had = found == before.end() ? kNothing : found->second;
    for (const dao::IndexEntry& entry : had)
      if (!std::binary_search(wanted.begin(), wanted.end(), entry)) MACHIYA_CHECK(dao::delete_index(tx, row.id, entry));
    for (const dao::IndexEntry& entry : wanted)
      if (!std::binary_search(had.begin(), had.end(), entry)) fresh.push_back({entry.field, entry.value, row.id});
  }
  std::sort(fresh.begin(), fresh.end(), [](const dao::IndexRow& a, const dao::IndexRow& b) { return std::tie(a.field, a.value, a.record) < std::tie(b.field, b.value, b.record); });
  return dao::insert_index(tx, fresh);
}

Result<bool> Registers::Impl::index_next(store::Tx& tx) const {
  const auto all = case_registers();
  MACHIYA_TRY(const auto kept, dao::indexed_to(tx));
  const auto todo = stale(*all, kept);
  if (todo.empty()) return false;
  std::int64_t from = todo.begin()->second.reached;
  for (const auto& [id, to] : todo) from = std::min(from, to.reached);
  std::vector<std::string> procedures;   // those that stand at the same place go on together
  for (const auto& [id, to] : todo)
    if (to.reached == from) procedures.push_back(id);
  MACHIYA_TRY(const auto rows, records::rows_behind(tx, "case", procedures, from, kIndexedAtOnce));
  MACHIYA_CHECK(index_cases(tx, rows));
  for (const std::string& id : procedures)
    MACHIYA_CHECK(dao::put_indexed_to(tx, id, {todo.at(id).layout, rows.empty() ? from : rows.back().id, rows.size() < kIndexedAtOnce}));
  return true;
}

void Registers::Impl::listen() const {
  p.events.subscribe_batch("case-rows", {std::string(cases::kCaseSubmitted), std::string(cases::kCaseChanged)},
                           [this](store::Tx& tx, const events::Events::Batch& batch) -> Result<void> {
                             const auto all = case_registers();
                             std::set<std::string> numbers;
                             bool answers = false;
                             for (const events::Event* e : batch) {
                               const Register* reg = in(*all, e->payload.text("procedure"));
                               if (reg == nullptr) continue;
                               numbers.insert(e->key);
                               answers = answers || indexes_answers(*reg);
                             }
                             MACHIYA_TRY(const auto rows, records::rows_of_numbers(tx, {numbers.begin(), numbers.end()}, answers));
                             return index_cases(tx, rows);
                           });
  p.jobs.handle(std::string(kCasesJob), [this](const jobs::Job& job) -> Result<void> {
    for (;;) {
      MACHIYA_TRY(const bool more, p.store.write([&](store::Tx& tx) { return index_next(tx); }));
      if (!more) return {};
      MACHIYA_CHECK(p.jobs.renew(job));
    }
  });
}

Result<bool> Registers::index_some() {
  return impl_->p.store.write([&](store::Tx& tx) { return impl_->index_next(tx); });
}

Result<void> Registers::tend_cases() {
  const Impl& impl = *impl_;
  const auto all = impl.case_registers();
  MACHIYA_TRY(const bool tidy, impl.p.store.read([&](store::ReadTx& tx) -> Result<bool> {
    MACHIYA_TRY(const auto kept, dao::indexed_to(tx));
    return stale(*all, kept).empty();
  }));
  if (tidy) return {};
  return impl.p.store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(auto id, impl.p.jobs.enqueue(tx, kCasesJob, json::Value::object(), {}, "all"));
    (void)id;
    return {};
  });
}

}  // namespace machiya::registers
