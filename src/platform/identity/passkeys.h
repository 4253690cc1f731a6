// Passkeys of citizens and staff: adding, logging in, removing. The cryptography is platform/webauthn's; here are challenges, owners, limits,
// audit and notices.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.h"
#include "platform/identity/identity.h"
#include "platform/identity/passkey_dao.h"
#include "platform/identity/session_door.h"

namespace machiya::webauthn {
struct RelyingParty;
}

namespace machiya::identity {

/// Thread-safe.
class Passkeys {
 public:
  Passkeys(store::Store& store, vault::Vault& vault, audit::Audit& audit, const Clock& clock, Rng& rng, CodeSender& sender, SessionDoor& door,
           Sessions& sessions, const Options& options);

  /// Browsers bind passkeys to a domain: the one of base-url, or "localhost" in the demonstration. False when the page was opened under
  /// another name or a bare address such as 127.0.0.1. `host`: the request's.
  bool possible(std::string_view host) const;

  /// What the page hands to navigator.credentials.create() and get(), bytes as base64url. The challenge is good for five minutes, for this
  /// session, once.
  Result<json::Value> creation_options(const Principal& who, std::string_view host);
  Result<json::Value> request_options(const Principal& before, PrincipalKind side, std::string_view host);

  /// `response`: what the browser answered, as JSON. invalid_input when it is not acceptable, limit_exceeded from the 21st passkey on.
  Result<void> add(const Principal& who, std::string_view name, std::string_view response, std::string_view host, std::string_view lang);
  /// Gives the cookie value; phishing-resistant, and both factors in one, for the user was verified. One answer for everything that is wrong:
  /// invalid_input. A signature counter that did not grow is refused and audited: the passkey may have been copied.
  Result<std::string> log_in(PrincipalKind side, std::string_view response, const Principal& before, std::string_view host, std::string_view device);

  struct Passkey {
    std::string handle;   ///< names it in forms
    std::string name;
    bool backed_up = false;
    Instant created;
    std::optional<Instant> used;
  };
  Result<std::vector<Passkey>> list(const Principal& who);
  /// Of somebody else, for the pages of administrators and clerks.
  Result<std::size_t> count(store::ReadTx& tx, PrincipalKind kind, std::int64_t subject);
  /// Another name for one of one's own; errors as of add(), not_found when they have none of this handle. Audited; the name is personal and stays out.
  Result<void> rename(const Principal& who, std::string_view handle, std::string_view name);
  /// Ends its sessions too. conflict when it is the last one of somebody who logs in by passkey only, or who has no other way.
  Result<void> remove(const Principal& who, std::string_view handle, std::string_view lang);

 private:
  struct Answer;
  std::optional<webauthn::RelyingParty> party(std::string_view host) const;
  Result<std::string> new_challenge(const Principal& who, std::string_view purpose);
  /// Reads the browser's JSON and takes the challenge that it answers.
  Result<Answer> take_answer(std::string_view response, const Principal& before, std::string_view purpose);
  Result<std::optional<Principal>> owner_of(store::ReadTx& tx, const passkey_dao::Owner& owner);
  Result<void> refuse(const passkey_dao::Passkey& passkey, const Principal& owner, std::string_view action);
  void tell(const Principal& who, std::string_view notice, std::string_view lang);
  std::string handle_of(const passkey_dao::Passkey& passkey) const;

  store::Store& store_;
  vault::Vault& vault_;
  audit::Audit& audit_;
  const Clock& clock_;
  Rng& rng_;
  CodeSender& sender_;
  SessionDoor& door_;
  Sessions& sessions_;
  const Options& options_;
};

}  // namespace machiya::identity
