// The index of cases as rows of their procedure's register. A submission writes none of it: the event that tells of a case, delivered
// in batches, brings its rows in record_value up to what the case is by then. Events come at least once and may be late; what is written
// follows from the case alone, so that a repetition writes nothing.
#include <set>

#include "ask/apply/procedure_kind.h"
#include "ask/cases/case_events.h"
#include "ask/registers/registers_impl.h"

namespace machiya::registers {
namespace {

using Registered = std::map<std::string, std::shared_ptr<const Register>>;

const Register* in(const Registered& all, const std::string& procedure) {
  const auto found = all.find(procedure);
  return found == all.end() ? nullptr : found->second.get();
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
  std::vector<RowEntries> wanted;
  for (const records::RecordRow& row : rows) {
    const Register* reg = in(*all, row.type);
    if (reg == nullptr) continue;   // a procedure that the city no longer has
    MACHIYA_TRY(const FullRow now, full(tx, *reg, row, indexes_answers(*reg)));
    wanted.push_back({reg->id, row.id, index_of(*reg, now.values, row.state, row.ended.has_value())});
  }
  return put_entries(tx, wanted);
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
}

}  // namespace machiya::registers
