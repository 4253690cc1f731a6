#include "ask/apply/draft_signature_dao.h"

namespace machiya::apply::draft_signature_dao {
namespace {

Result<void> done(const Result<std::int64_t>& changed) { return changed.ok() ? Result<void>() : Result<void>(changed.error()); }

}  // namespace

Result<std::optional<Row>> find(store::ReadTx& tx, std::int64_t draft) {
  MACHIYA_TRY(auto row, tx.query_one("SELECT draft, state, sealed FROM draft_signature WHERE draft = :draft", {{"draft", draft}}));
  return row ? std::optional<Row>(Row{row->integer(0), row->text(1), row->text(2)}) : std::optional<Row>();
}

Result<std::optional<std::string>> waiting(store::ReadTx& tx, std::string_view state) {
  if (state.empty()) return std::optional<std::string>();
  MACHIYA_TRY(auto row, tx.query_one("SELECT d.public_id FROM draft_signature s JOIN draft d ON d.id = s.draft WHERE s.state = :state", {{"state", state}}));
  return row ? std::optional<std::string>(row->text(0)) : std::optional<std::string>();
}

Result<void> put(store::Tx& tx, const Row& row, Instant now) {
  return done(tx.execute("INSERT INTO draft_signature (draft, state, sealed, changed) VALUES (:draft, :state, :sealed, :now)"
                         " ON CONFLICT (draft) DO UPDATE SET state = excluded.state, sealed = excluded.sealed, changed = excluded.changed",
                         {{"draft", row.draft}, {"state", row.state}, {"sealed", store::Bytes{row.sealed}}, {"now", now.us}}));
}

Result<bool> use(store::Tx& tx, std::string_view state) {
  MACHIYA_TRY(const auto changed, tx.execute("UPDATE draft_signature SET state = '' WHERE state = :state", {{"state", state}}));
  return changed == 1;
}

Result<void> remove(store::Tx& tx, std::int64_t draft) { return done(tx.execute("DELETE FROM draft_signature WHERE draft = :draft", {{"draft", draft}})); }

Result<void> remove_of(store::Tx& tx, std::string_view draft_public_id) {
  return done(tx.execute("DELETE FROM draft_signature WHERE draft IN (SELECT id FROM draft WHERE public_id = :id)", {{"id", draft_public_id}}));
}

}  // namespace machiya::apply::draft_signature_dao
