// Acts on a case: who may, whether it is possible now, and what each act does.
#include <algorithm>

#include "ask/cases/case_events.h"
#include "ask/cases/case_state.h"
#include "platform/audit/audit.h"
#include "platform/events/events.h"
#include "platform/identity/identity.h"
#include "platform/vault/vault.h"

namespace machiya::cases {
namespace {

constexpr std::string_view kApprove = "case.approve";
constexpr std::string_view kNote = "case.note", kAssign = "case.assign";
constexpr std::size_t kMaxText = 4000;   // characters of a note or reason, in bytes times three
constexpr std::size_t kMaxBulk = 500;

bool is_staff(const identity::Principal& who) { return who.kind == identity::PrincipalKind::staff; }
std::string top_of(const std::string& field) { return field.substr(0, field.find('/')); }

Result<void> check_texts(const Act& act) {
  if (act.note.size() > kMaxText * 3) return Error(ErrorCode::too_large, "note", "note");
  if (act.reason.size() > kMaxText * 3) return Error(ErrorCode::too_large, "reason", "reason");
  return {};
}

}  // namespace

bool Cases::may(const identity::Principal& who, std::string_view permission, std::string_view department) const {
  return is_staff(who) && p_.identity.allowed(who, permission, department);
}

Result<identity::Decision> Cases::decide(store::ReadTx& tx, const identity::Principal& who, std::string_view action, const records::RecordRow& row) const {
  identity::Resource it;
  it.department = row.department, it.person = row.person.value_or(0), it.procedure = row.type, it.assignee = row.assignee, it.ownerless = !row.person;
  if (who.kind != identity::PrincipalKind::client) return p_.identity.decide(tx, who, action, std::move(it), "case:" + row.number);
  identity::Principal bare = who;   // the roles of a client are those in which it meets registers: it works on no case
  bare.roles.clear();
  return p_.identity.decide(tx, bare, action, std::move(it), "case:" + row.number);
}

Result<void> Cases::require(store::ReadTx& tx, Opened& opened, const identity::Principal& who, std::string_view action) const {
  MACHIYA_TRY(auto decision, decide(tx, who, action, opened.row));
  if (!decision.allowed()) return is_staff(who) ? Error(ErrorCode::forbidden, std::string(action)) : Error(ErrorCode::not_found, "no such case");
  opened.purpose = std::move(decision.purpose);
  return {};
}

namespace {

/// What the policy calls an applicant's action.
std::string_view own_action(const Workflow& workflow, const Action& action) {
  const State* to = workflow.state(action.to);
  return to && to->end == "withdrawn" ? "case.withdraw" : "case.correct";
}

}  // namespace

Result<void> Cases::check_act(store::ReadTx& tx, Opened& opened, const Action& action, const Act& act, const identity::Principal& who) const {
  const records::RecordRow& row = opened.row;
  MACHIYA_CHECK(check_texts(act));
  if (action.by == By::system) return Error(ErrorCode::forbidden, "an automatic action");
  if (action.by == By::staff && !is_staff(who)) return Error(ErrorCode::forbidden, action.permission);
  if (action.by == By::applicant && is_staff(who)) return Error(ErrorCode::not_found, "no such case");
  MACHIYA_CHECK(require(tx, opened, who, action.by == By::staff ? action.permission : own_action(*opened.rules->workflow, action)));
  if (act.revision >= 0 && act.revision != row.revision) return Error(ErrorCode::conflict, "the case changed meanwhile");
  if (!action.leaves(row.state)) return Error(ErrorCode::conflict, "not possible in state " + row.state);
  if (action.by == By::staff && !row.proposal.empty()) return Error(ErrorCode::conflict, "a proposal waits for confirmation");
  if (action.needs_note && act.note.empty()) return Error(ErrorCode::invalid_input, "a note is needed", "note");
  if (action.needs_reason && act.reason.empty()) return Error(ErrorCode::invalid_input, "a reason is needed", "reason");
  if (action.needs_fields) {
    if (act.fields.empty()) return Error(ErrorCode::invalid_input, "choose the fields to correct", "fields");
    for (const std::string& f : act.fields)
      if (!opened.rules->procedure->field(f) && !opened.values().has(f))
        return Error(ErrorCode::invalid_input, "no such field: " + f, "fields");
  }
  MACHIYA_TRY(bool open, opened.rules->allows(action, opened.values(), row.fee, row.created, row.state, p_.clock.now()));
  if (!open) return Error(ErrorCode::precondition_failed, "the condition of " + action.id + " does not hold");
  return {};
}

Result<CaseView> Cases::change_case(std::string_view number, const std::function<Result<void>(store::Tx&, Opened&)>& work, bool with_log,
                                    bool staff) {
  return p_.store.write([&](store::Tx& tx) -> Result<CaseView> {
    MACHIYA_TRY(Opened opened, open(tx, number, with_log));
    MACHIYA_CHECK(work(tx, opened));
    MACHIYA_CHECK(write_trail(tx, opened));
    return view_of(tx, opened, staff);
  });
}

Result<CaseView> Cases::act(std::string_view number, const Act& act, const identity::Principal& who) {
  return change_case(number, [&](store::Tx& tx, Opened& opened) -> Result<void> {
    const Action* action = opened.rules->workflow->action(act.action);
    if (!action) return Error(ErrorCode::not_found, "no action " + act.action);
    if (action->by == By::applicant && opened.rules->workflow->state(opened.row.state)->opens_correction && !is_staff(who))
      return Error(ErrorCode::invalid_input, "a correction is answered with its fields");
    MACHIYA_CHECK(check_act(tx, opened, *action, act, who));
    Change change(p_.clock.now(), who, act);
    if (!action->four_eyes) {
      MACHIYA_CHECK(apply(tx, opened, *action, change));
      MACHIYA_CHECK(run_immediate(tx, opened));
      return schedule_automatic(tx, opened);
    }
    opened.row.proposal = action->id, opened.row.proposed_by = who.actor(), opened.row.changed = change.now;
    change.action = "propose:" + action->id;
    return finish(tx, opened, change, "", opened.row.entered, opened.row.state);
  }, false, is_staff(who));
}

Result<CaseView> Cases::confirm(std::string_view number, bool approve, const Act& act, const identity::Principal& who) {
  return change_case(number, [&](store::Tx& tx, Opened& opened) -> Result<void> {
    records::RecordRow& row = opened.row;
    MACHIYA_CHECK(check_texts(act));
    MACHIYA_CHECK(require(tx, opened, who, kApprove));
    if (act.revision >= 0 && act.revision != row.revision) return Error(ErrorCode::conflict, "the case changed meanwhile");
    if (row.proposal.empty()) return Error(ErrorCode::conflict, "nothing is proposed");
    // Four eyes: the one who proposed never decides (二人以上で確かめる).
    if (approve && row.proposed_by == who.actor()) return Error(ErrorCode::forbidden, "proposed by the same person");
    const Action* action = opened.rules->workflow->action(row.proposal);
    if (!action) return Error(ErrorCode::definition_error, "no action " + row.proposal);
    Change change(p_.clock.now(), who, act);
    if (!approve) {
      change.action = "return:" + action->id;
      row.proposal.clear(), row.proposed_by.clear(), row.changed = change.now;
      return finish(tx, opened, change, "", row.entered, row.state);
    }
    // The reason and fields of the proposal are those of the decision.
    MACHIYA_TRY(auto events, records::events_of(tx, row.id));
    for (auto e = events.rbegin(); e != events.rend(); ++e) {
      if (e->action != "propose:" + action->id) continue;
      change.fields = fields_of(e->fields);
      if (e->sealed.empty()) break;
      MACHIYA_TRY(std::string plain, p_.vault.open_sealed(tx, row.data_key, records::kNoteContext, e->sealed));
      MACHIYA_TRY(json::Value why, json::parse(plain));
      change.reason = why.text("reason");
      break;
    }
    MACHIYA_TRY(bool open, opened.rules->allows(*action, opened.values(), row.fee, row.created, row.state, change.now));
    if (!open) return Error(ErrorCode::precondition_failed, "the condition of " + action->id + " does not hold");
    change.action = action->id;
    MACHIYA_CHECK(apply(tx, opened, *action, change));
    MACHIYA_CHECK(run_immediate(tx, opened));
    return schedule_automatic(tx, opened);
  }, false, true);
}

Result<CaseView> Cases::note(std::string_view number, const Act& act, const identity::Principal& who) {
  return change_case(number, [&](store::Tx& tx, Opened& opened) -> Result<void> {
    MACHIYA_CHECK(check_texts(act));
    MACHIYA_CHECK(require(tx, opened, who, kNote));
    if (act.note.empty()) return Error(ErrorCode::invalid_input, "a note is needed", "note");
    Change change(p_.clock.now(), who, act);
    change.action = "staff:note";
    opened.row.changed = change.now;
    MACHIYA_CHECK(records::update_record(tx, opened.row));
    ++opened.row.revision;
    opened.audit.push_back({change.actor, "case.staff:note", "case:" + opened.row.number, opened.purpose, act.request, {}});
    return note_history(tx, opened, change);
  }, false, true);
}

Result<CaseView> Cases::assign(std::string_view number, std::string_view assignee, const Act& act, const identity::Principal& who) {
  return change_case(number, [&](store::Tx& tx, Opened& opened) -> Result<void> {
    MACHIYA_CHECK(require(tx, opened, who, kAssign));
    if (assignee.size() > 100) return Error(ErrorCode::too_large, "assignee", "assignee");
    if (act.revision >= 0 && act.revision != opened.row.revision) return Error(ErrorCode::conflict, "the case changed meanwhile");
    Change change(p_.clock.now(), who, act);
    change.action = "staff:assign", change.note = assignee;
    opened.row.assignee = assignee, opened.row.changed = change.now;
    return finish(tx, opened, change, "", opened.row.entered, opened.row.state);
  }, false, true);
}

Result<std::vector<BulkLine>> Cases::preview(const std::vector<std::string>& numbers, const Act& act, const identity::Principal& who) {
  if (numbers.size() > kMaxBulk) return Error(ErrorCode::limit_exceeded, "at most 500 cases at once");
  return p_.store.read([&](store::ReadTx& tx) -> Result<std::vector<BulkLine>> {
    std::vector<BulkLine> out;
    for (const std::string& number : numbers) {
      BulkLine line;
      line.number = number;
      auto opened = open(tx, number, false);
      if (!opened.ok() || !require(tx, *opened, who, "case.read").ok()) {
        line.problem = "not_found";
        out.push_back(std::move(line));
        continue;
      }
      line.title = opened->row.title, line.state = opened->row.state;
      const Action* action = opened->rules->workflow->action(act.action);
      Result<void> checked = action ? check_act(tx, *opened, *action, act, who) : Result<void>(Error(ErrorCode::not_found));
      line.possible = checked.ok();
      if (!checked.ok()) line.problem = checked.error().info().name;
      else line.result = action->four_eyes ? "proposed" : action->to;
      out.push_back(std::move(line));
    }
    return out;
  });
}

Result<std::vector<BulkLine>> Cases::act_on_many(const std::vector<std::string>& numbers, const Act& act, const identity::Principal& who) {
  MACHIYA_TRY(auto lines, preview(numbers, act, who));
  for (BulkLine& line : lines) {
    if (!line.possible) continue;
    auto done = this->act(line.number, act, who);
    line.possible = done.ok();
    if (!done.ok()) line.problem = done.error().info().name, line.result.clear();
    else line.state = done->state, line.result = done->proposal.empty() ? done->state : "proposed";
  }
  return lines;
}

std::vector<Choice> Cases::choices(const CaseView& view, const identity::Principal& who) const {
  std::vector<Choice> out;
  if (!view.rules) return out;
  identity::Resource it;
  it.department = view.department, it.person = view.applicant, it.procedure = view.procedure, it.assignee = view.assignee;
  for (const Action* a : view.rules->workflow->from(view.state)) {
    const bool own = a->by == By::applicant;
    if (a->by == By::system || own == is_staff(who)) continue;
    if (!p_.identity.decide(who, own ? own_action(*view.rules->workflow, *a) : a->permission, it).allowed()) continue;
    auto open = view.rules->allows(*a, view.values, view.fee, view.received, view.state, p_.clock.now());
    out.push_back({a, open.ok() && *open && (own || view.proposal.empty())});
  }
  return out;
}

namespace {

/// Only the asked fields may differ; others may vanish when an answer hides them.
Result<void> check_only_asked(const ProcedureInfo& procedure, const std::vector<std::string>& asked, const json::Value& before,
                              const json::Value& after) {
  std::vector<std::string> open;
  for (const std::string& f : asked) open.push_back(top_of(f));
  for (const FieldInfo& field : procedure.fields) {
    const std::string name = top_of(field.name);
    if (std::find(open.begin(), open.end(), name) != open.end()) continue;
    const json::Value& now = after[name];
    if (!now.is_null() && !(now == before[name])) return Error(ErrorCode::invalid_input, "not asked for: " + name, name);
  }
  return {};
}

}  // namespace

Result<CaseView> Cases::resubmit(std::string_view number, const Submission& changed, const Act& act, const identity::Principal& who) {
  return change_case(number, [&](store::Tx& tx, Opened& opened) -> Result<void> {
    records::RecordRow& row = opened.row;
    MACHIYA_CHECK(require(tx, opened, who, "case.correct"));
    const State* state = opened.state();
    const Action* action = nullptr;
    for (const Action* a : opened.rules->workflow->from(row.state)) {
      const State* to = opened.rules->workflow->state(a->to);
      if (a->by == By::applicant && to && to->end != "withdrawn") action = a;
    }
    if (!state || !state->opens_correction || !action) return Error(ErrorCode::conflict, "no correction is open");
    MACHIYA_CHECK(check_act(tx, opened, *action, act, who));
    MACHIYA_CHECK(check_signature(*opened.rules->procedure, changed));
    MACHIYA_CHECK(check_only_asked(*opened.rules->procedure, fields_of(row.asked), opened.values(), changed.values));
    MACHIYA_CHECK(records::delete_tokens(tx, row.id, records_.tokens_of(opened.terms)));
    opened.terms = changed.search;
    MACHIYA_CHECK(records::insert_tokens(tx, row.id, records_.tokens_of(opened.terms)));
    opened.data.set("values", changed.values);
    json::Value blobs = json::Value::array();
    for (const std::string& b : changed.blobs) blobs.push(b);
    opened.data.set("blobs", std::move(blobs));
    row.fee = changed.fee;
    if (changed.lat) row.lat = changed.lat, row.lon = changed.lon;
    MACHIYA_TRY(row.sealed, p_.vault.seal(tx, row.data_key, records::kDataContext,
                                          json::to_text(records::Records::pack(opened.data, opened.terms))));
    MACHIYA_TRY(row.sealed_log, p_.vault.seal(tx, row.data_key, records::kLogContext, json::to_text(changed.log)));
    MACHIYA_CHECK(keep_signature(tx, opened, changed));
    Change change(p_.clock.now(), who, act);
    change.action = action->id, change.fields = fields_of(row.asked);
    MACHIYA_CHECK(apply(tx, opened, *action, change));
    MACHIYA_CHECK(run_immediate(tx, opened));
    return schedule_automatic(tx, opened);
  }, false, false);
}

Result<CaseView> Cases::withdraw(std::string_view number, const Act& act, const identity::Principal& who) {
  return change_case(number, [&](store::Tx& tx, Opened& opened) -> Result<void> {
    MACHIYA_CHECK(require(tx, opened, who, "case.withdraw"));
    const Action* action = nullptr;
    for (const Action* a : opened.rules->workflow->from(opened.row.state)) {
      const State* to = opened.rules->workflow->state(a->to);
      if (a->by == By::applicant && to && to->end == "withdrawn") action = a;
    }
    if (!action) return Error(ErrorCode::conflict, "cannot be withdrawn now");
    MACHIYA_CHECK(check_act(tx, opened, *action, act, who));
    Change change(p_.clock.now(), who, act);
    change.action = action->id;
    MACHIYA_CHECK(apply(tx, opened, *action, change));
    MACHIYA_CHECK(run_immediate(tx, opened));
    return schedule_automatic(tx, opened);
  }, false, false);
}

}  // namespace machiya::cases
