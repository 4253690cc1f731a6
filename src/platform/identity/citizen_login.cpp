#include "platform/identity/citizen_login.h"

#include <optional>

#include "base/log.h"
#include "base/text.h"
#include "platform/audit/audit.h"
#include "platform/identity/addresses.h"
#include "platform/identity/notices.h"
#include "platform/identity/people.h"
#include "platform/identity/recovery_dao.h"
#include "platform/identity/sealed_columns.h"
#include "platform/vault/vault.h"

namespace machiya::identity {
namespace {
constexpr std::string_view kMethod = "email-code";

std::string six_digits(Rng& rng) {
  std::string out = std::to_string(rng.below(1'000'000));
  return std::string(6 - out.size(), '0') + out;
}
/// A code that does not fit: whose it would have been is not known, and an address must not stand in the audit.
audit::Entry refused_entry() {
  audit::Entry entry;
  entry.actor = entry.object = "visitor";
  entry.action = "session.refused";
  entry.facts = json::Value::object({{"method", kMethod}});
  return entry;
}
Error wrong_code() { return Error(ErrorCode::invalid_input, "the code is wrong or no longer valid", "code"); }
}  // namespace

CitizenLogin::CitizenLogin(store::Store& store, vault::Vault& vault, audit::Audit& audit, const Clock& clock, Rng& rng,
                           CodeSender& sender, SessionDoor& door, const Options& options)
    : store_(store), vault_(vault), audit_(audit), clock_(clock), rng_(rng), sender_(sender), door_(door), options_(options) {}

/// Nothing here looks whether the address is known: the same work, the same answer, the same time.
Result<Identity::CodeRequest> CitizenLogin::request(std::string_view email_text, std::string_view remote, std::string_view lang) {
  MACHIYA_TRY(const std::string email, normal_email(email_text));
  const Instant now = clock_.now();
  const std::string code = six_digits(rng_);
  const std::string ticket = new_public_id(rng_);
  person_dao::Code row;
  row.ticket = vault_.digest("ticket", ticket);
  row.address = vault_.digest("email", email);
  row.client = vault_.digest("remote", remote);
  row.email = vault_.seal_secret(kCodeEmailContext, email);
  row.code = vault_.digest("code", ticket + code);
  if (options_.demonstration) row.shown = vault_.seal_secret(kShownContext, code);
  row.created = now;
  row.expires = Instant{now.us + options_.code_minutes * kMinute};
  const std::int64_t factor = options_.demonstration ? options_.demonstration_factor : 1;
  MACHIYA_CHECK(store_.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(auto before, person_dao::count_requests(tx, row.address, row.client, Instant{now.us - options_.limit_minutes * kMinute}));
    if (before.of_address >= options_.codes_per_address * factor || before.of_client >= options_.codes_per_client * factor)
      return Error(ErrorCode::rate_limited, "too many codes were asked for; wait some minutes", "email");
    return person_dao::insert_code(tx, row);
  }));
  // A failure to send looks the same to the visitor: it must not tell which addresses exist.
  if (auto sent = sender_.send(email, code, lang); !sent.ok())
    log(LogLevel::error, "login-code-not-sent", {{"error", std::string(sent.error().info().name)}});
  Identity::CodeRequest out;
  out.ticket = ticket;
  if (options_.demonstration) out.shown_code = code;
  return out;
}

Result<std::string> CitizenLogin::redeem(std::string_view ticket, std::string_view code_text, const Principal& before, std::string_view device) {
  const std::string code = digits_of(code_text);
  if (code.size() != 6 || !is_public_id(std::string(ticket))) return wrong_code();
  const std::string ticket_digest = vault_.digest("ticket", ticket);
  const std::string want = vault_.digest("code", std::string(ticket) + code);
  // A wrong code is no error of the transaction: the try must stay counted.
  using Outcome = std::optional<std::string>;
  bool strict = false;
  MACHIYA_TRY(Outcome cookie, store_.write([&](store::Tx& tx) -> Result<Outcome> {
    strict = false;
    MACHIYA_TRY(auto row, person_dao::take_try(tx, ticket_digest, options_.code_tries, clock_.now()));
    if (!row || !vault::equal_secret(row->code, want)) {
      MACHIYA_CHECK(audit_.append(tx, refused_entry()));
      return Outcome();
    }
    MACHIYA_TRY(const std::string email, vault_.open_secret(kCodeEmailContext, row->email));
    MACHIYA_TRY(const bool first, person_dao::mark_used(tx, ticket_digest));
    if (!first) return Outcome();
    MACHIYA_TRY(const Principal person, find_or_create(tx, email, Assurance::contact));
    MACHIYA_TRY(strict, recovery_dao::required(tx, {static_cast<int>(person.kind), person.id}));
    if (strict) {  // the address is theirs, but they want more than that
      MACHIYA_CHECK(recovery_dao::put_proof(tx, ticket_digest, person.id, clock_.now()));
      return Outcome();
    }
    MACHIYA_TRY(std::string text, door_.open(tx, person, {Method::mail_code, Strength::single_factor}, before, device));
    return Outcome(std::move(text));
  }));
  if (strict) return Error(ErrorCode::precondition_failed, "this person logs in by passkey only");
  if (!cookie) return wrong_code();
  return *cookie;
}

Result<Principal> CitizenLogin::find_or_create(store::Tx& tx, const std::string& email, Assurance assurance) {
  const std::string subject = vault_.digest("email", email);
  MACHIYA_TRY(auto known, person_dao::by_login(tx, kMethod, subject));
  if (known) return citizen_principal(*known);
  return create_person(tx, vault_, rng_, clock_.now(), kMethod, subject, email, assurance);
}

Result<Principal> CitizenLogin::ensure_person(store::Tx& tx, std::string_view email_text, Assurance assurance) {
  MACHIYA_TRY(const std::string email, normal_email(email_text));
  return find_or_create(tx, email, assurance);
}

Result<Principal> CitizenLogin::find(store::ReadTx& tx, std::string_view email_text) {
  MACHIYA_TRY(const std::string email, normal_email(email_text));
  MACHIYA_TRY(auto known, person_dao::by_login(tx, kMethod, vault_.digest("email", email)));
  if (!known) return Error(ErrorCode::not_found, "there is no such person");
  return citizen_principal(*known);
}

Result<std::string> CitizenLogin::email_of(store::ReadTx& tx, std::int64_t id) {
  return person_email(tx, vault_, id);
}

/// Read from the ticket's row, so that the page shows it whichever process wrote it (rolling restart, several servers).
Result<std::string> CitizenLogin::shown_code(std::string_view ticket) const {
  if (!options_.demonstration) return std::string();
  const std::string digest = vault_.digest("ticket", ticket);
  MACHIYA_TRY(const std::string sealed, store_.read([&](store::ReadTx& tx) { return person_dao::shown_code(tx, digest); }));
  if (sealed.empty()) return std::string();
  return vault_.open_secret(kShownContext, sealed);
}

}  // namespace machiya::identity
