#include "platform/oidc/pending_dao.h"

#include "platform/store/run.h"

namespace machiya::oidc::pending_dao {

Result<void> insert(store::Tx& tx, const Pending& p) {
  return store::run(tx, "INSERT INTO oidc_pending (state, provider, browser, sealed, person, created, expires)"
                        " VALUES (:state, :provider, :browser, :sealed, :person, :created, :expires)",
                        {{"state", p.state},
                         {"provider", p.provider},
                         {"browser", p.browser},
                         {"sealed", p.sealed},
                         {"person", p.person},
                         {"created", p.created.us},
                         {"expires", p.expires.us}});
}

Result<std::optional<Pending>> find(store::ReadTx& tx, std::string_view state) {
  MACHIYA_TRY(auto row, tx.query_one("SELECT provider, browser, sealed, person, created, expires, used FROM oidc_pending WHERE state = :state", {{"state", state}}));
  if (!row) return std::optional<Pending>();
  Pending out{std::string(state), row->text(0), row->text(1), row->text(2), row->integer(3), Instant{row->integer(4)}, Instant{row->integer(5)}, !row->is_null(6)};
  return std::optional<Pending>(std::move(out));
}

Result<bool> use(store::Tx& tx, std::string_view state, Instant now) {
  MACHIYA_TRY(auto changed, tx.execute("UPDATE oidc_pending SET used = :now, sealed = '' WHERE state = :state AND used IS NULL", {{"now", now.us}, {"state", state}}));
  return changed == 1;
}

Result<void> remove_before(store::Tx& tx, Instant created) {
  return store::run(tx, "DELETE FROM oidc_pending WHERE created < :t", {{"t", created.us}});
}

}  // namespace machiya::oidc::pending_dao
