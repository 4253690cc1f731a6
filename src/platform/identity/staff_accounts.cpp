#include "platform/identity/staff_accounts.h"

#include "platform/audit/audit.h"
#include "platform/identity/sealed_columns.h"
#include "platform/identity/token.h"
#include "platform/identity/word_list.h"
#include "platform/vault/vault.h"

namespace machiya::identity {
namespace {
constexpr std::size_t kPasswordLetters = 24;   // of base 32: 120 bits

Error no_such_account() { return Error(ErrorCode::not_found, "there is no account of this name", "name"); }
Error not_allowed() { return Error(ErrorCode::forbidden, "this needs: admin.staff"); }
}  // namespace

StaffSecrets StaffAccounts::new_secrets() { return {new_public_id(rng_).substr(0, kPasswordLetters), vault::new_totp_secret(rng_)}; }

Result<void> StaffAccounts::note(store::Tx& tx, const std::string& actor, const staff_dao::Staff& staff, std::string_view request) {
  return audit_.append(tx, {actor, "staff.save", "staff:" + staff.public_id, "", std::string(request), json::Value::object({{"roles", word_list(staff.roles)}, {"department", staff.department}})});
}

Result<StaffSecrets> StaffAccounts::put(store::Tx& tx, const Account& wanted, const std::string& actor, const std::string& rights_by, std::string_view request) {
  StaffSecrets secrets = new_secrets();
  MACHIYA_TRY(const std::int64_t id, logins_.put(tx, wanted.name, wanted.display, secrets.password, secrets.totp, wanted.roles, wanted.department));
  MACHIYA_TRY(auto staff, staff_dao::by_id(tx, id));
  MACHIYA_CHECK(staff_dao::set_secrets(tx, id, staff->password, staff->totp, hand_over_until()));
  staff->rights_by = rights_by, staff->rights_at = clock_.now();
  MACHIYA_CHECK(staff_dao::set_rights(tx, *staff));
  MACHIYA_CHECK(note(tx, actor, *staff, request));
  return secrets;
}

Result<StaffSecrets> StaffAccounts::create(store::Tx& tx, const Account& wanted, const Principal& by, std::string_view request) {
  if (!allowed_(by, "admin.staff")) return not_allowed();
  MACHIYA_TRY(const auto before, staff_dao::by_name(tx, staff_name(wanted.name)));
  if (before) return Error(ErrorCode::conflict, "there is an account of this name", "name");
  return put(tx, wanted, by.actor(), by.public_id, request);
}

Result<void> StaffAccounts::change(store::Tx& tx, const Account& wanted, const Principal& by, std::string_view request) {
  if (!allowed_(by, "admin.staff")) return not_allowed();
  MACHIYA_TRY(auto staff, staff_dao::by_name(tx, staff_name(wanted.name)));
  if (!staff) return no_such_account();
  staff->display = wanted.display, staff->roles = wanted.roles, staff->department = wanted.department;
  staff->rights_by = by.public_id, staff->rights_at = clock_.now();
  MACHIYA_CHECK(staff_dao::set_rights(tx, *staff));
  MACHIYA_CHECK(sessions_.end_all(tx, PrincipalKind::staff, staff->id));
  return note(tx, by.actor(), *staff, request);
}

Result<StaffSecrets> StaffAccounts::install(store::Tx& tx, const Account& wanted) { return put(tx, wanted, "system", "", ""); }

Result<StaffSecrets> StaffAccounts::renew(store::Tx& tx, std::int64_t id, bool authenticator) {
  StaffSecrets secrets = new_secrets();
  MACHIYA_TRY(const auto staff, staff_dao::by_id(tx, id));
  if (!staff) return no_such_account();
  if (!authenticator) secrets.totp.clear();
  MACHIYA_CHECK(staff_dao::set_secrets(tx, id, vault::hash_password(secrets.password), authenticator ? vault_.seal_secret(kTotpContext, secrets.totp) : staff->totp, hand_over_until()));
  MACHIYA_CHECK(sessions_.end_all(tx, PrincipalKind::staff, id));
  return secrets;
}

}  // namespace machiya::identity
