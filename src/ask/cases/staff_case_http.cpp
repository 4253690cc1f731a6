// One case for staff: answers, evidence, history, what can be done now, and doing it.
#include <algorithm>

#include "ask/cases/case_page.h"
#include "ask/cases/document_pdf.h"
#include "ask/cases/web.h"
#include "base/text.h"
#include "platform/identity/identity.h"

namespace machiya::cases::detail {
namespace {

using http::Request;
using http::Response;
using pages::Data;

constexpr const char* kSample = "/staff/cases/{sample-case}";

std::int64_t revision_of(const Request& r) {
  const std::string text(r.form("revision").value_or(""));
  return text.empty() ? -1 : std::atoll(text.c_str());
}

Data facts_of(const Web& web, const CaseView& v, const std::string& lang) {
  auto t = [&](std::string_view key) { return web.texts.text(lang, key); };
  Data rows;
  auto add = [&](std::string_view key, std::string value) {
    if (!value.empty()) rows.push(Data().set("label", t(key)).set("value", std::move(value)));
  };
  add("staff_cases.received", date_time_text(v.received, lang));
  if (v.due) add("staff_cases.due", locale::format_date(add_days(date_in_japan(*v.due), -1), lang));
  if (v.days_left)
    add("staff_cases.clock", web.texts.text(lang, !v.clock_running ? "staff_cases.clock_stopped" : *v.days_left < 0 ? "staff_cases.clock_late" : "staff_cases.clock_left",
                                            {{"days", std::to_string(std::abs(*v.days_left))}}));
  add("staff_cases.department", department_name(web, v.department, lang));
  add("staff_cases.assignee", v.assignee.empty() ? t("staff_cases.unassigned") : v.assignee);
  add("staff_cases.channel", web.texts.text(lang, "staff_cases.channel." + v.channel));
  if (v.fee > 0) add("staff_cases.fee", locale::format_yen(v.fee, lang));
  add("staff_cases.version", std::to_string(v.version));
  if (v.ended) add("staff_cases.ended", date_time_text(*v.ended, lang));
  return rows;
}

Data action_links(const Web& web, const CaseView& v, const identity::Principal& who, const std::string& lang) {
  Data out = Data(Data::List{});
  for (const Choice& c : web.cases.choices(v, who)) {
    if (!c.allowed) continue;
    out.push(Data().set("href", "/staff/cases/" + v.number + "/actions/" + c.action->id).set("label", c.action->name.in(lang)));
  }
  return out;
}

bool has_items(const Data& d) {
  const auto* list = std::get_if<Data::List>(&d.get());
  return list && !list->empty();
}

Data people(const Web& web, const CaseView& v, const std::string& lang) {
  Data options = Data(Data::List{});
  options.push(Data().set("value", "-").set("label", web.texts.text(lang, "staff_cases.unassigned")).set("checked", v.assignee.empty()));
  auto staff = web.cases.platform().store.read([&](store::ReadTx& tx) { return web.cases.platform().identity.staff(tx); });
  if (staff.ok())
    for (const auto& member : *staff)
      if (member.active && member.department == v.department)
        options.push(Data().set("value", member.name).set("label", member.display.empty() ? member.name : member.display).set("checked", v.assignee == member.name));
  return options;
}

void set_proposal(const Web& web, const CaseView& v, const identity::Principal& who, const std::string& lang, Data& data) {
  if (v.proposal.empty()) return;
  Data p = Data().set("action", action_name(web, v, v.proposal, lang));
  const bool own = v.proposed_by == who.actor();
  for (auto e = v.timeline.rbegin(); e != v.timeline.rend(); ++e)
    if (e->action == "propose:" + v.proposal) {
      p.set("by", e->actor_name).set("reason", e->reason).set("note", e->note);
      break;
    }
  if (web.cases.may(who, "case.approve", v.department)) p.set(own ? "own" : "may_confirm", true);
  data.set("proposal", std::move(p));
}

Response show(const Web& web, Request& request, const CaseView& v, std::string_view flash_key, std::string_view kind, int status) {
  const std::string lang = staff_language(request);
  const identity::Principal& who = identity::principal_of(request);
  Data data = staff_page(web, request, "staff_cases.case");
  const State* state = v.rules->workflow->state(v.state);
  const std::string title = v.rules->procedure->name.in(lang);
  const bool late = v.clock_running && v.days_left && *v.days_left < 0;
  data.set("title", title + " " + v.number).set("heading", title).set("number", v.number).set("revision", v.revision);
  data.set("tag", tag_of(state, late, state ? state->name.in(lang) : v.state));
  data.set("rows", facts_of(web, v, lang)).set("sections", answer_sections(v, lang, web.texts.text(lang, "staff_cases.calculated")));
  data.set("timeline", history(web, v, lang));
  if (const std::string until = emergency_until(web, request, v, lang); !until.empty()) data.set("emergency", web.texts.text(lang, "staff_emergency.banner", {{"until", until}}));
  Data files = evidence(v, lang);
  if (files.find("any")) data.set("evidence", std::move(files));
  Data actions = action_links(web, v, who, lang);
  if (has_items(actions)) data.set("actions", std::move(actions)).set("has_actions", true);
  set_proposal(web, v, who, lang, data);
  if (web.cases.may(who, "case.note", v.department)) data.set("may_note", true);
  if (web.cases.may(who, "case.assign", v.department)) data.set("assign", Data().set("options", people(web, v, lang)));
  if (!v.asked.empty()) {
    Data asked;
    for (const std::string& f : v.asked) asked.push(Data().set("label", field_label(v, f, lang)));
    data.set("asked", Data().set("items", std::move(asked)));
  }
  if (v.signature) data.set("signature", signature_part(web, v, lang));
  if (!v.document.empty()) data.set("document", "/staff/cases/" + v.number + "/document.pdf");
  if (v.publicity != records::Publicity::closed) data.set("public_report", "/staff/reports/" + v.number);
  if (!flash_key.empty()) flash(data, kind, web.texts.text(lang, flash_key));
  return render(web, request, "cases/show", std::move(data), lang, status);
}

/// After a failed act: the case's page again with the reason on top.
Response failed(const Web& web, Request& request, const Error& error) {
  const std::string number(request.param("number"));
  if (error.code == ErrorCode::not_found || error.code == ErrorCode::gone) return http::problem(error, request);
  auto view = web.cases.view_staff(number, identity::principal_of(request), request.id);
  if (!view.ok()) return http::problem(view.error(), request);
  return show(web, request, *view, "staff_cases.problem." + std::string(error.info().name), "error", error.info().http_status);
}

Response get_case(const Web& web, Request& request) {
  auto view = web.cases.view_staff(request.param("number"), identity::principal_of(request), request.id);
  if (!view.ok()) return case_refused(web, request, view.error());
  const auto done = request.query("done");
  const bool known = done && (*done == "act" || *done == "proposed" || *done == "note" || *done == "assign" || *done == "returned");
  return show(web, request, *view, known ? "staff_cases.done." + std::string(*done) : "", "success", 200);
}

Act act_of(const Request& request) {
  Act act;
  act.action = std::string(request.param("action"));
  act.note = std::string(trim(request.form("note").value_or("")));
  act.reason = std::string(trim(request.form("reason").value_or("")));
  act.revision = revision_of(request);
  act.request = request.id;
  for (const auto& [name, value] : request.form_pairs)
    if (name == "fields" && act.fields.size() < 200) act.fields.push_back(value);
  return act;
}

Data field_options(const CaseView& v, const Act& act, const std::string& lang) {
  Data options;
  int n = 0;
  for (const PageInfo& page : v.rules->procedure->pages) {
    const std::vector<std::string> names = page.repeat.empty() ? page.fields : std::vector<std::string>{page.repeat};
    for (const std::string& name : names) {
      const bool checked = std::find(act.fields.begin(), act.fields.end(), name) != act.fields.end();
      options.push(Data().set("id", n == 0 ? std::string("fields") : "fields-" + std::to_string(n)).set("value", name)
                       .set("label", page.title.in(lang) + ": " + field_label(v, name, lang)).set("checked", checked));
      ++n;
    }
  }
  return options;
}

Response action_form(const Web& web, Request& request, const CaseView& v, const Action& action, const Act& act, const Error* error) {
  const std::string lang = staff_language(request);
  auto t = [&](std::string_view key) { return web.texts.text(lang, key); };
  Data data = staff_page(web, request, "staff_cases.case");
  data.set("title", action.name.in(lang) + " " + v.number).set("heading", action.name.in(lang)).set("number", v.number);
  data.set("revision", v.revision).set("procedure", v.rules->procedure->name.in(lang));
  const State* to = v.rules->workflow->state(action.to);
  data.set("to", to ? to->name.in(lang) : action.to);
  if (action.four_eyes) data.set("four_eyes", true);
  if (to && !to->end.empty()) data.set("ends", true);
  Data fields = Data(Data::List{});
  auto add = [&](const char* type, const char* name, bool required, std::string value) {
    Data f = Data().set("type", type).set("id", name).set("name", name).set("label", t(std::string("staff_cases.") + name));
    f.set("hint", t(std::string("staff_cases.") + name + "_hint")).set("required", required).set("value", std::move(value)).set("max_length", 4000);
    if (error && error->where == name) f.set("error", t(std::string("staff_cases.needs_") + name));
    if (std::string_view(name) == "fields") f.set("options", field_options(v, act, lang));
    fields.push(std::move(f));
  };
  if (action.needs_fields) add("choices", "fields", true, "");
  const bool tells = action.needs_reason || (to && (to->opens_correction || !to->end.empty()));
  if (tells) add("long-text", "reason", action.needs_reason, act.reason);
  add("long-text", "note", action.needs_note, act.note);
  data.set("fields", std::move(fields));
  if (error && !error->where.empty()) {
    Data items;
    items.push(Data().set("href", "#" + error->where).set("text", t("staff_cases.needs_" + error->where)));
    data.set("errors", Data().set("items", std::move(items)));
  }
  data.set("buttons", Data(Data::List{Data().set("value", "next").set("label", action.four_eyes ? t("staff_cases.propose") : action.name.in(lang)).set("primary", true),
                                      Data().set("value", "back").set("label", t("staff_cases.cancel")).set("skip_check", true)}));
  return render(web, request, "cases/action", std::move(data), lang, error ? error->info().http_status : 200);
}

Response get_action(const Web& web, Request& request) {
  auto view = web.cases.view_staff(request.param("number"), identity::principal_of(request), request.id);
  if (!view.ok()) return http::problem(view.error(), request);
  for (const Choice& c : web.cases.choices(*view, identity::principal_of(request)))
    if (c.allowed && c.action->id == request.param("action")) return action_form(web, request, *view, *c.action, {}, nullptr);
  return failed(web, request, Error(ErrorCode::conflict));
}

Response post_action(const Web& web, Request& request) {
  const std::string number(request.param("number"));
  if (request.form("action") == "back") return http::see_other("/staff/cases/" + number);
  const Act act = act_of(request);
  const identity::Principal& who = identity::principal_of(request);
  auto view = web.cases.act(number, act, who);
  if (view.ok()) return http::see_other("/staff/cases/" + number + (view->proposal.empty() ? "?done=act" : "?done=proposed"));
  if (view.error().code == ErrorCode::invalid_input && !view.error().where.empty()) {
    auto shown = web.cases.view_staff(number, who, request.id);
    const Action* action = shown.ok() ? shown->rules->workflow->action(act.action) : nullptr;
    if (action) return action_form(web, request, *shown, *action, act, &view.error());
  }
  return failed(web, request, view.error());
}

Response post_proposal(const Web& web, Request& request) {
  const Act act = act_of(request);
  const bool approve = request.form("action") == "confirm";
  if (!approve && request.form("action") != "return") return http::problem(Error(ErrorCode::malformed_request, "action"), request);
  auto view = web.cases.confirm(request.param("number"), approve, act, identity::principal_of(request));
  if (!view.ok()) return failed(web, request, view.error());
  return http::see_other("/staff/cases/" + view->number + (approve ? "?done=act" : "?done=returned"));
}

Response post_note(const Web& web, Request& request) {
  auto view = web.cases.note(request.param("number"), act_of(request), identity::principal_of(request));
  if (!view.ok()) return failed(web, request, view.error());
  return http::see_other("/staff/cases/" + view->number + "?done=note");
}

Response post_assign(const Web& web, Request& request) {
  std::string to(request.form("assignee").value_or(""));
  if (to == "-") to.clear();
  if (request.form("action") == "take") to = identity::principal_of(request).name;
  auto view = web.cases.assign(request.param("number"), to, act_of(request), identity::principal_of(request));
  if (!view.ok()) return failed(web, request, view.error());
  return http::see_other("/staff/cases/" + view->number + "?done=assign");
}

Response get_file(const Web& web, Request& request) {
  auto view = web.cases.view_staff(request.param("number"), identity::principal_of(request), request.id);
  if (!view.ok()) return http::problem(view.error(), request);
  const std::string blob(request.param("blob"));
  if (std::find(view->blobs.begin(), view->blobs.end(), blob) == view->blobs.end()) return http::problem(Error(ErrorCode::not_found), request);
  auto found = web.file(blob, request.query("size") == "thumb" ? "thumb" : "");
  if (!found.ok()) return http::problem(found.error(), request);
  Response r = http::text(std::move(found->content), found->type);
  r.header("Content-Disposition", found->type == "application/pdf" ? "attachment" : "inline");
  r.header("Cache-Control", "private, no-store");
  return r;
}

Response get_document(const Web& web, Request& request) {
  auto document = web.cases.document(request.param("number"), identity::principal_of(request), request.id);
  if (!document.ok()) return http::problem(document.error(), request);
  auto pdf = document_pdf({document->title, document->text, document->number, document->issued});
  if (!pdf.ok()) return http::problem(pdf.error(), request);
  Response r = http::text(std::move(*pdf), "application/pdf");
  r.header("Content-Disposition", "inline; filename=\"" + document->number + ".pdf\"").header("Cache-Control", "private, no-store");
  return r;
}

http::RouteOptions case_route(std::string permission, std::string page_kind, std::string sample) {
  http::RouteOptions o = staff_route(permission, std::move(page_kind), std::move(sample)).on("case", permission);
  o.reads_personal_data = true;
  return o;
}

}  // namespace

void add_case_routes(http::Router& router, const Web& web) {
  const std::string one = "/staff/cases/{number}";
  router.get(one, case_route("case.read", "staff-case", kSample), [web](Request& r) { return get_case(web, r); });
  router.get(one + "/actions/{action}", case_route("case.read", "staff-action", std::string(kSample) + "/actions/{sample-action}"),
             [web](Request& r) { return get_action(web, r); });
  router.post(one + "/actions/{action}", case_route("case.read", "", "").on("case", "workflow"), [web](Request& r) { return post_action(web, r); });
  router.post(one + "/proposal", case_route("case.approve", "", ""), [web](Request& r) { return post_proposal(web, r); });
  router.post(one + "/notes", case_route("case.note", "", ""), [web](Request& r) { return post_note(web, r); });
  router.post(one + "/assignee", case_route("case.assign", "", ""), [web](Request& r) { return post_assign(web, r); });
  router.get(one + "/files/{blob}", case_route("case.read", "", "").on("case-file", "case.read"), [web](Request& r) { return get_file(web, r); });
  add_signature_routes(router, web);
  router.get(one + "/document.pdf", case_route("case.read", "", "").on("decided-case", "case.read"), [web](Request& r) { return get_document(web, r); });
}

}  // namespace machiya::cases::detail
