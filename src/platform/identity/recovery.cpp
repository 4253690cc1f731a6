#include "platform/identity/recovery.h"

#include <algorithm>

#include "base/text.h"
#include "platform/audit/audit.h"
#include "platform/identity/audit_entry.h"
#include "platform/identity/evidence.h"
#include "platform/identity/notices.h"
#include "platform/identity/passkey_dao.h"
#include "platform/identity/people.h"
#include "platform/identity/staff_dao.h"
#include "platform/vault/vault.h"

namespace machiya::identity {
namespace {
constexpr int kCodes = 10;
constexpr int kTries = 5;
constexpr std::int64_t kProofFor = 10 * kMinute;
constexpr std::int64_t kOpenFor = 3 * kDay;
constexpr std::size_t kCodeLetters = 24;   // 120 bits: a keyed digest is enough to keep it by (OWASP ASVS 5.0.0 v6.5.2: from 112 on)

using recovery_dao::Owner;
Owner owner_from(const Principal& p) { return {static_cast<int>(p.kind), p.id}; }
Owner staff_owner(std::int64_t id) { return {static_cast<int>(PrincipalKind::staff), id}; }

/// Letters and digits that nobody takes for one another (Crockford's base 32).
std::string code_text(Rng& rng) {
  constexpr char kAlphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  std::string out;
  for (std::size_t i = 0; i < kCodeLetters; ++i) {
    if (i > 0 && i % 4 == 0) out += '-';
    out += kAlphabet[rng.below(32)];
  }
  return out;
}
/// As typed: any width and case, with or without hyphens, O for 0, I and L for 1.
std::string plain_code(std::string_view typed) {
  std::string out;
  for (char c : fold_width(typed)) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c == 'O') c = '0';
    if (c == 'I' || c == 'L') c = '1';
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')) out += c;
  }
  return out;
}
std::string word_of(Reset what) { return what == Reset::secrets ? "secrets" : what == Reset::password ? "password" : "passkeys"; }
Reset reset_of(std::string_view word) { return word == "secrets" ? Reset::secrets : word == "password" ? Reset::password : Reset::passkeys; }
Error not_yours() { return Error(ErrorCode::forbidden, "somebody else has to do this"); }
}  // namespace

Recovery::Recovery(store::Store& store, vault::Vault& vault, audit::Audit& audit, const Clock& clock, Rng& rng, CodeSender& sender, SessionDoor& door,
                   Sessions& sessions, StaffAccounts& accounts, const Options& options)
    : store_(store), vault_(vault), audit_(audit), clock_(clock), rng_(rng), sender_(sender), door_(door), sessions_(sessions), accounts_(accounts), options_(options) {}

Result<bool> Recovery::required(const Principal& who) {
  return store_.read([&](store::ReadTx& tx) { return recovery_dao::required(tx, owner_from(who)); });
}

Result<bool> Recovery::has_mail(const Principal& who) {
  if (who.kind != PrincipalKind::citizen) return false;
  MACHIYA_TRY(const std::string email, store_.read([&](store::ReadTx& tx) { return person_email(tx, vault_, who.id); }));
  return !email.empty();
}

Result<std::vector<std::string>> Recovery::make_codes(store::Tx& tx, const Owner& owner) {
  std::vector<std::string> codes, digests;
  for (int i = 0; i < kCodes; ++i) {
    codes.push_back(code_text(rng_));
    digests.push_back(vault_.digest("recovery-code", plain_code(codes.back())));
  }
  MACHIYA_CHECK(recovery_dao::put_codes(tx, owner, digests, clock_.now()));
  return codes;
}

Result<std::vector<std::string>> Recovery::require(const Principal& who, std::string_view lang) {
  MACHIYA_TRY(auto codes, store_.write([&](store::Tx& tx) -> Result<std::vector<std::string>> {
    MACHIYA_TRY(const auto passkeys, passkey_dao::of(tx, owner_from(who)));
    if (passkeys.empty()) return Error(ErrorCode::precondition_failed, "add a passkey first", "passkey");
    if (who.kind == PrincipalKind::citizen) {   // the ways back begin with a mailed code
      MACHIYA_TRY(const std::string email, person_email(tx, vault_, who.id));
      if (email.empty()) return Error(ErrorCode::precondition_failed, "this needs a mail address");
    }
    MACHIYA_CHECK(recovery_dao::set_required(tx, owner_from(who), true, clock_.now()));
    MACHIYA_CHECK(audit_.append(tx, own_entry(who, "passkey.require")));
    if (who.kind != PrincipalKind::citizen) return std::vector<std::string>();
    return make_codes(tx, owner_from(who));
  }));
  send_notice(store_, vault_, sender_, who, "passkey-required", lang);
  return codes;
}

Result<void> Recovery::relax(const Principal& who, std::string_view lang) {
  if (who.authentication.strength < Strength::two_factors) return not_yours();
  MACHIYA_CHECK(store_.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_CHECK(recovery_dao::set_required(tx, owner_from(who), false, clock_.now()));
    MACHIYA_CHECK(recovery_dao::put_codes(tx, owner_from(who), {}, clock_.now()));
    return audit_.append(tx, own_entry(who, "passkey.relax"));
  }));
  send_notice(store_, vault_, sender_, who, "passkey-not-required", lang);
  return {};
}

Result<std::vector<std::string>> Recovery::new_codes(const Principal& who, std::string_view lang) {
  if (who.kind != PrincipalKind::citizen) return not_yours();
  MACHIYA_TRY(auto codes, store_.write([&](store::Tx& tx) -> Result<std::vector<std::string>> {
    MACHIYA_TRY(const bool strict, recovery_dao::required(tx, owner_from(who)));
    if (!strict) return Error(ErrorCode::precondition_failed, "codes are for people who log in by passkey only");
    MACHIYA_CHECK(audit_.append(tx, own_entry(who, "recovery.codes")));
    return make_codes(tx, owner_from(who));
  }));
  send_notice(store_, vault_, sender_, who, "recovery-codes", lang);
  return codes;
}

Result<std::int64_t> Recovery::codes_left(const Principal& who) {
  return store_.read([&](store::ReadTx& tx) { return recovery_dao::unused_codes(tx, owner_from(who)); });
}

Result<std::optional<std::string>> Recovery::enter(store::Tx& tx, std::int64_t id, std::string_view how, const Principal& before, std::string_view device) {
  MACHIYA_TRY(const auto person, person_dao::by_id(tx, id));
  if (!person) return std::optional<std::string>();
  const Principal who = citizen_principal(*person);
  MACHIYA_CHECK(audit_.append(tx, own_entry(who, "recovery.use", json::Value::object({{"way", how}}))));
  MACHIYA_TRY(std::string text, door_.open(tx, who, {Method::recovery, Strength::two_factors}, before, device));
  return std::optional<std::string>(std::move(text));
}

Result<std::string> Recovery::log_in(std::string_view ticket, std::string_view code_text, const Principal& before, std::string_view device,
                                      std::string_view lang) {
  const std::string proof = vault_.digest("ticket", ticket), code = plain_code(code_text);
  enum class Missing : std::uint8_t { nothing, proof, code, opening };
  Missing missing = Missing::nothing;
  std::int64_t person = 0;
  // What is missing is no error of the transaction: the try must stay counted.
  using Outcome = std::optional<std::string>;
  MACHIYA_TRY(Outcome cookie, store_.write([&](store::Tx& tx) -> Result<Outcome> {
    missing = Missing::nothing;
    MACHIYA_TRY(const auto proved, recovery_dao::take_proof(tx, proof, kTries, Instant{clock_.now().us - kProofFor}));
    if (!proved) return (missing = Missing::proof), Outcome();
    person = *proved;
    const Owner owner{static_cast<int>(PrincipalKind::citizen), person};
    if (!code.empty()) {
      MACHIYA_TRY(const bool good, recovery_dao::use_code(tx, owner, vault_.digest("recovery-code", code), clock_.now()));
      if (!good) return (missing = Missing::code), Outcome();
    } else {
      MACHIYA_TRY(const auto opening, recovery_dao::opening_of(tx, owner, clock_.now()));
      if (!opening || clock_.now() < opening->usable) return (missing = Missing::opening), Outcome();
      MACHIYA_CHECK(recovery_dao::close_openings(tx, owner, clock_.now()));
    }
    MACHIYA_CHECK(recovery_dao::remove_proof(tx, proof));
    return enter(tx, person, code.empty() ? "counter" : "code", before, device);
  }));
  if (missing == Missing::proof) return Error(ErrorCode::forbidden, "ask for a new code by mail first");
  if (missing == Missing::code) return Error(ErrorCode::invalid_input, "the recovery code is wrong or was used", "code");
  if (missing == Missing::opening || !cookie) return Error(ErrorCode::precondition_failed, "nothing is open for this person yet");
  Principal who;
  who.kind = PrincipalKind::citizen, who.id = person;
  send_notice(store_, vault_, sender_, who, "recovery-used", lang);
  return *cookie;
}

Result<void> Recovery::open_for(std::string_view public_id, const Principal& clerk, std::string_view evidence, std::string_view lang) {
  if (!allowed_(clerk, "person.verify")) return Error(ErrorCode::forbidden, "this needs: person.verify");
  if (!is_evidence(evidence)) return Error(ErrorCode::invalid_input, "name the kind of evidence", "evidence");
  Principal who;
  MACHIYA_CHECK(store_.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(const auto person, person_dao::by_public_id(tx, public_id));
    if (!person) return Error(ErrorCode::not_found, "there is no such person");
    who = citizen_principal(*person);
    recovery_dao::Opening opening;
    opening.owner = owner_from(who), opening.opened_by = clerk.public_id, opening.opened = clock_.now();
    opening.usable = Instant{opening.opened.us + options_.recovery_wait_hours * kHour};
    opening.until = Instant{opening.usable.us + kOpenFor};
    MACHIYA_CHECK(recovery_dao::open(tx, opening));
    return audit_.append(tx, entry_by(clerk, "recovery.open", who.actor(), json::Value::object({{"evidence", evidence}})));
  }));
  send_notice(store_, vault_, sender_, who, "recovery-opened", lang);
  return {};
}

Result<std::vector<Recovery::StaffState>> Recovery::staff_states(const Principal& by) {
  if (!allowed_(by, "admin.staff")) return Error(ErrorCode::forbidden, "this needs: admin.staff");
  return store_.read([&](store::ReadTx& tx) -> Result<std::vector<StaffState>> {
    MACHIYA_TRY(const auto all, staff_dao::all(tx));
    std::vector<StaffState> out;
    for (const auto& s : all) {
      if (!s.active) continue;
      StaffState state{s.name, s.display, "", 0};
      MACHIYA_TRY(const auto passkeys, passkey_dao::of(tx, staff_owner(s.id)));
      MACHIYA_TRY(state.required, recovery_dao::required(tx, staff_owner(s.id)));
      MACHIYA_TRY(const auto opening, recovery_dao::opening_of(tx, staff_owner(s.id), clock_.now()));
      state.passkeys = passkeys.size();
      if (opening)
        for (const auto& a : all)
          if (a.public_id == opening->opened_by) state.proposed_by = a.display;
      state.mine = s.id == by.id || (opening && opening->opened_by == by.public_id);
      if (opening) state.what = reset_of(opening->what);
      out.push_back(std::move(state));
    }
    return out;
  });
}

Result<void> Recovery::propose_reset(std::string_view name, Reset what, const Principal& by) {
  if (!allowed_(by, "admin.staff")) return Error(ErrorCode::forbidden, "this needs: admin.staff");
  return store_.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(const auto staff, staff_dao::by_name(tx, name));
    if (!staff) return Error(ErrorCode::not_found, "there is no account of this name");
    if (staff->id == by.id) return not_yours();
    recovery_dao::Opening opening;
    opening.owner = staff_owner(staff->id), opening.opened_by = by.public_id, opening.what = word_of(what);
    opening.opened = clock_.now(), opening.usable = opening.opened, opening.until = Instant{opening.opened.us + kOpenFor};
    MACHIYA_CHECK(recovery_dao::open(tx, opening));
    return audit_.append(tx, entry_by(by, "staff.reset-propose", "staff:" + staff->public_id, json::Value::object({{"what", word_of(what)}})));
  });
}

Result<std::optional<StaffSecrets>> Recovery::confirm_reset(std::string_view name, const Principal& by) {
  if (!allowed_(by, "admin.staff")) return Error(ErrorCode::forbidden, "this needs: admin.staff");
  using Done = std::optional<StaffSecrets>;
  return store_.write([&](store::Tx& tx) -> Result<Done> {
    MACHIYA_TRY(const auto staff, staff_dao::by_name(tx, name));
    if (!staff) return Error(ErrorCode::not_found, "there is no account of this name");
    const Owner owner = staff_owner(staff->id);
    MACHIYA_TRY(const auto opening, recovery_dao::opening_of(tx, owner, clock_.now()));
    if (!opening) return Error(ErrorCode::precondition_failed, "nobody proposed this");
    if (staff->id == by.id || opening->opened_by == by.public_id) return not_yours();
    MACHIYA_TRY(const auto second, staff_dao::by_public_id(tx, by.public_id));   // not somebody whom the first has just made an administrator
    if (second && second->rights_by == opening->opened_by && clock_.now().us - second->rights_at.us < kOwnRightsDays * kDay) return not_yours();
    const Reset what = reset_of(opening->what);
    std::int64_t removed = 0;
    if (what != Reset::password) {
      MACHIYA_TRY(removed, passkey_dao::remove_all(tx, owner));
      MACHIYA_CHECK(recovery_dao::set_required(tx, owner, false, clock_.now()));
    }
    MACHIYA_CHECK(recovery_dao::close_openings(tx, owner, clock_.now()));
    MACHIYA_CHECK(sessions_.end_all(tx, PrincipalKind::staff, staff->id));
    Done secrets;
    if (what != Reset::passkeys) {
      MACHIYA_TRY(secrets, accounts_.renew(tx, staff->id, what == Reset::secrets));
    }
    MACHIYA_CHECK(audit_.append(tx, entry_by(by, "staff.reset", "staff:" + staff->public_id,
                                               json::Value::object({{"proposed-by", "staff:" + opening->opened_by}, {"passkeys", removed}, {"what", opening->what}}))));
    return secrets;
  });
}

}  // namespace machiya::identity
