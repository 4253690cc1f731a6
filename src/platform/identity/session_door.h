// The one door through which every way to log in opens its session, so that none forgets to end the old one, to hand over
// drafts or to leave its audit row.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "platform/identity/identity.h"
#include "platform/identity/sessions.h"

namespace machiya::identity {

/// Thread-safe after the hooks are in.
class SessionDoor {
 public:
  SessionDoor(vault::Vault& vault, audit::Audit& audit, Sessions& sessions) : vault_(vault), audit_(audit), sessions_(sessions) {}

  /// As Identity::open_session(); precondition_failed for a weak way into an account that wants passkeys only.
  Result<std::string> open(store::Tx& tx, const Principal& who, const Authentication& how, const Principal& before, std::string_view device);
  Result<std::vector<Identity::OpenSession>> list(store::ReadTx& tx, const Principal& who);
  Result<void> end(store::Tx& tx, const Principal& who, std::string_view handle);
  Result<int> end_others(store::Tx& tx, const Principal& who);
  /// Before the server starts.
  void on_login(Identity::LoginHook hook) { hooks_.push_back(std::move(hook)); }

 private:
  vault::Vault& vault_;
  audit::Audit& audit_;
  Sessions& sessions_;
  std::vector<Identity::LoginHook> hooks_;
};

/// Signed in with a session of their own.
inline bool has_session(const Principal& p) { return p.kind == PrincipalKind::citizen || p.kind == PrincipalKind::staff; }

}  // namespace machiya::identity
