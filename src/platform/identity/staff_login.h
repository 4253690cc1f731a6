// Staff by password and one-time password, with limits on attempts that look the same for names that do not exist.
#pragma once
#include <atomic>
#include <string>
#include <vector>

#include "platform/identity/identity.h"
#include "platform/identity/session_door.h"
#include "platform/identity/staff_dao.h"

namespace machiya::identity {

/// A log-in name as it is stored: case and width folded, blanks at the ends gone; "" when it is none.
std::string staff_name(std::string_view typed);

/// Thread-safe.
class StaffLogin {
 public:
  StaffLogin(store::Store& store, vault::Vault& vault, audit::Audit& audit, const Clock& clock, Rng& rng, Sessions& sessions,
             SessionDoor& door, const Options& options);

  Result<std::string> login(std::string_view name, std::string_view password, std::string_view totp, std::string_view remote,
                            const Principal& before, std::string_view device);
  /// See Identity::change_password.
  Result<void> change_password(const Principal& who, std::string_view present, std::string_view wanted, std::string_view remote);
  Result<std::int64_t> put(store::Tx& tx, std::string_view name, std::string_view display, std::string_view password,
                           std::string_view totp_secret, const std::vector<std::string>& roles, std::string_view department);
  std::string demonstration_code() const;

 private:
  struct Reserved {
    std::string name_subject, client_subject;
    staff_dao::Attempt client_before;
  };
  bool fits(std::string_view secret, std::string_view code, std::int64_t& step) const;
  Result<Reserved> reserve_attempt(const std::string& name, std::string_view remote);
  Result<bool> count_failure(store::Tx& tx, const std::string& subject, int tries, std::int64_t longest_lock);
  Result<std::string> finish(const staff_dao::Staff& staff, std::int64_t step, const Reserved& reserved, const Principal& before, std::string_view device);

  store::Store& store_;
  vault::Vault& vault_;
  audit::Audit& audit_;
  const Clock& clock_;
  Rng& rng_;
  Sessions& sessions_;
  SessionDoor& door_;
  const Options& options_;
  std::atomic<std::int64_t> demonstration_step_{0};   ///< last one used, so that the page shows a fresh one
};

}  // namespace machiya::identity
