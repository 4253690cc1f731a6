// A person as a principal, and a new one: shared by every way to log in.
#pragma once
#include <string_view>

#include "base/rng.h"
#include "platform/identity/identity.h"
#include "platform/identity/person_dao.h"

namespace machiya::identity {

inline constexpr std::string_view kEmailContext = "identity/email";   ///< of the vault

Principal citizen_principal(const person_dao::Person& person);

/// Somebody who was never here, with the way that they log in by. `email` may be empty.
Result<Principal> create_person(store::Tx& tx, vault::Vault& vault, Rng& rng, Instant now, std::string_view method, std::string_view subject,
                                std::string_view email, Assurance assurance);

}  // namespace machiya::identity
