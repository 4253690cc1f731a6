#include "app/apply_ports.h"

#include <limits>

#include "ask/cases/cases.h"
#include "ask/cases/statistics.h"
#include "ask/records/records_dao.h"
#include "city/city.h"
#include "platform/identity/identity.h"
#include "platform/store/store.h"
#include "platform/vault/vault.h"

namespace machiya::app {
namespace {

/// Whether the applicant is asked for a correction in this state.
bool asks(cases::Cases& cases, const cases::CaseRow& row) {
  auto rules = cases.definitions().current(row.procedure);
  const cases::State* state = rules.ok() ? (*rules)->workflow->state(row.state) : nullptr;
  return state && state->opens_correction;
}

Result<apply::PublicStatus> status_of(cases::Cases& cases, store::Store& store, std::string_view number, const identity::Principal& who, bool sent, std::string_view lang) {
  return store.read([&](store::ReadTx& tx) -> Result<apply::PublicStatus> {
    MACHIYA_TRY(const auto row, records::find_record(tx, number));
    if (!row || row->kind != "case") return Error(ErrorCode::not_found);
    identity::Resource it;
    it.person = row->person.value_or(0), it.procedure = row->type, it.ownerless = !row->person;
    if (sent) it.ties.push_back({"sender", "", Instant{0}, Instant{std::numeric_limits<std::int64_t>::max()}, false});
    if (!cases.platform().identity.decide(who, "case.status", it).allowed()) return Error(ErrorCode::not_found);
    MACHIYA_TRY(const auto rules, cases.definitions().of_case(tx, row->type, row->definition, row->rules, row->initiative));
    apply::PublicStatus out;
    out.title = rules->procedure->name.in(lang);
    const cases::State* state = rules->workflow->state(row->state);
    out.state = state ? state->told().in(lang) : row->state;
    out.received = row->created;
    out.changed = row->changed;
    return out;
  });
}

Result<json::Value> log_of(cases::Cases& cases, store::Store& store, std::string_view number) {
  return store.read([&](store::ReadTx& tx) -> Result<json::Value> {
    MACHIYA_TRY(const auto row, records::find_record(tx, number));
    if (!row || row->sealed_log.empty()) return json::Value();
    MACHIYA_TRY(const std::string text, cases.platform().vault.open_sealed(tx, row->data_key, records::kLogContext, row->sealed_log));
    return json::parse(text);
  });
}

}  // namespace

apply::Ports apply_ports(cases::Cases& cases, cases::Statistics& statistics, identity::Identity& identity, store::Store& store, CityNow city) {
  apply::Ports ports;
  ports.submit = [&cases](const cases::Submission& submission) { return cases.submit(submission); };
  ports.view_own = [&cases](std::string_view number, const identity::Principal& who, std::string_view request, bool with_log) {
    return cases.view_own(number, who, request, with_log);
  };
  ports.own_cases = [&cases](const identity::Principal& who, std::string_view lang) -> Result<std::vector<apply::OwnCase>> {
    MACHIYA_TRY(const auto rows, cases.own_cases(who, lang));
    std::vector<apply::OwnCase> out;
    for (const cases::CaseRow& row : rows)
      out.push_back({row.number, row.title, row.state_name, row.received, row.changed, row.due, row.ended, asks(cases, row)});
    return out;
  };
  ports.represented = [&cases](const identity::Principal& who, std::string_view lang, std::string_view request) -> Result<std::vector<apply::OwnCase>> {
    MACHIYA_TRY(const auto rows, cases.represented_cases(who, lang, request));
    std::vector<apply::OwnCase> out;
    for (const cases::CaseRow& row : rows) out.push_back({row.number, row.title, row.state_name, row.received, row.changed, row.due, row.ended, asks(cases, row)});
    return out;
  };
  ports.resubmit = [&cases](std::string_view number, const cases::Submission& changed, const cases::Act& act, const identity::Principal& who) {
    return cases.resubmit(number, changed, act, who);
  };
  ports.withdraw = [&cases](std::string_view number, const cases::Act& act, const identity::Principal& who) { return cases.withdraw(number, act, who); };
  ports.may = [&cases](const cases::CaseView& view, std::string_view action) {
    identity::Principal applicant;
    applicant.kind = identity::PrincipalKind::citizen;
    applicant.id = view.applicant;
    for (const cases::Choice& choice : cases.choices(view, applicant))
      if (choice.action->id == action) return choice.allowed;
    return false;
  };
  ports.state_text = [](const cases::CaseView& view, std::string_view state, std::string_view lang) {
    const cases::State* found = view.rules ? view.rules->workflow->state(state) : nullptr;
    return found ? found->told().in(lang) : std::string(state);
  };
  ports.document = [&cases](std::string_view number, const identity::Principal& who, std::string_view request) -> Result<apply::DocumentText> {
    MACHIYA_TRY(const auto document, cases.document(number, who, request));
    return apply::DocumentText{document.title, document.text, document.lang, document.issued};
  };
  ports.version_of = [&cases, &store](std::string_view procedure, std::string_view hash) {
    return store.read([&](store::ReadTx& tx) { return cases.definitions().version_of(tx, procedure, hash); });
  };
  ports.status = [&cases, &store](std::string_view number, const identity::Principal& who, bool sent, std::string_view lang) { return status_of(cases, store, number, who, sent, lang); };
  ports.log_of = [&cases, &store](std::string_view number) { return log_of(cases, store, number); };
  ports.person_of_email = [&identity, &store](std::string_view email) {
    return store.write([&](store::Tx& tx) { return identity.ensure_person(tx, email, identity::Assurance::contact); });
  };
  ports.visited = [&statistics](std::string_view procedure, std::string_view page, int place) { statistics.visited(procedure, page, place); };
  ports.department_of = [&identity, &store, city](std::string_view staff, std::string_view lang) -> Result<std::string> {
    MACHIYA_TRY(const auto member, store.read([&](store::ReadTx& tx) { return identity.staff_member(tx, staff); }));
    const auto now = city();
    const city::Department* department = member && now ? now->department(member->department) : nullptr;
    return department ? department->name.in(lang) : std::string();
  };
  ports.facts_of = [&cases](const identity::Principal& who) -> Result<json::Value> {
    if (who.kind != identity::PrincipalKind::citizen || who.assurance != identity::Assurance::verified) return json::Value::object();
    MACHIYA_TRY(auto facts, cases.records().facts_of(who.id));
    return json::Value::object({{"person", std::move(facts)}});
  };
  return ports;
}

}  // namespace machiya::app
