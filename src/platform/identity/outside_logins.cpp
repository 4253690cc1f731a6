#include "platform/identity/outside_logins.h"

#include <algorithm>

#include "platform/audit/audit.h"
#include "platform/identity/passkey_dao.h"
#include "platform/identity/people.h"
#include "platform/identity/staff_dao.h"

namespace machiya::identity {

Result<std::optional<Principal>> OutsideLogins::person(store::ReadTx& tx, std::string_view method, std::string_view subject) const {
  MACHIYA_TRY(const auto known, person_dao::by_login(tx, method, subject));
  if (!known) return std::optional<Principal>();
  return std::optional<Principal>(citizen_principal(*known));
}

Result<std::vector<std::string>> OutsideLogins::methods(store::ReadTx& tx, const Principal& person) const { return person_dao::methods_of(tx, person.id); }

Result<Principal> OutsideLogins::add_person(store::Tx& tx, std::string_view method, std::string_view subject, Assurance assurance) const {
  return create_person(tx, vault_, rng_, clock_.now(), method, subject, "", assurance);
}

Result<void> OutsideLogins::add_way(store::Tx& tx, const Principal& person, std::string_view method, std::string_view subject) const {
  MACHIYA_TRY(const auto known, person_dao::by_login(tx, method, subject));
  if (known && known->id == person.id) return {};
  if (known) return Error(ErrorCode::conflict, "somebody else logs in this way", "subject-taken");
  MACHIYA_CHECK(person_dao::insert_login(tx, person.id, method, subject, clock_.now()));
  return audit_.append(tx, {person.actor(), "login.add", person.actor(), "", "", json::Value::object({{"method", method}})});
}

Result<void> OutsideLogins::remove_way(store::Tx& tx, const Principal& person, std::string_view method, const std::vector<std::string>& open, std::string_view request) const {
  MACHIYA_TRY(const auto ways, person_dao::methods_of(tx, person.id));
  if (std::find(ways.begin(), ways.end(), method) == ways.end()) return Error(ErrorCode::not_found, "they do not log in so");
  const bool other = std::any_of(ways.begin(), ways.end(), [&](const std::string& way) { return way != method && std::find(open.begin(), open.end(), way) != open.end(); });
  MACHIYA_TRY(const auto passkeys, passkey_dao::of(tx, {static_cast<int>(person.kind), person.id}));
  if (!other && passkeys.empty()) return Error(ErrorCode::conflict, "the last way in", "last-way");
  MACHIYA_TRY([[maybe_unused]] const bool gone, person_dao::remove_login(tx, person.id, method));
  return audit_.append(tx, {person.actor(), "login.remove", person.actor(), "", std::string(request), json::Value::object({{"method", method}})});
}

Result<void> OutsideLogins::raise(store::Tx& tx, Principal& person, Assurance assurance, std::string_view provider) const {
  if (person.assurance >= assurance) return {};
  MACHIYA_TRY(const bool raised, person_dao::raise_assurance(tx, person.id, static_cast<int>(assurance), clock_.now()));
  person.assurance = assurance;
  if (!raised) return {};
  MACHIYA_CHECK(sessions_.changed(tx, Sessions::owner_name(PrincipalKind::citizen, person.id)));
  return audit_.append(tx, {"system", "person.verify", person.actor(), "log-in", "", json::Value::object({{"evidence", provider}})});
}

Result<std::optional<Principal>> OutsideLogins::staff(store::ReadTx& tx, std::string_view name) const {
  MACHIYA_TRY(const auto found, staff_dao::by_name(tx, name));
  if (!found || !found->active) return std::optional<Principal>();
  Principal out;
  out.kind = PrincipalKind::staff;
  out.id = found->id;
  out.public_id = found->public_id;
  return std::optional<Principal>(std::move(out));
}

}  // namespace machiya::identity
