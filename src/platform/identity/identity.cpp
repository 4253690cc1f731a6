#include "platform/identity/identity.h"

#include <mutex>

#include "base/log.h"
#include "platform/audit/audit.h"
#include "platform/http/host_cookie.h"
#include "platform/identity/api_clients.h"
#include "platform/identity/citizen_login.h"
#include "platform/identity/decision.h"
#include "platform/identity/emergencies.h"
#include "platform/identity/evidence.h"
#include "platform/identity/gate.h"
#include "platform/identity/outside_logins.h"
#include "platform/identity/passkeys.h"
#include "platform/identity/people.h"
#include "platform/identity/policy.h"
#include "platform/identity/recovery.h"
#include "platform/identity/session_door.h"
#include "platform/identity/sessions.h"
#include "platform/identity/staff_accounts.h"
#include "platform/identity/staff_dao.h"
#include "platform/identity/staff_login.h"
#include "platform/identity/ties.h"
#include "platform/vault/vault.h"

namespace machiya::identity {
std::string Principal::actor() const {
  switch (kind) {
    case PrincipalKind::citizen: return "person:" + public_id;
    case PrincipalKind::staff: return "staff:" + public_id;
    case PrincipalKind::client: return "client:" + public_id;
    case PrincipalKind::visitor: break;
  }
  return "visitor";
}

const Principal& principal_of(const http::Request& request) {
  static const Principal nobody;
  return request.principal ? *static_cast<const Principal*>(request.principal.get()) : nobody;
}

std::string session_cookie_name(bool secure) { return http::host_cookie(secure, "machiya"); }

struct Identity::Impl {
  store::Store& store;
  audit::Audit& audit;
  const Clock& clock;
  Options options;
  vault::SystemRng rng;
  Sessions sessions;
  SessionDoor door;
  CitizenLogin citizens;
  StaffLogin staff;
  StaffAccounts accounts;
  OutsideLogins outside;
  ApiClients clients;
  Passkeys passkeys;
  Recovery recovery;
  Ties ties;
  Emergencies emergencies;
  Gate gate;
  mutable std::mutex policy_mutex;
  std::shared_ptr<const Policy> policy = std::make_shared<const Policy>();   ///< an empty one: nobody may

  Impl(store::Store& s, vault::Vault& v, audit::Audit& a, const Clock& c, CodeSender& sender, Options o)
      : store(s), audit(a), clock(c), options(std::move(o)), sessions(s, v, c, rng, options),
        door(v, a, sessions), citizens(s, v, a, c, rng, sender, door, options), staff(s, v, a, c, rng, sessions, door, options), accounts(v, a, c, rng, sessions, staff),
        outside(v, a, c, rng, sessions), clients(s, v, a, c, rng, sessions),
        passkeys(s, v, a, c, rng, sender, door, sessions, options), recovery(s, v, a, c, rng, sender, door, sessions, accounts, options),
        ties(v, a, c, rng), emergencies(v, a, c, rng), gate(s, v, c, rng, sessions, [this] { return policy_now(); }) {}

  std::shared_ptr<const Policy> policy_now() const {
    std::lock_guard lock(policy_mutex);
    return policy;
  }
};

Identity::Identity(store::Store& store, vault::Vault& vault, audit::Audit& audit, const Clock& clock, CodeSender& sender, Options options)
    : impl_(std::make_unique<Impl>(store, vault, audit, clock, sender, std::move(options))) {
  impl_->accounts.allow_with([this](const Principal& who, std::string_view permission) { return allowed(who, permission); });
  impl_->recovery.allow_with([this](const Principal& who, std::string_view permission) { return allowed(who, permission); });
  const std::string& text = impl_->options.policy_text;
  if (text.empty()) return;
  if (auto state = reload_policy(text); !state.ok())
    log(LogLevel::error, "policy-refused", {{"error", state.error().to_string()}});  // everything stays denied
}
Identity::~Identity() = default;

http::Router::Gate Identity::gate() {
  return [impl = impl_.get()](http::Request& request, const http::Route& route) { return impl->gate.check(request, route); };
}
http::Router::Gate Identity::head_gate() {
  return [impl = impl_.get()](http::Request& request, const http::Route& route) { return impl->gate.check_head(request, route); };
}
http::Router::Finisher Identity::finisher() {
  return [impl = impl_.get()](const http::Request& request, http::Response& response) { impl->gate.finish(request, response); };
}

bool Identity::allowed(const Principal& principal, std::string_view permission, std::string_view department) const {
  Resource where;
  where.department = std::string(department);
  return decide(principal, permission, where).allowed();
}
Decision Identity::decide(const Principal& principal, std::string_view action, const Resource& resource) const {
  return judge(*impl_->policy_now(), principal, action, resource, impl_->clock.now());
}
Result<Decision> Identity::decide(store::ReadTx& tx, const Principal& principal, std::string_view action, Resource resource, std::string_view object) const {
  Decision first = decide(principal, action, resource);
  if (first.allowed()) return first;
  MACHIYA_TRY(const auto people, impl_->ties.between(tx, principal, resource.person));
  MACHIYA_TRY(const auto emergencies, impl_->emergencies.between(tx, principal, object));
  if (people.empty() && emergencies.empty()) return first;
  for (const auto* ties : {&people, &emergencies}) resource.ties.insert(resource.ties.end(), ties->begin(), ties->end());
  return decide(principal, action, resource);
}
std::shared_ptr<const Policy> Identity::policy() const { return impl_->policy_now(); }
Ties& Identity::ties() { return impl_->ties; }
Emergencies& Identity::emergencies() { return impl_->emergencies; }

Result<void> Identity::reload_policy(std::string_view policy_text) {
  MACHIYA_TRY(Policy policy, Policy::parse(policy_text));
  std::lock_guard lock(impl_->policy_mutex);
  impl_->policy = std::make_shared<const Policy>(std::move(policy));
  return {};
}

Result<Identity::CodeRequest> Identity::request_code(std::string_view email, std::string_view remote, std::string_view lang) {
  return impl_->citizens.request(email, remote, lang);
}
Result<Identity::CodeRequest> Identity::request_own_code(const Principal& who, std::string_view remote, std::string_view lang) {
  if (who.kind != PrincipalKind::citizen) return Error(ErrorCode::forbidden, "only citizens get codes by mail");
  MACHIYA_TRY(const std::string email, impl_->store.read([&](store::ReadTx& tx) { return email_of(tx, who.id); }));
  return impl_->citizens.request(email, remote, lang);
}
Result<std::string> Identity::redeem_code(std::string_view ticket, std::string_view code, const Principal& before, std::string_view device) {
  return impl_->citizens.redeem(ticket, code, before, device);
}
Result<std::string> Identity::staff_login(std::string_view name, std::string_view password, std::string_view totp, std::string_view remote,
                                          const Principal& before, std::string_view device) {
  return impl_->staff.login(name, password, totp, remote, before, device);
}
Result<std::string> Identity::staff_confirm(const Principal& who, std::string_view password, std::string_view totp, std::string_view remote, std::string_view device) {
  if (who.kind != PrincipalKind::staff) return Error(ErrorCode::forbidden, "only a member of staff confirms with a password");
  MACHIYA_TRY(const auto staff, impl_->store.read([&](store::ReadTx& tx) { return staff_dao::by_id(tx, who.id); }));
  if (!staff) return Error(ErrorCode::not_found, "there is no such account");
  return impl_->staff.login(staff->name, password, totp, remote, who, device);
}
Result<std::int64_t> Identity::put_staff(store::Tx& tx, std::string_view name, std::string_view display, std::string_view password,
                                         std::string_view totp_secret, const std::vector<std::string>& roles, std::string_view department) {
  return impl_->staff.put(tx, name, display, password, totp_secret, roles, department);
}

Result<void> Identity::change_password(const Principal& who, std::string_view present, std::string_view wanted, std::string_view remote) {
  return impl_->staff.change_password(who, present, wanted, remote);
}

Result<void> Identity::logout(const Principal& principal) {
  if (!has_session(principal)) return {};
  return impl_->store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_CHECK(impl_->sessions.end(tx, principal.session));
    audit::Entry entry;
    entry.actor = principal.actor();
    entry.action = "session.close";
    entry.object = principal.actor();
    return impl_->audit.append(tx, entry);
  });
}

Passkeys& Identity::passkeys() { return impl_->passkeys; }
Recovery& Identity::recovery() { return impl_->recovery; }
StaffAccounts& Identity::staff_accounts() { return impl_->accounts; }
Result<std::string> Identity::open_session(store::Tx& tx, const Principal& who, Authentication how, const Principal& before, std::string_view device) {
  return impl_->door.open(tx, who, how, before, device);
}
Result<std::vector<Identity::OpenSession>> Identity::open_sessions(const Principal& who) {
  return impl_->store.read([&](store::ReadTx& tx) { return impl_->door.list(tx, who); });
}
Result<void> Identity::end_session(const Principal& who, std::string_view handle) {
  return impl_->store.write([&](store::Tx& tx) { return impl_->door.end(tx, who, handle); });
}
Result<int> Identity::end_other_sessions(const Principal& who) {
  return impl_->store.write([&](store::Tx& tx) { return impl_->door.end_others(tx, who); });
}

Result<void> Identity::end_sessions(store::Tx& tx, PrincipalKind kind, std::int64_t id) { return impl_->sessions.end_all(tx, kind, id); }
void Identity::on_login(LoginHook hook) { impl_->door.on_login(std::move(hook)); }

Result<void> Identity::verify_person(store::Tx& tx, std::string_view person_public_id, const Principal& clerk, std::string_view evidence) {
  const Decision may = decide(clerk, "person.verify", {});
  if (!may.allowed()) return Error(ErrorCode::forbidden, "this needs: person.verify");
  if (!is_evidence(evidence)) return Error(ErrorCode::invalid_input, "name the kind of evidence, such as my-number-card", "evidence");
  MACHIYA_TRY(auto person, person_dao::by_public_id(tx, person_public_id));
  if (!person) return Error(ErrorCode::not_found, "there is no such person");
  MACHIYA_TRY(const bool raised, person_dao::raise_assurance(tx, person->id, static_cast<int>(Assurance::verified), impl_->clock.now()));
  if (raised) MACHIYA_CHECK(impl_->sessions.changed(tx, Sessions::owner_name(PrincipalKind::citizen, person->id)));
  audit::Entry entry;
  entry.actor = clerk.actor();
  entry.action = "person.verify";
  entry.object = "person:" + person->public_id;
  entry.purpose = may.purpose;
  entry.facts = json::Value::object({{"evidence", evidence}, {"department", clerk.department}});
  return impl_->audit.append(tx, entry);
}

Result<std::string> Identity::create_client(std::string_view name, const std::vector<std::string>& scopes, const Principal& by, int days,
                                            const Seat& seat) {
  if (by.kind != PrincipalKind::staff || !allowed(by, "admin.clients")) return Error(ErrorCode::forbidden, "this needs: admin.clients");
  for (const std::string& role : seat.roles)
    if (!impl_->policy_now()->has_role(role)) return Error(ErrorCode::invalid_input, "the policy has no role '" + role + "'", "role");
  if (seat.roles.empty() != seat.department.empty()) return Error(ErrorCode::invalid_input, "a role and a department go together", seat.roles.empty() ? "role" : "department");
  return impl_->clients.create(name, scopes, days, seat, by);
}
Result<std::vector<Identity::ApiClient>> Identity::clients(store::ReadTx& tx) {
  MACHIYA_TRY(auto rows, staff_dao::clients(tx));
  std::vector<ApiClient> out;
  for (auto& c : rows) out.push_back({c.public_id, c.name, c.scopes, {c.roles, c.department}, c.created, c.expires, c.last_used, c.revoked});
  return out;
}
Result<void> Identity::revoke_client(std::string_view name, const Principal& by) {
  if (!allowed(by, "admin.clients")) return Error(ErrorCode::forbidden, "this needs: admin.clients");
  return impl_->clients.revoke(name, by);
}

Result<Principal> Identity::ensure_person(store::Tx& tx, std::string_view email, Assurance assurance) {
  return impl_->citizens.ensure_person(tx, email, assurance);
}
OutsideLogins& Identity::outside_logins() { return impl_->outside; }
Result<std::string> Identity::email_of(store::ReadTx& tx, std::int64_t person) { return impl_->citizens.email_of(tx, person); }

namespace {
Result<Principal> citizen_of(const std::optional<person_dao::Person>& person) {
  if (!person) return Error(ErrorCode::not_found, "there is no such person");
  return citizen_principal(*person);
}
}  // namespace

Result<Principal> Identity::person_of(store::ReadTx& tx, std::string_view public_id) {
  MACHIYA_TRY(auto person, person_dao::by_public_id(tx, public_id));
  return citizen_of(person);
}

Result<Principal> Identity::person_by_key(store::ReadTx& tx, std::int64_t id) {
  MACHIYA_TRY(auto person, person_dao::by_id(tx, id));
  return citizen_of(person);
}

Result<Principal> Identity::find_person(store::ReadTx& tx, std::string_view email) { return impl_->citizens.find(tx, email); }

namespace {
Identity::StaffMember member_of(staff_dao::Staff s) {
  return {s.id, std::move(s.public_id), std::move(s.name), std::move(s.display), std::move(s.department), std::move(s.roles), s.active};
}
}  // namespace

Result<std::optional<Identity::StaffMember>> Identity::staff_member(store::ReadTx& tx, std::string_view public_id) {
  MACHIYA_TRY(auto found, staff_dao::by_public_id(tx, public_id));
  if (!found) return std::optional<StaffMember>();
  return std::optional(member_of(std::move(*found)));
}

Result<std::vector<Identity::StaffMember>> Identity::staff(store::ReadTx& tx) {
  MACHIYA_TRY(auto rows, staff_dao::all(tx));
  std::vector<StaffMember> out;
  for (auto& s : rows) out.push_back(member_of(std::move(s)));
  return out;
}

Result<void> Identity::set_staff_active(store::Tx& tx, std::string_view name, bool active, const Principal& by) {
  if (!allowed(by, "admin.staff")) return Error(ErrorCode::forbidden, "this needs: admin.staff");
  MACHIYA_TRY(auto staff, staff_dao::by_name(tx, name));
  if (!staff) return Error(ErrorCode::not_found, "there is no account of this name");
  MACHIYA_CHECK(staff_dao::set_active(tx, staff->id, active));
  if (!active) MACHIYA_CHECK(impl_->sessions.end_all(tx, PrincipalKind::staff, staff->id));
  audit::Entry entry;
  entry.actor = by.actor();
  entry.action = active ? "staff.reopen" : "staff.close";
  entry.object = "staff:" + staff->public_id;
  return impl_->audit.append(tx, entry);
}

Result<Identity::ParkedForm> Identity::parked_form(std::string_view ticket, const Principal& owner) {
  return impl_->gate.parked_form(ticket, owner);
}
std::string Identity::demonstration_totp_code() const { return impl_->staff.demonstration_code(); }
Result<std::string> Identity::demonstration_code(std::string_view ticket) const { return impl_->citizens.shown_code(ticket); }
const Options& Identity::options() const { return impl_->options; }
Result<void> Identity::maintain() { return impl_->sessions.maintain(); }

std::string_view demonstration_policy() {
  return R"json({"purposes":{
  "decide":  {"for":["case.list","case.read","case.note","case.assign","case.correct","case.decide","case.approve","case.export"]},
  "counter": {"for":["person.*","case.list","case.read"]},
  "audit":   {"for":["audit.read","case.list"]},
  "operate": {"for":["*"]}
},"relations":{
  "owner": {"may":["case.*","draft.*"]}, "holder": {"may":["case.status"]}, "signed-out": {"may":["draft.add"]}, "sender": {"may":["case.status"]}
},"roles":{
  "clerk":     {"permissions":["case.list","case.read","case.note","case.assign","case.correct","case.decide","case.export","statistics.read"],"scope":"own-department","purposes":["decide","operate"]},
  "approver":  {"permissions":["case.list","case.read","case.note","case.assign","case.correct","case.decide","case.approve","case.export","statistics.read"],"scope":"own-department","purposes":["decide","operate"]},
  "counter":   {"permissions":["person.verify","person.search","case.list","case.read"],"scope":"all","purposes":["counter"]},
  "moderator": {"permissions":["photo.release","case.list","case.read"],"scope":"all","purposes":["operate"]},
  "admin":     {"permissions":["*"],"scope":"all","purposes":["operate"]},
  "auditor":   {"permissions":["audit.read","case.list"],"scope":"all","purposes":["audit"]}
}})json";
}

}  // namespace machiya::identity
