// Check your answers, send, receipt.
#include <algorithm>

#include "ask/apply/apply.h"
#include "ask/apply/qr.h"
#include "ask/apply/receipt_pdf.h"
#include "ask/interview/answer_types.h"
#include "base/text.h"

namespace machiya::apply {

using pages::Data;

std::vector<std::pair<std::string, std::vector<ShownAnswer>>> Apply::answers_by_page(const interview::State& state, std::string_view lang) const {
  std::vector<std::pair<std::string, std::vector<ShownAnswer>>> out;
  for (const auto& page : state.pages) {
    std::string title = page.page->title.in(lang);
    if (page.item_count > 1) title += " " + std::to_string(page.item_number);
    std::vector<ShownAnswer> rows;
    for (const auto& now : page.questions) {
      if (!now.question->asks()) continue;
      rows.push_back({now.field, now.question->label.in(lang), now.value.is_null() ? std::string() : interview::display(*now.question, now.value, lang), now.source});
    }
    if (!rows.empty()) out.emplace_back(std::move(title), std::move(rows));
  }
  return out;
}

http::Response Apply::check_page(http::Request& request) {
  auto found = open(request);
  if (!found.ok()) return refuse(found.error(), request);
  Opened& opened = *found;
  if (opened.draft.sent()) return http::see_other(draft_path(opened.draft, "receipt"));
  const auto& state = opened.state;
  if (!state.next.empty() || state.stop) return http::see_other(draft_path(opened.draft, state.stop ? state.stop->page : state.next));
  const auto& procedure = *opened.now.procedure;
  Data data = page_data(request, text(request, "form.check_title"));
  data.set("procedure", rich(procedure.name.in(request.lang), request.lang)).set("action", draft_path(opened.draft, "check"));
  Data sections{Data::List{}};
  for (const auto& page : state.pages) {
    Data rows{Data::List{}};
    for (const auto& now : page.questions) {
      if (!now.question->asks()) continue;
      Data row;
      row.set("label", rich(now.question->label.in(request.lang), request.lang)).set("change_href", draft_path(opened.draft, page.key) + "?return=check#f-" + now.question->name);
      if (!now.value.is_null()) row.set("value", rich(interview::display(*now.question, now.value, request.lang), request.lang));
      if (!now.source.empty()) row.set("source", text(request, "apply.source." + now.source));
      rows.push(std::move(row));
    }
    if (std::get<Data::List>(rows.get()).empty()) continue;
    sections.push(Data().set("title", rich(page.page->title.in(request.lang) + (page.item_count > 1 ? " " + std::to_string(page.item_number) : ""), request.lang)).set("rows", std::move(rows)));
  }
  Data shown{Data::List{}};
  for (const auto& value : state.calculated)
    if (value.show && !value.value.is_null()) shown.push(Data().set("label", rich(value.label, request.lang)).set("value", interview::scalar_text(value.value)));
  if (!std::get<Data::List>(shown.get()).empty()) sections.push(Data().set("title", text(request, "apply.calculated")).set("rows", std::move(shown)));
  data.set("sections", std::move(sections));
  if (procedure.fee && state.fee) {
    Data fee = Data().set("amount", locale::format_yen(*state.fee, request.lang));
    if (!procedure.fee_note.empty()) fee.set("note", rich(procedure.fee_note.in(request.lang), request.lang));
    data.set("fee", std::move(fee));
  }
  const auto& who = identity::principal_of(request);
  if (procedure.assurance != "none" && who.kind != identity::PrincipalKind::citizen) data.set("login_note", true);
  if (request.query("verify")) data.set("flash", Data().set("kind", "warning").set("text", text(request, "apply.needs_verified")));
  if (!state.errors.empty()) data.set("flash", Data().set("kind", "error").set("text", rich(state.errors.front().message, request.lang)));
  Data buttons{Data::List{}};
  if (procedure.signing != interview::Signing::none) {
    buttons.push(Data().set("value", "sign").set("label", text(request, "sign.go")).set("primary", true));
    data.set("sign_note", text(request, procedure.signing == interview::Signing::required ? "sign.required" : "sign.asked"));
  }
  if (procedure.signing == interview::Signing::asked) buttons.push(Data().set("value", "send-unsigned").set("label", text(request, "sign.send_unsigned")));
  if (procedure.signing == interview::Signing::none) buttons.push(Data().set("value", "send").set("label", text(request, "form.send")).set("primary", true));
  buttons.push(Data().set("value", "back").set("label", text(request, "form.back")).set("skip_check", true));
  buttons.push(Data().set("value", "save").set("label", text(request, "form.save")).set("skip_check", true));
  data.set("buttons", std::move(buttons));
  return render("apply/check", std::move(data), request);
}

http::Response Apply::send(http::Request& request) {
  auto opened = open(request);
  if (!opened.ok()) return refuse(opened.error(), request);
  // Whoever only adds to it (the log-in ended) sends nothing in the person's name.
  const auto may = access(opened->draft, identity::principal_of(request));
  if (!may.ok()) return refuse(may.error(), request);
  if (*may != Access::full) return refuse(Error(ErrorCode::unauthenticated, "log in to send it"), request);
  if (opened->draft.sent()) return http::see_other(draft_path(opened->draft, "receipt"));
  const auto action = request.form("action").value_or("send");
  if (action == "save") return http::see_other("/drafts?saved=1");
  if (action == "back" && !opened->state.pages.empty()) return http::see_other(draft_path(opened->draft, opened->state.pages.back().key));
  if (action == "sign") return http::see_other(draft_path(opened->draft, "sign"));
  return send_opened(request, *opened, action == "send-unsigned");
}

namespace {

/// What people search by, out of the answers of a page.
void search_terms(const interview::PageState& page, cases::Submission& out) {
  auto add = [&](const char* field, std::string text) {
    if (!trim(text).empty()) out.search.emplace_back(field, std::move(text));
  };
  for (const auto& now : page.questions) {
    const auto& v = now.value;
    switch (now.question->type) {
      case interview::AnswerType::name:
        add("name", v.text("family") + " " + v.text("given"));
        add("kana", v.text("family_kana") + " " + v.text("given_kana"));
        break;
      case interview::AnswerType::organisation:
        add("name", v.text("name"));
        add("kana", v.text("name_kana"));
        break;
      case interview::AnswerType::address: add("address", v.text("prefecture") + v.text("city") + v.text("town") + v.text("street") + v.text("building")); break;
      case interview::AnswerType::place:
        add("address", v.text("address"));
        if (!out.lat && v["lat"].is_number()) out.lat = v["lat"].as_double(), out.lon = v["lon"].as_double();
        break;
      case interview::AnswerType::photo:
      case interview::AnswerType::file:
        for (const auto& item : v.items()) out.blobs.push_back(item.text("blob"));
        break;
      default: break;
    }
  }
}

}  // namespace

cases::Submission Apply::submission_of(const ProcedureNow& now, const interview::State& state, const interview::Log& log, const identity::Principal& who) const {
  const auto& p = *now.procedure;
  cases::Submission out;
  out.procedure = p.id;
  out.version = p.version;
  out.initiative = now.initiative;
  out.title = p.name.in("ja");
  out.department = p.owner;
  out.workflow = p.workflow;
  out.values = state.values;
  out.log = log.to_json();
  out.fee = state.fee.value_or(0);
  out.applicant = who;
  for (const auto& page : state.pages) search_terms(page, out);
  if (const auto& category = p.map.text("category"); !category.empty()) out.category = state.values.text(category);
  return out;
}

http::Response Apply::send_opened(http::Request& request, Opened& opened, bool unsigned_too) {
  const auto& who = identity::principal_of(request);
  const auto& procedure = *opened.now.procedure;
  Draft& draft = opened.draft;
  if (!opened.state.complete) return http::see_other(draft_path(draft));
  const std::string back = procedure.check_page || opened.state.pages.empty() ? "check" : opened.state.pages.back().key;
  if (procedure.assurance != "none" && who.kind != identity::PrincipalKind::citizen) return http::see_other("/login?next=" + http::url_encode(draft_path(draft, back)));
  if (procedure.assurance == "verified" && who.assurance != identity::Assurance::verified) return http::see_other(draft_path(draft, "check") + "?verify=1");
  identity::Principal applicant = who;
  if (draft.on_behalf != 0) {
    auto person = p_.store.read([&](store::ReadTx& tx) { return p_.identity.person_by_key(tx, draft.on_behalf); });
    if (!person.ok()) return refuse(person.error(), request);
    applicant = std::move(*person);
    if (procedure.assurance == "verified" && applicant.assurance != identity::Assurance::verified) return http::see_other(draft_path(draft, "check") + "?verify=1");
  }
  auto signature = signature_to_send(opened, unsigned_too);
  if (!signature.ok()) return unsigned_back(request, draft, signature.error());
  // The case keeps every answer, also in a correction: the state is worked out once more without the filter.
  auto all = opened.situation;
  all.only.clear();
  auto state = interview::evaluate(procedure, draft.log, all);
  if (!state.ok()) return refuse(state.error(), request);
  cases::Submission submission = submission_of(opened.now, *state, draft.log, applicant);
  if (draft.on_behalf != 0) submission.agent = who;
  submission.lang = request.lang;
  submission.draft = draft.public_id;
  submission.idempotency_key = "draft:" + draft.public_id;
  submission.request = request.id;
  submission.signature = std::move(*signature);
  std::string number;
  if (draft.case_number.empty()) {
    auto receipt = ports_.submit(submission);
    if (!receipt.ok()) return refuse(receipt.error(), request);
    if (ports_.visited) ports_.visited(opened.now.procedure->id, "sent", static_cast<int>(opened.state.pages.size()) + 1);
    number = receipt->number;
  } else {
    cases::Act act;
    act.request = request.id;
    auto view = ports_.resubmit(draft.case_number, submission, act, who);
    if (!view.ok()) return refuse(view.error(), request);
    number = draft.case_number;
  }
  auto marked = p_.store.write([&](store::Tx& tx) { return drafts_.mark_sent(tx, draft.public_id, number); });
  if (!marked.ok()) return refuse(marked.error(), request);
  return http::see_other(draft_path(draft, "receipt"));
}

http::Response Apply::receipt_page(http::Request& request) {
  auto opened = open(request);
  if (!opened.ok()) return refuse(opened.error(), request);
  const Draft& draft = opened->draft;
  if (!draft.sent()) return http::see_other(draft_path(draft));
  const auto& procedure = *opened->now.procedure;
  Data receipt;
  receipt.set("number", draft.number).set("procedure", rich(procedure.name.in(request.lang), request.lang)).set("at", locale::format_time(draft.changed, request.lang)).set("at_iso", to_iso_japan(draft.changed));
  receipt.set("qr_url", draft_path(draft, "receipt.svg")).set("pdf_url", draft_path(draft, "receipt.pdf"));
  receipt.set("case_url", "/applications/" + draft.number);
  if (!procedure.after.empty()) receipt.set("after", rich(procedure.after.in(request.lang), request.lang));
  Data data = page_data(request, text(request, "receipt.title"));
  data.set("receipt", std::move(receipt));
  return render("apply/receipt", std::move(data), request);
}

http::Response Apply::receipt_svg(http::Request& request) {
  auto opened = open(request);
  if (!opened.ok()) return refuse(opened.error(), request);
  if (!opened->draft.sent()) return refuse(Error(ErrorCode::not_found), request);
  auto svg = qr_svg(p_.base_url + "/applications/" + opened->draft.number);
  if (!svg.ok()) return refuse(svg.error(), request);
  auto response = http::text(std::move(*svg), "image/svg+xml; charset=utf-8");
  response.header("Cache-Control", "private, no-store");
  return response;
}

http::Response Apply::receipt_pdf(http::Request& request) {
  auto found = open(request);
  if (!found.ok()) return refuse(found.error(), request);
  Opened& opened = *found;
  if (!opened.draft.sent()) return refuse(Error(ErrorCode::not_found), request);
  auto situation = opened.situation;
  situation.only.clear();
  situation.now = opened.draft.changed;
  auto state = interview::evaluate(*opened.now.procedure, opened.draft.log, situation);
  if (!state.ok()) return refuse(state.error(), request);
  ReceiptSheet sheet;
  sheet.lang = request.lang;
  sheet.title = text(request, "receipt.title");
  sheet.procedure = plain(opened.now.procedure->name.in(request.lang));
  sheet.number_label = text(request, "receipt.number");
  sheet.number = opened.draft.number;
  sheet.when = text(request, "receipt.when") + " " + locale::format_time(opened.draft.changed, request.lang);
  sheet.created = to_iso_japan(opened.draft.changed);
  sheet.link = p_.base_url + "/applications/" + opened.draft.number;
  sheet.city = p_.city()->name().in(request.lang);
  if (opened.now.procedure->fee && state->fee) sheet.fee = text(request, "form.fee") + ": " + locale::format_yen(*state->fee, request.lang);
  if (!opened.now.procedure->after.empty()) sheet.after = plain(opened.now.procedure->after.in(request.lang));
  for (auto& [title, rows] : answers_by_page(*state, request.lang)) {
    std::vector<std::pair<std::string, std::string>> lines;
    for (auto& row : rows) lines.emplace_back(plain(row.label), row.text.empty() ? text(request, "form.no_answer") : plain(row.text));
    sheet.sections.emplace_back(plain(title), std::move(lines));
  }
  auto pdf = make_receipt_pdf(sheet);
  if (!pdf.ok()) return refuse(pdf.error(), request);
  auto response = http::text(std::move(*pdf), "application/pdf");
  response.header("Content-Disposition", "attachment; filename=\"receipt-" + opened.draft.number + ".pdf\"").header("Cache-Control", "private, no-store");
  return response;
}

}  // namespace machiya::apply
