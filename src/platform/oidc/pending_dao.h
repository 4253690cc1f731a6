// Log-ins under way (table oidc_pending).
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "platform/store/store.h"

namespace machiya::oidc::pending_dao {

struct Pending {
  std::string state, provider, browser;   ///< digests, and the provider's id
  std::string sealed;                     ///< "" once it is used
  std::int64_t person = 0;
  Instant created, expires;
  bool used = false;
};
Result<void> insert(store::Tx& tx, const Pending& pending);
Result<std::optional<Pending>> find(store::ReadTx& tx, std::string_view state);
/// False when another request used it first. What was sealed goes with it.
Result<bool> use(store::Tx& tx, std::string_view state, Instant now);
Result<void> remove_before(store::Tx& tx, Instant created);

}  // namespace machiya::oidc::pending_dao
