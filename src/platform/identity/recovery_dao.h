// Who logs in by passkey only, and the ways back in for those who lost theirs: recovery codes, openings made by others.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "platform/identity/passkey_dao.h"
#include "platform/store/store.h"

namespace machiya::identity::recovery_dao {
using passkey_dao::Owner;

/// "Passkey required".
Result<bool> required(store::ReadTx& tx, const Owner& owner);
Result<void> set_required(store::Tx& tx, const Owner& owner, bool required, Instant now);

/// Replaces all codes of the owner by these digests.
Result<void> put_codes(store::Tx& tx, const Owner& owner, const std::vector<std::string>& digests, Instant now);
Result<std::int64_t> unused_codes(store::ReadTx& tx, const Owner& owner);
/// False when it is not theirs or was used.
Result<bool> use_code(store::Tx& tx, const Owner& owner, std::string_view digest, Instant now);

/// A mailed code was right, but the person needs more: kept under the digest of its ticket.
Result<void> put_proof(store::Tx& tx, std::string_view ticket, std::int64_t person, Instant now);
/// Counts one try and gives the person, unless it is from before `since` or was tried too often.
Result<std::optional<std::int64_t>> take_proof(store::Tx& tx, std::string_view ticket, int most_tries, Instant since);
Result<void> remove_proof(store::Tx& tx, std::string_view ticket);
Result<void> remove_proofs_before(store::Tx& tx, Instant t);

/// Somebody else vouches: a clerk for a citizen, two administrators for a member of staff.
struct Opening {
  std::int64_t id = 0;
  Owner owner;
  std::string opened_by;          ///< public id of staff
  Instant opened, usable, until;
  std::string what = "passkeys";  ///< of staff: "passkeys", "secrets"
};
Result<void> open(store::Tx& tx, const Opening& opening);
/// Neither used nor closed nor over; the newest.
Result<std::optional<Opening>> opening_of(store::ReadTx& tx, const Owner& owner, Instant now);
Result<void> close_openings(store::Tx& tx, const Owner& owner, Instant now);

}  // namespace machiya::identity::recovery_dao
