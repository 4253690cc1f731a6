// Accounts of staff as administrators make them: the house makes the first password and the authenticator's secret, shows them once, and the
// person replaces the password before anything else (OWASP ASVS 5.0.0 v6.4.1). Nobody learns the secrets of an account that is there: those are
// made anew by two administrators (recovery.h).
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.h"
#include "platform/identity/identity.h"
#include "platform/identity/staff_login.h"

namespace machiya::identity {

/// What an account is handed over with.
struct StaffSecrets {
  std::string password, totp;   ///< totp: base 32
};

/// Thread-safe.
class StaffAccounts {
 public:
  static constexpr int kHandOverDays = 7;   ///< so long the first password serves

  struct Account {
    std::string name, display, department;   ///< name: of the log-in
    std::vector<std::string> roles;
  };

  StaffAccounts(vault::Vault& vault, audit::Audit& audit, const Clock& clock, Rng& rng, Sessions& sessions, StaffLogin& logins)
      : vault_(vault), audit_(audit), clock_(clock), rng_(rng), sessions_(sessions), logins_(logins) {}

  /// A new account. forbidden without admin.staff; conflict when there is one of this name; invalid_input (`where` "name"). Audited.
  Result<StaffSecrets> create(store::Tx& tx, const Account& wanted, const Principal& by, std::string_view request);
  /// Another display name, other roles, another department; its sessions end. not_found when there is none. Audited.
  Result<void> change(store::Tx& tx, const Account& wanted, const Principal& by, std::string_view request);
  /// For the command line, whose user rules the machine: creates an account or replaces all of it. Audited as "system".
  Result<StaffSecrets> install(store::Tx& tx, const Account& wanted);
  /// A new password for an account that is there, and with `authenticator` a new secret for that ("" else); its sessions end. The caller has seen
  /// that two administrators want it, and audits it.
  Result<StaffSecrets> renew(store::Tx& tx, std::int64_t id, bool authenticator);

  void allow_with(std::function<bool(const Principal&, std::string_view)> allowed) { allowed_ = std::move(allowed); }

 private:
  StaffSecrets new_secrets();
  Result<StaffSecrets> put(store::Tx& tx, const Account& wanted, const std::string& actor, const std::string& rights_by, std::string_view request);
  Result<void> note(store::Tx& tx, const std::string& actor, const staff_dao::Staff& staff, std::string_view request);
  Instant hand_over_until() const { return Instant{clock_.now().us + kHandOverDays * kDay}; }

  vault::Vault& vault_;
  audit::Audit& audit_;
  const Clock& clock_;
  Rng& rng_;
  Sessions& sessions_;
  StaffLogin& logins_;
  std::function<bool(const Principal&, std::string_view)> allowed_;
};

}  // namespace machiya::identity
