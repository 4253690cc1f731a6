#include "platform/oidc/sign_in.h"

#include <algorithm>

#include "base/text.h"
#include "platform/identity/authentication.h"
#include "platform/oidc/pending_dao.h"
#include "platform/vault/rotation.h"
#include "platform/vault/vault.h"

namespace machiya {
std::vector<store::Migration> sql_migrations_oidc();
}

namespace machiya::oidc {
namespace {
using jose::fault;
constexpr std::string_view kContext = "oidc-pending/attempt";
constexpr std::int64_t kKeepUsed = kDay;

std::string digest_of(const vault::Vault& vault, std::string_view what, std::string_view secret) { return vault.digest("oidc-" + std::string(what), secret); }

std::string method_of(const Definition& definition) { return "oidc:" + definition.id; }

/// When the person gave the proof: what the provider says, where it does. No later than now, whatever its clock.
Instant proved_at(const json::Value& claims, Instant now) {
  const auto at = jose::seconds_of(claims, "auth_time");
  return at.ok() ? std::min(Instant{*at * kSecond}, now) : now;
}
}  // namespace

SignIn::SignIn(store::Store& store, vault::Vault& vault, identity::Identity& identity, const outbound::Outbound& door, const Clock& clock, Rng& rng, std::string base_url, Ports ports)
    : store_(store), vault_(vault), identity_(identity), clock_(clock), rng_(rng), base_url_(std::move(base_url)), ports_(std::move(ports)), cache_(door, clock),
      exchange_(door, cache_, clock, rng) {}

std::vector<store::Migration> SignIn::migrations() { return sql_migrations_oidc(); }

std::vector<Provider> SignIn::providers(Audience audience) const {
  std::vector<Provider> out = ports_.providers();
  out.erase(std::remove_if(out.begin(), out.end(), [&](const Provider& p) { return p.definition->audience != audience; }), out.end());
  return out;
}
Result<Provider> SignIn::provider(std::string_view id) const {
  for (Provider& one : ports_.providers())
    if (one.definition->id == id) return std::move(one);
  return Error(ErrorCode::not_found, "no such provider", "provider-unknown");
}
/// One address for each provider: an answer that comes to another's is not this one's (mix-up; RFC 9700 §4.4).
std::string SignIn::redirect_uri(std::string_view provider) const { return base_url_ + "/login/with/" + std::string(provider) + "/callback"; }

Result<std::vector<Provider>> SignIn::more_for(const identity::Principal& citizen) const {
  MACHIYA_TRY(const auto have, store_.read([&](store::ReadTx& tx) { return identity_.outside_logins().methods(tx, citizen); }));
  std::vector<Provider> out = providers(Audience::citizens);
  out.erase(std::remove_if(out.begin(), out.end(), [&](const Provider& p) { return std::find(have.begin(), have.end(), method_of(*p.definition)) != have.end(); }), out.end());
  return out;
}

Result<Departure> SignIn::depart(const Provider& provider, const std::string& browser, const Purpose& purpose) {
  MACHIYA_TRY(const auto metadata, cache_.metadata(provider.issuer));
  const Attempt attempt{new_secret(rng_), new_secret(rng_), new_secret(rng_), redirect_uri(provider.definition->id)};
  // With max_age the answer says when the person logged in (Core §2, auth_time): a session from there is as old as that.
  const Form more = purpose.fresh ? Form{{"prompt", "login"}, {"max_age", std::to_string(identity::kStepUpMinutes * 60)}} : Form{};
  Departure out{authorization_url(*metadata, provider, attempt, more), browser.size() == 43 ? browser : new_secret(rng_)};
  const Instant now = clock_.now();
  pending_dao::Pending row;
  row.state = digest_of(vault_, "state", attempt.state);
  row.provider = provider.definition->id;
  row.browser = digest_of(vault_, "browser", out.browser);
  row.sealed = vault_.seal_secret(kContext, json::to_text(json::Value::object({{"verifier", attempt.verifier}, {"nonce", attempt.nonce}, {"next", purpose.next}})));
  row.person = purpose.adding ? purpose.adding->id : 0;
  row.created = now;
  row.expires = Instant{now.us + kPendingMinutes * kMinute};
  MACHIYA_CHECK(store_.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_CHECK(pending_dao::remove_before(tx, Instant{now.us - kKeepUsed}));
    return pending_dao::insert(tx, row);
  }));
  return out;
}

/// Whose answer is this? Uses the row up.
Result<SignIn::Claimed> SignIn::claim(const std::string& provider, const http::Request& request, const std::string& browser) {
  MACHIYA_CHECK(check_once(request.query_pairs));   // code_in() asks it of every answer, but by then this one's row is used up
  const std::string state(request.query("state").value_or(""));
  if (state.empty()) return fault("state-missing", "the answer belongs to no log-in");
  const std::string digest = digest_of(vault_, "state", state);
  using Found = std::optional<pending_dao::Pending>;
  MACHIYA_TRY(const Found row, store_.read([&](store::ReadTx& tx) { return pending_dao::find(tx, digest); }));
  if (!row) return fault("state-unknown", "the answer belongs to no log-in of ours");
  if (browser.empty() || !vault::equal_secret(row->browser, digest_of(vault_, "browser", browser))) return fault("browser-foreign", "another browser began this log-in");
  if (row->used) return fault("state-used", "this log-in has had its answer");
  MACHIYA_TRY(const bool first, store_.write([&](store::Tx& tx) { return pending_dao::use(tx, digest, clock_.now()); }));
  if (!first) return fault("state-used", "this log-in has had its answer");
  if (row->expires <= clock_.now()) return fault("state-expired", "this log-in began too long ago");
  if (row->provider != provider) return fault("provider-swapped", "another provider was asked");
  MACHIYA_TRY(const std::string text, vault_.open_secret(kContext, row->sealed));
  MACHIYA_TRY(const json::Value sealed, json::parse(text));
  return Claimed{{state, sealed.text("nonce"), sealed.text("verifier"), redirect_uri(provider)}, sealed.text("next"), row->person};
}

Result<Arrival> SignIn::arrive(std::string_view id, const http::Request& request, const std::string& browser) {
  MACHIYA_TRY(const Provider provider, this->provider(id));
  MACHIYA_TRY(const Claimed claimed, claim(provider.definition->id, request, browser));
  MACHIYA_TRY(const auto metadata, cache_.metadata(provider.issuer));
  MACHIYA_TRY(const std::string code, code_in(request.query_pairs, provider, *metadata));
  MACHIYA_TRY(const Vouched vouched, exchange_.redeem(provider, *metadata, claimed.attempt, code));
  MACHIYA_TRY(std::string session, store_.write([&](store::Tx& tx) { return admit(tx, provider, claimed, vouched, request); }));
  return Arrival{std::move(session), claimed.next, provider.definition->audience};
}

Result<identity::Principal> SignIn::citizen_of(store::Tx& tx, const Provider& provider, const Claimed& claimed, const Vouched& vouched, const http::Request& request) {
  const Definition& definition = *provider.definition;
  identity::OutsideLogins& logins = identity_.outside_logins();
  const std::string method = method_of(definition);
  const std::string subject = digest_of(vault_, "subject", definition.id + "\n" + provider.issuer + "\n" + vouched.subject);
  const identity::Principal& now = identity::principal_of(request);
  identity::Principal who;
  if (claimed.person != 0) {
    if (now.kind != identity::PrincipalKind::citizen || now.id != claimed.person) return fault("link-foreign", "somebody else is logged in now");
    who = now;
    MACHIYA_CHECK(logins.add_way(tx, who, method, subject));
  } else {
    MACHIYA_TRY(const auto known, logins.person(tx, method, subject));
    if (known) {
      who = *known;
    } else {
      MACHIYA_TRY(who, logins.add_person(tx, method, subject, definition.assurance));
    }
  }
  MACHIYA_CHECK(logins.raise(tx, who, definition.assurance, definition.id));
  const json::Value facts = facts_from(definition, vouched.claims);
  if (facts.size() > 0 && ports_.keep_facts) MACHIYA_CHECK(ports_.keep_facts(tx, who, facts, definition.id, request.id));
  return who;
}

Result<std::string> SignIn::admit(store::Tx& tx, const Provider& provider, const Claimed& claimed, const Vouched& vouched, const http::Request& request) {
  const Definition& definition = *provider.definition;
  identity::Principal who;
  if (definition.audience == Audience::staff) {
    MACHIYA_TRY(const auto account, identity_.outside_logins().staff(tx, vouched.claims.text(definition.account_claim)));
    if (!account) return fault("account-unknown", "no open account of the name that the provider gives");
    who = *account;
  } else {
    MACHIYA_TRY(who, citizen_of(tx, provider, claimed, vouched, request));
    if (claimed.person != 0) return std::string();
  }
  const identity::Authentication how{identity::Method::provider, definition.strength, proved_at(vouched.claims, clock_.now())};
  return identity_.open_session(tx, who, how, identity::principal_of(request), identity::device_of(request.header("user-agent")));
}

std::vector<vault::SecretColumn> SignIn::secret_columns() { return {{"oidc_pending", "id", true, "sealed", kContext}}; }

}  // namespace machiya::oidc
