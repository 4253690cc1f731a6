// Emergency access to a case (緊急閲覧): the form that stands where the case is refused, and what it opens.
#include "ask/cases/web.h"
#include "base/text.h"
#include "platform/identity/emergencies.h"
#include "platform/identity/identity.h"

namespace machiya::cases::detail {
namespace {

using http::Request;
using http::Response;
using pages::Data;

constexpr std::string_view kAction = "case.read";

std::string object_of(std::string_view number) { return "case:" + std::string(number); }

/// The purposes of this person's roles that are for what they would do.
Data purposes(const EmergencyForm& form, const identity::Principal& who, const std::string& lang, std::string_view chosen) {
  Data options{Data::List{}};
  std::vector<std::string> seen;
  for (const std::string& name : who.roles) {
    const auto* role = form.policy->role(name);
    if (role == nullptr) continue;
    for (const std::string& purpose : role->purposes) {
      if (!form.policy->covers(purpose, form.action) || std::find(seen.begin(), seen.end(), purpose) != seen.end()) continue;
      seen.push_back(purpose);
      const std::string label = form.city ? city::Text(form.city->policy()["purposes"][purpose]["name"]).in(lang) : purpose;
      options.push(option(purpose, label.empty() ? purpose : label, purpose == chosen));
    }
  }
  return options;
}

}  // namespace

void add_emergency_fields(Data& data, const Request& request, const EmergencyForm& form, const std::string& wrong) {
  const std::string lang = staff_language(request);
  const auto t = [&](std::string_view key) { return form.texts.text(lang, key); };
  const std::string reason(request.form("reason").value_or("")), purpose(request.form("purpose").value_or(""));
  Data why = Data().set("type", "long-text").set("id", "reason").set("name", "reason").set("label", t("staff_emergency.reason")).set("hint", t(form.reason_hint))
                 .set("required", true).set("value", reason).set("max_length", static_cast<int>(identity::Emergencies::kMost));
  Data what = Data().set("type", "select").set("id", "purpose").set("name", "purpose").set("label", t("staff_emergency.purpose")).set("required", true)
                  .set("options", purposes(form, identity::principal_of(request), lang, purpose));
  if (!wrong.empty()) {
    (wrong == "reason" ? why : what).set("error", t("staff_emergency.needs_" + wrong));
    data.set("errors", Data().set("items", Data(Data::List{Data().set("href", "#" + wrong).set("text", t("staff_emergency.needs_" + wrong))})));
  }
  data.set("fields", Data(Data::List{std::move(what), std::move(why)}));
}

namespace {

Response emergency_form(const Web& web, Request& request, int status, const std::string& wrong) {
  const std::string lang = staff_language(request), number(request.param("number"));
  Data data = staff_page(web, request, "staff_emergency.title");
  data.set("number", number).set("action", "/staff/cases/" + number + "/emergency");
  data.set("refused", web.texts.text(lang, "staff_emergency.refused")).set("lead", web.texts.text(lang, "staff_emergency.lead"));
  const auto policy = web.cases.platform().identity.policy();
  const auto city = web.city();
  add_emergency_fields(data, request, {policy.get(), city.get(), web.texts, kAction, "staff_emergency.reason_hint"}, wrong);
  return render(web, request, "cases/emergency", std::move(data), lang, status);
}

}  // namespace

Response case_refused(const Web& web, Request& request, const Error& error) {
  const auto& identity = web.cases.platform().identity;
  if (error.code != ErrorCode::forbidden || request.wants_json() || !identity.allowed(identity::principal_of(request), "breakglass.use")) return http::problem(error, request);
  return emergency_form(web, request, error.info().http_status, "");
}

std::string emergency_until(const Web& web, const Request& request, const CaseView& v, const std::string& lang) {
  const identity::Principal& who = identity::principal_of(request);
  if (web.cases.may(who, kAction, v.department)) return {};
  auto& p = web.cases.platform();
  const auto until = p.store.read([&](store::ReadTx& tx) { return p.identity.emergencies().open_until(tx, who, object_of(v.number)); });
  return until.ok() && *until ? date_time_text(**until, lang) : std::string();
}

namespace {

Response open_emergency(const Web& web, Request& request) {
  const identity::Principal& who = identity::principal_of(request);
  const std::string number(request.param("number"));
  auto& p = web.cases.platform();
  auto done = p.store.write([&](store::Tx& tx) -> Result<int> {
    MACHIYA_TRY(const auto row, records::find_record(tx, number));
    if (!row || row->kind != "case") return Error(ErrorCode::not_found, "no such case");
    MACHIYA_CHECK(p.identity.emergencies().open(tx, who, *p.identity.policy(), object_of(number), row->person.value_or(0), kAction, request.form("purpose").value_or(""),
                                                request.form("reason").value_or(""), request.id));
    return 0;
  });
  if (done.ok()) return http::see_other("/staff/cases/" + number);
  if (done.error().code == ErrorCode::invalid_input || done.error().code == ErrorCode::too_large) return emergency_form(web, request, 422, done.error().where);
  return http::problem(done.error(), request);
}

}  // namespace

void add_emergency_routes(http::Router& router, const Web& web) {
  router.post("/staff/cases/{number}/emergency", staff_route("breakglass.use", "").on("any-case"), [web](Request& r) { return open_emergency(web, r); });
}

}  // namespace machiya::cases::detail
