// Search (never in the address: POST), and the counter: finding a person and recording what a document proves.
#include "ask/cases/receipt_number.h"
#include "ask/cases/web.h"
#include "base/text.h"
#include "platform/audit/audit.h"
#include "platform/identity/evidence.h"
#include "platform/identity/identity.h"

namespace machiya::cases::detail {
namespace {

using http::Request;
using http::Response;
using pages::Data;

Data search_field(const Web& web, const std::string& lang, std::string_view hint_key, std::string value, const std::string& error = {}) {
  Data field = Data().set("type", "text").set("id", "q").set("name", "q").set("label", web.texts.text(lang, "staff_cases.search_for"));
  field.set("hint", web.texts.text(lang, hint_key)).set("required", true).set("value", std::move(value)).set("max_length", 100).set("error", error);
  return Data(Data::List{std::move(field)});
}

Response search_refused(const Web& web, const Request& request, Data data, const std::string& text) {
  const std::string lang = staff_language(request), why = web.texts.text(lang, "staff_cases.search_short");
  data.set("fields", search_field(web, lang, "staff_cases.search_hint", text, why));
  data.set("errors", Data().set("items", Data(Data::List{Data().set("href", "#q").set("text", why)})));
  return render(web, request, "cases/search", std::move(data), lang, 422);
}

Response search_page(const Web& web, Request& request, bool searched) {
  const std::string lang = staff_language(request);
  Data data = staff_page(web, request, "staff_cases.search");
  const std::string text(trim(request.form("q").value_or("")));
  constexpr std::size_t kFewest = 2;   // a single character has no pair to look for
  if (searched && count_code_points(fold_for_search(text)) < kFewest) return search_refused(web, request, std::move(data), text);
  data.set("fields", search_field(web, lang, "staff_cases.search_hint", text));
  if (!searched) return render(web, request, "cases/search", std::move(data), lang);
  auto rows = web.cases.search(text, identity::principal_of(request), lang, request.id);
  if (!rows.ok() && rows.error().code == ErrorCode::forbidden && web.search_rows) rows = std::vector<CaseRow>();   // who keeps registers only
  if (!rows.ok()) return http::problem(rows.error(), request);
  auto others = web.search_rows ? web.search_rows(request, text) : Result<std::vector<FoundRow>>(std::vector<FoundRow>());
  if (!others.ok()) return http::problem(others.error(), request);
  Data list = Data(Data::List{});
  for (const CaseRow& row : *rows) {
    Data item = Data().set("number", row.number).set("href", "/staff/cases/" + row.number).set("title", row.title).set("applicant", row.applicant);
    auto rules = web.cases.definitions().current(row.procedure);
    item.set("tag", tag_of(rules.ok() ? (*rules)->workflow->state(row.state) : nullptr, row.overdue, row.state_name));
    item.set("received", locale::format_date(date_in_japan(row.received), lang)).set("department", department_name(web, row.department, lang));
    list.push(std::move(item));
  }
  for (FoundRow& row : *others) {
    Data item = Data().set("number", row.title).set("href", row.href).set("title", row.table);
    if (row.tag.find("label")) item.set("tag", std::move(row.tag));
    item.set("received", locale::format_date(date_in_japan(row.created), lang)).set("department", department_name(web, row.department, lang));
    list.push(std::move(item));
  }
  const std::size_t found = rows->size() + others->size();
  data.set("result", Data().set("count", web.texts.text(lang, "staff_cases.found", {{"n", std::to_string(found)}})).set("rows", std::move(list)));
  if (found > 0) data.set("any", true);
  return render(web, request, "cases/search", std::move(data), lang);
}

/// The person of a receipt number or an e-mail address; the address itself is never kept in the page.
Result<identity::Principal> find_person(const Web& web, const std::string& text) {
  auto& p = web.cases.platform();
  if (auto number = read_receipt_number(text)) {
    MACHIYA_TRY(auto found, web.cases.records().find(*number));
    if (!found || !found->row.person) return Error(ErrorCode::not_found, "no person");
    return p.store.read([&](store::ReadTx& tx) { return p.identity.person_by_key(tx, *found->row.person); });
  }
  return p.store.read([&](store::ReadTx& tx) { return p.identity.find_person(tx, text); });
}

Data proofs_of_identity(const Web& web, const std::string& lang, std::string_view chosen) {
  Data out{Data::List{}};
  for (const char* kind : identity::kProofsOfIdentity) out.push(option(kind, web.texts.text(lang, std::string("staff_cases.proof.") + kind), chosen == kind));
  return out;
}

Data fact_fields(const Web& web, const std::string& lang, const json::Value& facts, std::string_view proof, const std::vector<FieldFault>& faults) {
  auto t = [&](std::string_view key) { return web.texts.text(lang, key); };
  auto part = [&](const char* fact, std::initializer_list<const char*> names) {
    Data out;
    for (const char* n : names) out.set(n, facts[fact].text(n));
    return out;
  };
  auto field = [&](const char* type, const char* name, std::string_view label) {
    Data out = Data().set("type", type).set("id", name).set("name", name).set("label", t(label));
    if (const std::string fault = fault_of(faults, name); !fault.empty()) out.set("error", t(fault));
    return out;
  };
  Data fields;
  fields.push(field("select", "evidence", "staff_cases.evidence_seen").set("hint", t("staff_cases.evidence_seen_hint")).set("required", true).set("options", proofs_of_identity(web, lang, proof)));
  fields.push(field("name", "name", "staff_cases.person_name").set("required", true).set("other_person", true).set("value", part("name", {"family", "given", "family_kana", "given_kana"})));
  fields.push(field("address", "address", "staff_cases.person_address").set("required", true).set("value", part("address", {"postal_code", "prefecture", "city", "town", "street", "building"})));
  fields.push(field("text", "birth_date", "staff_cases.person_born").set("hint", t("staff_cases.person_born_hint")).set("required", true).set("value", facts.text("birth_date")));
  fields.push(field("phone", "phone", "staff_cases.person_phone").set("value", facts.text("phone")));
  return fields;
}

std::string part_of(const Request& r, const char* field, const char* part) {
  return std::string(trim(r.form(std::string(field) + "." + part).value_or("")));
}

/// The facts of a person as a clerk typed them from a document.
json::Value typed_facts(const Request& request) {
  json::Value name = json::Value::object({{"family", part_of(request, "name", "family")}, {"given", part_of(request, "name", "given")},
                                          {"family_kana", to_katakana(part_of(request, "name", "family_kana"))}, {"given_kana", to_katakana(part_of(request, "name", "given_kana"))}});
  json::Value address = json::Value::object();
  for (const char* part : {"postal_code", "prefecture", "city", "town", "street", "building"}) address.set(part, part_of(request, "address", part));
  const std::string born = fold_width(trim(request.form("birth_date").value_or("")));
  const auto date = parse_iso_date(born);
  json::Value facts = json::Value::object({{"name", std::move(name)}, {"address", std::move(address)}, {"birth_date", date ? to_iso(*date) : born}});
  if (const std::string phone = digits_of(request.form("phone").value_or("")); !phone.empty()) facts.set("phone", phone);
  return facts;
}

std::vector<FieldFault> faults_of(const json::Value& facts, std::string_view proof) {
  std::vector<FieldFault> out;
  if (!identity::is_proof_of_identity(proof)) out.push_back({"evidence", "staff_cases.needs_evidence"});
  if (facts["name"].text("family").empty()) out.push_back({"name", "staff_cases.needs_name"});
  if (!parse_iso_date(facts.text("birth_date"))) out.push_back({"birth_date", "staff_cases.needs_birth_date"});
  return out;
}

Response persons(const Web& web, Request& request, std::string_view flash_key = {}, std::string_view kind = "success", int status = 200) {
  const std::string lang = staff_language(request);
  Data data = staff_page(web, request, "staff_cases.persons");
  data.set("search", search_field(web, lang, "staff_cases.persons_hint", ""));
  if (!flash_key.empty()) flash(data, kind, web.texts.text(lang, flash_key));
  return render(web, request, "cases/persons", std::move(data), lang, status);
}

Response find(const Web& web, Request& request) {
  auto person = find_person(web, std::string(trim(request.form("q").value_or(""))));
  if (!person.ok()) return persons(web, request, "staff_cases.person_not_found", "warning", 404);
  return person_page(web, request, *person, "");
}

}  // namespace

std::string fault_of(const std::vector<FieldFault>& faults, std::string_view field) {
  for (const FieldFault& fault : faults)
    if (fault.field == field) return fault.text;
  return {};
}

Response person_page(const Web& web, Request& request, const identity::Principal& found_person, std::string_view done, const std::vector<FieldFault>& faults) {
  const std::string lang = staff_language(request);
  const identity::Principal* person = &found_person;
  auto facts = web.cases.records().facts_of(person->id);
  if (!facts.ok()) return http::problem(facts.error(), request);
  const identity::Principal& who = identity::principal_of(request);
  web.cases.platform().audit.append_later({who.actor(), "person.read", "person:" + person->public_id, web.cases.purpose_of(who, "person.search"), request.id, {}});
  Data data = staff_page(web, request, "staff_cases.persons");
  Data found = Data().set("id", person->public_id);
  found.set("verified", person->assurance == identity::Assurance::verified);
  const std::string proof(request.form("evidence").value_or(""));
  const bool typed = !faults.empty() && request.form("evidence");   // nothing that was typed is lost
  found.set("fields", fact_fields(web, lang, typed ? typed_facts(request) : *facts, proof, faults)).set("proofs", proofs_of_identity(web, lang, ""));
  if (Data guardian = guardian_part(web, request, *person, faults); guardian.find("fields")) found.set("guardian", std::move(guardian));
  data.set("person", std::move(found));
  if (!done.empty()) flash(data, "success", web.texts.text(lang, done));
  Data items{Data::List{}};
  for (const FieldFault& fault : faults) items.push(Data().set("href", "#" + fault.field).set("text", web.texts.text(lang, fault.text)));
  if (!faults.empty()) data.set("errors", Data().set("items", std::move(items)));
  data.set("buttons", Data(Data::List{Data().set("value", "next").set("label", web.texts.text(lang, "staff_cases.verify")).set("primary", true),
                                      Data().set("value", "back").set("label", web.texts.text(lang, "staff_cases.cancel")).set("skip_check", true)}));
  return render(web, request, "cases/persons", std::move(data), lang, faults.empty() ? 200 : 422);
}

namespace {

Response verify(const Web& web, Request& request) {
  if (request.form("action") == "back") return http::see_other("/staff/persons");
  const identity::Principal& who = identity::principal_of(request);
  const std::string id(request.param("person"));
  auto& p = web.cases.platform();
  auto person = p.store.read([&](store::ReadTx& tx) { return p.identity.person_of(tx, id); });
  if (!person.ok()) return http::problem(person.error(), request);
  const std::string proof(request.form("evidence").value_or(""));
  const json::Value facts = typed_facts(request);
  if (const auto faults = faults_of(facts, proof); !faults.empty()) return person_page(web, request, *person, "", faults);
  const json::Value& name = facts["name"];
  records::Terms terms = {{"name", name.text("family") + " " + name.text("given")}, {"kana", name.text("family_kana") + " " + name.text("given_kana")}};
  std::string address;
  for (const char* part : {"prefecture", "city", "town", "street", "building"}) address += facts["address"].text(part);
  if (!address.empty()) terms.emplace_back("address", address);
  auto done = p.store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_CHECK(p.identity.verify_person(tx, id, who, proof));
    return web.cases.records().put_facts(tx, person->id, facts, terms, who.actor(), proof, request.id);
  });
  if (!done.ok()) return http::problem(done.error(), request);
  return persons(web, request, "staff_cases.person_verified");
}

http::RouteOptions personal(std::string permission, std::string kind) {
  http::RouteOptions o = staff_route(std::move(permission), std::move(kind));
  o.reads_personal_data = true;
  return o;
}

}  // namespace

void add_person_routes(http::Router& router, const Web& web) {
  router.get("/staff/search", staff_route("case.list|staff:register.read", "staff-search"), [web](Request& r) { return search_page(web, r, false); });
  router.post("/staff/search", personal("case.list|staff:register.read", ""), [web](Request& r) { return search_page(web, r, true); });
  router.get("/staff/persons", staff_route("person.search", "staff-persons"), [web](Request& r) { return persons(web, r); });
  router.post("/staff/persons", personal("person.search", ""), [web](Request& r) { return find(web, r); });
  http::RouteOptions lifting = personal("person.verify", "").on("person");   // a browser left open at the counter must not lift anybody
  lifting.step_up_minutes = identity::kStepUpMinutes;
  router.post("/staff/persons/{person}/verify", lifting, [web](Request& r) { return verify(web, r); });
}

}  // namespace machiya::cases::detail
