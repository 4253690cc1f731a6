// Guardians at the counter: a clerk saw the evidence and records for whom somebody acts.
#include "ask/cases/web.h"
#include "base/text.h"
#include "platform/identity/identity.h"
#include "platform/identity/ties.h"

namespace machiya::cases::detail {
namespace {

using http::Request;
using http::Response;
using pages::Data;

constexpr const char* kEvidence[] = {"family-register", "court-certificate", "registration-certificate"};   // 戸籍、審判書、登記事項証明書
constexpr int kYears[] = {1, 5, 10, 18};

}  // namespace

Data guardian_part(const Web& web, const Request& request, const identity::Principal& ward, const std::vector<FieldFault>& faults) {
  const std::string lang = staff_language(request);
  const auto t = [&](std::string_view key) { return web.texts.text(lang, key); };
  auto& p = web.cases.platform();
  if (!p.identity.allowed(identity::principal_of(request), "person.guardian")) return {};
  Data out = Data().set("action", "/staff/persons/" + ward.public_id + "/guardian").set("csrf", identity::principal_of(request).csrf);
  Data evidence{Data::List{}}, years{Data::List{}}, known{Data::List{}};
  for (const char* kind : kEvidence) evidence.push(option(kind, t(std::string("staff_guardian.evidence.") + kind), request.form("evidence") == kind));
  for (const int n : kYears) years.push(option(std::to_string(n), web.texts.text(lang, "staff_guardian.years", {{"n", std::to_string(n)}}), request.form("years") == std::to_string(n)));
  const auto field = [&](const char* type, const char* name) {
    Data f = Data().set("type", type).set("id", name).set("name", name).set("label", t(std::string("staff_guardian.") + name)).set("required", true);
    if (const std::string text = fault_of(faults, name); !text.empty()) f.set("error", t(text));
    return f;
  };
  Data fields{Data::List{}};
  fields.push(field("email", "guardian").set("value", std::string(request.form("guardian").value_or(""))));
  fields.push(field("select", "guardian_evidence").set("options", std::move(evidence)));
  fields.push(field("select", "years").set("label", t("staff_guardian.term")).set("options", std::move(years)));
  out.set("fields", std::move(fields));
  auto rows = p.store.read([&](store::ReadTx& tx) { return p.identity.ties().of(tx, ward.id); });
  if (rows.ok())
    for (const auto& row : *rows)
      if (row.relation == "guardian" && row.person == ward.id && row.in_force(p.clock.now()))
        known.push(Data().set("id", row.public_id).set("until", locale::format_date(date_in_japan(row.until), lang)).set("evidence", t("staff_guardian.evidence." + row.evidence))
                       .set("action", "/staff/persons/" + ward.public_id + "/guardian").set("csrf", identity::principal_of(request).csrf));
  return out.set("known", std::move(known));
}

namespace {

Response record(const Web& web, Request& request) {
  const identity::Principal& who = identity::principal_of(request);
  auto& p = web.cases.platform();
  const std::string years(request.form("years").value_or("")), evidence(request.form("guardian_evidence").value_or(""));
  auto ward = p.store.read([&](store::ReadTx& tx) { return p.identity.person_of(tx, request.param("person")); });
  if (!ward.ok()) return http::problem(ward.error(), request);
  if (const auto ended = request.form("end")) {
    auto done = p.store.write([&](store::Tx& tx) -> Result<int> {
      MACHIYA_CHECK(p.identity.ties().end(tx, who, *ended, *p.identity.policy(), request.id));
      return 0;
    });
    return done.ok() ? person_page(web, request, *ward, "staff_guardian.ended") : http::problem(done.error(), request);
  }
  auto guardian = p.store.read([&](store::ReadTx& tx) { return p.identity.find_person(tx, trim(request.form("guardian").value_or(""))); });
  if (!guardian.ok()) return person_page(web, request, *ward, "", {{"guardian", "staff_guardian.needs_guardian"}});
  if (std::find(std::begin(kEvidence), std::end(kEvidence), evidence) == std::end(kEvidence)) return person_page(web, request, *ward, "", {{"guardian_evidence", "staff_guardian.needs_guardian_evidence"}});
  int length = 0;
  for (const int n : kYears)
    if (std::to_string(n) == years) length = n;
  if (length == 0) return person_page(web, request, *ward, "", {{"years", "staff_guardian.needs_years"}});
  auto done = p.store.write([&](store::Tx& tx) -> Result<int> {
    MACHIYA_CHECK(p.identity.ties().record_guardian(tx, who, *p.identity.policy(), *ward, *guardian, Instant{p.clock.now().us + length * 366 * kDay}, evidence, request.id));
    return 0;
  });
  if (!done.ok() && done.error().code == ErrorCode::invalid_input) return person_page(web, request, *ward, "", {{"guardian", "staff_guardian.needs_guardian"}});
  return done.ok() ? person_page(web, request, *ward, "staff_guardian.recorded") : http::problem(done.error(), request);
}

}  // namespace

void add_guardian_routes(http::Router& router, const Web& web) {
  http::RouteOptions o = staff_route("person.guardian", "").on("person");
  o.reads_personal_data = true;
  router.post("/staff/persons/{person}/guardian", o, [web](Request& r) { return record(web, r); });
}

}  // namespace machiya::cases::detail
