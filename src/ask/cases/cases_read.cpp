// Reading cases: one indexed query, its history, decryption; every view leaves a read record in the audit.
#include "ask/cases/case_document_dao.h"
#include "ask/cases/case_events.h"
#include "ask/cases/case_state.h"
#include "ask/cases/receipt_number.h"
#include "platform/audit/audit.h"
#include "platform/events/events.h"
#include "platform/identity/identity.h"
#include "platform/jobs/jobs.h"
#include "platform/vault/vault.h"

namespace machiya::cases {

Cases::Cases(const Platform& platform, Ports ports)
    : p_(platform), ports_(std::move(ports)), definitions_(*ports_.definitions),
      records_(p_.store, p_.vault, p_.audit, p_.clock, p_.rng) {
  MACHIYA_ASSERT(ports_.is_working_day != nullptr);
}
Cases::~Cases() = default;

Result<Cases::Opened> Cases::open(store::ReadTx& tx, std::string_view number, bool with_log) {
  MACHIYA_TRY(auto row, records::find_record(tx, number));
  if (!row || row->kind != "case") return Error(ErrorCode::not_found, "no such case");
  if (row->sealed.empty()) return Error(ErrorCode::gone, "the record was erased after its retention");
  Opened out;
  MACHIYA_TRY(out.rules, definitions_.of_case(tx, row->type, row->definition, row->rules, row->initiative));
  MACHIYA_TRY(std::string plain, p_.vault.open_sealed(tx, row->data_key, records::kDataContext, row->sealed));
  MACHIYA_TRY(json::Value packed, json::parse(plain));
  out.terms = records::Records::terms_in(packed);
  if (json::Value* data = packed.find("data")) out.data = std::move(*data);
  if (with_log && !row->sealed_log.empty()) {
    MACHIYA_TRY(std::string log, p_.vault.open_sealed(tx, row->data_key, records::kLogContext, row->sealed_log));
    MACHIYA_TRY(out.log, json::parse(log));
  }
  out.row = std::move(*row);
  return out;
}

namespace {

void copy_columns(const records::RecordRow& r, CaseView& v) {
  v.id = r.id, v.number = r.number, v.procedure = r.type, v.title = r.title, v.state = r.state, v.outcome = r.outcome;
  v.department = r.department, v.workflow = r.workflow, v.channel = r.channel, v.lang = r.lang, v.category = r.category;
  v.version = r.version, v.initiative = r.initiative, v.applicant = r.person.value_or(0), v.assignee = r.assignee, v.fee = r.fee;
  v.received = r.created, v.changed = r.changed, v.due = r.due, v.ended = r.ended;
  v.clock_running = r.clock == records::ClockState::running;
  v.proposal = r.proposal, v.proposed_by = r.proposed_by, v.asked = fields_of(r.asked), v.revision = r.revision, v.document = r.document;
  v.publicity = r.publicity, v.lat = r.lat, v.lon = r.lon;
}

}  // namespace

Result<CaseView> Cases::view_of(store::ReadTx& tx, Opened& opened, bool staff) {
  CaseView v;
  copy_columns(opened.row, v);
  v.rules = opened.rules;
  v.days_left = cases::days_left(opened.clock(), p_.clock.now(), opened.rules->procedure->target, ports_.is_working_day);
  MACHIYA_TRY(auto events, records::events_of(tx, opened.row.id));
  for (records::EventRow& e : events) {
    const bool internal = e.action.find(':') != std::string::npos;   // "staff:note", "propose:grant", "report:release"
    if (internal && !staff) continue;
    TimelineEntry entry;
    entry.at = e.at, entry.state = e.state, entry.action = e.action, entry.actor = e.actor, entry.fields = fields_of(e.fields);
    if (!e.sealed.empty()) {
      MACHIYA_TRY(std::string plain, p_.vault.open_sealed(tx, opened.row.data_key, records::kNoteContext, e.sealed));
      MACHIYA_TRY(json::Value why, json::parse(plain));
      entry.reason = why.text("reason");
      if (staff) entry.note = why.text("note"), entry.actor_name = why.text("by");
    }
    v.timeline.push_back(std::move(entry));
  }
  if (opened.rules->procedure->may_be_signed) {
    MACHIYA_TRY(v.signature, mark_of(tx, opened, staff));
  }
  for (const json::Value& b : opened.data["blobs"].items()) v.blobs.push_back(b.as_string());
  if (json::Value* values = opened.data.find("values")) v.values = *values;
  v.log = std::move(opened.log);
  v.terms = opened.terms;
  if (!staff) v.proposal.clear(), v.proposed_by.clear(), v.assignee.clear();
  return v;
}

Result<CaseView> Cases::view_staff(std::string_view number, const identity::Principal& who, std::string_view request) {
  std::string purpose;
  auto view = p_.store.read([&](store::ReadTx& tx) -> Result<CaseView> {
    MACHIYA_TRY(Opened opened, open(tx, number, false));
    if (who.kind != identity::PrincipalKind::staff) return Error(ErrorCode::forbidden, "case.read");
    MACHIYA_CHECK(require(tx, opened, who, "case.read"));
    purpose = opened.purpose;
    return view_of(tx, opened, true);
  });
  if (view.ok()) p_.audit.append_later({who.actor(), "case.read", "case:" + view->number, purpose, std::string(request), {}});
  return view;
}

Result<CaseView> Cases::view_own(std::string_view number, const identity::Principal& who, std::string_view request, bool with_log) {
  std::string purpose;
  auto view = p_.store.read([&](store::ReadTx& tx) -> Result<CaseView> {
    if (who.kind != identity::PrincipalKind::citizen) return Error(ErrorCode::not_found, "no such case");
    MACHIYA_TRY(Opened opened, open(tx, number, with_log));
    MACHIYA_CHECK(require(tx, opened, who, "case.read"));
    purpose = opened.purpose;
    return view_of(tx, opened, false);
  });
  if (view.ok()) p_.audit.append_later({who.actor(), "case.read", "case:" + view->number, purpose, std::string(request), {}});
  return view;
}

Result<Cases::DocumentView> Cases::document(std::string_view number, const identity::Principal& who, std::string_view request) {
  std::string purpose;
  auto out = p_.store.read([&](store::ReadTx& tx) -> Result<DocumentView> {
    MACHIYA_TRY(Opened opened, open(tx, number, false));
    if (!require(tx, opened, who, who.kind == identity::PrincipalKind::staff ? "case.read" : "case.document").ok()) return Error(ErrorCode::not_found, "no such case");
    purpose = opened.purpose;
    if (opened.row.document.empty()) return Error(ErrorCode::not_found, "no document was issued");
    MACHIYA_TRY(auto row, find_document(tx, opened.row.id, opened.row.document));
    if (!row) return Error(ErrorCode::not_found, "no document was issued");
    MACHIYA_TRY(std::string plain, p_.vault.open_sealed(tx, opened.row.data_key, "case/document", row->sealed));
    MACHIYA_TRY(json::Value body, json::parse(plain));
    return DocumentView{row->public_id, opened.row.number, body.text("title"), body.text("text"), row->lang, row->issued};
  });
  if (out.ok()) p_.audit.append_later({who.actor(), "case.document", "case:" + out->number, purpose, std::string(request), {}});
  return out;
}

Result<std::shared_ptr<const Rules>> Cases::rules_of(const CaseView& view) {
  if (view.rules) return view.rules;
  return definitions_.current(view.procedure);
}

Result<void> Cases::run_automatic(std::string_view number, std::string_view action, std::string_view state) {
  return p_.store.write([&](store::Tx& tx) -> Result<void> {
    auto opened = open(tx, number, false);
    if (!opened.ok()) {
      // Erased or gone meanwhile: nothing is left to do.
      if (opened.error().code == ErrorCode::not_found || opened.error().code == ErrorCode::gone) return {};
      return opened.error();
    }
    if (opened->row.state != state) return {};
    const Action* a = opened->rules->workflow->action(action);
    if (!a || a->by != By::system) return {};
    const Instant now = p_.clock.now();
    MACHIYA_TRY(bool open_now, opened->rules->allows(*a, opened->values(), opened->row.fee, opened->row.created, opened->row.state, now));
    if (!open_now) return {};
    Change change;
    change.now = now, change.actor = "system", change.action = a->id;
    MACHIYA_CHECK(apply(tx, *opened, *a, change));
    MACHIYA_CHECK(run_immediate(tx, *opened));
    return schedule_automatic(tx, *opened);
  });
}

namespace {

json::Value erased_facts(const records::RecordRow& row) {
  return json::Value::object({{"number", row.number}, {"procedure", row.type}, {"initiative", row.initiative}, {"department", row.department},
                              {"action", "system:erase"}, {"from", row.state}, {"state", row.state}, {"hours", 0}});
}

}  // namespace

Result<int> Cases::erase_due(int limit) {
  std::vector<std::string> blobs;
  auto done = p_.store.write([&](store::Tx& tx) -> Result<int> {
    blobs.clear();
    MACHIYA_TRY(auto rows, records::due_for_erasure(tx, p_.clock.now(), limit));
    for (const records::RecordRow& row : rows) {
      if (row.kind == "case" && !row.sealed.empty()) {
        MACHIYA_TRY(std::string plain, p_.vault.open_sealed(tx, row.data_key, records::kDataContext, row.sealed));
        MACHIYA_TRY(json::Value packed, json::parse(plain));
        for (const json::Value& b : packed["data"]["blobs"].items()) blobs.push_back(b.as_string());
      }
      MACHIYA_CHECK(delete_documents(tx, row.id));
      MACHIYA_CHECK(delete_signatures(tx, row.id));
      MACHIYA_CHECK(records_.erase(tx, row, "retention"));
      if (row.kind == "case") MACHIYA_CHECK(p_.events.emit(tx, kCaseChanged, row.number, erased_facts(row)));
    }
    return static_cast<int>(rows.size());
  });
  if (done.ok() && ports_.erase_blob)
    for (const std::string& b : blobs) MACHIYA_CHECK(ports_.erase_blob(b));
  return done;
}

}  // namespace machiya::cases
