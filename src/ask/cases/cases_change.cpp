// How a case changes: one transition with everything that belongs to it, in the caller's transaction.
#include "ask/cases/case_events.h"
#include "ask/cases/case_state.h"
#include "ask/cases/decision_text.h"
#include "platform/jobs/jobs.h"
#include "platform/vault/vault.h"

namespace machiya::cases {

/// A chain of automatic actions longer than this is a circle in the definition.
constexpr int kMaxImmediate = 16;

std::string fields_text(const std::vector<std::string>& fields) {
  if (fields.empty()) return {};
  json::Value list = json::Value::array();
  for (const std::string& f : fields) list.push(f);
  return json::to_text(list);
}

std::vector<std::string> fields_of(const std::string& text) {
  std::vector<std::string> out;
  if (text.empty()) return out;
  auto list = json::parse(text);
  if (list.ok())
    for (const json::Value& f : list->items()) out.push_back(f.as_string());
  return out;
}

Result<void> Cases::note_history(store::Tx& tx, Opened& opened, const Change& change) {
  records::EventRow event{0, 0, change.now, opened.row.state, change.action, change.actor, fields_text(change.fields), ""};
  if (!change.note.empty() || !change.reason.empty() || !change.actor_name.empty()) {
    json::Value why = json::Value::object();
    if (!change.note.empty()) why.set("note", change.note);
    if (!change.reason.empty()) why.set("reason", change.reason);
    if (!change.actor_name.empty()) why.set("by", change.actor_name);
    MACHIYA_TRY(event.sealed, p_.vault.seal(tx, opened.row.data_key, records::kNoteContext, json::to_text(why)));
  }
  opened.history.push_back(std::move(event));
  return {};
}

/// A case that is being born has no key until its row is written, and its history begins at 1.
Result<void> Cases::write_trail(store::Tx& tx, Opened& opened) {
  const bool first = !opened.history.empty() && opened.history.front().sequence == 1;
  for (std::size_t i = 0; i < opened.history.size(); ++i) {
    records::EventRow& event = opened.history[i];
    event.record = opened.row.id;
    if (first) event.sequence = static_cast<std::int64_t>(i) + 1;
    else MACHIYA_CHECK(records::insert_event(tx, event));
  }
  if (first) MACHIYA_CHECK(records::insert_first_events(tx, opened.history));
  for (DocumentRow& document : opened.documents) {
    document.record = opened.row.id;
    MACHIYA_CHECK(insert_document(tx, document));
  }
  if (opened.signature) {
    opened.signature->record = opened.row.id;
    MACHIYA_CHECK(insert_signature(tx, *opened.signature));
  }
  MACHIYA_CHECK(p_.audit.append(tx, opened.audit));
  return p_.events.emit(tx, std::move(opened.events));
}

Result<void> Cases::apply(store::Tx& tx, Opened& opened, const Action& action, const Change& change) {
  records::RecordRow& row = opened.row;
  const State* from = opened.state();
  const State* to = opened.rules->workflow->state(action.to);
  if (!from || !to) return Error(ErrorCode::definition_error, "state of case is not in its workflow");
  const std::string state_before = row.state;
  const Instant entered_before = row.entered;
  row.state = to->id, row.changed = row.entered = change.now;
  row.proposal.clear(), row.proposed_by.clear();
  row.asked = to->opens_correction ? fields_text(change.fields) : "";
  const Period& target = opened.rules->procedure->target;
  if (!to->end.empty()) {
    row.ended = change.now, row.outcome = to->outcome.empty() ? to->end : to->outcome;
    opened.set_clock(end_clock(opened.clock()));
    if (const auto& keep = opened.rules->workflow->retention)
      row.erase_after = add_period(keep->from_end ? change.now : row.created, keep->keep, ports_.is_working_day);
  } else if (to->clock == ClockRule::stopped) {
    opened.set_clock(stop_clock(opened.clock(), change.now, target, ports_.is_working_day));
  } else if (to->clock == ClockRule::running) {
    opened.set_clock(resume_clock(opened.clock(), change.now, target, ports_.is_working_day));
  }
  if (!action.document.empty()) MACHIYA_CHECK(issue_document(tx, opened, action, change));
  return finish(tx, opened, change, to->end, entered_before, state_before);
}

Result<void> Cases::finish(store::Tx& tx, Opened& opened, const Change& change, std::string_view end, Instant entered_before,
                           const std::string& state_before) {
  records::RecordRow& row = opened.row;
  if (row.id) MACHIYA_CHECK(records::update_record(tx, row));   // of a newborn: the row will be inserted as it is in the end
  ++row.revision;
  MACHIYA_CHECK(note_history(tx, opened, change));
  opened.audit.push_back({change.actor, "case." + change.action, "case:" + row.number, change.actor == "system" ? "" : opened.purpose, change.request, {}});
  json::Value payload = json::Value::object();
  payload.set("number", row.number), payload.set("procedure", row.type), payload.set("initiative", row.initiative);
  payload.set("department", row.department), payload.set("action", change.action), payload.set("from", state_before);
  payload.set("state", row.state), payload.set("hours", (change.now.us - entered_before.us) / kHour);
  opened.events.push_back({std::string(kCaseChanged), row.number, payload});
  if (end.empty()) return {};
  const bool withdrawn = end == "withdrawn";
  if (!withdrawn) payload.set("outcome", row.outcome);
  opened.events.push_back({std::string(withdrawn ? kCaseWithdrawn : kCaseDecided), row.number, std::move(payload)});
  return {};
}

Result<void> Cases::run_immediate(store::Tx& tx, Opened& opened) {
  for (int round = 0; round < kMaxImmediate; ++round) {
    const Action* next = nullptr;
    for (const Action* a : opened.rules->workflow->from(opened.row.state)) {
      if (a->by != By::system || !a->after.zero()) continue;
      MACHIYA_TRY(bool open, opened.rules->allows(*a, opened.values(), opened.row.fee, opened.row.created, opened.row.state, p_.clock.now()));
      if (open) {
        next = a;
        break;
      }
    }
    if (!next) return {};
    Change change;
    change.now = p_.clock.now(), change.actor = "system", change.action = next->id;
    MACHIYA_CHECK(apply(tx, opened, *next, change));
  }
  return Error(ErrorCode::definition_error, "automatic actions run in a circle");
}

Result<void> Cases::schedule_automatic(store::Tx& tx, const Opened& opened) {
  for (const Action* a : opened.rules->workflow->from(opened.row.state)) {
    if (a->by != By::system || a->after.zero()) continue;
    json::Value payload = json::Value::object({{"number", opened.row.number}, {"action", a->id}, {"state", opened.row.state}});
    const Instant when = add_period(opened.row.entered, a->after, ports_.is_working_day);
    MACHIYA_TRY(auto id, p_.jobs.enqueue(tx, kAutomaticJob, std::move(payload), when,
                                         opened.row.number + "/" + a->id + "/" + std::to_string(opened.row.revision)));
    (void)id;
  }
  return {};
}

Result<void> Cases::issue_document(store::Tx& tx, Opened& opened, const Action& action, const Change& change) {
  const Document* document = opened.rules->workflow->document(action.document);
  if (!document) return Error(ErrorCode::definition_error, "no document " + action.document);
  records::RecordRow& row = opened.row;
  DecisionFacts facts{opened.rules->procedure.get(), &opened.values(), &opened.terms, row.number, row.lang, change.reason,
                      row.fee, row.created, change.now};
  // The Japanese text is the decision; a translation follows it for applicants who chose another language.
  std::string text = fill_decision(document->body.in("ja"), facts);
  if (row.lang != "ja" && document->body.has(row.lang)) text += "\n\n" + fill_decision(document->body.in(row.lang), facts);
  json::Value body = json::Value::object({{"title", fill_decision(document->title.in("ja"), facts)}, {"text", text}});
  DocumentRow out;
  out.public_id = new_public_id(p_.rng), out.kind = document->id, out.lang = row.lang, out.issued = change.now;
  MACHIYA_TRY(out.sealed, p_.vault.seal(tx, row.data_key, "case/document", json::to_text(body)));
  row.document = out.public_id;
  opened.documents.push_back(std::move(out));
  return {};
}

}  // namespace machiya::cases
