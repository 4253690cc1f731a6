#include "platform/identity/passkey_dao.h"

namespace machiya::identity::passkey_dao {
namespace {
constexpr std::string_view kSelect = "SELECT id, kind, subject, credential, public_key, sign_count, backup_eligible, backed_up, name, created, used FROM identity_passkey ";

Passkey read_passkey(const store::Row& row) {
  Passkey p;
  p.id = row.integer(0);
  p.owner = {static_cast<int>(row.integer(1)), row.integer(2)};
  p.credential = row.text(3), p.public_key = row.text(4);
  p.sign_count = static_cast<std::uint32_t>(row.integer(5));
  p.backup_eligible = row.integer(6) != 0, p.backed_up = row.integer(7) != 0;
  p.name = row.text(8);
  p.created = Instant{row.integer(9)};
  if (const auto used = row.optional_integer(10)) p.used = Instant{*used};
  return p;
}
}  // namespace

Result<std::int64_t> insert(store::Tx& tx, const Passkey& p) {
  MACHIYA_TRY(auto row, tx.query_one("INSERT INTO identity_passkey (kind, subject, credential, public_key, sign_count, backup_eligible, backed_up, name, created)"
                                     " VALUES (:kind, :subject, :credential, :key, :count, :eligible, :backed, :name, :created) RETURNING id",
                                     {{"kind", p.owner.kind}, {"subject", p.owner.subject}, {"credential", p.credential}, {"key", store::Bytes{p.public_key}},
                                      {"count", p.sign_count}, {"eligible", p.backup_eligible ? 1 : 0}, {"backed", p.backed_up ? 1 : 0}, {"name", p.name}, {"created", p.created.us}}));
  return row->integer(0);
}

Result<std::vector<Passkey>> of(store::ReadTx& tx, const Owner& owner) {
  MACHIYA_TRY(auto rows, tx.query(std::string(kSelect) + "WHERE kind = :kind AND subject = :subject ORDER BY id", {{"kind", owner.kind}, {"subject", owner.subject}}));
  std::vector<Passkey> out;
  for (const auto& row : rows) out.push_back(read_passkey(row));
  return out;
}

Result<std::optional<Passkey>> by_credential(store::ReadTx& tx, std::string_view credential) {
  MACHIYA_TRY(auto row, tx.query_one(std::string(kSelect) + "WHERE credential = :credential", {{"credential", credential}}));
  if (!row) return std::optional<Passkey>();
  return std::optional<Passkey>(read_passkey(*row));
}

Result<bool> use(store::Tx& tx, const Passkey& p, std::uint32_t sign_count, bool backed_up, Instant now) {
  MACHIYA_TRY(const std::int64_t changed,
              tx.execute("UPDATE identity_passkey SET sign_count = :count, backed_up = :backed, used = :now WHERE id = :id AND sign_count = :before",
                         {{"count", sign_count}, {"backed", backed_up ? 1 : 0}, {"now", now.us}, {"id", p.id}, {"before", p.sign_count}}));
  return changed == 1;
}

Result<bool> remove(store::Tx& tx, std::int64_t id) {
  MACHIYA_TRY(const std::int64_t removed, tx.execute("DELETE FROM identity_passkey WHERE id = :id", {{"id", id}}));
  return removed == 1;
}

Result<void> set_name(store::Tx& tx, std::int64_t id, std::string_view sealed) {
  return tx.execute_later("UPDATE identity_passkey SET name = :name WHERE id = :id", {{"name", sealed}, {"id", id}});
}

Result<std::int64_t> remove_all(store::Tx& tx, const Owner& owner) {
  return tx.execute("DELETE FROM identity_passkey WHERE kind = :kind AND subject = :subject", {{"kind", owner.kind}, {"subject", owner.subject}});
}

Result<void> ask(store::Tx& tx, std::string_view digest, std::string_view session, std::string_view purpose, Instant now) {
  return tx.execute_later("INSERT INTO identity_challenge (digest, session, purpose, created) VALUES (:digest, :session, :purpose, :now)",
                          {{"digest", digest}, {"session", session}, {"purpose", purpose}, {"now", now.us}});
}

Result<bool> take(store::Tx& tx, std::string_view digest, std::string_view session, std::string_view purpose, Instant since) {
  MACHIYA_TRY(const std::int64_t taken,
              tx.execute("DELETE FROM identity_challenge WHERE digest = :digest AND session = :session AND purpose = :purpose AND created > :since",
                         {{"digest", digest}, {"session", session}, {"purpose", purpose}, {"since", since.us}}));
  return taken == 1;
}

Result<void> remove_challenges_before(store::Tx& tx, Instant t) {
  return tx.execute_later("DELETE FROM identity_challenge WHERE created < :t", {{"t", t.us}});
}

}  // namespace machiya::identity::passkey_dao
