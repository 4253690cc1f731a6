// The JSON API (docs/api.md): the same definitions, the same engine, no page.
#include "ask/apply/apply.h"
#include "ask/apply/draft_dao.h"
#include "ask/cases/submission.h"
#include "ask/interview/answer_types.h"
#include "base/text.h"

namespace machiya::apply {
namespace {

using json::Value;

std::string lang_of(const http::Request& request) {
  const auto wanted = request.query("lang").value_or("");
  return locale::is_language(wanted) ? std::string(wanted) : request.lang.empty() ? std::string("ja") : request.lang;
}

/// "members/<item>/born.year" -> "/members/1/born" by the order of the items.
std::string pointer_of(const interview::State& state, std::string field) {
  if (const auto dot = field.find('.'); dot != std::string::npos) field.resize(dot);
  for (const auto& page : state.pages) {
    if (page.item.empty()) continue;
    const std::string prefix = page.page->repeat->name + "/" + page.item;
    if (field == prefix || starts_with(field, prefix + "/")) return "/" + page.page->repeat->name + "/" + std::to_string(page.item_number - 1) + field.substr(prefix.size());
  }
  return "/" + json::pointer_token(field);
}

http::Response with_errors(const Error& error, const http::Request& request, Value errors) {
  auto response = http::problem(error, request);
  if (auto body = json::parse(response.body); body.ok()) {
    body->set("errors", std::move(errors));
    response.body = json::to_text(*body);
  }
  return response;
}

/// One thing is wrong, there.
http::Response refused_at(const http::Request& request, std::string what, std::string pointer, std::string code, std::string message) {
  Value errors = Value::array();
  errors.push(Value::object({{"pointer", std::move(pointer)}, {"code", std::move(code)}, {"message", std::move(message)}}));
  return with_errors(Error(ErrorCode::invalid_input, std::move(what)), request, std::move(errors));
}

bool has_scope(const identity::Principal& who, std::string_view scope) { return std::find(who.scopes.begin(), who.scopes.end(), scope) != who.scopes.end(); }

/// Who calls, for what belongs to the caller: a client, a person, or else the network address.
std::string sender_of(const http::Request& request) {
  const auto& who = identity::principal_of(request);
  return who.kind == identity::PrincipalKind::visitor ? "remote:" + request.remote : who.actor();
}

/// Kept in the log of the case beside the answers: what the request of an Idempotency-Key said. Names with "_" ask nothing.
constexpr std::string_view kRequestMark = "_request";
std::string mark_in(const Value& log) {
  for (const auto& entry : log.items())
    if (entry.text("field") == kRequestMark) return entry.text("value");
  return {};
}

/// Files wait for their application under the first owner, and are its own under the second.
struct FileOwner {
  std::string waiting, attached;
};
FileOwner file_owner(vault::Vault& vault, const http::Request& request) {
  const std::string caller = vault.digest("api/file", sender_of(request));
  return {std::string(blobs::kUnattached) + caller, "attached:" + caller};
}

std::string_view signing_name(interview::Signing signing) { return signing == interview::Signing::required ? "required" : signing == interview::Signing::asked ? "asked" : "none"; }

Value question_json(const interview::Question& question, std::string_view lang) {
  Value out = Value::object({{"name", question.name}, {"type", std::string(interview::answer_type_name(question.type))}, {"label", plain(question.label.in(lang))}, {"required", !question.optional}});
  if (!question.hint.empty()) out.set("hint", plain(question.hint.in(lang)));
  if (!question.text.empty()) out.set("text", plain(question.text.in(lang)));
  if (question.when) out.set("when", question.when.expression.source());
  if (!question.unit.empty()) out.set("unit", question.unit.in(lang));
  if (!question.options.empty()) {
    Value options = Value::array();
    for (const auto& option : question.options) options.push(Value::object({{"value", option.value}, {"label", plain(option.label.in(lang))}}));
    out.set("options", std::move(options));
  }
  if (question.asks()) out.set("schema", interview::answer_schema(question, lang));
  return out;
}

}  // namespace

Value procedure_json(const interview::Procedure& procedure, std::string_view lang, bool whole) {
  Value out = Value::object({{"id", procedure.id}, {"version", procedure.version}, {"kind", procedure.kind}, {"name", plain(procedure.name.in(lang))}, {"summary", plain(procedure.summary.in(lang))},
                             {"assurance", procedure.assurance}, {"signature", std::string(signing_name(procedure.signing))}, {"owner", procedure.owner}, {"page", "/procedures/" + procedure.id}, {"self", "/api/v1/procedures/" + procedure.id},
                             {"applications", "/api/v1/procedures/" + procedure.id + "/applications"}});
  if (!whole) return out;
  if (!procedure.law.empty()) out.set("law", plain(procedure.law.in(lang)));
  if (!procedure.target.empty()) out.set("target", procedure.target);
  if (!procedure.fee_note.empty()) out.set("fee_note", plain(procedure.fee_note.in(lang)));
  if (!procedure.after.empty()) out.set("after", plain(procedure.after.in(lang)));
  Value pages = Value::array();
  for (const auto& page : procedure.pages) {
    Value questions = Value::array();
    for (const auto& question : page.questions) questions.push(question_json(question, lang));
    Value one = Value::object({{"page", page.id}, {"title", plain(page.title.in(lang))}});
    if (page.when) one.set("when", page.when.expression.source());
    if (page.repeat) one.set("repeat", Value::object({{"name", page.repeat->name}, {"min", page.repeat->min}, {"max", page.repeat->max}, {"item", plain(page.repeat->item.in(lang))}}));
    one.set("questions", std::move(questions));
    pages.push(std::move(one));
  }
  out.set("pages", std::move(pages));
  out.set("schema", interview::answers_schema(procedure, lang));
  return out;
}

http::Response Apply::api_procedures(http::Request& request) {
  Value list = Value::array();
  const auto city = p_.city();
  for (const auto* loaded : city->all("procedure"))
    if (auto now = procedure(loaded->source.id); now.ok()) list.push(procedure_json(*now->procedure, lang_of(request), false));
  return http::json(Value::object({{"procedures", std::move(list)}}));
}

http::Response Apply::api_procedure(http::Request& request) {
  auto now = procedure(request.param("id"));
  if (!now.ok()) return http::problem(now.error(), request);
  return http::json(procedure_json(*now->procedure, lang_of(request), true));
}

Result<identity::Principal> Apply::api_applicant(const http::Request& request, const interview::Procedure& procedure, const Value& body) const {
  const auto& who = identity::principal_of(request);
  if (who.kind == identity::PrincipalKind::citizen) {
    if (procedure.assurance == "verified" && who.assurance != identity::Assurance::verified) return Error(ErrorCode::forbidden, "this procedure needs a verified person");
    return who;
  }
  if (who.kind == identity::PrincipalKind::client) {
    if (!has_scope(who, kScope)) return Error(ErrorCode::forbidden, "the token lacks the scope 'applications'");
    if (procedure.assurance == "none") return identity::Principal{};
    const auto& email = body["applicant"].text("email");
    if (procedure.assurance == "verified" || !ports_.person_of_email) return Error(ErrorCode::forbidden, "this procedure needs the person's own log-in");
    if (email.empty()) return Error(ErrorCode::invalid_input, "applicant.email is missing", "/applicant/email");
    return ports_.person_of_email(email);
  }
  if (procedure.assurance == "none") return identity::Principal{};
  return Error(ErrorCode::unauthenticated, "log in, or send a bearer token with the scope 'applications'");
}

http::Response Apply::api_errors(const http::Request& request, const ProcedureNow& now, const interview::State& state, const Value&) const {
  Value errors = Value::array();
  auto add = [&](std::string pointer, const std::string& code, const std::string& message) {
    errors.push(Value::object({{"pointer", "/answers" + std::move(pointer)}, {"code", code}, {"message", plain(message)}}));
  };
  if (state.stop) add("", "stopped", state.stop->title + ": " + state.stop->message);
  for (const auto& page : state.pages)
    for (const auto& error : page.errors) add(pointer_of(state, error.field), error.code, error.message);
  for (const auto& error : state.errors) add("", error.code, error.message);
  return with_errors(Error(ErrorCode::invalid_input, "the answers for '" + now.procedure->id + "' cannot be accepted"), request, std::move(errors));
}

/// A request to apply that was read and judged, but for its signature.
struct Apply::ApiRequest {
  ProcedureNow now;
  std::string key, mark;   ///< Idempotency-Key; what the request said
  Value body;
  identity::Principal applicant;
  interview::Situation situation;
  cases::Submission submission;
};

/// The refusal, or nothing when `out` is complete.
std::optional<http::Response> Apply::api_prepare(http::Request& request, ApiRequest& out) {
  auto now = procedure(request.param("id"));
  if (!now.ok()) return http::problem(now.error(), request);
  out.now = std::move(*now);
  const auto& who = identity::principal_of(request);
  out.key = request.header("idempotency-key");
  if (out.key.empty() || out.key.size() > 200) return http::problem(Error(ErrorCode::malformed_request, "send an Idempotency-Key of 1 to 200 characters"), request);
  auto body = json::parse(request.body, {32, 20'000});
  if (!body.ok()) return http::problem(body.error(), request);
  out.body = std::move(*body);
  auto applicant = api_applicant(request, *out.now.procedure, out.body);
  if (!applicant.ok()) return http::problem(applicant.error(), request);
  out.applicant = std::move(*applicant);
  out.situation = this->situation(request, nullptr);
  out.situation.lang = locale::is_language(out.body.text("lang")) ? out.body.text("lang") : lang_of(request);
  const std::string author = who.kind == identity::PrincipalKind::client ? who.actor() : "applicant";
  auto entries = interview::read_values(*out.now.procedure, out.body["answers"], out.situation, author, {drafts_.new_id()});
  if (!entries.ok()) return refused_at(request, "the answers cannot be read", "/answers" + entries.error().where, "unknown-field", entries.error().detail);
  out.mark = vault::sha256_hex(json::to_text(out.body));
  entries->push_back({drafts_.new_id(), out.situation.now, author, std::string(kRequestMark), out.mark});
  interview::Log log;
  for (auto& entry : *entries) log.append(std::move(entry));
  auto state = interview::evaluate(*out.now.procedure, log, out.situation);
  if (!state.ok()) return http::problem(state.error(), request);
  if (!state->complete) return api_errors(request, out.now, *state, out.body["answers"]);
  out.submission = submission_of(out.now, *state, log, out.applicant);
  out.submission.channel = "api";
  const FileOwner owner = file_owner(p_.vault, request);
  for (const std::string& blob : out.submission.blobs) {
    const auto found = p_.blobs.find(blob);
    if (found.ok() && (found->owner == owner.waiting || found->owner == owner.attached)) continue;
    return refused_at(request, "a file is missing", "/answers", "unknown-file", "no file '" + blob + "' was uploaded; send it to /api/v1/files first");
  }
  return std::nullopt;
}

http::Response Apply::api_apply(http::Request& request) {
  ApiRequest sent;
  if (auto refusal = api_prepare(request, sent)) return std::move(*refusal);
  if (auto signature = api_sign(sent); !signature.ok())
    return refused_at(request, "the application is not signed as it must be", "/signature", signature.error().where.empty() ? std::string(signature.error().info().name) : signature.error().where,
                      signature.error().detail);
  const auto& who = identity::principal_of(request);
  const FileOwner owner = file_owner(p_.vault, request);
  auto& [now, key, mark, body, applicant, situation, submission] = sent;
  submission.lang = situation.lang;
  submission.request = request.id;
  // Of one sender: nobody can learn another's receipt by guessing a key.
  submission.idempotency_key = "api:" + vault::sha256_hex(sender_of(request) + "\n" + now.procedure->id + "\n" + key);
  if (auto kept = drafts_.remember(now); !kept.ok()) return http::problem(kept.error(), request);
  // Attached before it is sent: a crash in between leaves a file too many, never a case without its file.
  if (auto attached = p_.blobs.hand_over(submission.blobs, owner.waiting, owner.attached); !attached.ok()) return http::problem(attached.error(), request);
  auto receipt = ports_.submit(submission);
  if (!receipt.ok()) {
    auto back = p_.blobs.hand_over(submission.blobs, owner.attached, owner.waiting);
    return http::problem(back.ok() ? receipt.error() : back.error(), request);
  }
  if (receipt->repeated && ports_.log_of) {
    auto first = ports_.log_of(receipt->number);
    if (!first.ok()) return http::problem(first.error(), request);
    if (const std::string said = mark_in(*first); !said.empty() && said != mark)
      return refused_at(request, "the Idempotency-Key was used before with another payload", "", "idempotency-key-reused", "this Idempotency-Key was used for another request; send a new key");
  }
  if (who.kind == identity::PrincipalKind::client) {
    auto noted = p_.store.write([&](store::Tx& tx) { return draft_dao::remember_api(tx, receipt->number, who.actor(), p_.clock.now()); });
    if (!noted.ok()) return http::problem(noted.error(), request);
  }
  const std::string self = "/api/v1/applications/" + receipt->number;
  auto response = http::json(Value::object({{"number", receipt->number}, {"state", receipt->state}, {"received", to_iso_japan(receipt->received)}, {"fee", receipt->fee},
                                            {"repeated", receipt->repeated}, {"self", self}}), receipt->repeated ? 200 : 201);
  response.header("Location", self);
  return response;
}

/// What is to be signed of a request that will be sent with the same body and Idempotency-Key.
http::Response Apply::api_document(http::Request& request) {
  ApiRequest sent;
  if (auto refusal = api_prepare(request, sent)) return std::move(*refusal);
  if (sent.now.procedure->signing == interview::Signing::none) return refused_at(request, "nothing is to be signed", "", "signature-not-asked", "this procedure takes no signature");
  auto document = api_document_of(sent, Instant{p_.clock.now().us / kSecond * kSecond});
  if (!document.ok()) return http::problem(document.error(), request);
  return http::json(Value::object({{"document", std::move(*document)}}));
}

Result<std::string> Apply::api_document_of(const ApiRequest& sent, Instant answered) const {
  cases::SignedParts parts = cases::signed_parts(sent.submission, sent.key, answered);
  parts.hash = sent.now.hash;
  MACHIYA_TRY(parts.files, digests_of(sent.submission.blobs));
  return cases::signed_document(std::move(parts));
}

namespace {

/// The time that a document says it was made at.
Result<Instant> answered_in(const std::string& document) {
  MACHIYA_TRY(const Value read, json::parse(document, {32, 20'000}));
  const auto at = parse_rfc3339(read.text("answered"));
  return at ? Result<Instant>(*at) : Result<Instant>(ErrorCode::invalid_input);
}

}  // namespace

/// Judges the signature of a request, {document, cms}. Causes: "signature-required", "signature-not-asked", "signing-unavailable", "signature-unreadable",
/// "signature-other" (the document is not of this request), "signature-old", and those of the judge.
Result<void> Apply::api_sign(ApiRequest& sent) const {
  const auto wanted = sent.now.procedure->signing;
  const Value& given = sent.body["signature"];
  const auto fault = [](const char* cause, const char* detail) { return Error(ErrorCode::invalid_input, detail, cause); };
  if (given.is_null()) return wanted == interview::Signing::required ? Result<void>(fault("signature-required", "this procedure must be signed electronically: see the path .../document")) : Result<void>();
  if (wanted == interview::Signing::none) return fault("signature-not-asked", "this procedure takes no signature");
  if (ports_.signing.judge == nullptr) return fault("signing-unavailable", "no signature can be verified here");
  const std::string& document = given.text("document");
  const auto answered = answered_in(document);
  const auto cms = vault::from_base64url(given.text("cms"));
  if (!answered.ok() || !cms.ok()) return fault("signature-unreadable", "document: as it was given, a string; cms: base64url without padding");
  if (*answered > sent.situation.now || answered->us + kDay < sent.situation.now.us) return fault("signature-old", "the document was made more than a day ago");
  MACHIYA_TRY(const std::string expected, api_document_of(sent, *answered));
  if (document != expected) return fault("signature-other", "the document is not of these answers, this key and this applicant");
  MACHIYA_TRY(sent.submission.signature, ports_.signing.judge->judge(signatures::kCard, document, *cms));
  return {};
}

http::Response Apply::api_application(http::Request& request) {
  const auto& who = identity::principal_of(request);
  const std::string number(request.param("number")), lang = lang_of(request);
  if (who.kind == identity::PrincipalKind::citizen) {
    auto view = ports_.view_own(number, who, request.id, false);
    if (view.ok()) {
      Value asked = Value::array(), timeline = Value::array();
      for (const auto& path : view->asked) asked.push(path);
      for (const auto& entry : view->timeline) {
        Value row = Value::object({{"at", to_iso_japan(entry.at)}, {"state", entry.state}, {"text", plain(ports_.state_text(*view, entry.state, lang))}});
        if (!entry.reason.empty()) row.set("reason", entry.reason);
        timeline.push(std::move(row));
      }
      return http::json(Value::object({{"number", view->number}, {"procedure", view->procedure}, {"version", view->version}, {"state", view->state}, {"outcome", view->outcome},
                                       {"received", to_iso_japan(view->received)}, {"due", view->due ? Value(to_iso_japan(*view->due)) : Value()}, {"fee", view->fee},
                                       {"asked", std::move(asked)}, {"timeline", std::move(timeline)}, {"answers", view->values}}));
    }
  }
  Result<PublicStatus> status(ErrorCode::not_found);
  if (ports_.status) {
    auto mine = p_.store.read([&](store::ReadTx& tx) { return draft_dao::sent_by(tx, number, who.actor()); });
    if (!mine.ok()) return http::problem(mine.error(), request);
    status = ports_.status(number, who, *mine && has_scope(who, kScope), lang);
  }
  if (!status.ok()) return http::problem(who.kind == identity::PrincipalKind::visitor ? Error(ErrorCode::unauthenticated, "log in, or send a bearer token") : status.error(), request);
  return http::json(Value::object({{"number", number}, {"title", status->title}, {"state_text", plain(status->state)}, {"received", to_iso_japan(status->received)}, {"changed", to_iso_japan(status->changed)}}));
}

http::Response Apply::api_towns(http::Request& request) {
  Value towns = Value::array();
  if (p_.reference != nullptr)
    for (const auto& town : p_.reference->towns_of(digits_of(request.param("code"))))
      towns.push(Value::object({{"postal_code", town.postal_code}, {"prefecture", town.prefecture}, {"city", town.city}, {"town", town.town}, {"city_code", town.city_code}}));
  auto response = http::json(Value::object({{"towns", std::move(towns)}}));
  response.header("Cache-Control", "public, max-age=86400");
  return response;
}

http::Response Apply::api_file(http::Request& request) {
  if (request.files.size() != 1) return http::problem(Error(ErrorCode::malformed_request, "send one file as multipart/form-data"), request);
  const auto& file = request.files.front();
  auto blob = p_.blobs.put(file.path, file.content_type, {}, file_owner(p_.vault, request).waiting);
  if (!blob.ok()) return http::problem(blob.error(), request);
  return http::json(Value::object({{"blob", blob->public_id}, {"filename", interview::clean(file.filename)}, {"type", blob->type}, {"bytes", static_cast<std::int64_t>(blob->bytes)}}), 201);
}

http::Response Apply::openapi(http::Request& request) {
  std::vector<std::shared_ptr<const interview::Procedure>> list;
  const auto city = p_.city();
  for (const auto* loaded : city->all("procedure"))
    if (auto now = procedure(loaded->source.id); now.ok()) list.push_back(now->procedure);
  return http::json(openapi_document(list, p_.base_url, lang_of(request)));
}

void Apply::api_routes(http::Router& router) {
  http::RouteOptions read;
  read.permission = "public", read.object = "none";
  read.csrf = false;
  router.get("/api/v1/procedures", read, [this](http::Request& r) { return api_procedures(r); });
  router.get("/api/v1/procedures/{id}", read, [this](http::Request& r) { return api_procedure(r); });
  router.get("/api/v1/towns/{code}", read, [this](http::Request& r) { return api_towns(r); });
  router.get("/openapi.json", read, [this](http::Request& r) { return openapi(r); });
  http::RouteOptions own = read;
  own.reads_personal_data = true, own.object = "sent-case", own.action = "case.read|case.status";
  router.get("/api/v1/applications/{number}", own, [this](http::Request& r) { return api_application(r); });
  http::RouteOptions apply = read;   // who may apply depends on the procedure; without a token cookies count for nothing
  apply.body_limit = 1u << 20;
  apply.rate_per_minute = 60;
  router.post("/api/v1/procedures/{id}/applications", apply, [this](http::Request& r) { return api_apply(r); });
  router.post("/api/v1/procedures/{id}/document", apply, [this](http::Request& r) { return api_document(r); });
  http::RouteOptions file = apply;
  file.body_limit = file.file_limit = 20u << 20;
  file.timeout_s = 300;
  file.rate_per_minute = 20;
  router.post("/api/v1/files", file, [this](http::Request& r) { return api_file(r); });
}

}  // namespace machiya::apply
