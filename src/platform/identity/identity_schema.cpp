// The tables of identity. Applied migrations never change: add a new number.
#include "platform/identity/emergencies.h"
#include "platform/identity/identity.h"
#include "platform/identity/policy_history.h"
#include "platform/identity/ties.h"
#include "platform/identity/sealed_columns.h"
#include "platform/vault/rotation.h"

namespace machiya::identity {
namespace {
constexpr std::string_view kPeople = R"sql(
CREATE TABLE identity_person (id ID, public_id TEXT NOT NULL UNIQUE, data_key INT NOT NULL, email BYTES NOT NULL,
  assurance INT NOT NULL, created TS NOT NULL, verified TS);
CREATE TABLE identity_login (id ID, person INT NOT NULL, method TEXT NOT NULL, subject TEXT NOT NULL, created TS NOT NULL,
  UNIQUE (method, subject));
CREATE INDEX identity_login_person ON identity_login (person);
CREATE TABLE identity_code (id ID, ticket TEXT NOT NULL UNIQUE, address TEXT NOT NULL, client TEXT NOT NULL, email TEXT NOT NULL,
  code TEXT NOT NULL, created TS NOT NULL, expires TS NOT NULL, tries INT NOT NULL, used INT NOT NULL);
CREATE INDEX identity_code_address ON identity_code (address, created);
CREATE INDEX identity_code_client ON identity_code (client, created);
CREATE INDEX identity_code_created ON identity_code (created);
)sql";
constexpr std::string_view kSessions = R"sql(
CREATE TABLE identity_session (id ID, digest TEXT NOT NULL UNIQUE, kind INT NOT NULL, subject INT NOT NULL, created TS NOT NULL,
  seen TS NOT NULL, expires TS NOT NULL, ended TS);
CREATE INDEX identity_session_subject ON identity_session (kind, subject);
CREATE INDEX identity_session_expires ON identity_session (expires);
CREATE TABLE identity_change (id ID, what TEXT NOT NULL, at TS NOT NULL);
CREATE INDEX identity_change_at ON identity_change (at);
CREATE TABLE identity_parked (id ID, ticket TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, form TEXT NOT NULL, created TS NOT NULL);
CREATE INDEX identity_parked_owner ON identity_parked (owner, created);
CREATE INDEX identity_parked_created ON identity_parked (created);
)sql";
constexpr std::string_view kStaff = R"sql(
CREATE TABLE identity_staff (id ID, public_id TEXT NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE, display TEXT NOT NULL,
  password TEXT NOT NULL, totp TEXT NOT NULL, roles TEXT NOT NULL, department TEXT NOT NULL, active INT NOT NULL,
  last_step INT NOT NULL, created TS NOT NULL);
CREATE TABLE identity_attempt (subject TEXT NOT NULL PRIMARY KEY, failures INT NOT NULL, last TS NOT NULL, locked_until TS NOT NULL);
CREATE INDEX identity_attempt_last ON identity_attempt (last);
CREATE TABLE identity_client (id ID, public_id TEXT NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE, digest TEXT NOT NULL UNIQUE,
  scopes TEXT NOT NULL, created_by TEXT NOT NULL, created TS NOT NULL, revoked TS);
)sql";
constexpr std::string_view kClientTimes = R"sql(
ALTER TABLE identity_client ADD COLUMN expires TS;
ALTER TABLE identity_client ADD COLUMN last_used TS;
)sql";
constexpr std::string_view kClientRoles = R"sql(
ALTER TABLE identity_client ADD COLUMN roles TEXT NOT NULL DEFAULT '[]';
ALTER TABLE identity_client ADD COLUMN department TEXT NOT NULL DEFAULT '';
)sql";
/// How a session came about; rows from before say nothing, so that sensitive acts ask them for a fresh log-in.
constexpr std::string_view kSessionAuthentication = R"sql(
ALTER TABLE identity_session ADD COLUMN method TEXT NOT NULL DEFAULT '';
ALTER TABLE identity_session ADD COLUMN strength INT NOT NULL DEFAULT 0;
ALTER TABLE identity_session ADD COLUMN authenticated TS NOT NULL DEFAULT 0;
ALTER TABLE identity_session ADD COLUMN device TEXT NOT NULL DEFAULT '';
)sql";
/// `kind` and `subject`: a citizen's or a member of staff's key. Names are sealed; codes, challenges and tickets are digests.
constexpr std::string_view kPasskeys = R"sql(
CREATE TABLE identity_passkey (id ID, kind INT NOT NULL, subject INT NOT NULL, credential TEXT NOT NULL UNIQUE, public_key BYTES NOT NULL,
  sign_count INT NOT NULL, backup_eligible INT NOT NULL, backed_up INT NOT NULL, name TEXT NOT NULL, created TS NOT NULL, used TS);
CREATE INDEX identity_passkey_subject ON identity_passkey (kind, subject);
CREATE TABLE identity_challenge (id ID, digest TEXT NOT NULL UNIQUE, session TEXT NOT NULL, purpose TEXT NOT NULL, created TS NOT NULL);
CREATE INDEX identity_challenge_created ON identity_challenge (created);
CREATE TABLE identity_passkey_only (kind INT NOT NULL, subject INT NOT NULL, since TS NOT NULL, PRIMARY KEY (kind, subject));
CREATE TABLE identity_recovery_code (id ID, kind INT NOT NULL, subject INT NOT NULL, digest TEXT NOT NULL, created TS NOT NULL, used TS);
CREATE INDEX identity_recovery_code_subject ON identity_recovery_code (kind, subject);
CREATE TABLE identity_recovery_proof (id ID, ticket TEXT NOT NULL UNIQUE, person INT NOT NULL, created TS NOT NULL, tries INT NOT NULL);
CREATE INDEX identity_recovery_proof_created ON identity_recovery_proof (created);
CREATE TABLE identity_recovery_opening (id ID, kind INT NOT NULL, subject INT NOT NULL, opened_by TEXT NOT NULL, opened TS NOT NULL,
  usable TS NOT NULL, until TS NOT NULL, closed TS);
CREATE INDEX identity_recovery_opening_subject ON identity_recovery_opening (kind, subject);
)sql";
/// provisional_until: the password was made by an administrator and serves until then, once. rights_by, rights_at: who gave the roles last, and when.
constexpr std::string_view kStaffAccounts = R"sql(
ALTER TABLE identity_staff ADD COLUMN provisional_until TS;
ALTER TABLE identity_staff ADD COLUMN rights_by TEXT NOT NULL DEFAULT '';
ALTER TABLE identity_staff ADD COLUMN rights_at TS NOT NULL DEFAULT 0;
ALTER TABLE identity_recovery_opening ADD COLUMN what TEXT NOT NULL DEFAULT 'passkeys';
)sql";
/// Only the demonstration fills it: any process can show the code that another one made.
constexpr std::string_view kShownCode = "ALTER TABLE identity_code ADD COLUMN shown TEXT NOT NULL DEFAULT ''";
}  // namespace

std::vector<store::Migration> Identity::migrations() {
  std::vector<store::Migration> out = {{"identity", 1, "people", kPeople, ""}, {"identity", 2, "sessions", kSessions, ""}, {"identity", 3, "staff", kStaff, ""},
          {"identity", 4, "client times", kClientTimes, ""}, {"identity", 5, "shown code", kShownCode, ""}, {"identity", 6, "client roles", kClientRoles, ""},
          {"identity", 7, "session authentication", kSessionAuthentication, ""}, {"identity", 8, "passkeys", kPasskeys, ""},
          {"identity", 9, "staff accounts", kStaffAccounts, ""}};
  for (auto& more : {Ties::migrations(), Emergencies::migrations(), PolicyHistory::migrations()}) out.insert(out.end(), more.begin(), more.end());
  return out;
}

std::vector<vault::SecretColumn> Identity::secret_columns() {
  return {{"identity_staff", "id", true, "totp", kTotpContext},
          {"identity_code", "id", true, "email", kCodeEmailContext},
          {"identity_code", "id", true, "shown", kShownContext},
          {"identity_passkey", "id", true, "name", kPasskeyNameContext},
          {"identity_parked", "id", true, "form", kParkContext}};
}

}  // namespace machiya::identity
