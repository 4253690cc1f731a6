// The list of procedures, one procedure, and its start.
#include "ask/apply/apply.h"
#include "ask/apply/procedure_kind.h"
#include "base/text.h"

namespace machiya::apply {
namespace {

using pages::Data;

bool matches(const interview::Procedure& procedure, const std::string& wanted) {
  if (wanted.empty()) return true;
  std::string all;
  for (const auto* texts : {&procedure.name, &procedure.summary})
    for (const auto& [lang, text] : texts->all()) all += text + "\n";
  const std::string folded = fold_for_search(all);
  for (auto word : split(wanted, ' '))
    if (!word.empty() && folded.find(fold_for_search(word)) == std::string::npos) return false;
  return true;
}

std::string field_of(const city::City& city, int initiative) {
  for (const auto& room : city.rooms())
    if (room.number == initiative) return room.field;
  return {};
}

Data field_options(const city::City& city, const std::string& chosen, const std::string& lang) {
  Data options{Data::List{}};
  std::vector<std::string> seen;
  for (const auto& room : city.rooms()) {
    if (std::find(seen.begin(), seen.end(), room.field) != seen.end()) continue;
    bool used = false;
    for (const auto* loaded : city.all("procedure")) used = used || field_of(city, loaded->source.initiative) == room.field;
    seen.push_back(room.field);
    if (used) options.push(Data().set("value", room.field).set("label", room.field_name.in(lang)).set("checked", chosen == room.field));
  }
  return options;
}

std::string target_text(const std::string& target) {
  if (target.size() > 2 && target[0] == 'P' && target.back() == 'D') return target.substr(1, target.size() - 2);
  return {};
}

}  // namespace

http::Response Apply::procedures_page(http::Request& request) {
  const auto city = p_.city();
  const std::string wanted = fold_width(std::string(request.query("q").value_or("")).substr(0, 200)), field(request.query("field").value_or(""));
  Data list{Data::List{}};
  int count = 0;
  for (const auto* loaded : city->all("procedure")) {
    auto now = procedure(loaded->source.id);
    if (!now.ok() || !matches(*now->procedure, wanted)) continue;
    if (!field.empty() && field_of(*city, loaded->source.initiative) != field) continue;
    const auto& p = *now->procedure;
    Data row;
    row.set("href", "/procedures/" + p.id).set("name", rich(p.name.in(request.lang), request.lang)).set("kind", text(request, "apply.kind." + p.kind));
    if (!p.summary.empty()) row.set("summary", rich(p.summary.in(request.lang), request.lang));
    list.push(std::move(row));
    ++count;
  }
  Data data = page_data(request, text(request, "apply.procedures"));
  data.set("nav_procedures", true).set("procedures", std::move(list)).set("count", count);
  Data selects{Data::List{}};
  selects.push(Data().set("name", "field").set("label", text(request, "apply.field")).set("options", field_options(*city, field, request.lang)));
  data.set("filters", Data().set("action", "/procedures").set("selects", std::move(selects)).set("search", Data().set("name", "q").set("label", text(request, "apply.search")).set("value", wanted)));
  if (count == 0) data.set("nothing", true);
  return render("apply/procedures", std::move(data), request);
}

http::Response Apply::procedure_page(http::Request& request) {
  auto now = procedure(request.param("id"));
  if (!now.ok()) return http::problem(now.error(), request);
  const auto& p = *now->procedure;
  Data data = page_data(request, p.name.in(request.lang));
  data.set("nav_procedures", true).set("action", "/procedures/" + p.id + "/start").set("kind", text(request, "apply.kind." + p.kind));
  data.set("breadcrumbs", Data().set("items", Data(Data::List{Data().set("href", "/procedures").set("label", text(request, "apply.procedures"))})));
  if (!p.summary.empty()) data.set("summary", rich(p.summary.in(request.lang), request.lang));
  if (!p.law.empty()) data.set("law", rich(p.law.in(request.lang), request.lang));
  if (!p.fee_note.empty()) data.set("fee_note", rich(p.fee_note.in(request.lang), request.lang));
  if (!target_text(p.target).empty()) data.set("target", text(request, "apply.target_days", {{"days", target_text(p.target)}}));
  const auto city = p_.city();
  if (const auto* department = city->department(p.owner)) data.set("owner", rich(department->name.in(request.lang), request.lang));
  Data attach{Data::List{}};
  for (const auto& item : p.attach) attach.push(rich(item.in(request.lang), request.lang));
  if (!p.attach.empty()) data.set("attach", Data().set("items", std::move(attach)));
  data.set("assurance", text(request, "apply.assurance." + p.assurance));
  if (p.signing != interview::Signing::none) data.set("signature", text(request, p.signing == interview::Signing::required ? "sign.required" : "sign.asked"));
  auto own = drafts_.of(identity::principal_of(request));
  Data open{Data::List{}};
  if (own.ok())
    for (const auto& draft : *own)
      if (draft.procedure == p.id && draft.case_number.empty()) open.push(Data().set("href", draft_path(draft)).set("when", locale::format_time(draft.changed, request.lang)));
  if (own.ok() && !std::get<Data::List>(open.get()).empty()) data.set("open", Data().set("items", std::move(open)));
  if (Data people = people_to_file_for(request, p.id); people.find("options")) data.set("people", std::move(people));
  Data buttons{Data::List{}};
  buttons.push(Data().set("value", "next").set("label", text(request, "form.start")).set("primary", true));
  data.set("buttons", std::move(buttons));
  return render("apply/procedure", std::move(data), request);
}

http::Response Apply::start(http::Request& request) {
  auto now = procedure(request.param("id"));
  if (!now.ok()) return http::problem(now.error(), request);
  const auto& who = identity::principal_of(request);
  const bool needs = now->procedure->assurance != "none" && now->procedure->ask_login == "start";
  if (needs && who.kind != identity::PrincipalKind::citizen) return http::see_other("/login?next=" + http::url_encode("/procedures/" + now->procedure->id));
  auto on_behalf = file_for(request, now->procedure->id);
  if (!on_behalf.ok()) return http::problem(on_behalf.error(), request);
  auto draft = drafts_.create(*now, who, *on_behalf);
  if (!draft.ok()) return http::problem(draft.error(), request);
  auto state = interview::evaluate(*now->procedure, draft->log, situation(request, &*draft));
  if (!state.ok()) return http::problem(state.error(), request);
  return http::see_other(draft_path(*draft, state->pages.empty() ? "check" : state->pages.front().key));
}

void Apply::page_routes(http::Router& router) {
  http::RouteOptions list;
  list.permission = "public", list.object = "none";
  list.page_kind = "procedures";
  router.get("/procedures", list, [this](http::Request& r) { return procedures_page(r); });
  http::RouteOptions one = list;
  one.page_kind = "procedure";
  one.sample = "/procedures/dog-registration", one.reads_personal_data = true;   // of the people somebody acts for
  router.get("/procedures/{id}", one, [this](http::Request& r) { return procedure_page(r); });
  http::RouteOptions start;
  start.permission = "public", start.object = "none";
  start.rate_per_minute = 120;
  router.post("/procedures/{id}/start", start, [this](http::Request& r) { return this->start(r); });
}

}  // namespace machiya::apply
