// The electronic signature of a case for staff: what it says, whose certificate, and verifying it once more from what is kept.
#include "ask/cases/holder_check.h"
#include "ask/cases/signed_document.h"
#include "ask/cases/web.h"
#include "platform/identity/identity.h"

namespace machiya::cases::detail {
namespace {

using http::Request;
using http::Response;
using pages::Data;

std::string path_of(const std::string& number, std::string_view rest = {}) { return "/staff/cases/" + number + "/signature" + std::string(rest); }

Data check(std::string kind, std::string label, std::string text) { return Data().set("kind", std::move(kind)).set("label", std::move(label)).set("text", std::move(text)); }

/// A cause as staff read it; those without a text of their own by their name.
std::string cause_text(const Web& web, const std::string& lang, const std::string& cause) {
  const std::string key = "staff_signature.cause." + cause;
  return web.texts.has("ja", key) ? web.texts.text(lang, key) : web.texts.text(lang, "staff_signature.cause", {{"cause", cause}});
}

Data checks_of(const Web& web, const Cases::SignatureView& it, const std::string& lang) {
  auto t = [&](std::string_view key) { return web.texts.text(lang, key); };
  Data out = Data(Data::List{});
  if (it.accepted.way == signatures::kRehearsal) {
    out.push(check("warning", t("staff_signature.then"), t("staff_signature.rehearsal")));
    return out;
  }
  if (web.judge == nullptr) {
    out.push(check("warning", t("staff_signature.then"), t("staff_signature.no_judge")));
  } else {
    const auto again = web.judge->again(it.accepted);
    out.push(check(again.then.empty() ? "success" : "error", t("staff_signature.then"), again.then.empty() ? t("staff_signature.then_good") : cause_text(web, lang, again.then)));
    out.push(check(again.now.empty() ? "success" : "warning", t("staff_signature.now"), again.now.empty() ? t("staff_signature.now_good") : cause_text(web, lang, again.now)));
  }
  const bool same = check_signed_document(it.accepted.document, it.view.procedure, it.view.values).ok();
  out.push(check(same ? "success" : "error", t("staff_signature.answers"), t(same ? "staff_signature.answers_same" : "staff_signature.answers_other")));
  return out;
}

Response get_signature(const Web& web, Request& request) {
  auto found = web.cases.signature(request.param("number"), identity::principal_of(request), request.id);
  if (!found.ok()) return http::problem(found.error(), request);
  const std::string lang = staff_language(request), number = found->view.number;
  Data data = staff_page(web, request, "staff_signature.title");
  data.set("title", web.texts.text(lang, "staff_signature.title") + " " + number).set("heading", web.texts.text(lang, "staff_signature.title")).set("number", number).set("back", "/staff/cases/" + number);
  data.set("checks", checks_of(web, *found, lang));
  Data part = signature_part(web, found->view, lang);
  part.set("href", "");
  data.set("signature", std::move(part));
  Data parts = Data(Data::List{});
  parts.push(Data().set("href", path_of(number, "/application.json")).set("label", web.texts.text(lang, "staff_signature.document")));
  if (!found->accepted.signature.empty()) {
    parts.push(Data().set("href", path_of(number, found->accepted.way == signatures::kCard ? "/signature.p7s" : "/signature.bin")).set("label", web.texts.text(lang, "staff_signature.value")));
    parts.push(Data().set("href", path_of(number, "/certificate.cer")).set("label", web.texts.text(lang, "staff_signature.certificate")));
  }
  data.set("parts", std::move(parts));
  return render(web, request, "cases/signature", std::move(data), lang);
}

/// What is kept, to be verified with other people's programs.
Response get_part(const Web& web, Request& request) {
  auto found = web.cases.signature(request.param("number"), identity::principal_of(request), request.id);
  if (!found.ok()) return http::problem(found.error(), request);
  const std::string part(request.param("part"));
  const signatures::Accepted& it = found->accepted;
  const std::pair<const char*, const std::string*> known[] = {{"application.json", &it.document}, {it.way == signatures::kCard ? "signature.p7s" : "signature.bin", &it.signature}, {"certificate.cer", &it.certificate}};
  for (const auto& [name, content] : known) {
    if (part != name || content->empty()) continue;
    Response r = http::text(*content, "application/octet-stream");
    r.header("Content-Disposition", "attachment; filename=\"" + found->view.number + "-" + part + "\"").header("Cache-Control", "private, no-store");
    return r;
  }
  return http::problem(Error(ErrorCode::not_found), request);
}

}  // namespace

Data signature_part(const Web& web, const CaseView& view, const std::string& lang) {
  auto t = [&](std::string_view key) { return web.texts.text(lang, key); };
  const SignedMark& mark = *view.signature;
  Data rows = Data(Data::List{}), differences = Data(Data::List{});
  auto add = [&](std::string_view key, std::string value) {
    if (!value.empty()) rows.push(Data().set("label", t(key)).set("value", std::move(value)));
  };
  add("staff_signature.way", t("staff_signature.way." + mark.way));
  add("staff_signature.at", date_time_text(mark.at, lang));
  if (!mark.serial.empty()) {
    add("staff_signature.revocation", t("staff_signature.revocation." + mark.revocation));
    add("staff_signature.serial", mark.serial);
    add("staff_signature.until", date_time_text(mark.holder.valid_until, lang));
  }
  add("staff_signature.fact.name", mark.holder.name);
  if (const auto born = parse_iso_date(mark.holder.birth_date)) add("staff_signature.fact.birth_date", locale::format_date(*born, lang));
  add("staff_signature.fact.address", mark.holder.address);
  const auto found = holder_differences(*view.rules->procedure, view.values, mark.holder);
  const auto shown = [&](const std::string& text) {
    const auto date = parse_iso_date(text);
    return date ? locale::format_date(*date, lang) : text;
  };
  for (const HolderDifference& one : found)
    differences.push(web.texts.text(lang, "staff_signature.difference", {{"fact", t("staff_signature.named." + one.fact)}, {"given", shown(one.given)}, {"certified", shown(one.certified)}}));
  Data out = Data().set("rows", std::move(rows)).set("href", path_of(view.number));
  if (!found.empty()) out.set("differences", Data().set("items", std::move(differences)));
  return out;
}

void add_signature_routes(http::Router& router, const Web& web) {
  http::RouteOptions o = staff_route("case.read", "").on("signed-case", "case.read");
  o.reads_personal_data = true;
  router.get("/staff/cases/{number}/signature", o, [web](Request& r) { return get_signature(web, r); });
  router.get("/staff/cases/{number}/signature/{part}", o, [web](Request& r) { return get_part(web, r); });
}

}  // namespace machiya::cases::detail
