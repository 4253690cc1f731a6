// /staff/password: one's own password.
#include "console/console.h"
#include "console/page.h"

namespace machiya::console {

using http::Request;
using http::Response;
using pages::Data;

Response Console::password(Request& request, PasswordOutcome outcome) const {
  // By PasswordOutcome: the text, and the field that it belongs to.
  constexpr std::pair<const char*, const char*> kSaid[] = {{"", ""}, {"", "staff_console.password_changed"}, {"password", "staff_console.password_wrong"},
                                                           {"new_password", "staff_console.password_weak"}, {"password", "staff_login.error_locked"}, {"new_password", "staff_console.password_same"}};
  const auto& [at, said] = kSaid[static_cast<std::size_t>(outcome)];
  Data data = frame(request);
  if (identity::principal_of(request).provisional) data.set("first", true);
  if (outcome == PasswordOutcome::changed) data.set("flash", Data().set("kind", "success").set("text", text(request, said)));
  const bool refused = *at != '\0';
  if (refused) {
    data.set(at == std::string_view("password") ? "present_error" : "wanted_error", text(request, said));
    data.set("errors", Data().set("items", [&] { Data items; items.push(Data().set("href", std::string("#") + at).set("text", text(request, said))); return items; }()));
  }
  return render(request, "console/password", "staff_console.password_title", std::move(data), refused ? 422 : 200);
}

Response Console::change_password(Request& request) const {
  const identity::Principal& who = identity::principal_of(request);
  const std::string_view present = request.form("password").value_or(""), wanted = request.form("new_password").value_or("");
  if (!p_.passwords->check(wanted, {who.name}).ok()) return password(request, PasswordOutcome::weak);
  auto done = p_.identity.change_password(who, present, wanted, request.remote);
  if (done.ok()) return who.provisional ? http::see_other("/staff") : password(request, PasswordOutcome::changed);
  if (done.error().code == ErrorCode::rate_limited) return password(request, PasswordOutcome::locked);
  if (done.error().code == ErrorCode::invalid_input) return password(request, done.error().where == "wanted" ? PasswordOutcome::same : PasswordOutcome::wrong);
  return http::problem(done.error(), request);
}

}  // namespace machiya::console
