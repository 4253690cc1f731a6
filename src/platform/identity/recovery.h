// "Log in by passkey only", and the ways back in without a back door: never one weak factor alone.
//   A citizen who lost every passkey: mailed code and one of ten recovery codes; or mailed code and a check of the papers at the counter, which
//   opens a re-enrolment after a day of waiting that is announced by mail, and that any log-in by passkey closes.
//   A member of staff: one administrator proposes, another confirms; nobody for themselves. So it is, too, with new secrets for an account:
//   one administrator alone never gets into somebody else's.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.h"
#include "platform/identity/identity.h"
#include "platform/identity/recovery_dao.h"
#include "platform/identity/session_door.h"
#include "platform/identity/staff_accounts.h"

namespace machiya::identity {

/// What is made anew. password: that alone, for somebody who forgot it; the second factor stays. passkeys: they go, password and code let in
/// again. secrets: password and authenticator are made anew, and the passkeys go.
enum class Reset : std::uint8_t { password, passkeys, secrets };

/// Thread-safe.
class Recovery {
 public:
  Recovery(store::Store& store, vault::Vault& vault, audit::Audit& audit, const Clock& clock, Rng& rng, CodeSender& sender, SessionDoor& door,
           Sessions& sessions, StaffAccounts& accounts, const Options& options);

  Result<bool> required(const Principal& who);
  /// Has a mail address, to which codes and notices go: people who log in by a provider need not. Staff: never.
  Result<bool> has_mail(const Principal& who);
  /// On: needs a passkey (precondition_failed), gives ten recovery codes to a citizen, once. Off: only in a session that came by passkey or
  /// recovery (forbidden).
  Result<std::vector<std::string>> require(const Principal& who, std::string_view lang);
  Result<void> relax(const Principal& who, std::string_view lang);
  /// Ten new codes; the old ones are worth nothing then. Citizens only.
  Result<std::vector<std::string>> new_codes(const Principal& who, std::string_view lang);
  Result<std::int64_t> codes_left(const Principal& who);

  /// After a mailed code that was right: the way in by a recovery code, or ("" as code) by a re-enrolment that a clerk opened. invalid_input when
  /// the code is wrong, precondition_failed when nothing is open (yet), forbidden after too many tries or ten minutes.
  Result<std::string> log_in(std::string_view ticket, std::string_view code, const Principal& before, std::string_view device, std::string_view lang);

  /// At the counter: needs person.verify and the kind of evidence. Usable after Options::recovery_wait_hours, for three days.
  Result<void> open_for(std::string_view person_public_id, const Principal& clerk, std::string_view evidence, std::string_view lang);

  /// Staff, by two administrators (admin.staff). `name`: of the account.
  struct StaffState {
    std::string name, display, proposed_by;   ///< proposed_by: display name; "" when nothing waits
    std::size_t passkeys = 0;
    bool required = false, mine = false;      ///< mine: this administrator proposed it, or it is their own account
    Reset what = Reset::passkeys;             ///< of what waits
  };
  /// Of the accounts in use.
  Result<std::vector<StaffState>> staff_states(const Principal& by);
  Result<void> propose_reset(std::string_view name, Reset what, const Principal& by);
  /// Does what was proposed, ends the account's sessions. forbidden for who proposed it, for the owner, and for an administrator whose rights come
  /// from who proposed it and are younger than kOwnRightsDays.
  Result<std::optional<StaffSecrets>> confirm_reset(std::string_view name, const Principal& by);
  static constexpr int kOwnRightsDays = 30;

  void allow_with(std::function<bool(const Principal&, std::string_view)> allowed) { allowed_ = std::move(allowed); }

 private:
  Result<std::vector<std::string>> make_codes(store::Tx& tx, const recovery_dao::Owner& owner);
  Result<std::optional<std::string>> enter(store::Tx& tx, std::int64_t person, std::string_view how, const Principal& before, std::string_view device);

  store::Store& store_;
  vault::Vault& vault_;
  audit::Audit& audit_;
  const Clock& clock_;
  Rng& rng_;
  CodeSender& sender_;
  SessionDoor& door_;
  Sessions& sessions_;
  StaffAccounts& accounts_;
  const Options& options_;
  std::function<bool(const Principal&, std::string_view)> allowed_;
};

}  // namespace machiya::identity
