#include "platform/identity/session_door.h"

#include "platform/audit/audit.h"
#include "platform/identity/audit_entry.h"
#include "platform/identity/recovery_dao.h"
#include "platform/vault/vault.h"

namespace machiya::identity {

Result<std::string> SessionDoor::open(store::Tx& tx, const Principal& who, const Authentication& how, const Principal& before, std::string_view device) {
  // Whoever wants passkeys only is not let in by one weak factor, whichever way it came.
  MACHIYA_TRY(const bool strict, recovery_dao::required(tx, {static_cast<int>(who.kind), who.id}));
  const bool strong = how.strength == Strength::phishing_resistant || how.method == Method::recovery;
  if (strict && !strong) return Error(ErrorCode::precondition_failed, "this account logs in by passkey only");
  // A new secret at every log-in: one that was planted in the browser before is worth nothing afterwards.
  MACHIYA_TRY(const Token token, sessions_.open(tx, who.kind, who.id, how, device));
  if (has_session(before)) MACHIYA_CHECK(sessions_.end(tx, before.session));
  if (who.kind == PrincipalKind::citizen) {
    Principal after = who;
    after.session = token_digest(vault_, token);
    after.authentication = how;
    for (const auto& hook : hooks_) MACHIYA_CHECK(hook(tx, before, after));
  }
  MACHIYA_CHECK(audit_.append(tx, own_entry(who, "session.open", json::Value::object({{"method", word_of(how.method)}, {"strength", word_of(how.strength)}}))));
  return token.text;
}

Result<std::vector<Identity::OpenSession>> SessionDoor::list(store::ReadTx& tx, const Principal& who) {
  MACHIYA_TRY(auto rows, sessions_.open_of(tx, who.kind, who.id));
  std::vector<Identity::OpenSession> out;
  for (auto& s : rows) out.push_back({sessions_.handle_of(s.digest), s.how, std::move(s.device), s.created, s.seen, s.digest == who.session});
  return out;
}

Result<void> SessionDoor::end(store::Tx& tx, const Principal& who, std::string_view handle) {
  MACHIYA_TRY(const auto rows, sessions_.open_of(tx, who.kind, who.id));
  for (const auto& s : rows)
    if (vault::equal_secret(sessions_.handle_of(s.digest), handle)) {
      MACHIYA_CHECK(sessions_.end(tx, s.digest));
      return audit_.append(tx, own_entry(who, "session.end", json::Value::object({{"method", word_of(s.how.method)}})));
    }
  return Error(ErrorCode::not_found, "no session of yours is open under this name");
}

Result<int> SessionDoor::end_others(store::Tx& tx, const Principal& who) {
  MACHIYA_TRY(const auto rows, sessions_.open_of(tx, who.kind, who.id));
  int ended = 0;
  for (const auto& s : rows)
    if (s.digest != who.session) {
      MACHIYA_CHECK(sessions_.end(tx, s.digest));
      ++ended;
    }
  MACHIYA_CHECK(audit_.append(tx, own_entry(who, "session.end-others", json::Value::object({{"ended", ended}}))));
  return ended;
}

}  // namespace machiya::identity
