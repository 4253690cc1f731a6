#include "platform/identity/emergency_dao.h"

#include "platform/store/run.h"

namespace machiya::identity {

std::vector<store::Migration> Emergencies::migrations() {
  return {{"identity-emergency", 1, "emergency access", R"sql(
CREATE TABLE identity_emergency (id ID, public_id TEXT NOT NULL UNIQUE, staff TEXT NOT NULL, name TEXT NOT NULL, department TEXT NOT NULL, object TEXT NOT NULL,
  person INT, purpose TEXT NOT NULL, reason TEXT NOT NULL, opened TS NOT NULL, until TS NOT NULL,
  reviewed TS, reviewer TEXT NOT NULL DEFAULT '', verdict TEXT NOT NULL DEFAULT '', comment TEXT NOT NULL DEFAULT '');
CREATE INDEX identity_emergency_object ON identity_emergency (object, staff);
CREATE INDEX identity_emergency_waiting ON identity_emergency (verdict, id);
)sql", ""}};
}

namespace emergency_dao {
namespace {

constexpr std::string_view kColumns =
    "SELECT id, public_id, staff, name, department, object, person, purpose, reason, opened, until, reviewed, reviewer, verdict, comment FROM identity_emergency ";

Result<std::vector<EmergencyRow>> many(store::ReadTx& tx, const std::string& where, const store::Binds& binds) {
  MACHIYA_TRY(auto rows, tx.query(std::string(kColumns) + where, binds));
  std::vector<EmergencyRow> out;
  for (const auto& r : rows) {
    EmergencyRow row;
    row.id = r.integer(0), row.public_id = r.text(1), row.staff = r.text(2), row.name = r.text(3), row.department = r.text(4), row.object = r.text(5);
    row.person = r.optional_integer(6).value_or(0), row.purpose = r.text(7), row.reason = r.text(8), row.opened = Instant{r.integer(9)}, row.until = Instant{r.integer(10)};
    if (const auto at = r.optional_integer(11)) row.reviewed = Instant{*at};
    row.reviewer = r.text(12), row.verdict = r.text(13), row.comment = r.text(14);
    out.push_back(std::move(row));
  }
  return out;
}

}  // namespace

Result<void> insert(store::Tx& tx, const EmergencyRow& row) {
  return store::run(tx, "INSERT INTO identity_emergency (public_id, staff, name, department, object, person, purpose, reason, opened, until)"
                        " VALUES (:public_id, :staff, :name, :department, :object, :person, :purpose, :reason, :opened, :until)",
                        {{"public_id", row.public_id}, {"staff", row.staff}, {"name", row.name}, {"department", row.department}, {"object", row.object},
                         {"person", row.person == 0 ? store::Param(nullptr) : store::Param(row.person)}, {"purpose", row.purpose}, {"reason", row.reason}, {"opened", row.opened.us},
                         {"until", row.until.us}});
}

Result<std::optional<EmergencyRow>> by_public_id(store::ReadTx& tx, std::string_view public_id) {
  MACHIYA_TRY(auto rows, many(tx, "WHERE public_id = :p", {{"p", public_id}}));
  return rows.empty() ? std::optional<EmergencyRow>() : std::optional<EmergencyRow>(std::move(rows.front()));
}

Result<std::vector<EmergencyRow>> between(store::ReadTx& tx, std::string_view staff, std::string_view object) {
  return many(tx, "WHERE object = :object AND staff = :staff ORDER BY id DESC LIMIT 20", {{"object", object}, {"staff", staff}});
}

Result<std::vector<EmergencyRow>> of_object(store::ReadTx& tx, std::string_view object) { return many(tx, "WHERE object = :object ORDER BY id DESC LIMIT 100", {{"object", object}}); }

Result<std::vector<EmergencyRow>> newest(store::ReadTx& tx, bool waiting_only, int limit) {
  return many(tx, waiting_only ? "WHERE verdict = '' ORDER BY id DESC LIMIT :limit" : "WHERE verdict <> '' ORDER BY id DESC LIMIT :limit", {{"limit", limit}});
}

Result<int> waiting(store::ReadTx& tx, std::string_view not_of) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT count(*) FROM identity_emergency WHERE verdict = '' AND staff <> :staff", {{"staff", not_of}}));
  return row ? static_cast<int>(row->integer(0)) : 0;
}

Result<bool> review(store::Tx& tx, const EmergencyRow& row) {
  MACHIYA_TRY(auto changed, tx.execute("UPDATE identity_emergency SET reviewed = :at, reviewer = :by, verdict = :verdict, comment = :comment WHERE id = :id AND verdict = ''",
                                       {{"at", row.reviewed ? row.reviewed->us : 0}, {"by", row.reviewer}, {"verdict", row.verdict}, {"comment", row.comment}, {"id", row.id}}));
  return changed == 1;
}

}  // namespace emergency_dao
}  // namespace machiya::identity
