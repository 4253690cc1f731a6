#include "ask/apply/draft_dao.h"

namespace machiya::apply::draft_dao {
namespace {

constexpr std::string_view kColumns =
    "id, public_id, procedure, version, hash, person, session, data_key, sealed, state, number, case_number, asked, changes, created, changed, expires, revision, on_behalf";

json::Value parsed(const std::string& text) {
  auto value = json::parse(text);
  return value.ok() ? std::move(value).value() : json::Value();
}

Row row_of(const store::Row& r) {
  Row out;
  Draft& d = out.draft;
  d.id = r.integer(0);
  d.public_id = r.text(1);
  d.procedure = r.text(2);
  d.version = static_cast<int>(r.integer(3));
  d.hash = r.text(4);
  d.person = r.optional_integer(5).value_or(0);
  d.session = r.text(6);
  d.data_key = r.integer(7);
  out.sealed = r.text(8);
  d.state = r.text(9);
  d.number = r.text(10);
  d.case_number = r.text(11);
  const json::Value asked = parsed(r.text(12));   // named: a range-for does not keep what items() belongs to
  for (const auto& item : asked.items()) d.asked.push_back(item.as_string());
  d.changes = parsed(r.text(13));
  d.created = Instant{r.integer(14)};
  d.changed = Instant{r.integer(15)};
  d.expires = Instant{r.integer(16)};
  d.revision = r.integer(17);
  d.on_behalf = r.optional_integer(18).value_or(0);
  return out;
}

std::string asked_text(const Draft& draft) {
  auto list = json::Value::array();
  for (const auto& path : draft.asked) list.push(path);
  return json::to_text(list);
}
store::Param person_param(std::int64_t person) { return person == 0 ? store::Param(nullptr) : store::Param(person); }

Result<std::vector<Row>> many(store::ReadTx& tx, const std::string& sql, const store::Binds& binds) {
  MACHIYA_TRY(auto rows, tx.query(sql, binds));
  std::vector<Row> out;
  for (const auto& row : rows) out.push_back(row_of(row));
  return out;
}
Result<std::optional<Row>> one(store::ReadTx& tx, const std::string& sql, const store::Binds& binds) {
  MACHIYA_TRY(auto row, tx.query_one(sql, binds));
  if (!row) return std::optional<Row>();
  return std::optional<Row>(row_of(*row));
}

}  // namespace

Result<std::int64_t> insert(store::Tx& tx, const Draft& d, std::string_view sealed) {
  MACHIYA_TRY(auto rows, tx.query("INSERT INTO draft (public_id, procedure, version, hash, person, session, data_key, sealed, state, number, case_number, asked, changes, created, changed, "
                                  "expires, revision, on_behalf) VALUES (:public_id, :procedure, :version, :hash, :person, :session, :data_key, :sealed, :state, :number, :case_number, :asked, :changes, "
                                  ":created, :changed, :expires, :revision, :on_behalf) RETURNING id",
                                  {{"public_id", d.public_id}, {"procedure", d.procedure}, {"version", d.version}, {"hash", d.hash}, {"person", person_param(d.person)}, {"session", d.session},
                                   {"data_key", d.data_key}, {"sealed", store::Bytes{std::string(sealed)}}, {"state", d.state}, {"number", d.number}, {"case_number", d.case_number},
                                   {"asked", asked_text(d)}, {"changes", json::to_text(d.changes)}, {"created", d.created.us}, {"changed", d.changed.us}, {"expires", d.expires.us},
                                   {"revision", d.revision}, {"on_behalf", person_param(d.on_behalf)}}));
  return rows[0].integer(0);
}

Result<std::optional<Row>> find(store::ReadTx& tx, std::string_view public_id) {
  return one(tx, "SELECT " + std::string(kColumns) + " FROM draft WHERE public_id = :public_id", {{"public_id", public_id}});
}

Result<bool> update(store::Tx& tx, const Draft& d, std::string_view sealed) {
  MACHIYA_TRY(auto changed, tx.execute("UPDATE draft SET version = :version, hash = :hash, person = :person, session = :session, sealed = :sealed, state = :state, number = :number, "
                                       "changes = :changes, changed = :changed, expires = :expires, revision = revision + 1 WHERE id = :id AND revision = :revision",
                                       {{"version", d.version}, {"hash", d.hash}, {"person", person_param(d.person)}, {"session", d.session}, {"sealed", store::Bytes{std::string(sealed)}},
                                        {"state", d.state}, {"number", d.number}, {"changes", json::to_text(d.changes)}, {"changed", d.changed.us}, {"expires", d.expires.us}, {"id", d.id},
                                        {"revision", d.revision}}));
  return changed == 1;
}

Result<std::vector<Row>> of_person(store::ReadTx& tx, std::int64_t person, int limit) {
  return many(tx, "SELECT " + std::string(kColumns) + " FROM draft WHERE person = :person AND state = 'open' ORDER BY changed DESC LIMIT :limit", {{"person", person}, {"limit", limit}});
}
Result<std::vector<Row>> of_session(store::ReadTx& tx, std::string_view session, int limit) {
  return many(tx, "SELECT " + std::string(kColumns) + " FROM draft WHERE session = :session AND state = 'open' ORDER BY changed DESC LIMIT :limit", {{"session", session}, {"limit", limit}});
}
Result<std::optional<Row>> of_correction(store::ReadTx& tx, std::string_view case_number, std::int64_t person) {
  return one(tx, "SELECT " + std::string(kColumns) + " FROM draft WHERE case_number = :case_number AND person = :person AND state = 'open' ORDER BY id DESC LIMIT 1",
             {{"case_number", case_number}, {"person", person}});
}

Result<std::int64_t> bind(store::Tx& tx, std::string_view session, std::int64_t person, Instant expires) {
  return tx.execute("UPDATE draft SET person = :person, session = '', expires = :expires, revision = revision + 1 WHERE session = :session",
                    {{"person", person}, {"expires", expires.us}, {"session", session}});
}

Result<bool> mark_sent(store::Tx& tx, std::string_view public_id, std::string_view number, Instant now, Instant expires) {
  MACHIYA_TRY(auto changed, tx.execute("UPDATE draft SET state = 'sent', number = :number, changed = :now, expires = :expires, revision = revision + 1 WHERE public_id = :public_id AND state = 'open'",
                                       {{"number", number}, {"now", now.us}, {"expires", expires.us}, {"public_id", public_id}}));
  return changed == 1;
}

Result<std::vector<Draft>> expired(store::ReadTx& tx, Instant now, int limit) {
  MACHIYA_TRY(auto rows, many(tx, "SELECT " + std::string(kColumns) + " FROM draft WHERE expires < :now ORDER BY expires LIMIT :limit", {{"now", now.us}, {"limit", limit}}));
  std::vector<Draft> out;
  for (auto& row : rows) out.push_back(std::move(row.draft));
  return out;
}
Result<void> remove(store::Tx& tx, std::int64_t id) {
  MACHIYA_TRY(auto changed, tx.execute("DELETE FROM draft WHERE id = :id", {{"id", id}}));
  (void)changed;
  return {};
}

Result<void> remember_definition(store::Tx& tx, std::string_view hash, std::string_view procedure, int version, std::string_view body) {
  MACHIYA_TRY(auto changed, tx.execute("INSERT INTO draft_definition (hash, procedure, version, body) VALUES (:hash, :procedure, :version, :body) ON CONFLICT (hash) DO NOTHING",
                                       {{"hash", hash}, {"procedure", procedure}, {"version", version}, {"body", body}}));
  (void)changed;
  return {};
}
Result<std::optional<std::string>> definition(store::ReadTx& tx, std::string_view hash) {
  MACHIYA_TRY(auto row, tx.query_one("SELECT body FROM draft_definition WHERE hash = :hash", {{"hash", hash}}));
  return row ? std::optional<std::string>(row->text(0)) : std::optional<std::string>();
}
Result<std::optional<std::string>> definition_of_version(store::ReadTx& tx, std::string_view procedure, int version) {
  MACHIYA_TRY(auto row, tx.query_one("SELECT body FROM draft_definition WHERE procedure = :procedure AND version = :version", {{"procedure", procedure}, {"version", version}}));
  return row ? std::optional<std::string>(row->text(0)) : std::optional<std::string>();
}

Result<void> remember_api(store::Tx& tx, std::string_view number, std::string_view client, Instant now) {
  MACHIYA_TRY(auto changed, tx.execute("INSERT INTO api_application (number, client, sent) VALUES (:number, :client, :now) ON CONFLICT (number) DO NOTHING",
                                       {{"number", number}, {"client", client}, {"now", now.us}}));
  (void)changed;
  return {};
}
Result<bool> sent_by(store::ReadTx& tx, std::string_view number, std::string_view client) {
  MACHIYA_TRY(auto row, tx.query_one("SELECT 1 FROM api_application WHERE number = :number AND client = :client", {{"number", number}, {"client", client}}));
  return row.has_value();
}

}  // namespace machiya::apply::draft_dao
