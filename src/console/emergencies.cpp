// The review of emergency access: what was opened, by whom and why, and another person's judgement.
#include "base/text.h"
#include "city/city.h"
#include "console/console.h"
#include "console/page.h"
#include "platform/audit/audit.h"
#include "platform/identity/emergencies.h"

namespace machiya::console {
namespace {

using http::Request;
using http::Response;
using pages::Data;

constexpr std::string_view kPath = "/staff/emergencies";

}  // namespace

Data Console::emergency_row(const identity::EmergencyRow& row, const Request& request) const {
  const std::string lang = language(request);
  const auto city = p_.city();
  const city::Department* department = city ? city->department(row.department) : nullptr;
  const json::Value names = city ? city->policy()["purposes"][row.purpose]["name"] : json::Value();
  Data out = Data().set("id", row.public_id).set("object", row.object).set("who", row.name).set("department", department ? department->name.in(lang) : row.department);
  out.set("at", locale::format_time(row.opened, lang)).set("purpose", names.is_null() ? row.purpose : city::Text(names).in(lang)).set("reason", row.reason);
  if (row.verdict.empty()) {
    const bool late = p_.identity.emergencies().overdue(row), own = row.staff == identity::principal_of(request).actor();
    out.set("tag", Data().set("kind", late ? "late" : "waiting").set("label", text(request, late ? "staff_emergency.overdue" : "staff_emergency.waiting")));
    if (own) out.set("own", true);
    else out.set("review", Data().set("action", std::string(kPath) + "/" + row.public_id).set("csrf", identity::principal_of(request).csrf).set("id", row.public_id));
    return out;
  }
  out.set("tag", Data().set("kind", row.verdict == "justified" ? "done" : "refused").set("label", text(request, "staff_emergency." + row.verdict)));
  out.set("comment", row.comment);
  if (row.reviewed) out.set("reviewed", locale::format_time(*row.reviewed, lang));
  return out;
}

Response Console::emergencies(Request& request, std::string_view wrong) const {
  const identity::Principal& who = identity::principal_of(request);
  const bool waiting = request.query("show") != "reviewed";
  const auto policy = p_.identity.policy();
  auto rows = p_.store.read([&](store::ReadTx& tx) { return p_.identity.emergencies().queue(tx, who, *policy, waiting); });
  if (!rows.ok()) return http::problem(rows.error(), request);
  if (!rows->empty()) p_.audit.append_later({who.actor(), "breakglass.list", "breakglass:*", p_.identity.decide(who, "breakglass.review", {}).purpose, request.id, {}});
  Data data = frame(request), list{Data::List{}};
  for (const auto& row : *rows) list.push(emergency_row(row, request));
  if (!rows->empty()) data.set("any", true);
  data.set("rows", std::move(list)).set(waiting ? "waiting" : "reviewed", true);
  if (!wrong.empty()) data.set("flash", Data().set("kind", "error").set("text", text(request, "staff_emergency." + std::string(wrong))));
  else if (request.query("waits") && !rows->empty()) data.set("flash", Data().set("kind", "warning").set("text", text(request, "staff_emergency.waits")));
  else if (request.query("done")) data.set("flash", Data().set("kind", "success").set("text", text(request, "staff_emergency.done")));
  return render(request, "console/emergencies", "staff_emergency.queue", std::move(data), wrong.empty() ? 200 : 422);
}

Response Console::review_emergency(Request& request) const {
  const auto action = request.form("action").value_or("");
  const identity::Principal& who = identity::principal_of(request);
  const auto policy = p_.identity.policy();
  if (action != "justified" && action != "unjustified") return emergencies(request, "choose");
  auto done = p_.store.write([&](store::Tx& tx) -> Result<int> {
    MACHIYA_CHECK(p_.identity.emergencies().review(tx, who, *policy, request.param("emergency"), action == "justified", request.form("comment").value_or(""), request.id));
    return 0;
  });
  if (done.ok()) return http::see_other(std::string(kPath) + "?done=1");
  if (done.error().code == ErrorCode::invalid_input || done.error().code == ErrorCode::too_large) return emergencies(request, "needs_comment");
  return http::problem(done.error(), request);
}

}  // namespace machiya::console
