#include "platform/identity/sessions.h"

#include <utility>
#include <vector>

#include "base/log.h"
#include "base/text.h"
#include "platform/identity/passkey_dao.h"
#include "platform/identity/person_dao.h"
#include "platform/identity/recovery_dao.h"
#include "platform/identity/staff_dao.h"
#include "platform/vault/vault.h"

namespace machiya::identity {
namespace {
constexpr std::int64_t kPollEvery = 2 * kSecond;
constexpr std::int64_t kTrustFor = 5 * kSecond;
constexpr std::int64_t kOverlap = 10 * kSecond;      // commits become visible out of order, clocks differ a little
constexpr std::int64_t kUpkeepEvery = kMinute;
constexpr std::int64_t kKeepEnded = 7 * kDay;        // so that a form posted after the end still knows whose it was
constexpr std::int64_t kKeepParked = kHour;
constexpr std::int64_t kKeepCodes = kDay;
constexpr Instant kNever{INT64_MAX};

constexpr std::string_view kSessionChange = "session:";
}  // namespace

Sessions::Sessions(store::Store& store, vault::Vault& vault, const Clock& clock, Rng& rng, const Options& options)
    : store_(store), vault_(vault), clock_(clock), rng_(rng), options_(options), cache_(options.cached_sessions) {}

std::string Sessions::owner_name(PrincipalKind kind, std::int64_t subject) {
  const char* prefix = kind == PrincipalKind::staff ? "staff:" : kind == PrincipalKind::client ? "client:" : "citizen:";
  return prefix + std::to_string(subject);
}

Result<Token> Sessions::open(store::Tx& tx, PrincipalKind kind, std::int64_t subject, Authentication how, std::string_view device) {
  const Instant now = clock_.now();
  Token token = new_token(vault_, rng_, TokenKind::session, now);
  if (how.at.us == 0) how.at = now;
  session_dao::Session session;
  session.digest = token_digest(vault_, token);
  session.kind = static_cast<int>(kind), session.subject = subject;
  session.created = now, session.expires = Instant{now.us + options_.session_hours * kHour};
  session.how = how, session.device = std::string(device);
  MACHIYA_CHECK(session_dao::insert(tx, session));
  return token;
}

Result<std::vector<session_dao::Session>> Sessions::open_of(store::ReadTx& tx, PrincipalKind kind, std::int64_t subject) {
  const Instant now = clock_.now();
  return session_dao::open_of(tx, static_cast<int>(kind), subject, now, Instant{now.us - options_.session_idle_minutes * kMinute});
}

std::string Sessions::handle_of(const std::string& digest) const { return vault_.digest("session-handle", digest).substr(0, 32); }

bool Sessions::over(const CachedSession& session, Instant now) const {
  if (now >= session.expires) return true;
  return !session.client && now.us - session.seen.load(std::memory_order_relaxed) >= options_.session_idle_minutes * kMinute;
}

Result<std::shared_ptr<Principal>> Sessions::find(const Token& token) {
  refresh();
  const Instant now = clock_.now();
  const std::string digest = token_digest(vault_, token);
  std::shared_ptr<CachedSession> session;
  if (now.us - polled_.load() <= kTrustFor) session = cache_.get(digest);
  if (!session) {
    MACHIYA_TRY(session, load(token, digest));
    if (!session) return std::shared_ptr<Principal>();
  }
  if (over(*session, now)) {
    cache_.drop(digest);
    return std::shared_ptr<Principal>();
  }
  if (now.us - session->seen.load(std::memory_order_relaxed) > kSecond) session->seen.store(now.us, std::memory_order_relaxed);
  return session->principal;
}

Result<std::shared_ptr<Principal>> Sessions::load_principal(store::ReadTx& tx, PrincipalKind kind, std::int64_t subject,
                                                            const Token& token) {
  auto p = std::make_shared<Principal>();
  p->kind = kind;
  p->id = subject;
  p->session = token_digest(vault_, token);
  p->csrf = csrf_of(vault_, token);
  if (kind == PrincipalKind::citizen) {
    MACHIYA_TRY(auto person, person_dao::by_id(tx, subject));
    if (!person) return std::shared_ptr<Principal>();
    p->public_id = person->public_id;
    p->assurance = static_cast<Assurance>(person->assurance);
    return p;
  }
  MACHIYA_TRY(auto staff, staff_dao::by_id(tx, subject));
  if (!staff || !staff->active) return std::shared_ptr<Principal>();
  p->public_id = staff->public_id;
  p->name = staff->display;
  p->roles = staff->roles;
  p->department = staff->department;
  p->provisional = staff->provisional_until.has_value();
  return p;
}

Result<std::shared_ptr<CachedSession>> Sessions::load(const Token& token, const std::string& digest) {
  const std::uint64_t epoch = cache_.epoch();
  using Found = std::shared_ptr<CachedSession>;
  MACHIYA_TRY(Found found, store_.read([&](store::ReadTx& tx) -> Result<Found> {
    auto out = std::make_shared<CachedSession>();
    if (token.kind == TokenKind::client) {
      MACHIYA_TRY(auto client, staff_dao::client_by_digest(tx, digest));
      if (!client) return Found();
      out->principal = std::make_shared<Principal>();
      out->principal->kind = PrincipalKind::client;
      out->principal->id = client->id;
      out->principal->public_id = client->public_id;
      out->principal->name = client->name;
      out->principal->scopes = client->scopes;
      out->principal->roles = client->roles;
      out->principal->department = client->department;
      out->owner = owner_name(PrincipalKind::client, client->id);
      out->expires = client->expires.value_or(kNever);
      out->client = true;
      return out;
    }
    MACHIYA_TRY(auto session, session_dao::find(tx, digest));
    if (!session || session->ended) return Found();
    const auto kind = static_cast<PrincipalKind>(session->kind);
    MACHIYA_TRY(out->principal, load_principal(tx, kind, session->subject, token));
    if (!out->principal) return Found();
    out->principal->authentication = session->how;
    out->principal->provisional = out->principal->provisional && session->how.method == Method::password_totp;
    if (out->principal->provisional) out->principal->roles.clear(), out->principal->department.clear();   // nothing is theirs yet
    out->owner = owner_name(kind, session->subject);
    out->expires = session->expires;
    out->seen = session->seen.us;
    out->written = session->seen.us;
    return out;
  }));
  if (found && !over(*found, clock_.now())) cache_.put_if(epoch, digest, found);
  return found;
}

Result<std::string> Sessions::owner_of(const Token& token) {
  const std::string digest = token_digest(vault_, token);
  return store_.read([&](store::ReadTx& tx) -> Result<std::string> {
    MACHIYA_TRY(auto session, session_dao::find(tx, digest));
    return session ? owner_name(static_cast<PrincipalKind>(session->kind), session->subject) : std::string();
  });
}

Result<void> Sessions::end(store::Tx& tx, const std::string& digest) {
  const Instant now = clock_.now();
  MACHIYA_CHECK(session_dao::end(tx, digest, now));
  MACHIYA_CHECK(session_dao::note_change(tx, std::string(kSessionChange) + digest, now));
  tx.after_commit([this, digest] { cache_.drop(digest); });
  return {};
}

Result<void> Sessions::end_all(store::Tx& tx, PrincipalKind kind, std::int64_t subject) {
  MACHIYA_CHECK(session_dao::end_all(tx, static_cast<int>(kind), subject, clock_.now()));
  return changed(tx, owner_name(kind, subject));
}

Result<void> Sessions::changed(store::Tx& tx, const std::string& owner) {
  MACHIYA_CHECK(session_dao::note_change(tx, owner, clock_.now()));
  tx.after_commit([this, owner] { cache_.drop_owner(owner); });
  return {};
}

void Sessions::refresh() {
  const Instant now = clock_.now();
  std::int64_t due = next_poll_.load();
  if (now.us >= due && next_poll_.compare_exchange_strong(due, now.us + kPollEvery)) poll(now);
  due = next_upkeep_.load();
  if (now.us >= due && next_upkeep_.compare_exchange_strong(due, now.us + kUpkeepEvery))
    store_.write_later(upkeep(), [](Result<void> state) {
      if (!state.ok()) log(LogLevel::warn, "identity-upkeep-failed", {{"error", state.error().to_string()}});
    });
}

void Sessions::poll(Instant now) {
  const std::int64_t before = polled_.load();
  auto changes = store_.read([&](store::ReadTx& tx) { return session_dao::changes_since(tx, Instant{before - kOverlap}); });
  if (!changes.ok()) {
    log(LogLevel::warn, "identity-changes-unread", {{"error", changes.error().to_string()}});
    return;  // the cache loses its trust after kTrustFor; then every request asks the database
  }
  for (const std::string& what : *changes) {
    if (starts_with(what, kSessionChange))
      cache_.drop(what.substr(kSessionChange.size()));
    else
      cache_.drop_owner(what);
  }
  polled_.store(now.us);
}

std::function<Result<void>(store::Tx&)> Sessions::upkeep() {
  std::vector<std::pair<std::string, std::int64_t>> seen, used;
  cache_.each([&](const std::string& digest, CachedSession& s) {
    const std::int64_t at = s.seen.load(std::memory_order_relaxed);
    if (s.written.exchange(at, std::memory_order_relaxed) < at) (s.client ? used : seen).emplace_back(digest, at);
  });
  return [seen = std::move(seen), used = std::move(used), now = clock_.now()](store::Tx& tx) -> Result<void> {
    for (const auto& [digest, at] : seen) MACHIYA_CHECK(session_dao::set_seen(tx, digest, Instant{at}));
    for (const auto& [digest, at] : used) MACHIYA_CHECK(staff_dao::set_client_used(tx, digest, Instant{at}));
    MACHIYA_CHECK(session_dao::remove_expired_before(tx, Instant{now.us - kKeepEnded}));
    MACHIYA_CHECK(session_dao::remove_changes_before(tx, Instant{now.us - kHour}));
    MACHIYA_CHECK(session_dao::remove_parked_before(tx, Instant{now.us - kKeepParked}));
    MACHIYA_CHECK(person_dao::remove_codes_before(tx, Instant{now.us - kKeepCodes}));
    MACHIYA_CHECK(passkey_dao::remove_challenges_before(tx, Instant{now.us - kHour}));
    MACHIYA_CHECK(recovery_dao::remove_proofs_before(tx, Instant{now.us - kHour}));
    return staff_dao::remove_attempts_before(tx, Instant{now.us - kDay});
  };
}

Result<void> Sessions::maintain() { return store_.write_raw(upkeep()); }

}  // namespace machiya::identity
