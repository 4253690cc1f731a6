// Citizens by mailed one-time code: asking for a code, redeeming it.
#pragma once
#include <string>

#include "platform/identity/identity.h"
#include "platform/identity/session_door.h"

namespace machiya::identity {

/// Thread-safe.
class CitizenLogin {
 public:
  CitizenLogin(store::Store& store, vault::Vault& vault, audit::Audit& audit, const Clock& clock, Rng& rng, CodeSender& sender,
               SessionDoor& door, const Options& options);

  Result<Identity::CodeRequest> request(std::string_view email, std::string_view remote, std::string_view lang);
  Result<std::string> redeem(std::string_view ticket, std::string_view code, const Principal& before, std::string_view device);
  Result<Principal> ensure_person(store::Tx& tx, std::string_view email, Assurance assurance);
  Result<std::string> email_of(store::ReadTx& tx, std::int64_t person);
  Result<Principal> find(store::ReadTx& tx, std::string_view email);
  /// The demonstration's code of a ticket, "" when it is used or unknown and always outside the demonstration.
  Result<std::string> shown_code(std::string_view ticket) const;

 private:
  Result<Principal> find_or_create(store::Tx& tx, const std::string& email, Assurance assurance);

  store::Store& store_;
  vault::Vault& vault_;
  audit::Audit& audit_;
  const Clock& clock_;
  Rng& rng_;
  CodeSender& sender_;
  SessionDoor& door_;
  const Options& options_;
};

}  // namespace machiya::identity
