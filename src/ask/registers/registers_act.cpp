// The workflow of rows: the same machine as that of cases, without applicants and clocks. Comments.
#include <algorithm>

#include "ask/registers/registers_impl.h"
#include "base/text.h"

namespace machiya::registers {

using json::Value;

/// A chain of automatic actions longer than this is a circle in the definition.
constexpr int kMaxImmediate = 16;

const cases::Workflow* Registers::Impl::workflow_of(const Register& reg, const city::City& city) const {
  return reg.workflow.empty() ? nullptr : city.get<cases::Workflow>("workflow", reg.workflow);
}

void Registers::Impl::enter(const cases::Workflow& workflow, dao::StoredRow& row, std::string_view state, Instant now) const {
  row.state = state, row.entered = now;
  const cases::State* to = workflow.state(state);
  if (to != nullptr && !to->end.empty()) row.ended = now;
  else row.ended.reset();
}

Result<void> Registers::Impl::enter_start(const Register& reg, dao::StoredRow& row) const {
  if (reg.workflow.empty()) return {};
  const auto city = p.city();
  const cases::Workflow* workflow = workflow_of(reg, *city);
  if (workflow == nullptr) return Error(ErrorCode::definition_error, "no workflow " + reg.workflow);
  enter(*workflow, row, workflow->start, p.clock.now());
  return {};
}

Result<bool> Registers::Impl::allowed_by_guard(const Register& reg, const cases::Action& action, const Values& values, std::string_view state) const {
  if (action.when.empty()) return true;
  MACHIYA_TRY(const auto guard, feel::compile(action.when, row_scope(reg.columns)));
  MACHIYA_TRY(const auto value, guard.evaluate(row_slots(reg, values, state), feel::Environment(p.clock.now())));
  return value.is_true();
}

Result<void> Registers::Impl::run_immediate(store::Tx& tx, const Register& reg, FullRow& row) const {
  const auto city = p.city();
  const cases::Workflow* workflow = workflow_of(reg, *city);
  for (int round = 0; workflow != nullptr && round < kMaxImmediate; ++round) {
    const cases::Action* next = nullptr;
    for (const cases::Action* a : workflow->from(row.stored.state)) {
      if (a->by != cases::By::system || !a->after.zero()) continue;
      MACHIYA_TRY(const bool open, allowed_by_guard(reg, *a, row.values, row.stored.state));
      if (open) {
        next = a;
        break;
      }
    }
    if (next == nullptr) return {};
    const Deed deed{next->id, "", "", "system", "", "", p.clock.now()};
    dao::StoredRow after = row.stored;
    enter(*workflow, after, next->to, deed.now);
    MACHIYA_TRY(const bool done, update(tx, reg, row, after, row.values, deed));
    if (!done) return Error(ErrorCode::conflict, "the row changed meanwhile");
    after.revision += 1;
    row.stored = std::move(after);
    MACHIYA_CHECK(trail(tx, reg, row.stored, deed));
  }
  return workflow == nullptr ? Result<void>() : Error(ErrorCode::definition_error, "automatic actions run in a circle");
}

Result<void> Registers::Impl::schedule(store::Tx& tx, const Register& reg, const dao::StoredRow& row) const {
  const auto city = p.city();
  const cases::Workflow* workflow = workflow_of(reg, *city);
  if (workflow == nullptr) return {};
  for (const cases::Action* a : workflow->from(row.state)) {
    if (a->by != cases::By::system || a->after.zero()) continue;
    Value payload = Value::object({{"register", reg.id}, {"number", row.number}, {"action", a->id}, {"state", row.state}, {"entered", row.entered.us}});
    MACHIYA_TRY(auto id, p.jobs.enqueue(tx, kAutomaticJob, std::move(payload), cases::add_period(row.entered, a->after, p.is_working_day),
                                        row.number + "/" + a->id + "/" + std::to_string(row.revision)));
    (void)id;
  }
  return {};
}

/// Does nothing when the row is gone or has left the state since.
Result<void> Registers::Impl::run_automatic(const jobs::Job& job) const {
  const auto city = p.city();
  const auto* reg = city->get<Register>("register", job.payload.text("register"));
  const cases::Workflow* workflow = reg != nullptr ? workflow_of(*reg, *city) : nullptr;
  const cases::Action* action = workflow != nullptr ? workflow->action(job.payload.text("action")) : nullptr;
  if (action == nullptr) return {};
  return p.store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(auto stored, dao::find_row(tx, reg->id, job.payload.text("number")));
    if (!stored || stored->state != job.payload.text("state") || stored->entered.us != job.payload["entered"].as_int()) return {};
    MACHIYA_TRY(FullRow row, full(tx, *reg, std::move(*stored), true));
    MACHIYA_TRY(const bool open, allowed_by_guard(*reg, *action, row.values, row.stored.state));
    if (!open) return {};
    const Deed deed{action->id, "", "", "system", "", "", p.clock.now()};
    dao::StoredRow after = row.stored;
    enter(*workflow, after, action->to, deed.now);
    MACHIYA_TRY(const bool done, update(tx, *reg, row, after, row.values, deed));
    if (!done) return Error(ErrorCode::conflict, "the row changed meanwhile");
    after.revision += 1;
    row.stored = std::move(after);
    MACHIYA_CHECK(trail(tx, *reg, row.stored, deed));
    MACHIYA_CHECK(run_immediate(tx, *reg, row));
    return schedule(tx, *reg, row.stored);
  });
}

bool Registers::may_act(const Register& reg, const cases::Action& action, const identity::Principal& who) const {
  return action.by == cases::By::staff && impl_->access(reg, who).write() && impl_->p.identity.allowed(who, action.permission, reg.owner);
}

std::vector<const cases::Action*> Registers::actions(const Register& reg, const Row& row, const identity::Principal& who) const {
  std::vector<const cases::Action*> out;
  const auto city = impl_->p.city();
  const cases::Workflow* workflow = impl_->workflow_of(reg, *city);
  if (workflow == nullptr) return out;
  auto values = impl_->p.store.read([&](store::ReadTx& tx) -> Result<Values> {   // guards see what the reader may not
    MACHIYA_TRY(FullRow full, impl_->load(tx, reg, row.number));
    return std::move(full.values);
  });
  if (!values.ok()) return out;
  for (const cases::Action* a : workflow->from(row.state)) {
    if (!may_act(reg, *a, who)) continue;
    const auto open = impl_->allowed_by_guard(reg, *a, *values, row.state);
    if (open.ok() && *open) out.push_back(a);
  }
  return out;
}

Result<Saved> Registers::act(const Register& reg, std::string_view number, std::int64_t revision, std::string_view action, std::string_view reason,
                             const identity::Principal& who, std::string_view lang, std::string_view request) {
  const Impl& impl = *impl_;
  const Access access = impl.access(reg, who);
  if (!access.read()) return Error(ErrorCode::not_found, "no such register");
  const auto city = impl.p.city();
  const cases::Workflow* workflow = impl.workflow_of(reg, *city);
  const cases::Action* a = workflow != nullptr ? workflow->action(action) : nullptr;
  if (a == nullptr) return Error(ErrorCode::not_found, "no such action");
  if (!may_act(reg, *a, who)) return Error(ErrorCode::forbidden, "no right to this action");
  if ((a->needs_reason || a->needs_note) && trim(reason).empty()) return Error(ErrorCode::invalid_input, "the action needs a reason", "reason");
  const Deed deed = impl.deed(a->id, reason, who, request);
  std::optional<FullRow> out;
  Saved saved;
  auto done = impl.p.store.write([&](store::Tx& tx) -> Result<void> {
    out.reset();
    MACHIYA_TRY(FullRow row, impl.load(tx, reg, number));
    if (revision >= 0 && revision != row.stored.revision) return Error(ErrorCode::conflict, "the row changed meanwhile");
    if (!a->leaves(row.stored.state)) return Error(ErrorCode::conflict, std::string(kNotInThisState));
    MACHIYA_TRY(const bool open, impl.allowed_by_guard(reg, *a, row.values, row.stored.state));
    if (!open) return Error(ErrorCode::precondition_failed, "the condition of the action does not hold");
    if (a->four_eyes) {   // never by the one who brought the row into the state
      MACHIYA_TRY(const auto before, impl.entries(tx, reg, row.stored, nullptr, 0));
      std::string brought;
      for (std::size_t i = 0; i < before.size(); ++i)
        if (i == 0 || before[i].state != before[i - 1].state) brought = before[i].actor;
      if (brought == deed.actor) return Error(ErrorCode::forbidden, "four eyes: another person decides");
    }
    dao::StoredRow after = row.stored;
    impl.enter(*workflow, after, a->to, deed.now);
    MACHIYA_TRY(const bool written, impl.update(tx, reg, row, after, row.values, deed));
    if (!written) return Error(ErrorCode::conflict, "the row changed meanwhile");
    after.revision += 1, after.changed = deed.now;
    row.stored = std::move(after);
    MACHIYA_CHECK(impl.trail(tx, reg, row.stored, deed));
    MACHIYA_CHECK(impl.run_immediate(tx, reg, row));
    MACHIYA_CHECK(impl.schedule(tx, reg, row.stored));
    out = std::move(row);
    return {};
  });
  (void)lang;
  if (!done.ok()) return std::move(done).error();
  MACHIYA_TRY(saved.row, impl.shown_with_titles(reg, *out, who));
  return saved;
}

Result<void> Registers::comment(const Register& reg, std::string_view number, std::string_view text, const identity::Principal& who, std::string_view request) {
  constexpr std::size_t kMostBytes = 16 * 1024;
  const Impl& impl = *impl_;
  const Access access = impl.access(reg, who);
  if (!access.read()) return Error(ErrorCode::not_found, "no such register");
  if (!access.write()) return Error(ErrorCode::forbidden, "no right to comment");
  const std::string_view kept = trim(text);
  if (kept.empty()) return Error(ErrorCode::invalid_input, "an empty comment", "comment");
  if (kept.size() > kMostBytes) return Error(ErrorCode::limit_exceeded, "a comment that long", "comment");
  Deed deed = impl.deed("comment", "", who, request);
  deed.comment = kept;
  return impl.p.store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(const FullRow row, impl.load(tx, reg, number));
    MACHIYA_TRY(const bool written, impl.update(tx, reg, row, row.stored, row.values, deed));
    if (!written) return Error(ErrorCode::conflict, "the row changed meanwhile");
    return impl.trail(tx, reg, row.stored, deed);
  });
}

}  // namespace machiya::registers
