// API clients: scoped bearer tokens that are shown once, stored as digests and can be revoked.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "platform/identity/identity.h"
#include "platform/identity/sessions.h"

namespace machiya::identity {

/// Thread-safe.
class ApiClients {
 public:
  ApiClients(store::Store& store, vault::Vault& vault, audit::Audit& audit, const Clock& clock, Rng& rng, Sessions& sessions);
  /// `days` 0: without an end.
  Result<std::string> create(std::string_view name, const std::vector<std::string>& scopes, int days, const Identity::Seat& seat, const Principal& by);
  Result<void> revoke(std::string_view name, const Principal& by);

 private:
  store::Store& store_;
  vault::Vault& vault_;
  audit::Audit& audit_;
  const Clock& clock_;
  Rng& rng_;
  Sessions& sessions_;
};

}  // namespace machiya::identity
