// "Sign": after the summary of answers, with a provider's app or with the card's own software and a reader. No script is needed for either.
#include <fstream>

#include "ask/apply/apply.h"
#include "base/log.h"
#include "base/text.h"
#include "platform/jpki/cms.h"

namespace machiya::apply {
namespace {

using pages::Data;

/// What the page says of a cause; the log has the cause itself.
std::string word_for(const Error& error) {
  const std::string& c = error.where;
  for (const char* known : {"revoked", "certificate-expired", "certificate-not-yet", "certificate-use", "certificate-policy", "certificate-missing", "signature-wrong", "signature-attached",
                            "signature-weak", "signature-changed", "signature-missing", "signing-unavailable", "file-missing"})
    if (c == known) return known;
  if (c == "chain-broken" || c == "certificate-unreadable") return "certificate-foreign";
  if (c == "signature-unreadable" || c == "signature-many") return "signature-unreadable";
  if (starts_with(c, "crl-") || starts_with(c, "ocsp-")) return "revocation-unknown";
  if (c == "provider-cancelled") return "cancelled";
  if (starts_with(c, "state-") || c == "session-foreign") return "lost";
  return "app-failed";
}

bool is_word(std::string_view why, const locale::Catalogue& texts) { return !why.empty() && why.size() < 40 && texts.has("ja", "sign.why." + std::string(why)); }

void note(const http::Request& request, std::string_view way, const Error& error) {
  log(error.info().level == LogLevel::error ? LogLevel::error : LogLevel::warn, "signature-refused",
      {{"way", std::string(way)}, {"cause", error.where.empty() ? std::string(error.info().name) : error.where}, {"request", request.id}});
}

/// The document cannot be made as long as a file is being checked, or because one was found broken.
bool files_hold_up(const Error& error) { return error.code == ErrorCode::unavailable || error.code == ErrorCode::gone; }

Result<std::string> uploaded(const http::Request& request) {
  if (request.files.size() != 1 || request.files.front().size == 0) return Error(ErrorCode::invalid_input, "no file was sent", "file-missing");
  if (request.files.front().size > jpki::kMaxCms) return Error(ErrorCode::invalid_input, "no signature is as long as this", "signature-unreadable");
  std::ifstream in(request.files.front().path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace

/// The sign page again, with the reason.
http::Response Apply::unsigned_back(http::Request& request, const Draft& draft, const Error& error) {
  if (error.where.empty()) return files_hold_up(error) ? http::see_other(draft_path(draft, "sign") + "?why=files") : refuse(error, request);
  note(request, "draft", error);
  return http::see_other(draft_path(draft, "sign") + "?why=" + word_for(error));
}

/// Where a draft goes that cannot be signed now: it was sent, is not complete, needs none, or nobody is logged in.
std::optional<http::Response> Apply::not_to_be_signed(const http::Request& request, const Opened& opened) const {
  const Draft& draft = opened.draft;
  const auto& state = opened.state;
  if (draft.sent()) return http::see_other(draft_path(draft, "receipt"));
  if (!state.next.empty() || state.stop) return http::see_other(draft_path(draft, state.stop ? state.stop->page : state.next));
  if (opened.now.procedure->signing == interview::Signing::none) return http::see_other(draft_path(draft, "check"));
  if (identity::principal_of(request).kind != identity::PrincipalKind::citizen) return http::see_other("/login?next=" + http::url_encode(draft_path(draft, "sign")));
  return std::nullopt;
}

http::Response Apply::sign_page(http::Request& request) {
  auto opened = open(request);
  if (!opened.ok()) return refuse(opened.error(), request);
  if (auto elsewhere = not_to_be_signed(request, *opened)) return std::move(*elsewhere);
  const Draft& draft = opened->draft;
  Data data = page_data(request, text(request, "sign.title"));
  data.set("procedure", rich(opened->now.procedure->name.in(request.lang), request.lang)).set("action", draft_path(draft, "sign")).set("send_action", draft_path(draft, "check"));
  data.set("check_href", draft_path(draft, "check")).set("document_href", draft_path(draft, "sign/document.json"));
  std::string why(request.query("why").value_or(""));
  auto document = document_of(*opened);
  if (!document.ok() && !files_hold_up(document.error())) return refuse(document.error(), request);
  if (!document.ok()) why = "files";
  if (document.ok()) {
    auto accepted = signature_of(*opened, *document);
    if (!accepted.ok() && accepted.error().where != "signature-changed") return refuse(accepted.error(), request);
    if (!accepted.ok() && why.empty()) why = "signature-changed";
    if (accepted.ok() && *accepted) {
      data.set("accepted", text(request, "sign.done_at", {{"at", locale::format_time((*accepted)->at, request.lang)}}));
      if (why == "signature-missing" || why == "signature-changed") why.clear();   // of before it was signed
    }
  }
  if (is_word(why, p_.texts)) data.set("flash", Data().set("kind", "error").set("text", text(request, "sign.why." + why)));
  if (ports_.signing.judge == nullptr) data.set("unavailable", true);
  else if (document.ok()) data.set("offered", true);
  Data apps{Data::List{}};
  if (ports_.signing.judge != nullptr && ports_.signing.apps && document.ok())
    for (const auto& app : ports_.signing.apps(request.lang)) apps.push(Data().set("id", app.id).set("label", text(request, "sign.with_app", {{"app", app.name}})));
  if (!std::get<Data::List>(apps.get()).empty()) data.set("apps", Data().set("items", std::move(apps)));
  return render("apply/sign", std::move(data), request);
}

http::Response Apply::sign_document(http::Request& request) {
  auto opened = open(request);
  if (!opened.ok()) return refuse(opened.error(), request);
  if (auto elsewhere = not_to_be_signed(request, *opened)) return std::move(*elsewhere);
  auto document = document_of(*opened);
  if (!document.ok()) return unsigned_back(request, opened->draft, document.error());
  auto response = http::text(std::move(*document), "application/json");
  response.header("Content-Disposition", "attachment; filename=\"application.json\"").header("Cache-Control", "private, no-store");
  return response;
}

http::Response Apply::sign(http::Request& request) {
  auto opened = open(request);
  if (!opened.ok()) return refuse(opened.error(), request);
  const auto may = access(opened->draft, identity::principal_of(request));
  if (!may.ok()) return refuse(may.error(), request);
  if (*may != Access::full) return refuse(Error(ErrorCode::unauthenticated, "log in to sign it"), request);
  if (auto elsewhere = not_to_be_signed(request, *opened)) return std::move(*elsewhere);
  if (ports_.signing.judge == nullptr) return unsigned_back(request, opened->draft, Error(ErrorCode::unavailable, "no roots", "signing-unavailable"));
  auto document = document_of(*opened);
  if (!document.ok()) return unsigned_back(request, opened->draft, document.error());
  if (request.form("app")) return sign_with_app(request, *opened, *document);
  auto signature = uploaded(request);
  if (!signature.ok()) return unsigned_back(request, opened->draft, signature.error());
  auto accepted = ports_.signing.judge->judge(signatures::kCard, *document, *signature);
  if (!accepted.ok()) return unsigned_back(request, opened->draft, accepted.error());
  if (auto kept = signatures_.keep(opened->draft, *accepted); !kept.ok()) return refuse(kept.error(), request);
  return http::see_other(draft_path(opened->draft, "sign"));
}

/// A form may lead to no other site (content policy): it answers with the link.
http::Response Apply::sign_with_app(http::Request& request, const Opened& opened, const std::string& document) {
  const std::string app(*request.form("app"));
  if (!ports_.signing.depart) return unsigned_back(request, opened.draft, Error(ErrorCode::not_found, "no app signs here", "provider-unknown"));
  auto departure = ports_.signing.depart(app, document);
  if (!departure.ok()) return unsigned_back(request, opened.draft, departure.error());
  const auto& who = identity::principal_of(request);
  const SignatureRequest asked{app, who.session, document, departure->memory, Instant{p_.clock.now().us + kSignatureRequestMinutes * kMinute}};
  if (auto begun = signatures_.begin(opened.draft, departure->state, asked); !begun.ok()) return refuse(begun.error(), request);
  Data data = page_data(request, text(request, "sign.leave_title"));
  data.set("procedure", rich(opened.now.procedure->name.in(request.lang), request.lang)).set("href", departure->location).set("back", draft_path(opened.draft, "sign"));
  for (const auto& one : ports_.signing.apps(request.lang))
    if (one.id == app) data.set("label", text(request, "sign.leave", {{"app", one.name}}));
  return render("apply/sign_leave", std::move(data), request);
}

/// Back from the app. The address holds nothing of the draft: the state leads to it, and only in the session that asked.
http::Response Apply::signed_with_app(http::Request& request) {
  const auto lost = [&](const Error& error) {
    note(request, "app", error);
    return http::see_other("/drafts?sign=lost");
  };
  const std::string_view state = request.query("state").value_or("");
  auto id = signatures_.waiting(state);
  if (!id.ok()) return refuse(id.error(), request);
  if (!*id) return lost(Error(ErrorCode::invalid_input, "no request waits for this", "state-unknown"));
  auto opened = open(request, **id);
  if (!opened.ok()) return lost(Error(ErrorCode::invalid_input, "it is not theirs", "session-foreign"));
  auto asked = signatures_.claim(opened->draft, state, identity::principal_of(request).session);
  if (!asked.ok()) return asked.error().where == "session-foreign" ? lost(asked.error()) : unsigned_back(request, opened->draft, asked.error());
  auto document = document_of(*opened);
  if (!document.ok()) return unsigned_back(request, opened->draft, document.error());
  if (*document != asked->document) return unsigned_back(request, opened->draft, Error(ErrorCode::invalid_input, "answered meanwhile", "signature-changed"));
  if (asked->app != request.param("provider")) return unsigned_back(request, opened->draft, Error(ErrorCode::invalid_input, "another provider was asked", "state-unknown"));
  auto accepted = ports_.signing.arrive(asked->app, request.query_pairs, asked->memory, *document);
  if (!accepted.ok()) return unsigned_back(request, opened->draft, accepted.error());
  if (auto kept = signatures_.keep(opened->draft, *accepted); !kept.ok()) return refuse(kept.error(), request);
  return http::see_other(draft_path(opened->draft, "sign"));
}

void Apply::signing_routes(http::Router& router) {
  http::RouteOptions page;
  page.permission = "public", page.shows_own_input = true, page.object = "draft", page.action = "draft.read";
  page.page_kind = "sign";
  router.get("/drafts/{draft}/sign", page, [this](http::Request& r) { return sign_page(r); });
  http::RouteOptions file = page;
  file.page_kind.clear();
  router.get("/drafts/{draft}/sign/document.json", file, [this](http::Request& r) { return sign_document(r); });
  http::RouteOptions post = file;
  post.file_limit = jpki::kMaxCms;
  post.body_limit = jpki::kMaxCms + 64 * 1024;
  post.rate_per_minute = 30;
  router.post("/drafts/{draft}/sign", post, [this](http::Request& r) { return sign(r); });
  http::RouteOptions back;
  back.permission = "public", back.object = "none", back.rate_per_minute = 60;   // the state says whose draft it is, and the session whether they come back
  router.get("/sign/with/{provider}/callback", back, [this](http::Request& r) { return signed_with_app(r); });
}

}  // namespace machiya::apply
