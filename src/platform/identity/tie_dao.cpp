#include "platform/identity/tie_dao.h"

#include "platform/store/run.h"

namespace machiya::identity {

std::vector<store::Migration> Ties::migrations() {
  return {{"identity-ties", 1, "who acts for whom", R"sql(
CREATE TABLE identity_tie (id ID, public_id TEXT NOT NULL UNIQUE, relation TEXT NOT NULL, person INT NOT NULL, agent INT, procedure TEXT NOT NULL,
  evidence TEXT NOT NULL, code TEXT NOT NULL, given_by TEXT NOT NULL, created TS NOT NULL, until TS NOT NULL, accepted TS, ended TS, ended_by TEXT NOT NULL DEFAULT '');
CREATE INDEX identity_tie_person ON identity_tie (person, agent);
CREATE INDEX identity_tie_agent ON identity_tie (agent);
CREATE INDEX identity_tie_code ON identity_tie (code);
)sql", ""}};
}

namespace tie_dao {
namespace {

constexpr std::string_view kColumns = "SELECT id, public_id, relation, person, agent, procedure, evidence, code, created, until, accepted, ended FROM identity_tie ";

std::optional<Instant> instant_of(const store::Row& r, std::size_t at) {
  const auto us = r.optional_integer(at);
  return us ? std::optional<Instant>(Instant{*us}) : std::nullopt;
}

TieRow row_from(const store::Row& r) {
  TieRow out;
  out.id = r.integer(0), out.public_id = r.text(1), out.relation = r.text(2), out.person = r.integer(3), out.agent = r.optional_integer(4).value_or(0);
  out.procedure = r.text(5), out.evidence = r.text(6), out.code = r.text(7), out.created = Instant{r.integer(8)}, out.until = Instant{r.integer(9)};
  out.accepted = instant_of(r, 10), out.ended = instant_of(r, 11);
  return out;
}

Result<std::vector<TieRow>> many(store::ReadTx& tx, const std::string& where, const store::Binds& binds) {
  MACHIYA_TRY(auto rows, tx.query(std::string(kColumns) + where, binds));
  std::vector<TieRow> out;
  for (const auto& row : rows) out.push_back(row_from(row));
  return out;
}

Result<std::optional<TieRow>> one(store::ReadTx& tx, const std::string& where, const store::Binds& binds) {
  MACHIYA_TRY(auto rows, many(tx, where, binds));
  return rows.empty() ? std::optional<TieRow>() : std::optional<TieRow>(std::move(rows.front()));
}

}  // namespace

Result<void> insert(store::Tx& tx, const TieRow& row, std::string_view given_by) {
  return store::run(tx, "INSERT INTO identity_tie (public_id, relation, person, agent, procedure, evidence, code, given_by, created, until, accepted)"
                        " VALUES (:public_id, :relation, :person, :agent, :procedure, :evidence, :code, :by, :created, :until, :accepted)",
                        {{"public_id", row.public_id}, {"relation", row.relation}, {"person", row.person}, {"agent", row.agent == 0 ? store::Param(nullptr) : store::Param(row.agent)},
                         {"procedure", row.procedure}, {"evidence", row.evidence}, {"code", row.code}, {"by", given_by}, {"created", row.created.us}, {"until", row.until.us},
                         {"accepted", row.accepted ? store::Param(row.accepted->us) : store::Param(nullptr)}});
}

Result<std::optional<TieRow>> by_public_id(store::ReadTx& tx, std::string_view public_id) { return one(tx, "WHERE public_id = :p", {{"p", public_id}}); }

Result<std::optional<TieRow>> by_code(store::ReadTx& tx, std::string_view digest, Instant since) {
  return one(tx, "WHERE code = :code AND agent IS NULL AND ended IS NULL AND created > :since", {{"code", digest}, {"since", since.us}});
}

Result<bool> accept(store::Tx& tx, std::int64_t id, std::int64_t agent, Instant now) {
  MACHIYA_TRY(auto changed, tx.execute("UPDATE identity_tie SET agent = :agent, accepted = :now, code = '' WHERE id = :id AND agent IS NULL AND ended IS NULL",
                                       {{"agent", agent}, {"now", now.us}, {"id", id}}));
  return changed == 1;
}

Result<bool> end(store::Tx& tx, std::int64_t id, std::string_view by, Instant now) {
  MACHIYA_TRY(auto changed, tx.execute("UPDATE identity_tie SET ended = :now, ended_by = :by, code = '' WHERE id = :id AND ended IS NULL", {{"now", now.us}, {"by", by}, {"id", id}}));
  return changed == 1;
}

Result<std::vector<TieRow>> of_person(store::ReadTx& tx, std::int64_t person) { return many(tx, "WHERE person = :p ORDER BY id DESC LIMIT 200", {{"p", person}}); }
Result<std::vector<TieRow>> of_agent(store::ReadTx& tx, std::int64_t agent) { return many(tx, "WHERE agent = :a ORDER BY id DESC LIMIT 200", {{"a", agent}}); }
Result<std::vector<TieRow>> between(store::ReadTx& tx, std::int64_t person, std::int64_t agent) {
  return many(tx, "WHERE person = :p AND agent = :a", {{"p", person}, {"a", agent}});
}

}  // namespace tie_dao
}  // namespace machiya::identity
