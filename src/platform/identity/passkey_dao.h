// Passkeys, the challenges that wait for an answer, and what is kept for people who lost theirs.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "platform/store/store.h"

namespace machiya::identity::passkey_dao {

/// Whose: PrincipalKind as a number, and the key of the person or the member of staff.
struct Owner {
  int kind = 0;
  std::int64_t subject = 0;
};

struct Passkey {
  std::int64_t id = 0;
  Owner owner;
  std::string credential;       ///< base64url of the credential id
  std::string public_key;       ///< COSE_Key
  std::uint32_t sign_count = 0;
  bool backup_eligible = false, backed_up = false;
  std::string name;             ///< sealed
  Instant created;
  std::optional<Instant> used;
};
/// `conflict` when somebody has this credential already (WebAuthn §7.1 step 26).
Result<std::int64_t> insert(store::Tx& tx, const Passkey& passkey);
Result<std::vector<Passkey>> of(store::ReadTx& tx, const Owner& owner);
Result<std::optional<Passkey>> by_credential(store::ReadTx& tx, std::string_view credential);
/// False when another log-in moved the counter meanwhile.
Result<bool> use(store::Tx& tx, const Passkey& passkey, std::uint32_t sign_count, bool backed_up, Instant now);
Result<bool> remove(store::Tx& tx, std::int64_t id);
Result<void> set_name(store::Tx& tx, std::int64_t id, std::string_view sealed);
Result<std::int64_t> remove_all(store::Tx& tx, const Owner& owner);

/// `digest` of a challenge, for one session and purpose.
Result<void> ask(store::Tx& tx, std::string_view digest, std::string_view session, std::string_view purpose, Instant now);
/// Takes it away; false when it is not there (used, of another session or purpose, or from before `since`).
Result<bool> take(store::Tx& tx, std::string_view digest, std::string_view session, std::string_view purpose, Instant since);
Result<void> remove_challenges_before(store::Tx& tx, Instant t);

}  // namespace machiya::identity::passkey_dao
