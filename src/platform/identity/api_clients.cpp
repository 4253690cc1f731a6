#include "platform/identity/api_clients.h"

#include <algorithm>

#include "platform/audit/audit.h"
#include "platform/identity/audit_entry.h"
#include "platform/identity/staff_dao.h"
#include "platform/identity/word_list.h"
#include "platform/vault/vault.h"

namespace machiya::identity {
namespace {
constexpr int kLongestDays = 3660;
bool is_word(std::string_view s) {
  return !s.empty() && s.size() <= 64 && std::all_of(s.begin(), s.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  });
}
}  // namespace

ApiClients::ApiClients(store::Store& store, vault::Vault& vault, audit::Audit& audit, const Clock& clock, Rng& rng, Sessions& sessions)
    : store_(store), vault_(vault), audit_(audit), clock_(clock), rng_(rng), sessions_(sessions) {}

Result<std::string> ApiClients::create(std::string_view name, const std::vector<std::string>& scopes, int days, const Identity::Seat& seat, const Principal& by) {
  if (!is_word(name)) return Error(ErrorCode::invalid_input, "a client's name is lower-case letters, digits, '-', '.', '_'", "name");
  if (scopes.empty() || !std::all_of(scopes.begin(), scopes.end(), [](const auto& s) { return is_word(s); }))
    return Error(ErrorCode::invalid_input, "a client needs scopes such as \"applications\"", "scopes");
  if (days < 0 || days > kLongestDays) return Error(ErrorCode::invalid_input, "a token ends within ten years or never", "days");
  const Token token = new_token(vault_, rng_, TokenKind::client, clock_.now());
  staff_dao::Client client;
  client.public_id = new_public_id(rng_);
  client.name = std::string(name);
  client.scopes = scopes, client.roles = seat.roles, client.department = seat.department;
  if (days > 0) client.expires = Instant{clock_.now().us + days * kDay};
  MACHIYA_CHECK(store_.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY([[maybe_unused]] const std::int64_t id,
                staff_dao::insert_client(tx, client, token_digest(vault_, token), by.actor(), clock_.now()));
    audit::Entry entry = entry_by(by, "client.create", "client:" + client.public_id);
    entry.facts = json::Value::object({{"scopes", word_list(scopes)}});
    if (!seat.roles.empty()) entry.facts.set("roles", word_list(seat.roles)).set("department", seat.department);
    return audit_.append(tx, entry);
  }));
  return token.text;
}

Result<void> ApiClients::revoke(std::string_view name, const Principal& by) {
  return store_.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(auto client, staff_dao::client_by_name(tx, name));
    if (!client) return Error(ErrorCode::not_found, "there is no client of this name");
    MACHIYA_TRY(const bool revoked, staff_dao::revoke_client(tx, client->id, clock_.now()));
    if (!revoked) return Error(ErrorCode::not_found, "there is no client of this name");
    MACHIYA_CHECK(sessions_.changed(tx, Sessions::owner_name(PrincipalKind::client, client->id)));
    return audit_.append(tx, entry_by(by, "client.revoke", "client:" + client->public_id));
  });
}

}  // namespace machiya::identity
