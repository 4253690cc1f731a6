// Who is asking: citizens by mailed code, staff by password and TOTP, API clients by bearer token; sessions, CSRF,
// attempt limits, and the policy (role × department) that answers "may they?". The law of the house: deny by default.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "platform/http/http.h"
#include "platform/identity/authentication.h"
#include "platform/identity/principal.h"
#include "platform/store/store.h"

namespace machiya::vault {
class Vault;
struct SecretColumn;
}
namespace machiya::audit {
class Audit;
}

namespace machiya::identity {

class Emergencies;
class Policy;
class Ties;
struct Decision;
struct Resource;

const Principal& principal_of(const http::Request& request);

/// Sends the one-time code. The demonstration shows it on the page instead; production sends SMTP.
class CodeSender {
 public:
  virtual ~CodeSender() = default;
  virtual Result<void> send(std::string_view email, std::string_view code, std::string_view lang) = 0;
  /// Tells somebody what was changed about their log-in: `notice` names the texts "security.notice.<notice>_…". No secrets in it.
  virtual Result<void> notify(std::string_view email, std::string_view notice, std::string_view lang) = 0;
};

struct Options {
  bool demonstration = true;       ///< codes are shown on the page
  int code_minutes = 10;
  int code_tries = 5;
  int session_idle_minutes = 60;   ///< drafts survive it: an expired log-in never loses an answer
  int session_hours = 12;
  std::string policy_text;         ///< YAML already turned to JSON text by city: roles → permissions × departments
  int codes_per_address = 5;       ///< code requests for one address within limit_minutes
  int codes_per_client = 30;       ///< code requests from one network address within limit_minutes
  int limit_minutes = 15;
  int staff_tries = 5;             ///< wrong log-ins of one staff name before it is locked; then 1, 2, 4 … 60 minutes
  int staff_tries_per_client = 30; ///< the same for one network address
  int demonstration_factor = 200;  ///< in the demonstration everybody is one client on loopback: limits are so much wider
  std::string demonstration_totp;  ///< secret shared by the demonstration's staff: its code is shown on the log-in page
  std::size_t cached_sessions = 65'536;
  std::string base_url;            ///< "https://city.example.jp": its host is the RP ID of passkeys; "": localhost (demonstration)
  std::string staff_url;           ///< the same for staff whose console has a name of its own; "": base_url
  int recovery_wait_hours = 24;    ///< between a re-enrolment that a clerk opened and its use: time to object to the notice
};

class OutsideLogins;
class Passkeys;
class Recovery;
class StaffAccounts;

/// Thread-safe.
class Identity {
 public:
  Identity(store::Store& store, vault::Vault& vault, audit::Audit& audit, const Clock& clock, CodeSender& sender, Options options);
  ~Identity();

  /// The gate for http::Router: finds the session or bearer token, checks the route's permission and CSRF; answers
  /// with a redirect to log-in, 401, 403 or nothing. Sets Request::principal.
  http::Router::Gate gate();
  /// The head gate for http::Router: refuses a body of somebody without the permission before it is read.
  http::Router::Gate head_gate();
  /// Sends a new visitor's cookie with the first page that shows a form, and keeps such pages out of caches.
  /// identity_http's add_routes() installs it; plain page reads set no cookie.
  http::Router::Finisher finisher();
  /// May this principal do `permission` in `department` ("" = anywhere)? Asked of staff, and of clients that were given roles;
  /// routes of pages (permission "staff:…") stay closed to clients, whatever roles they have.
  bool allowed(const Principal& principal, std::string_view permission, std::string_view department = {}) const;
  /// The same question about an object, and why (decision.h). The second also looks up how they are tied: guardians, delegates,
  /// emergencies of `object` ("case:<number>"); it reads only when role and ownership do not answer already.
  Decision decide(const Principal& principal, std::string_view action, const Resource& resource) const;
  Result<Decision> decide(store::ReadTx& tx, const Principal& principal, std::string_view action, Resource resource, std::string_view object = {}) const;
  /// The policy in force; never null.
  std::shared_ptr<const Policy> policy() const;
  /// Guardians and delegates.
  Ties& ties();
  /// Emergency access of staff, and its review.
  Emergencies& emergencies();

  /// Replaces the policy (hot reload); refuses a broken one and keeps the old.
  Result<void> reload_policy(std::string_view policy_text);

  // Citizens
  /// Starts a log-in; the same answer whether or not the address is known. `shown_code` is set in the demonstration.
  struct CodeRequest {
    std::string ticket;
    std::optional<std::string> shown_code;
  };
  Result<CodeRequest> request_code(std::string_view email, std::string_view remote, std::string_view lang);
  /// A code to the address of a citizen who is in, for a fresh log-in.
  Result<CodeRequest> request_own_code(const Principal& who, std::string_view remote, std::string_view lang);
  /// Checks the code and opens a session; gives the cookie value. A new address becomes a new person (assurance contact).
  Result<std::string> redeem_code(std::string_view ticket, std::string_view code, const Principal& before, std::string_view device = {});
  /// Passkeys of citizens and staff (passkeys.h); what becomes of people who lost theirs (recovery.h).
  Passkeys& passkeys();
  Recovery& recovery();
  /// Accounts of staff as administrators make and change them (staff_accounts.h).
  StaffAccounts& staff_accounts();
  // Staff
  /// `before`: the session of this browser until now, which ends; `device`: of the User-Agent, device_of().
  Result<std::string> staff_login(std::string_view name, std::string_view password, std::string_view totp, std::string_view remote,
                                  const Principal& before = {}, std::string_view device = {});
  /// Step-up of somebody who is in: the same proof once more, for their own account.
  Result<std::string> staff_confirm(const Principal& who, std::string_view password, std::string_view totp, std::string_view remote, std::string_view device);
  /// Creates or replaces a staff account whose password is the person's own; used by the demonstration and tests. Administrators: staff_accounts().
  Result<std::int64_t> put_staff(store::Tx& tx, std::string_view name, std::string_view display, std::string_view password,
                                 std::string_view totp_secret, const std::vector<std::string>& roles, std::string_view department);
  /// A member of staff's own new password, which the caller has judged (PasswordRules). The present one is asked for and counted like a log-in
  /// (invalid_input at "present", rate_limited); all their other sessions end; audited.
  Result<void> change_password(const Principal& who, std::string_view present, std::string_view wanted, std::string_view remote);
  Result<void> logout(const Principal& principal);
  /// The one door of every way to log in: opens a session of `who` (kind and id of a citizen or of staff) that knows how it
  /// came about, ends the one of `before`, hands over drafts, leaves an audit row; gives the cookie value. The caller has
  /// checked the proof in the same transaction. `how.at` 0: now.
  Result<std::string> open_session(store::Tx& tx, const Principal& who, Authentication how, const Principal& before, std::string_view device);
  /// One open session, for its owner's list of devices.
  struct OpenSession {
    std::string handle;   ///< names it in forms; opens nothing
    Authentication how;
    std::string device;   ///< coarse: "Firefox / Windows"
    Instant opened, seen;   ///< `seen` is written about once a minute
    bool current = false;   ///< the one that asks
  };
  /// Of this principal (citizen or staff), the newest first.
  Result<std::vector<OpenSession>> open_sessions(const Principal& who);
  /// Ends one session of their own; not_found when they have none of this handle. Audited.
  Result<void> end_session(const Principal& who, std::string_view handle);
  /// Ends all their sessions but the one that asks; gives how many. Audited.
  Result<int> end_other_sessions(const Principal& who);
  /// Ends every session of a person or staff member, at once here, within five seconds in other processes.
  Result<void> end_sessions(store::Tx& tx, PrincipalKind kind, std::int64_t id);
  /// Runs in the transaction of a citizen's log-in: engines hand over the drafts of the visitor to the person.
  using LoginHook = std::function<Result<void>(store::Tx&, const Principal& before, const Principal& after)>;
  void on_login(LoginHook hook);
  /// A clerk's check at the counter lifts a person to `verified`; audited.
  Result<void> verify_person(store::Tx& tx, std::string_view person_public_id, const Principal& clerk, std::string_view evidence);
  // API clients
  /// What a client is among staff: the roles and the department in which it works with registers. Without roles it is nobody there.
  struct Seat {
    std::vector<std::string> roles;
    std::string department;
  };
  /// Gives the token, once; it ends after `days` (0: never). `conflict` when a living client has this name; invalid_input (with
  /// the field in `where`) for a role that the policy does not know. Whether the department exists is the caller's to check.
  Result<std::string> create_client(std::string_view name, const std::vector<std::string>& scopes, const Principal& by, int days = 0, const Seat& seat = {});
  Result<void> revoke_client(std::string_view name, const Principal& by);
  /// A client has one token; to change it without a gap, make a second client and revoke the first.
  struct ApiClient {
    std::string public_id, name;
    std::vector<std::string> scopes;
    Seat seat;
    Instant created;
    std::optional<Instant> expires, last_used, revoked;   ///< last_used is written about once a minute
  };
  /// All clients by name, revoked and expired ones too, for the console's page. Never holds a token.
  Result<std::vector<ApiClient>> clients(store::ReadTx& tx);

  /// Finds or creates the person of an e-mail address without a log-in (seeding, API applications). Assurance as given.
  Result<Principal> ensure_person(store::Tx& tx, std::string_view email, Assurance assurance);

  /// Log-ins that another module has proved (outside_logins.h).
  OutsideLogins& outside_logins();

  /// The address to write to, "" for somebody who gave none; `gone` when the person was erased. Never log it, never put it into a URL.
  Result<std::string> email_of(store::ReadTx& tx, std::int64_t person);
  /// The person of a public id (assurance included); not_found when there is none.
  Result<Principal> person_of(store::ReadTx& tx, std::string_view public_id);
  /// The person of an internal key (the applicant of a case); not_found when there is none.
  Result<Principal> person_by_key(store::ReadTx& tx, std::int64_t id);
  /// The person who logs in with this address, for a clerk at the counter; not_found when nobody does.
  Result<Principal> find_person(store::ReadTx& tx, std::string_view email);
  struct StaffMember {
    std::int64_t id = 0;
    std::string public_id, name, display, department;
    std::vector<std::string> roles;
    bool active = true;
  };
  /// The account of a public id (of an audit row); nothing when there is none.
  Result<std::optional<StaffMember>> staff_member(store::ReadTx& tx, std::string_view public_id);
  /// All staff by name, for assigning and for the accounts page.
  Result<std::vector<StaffMember>> staff(store::ReadTx& tx);
  /// Closes or reopens an account; closing ends its sessions.
  Result<void> set_staff_active(store::Tx& tx, std::string_view name, bool active, const Principal& by);

  /// A form that was posted after the log-in had ended, kept sealed for an hour for the same person.
  struct ParkedForm {
    std::string path;
    http::Pairs fields;
  };
  Result<ParkedForm> parked_form(std::string_view ticket, const Principal& owner);
  /// The demonstration's code for the log-in page of staff ("" outside the demonstration).
  std::string demonstration_totp_code() const;
  /// The demonstration's mailed code of a ticket ("" outside the demonstration), for showing the page, whichever process sent it.
  Result<std::string> demonstration_code(std::string_view ticket) const;
  const Options& options() const;
  /// Writes back when sessions were last seen and removes what is over. The gate queues it about once a minute; call it
  /// at the end of the process.
  Result<void> maintain();

  static std::vector<store::Migration> migrations();
  /// Where secrets lie that stand under the master key, for its exchange.
  static std::vector<vault::SecretColumn> secret_columns();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The demonstration's roles, readable as JSON: clerk, approver, counter, moderator, admin, auditor.
std::string_view demonstration_policy();

/// Cookie with the purpose that a member of staff claims; "" or absent: the first of their role's that fits.
inline constexpr std::string_view kPurposeCookie = "machiya-purpose";
/// Cookie that carries the session ("__Host-" prefix over TLS).
std::string session_cookie_name(bool secure);

}  // namespace machiya::identity
