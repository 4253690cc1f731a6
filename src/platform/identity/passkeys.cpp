#include "platform/identity/passkeys.h"

#include "base/log.h"
#include "base/text.h"
#include "platform/audit/audit.h"
#include "platform/identity/audit_entry.h"
#include "platform/identity/notices.h"
#include "platform/identity/people.h"
#include "platform/identity/person_dao.h"
#include "platform/identity/recovery_dao.h"
#include "platform/identity/sealed_columns.h"
#include "platform/identity/staff_dao.h"
#include "platform/vault/vault.h"
#include "platform/webauthn/webauthn.h"

namespace machiya::identity {
namespace {
constexpr std::string_view kAdd = "add";
constexpr std::int64_t kChallengeFor = 5 * kMinute;
constexpr std::size_t kChallengeBytes = 32;
constexpr std::size_t kMostPasskeys = 20;
constexpr std::size_t kMostNameBytes = 100;
constexpr int kTimeoutMs = 300'000;   // as long as the challenge lives

Error wrong() { return Error(ErrorCode::invalid_input, "the passkey was not accepted", "passkey"); }
Error impossible() { return Error(ErrorCode::precondition_failed, "passkeys need the site's own name in the address"); }
std::string_view purpose_of(PrincipalKind side) { return side == PrincipalKind::staff ? "staff" : "citizen"; }
passkey_dao::Owner owner_from(const Principal& p) { return {static_cast<int>(p.kind), p.id}; }

std::vector<webauthn::Algorithm> algorithms() {
  using A = webauthn::Algorithm;
  return {A::eddsa, A::es256, A::es384, A::es512, A::ps256, A::rs256};
}
json::Value descriptor(const std::string& credential) { return json::Value::object({{"type", "public-key"}, {"id", credential}}); }
std::string user_handle(const Principal& p) { return vault::base64url(p.public_id); }
Result<std::string> name_from(std::string_view typed) {
  std::string name(trim(typed));
  if (name.empty() || name.size() > kMostNameBytes || !is_utf8(name)) return Error(ErrorCode::invalid_input, "give the passkey a name of at most 100 bytes", "name");
  return name;
}
}  // namespace

/// What came from the browser, its bytes decoded.
struct Passkeys::Answer {
  std::string credential, challenge, user_handle;   ///< as base64url
  std::string client_data, attestation_object, authenticator_data, signature;
};

Passkeys::Passkeys(store::Store& store, vault::Vault& vault, audit::Audit& audit, const Clock& clock, Rng& rng, CodeSender& sender, SessionDoor& door,
                   Sessions& sessions, const Options& options)
    : store_(store), vault_(vault), audit_(audit), clock_(clock), rng_(rng), sender_(sender), door_(door), sessions_(sessions), options_(options) {}

std::optional<webauthn::RelyingParty> Passkeys::party(std::string_view host) const {
  for (const std::string& url : {options_.staff_url, options_.base_url}) {
    if (url.empty()) continue;
    const std::size_t from = url.find("://") + 3;
    const std::string authority = url.substr(from, url.find('/', from) - from);
    if (url == options_.staff_url && lower_ascii(host) != authority) continue;   // the console's own name, on its own pages only
    return webauthn::RelyingParty{authority.substr(0, authority.find(':')), {url.substr(0, from) + authority}};
  }
  // The demonstration listens on loopback only, on a port that may change: its name is localhost, its origin what the browser shows.
  const std::string name = lower_ascii(host);
  if (options_.demonstration && (name == "localhost" || starts_with(name, "localhost:"))) return webauthn::RelyingParty{"localhost", {"http://" + name}};
  return std::nullopt;
}

bool Passkeys::possible(std::string_view host) const { return party(host).has_value(); }

Result<std::string> Passkeys::new_challenge(const Principal& who, std::string_view purpose) {
  std::string bytes(kChallengeBytes, '\0');
  rng_.fill(bytes.data(), bytes.size());
  const std::string challenge = vault::base64url(bytes);
  MACHIYA_CHECK(store_.write([&](store::Tx& tx) { return passkey_dao::ask(tx, vault_.digest("passkey-challenge", challenge), who.session, purpose, clock_.now()); }));
  return challenge;
}

Result<json::Value> Passkeys::creation_options(const Principal& who, std::string_view host) {
  const auto site = party(host);
  if (!site) return impossible();
  MACHIYA_TRY(const auto mine, store_.read([&](store::ReadTx& tx) { return passkey_dao::of(tx, owner_from(who)); }));
  std::string account;
  if (who.kind == PrincipalKind::staff) {
    MACHIYA_TRY(const auto staff, store_.read([&](store::ReadTx& tx) { return staff_dao::by_id(tx, who.id); }));
    if (staff) account = staff->name;
  } else {
    MACHIYA_TRY(account, store_.read([&](store::ReadTx& tx) { return person_email(tx, vault_, who.id); }));
  }
  if (account.empty()) account = site->id;   // logs in by a provider, without an address
  MACHIYA_TRY(const std::string challenge, new_challenge(who, kAdd));
  json::Value kinds = json::Value::array(), have = json::Value::array();
  for (const auto a : algorithms()) kinds.push(json::Value::object({{"type", "public-key"}, {"alg", static_cast<int>(a)}}));
  for (const auto& p : mine) have.push(descriptor(p.credential));
  return json::Value::object(
      {{"challenge", challenge},
       {"rp", json::Value::object({{"id", site->id}, {"name", site->id}})},
       {"user", json::Value::object({{"id", user_handle(who)}, {"name", account}, {"displayName", who.name.empty() ? account : who.name}})},
       {"pubKeyCredParams", std::move(kinds)},
       {"excludeCredentials", std::move(have)},
       {"authenticatorSelection", json::Value::object({{"residentKey", "required"}, {"requireResidentKey", true}, {"userVerification", "required"}})},
       {"attestation", "none"},
       {"timeout", kTimeoutMs}});
}

Result<json::Value> Passkeys::request_options(const Principal& before, PrincipalKind side, std::string_view host) {
  const auto site = party(host);
  if (!site) return impossible();
  MACHIYA_TRY(const std::string challenge, new_challenge(before, purpose_of(side)));
  // No list of credentials: nobody learns from it who has one, and the browser offers what it has (discoverable credentials).
  return json::Value::object({{"challenge", challenge}, {"rpId", site->id}, {"userVerification", "required"}, {"timeout", kTimeoutMs}});
}

Result<Passkeys::Answer> Passkeys::take_answer(std::string_view text, const Principal& before, std::string_view purpose) {
  const auto json = json::parse(text, {.depth = 8, .nodes = 200});
  if (!json.ok()) return wrong();
  const json::Value& response = (*json)["response"];
  Answer out;
  out.credential = json->text("id"), out.user_handle = response.text("userHandle");
  const std::pair<const char*, std::string*> parts[] = {{"clientDataJSON", &out.client_data}, {"attestationObject", &out.attestation_object},
                                                        {"authenticatorData", &out.authenticator_data}, {"signature", &out.signature}};
  for (const auto& [name, into] : parts) {
    auto bytes = vault::from_base64url(response.text(name));
    if (!bytes.ok()) return wrong();
    *into = std::move(*bytes);
  }
  auto challenge = webauthn::challenge_of(out.client_data);
  if (!challenge.ok()) return wrong();
  out.challenge = std::move(*challenge);
  // Taken before anything is looked at: whatever comes of it, a challenge serves once.
  MACHIYA_TRY(const bool ours, store_.write([&](store::Tx& tx) {
    return passkey_dao::take(tx, vault_.digest("passkey-challenge", out.challenge), before.session, purpose, Instant{clock_.now().us - kChallengeFor});
  }));
  if (!ours) return wrong();
  return out;
}

Result<void> Passkeys::add(const Principal& who, std::string_view name_text, std::string_view response, std::string_view host, std::string_view lang) {
  const auto site = party(host);
  if (!site) return impossible();
  MACHIYA_TRY(const std::string name, name_from(name_text));
  MACHIYA_TRY(const Answer answer, take_answer(response, who, kAdd));
  webauthn::RegistrationRules rules;
  rules.algorithms = algorithms();
  rules.now = clock_.now();
  auto made = webauthn::verify_registration({*site, answer.challenge}, rules, {answer.client_data, answer.attestation_object});
  if (!made.ok()) {
    log(LogLevel::warn, "passkey-refused", {{"why", made.error().detail}});
    return wrong();
  }
  passkey_dao::Passkey passkey;
  passkey.owner = owner_from(who), passkey.credential = vault::base64url(made->id), passkey.public_key = made->public_key;
  passkey.sign_count = made->sign_count, passkey.backup_eligible = made->backup_eligible, passkey.backed_up = made->backed_up;
  passkey.name = vault_.seal_secret(kPasskeyNameContext, name), passkey.created = clock_.now();
  MACHIYA_CHECK(store_.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(const auto mine, passkey_dao::of(tx, passkey.owner));
    if (mine.size() >= kMostPasskeys) return Error(ErrorCode::limit_exceeded, "twenty passkeys are the most", "passkey");
    MACHIYA_TRY(const auto known, passkey_dao::by_credential(tx, passkey.credential));   // §7.1 step 26
    if (known) return wrong();
    MACHIYA_TRY([[maybe_unused]] const std::int64_t id, passkey_dao::insert(tx, passkey));
    return audit_.append(tx, own_entry(who, "passkey.add", json::Value::object({{"algorithm", static_cast<int>(made->algorithm)}, {"synced", made->backup_eligible}})));
  }));
  tell(who, "passkey-added", lang);
  return {};
}

Result<std::optional<Principal>> Passkeys::owner_of(store::ReadTx& tx, const passkey_dao::Owner& owner) {
  if (static_cast<PrincipalKind>(owner.kind) == PrincipalKind::citizen) {
    MACHIYA_TRY(const auto person, person_dao::by_id(tx, owner.subject));
    return person ? std::optional<Principal>(citizen_principal(*person)) : std::nullopt;
  }
  MACHIYA_TRY(const auto staff, staff_dao::by_id(tx, owner.subject));
  if (!staff || !staff->active) return std::optional<Principal>();
  Principal p;
  p.kind = PrincipalKind::staff, p.id = owner.subject, p.public_id = staff->public_id;
  return std::optional<Principal>(std::move(p));
}

Result<void> Passkeys::refuse(const passkey_dao::Passkey& passkey, const Principal& owner, std::string_view action) {
  return store_.write([&](store::Tx& tx) { return audit_.append(tx, own_entry(owner, action, json::Value::object({{"passkey", handle_of(passkey)}}))); });
}

Result<std::string> Passkeys::log_in(PrincipalKind side, std::string_view response, const Principal& before, std::string_view host, std::string_view device) {
  const auto site = party(host);
  if (!site) return impossible();
  MACHIYA_TRY(const Answer answer, take_answer(response, before, purpose_of(side)));
  struct Found {
    std::optional<passkey_dao::Passkey> passkey;
    std::optional<Principal> owner;
  };
  MACHIYA_TRY(const Found found, store_.read([&](store::ReadTx& tx) -> Result<Found> {
    Found out;
    MACHIYA_TRY(out.passkey, passkey_dao::by_credential(tx, answer.credential));
    if (out.passkey) {
      MACHIYA_TRY(out.owner, owner_of(tx, out.passkey->owner));
    }
    return out;
  }));
  // §7.2 step 6: the credential is known, and the user handle names its owner. Citizens and staff have doors of their own.
  if (!found.passkey || !found.owner || found.owner->kind != side || !vault::equal_secret(answer.user_handle, user_handle(*found.owner))) return wrong();
  const passkey_dao::Passkey& passkey = *found.passkey;
  const auto proof = webauthn::verify_assertion({*site, answer.challenge}, {passkey.public_key, passkey.sign_count, passkey.backup_eligible},
                                                {answer.client_data, answer.authenticator_data, answer.signature});
  if (!proof.ok()) {
    log(LogLevel::warn, "passkey-refused", {{"why", proof.error().detail}});
    MACHIYA_CHECK(refuse(passkey, *found.owner, proof.error().code == ErrorCode::conflict ? "passkey.copied" : "session.refused"));
    return wrong();
  }
  using Outcome = std::optional<std::string>;
  MACHIYA_TRY(Outcome cookie, store_.write([&](store::Tx& tx) -> Result<Outcome> {
    MACHIYA_TRY(const bool first, passkey_dao::use(tx, passkey, proof->sign_count, proof->backed_up, clock_.now()));
    if (!first) return Outcome();
    // Whoever has a passkey lost none: a re-enrolment that waits was opened for somebody else's sake.
    MACHIYA_CHECK(recovery_dao::close_openings(tx, passkey.owner, clock_.now()));
    MACHIYA_TRY(std::string text, door_.open(tx, *found.owner, {Method::passkey, Strength::phishing_resistant}, before, device));
    return Outcome(std::move(text));
  }));
  if (!cookie) return wrong();
  return *cookie;
}

Result<std::vector<Passkeys::Passkey>> Passkeys::list(const Principal& who) {
  MACHIYA_TRY(const auto rows, store_.read([&](store::ReadTx& tx) { return passkey_dao::of(tx, owner_from(who)); }));
  std::vector<Passkey> out;
  for (const auto& row : rows) {
    MACHIYA_TRY(std::string name, vault_.open_secret(kPasskeyNameContext, row.name));
    out.push_back({handle_of(row), std::move(name), row.backed_up, row.created, row.used});
  }
  return out;
}

Result<std::size_t> Passkeys::count(store::ReadTx& tx, PrincipalKind kind, std::int64_t subject) {
  MACHIYA_TRY(const auto rows, passkey_dao::of(tx, {static_cast<int>(kind), subject}));
  return rows.size();
}

Result<void> Passkeys::rename(const Principal& who, std::string_view handle, std::string_view name_text) {
  MACHIYA_TRY(const std::string name, name_from(name_text));
  const std::string sealed = vault_.seal_secret(kPasskeyNameContext, name);
  return store_.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(const auto mine, passkey_dao::of(tx, owner_from(who)));
    for (const auto& p : mine)
      if (vault::equal_secret(handle_of(p), handle)) {
        MACHIYA_CHECK(passkey_dao::set_name(tx, p.id, sealed));
        return audit_.append(tx, own_entry(who, "passkey.rename", json::Value::object({{"passkey", handle_of(p)}})));
      }
    return Error(ErrorCode::not_found, "no passkey of yours has this name");
  });
}

Result<void> Passkeys::remove(const Principal& who, std::string_view handle, std::string_view lang) {
  MACHIYA_CHECK(store_.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(const auto mine, passkey_dao::of(tx, owner_from(who)));
    MACHIYA_TRY(const bool strict, recovery_dao::required(tx, owner_from(who)));
    for (const auto& p : mine)
      if (vault::equal_secret(handle_of(p), handle)) {
        MACHIYA_TRY(const auto others, who.kind == PrincipalKind::citizen ? person_dao::methods_of(tx, who.id) : Result<std::vector<std::string>>(std::vector<std::string>{"password-totp"}));
        if (mine.size() == 1 && others.empty()) return Error(ErrorCode::conflict, "the last way in", "passkey");
        if (strict && mine.size() == 1) return Error(ErrorCode::conflict, "the last passkey of somebody who logs in by passkey only", "passkey");
        MACHIYA_TRY([[maybe_unused]] const bool gone, passkey_dao::remove(tx, p.id));
        // It may be gone because somebody else had it: whoever came in by it is out.
        MACHIYA_TRY([[maybe_unused]] const int ended, door_.end_others(tx, who));
        return audit_.append(tx, own_entry(who, "passkey.remove", json::Value::object({{"passkey", handle_of(p)}})));
      }
    return Error(ErrorCode::not_found, "no passkey of yours has this name");
  }));
  tell(who, "passkey-removed", lang);
  return {};
}

void Passkeys::tell(const Principal& who, std::string_view notice, std::string_view lang) { send_notice(store_, vault_, sender_, who, notice, lang); }
std::string Passkeys::handle_of(const passkey_dao::Passkey& p) const { return vault_.digest("passkey-handle", p.credential).substr(0, 32); }

}  // namespace machiya::identity
