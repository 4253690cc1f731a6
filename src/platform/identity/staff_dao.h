// Staff accounts, failed attempts, and API clients.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "platform/store/store.h"

namespace machiya::identity::staff_dao {

struct Staff {
  std::int64_t id = 0;
  std::string public_id, name, display, password, totp, department;
  std::vector<std::string> roles;
  bool active = true;
  std::int64_t last_step = 0;
  std::optional<Instant> provisional_until;   ///< the password is an administrator's and serves until then
  std::string rights_by;                      ///< public id of who gave the roles last; "" for a command
  Instant rights_at;
};
Result<std::optional<Staff>> by_id(store::ReadTx& tx, std::int64_t id);
Result<std::optional<Staff>> by_name(store::ReadTx& tx, std::string_view name);
Result<std::optional<Staff>> by_public_id(store::ReadTx& tx, std::string_view public_id);
Result<std::vector<Staff>> all(store::ReadTx& tx);
/// Creates, or replaces everything but the id, the public id and the last step; the password is the person's own.
Result<std::int64_t> put(store::Tx& tx, const Staff& staff, Instant now);
/// The person's own one.
Result<void> set_password(store::Tx& tx, std::int64_t id, std::string_view hash);
Result<void> set_secrets(store::Tx& tx, std::int64_t id, std::string_view hash, std::string_view sealed_totp, Instant provisional_until);
/// Display name, roles and department, and who says so.
Result<void> set_rights(store::Tx& tx, const Staff& staff);
Result<void> set_active(store::Tx& tx, std::int64_t id, bool active);
/// False when this time step, or a later one, was used before.
Result<bool> use_step(store::Tx& tx, std::int64_t id, std::int64_t step);

struct Attempt {
  std::int64_t failures = 0;
  Instant last, locked_until;
};
Result<Attempt> attempt(store::ReadTx& tx, std::string_view subject);
Result<void> set_attempt(store::Tx& tx, std::string_view subject, const Attempt& attempt);
Result<void> remove_attempt(store::Tx& tx, std::string_view subject);
Result<void> remove_attempts_before(store::Tx& tx, Instant last);

struct Client {
  std::int64_t id = 0;
  std::string public_id, name;
  std::vector<std::string> scopes, roles;
  std::string department;
  Instant created;
  std::optional<Instant> expires, last_used, revoked;
};
/// All, revoked and expired ones too, by name.
Result<std::vector<Client>> clients(store::ReadTx& tx);
/// Only clients that are not revoked.
Result<std::optional<Client>> client_by_digest(store::ReadTx& tx, std::string_view digest);
Result<std::optional<Client>> client_by_name(store::ReadTx& tx, std::string_view name);
/// `conflict` when a living client has this name; one that is revoked or over by `now` leaves its name to the new one.
Result<std::int64_t> insert_client(store::Tx& tx, const Client& client, std::string_view digest, std::string_view by, Instant now);
Result<bool> revoke_client(store::Tx& tx, std::int64_t id, Instant now);
Result<void> set_client_used(store::Tx& tx, std::string_view digest, Instant at);

}  // namespace machiya::identity::staff_dao
