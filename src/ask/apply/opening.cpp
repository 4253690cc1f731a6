// Opening a draft: whose it is, with which version of its definition, and how the interview stands.
#include "ask/apply/apply.h"
#include "ask/apply/procedure_kind.h"

namespace machiya {
std::vector<store::Migration> sql_migrations_apply();
}

namespace machiya::apply {

std::vector<store::Migration> Apply::migrations() { return sql_migrations_apply(); }

Apply::Apply(Platform platform, Ports ports) : p_(std::move(platform)), ports_(std::move(ports)), drafts_(p_.store, p_.vault, p_.blobs, p_.clock, p_.rng), signatures_(p_.store, p_.vault, p_.clock) {}

std::string draft_path(const Draft& draft, std::string_view key) {
  std::string out = "/drafts/" + draft.public_id;
  if (!key.empty()) out += "/" + std::string(key);
  return out;
}

Result<ProcedureNow> Apply::procedure(std::string_view id) const {
  const auto city = p_.city();
  const auto* loaded = city ? city->find("procedure", id) : nullptr;
  const auto* definition = loaded != nullptr ? dynamic_cast<const ProcedureDefinition*>(loaded->definition.get()) : nullptr;
  if (definition == nullptr || !definition->procedure->open) return Error(ErrorCode::not_found, "no such procedure");
  return ProcedureNow{definition->procedure, loaded->source.hash, loaded->source.initiative, loaded->canonical};
}

Result<ProcedureNow> Apply::compile_version(std::string body, std::string_view hash, const json::Value& decisions) const {
  MACHIYA_TRY(auto value, json::parse(body));
  const auto city = p_.city();
  auto world = world_of(*city);
  for (const auto& [id, decision] : decisions.members()) world.decisions.set(id, decision);   // as they were
  Diagnostics faults;
  ProcedureNow out;
  out.procedure = interview::compile_procedure(value, world, faults);
  if (out.procedure == nullptr) return Error(ErrorCode::definition_error, "version " + std::to_string(value["version"].as_int(1)) + " of " + value.text("procedure"));
  out.hash = std::string(hash);
  if (const auto* loaded = city->find("procedure", out.procedure->id)) out.initiative = loaded->source.initiative;
  out.canonical = std::make_shared<const std::string>(std::move(body));
  return out;
}

Result<ProcedureNow> Apply::procedure_of_version(std::string_view id, int version) {
  auto current = procedure(id);
  if (current.ok() && current->procedure->version == version) return current;
  MACHIYA_TRY(auto body, drafts_.definition_of_version(id, version));
  if (!body) return current;   // the case began elsewhere than here: the version in force is the best there is
  const std::string hash = vault::sha256_hex(*body);
  auto compiled = compile_version(std::move(*body), hash, {});
  return compiled.ok() ? compiled : current;
}

Result<ProcedureNow> Apply::procedure_of_case(const cases::CaseView& view) {
  return procedure_of_case(view.procedure, view.rules ? view.rules->procedure->hash : std::string(), view.version);
}

Result<ProcedureNow> Apply::procedure_of_case(std::string_view id, std::string_view hash, int version) {
  if (!ports_.version_of || hash.empty()) return procedure_of_version(id, version);
  const std::uint64_t revision = p_.city()->revision();
  {
    std::lock_guard lock(old_.mutex);
    if (old_.revision != revision) old_.by_hash.clear(), old_.revision = revision;
    if (auto found = old_.by_hash.find(std::string(hash)); found != old_.by_hash.end()) return found->second;
  }
  auto kept = ports_.version_of(id, hash);
  if (!kept.ok() && kept.error().code == ErrorCode::not_found) return procedure_of_version(id, version);
  if (!kept.ok()) return kept.error();
  if (kept->current) {
    MACHIYA_TRY(auto now, procedure(id));
    now.hash = std::string(hash);
    return now;
  }
  MACHIYA_TRY(auto out, compile_version(*kept->procedure, hash, kept->decisions));
  constexpr std::size_t kMaxKept = 256;
  std::lock_guard lock(old_.mutex);
  if (old_.by_hash.size() >= kMaxKept) old_.by_hash.clear();
  if (old_.revision == revision) old_.by_hash[out.hash] = out;
  return out;
}

interview::Situation Apply::situation(const http::Request& request, const Draft* draft) const {
  interview::Situation out;
  out.now = p_.clock.now();
  out.lang = request.lang.empty() ? "ja" : request.lang;
  if (draft != nullptr) out.only = draft->asked;
  const auto& who = identity::principal_of(request);
  if (draft != nullptr && draft->on_behalf != 0) return out;   // a delegate is told nothing of the person that they do not enter themselves
  if (who.kind == identity::PrincipalKind::citizen && who.assurance == identity::Assurance::verified && ports_.facts_of) {
    auto facts = ports_.facts_of(who);
    if (facts.ok()) out.facts = std::move(*facts);
  }
  return out;
}

Result<void> Apply::evaluate(Opened& opened) const {
  MACHIYA_TRY(opened.state, interview::evaluate(*opened.now.procedure, opened.draft.log, opened.situation));
  return {};
}

Result<void> Apply::follow_version(http::Request& request, Opened& opened) {
  Draft& draft = opened.draft;
  if (!draft.case_number.empty()) {   // a case finishes on the version that it began with
    MACHIYA_TRY(opened.now, procedure_of_case(draft.procedure, draft.hash, draft.version));
    return {};
  }
  MACHIYA_TRY(opened.now, procedure(draft.procedure));
  if (opened.now.hash == draft.hash || draft.sent()) return {};
  MACHIYA_TRY(auto body, drafts_.definition(draft.hash));
  auto changes = json::Value::array();
  if (body) {
    MACHIYA_TRY(auto value, json::parse(*body));
    Diagnostics faults;
    if (auto before = interview::compile_procedure(value, world_of(*p_.city()), faults)) {
      constexpr const char* kWhat[] = {"added", "removed", "changed-type", "changed-label"};
      for (const auto& difference : interview::differences(*before, *opened.now.procedure, request.lang))
        changes.push(json::Value::object({{"what", kWhat[static_cast<int>(difference.what)]}, {"label", difference.label}}));
    }
  }
  MACHIYA_TRY(draft, drafts_.upgrade(draft.public_id, opened.now, std::move(changes)));
  return {};
}

Result<Access> Apply::access(const Draft& draft, const identity::Principal& who) const {
  identity::Resource it;
  it.person = draft.person, it.session = draft.session, it.procedure = draft.procedure;
  if (!p_.identity.decide(who, "draft.read", it).allowed()) return p_.identity.decide(who, "draft.add", it).allowed() ? Access::write_only : Access::none;
  if (draft.on_behalf == 0) return Access::full;
  // What was begun for somebody else is shown no longer than one may act for them.
  identity::Resource theirs;
  theirs.person = draft.on_behalf, theirs.procedure = draft.procedure;
  MACHIYA_TRY(const auto may, p_.store.read([&](store::ReadTx& tx) { return p_.identity.decide(tx, who, draft.case_number.empty() ? "case.file" : "case.correct", theirs); }));
  return may.allowed() ? Access::full : Access::none;
}

Result<Apply::Opened> Apply::open(http::Request& request) { return open(request, request.param("draft")); }

Result<Apply::Opened> Apply::open(http::Request& request, std::string_view draft) {
  Opened opened;
  MACHIYA_TRY(opened.draft, drafts_.find(draft));
  MACHIYA_TRY(const Access may, access(opened.draft, identity::principal_of(request)));
  switch (may) {
    case Access::none: return Error(ErrorCode::not_found, "no such draft");
    case Access::write_only:
      if (request.method != http::Method::post) return Error(ErrorCode::unauthenticated, "log in to go on");
      break;
    case Access::full: break;
  }
  MACHIYA_CHECK(follow_version(request, opened));
  opened.situation = situation(request, &opened.draft);
  MACHIYA_CHECK(evaluate(opened));
  return opened;
}

http::Response Apply::refuse(const Error& error, http::Request& request) {
  if (error.code == ErrorCode::unauthenticated && !request.wants_json())
    return http::see_other("/login?next=" + http::url_encode(request.method == http::Method::get ? request.target : request.path));
  return http::problem(error, request);
}

std::string Apply::text(const http::Request& request, std::string_view key, const locale::Args& args) const { return p_.texts.text(request.lang, key, args); }

pages::Data Apply::page_data(const http::Request& request, const std::string& title) const {
  pages::Data data = p_.frame(request);
  data.set("title", plain(title)).set("heading", rich(title, request.lang)).set("csrf", identity::principal_of(request).csrf);
  return data;
}

http::Response Apply::render(std::string_view name, pages::Data data, http::Request& request, int status) {
  auto response = http::html(p_.templates.render(name, data, request.lang).html, status);
  response.header("Cache-Control", "no-store");
  return response;
}

pages::Data rich(std::string_view text, std::string_view lang) { return lang == "ja-easy" ? pages::Data(pages::ruby(text)) : pages::Data(text); }
std::string plain(std::string_view text) {
  std::string out;
  for (const auto& piece : locale::parse_text(text)) out += piece.kind == locale::TextPiece::Kind::argument ? "{" + piece.text + "}" : piece.text;
  return out;
}

std::string size_text(std::int64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  if (bytes < 1024 * 1024) return std::to_string((bytes + 512) / 1024) + " KB";
  const auto tenths = (bytes * 10 + (1 << 19)) / (1 << 20);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " MB";
}

void Apply::add_routes(http::Router& router) {
  page_routes(router);
  signing_routes(router);
  draft_routes(router);
  case_routes(router);
  api_routes(router);
  delegation_routes(router);
}

}  // namespace machiya::apply
