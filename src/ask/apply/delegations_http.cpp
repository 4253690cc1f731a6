// Who acts for whom, as the two people see it: giving, accepting and taking back a delegation, and filing for somebody else.
#include <algorithm>

#include "ask/apply/apply.h"
#include "ask/apply/procedure_kind.h"
#include "platform/identity/ties.h"

namespace machiya::apply {
namespace {

using pages::Data;

constexpr std::string_view kPath = "/my/delegations";
constexpr int kTerms[] = {30, 183, 365, identity::Ties::kLongestDays};   // days; what the choice offers

int term_of(const http::Request& request) {
  const auto chosen = request.form("days").value_or("");
  for (const int days : kTerms)
    if (std::to_string(days) == chosen) return days;
  return 0;
}

}  // namespace

std::string Apply::procedure_name(const http::Request& request, const std::string& id) const {
  if (id.empty()) return text(request, "delegations.everything");
  auto now = procedure(id);
  return now.ok() ? now->procedure->name.in(request.lang) : id;
}

Data Apply::people_to_file_for(const http::Request& request, const std::string& procedure) const {
  const auto& who = identity::principal_of(request);
  if (who.kind != identity::PrincipalKind::citizen) return {};
  Data options{Data::List{}};
  options.push(Data().set("value", "").set("label", text(request, "delegations.myself")).set("checked", true));
  auto people = p_.store.read([&](store::ReadTx& tx) -> Result<int> {
    MACHIYA_TRY(const auto held, p_.identity.ties().held_by(tx, who.id));
    int found = 0;
    for (const auto& tie : held) {
      identity::Resource theirs;
      theirs.person = tie.person, theirs.procedure = procedure;
      MACHIYA_TRY(const auto may, p_.identity.decide(tx, who, "case.file", theirs));
      if (!may.allowed() || (!tie.procedure.empty() && tie.procedure != procedure)) continue;
      auto email = p_.identity.email_of(tx, tie.person);
      if (!email.ok()) continue;   // erased meanwhile
      options.push(Data().set("value", tie.public_id).set("label", *email));
      ++found;
    }
    return found;
  });
  if (!people.ok() || *people == 0) return {};
  p_.audit.append_later({who.actor(), "delegation.read", who.actor(), "own", request.id, {}});
  return Data().set("options", std::move(options));
}

Result<std::int64_t> Apply::file_for(const http::Request& request, const std::string& procedure) const {
  const auto chosen = request.form("for").value_or("");
  if (chosen.empty()) return std::int64_t{0};
  const auto& who = identity::principal_of(request);
  return p_.store.read([&](store::ReadTx& tx) -> Result<std::int64_t> {
    MACHIYA_TRY(const auto held, p_.identity.ties().held_by(tx, who.kind == identity::PrincipalKind::citizen ? who.id : 0));
    for (const auto& tie : held) {
      if (tie.public_id != chosen) continue;
      identity::Resource theirs;
      theirs.person = tie.person, theirs.procedure = procedure;
      MACHIYA_TRY(const auto may, p_.identity.decide(tx, who, "case.file", theirs));
      if (may.allowed()) return tie.person;
    }
    return Error(ErrorCode::not_found, "no such delegation");
  });
}

Data Apply::delegation_lists(const http::Request& request, const identity::Principal& who) const {
  Data given{Data::List{}}, received{Data::List{}};
  const Instant now = p_.clock.now();
  auto read = p_.store.read([&](store::ReadTx& tx) -> Result<int> {
    MACHIYA_TRY(const auto rows, p_.identity.ties().of(tx, who.id));
    for (const auto& row : rows) {
      const bool mine = row.person == who.id, guardian = row.relation == "guardian";
      const std::int64_t other = mine ? row.agent : row.person;
      auto email = other == 0 ? Result<std::string>(text(request, "delegations.waiting_for")) : p_.identity.email_of(tx, other);
      const std::string name = email.ok() ? *email : text(request, "delegations.gone");
      Data item = Data().set("who", name).set("what", rich(procedure_name(request, row.procedure), request.lang)).set("until", locale::format_date(date_in_japan(row.until), request.lang));
      item.set("state", text(request, row.ended ? "delegations.state.ended" : row.over(now) ? "delegations.state.over" : row.agent == 0 ? "delegations.state.waiting" : guardian ? "delegations.state.guardian" : "delegations.state.active"));
      if (!row.over(now) && !guardian)
        item.set("end", Data().set("action", std::string(kPath) + "/" + row.public_id).set("csrf", who.csrf).set("label", text(request, "delegations.end_of", {{"who", name}})));
      (mine ? given : received).push(std::move(item));
    }
    return static_cast<int>(rows.size());
  });
  Data out;
  if (!read.ok()) return out;
  // The two see each other's addresses.
  if (*read > 0) p_.audit.append_later({who.actor(), "delegation.read", who.actor(), "own", request.id, {}});
  if (!std::get<Data::List>(given.get()).empty()) out.set("given", Data().set("items", std::move(given)));
  if (!std::get<Data::List>(received.get()).empty()) out.set("received", Data().set("items", std::move(received)));
  return out;
}

http::Response Apply::delegations_page(http::Request& request, const GivenForm& form, int status) {
  const auto& who = identity::principal_of(request);
  Data data = page_data(request, text(request, "delegations.title"));
  data.set("nav_cases", true).set("breadcrumbs", Data().set("items", Data(Data::List{Data().set("href", "/my").set("label", text(request, "layout.my_cases"))})));
  Data lists = delegation_lists(request, who);
  for (const char* part : {"given", "received"})
    if (const Data* list = lists.find(part)) data.set(part, *list);
  if (!form.code.empty()) data.set("code", form.code);
  Data procedures{Data::List{}}, terms{Data::List{}};
  const auto city = p_.city();
  for (const auto* loaded : city->all("procedure")) {
    auto now = procedure(loaded->source.id);
    if (!now.ok() || now->procedure->assurance == "none") continue;   // what needs no log-in needs no delegate
    procedures.push(Data().set("value", now->procedure->id).set("label", plain(now->procedure->name.in(request.lang))).set("checked", form.procedure == now->procedure->id));
  }
  procedures.push(Data().set("value", "*").set("label", text(request, "delegations.everything")).set("checked", form.procedure == "*"));
  for (const int days : kTerms)
    terms.push(Data().set("value", std::to_string(days)).set("label", text(request, "delegations.term." + std::to_string(days))).set("checked", form.until == std::to_string(days)));
  const auto field = [&](const char* type, const char* name, const std::string& error) {
    Data out = Data().set("type", type).set("id", name).set("name", name).set("label", text(request, std::string("delegations.") + name)).set("required", true);
    if (!error.empty()) out.set("error", text(request, error));
    return out;
  };
  Data give{Data::List{}};
  give.push(field("select", "procedure", form.procedure.empty() && !form.until_error.empty() ? "delegations.choose_procedure" : "").set("options", std::move(procedures)));
  give.push(field("select", "days", form.until.empty() ? form.until_error : "").set("options", std::move(terms)));
  data.set("give_fields", std::move(give));
  data.set("accept_fields", Data(Data::List{field("text", "code", form.code_error).set("hint", text(request, "delegations.code_hint")).set("value", "").set("max_length", 30)}));
  Data errors{Data::List{}};
  if (!form.until_error.empty() && form.procedure.empty()) errors.push(Data().set("href", "#procedure").set("text", text(request, "delegations.choose_procedure")));
  if (!form.until_error.empty() && form.until.empty()) errors.push(Data().set("href", "#days").set("text", text(request, form.until_error)));
  if (!form.code_error.empty()) errors.push(Data().set("href", "#code").set("text", text(request, form.code_error)));
  if (!std::get<Data::List>(errors.get()).empty()) data.set("errors", Data().set("items", std::move(errors)));
  if (request.query("done")) data.set("flash", Data().set("kind", "success").set("text", text(request, request.query("done") == "accepted" ? "delegations.done.accepted" : "delegations.done.ended")));
  return render("apply/delegations", std::move(data), request, status);
}

http::Response Apply::give_delegation(http::Request& request) {
  const auto& who = identity::principal_of(request);
  const std::string wanted(request.form("procedure").value_or(""));
  const int days = term_of(request);
  const bool known = wanted == "*" || (!wanted.empty() && procedure(wanted).ok());
  GivenForm form;
  form.procedure = known ? wanted : "", form.until = days > 0 ? std::to_string(days) : "";
  if (!known || days == 0) {
    form.until_error = "delegations.choose_days";
    return delegations_page(request, form, 422);
  }
  auto offer = p_.store.write([&](store::Tx& tx) {
    return p_.identity.ties().offer(tx, who, wanted == "*" ? "" : wanted, Instant{p_.clock.now().us + days * kDay}, request.id);
  });
  if (!offer.ok()) return http::problem(offer.error(), request);
  form = {};
  form.code = offer->code;
  return delegations_page(request, form);
}

http::Response Apply::accept_delegation(http::Request& request) {
  auto done = p_.store.write([&](store::Tx& tx) -> Result<int> {
    MACHIYA_CHECK(p_.identity.ties().accept(tx, identity::principal_of(request), request.form("code").value_or(""), request.id));
    return 0;
  });
  if (done.ok()) return http::see_other(std::string(kPath) + "?done=accepted");
  if (done.error().code != ErrorCode::not_found) return http::problem(done.error(), request);
  GivenForm form;
  form.code_error = "delegations.code_wrong";
  return delegations_page(request, form, 422);
}

http::Response Apply::end_delegation(http::Request& request) {
  auto done = p_.store.write([&](store::Tx& tx) -> Result<int> {
    MACHIYA_CHECK(p_.identity.ties().end(tx, identity::principal_of(request), request.param("delegation"), *p_.identity.policy(), request.id));
    return 0;
  });
  if (!done.ok()) return http::problem(done.error(), request);
  return http::see_other(std::string(kPath) + "?done=ended");
}

void Apply::delegation_routes(http::Router& router) {
  http::RouteOptions page;
  page.permission = "person", page.object = "none";
  page.page_kind = "delegations", page.reads_personal_data = true;
  router.get(std::string(kPath), page, [this](http::Request& r) { return delegations_page(r, {}); });
  http::RouteOptions post;
  post.permission = "person", post.object = "none";
  post.rate_per_minute = 60, post.reads_personal_data = true;
  router.post(std::string(kPath), post, [this](http::Request& r) { return give_delegation(r); });
  http::RouteOptions code = post;
  code.rate_per_minute = 10;   // sixty random bits and ten tries a minute
  router.post(std::string(kPath) + "/accept", code, [this](http::Request& r) { return accept_delegation(r); });
  post.reads_personal_data = false;
  router.post(std::string(kPath) + "/{delegation}", post.on("delegation"), [this](http::Request& r) { return end_delegation(r); });
}

}  // namespace machiya::apply
