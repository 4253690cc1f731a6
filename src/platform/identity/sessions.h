// Sessions of citizens and staff, and the tokens of API clients: opened, found (in memory first), ended.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/rng.h"
#include "platform/identity/identity.h"
#include "platform/identity/session_cache.h"
#include "platform/identity/session_dao.h"
#include "platform/identity/token.h"
#include "platform/store/store.h"

namespace machiya::identity {

/// Thread-safe.
class Sessions {
 public:
  Sessions(store::Store& store, vault::Vault& vault, const Clock& clock, Rng& rng, const Options& options);

  /// `how.at` 0: now. `device` is coarse (device_of()), never a raw header.
  Result<Token> open(store::Tx& tx, PrincipalKind kind, std::int64_t subject, Authentication how, std::string_view device);
  /// Not over, the newest first.
  Result<std::vector<session_dao::Session>> open_of(store::ReadTx& tx, PrincipalKind kind, std::int64_t subject);
  /// Names a session in forms: opens nothing, and cannot be made from outside.
  std::string handle_of(const std::string& digest) const;
  /// nullptr when there is none, or it is over.
  Result<std::shared_ptr<Principal>> find(const Token& token);
  /// Whose session this is or was ("citizen:17"), "" when nobody's.
  Result<std::string> owner_of(const Token& token);
  Result<void> end(store::Tx& tx, const std::string& digest);
  Result<void> end_all(store::Tx& tx, PrincipalKind kind, std::int64_t subject);
  /// Forgets what is cached of an owner, here at the commit, elsewhere within five seconds.
  Result<void> changed(store::Tx& tx, const std::string& owner);
  /// Reads other processes' changes (every 2 s) and does the upkeep (every minute). Called by the gate; cheap.
  void refresh();
  /// The upkeep at once: last-seen times into the database, old rows out.
  Result<void> maintain();

  static std::string owner_name(PrincipalKind kind, std::int64_t subject);

 private:
  Result<std::shared_ptr<CachedSession>> load(const Token& token, const std::string& digest);
  Result<std::shared_ptr<Principal>> load_principal(store::ReadTx& tx, PrincipalKind kind, std::int64_t subject, const Token& token);
  bool over(const CachedSession& session, Instant now) const;
  void poll(Instant now);
  std::function<Result<void>(store::Tx&)> upkeep();

  store::Store& store_;
  vault::Vault& vault_;
  const Clock& clock_;
  Rng& rng_;
  const Options& options_;
  SessionCache cache_;
  std::atomic<std::int64_t> next_poll_{0};
  std::atomic<std::int64_t> polled_{0};       ///< last success: without one in 5 s the cache is not trusted
  std::atomic<std::int64_t> next_upkeep_{0};
};

}  // namespace machiya::identity
