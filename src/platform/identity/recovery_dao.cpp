#include "platform/identity/recovery_dao.h"

namespace machiya::identity::recovery_dao {

Result<bool> required(store::ReadTx& tx, const Owner& owner) {
  MACHIYA_TRY(auto row, tx.query_one("SELECT 1 FROM identity_passkey_only WHERE kind = :kind AND subject = :subject", {{"kind", owner.kind}, {"subject", owner.subject}}));
  return row.has_value();
}

Result<void> set_required(store::Tx& tx, const Owner& owner, bool required, Instant now) {
  if (!required) return tx.execute_later("DELETE FROM identity_passkey_only WHERE kind = :kind AND subject = :subject", {{"kind", owner.kind}, {"subject", owner.subject}});
  return tx.execute_later("INSERT INTO identity_passkey_only (kind, subject, since) VALUES (:kind, :subject, :now) ON CONFLICT (kind, subject) DO NOTHING",
                          {{"kind", owner.kind}, {"subject", owner.subject}, {"now", now.us}});
}

Result<void> put_codes(store::Tx& tx, const Owner& owner, const std::vector<std::string>& digests, Instant now) {
  MACHIYA_CHECK(tx.execute_later("DELETE FROM identity_recovery_code WHERE kind = :kind AND subject = :subject", {{"kind", owner.kind}, {"subject", owner.subject}}));
  for (const std::string& digest : digests)
    MACHIYA_CHECK(tx.execute_later("INSERT INTO identity_recovery_code (kind, subject, digest, created) VALUES (:kind, :subject, :digest, :now)",
                                   {{"kind", owner.kind}, {"subject", owner.subject}, {"digest", digest}, {"now", now.us}}));
  return {};
}

Result<std::int64_t> unused_codes(store::ReadTx& tx, const Owner& owner) {
  MACHIYA_TRY(auto row, tx.query_one("SELECT COUNT(*) FROM identity_recovery_code WHERE kind = :kind AND subject = :subject AND used IS NULL",
                                     {{"kind", owner.kind}, {"subject", owner.subject}}));
  return row->integer(0);
}

Result<bool> use_code(store::Tx& tx, const Owner& owner, std::string_view digest, Instant now) {
  MACHIYA_TRY(const std::int64_t used,
              tx.execute("UPDATE identity_recovery_code SET used = :now WHERE digest = :digest AND kind = :kind AND subject = :subject AND used IS NULL",
                         {{"now", now.us}, {"digest", digest}, {"kind", owner.kind}, {"subject", owner.subject}}));
  return used == 1;
}

Result<void> put_proof(store::Tx& tx, std::string_view ticket, std::int64_t person, Instant now) {
  return tx.execute_later("INSERT INTO identity_recovery_proof (ticket, person, created, tries) VALUES (:ticket, :person, :now, 0)",
                          {{"ticket", ticket}, {"person", person}, {"now", now.us}});
}

Result<std::optional<std::int64_t>> take_proof(store::Tx& tx, std::string_view ticket, int most_tries, Instant since) {
  MACHIYA_TRY(auto row, tx.query_one("UPDATE identity_recovery_proof SET tries = tries + 1 WHERE ticket = :ticket AND created > :since AND tries < :most RETURNING person",
                                     {{"ticket", ticket}, {"since", since.us}, {"most", most_tries}}));
  if (!row) return std::optional<std::int64_t>();
  return std::optional<std::int64_t>(row->integer(0));
}

Result<void> remove_proof(store::Tx& tx, std::string_view ticket) {
  return tx.execute_later("DELETE FROM identity_recovery_proof WHERE ticket = :ticket", {{"ticket", ticket}});
}

Result<void> remove_proofs_before(store::Tx& tx, Instant t) {
  return tx.execute_later("DELETE FROM identity_recovery_proof WHERE created < :t", {{"t", t.us}});
}

Result<void> open(store::Tx& tx, const Opening& o) {
  MACHIYA_CHECK(close_openings(tx, o.owner, o.opened));
  return tx.execute_later("INSERT INTO identity_recovery_opening (kind, subject, opened_by, opened, usable, until, what) VALUES (:kind, :subject, :by, :opened, :usable, :until, :what)",
                          {{"kind", o.owner.kind}, {"subject", o.owner.subject}, {"by", o.opened_by}, {"opened", o.opened.us}, {"usable", o.usable.us}, {"until", o.until.us}, {"what", o.what}});
}

Result<std::optional<Opening>> opening_of(store::ReadTx& tx, const Owner& owner, Instant now) {
  MACHIYA_TRY(auto row, tx.query_one("SELECT id, opened_by, opened, usable, until, what FROM identity_recovery_opening WHERE kind = :kind AND subject = :subject"
                                     " AND closed IS NULL AND until > :now ORDER BY id DESC LIMIT 1",
                                     {{"kind", owner.kind}, {"subject", owner.subject}, {"now", now.us}}));
  if (!row) return std::optional<Opening>();
  return std::optional<Opening>(Opening{row->integer(0), owner, row->text(1), Instant{row->integer(2)}, Instant{row->integer(3)}, Instant{row->integer(4)}, row->text(5)});
}

Result<void> close_openings(store::Tx& tx, const Owner& owner, Instant now) {
  return tx.execute_later("UPDATE identity_recovery_opening SET closed = :now WHERE kind = :kind AND subject = :subject AND closed IS NULL",
                          {{"now", now.us}, {"kind", owner.kind}, {"subject", owner.subject}});
}

}  // namespace machiya::identity::recovery_dao
