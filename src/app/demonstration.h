// The demonstration's staff: accounts with a shared password and TOTP secret that the log-in page shows. Residents and
// cases are seeded by ask/cases/seed.h through the interview engine and the state machine.
#pragma once
#include <string>
#include <vector>

#include "base/result.h"

namespace machiya::city {
class City;
}
namespace machiya::identity {
class Identity;
}
namespace machiya::store {
class Store;
}

namespace machiya::app {

inline constexpr std::string_view kDemonstrationPassword = "machiya-demo-only";
/// Shown on the log-in page of staff; a demonstration has no secret to keep.
inline constexpr std::string_view kDemonstrationTotp = "JBSWY3DPEHPK3PXP";

struct DemonstrationAccount {
  std::string name, display, role, department;
};
/// A clerk and an approver for every department that owns a procedure, and one each of counter, moderator, admin, auditor.
std::vector<DemonstrationAccount> demonstration_accounts(const city::City& city);
/// Creates those that are missing.
Result<void> ensure_demonstration_staff(store::Store& store, identity::Identity& identity, const city::City& city);

}  // namespace machiya::app
