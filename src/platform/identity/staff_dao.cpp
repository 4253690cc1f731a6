#include "platform/identity/staff_dao.h"

#include "platform/identity/word_list.h"
#include "platform/store/run.h"

namespace machiya::identity::staff_dao {
namespace {
constexpr std::string_view kColumns = "SELECT id, public_id, name, display, password, totp, department, roles, active, last_step, provisional_until, rights_by, rights_at FROM identity_staff ";

using store::run;

std::string list_text(const std::vector<std::string>& list) { return json::to_text(word_list(list)); }
Result<std::vector<std::string>> list_from(std::string_view text) {
  MACHIYA_TRY(const json::Value value, json::parse(text));
  std::vector<std::string> out;
  for (const auto& item : value.items()) out.push_back(item.as_string());
  return out;
}
Result<Staff> staff_from(const store::Row& row) {
  Staff s;
  s.id = row.integer(0);
  s.public_id = row.text(1);
  s.name = row.text(2);
  s.display = row.text(3);
  s.password = row.text(4);
  s.totp = row.text(5);
  s.department = row.text(6);
  MACHIYA_TRY(s.roles, list_from(row.text(7)));
  s.active = row.integer(8) != 0;
  s.last_step = row.integer(9);
  if (const auto until = row.optional_integer(10)) s.provisional_until = Instant{*until};
  s.rights_by = row.text(11), s.rights_at = Instant{row.integer(12)};
  return s;
}
Result<std::optional<Staff>> one(const std::optional<store::Row>& row) {
  if (!row) return std::optional<Staff>();
  MACHIYA_TRY(Staff staff, staff_from(*row));
  return std::optional<Staff>(std::move(staff));
}
constexpr std::string_view kClientColumns = "SELECT id, public_id, name, scopes, created, expires, last_used, revoked, roles, department FROM identity_client ";
std::optional<Instant> time_from(const store::Row& row, std::size_t column) {
  return row.is_null(column) ? std::optional<Instant>() : Instant{row.integer(column)};
}
Result<Client> client_from(const store::Row& row) {
  Client c;
  c.id = row.integer(0);
  c.public_id = row.text(1);
  c.name = row.text(2);
  MACHIYA_TRY(c.scopes, list_from(row.text(3)));
  c.created = Instant{row.integer(4)};
  c.expires = time_from(row, 5), c.last_used = time_from(row, 6), c.revoked = time_from(row, 7);
  MACHIYA_TRY(c.roles, list_from(row.text(8)));
  c.department = row.text(9);
  return c;
}
Result<std::optional<Client>> one_client(const std::optional<store::Row>& row) {
  if (!row) return std::optional<Client>();
  MACHIYA_TRY(Client client, client_from(*row));
  return std::optional<Client>(std::move(client));
}
}  // namespace

Result<std::optional<Staff>> by_public_id(store::ReadTx& tx, std::string_view public_id) {
  MACHIYA_TRY(auto row, tx.query_one(std::string(kColumns) + "WHERE public_id = :id", {{"id", public_id}}));
  return one(row);
}

Result<std::optional<Staff>> by_id(store::ReadTx& tx, std::int64_t id) {
  MACHIYA_TRY(auto row, tx.query_one(std::string(kColumns) + "WHERE id = :id", {{"id", id}}));
  return one(row);
}

Result<std::optional<Staff>> by_name(store::ReadTx& tx, std::string_view name) {
  MACHIYA_TRY(auto row, tx.query_one(std::string(kColumns) + "WHERE name = :name", {{"name", name}}));
  return one(row);
}

Result<std::vector<Staff>> all(store::ReadTx& tx) {
  MACHIYA_TRY(auto rows, tx.query(std::string(kColumns) + "ORDER BY name"));
  std::vector<Staff> out;
  for (const auto& row : rows) {
    MACHIYA_TRY(Staff staff, staff_from(row));
    out.push_back(std::move(staff));
  }
  return out;
}

Result<std::int64_t> put(store::Tx& tx, const Staff& s, Instant now) {
  MACHIYA_TRY(auto rows,
              tx.query("INSERT INTO identity_staff (public_id, name, display, password, totp, roles, department, active, last_step, created)"
                       " VALUES (:public_id, :name, :display, :password, :totp, :roles, :department, 1, 0, :now)"
                       " ON CONFLICT (name) DO UPDATE SET display = excluded.display, password = excluded.password, totp = excluded.totp,"
                       " roles = excluded.roles, department = excluded.department, active = 1, provisional_until = NULL RETURNING id",
                       {{"public_id", s.public_id},
                        {"name", s.name},
                        {"display", s.display},
                        {"password", s.password},
                        {"totp", s.totp},
                        {"roles", list_text(s.roles)},
                        {"department", s.department},
                        {"now", now.us}}));
  MACHIYA_ASSERT(rows.size() == 1);
  return rows[0].integer(0);
}

Result<void> set_password(store::Tx& tx, std::int64_t id, std::string_view hash) {
  return run(tx, "UPDATE identity_staff SET password = :password, provisional_until = NULL WHERE id = :id", {{"password", hash}, {"id", id}});
}

Result<void> set_secrets(store::Tx& tx, std::int64_t id, std::string_view hash, std::string_view sealed_totp, Instant provisional_until) {
  return run(tx, "UPDATE identity_staff SET password = :password, totp = :totp, provisional_until = :until WHERE id = :id",
             {{"password", hash}, {"totp", sealed_totp}, {"until", provisional_until.us}, {"id", id}});
}

Result<void> set_rights(store::Tx& tx, const Staff& s) {
  return run(tx, "UPDATE identity_staff SET display = :display, roles = :roles, department = :department, rights_by = :by, rights_at = :at WHERE id = :id",
             {{"display", s.display}, {"roles", list_text(s.roles)}, {"department", s.department}, {"by", s.rights_by}, {"at", s.rights_at.us}, {"id", s.id}});
}

Result<void> set_active(store::Tx& tx, std::int64_t id, bool active) {
  return run(tx, "UPDATE identity_staff SET active = :active WHERE id = :id", {{"active", active}, {"id", id}});
}

Result<bool> use_step(store::Tx& tx, std::int64_t id, std::int64_t step) {
  MACHIYA_TRY(auto changed, tx.execute("UPDATE identity_staff SET last_step = :step WHERE id = :id AND last_step < :step AND active = 1",
                                       {{"step", step}, {"id", id}}));
  return changed == 1;
}

Result<Attempt> attempt(store::ReadTx& tx, std::string_view subject) {
  MACHIYA_TRY(auto row, tx.query_one("SELECT failures, last, locked_until FROM identity_attempt WHERE subject = :s", {{"s", subject}}));
  if (!row) return Attempt{};
  return Attempt{row->integer(0), Instant{row->integer(1)}, Instant{row->integer(2)}};
}

Result<void> set_attempt(store::Tx& tx, std::string_view subject, const Attempt& a) {
  return run(tx, "INSERT INTO identity_attempt (subject, failures, last, locked_until) VALUES (:s, :failures, :last, :locked)"
                 " ON CONFLICT (subject) DO UPDATE SET failures = excluded.failures, last = excluded.last, locked_until = excluded.locked_until",
             {{"s", subject}, {"failures", a.failures}, {"last", a.last.us}, {"locked", a.locked_until.us}});
}

Result<void> remove_attempt(store::Tx& tx, std::string_view subject) {
  return run(tx, "DELETE FROM identity_attempt WHERE subject = :s", {{"s", subject}});
}

Result<void> remove_attempts_before(store::Tx& tx, Instant last) {
  return run(tx, "DELETE FROM identity_attempt WHERE last < :t", {{"t", last.us}});
}

Result<std::vector<Client>> clients(store::ReadTx& tx) {
  MACHIYA_TRY(auto rows, tx.query(std::string(kClientColumns) + "ORDER BY name"));
  std::vector<Client> out;
  for (const auto& row : rows) {
    MACHIYA_TRY(Client client, client_from(row));
    out.push_back(std::move(client));
  }
  return out;
}

Result<std::optional<Client>> client_by_digest(store::ReadTx& tx, std::string_view digest) {
  MACHIYA_TRY(auto row, tx.query_one(std::string(kClientColumns) + "WHERE digest = :d AND revoked IS NULL", {{"d", digest}}));
  return one_client(row);
}

Result<std::optional<Client>> client_by_name(store::ReadTx& tx, std::string_view name) {
  MACHIYA_TRY(auto row, tx.query_one(std::string(kClientColumns) + "WHERE name = :n AND revoked IS NULL", {{"n", name}}));
  return one_client(row);
}

Result<std::int64_t> insert_client(store::Tx& tx, const Client& c, std::string_view digest, std::string_view by, Instant now) {
  // The new token replaces the dead row's; what the dead one did stays in the audit under its own public id.
  MACHIYA_TRY(auto rows, tx.query("INSERT INTO identity_client (public_id, name, digest, scopes, created_by, created, expires, roles, department)"
                                  " VALUES (:public_id, :name, :digest, :scopes, :by, :now, :expires, :roles, :department)"
                                  " ON CONFLICT (name) DO UPDATE SET public_id = excluded.public_id, digest = excluded.digest,"
                                  " scopes = excluded.scopes, created_by = excluded.created_by, created = excluded.created,"
                                  " expires = excluded.expires, roles = excluded.roles, department = excluded.department, last_used = NULL, revoked = NULL"
                                  " WHERE identity_client.revoked IS NOT NULL OR identity_client.expires <= :now RETURNING id",
                                  {{"public_id", c.public_id},
                                   {"name", c.name},
                                   {"digest", digest},
                                   {"scopes", list_text(c.scopes)},
                                   {"roles", list_text(c.roles)},
                                   {"department", c.department},
                                   {"by", by},
                                   {"now", now.us},
                                   {"expires", c.expires ? store::Param(c.expires->us) : store::Param(nullptr)}}));
  if (rows.empty()) return Error(ErrorCode::conflict, "there is a client of this name already");
  return rows[0].integer(0);
}

Result<bool> revoke_client(store::Tx& tx, std::int64_t id, Instant now) {
  MACHIYA_TRY(auto changed, tx.execute("UPDATE identity_client SET revoked = :now WHERE id = :id AND revoked IS NULL", {{"now", now.us}, {"id", id}}));
  return changed == 1;
}

Result<void> set_client_used(store::Tx& tx, std::string_view digest, Instant at) {
  return run(tx, "UPDATE identity_client SET last_used = :at WHERE digest = :digest AND (last_used IS NULL OR last_used < :at)",
             {{"at", at.us}, {"digest", digest}});
}

}  // namespace machiya::identity::staff_dao
