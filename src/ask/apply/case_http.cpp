// After sending: my applications, one application with its timeline, correction, withdrawal, the decision.
#include <algorithm>

#include "ask/apply/apply.h"
#include "ask/apply/receipt_pdf.h"
#include "ask/interview/answer_types.h"
#include "base/text.h"
#include "platform/identity/emergencies.h"

namespace machiya::apply {
namespace {

using pages::Data;

std::string case_path(std::string_view number, std::string_view rest = {}) { return "/applications/" + std::string(number) + std::string(rest); }

}  // namespace

http::Response Apply::my_page(http::Request& request) {
  const auto& who = identity::principal_of(request);
  auto own = ports_.own_cases(who, request.lang);
  if (!own.ok()) return http::problem(own.error(), request);
  Data data = page_data(request, text(request, "layout.my_cases"));
  data.set("nav_cases", true);
  Data rows{Data::List{}};
  for (const auto& one : *own) {
    Data row;
    row.set("href", case_path(one.number)).set("number", one.number).set("name", one.title).set("state", rich(one.state, request.lang)).set("when", locale::format_date(date_in_japan(one.received), request.lang));
    if (one.due && !one.ended) row.set("due", locale::format_date(date_in_japan(*one.due), request.lang));
    if (one.asked) row.set("asked", true);
    rows.push(std::move(row));
  }
  data.set("cases", std::move(rows)).set("nothing", own->empty());
  if (ports_.represented) {
    auto theirs = ports_.represented(who, request.lang, request.id);
    if (!theirs.ok()) return http::problem(theirs.error(), request);
    Data list{Data::List{}};
    for (const auto& one : *theirs)
      list.push(Data().set("href", case_path(one.number)).set("number", one.number).set("name", one.title).set("state", rich(one.state, request.lang)).set("when", locale::format_date(date_in_japan(one.received), request.lang)));
    if (!theirs->empty()) data.set("represented", Data().set("items", std::move(list)));
  }
  auto drafts = drafts_.of(who);
  if (drafts.ok() && !drafts->empty()) data.set("draft_count", static_cast<int>(drafts->size()));
  return render("apply/my", std::move(data), request);
}

http::Response Apply::case_page(http::Request& request) {
  const auto& who = identity::principal_of(request);
  const std::string number(request.param("number"));
  if (who.kind != identity::PrincipalKind::citizen) {
    // A report without an account has no owner: whoever holds its number reads where it stands, and nothing else.
    auto status = ports_.status ? ports_.status(number, who, false, request.lang) : Result<PublicStatus>(ErrorCode::not_found);
    return status.ok() ? status_page(request, number, *status) : http::see_other("/login?next=" + http::url_encode(case_path(number)));
  }
  auto view = ports_.view_own(number, who, request.id, true);
  if (!view.ok()) {
    auto status = ports_.status ? ports_.status(number, who, false, request.lang) : Result<PublicStatus>(ErrorCode::not_found);
    return status.ok() ? status_page(request, number, *status) : http::problem(view.error(), request);
  }
  return own_case(request, *view);
}

http::Response Apply::status_page(http::Request& request, const std::string& number, const PublicStatus& status) {
  Data data = page_data(request, status.title);
  data.set("number", number).set("state", rich(status.state, request.lang)).set("received", locale::format_time(status.received, request.lang)).set("changed", locale::format_time(status.changed, request.lang));
  return render("apply/status", std::move(data), request);
}

http::Response Apply::own_case(http::Request& request, const cases::CaseView& opened) {
  const cases::CaseView* view = &opened;
  const std::string& number = opened.number;
  auto now = procedure_of_case(*view);
  Data data = page_data(request, now.ok() ? now->procedure->name.in(request.lang) : view->title);
  data.set("nav_cases", true).set("number", number).set("state", rich(ports_.state_text(*view, view->state, request.lang), request.lang)).set("received", locale::format_time(view->received, request.lang));
  data.set("breadcrumbs", Data().set("items", Data(Data::List{Data().set("href", "/my").set("label", text(request, "layout.my_cases"))})));
  if (view->due && !view->ended) data.set("due", locale::format_date(date_in_japan(*view->due), request.lang));
  if (view->fee > 0) data.set("fee_text", locale::format_yen(view->fee, request.lang));
  if (!view->clock_running && !view->ended) data.set("clock_stopped", true);
  if (view->signature) data.set("signature", text(request, "sign.done_at", {{"at", locale::format_time(view->signature->at, request.lang)}}));
  Data timeline{Data::List{}};
  for (std::size_t i = 0; i < view->timeline.size(); ++i) {
    const auto& entry = view->timeline[i];
    Data row;
    row.set("title", rich(ports_.state_text(*view, entry.state, request.lang), request.lang)).set("at", locale::format_time(entry.at, request.lang)).set("at_iso", to_iso_japan(entry.at));
    row.set("by", text(request, starts_with(entry.actor, "staff:") ? "apply.by.staff" : starts_with(entry.actor, "system") ? "apply.by.system" : "apply.by.applicant"));
    if (!entry.reason.empty()) row.set("text", entry.reason);
    row.set("current", i + 1 == view->timeline.size());
    timeline.push(std::move(row));
  }
  data.set("timeline", std::move(timeline));
  if (now.ok()) {
    own_answers(request, opened, *now, data);
    asked_part(request, opened, *now, data);
  }
  auto emergencies = p_.store.read([&](store::ReadTx& tx) { return p_.identity.emergencies().of_object(tx, "case:" + number); });
  if (!emergencies.ok()) return http::problem(emergencies.error(), request);
  Data opened_by{Data::List{}};
  for (const auto& one : *emergencies)
    opened_by.push(Data().set("text", text(request, one.verdict.empty() ? "emergency.waiting" : "emergency." + one.verdict, {{"at", locale::format_time(one.opened, request.lang)}})));
  if (!emergencies->empty()) data.set("emergencies", Data().set("items", std::move(opened_by)));
  if (ports_.may && ports_.may(*view, "withdraw")) data.set("withdraw_href", case_path(number, "/withdraw"));
  if (!view->document.empty()) data.set("document_href", case_path(number, "/document.pdf"));
  return render("apply/case", std::move(data), request);
}

void Apply::own_answers(const http::Request& request, const cases::CaseView& view, const ProcedureNow& now, Data& data) const {
  auto log = interview::Log::from_json(view.log);
  if (!log.ok()) return;
  interview::Situation situation;
  situation.now = view.received;
  situation.lang = request.lang;
  auto state = interview::evaluate(*now.procedure, *log, situation);
  if (!state.ok()) return;
  Data sections{Data::List{}};
  for (auto& [title, rows] : answers_by_page(*state, request.lang)) {
    Data list{Data::List{}};
    for (auto& row : rows) list.push(Data().set("label", rich(row.label, request.lang)).set("value", rich(row.text, request.lang)));
    sections.push(Data().set("title", rich(title, request.lang)).set("rows", std::move(list)));
  }
  data.set("sections", std::move(sections));
}

void Apply::asked_part(const http::Request& request, const cases::CaseView& view, const ProcedureNow& now, Data& data) const {
  if (view.asked.empty()) return;
  Data asked{Data::List{}};
  for (const auto& path : view.asked) {
    const auto* question = now.procedure->question(path);
    if (const auto parts = split(path, '/'); question == nullptr && parts.size() == 3)   // of one item of a repeat
      question = now.procedure->question(std::string(parts[0]) + "/" + std::string(parts[2]));
    asked.push(rich(question != nullptr ? question->label.in(request.lang) : path, request.lang));
  }
  Data correction = Data().set("action", case_path(view.number, "/correction")).set("fields", std::move(asked));
  for (auto entry = view.timeline.rbegin(); entry != view.timeline.rend(); ++entry) {
    if (entry->fields.empty()) continue;
    if (!entry->reason.empty()) correction.set("reason", entry->reason);
    break;
  }
  data.set("correction", std::move(correction));
}

http::Response Apply::withdraw_page(http::Request& request) {
  const std::string number(request.param("number"));
  auto view = ports_.view_own(number, identity::principal_of(request), request.id, false);
  if (!view.ok()) return http::problem(view.error(), request);
  if (!ports_.may || !ports_.may(*view, "withdraw")) return http::see_other(case_path(number));
  Data data = page_data(request, text(request, "apply.withdraw"));
  data.set("number", number).set("name", view->title).set("action", case_path(number, "/withdraw")).set("back", case_path(number));
  return render("apply/withdraw", std::move(data), request);
}

http::Response Apply::withdraw(http::Request& request) {
  const std::string number(request.param("number"));
  cases::Act act;
  act.request = request.id;
  auto view = ports_.withdraw(number, act, identity::principal_of(request));
  if (!view.ok()) {
    // Pressed twice: it is withdrawn already, and the page says so.
    if (view.error().code == ErrorCode::conflict) return http::see_other(case_path(number));
    return http::problem(view.error(), request);
  }
  return http::see_other(case_path(number));
}

http::Response Apply::begin_correction(http::Request& request) {
  const std::string number(request.param("number"));
  const auto& who = identity::principal_of(request);
  auto view = ports_.view_own(number, who, request.id, true);
  if (!view.ok()) return http::problem(view.error(), request);
  if (view->asked.empty()) return http::see_other(case_path(number));
  if (auto begun = drafts_.correction_of(number, who); begun.ok() && *begun && (*begun)->asked == view->asked) return http::see_other(draft_path(**begun));
  auto now = procedure_of_case(*view);
  if (!now.ok()) return http::problem(now.error(), request);
  auto log = interview::Log::from_json(view->log);
  if (!log.ok()) return http::problem(log.error(), request);
  auto draft = drafts_.create_correction(*now, who, number, view->asked, std::move(*log), view->applicant);
  if (!draft.ok()) return http::problem(draft.error(), request);
  // Pages with asked questions are to be seen again.
  auto situation = this->situation(request, &*draft);
  auto state = interview::evaluate(*now->procedure, draft->log, situation);
  if (!state.ok()) return http::problem(state.error(), request);
  auto saved = drafts_.append(draft->public_id, [&](const Draft&) {
    std::vector<interview::Answer> marks;
    for (const auto& page : state->pages) marks.push_back({drafts_.new_id(), drafts_.now(), "applicant", "_page/" + page.key, false});
    return marks;
  });
  if (!saved.ok()) return http::problem(saved.error(), request);
  return http::see_other(draft_path(*saved));
}

http::Response Apply::case_document(http::Request& request) {
  const std::string number(request.param("number"));
  auto document = ports_.document(number, identity::principal_of(request), request.id);
  if (!document.ok()) return http::problem(document.error(), request);
  LetterSheet sheet{document->lang, p_.city()->name().in(document->lang), document->title, number, locale::format_date(date_in_japan(document->issued), document->lang), document->text,
                    to_iso_japan(document->issued)};
  auto pdf = make_letter_pdf(sheet);
  if (!pdf.ok()) return http::problem(pdf.error(), request);
  auto response = http::text(std::move(*pdf), "application/pdf");
  response.header("Content-Disposition", "attachment; filename=\"decision-" + number + ".pdf\"").header("Cache-Control", "private, no-store");
  return response;
}

void Apply::case_routes(http::Router& router) {
  http::RouteOptions own;
  own.permission = "person", own.object = "none";
  own.page_kind = "my-applications";
  router.get("/my", own, [this](http::Request& r) { return my_page(r); });
  own.page_kind = "my-access";
  own.reads_personal_data = true;
  router.get("/my/access", own, [this](http::Request& r) { return access_page(r); });
  http::RouteOptions moved;
  moved.permission = "public", moved.object = "none";
  router.get("/cases", moved, [](http::Request&) { return http::see_other("/my"); });
  http::RouteOptions one;
  one.permission = "public";   // the owner sees everything, the holder of an ownerless number its state, all others the log-in
  one.object = "own-case", one.action = "case.read|case.status";
  one.page_kind = "application";
  one.reads_personal_data = true;
  router.get("/applications/{number}", one, [this](http::Request& r) { return case_page(r); });
  http::RouteOptions act;
  act.permission = "person";
  act.reads_personal_data = true;
  router.post("/applications/{number}/correction", act.on("own-case", "case.correct"), [this](http::Request& r) { return begin_correction(r); });
  router.post("/applications/{number}/withdraw", act.on("own-case", "case.withdraw"), [this](http::Request& r) { return withdraw(r); });
  http::RouteOptions ask = act;
  ask.page_kind = "withdraw";
  router.get("/applications/{number}/withdraw", ask.on("own-case", "case.read"), [this](http::Request& r) { return withdraw_page(r); });
  router.get("/applications/{number}/document.pdf", act.on("decided-case", "case.document"), [this](http::Request& r) { return case_document(r); });
}

}  // namespace machiya::apply
