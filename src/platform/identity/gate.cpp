#include "platform/identity/gate.h"

#include "base/log.h"
#include "base/text.h"
#include "platform/identity/addresses.h"
#include "platform/identity/permission.h"
#include "platform/identity/purpose_cookie.h"
#include "platform/identity/same_origin.h"
#include "platform/identity/sealed_columns.h"
#include "platform/identity/session_dao.h"
#include "platform/identity/session_door.h"
#include "platform/vault/vault.h"

namespace machiya::identity {
namespace {
constexpr std::int64_t kVisitorCookie = 7 * kDay;      // visitors' drafts may rest so long in an open browser
constexpr std::size_t kParkLimit = 128 * 1024;         // bytes of one kept form
constexpr int kParkedPerOwner = 20;
constexpr std::string_view kBearer = "bearer ";
// Routes of devices: the handler itself asks for a device's key (sense/ingest).
constexpr std::string_view kDevice = "device";
constexpr std::string_view kOwnPassword = "/staff/password";

bool is_unsafe(http::Method m) { return m != http::Method::get && m != http::Method::head && m != http::Method::options; }

bool asks_for_data(const http::Request& request) {
  return request.wants_json() || request.wants_fragment() || starts_with(request.path, "/api/") || !request.header("authorization").empty();
}

/// Secrets are typed again rather than kept, sealed as it may be, and shown in a page.
bool is_secret(std::string_view field) { return field == "password" || field == "new_password" || field == "totp"; }

std::string_view form_token(const http::Request& request) {
  if (auto field = request.form("csrf")) return *field;
  return request.header("x-csrf-token");
}

http::Response unauthenticated(const http::Request& request, std::string detail = {}) {
  http::Response r = http::problem(Error(ErrorCode::unauthenticated, std::move(detail)), request);
  r.header("WWW-Authenticate", "Bearer");
  return r;
}

/// The page to come back to: the one asked for, or for a post the page that showed the form.
std::string return_path(const http::Request& request) {
  if (!is_unsafe(request.method)) return local_path(request.target);
  const std::string_view referer = request.header("referer");
  const std::size_t host = referer.find("://");
  if (host == std::string_view::npos) return "/";
  const std::size_t path = referer.find('/', host + 3);
  if (path == std::string_view::npos || lower_ascii(referer.substr(host + 3, path - host - 3)) != lower_ascii(request.header("host"))) return "/";
  return local_path(referer.substr(path));
}

/// What staff say they read for stands in a cookie of their browser; whether they may claim it is judged with each question.
void claim_purpose(const http::Request& request, std::shared_ptr<Principal>& who) {
  const std::string_view claimed = request.cookie(purpose_cookie(request));
  if (!who || who->kind != PrincipalKind::staff || claimed.empty() || claimed.size() > 40) return;
  auto copy = std::make_shared<Principal>(*who);   // the one in the cache is everybody's
  copy->purpose = std::string(claimed);
  who = std::move(copy);
}

/// What is open to somebody who is in with an administrator's password: replacing it (after a fresh log-in), leaving, and what is open to everybody.
bool open_to_provisional(const http::Route& route) {
  return route.options.permission == "public" || route.pattern == kOwnPassword || route.pattern == "/staff/confirm" || route.pattern == "/staff/logout";
}

http::Response to_login(std::string_view page, const std::string& next) {
  http::Response r = http::see_other(next == "/" ? std::string(page) : std::string(page) + "?next=" + http::url_encode(next));
  r.header("Cache-Control", "no-store");
  return r;
}
}  // namespace

Gate::Gate(store::Store& store, vault::Vault& vault, const Clock& clock, Rng& rng, Sessions& sessions, PolicyNow policy)
    : store_(store), vault_(vault), clock_(clock), rng_(rng), sessions_(sessions), policy_(std::move(policy)) {}

std::shared_ptr<Principal> Gate::visitor(const std::optional<Token>& known) {
  const Token token = known ? *known : new_token(vault_, rng_, TokenKind::visitor, clock_.now());
  auto p = std::make_shared<Principal>();
  p->session = token_digest(vault_, token);
  p->csrf = csrf_of(vault_, token);
  if (!known) p->fresh_cookie = token.text;
  return p;
}

Result<Gate::Caller> Gate::identify(const http::Request& request) {
  Caller caller;
  const std::string_view authorization = request.header("authorization");
  if (lower_ascii(authorization.substr(0, kBearer.size())) == kBearer) {
    auto token = parse_token(vault_, trim(authorization.substr(kBearer.size())));
    if (token && token->kind == TokenKind::client) {
      MACHIYA_TRY(caller.principal, sessions_.find(*token));
    }
    return caller;  // no principal: a token that is not ours, or revoked
  }
  auto token = parse_token(vault_, request.cookie(session_cookie_name(request.secure)));
  if (token && token->kind == TokenKind::session) {
    MACHIYA_TRY(caller.principal, sessions_.find(*token));
    claim_purpose(request, caller.principal);
    if (caller.principal) return caller;
    caller.former_csrf = csrf_of(vault_, *token);
    caller.former = std::move(token);
    token.reset();
  }
  const bool usable = token && token->kind == TokenKind::visitor && clock_.now().us - token->issued.us < kVisitorCookie;
  caller.principal = visitor(usable ? token : std::nullopt);
  return caller;
}

std::optional<http::Response> Gate::check(http::Request& request, const http::Route& route) {
  if (route.options.permission == kDevice) {
    request.principal = visitor(std::nullopt);   // cookies and tokens of people and programs count for nothing here
    return std::nullopt;
  }
  auto found = identify(request);
  if (!found.ok()) return http::problem(found.error(), request);
  Caller caller = std::move(*found);
  if (!caller.principal) return unauthenticated(request);
  if (is_unsafe(request.method) && caller.principal->kind != PrincipalKind::client)
    if (auto refusal = check_form(request, route, caller)) return refusal;
  request.principal = caller.principal;
  if (auto first = own_password_first(request, route, *caller.principal)) return first;
  const Verdict verdict = decide(route.options.permission, *caller.principal, *policy_());
  if (verdict == Verdict::granted) return step_up(request, route, *caller.principal);
  if (verdict == Verdict::unknown) log(LogLevel::error, "route-without-permission", {{"route", route.pattern}});
  return answer_refusal(request, route, caller, static_cast<int>(verdict));
}

std::optional<http::Response> Gate::check_head(http::Request& request, const http::Route& route) {
  if (route.options.permission == kDevice) return std::nullopt;
  auto caller = identify(request);
  if (!caller.ok()) return http::problem(caller.error(), request);
  if (!caller->principal) return unauthenticated(request);
  if (caller->former && !asks_for_data(request)) return std::nullopt;
  if (auto first = own_password_first(request, route, *caller->principal)) return first;
  const Verdict verdict = decide(route.options.permission, *caller->principal, *policy_());
  if (verdict == Verdict::granted) return std::nullopt;
  return answer_refusal(request, route, *caller, static_cast<int>(verdict));
}

/// Cross-site request forgery: the token of the session, and what the browser says about the page it came from.
std::optional<http::Response> Gate::check_form(http::Request& request, const http::Route& route, Caller& caller) {
  const Origin origin = origin_of(request);
  const std::string_view sent = form_token(request);
  const bool ours = origin != Origin::foreign && vault::equal_secret(sent, caller.principal->csrf);
  if (ours) return std::nullopt;
  if (!route.options.csrf) {
    // Made for programs: without the token a browser's cookies count for nothing here.
    caller.principal = visitor(std::nullopt);
    return std::nullopt;
  }
  if (origin != Origin::foreign && !caller.former_csrf.empty() && vault::equal_secret(sent, caller.former_csrf)) {
    return std::nullopt;  // ours, of a session that is over: the permission decides, what was typed is kept
  }
  request.principal = caller.principal;
  if (origin == Origin::ours && has_session(*caller.principal) && !asks_for_data(request)) {
    // Another tab logged in meanwhile: the browser vouches for our page; show what was typed once more.
    const std::string path = park(request, Sessions::owner_name(caller.principal->kind, caller.principal->id));
    if (!path.empty()) return http::see_other(path);
  }
  log(LogLevel::warn, "form-token-refused", {{"route", route.pattern}, {"request", request.id}});
  return http::problem(Error(ErrorCode::forbidden, "the form has no valid token; open the page again"), request);
}

std::optional<http::Response> Gate::own_password_first(const http::Request& request, const http::Route& route, const Principal& who) const {
  if (!who.provisional || open_to_provisional(route)) return std::nullopt;
  if (asks_for_data(request)) return http::problem(Error(ErrorCode::forbidden, "replace the first password before anything else"), request);
  http::Response r = http::see_other(std::string(kOwnPassword));
  r.header("Cache-Control", "no-store");
  return r;
}

/// A sensitive act asks for a fresh log-in: a browser that was left open must not be enough. What was posted is kept.
std::optional<http::Response> Gate::step_up(http::Request& request, const http::Route& route, const Principal& who) {
  if (route.options.step_up_minutes == 0 || !has_session(who)) return std::nullopt;
  if (clock_.now().us - who.authentication.at.us <= route.options.step_up_minutes * kMinute) return std::nullopt;
  // RFC 9470 §3 says "insufficient_user_authentication" of tokens; sessions get the same name.
  if (asks_for_data(request)) return unauthenticated(request, "insufficient_user_authentication: log in again, then repeat this");
  std::string next;
  if (is_unsafe(request.method)) next = park(request, Sessions::owner_name(who.kind, who.id));
  if (next.empty()) next = return_path(request);
  return to_login(who.kind == PrincipalKind::staff ? "/staff/confirm" : "/login/confirm", next);
}

http::Response Gate::answer_refusal(http::Request& request, const http::Route& route, const Caller& caller, int verdict) {
  const auto v = static_cast<Verdict>(verdict);
  if (v == Verdict::token_needed) return unauthenticated(request);
  if (v != Verdict::citizen_login && v != Verdict::staff_login) {
    log(LogLevel::warn, "access-refused", {{"actor", caller.principal->actor()}, {"needs", route.options.permission}, {"route", route.pattern}, {"request", request.id}});
    return http::problem(Error(ErrorCode::forbidden, "this needs: " + route.options.permission), request);
  }
  if (asks_for_data(request)) return unauthenticated(request);
  std::string next;
  if (is_unsafe(request.method) && caller.former) {
    auto owner = sessions_.owner_of(*caller.former);
    if (owner.ok() && !owner->empty()) next = park(request, *owner);
  }
  if (next.empty()) next = return_path(request);
  return to_login(v == Verdict::staff_login ? "/staff/login" : "/login", next);
}

std::string Gate::park(const http::Request& request, const std::string& owner) {
  if (request.form_pairs.empty() || local_path(request.target) == "/") return {};
  json::Value fields = json::Value::array();
  std::size_t size = 0;
  for (const auto& [name, value] : request.form_pairs) {
    if (name == "csrf" || is_secret(name)) continue;
    size += name.size() + value.size();
    json::Value pair = json::Value::array();
    fields.push(pair.push(name).push(value));
  }
  if (size > kParkLimit) return {};
  json::Value form = json::Value::object({{"path", request.target}, {"fields", std::move(fields)}});
  const std::string ticket = new_public_id(rng_);
  const std::string sealed = vault_.seal_secret(kParkContext, json::to_text(form));
  auto stored = store_.write([&](store::Tx& tx) {
    return session_dao::park(tx, vault_.digest("parked", ticket), owner, sealed, clock_.now(), kParkedPerOwner);
  });
  if (!stored.ok()) {
    log(LogLevel::error, "form-not-kept", {{"error", stored.error().to_string()}});
    return {};
  }
  return "/login/continue/" + ticket;
}

Result<Identity::ParkedForm> Gate::parked_form(std::string_view ticket, const Principal& owner) {
  const std::string digest = vault_.digest("parked", ticket);
  const std::string name = Sessions::owner_name(owner.kind, owner.id);
  MACHIYA_TRY(auto sealed, store_.read([&](store::ReadTx& tx) {
    return session_dao::parked(tx, digest, name, Instant{clock_.now().us - kHour});
  }));
  if (!sealed) return Error(ErrorCode::not_found, "nothing is kept under this address for you");
  MACHIYA_TRY(const std::string text, vault_.open_secret(kParkContext, *sealed));
  MACHIYA_TRY(const json::Value form, json::parse(text));
  Identity::ParkedForm out;
  out.path = form.text("path");
  for (const auto& pair : form["fields"].items()) out.fields.emplace_back(pair[std::size_t{0}].as_string(), pair[std::size_t{1}].as_string());
  return out;
}

void Gate::finish(const http::Request& request, http::Response& response) const {
  if (!request.principal || response.events) return;
  const Principal& p = principal_of(request);
  if (p.csrf.empty() || response.body.find(p.csrf) == std::string::npos) return;
  bool stored = false;
  for (const auto& [name, value] : response.headers) stored = stored || lower_ascii(name) == "cache-control";
  if (!stored) response.header("Cache-Control", "no-store");
  if (p.fresh_cookie.empty()) return;
  std::string cookie = session_cookie_name(request.secure) + "=" + p.fresh_cookie + "; Path=/; HttpOnly; SameSite=Lax";
  if (request.secure) cookie += "; Secure";
  response.header("Set-Cookie", std::move(cookie));
}

}  // namespace machiya::identity
