// What a member of staff reads for: one of the purposes of their roles, kept in a cookie of their browser and judged with each question.
#include <algorithm>

#include "city/city.h"
#include "console/console.h"
#include "console/page.h"
#include "platform/identity/policy.h"
#include "platform/identity/purpose_cookie.h"

namespace machiya::console {
namespace {

using http::Request;
using http::Response;
using pages::Data;

std::vector<std::string> purposes_of(const identity::Policy& policy, const identity::Principal& who) {
  std::vector<std::string> out;
  for (const std::string& name : who.roles)
    if (const auto* role = policy.role(name))
      for (const std::string& purpose : role->purposes)
        if (std::find(out.begin(), out.end(), purpose) == out.end()) out.push_back(purpose);
  return out;
}

}  // namespace

Response Console::purpose(Request& request) const {
  const identity::Principal& who = identity::principal_of(request);
  const auto city = p_.city();
  Data data = frame(request), options{Data::List{}};
  const auto add = [&](const std::string& value, const std::string& label) {
    options.push(Data().set("id", value.empty() ? std::string("purpose") : "purpose-" + value).set("value", value.empty() ? "-" : value).set("label", label).set("checked", who.purpose == value));
  };
  add("", text(request, "staff_purpose.by_itself"));
  for (const std::string& purpose : purposes_of(*p_.identity.policy(), who)) {
    const json::Value& name = city->policy()["purposes"][purpose]["name"];
    add(purpose, name.is_null() ? purpose : city::Text(name).in(language(request)));
  }
  data.set("fields", Data(Data::List{Data().set("type", "choice").set("id", "purpose").set("name", "purpose").set("label", text(request, "staff_purpose.choose")).set("required", true).set("options", std::move(options))}));
  if (request.query("done")) data.set("flash", Data().set("kind", "success").set("text", text(request, "staff_purpose.done")));
  return render(request, "console/purpose", "staff_purpose.title", std::move(data));
}

Response Console::change_purpose(Request& request) const {
  const identity::Principal& who = identity::principal_of(request);
  const std::string chosen(request.form("purpose").value_or(""));
  const auto own = purposes_of(*p_.identity.policy(), who);
  const bool none = chosen == "-";
  if (!none && std::find(own.begin(), own.end(), chosen) == own.end()) return http::problem(Error(ErrorCode::invalid_input, "no purpose of your roles", "purpose"), request);
  Response r = http::see_other("/staff/purpose?done=1");
  constexpr std::int64_t kWorkday = 12 * 3600;   // seconds: as long as a session
  r.cookie(identity::purpose_cookie(request), none ? "" : chosen, none ? 0 : kWorkday);
  return r;
}

}  // namespace machiya::console
