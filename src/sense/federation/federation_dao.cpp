#include "sense/federation/federation_dao.h"

namespace machiya {
std::vector<store::Migration> sql_migrations_federation();
}

namespace machiya::sense::federation {
namespace {
using store::Row;

Sub sub_in(const Row& row) { return {row.text(0), row.text(1), row.text(2), row.text(3), row.text(4)}; }

}  // namespace

std::vector<store::Migration> migrations() { return sql_migrations_federation(); }

Result<std::string> own_alias(store::Store& store, Rng& rng) {
  const std::string fresh = "machiya-" + new_public_id(rng);
  return store.write([&](store::Tx& tx) -> Result<std::string> {
    MACHIYA_CHECK(tx.execute("INSERT INTO sense_federation_name (one, alias) VALUES (1, :alias) ON CONFLICT (one) DO NOTHING", {{"alias", fresh}}));
    MACHIYA_TRY(const auto rows, tx.query("SELECT alias FROM sense_federation_name WHERE one = 1"));
    for (const Row& row : rows) return row.text(0);
    return Error(ErrorCode::integrity_broken, "the broker has no name", "sense_federation_name");
  });
}

Result<void> keep_subs(store::Store& store, const std::vector<Sub>& subs) {
  return store.write([&](store::Tx& tx) -> Result<void> {
    for (const Sub& s : subs)
      MACHIYA_CHECK(tx.execute_later("INSERT INTO sense_federation_subscription (token, tenant, subscription, registration, remote) VALUES (:token, :tenant, :subscription, :registration, :remote)",
                                     {{"token", s.token}, {"tenant", s.tenant}, {"subscription", s.subscription}, {"registration", s.registration}, {"remote", s.remote}}));
    return {};
  });
}

Result<void> settle_subs(store::Store& store, const std::vector<Sub>& subs) {
  return store.write([&](store::Tx& tx) -> Result<void> {
    for (const Sub& s : subs) {
      if (s.remote.empty()) MACHIYA_CHECK(tx.execute_later("DELETE FROM sense_federation_subscription WHERE token = :token", {{"token", s.token}}));
      else MACHIYA_CHECK(tx.execute_later("UPDATE sense_federation_subscription SET remote = :remote WHERE token = :token", {{"remote", s.remote}, {"token", s.token}}));
    }
    return {};
  });
}

Result<std::vector<Sub>> subs_of(store::Store& store, const std::string& tenant, const std::string& subscription) {
  return store.read([&](store::ReadTx& tx) -> Result<std::vector<Sub>> {
    MACHIYA_TRY(const auto rows, tx.query("SELECT token, tenant, subscription, registration, remote FROM sense_federation_subscription WHERE tenant = :tenant AND subscription = :subscription ORDER BY registration",
                                          {{"tenant", tenant}, {"subscription", subscription}}));
    std::vector<Sub> out;
    for (const Row& row : rows) out.push_back(sub_in(row));
    return out;
  });
}

Result<std::optional<Sub>> sub_of_token(store::Store& store, const std::string& token) {
  return store.read([&](store::ReadTx& tx) -> Result<std::optional<Sub>> {
    MACHIYA_TRY(const auto rows, tx.query("SELECT token, tenant, subscription, registration, remote FROM sense_federation_subscription WHERE token = :token", {{"token", token}}));
    for (const Row& row : rows) return std::optional<Sub>(sub_in(row));
    return std::optional<Sub>();
  });
}

Result<void> forget_subs(store::Store& store, const std::string& tenant, const std::string& subscription) {
  return store.write([&](store::Tx& tx) -> Result<void> {
    return tx.execute_later("DELETE FROM sense_federation_subscription WHERE tenant = :tenant AND subscription = :subscription", {{"tenant", tenant}, {"subscription", subscription}});
  });
}

Result<void> forget_subs_at(store::Store& store, const std::string& tenant, const std::string& registration) {
  return store.write([&](store::Tx& tx) -> Result<void> {
    return tx.execute_later("DELETE FROM sense_federation_subscription WHERE tenant = :tenant AND registration = :registration", {{"tenant", tenant}, {"registration", registration}});
  });
}

}  // namespace machiya::sense::federation
