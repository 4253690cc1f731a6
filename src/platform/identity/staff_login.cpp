#include "platform/identity/staff_login.h"
#include "platform/identity/sealed_columns.h"

#include <algorithm>
#include <optional>

#include "base/log.h"
#include "base/text.h"
#include "platform/audit/audit.h"
#include "platform/identity/recovery_dao.h"
#include "platform/vault/totp.h"
#include "platform/vault/vault.h"

namespace machiya::identity {
namespace {
constexpr std::size_t kLongestName = 64;
constexpr std::size_t kLongestPassword = 1024;
constexpr std::int64_t kLongestNameLock = 60 * kMinute;
constexpr std::int64_t kLongestClientLock = 5 * kMinute;   // an office shares one address: never lock it for long
constexpr std::int64_t kForgetAfter = kDay;
// Verified against for names that do not exist, so that they take the same time. Nobody knows its password.
constexpr std::string_view kNobodysHash =
    "$argon2id$v=19$m=19456,t=2,p=1$yUy1J/+I0c51zENfqhw1iQ$gPuTY+3K2qeLRhf7M9w+juOQtZ2EiRelhPaZbjF1RzE";

Error refused() { return Error(ErrorCode::invalid_input, "name, password or code is wrong", "name"); }
Error locked() { return Error(ErrorCode::rate_limited, "too many attempts; wait some minutes", "name"); }

audit::Entry entry_of(const staff_dao::Staff& staff, std::string_view action) {
  audit::Entry entry;
  entry.actor = "staff:" + staff.public_id;
  entry.action = std::string(action);
  entry.object = entry.actor;
  return entry;
}
}  // namespace

std::string staff_name(std::string_view name) {
  if (name.size() > 4 * kLongestName || !is_utf8(name)) return {};
  std::string out = lower_ascii(trim(fold_width(name)));
  return out.size() > kLongestName ? std::string() : out;
}

StaffLogin::StaffLogin(store::Store& store, vault::Vault& vault, audit::Audit& audit, const Clock& clock, Rng& rng, Sessions& sessions,
                       SessionDoor& door, const Options& options)
    : store_(store), vault_(vault), audit_(audit), clock_(clock), rng_(rng), sessions_(sessions), door_(door), options_(options) {}

/// Adds one failure; false when the subject is locked. From `tries` failures on each further one locks it: 1, 2, 4 …
/// minutes, `longest_lock` at most.
Result<bool> StaffLogin::count_failure(store::Tx& tx, const std::string& subject, int tries, std::int64_t longest_lock) {
  const Instant now = clock_.now();
  MACHIYA_TRY(staff_dao::Attempt a, staff_dao::attempt(tx, subject));
  if (now < a.locked_until) return false;
  if (now.us - a.last.us > kForgetAfter) a.failures = 0;
  a.failures += 1;
  a.last = now;
  if (a.failures >= tries) {
    const std::int64_t doublings = std::min<std::int64_t>(a.failures - tries, 12);
    a.locked_until = Instant{now.us + std::min(longest_lock, (std::int64_t{1} << doublings) * kMinute)};
  }
  MACHIYA_CHECK(staff_dao::set_attempt(tx, subject, a));
  return true;
}

/// The attempt is counted as a failure before anything is checked: requests at the same time cannot get past the limit.
Result<StaffLogin::Reserved> StaffLogin::reserve_attempt(const std::string& name, std::string_view remote) {
  const int factor = options_.demonstration ? options_.demonstration_factor : 1;
  Reserved r;
  r.name_subject = vault_.digest("attempt-name", name);
  r.client_subject = vault_.digest("attempt-client", remote);
  MACHIYA_CHECK(store_.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(r.client_before, staff_dao::attempt(tx, r.client_subject));
    MACHIYA_TRY(const bool client, count_failure(tx, r.client_subject, options_.staff_tries_per_client * factor, kLongestClientLock));
    if (!client) return locked();
    MACHIYA_TRY(const bool open, count_failure(tx, r.name_subject, options_.staff_tries, kLongestNameLock));
    return open ? Result<void>() : Result<void>(locked());
  }));
  return r;
}

Result<std::string> StaffLogin::login(std::string_view name_text, std::string_view password, std::string_view totp, std::string_view remote,
                                      const Principal& before, std::string_view device) {
  const std::string name = staff_name(name_text);
  if (name.empty() || password.empty() || password.size() > kLongestPassword) return refused();
  MACHIYA_TRY(const Reserved reserved, reserve_attempt(name, remote));
  MACHIYA_TRY(auto staff, store_.read([&](store::ReadTx& tx) { return staff_dao::by_name(tx, name); }));
  const bool known = staff && staff->active && !(staff->provisional_until && *staff->provisional_until <= clock_.now());   // an administrator's password that is over
  const bool password_ok = vault::verify_password(password, known ? std::string_view(staff->password) : kNobodysHash);
  std::int64_t step = 0;
  bool totp_ok = false;
  if (known && !staff->totp.empty()) {
    MACHIYA_TRY(const std::string secret, vault_.open_secret(kTotpContext, staff->totp));
    totp_ok = fits(secret, digits_of(totp), step);
  }
  if (known && password_ok && totp_ok) return finish(*staff, step, reserved, before, device);
  // One durable row in every case: a name that does not exist must not answer sooner.
  staff_dao::Staff nobody;
  nobody.public_id = "unknown";
  MACHIYA_CHECK(store_.write([&](store::Tx& tx) { return audit_.append(tx, entry_of(known ? *staff : nobody, "session.refused")); }));
  return refused();
}

/// The step of the clock only: a code lives for 30 seconds (OWASP ASVS 5.0.0 v6.5.5). The demonstration, whose page shows the code of the next
/// step when somebody has just used this one's, takes those beside it as well.
bool StaffLogin::fits(std::string_view secret, std::string_view code, std::int64_t& step) const {
  const std::int64_t now = clock_.now().us / kSecond;
  const auto at = [&](std::int64_t when) { return vault::verify_totp(secret, code, when, step); };
  return at(now) || (options_.demonstration && (at(now + vault::kTotpStepSeconds) || at(now - vault::kTotpStepSeconds)));
}

Result<std::string> StaffLogin::finish(const staff_dao::Staff& staff, std::int64_t step, const Reserved& reserved, const Principal& before,
                                       std::string_view device) {
  using Outcome = std::optional<std::string>;
  MACHIYA_TRY(Outcome cookie, store_.write([&](store::Tx& tx) -> Result<Outcome> {
    MACHIYA_TRY(const bool fresh, staff_dao::use_step(tx, staff.id, step));
    if (!fresh) {  // a code that was seen before stays a counted failure
      MACHIYA_CHECK(audit_.append(tx, entry_of(staff, "session.refused")));
      return Outcome();
    }
    MACHIYA_CHECK(staff_dao::remove_attempt(tx, reserved.name_subject));
    MACHIYA_CHECK(staff_dao::set_attempt(tx, reserved.client_subject, reserved.client_before));
    Principal who;
    who.kind = PrincipalKind::staff, who.id = staff.id, who.public_id = staff.public_id;
    MACHIYA_TRY(std::string text, door_.open(tx, who, {Method::password_totp, Strength::two_factors}, before, device));
    return Outcome(std::move(text));
  }));
  if (!cookie) return refused();
  demonstration_step_.store(step);
  return *cookie;
}

/// A wrong present password counts like a wrong log-in: an open session must not become a place to guess.
Result<void> StaffLogin::change_password(const Principal& who, std::string_view present, std::string_view wanted, std::string_view remote) {
  MACHIYA_TRY(auto staff, store_.read([&](store::ReadTx& tx) { return staff_dao::by_id(tx, who.id); }));
  if (who.kind != PrincipalKind::staff || !staff || !staff->active) return Error(ErrorCode::not_found, "there is no such account");
  if (wanted.size() > kLongestPassword) return Error(ErrorCode::invalid_input, "a password has at most 1024 bytes", "wanted");
  if (wanted == present) return Error(ErrorCode::invalid_input, "this is the present password", "wanted");
  MACHIYA_TRY(const Reserved reserved, reserve_attempt(staff->name, remote));
  if (!vault::verify_password(present, staff->password)) {
    MACHIYA_CHECK(store_.write([&](store::Tx& tx) { return audit_.append(tx, entry_of(*staff, "staff.password-refused")); }));
    return Error(ErrorCode::invalid_input, "the present password is wrong", "present");
  }
  const std::string hash = vault::hash_password(wanted);
  return store_.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_CHECK(staff_dao::set_password(tx, staff->id, hash));
    MACHIYA_CHECK(sessions_.changed(tx, Sessions::owner_name(PrincipalKind::staff, staff->id)));   // no longer provisional
    MACHIYA_CHECK(staff_dao::remove_attempt(tx, reserved.name_subject));
    MACHIYA_CHECK(staff_dao::set_attempt(tx, reserved.client_subject, reserved.client_before));
    MACHIYA_CHECK(door_.end_others(tx, who));
    return audit_.append(tx, entry_of(*staff, "staff.password"));
  });
}

Result<std::int64_t> StaffLogin::put(store::Tx& tx, std::string_view name_text, std::string_view display, std::string_view password,
                                     std::string_view totp_secret, const std::vector<std::string>& roles, std::string_view department) {
  staff_dao::Staff staff;
  staff.name = staff_name(name_text);
  if (staff.name.empty()) return Error(ErrorCode::invalid_input, "a staff account needs a name of at most 64 bytes", "name");
  if (password.size() < 8 || password.size() > kLongestPassword)
    return Error(ErrorCode::invalid_input, "a password has 8 to 1024 bytes", "password");
  staff.public_id = new_public_id(rng_);
  staff.display = std::string(display);
  staff.password = vault::hash_password(password);
  if (!totp_secret.empty()) {
    if (vault::totp_at_step(totp_secret, 1).empty()) return Error(ErrorCode::invalid_input, "the secret is not base 32", "totp");
    staff.totp = vault_.seal_secret(kTotpContext, totp_secret);
  }
  staff.roles = roles;
  staff.department = std::string(department);
  MACHIYA_TRY(const auto before, staff_dao::by_name(tx, staff.name));
  if (before) {  // a new password by one administrator must not be a way around the passkey
    MACHIYA_TRY(const bool strict, recovery_dao::required(tx, {static_cast<int>(PrincipalKind::staff), before->id}));
    if (strict) return Error(ErrorCode::conflict, "the account logs in by passkey only: two administrators reset it first", "name");
  }
  MACHIYA_TRY(const std::int64_t id, staff_dao::put(tx, staff, clock_.now()));
  MACHIYA_CHECK(sessions_.end_all(tx, PrincipalKind::staff, id));
  return id;
}

std::string StaffLogin::demonstration_code() const {
  if (!options_.demonstration || options_.demonstration_totp.empty()) return {};
  const std::int64_t now = clock_.now().us / kSecond / vault::kTotpStepSeconds;
  return vault::totp_at_step(options_.demonstration_totp, demonstration_step_.load() < now ? now : now + 1);
}

}  // namespace machiya::identity
