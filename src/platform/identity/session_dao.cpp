#include "platform/identity/session_dao.h"

#include "platform/store/run.h"

namespace machiya::identity::session_dao {
namespace {
using store::run;

constexpr std::string_view kColumns = "digest, kind, subject, created, seen, expires, ended, method, strength, authenticated, device";
Session read_session(const store::Row& row) {
  Session s;
  s.digest = row.text(0);
  s.kind = static_cast<int>(row.integer(1));
  s.subject = row.integer(2);
  s.created = Instant{row.integer(3)}, s.seen = Instant{row.integer(4)}, s.expires = Instant{row.integer(5)};
  s.ended = !row.is_null(6);
  s.how = {method_of(row.text(7)), static_cast<Strength>(row.integer(8)), Instant{row.integer(9)}};
  s.device = row.text(10);
  return s;
}
}  // namespace

Result<void> insert(store::Tx& tx, const Session& s) {
  return run(tx,
             "INSERT INTO identity_session (digest, kind, subject, created, seen, expires, method, strength, authenticated, device) VALUES"
             " (:digest, :kind, :subject, :now, :now, :expires, :method, :strength, :authenticated, :device)",
             {{"digest", s.digest}, {"kind", s.kind}, {"subject", s.subject}, {"now", s.created.us}, {"expires", s.expires.us}, {"method", word_of(s.how.method)},
              {"strength", static_cast<int>(s.how.strength)}, {"authenticated", s.how.at.us}, {"device", s.device}});
}

Result<std::optional<Session>> find(store::ReadTx& tx, std::string_view digest) {
  MACHIYA_TRY(auto row, tx.query_one("SELECT " + std::string(kColumns) + " FROM identity_session WHERE digest = :digest", {{"digest", digest}}));
  if (!row) return std::optional<Session>();
  return std::optional<Session>(read_session(*row));
}

Result<std::vector<Session>> open_of(store::ReadTx& tx, int kind, std::int64_t subject, Instant now, Instant seen_after) {
  MACHIYA_TRY(auto rows, tx.query("SELECT " + std::string(kColumns) + " FROM identity_session WHERE kind = :kind AND subject = :subject AND ended IS NULL"
                                  " AND expires > :now AND seen > :seen ORDER BY id DESC",
                                  {{"kind", kind}, {"subject", subject}, {"now", now.us}, {"seen", seen_after.us}}));
  std::vector<Session> out;
  for (const auto& row : rows) out.push_back(read_session(row));
  return out;
}

Result<void> end(store::Tx& tx, std::string_view digest, Instant now) {
  return run(tx, "UPDATE identity_session SET ended = :now WHERE digest = :digest AND ended IS NULL", {{"now", now.us}, {"digest", digest}});
}

Result<void> end_all(store::Tx& tx, int kind, std::int64_t subject, Instant now) {
  return run(tx, "UPDATE identity_session SET ended = :now WHERE kind = :kind AND subject = :subject AND ended IS NULL",
             {{"now", now.us}, {"kind", kind}, {"subject", subject}});
}

Result<void> set_seen(store::Tx& tx, std::string_view digest, Instant seen) {
  return run(tx, "UPDATE identity_session SET seen = :seen WHERE digest = :digest AND seen < :seen", {{"seen", seen.us}, {"digest", digest}});
}

Result<void> remove_expired_before(store::Tx& tx, Instant t) {
  return run(tx, "DELETE FROM identity_session WHERE expires < :t", {{"t", t.us}});
}

Result<void> note_change(store::Tx& tx, std::string_view what, Instant now) {
  return run(tx, "INSERT INTO identity_change (what, at) VALUES (:what, :now)", {{"what", what}, {"now", now.us}});
}

Result<std::vector<std::string>> changes_since(store::ReadTx& tx, Instant t) {
  MACHIYA_TRY(auto rows, tx.query("SELECT what FROM identity_change WHERE at > :t", {{"t", t.us}}));
  std::vector<std::string> out;
  for (const auto& row : rows) out.push_back(row.text(0));
  return out;
}

Result<void> remove_changes_before(store::Tx& tx, Instant t) {
  return run(tx, "DELETE FROM identity_change WHERE at < :t", {{"t", t.us}});
}

Result<void> park(store::Tx& tx, std::string_view ticket, std::string_view owner, std::string_view form, Instant now, int keep) {
  MACHIYA_CHECK(run(tx, "INSERT INTO identity_parked (ticket, owner, form, created) VALUES (:ticket, :owner, :form, :now)",
                    {{"ticket", ticket}, {"owner", owner}, {"form", form}, {"now", now.us}}));
  return run(tx, "DELETE FROM identity_parked WHERE owner = :owner AND id NOT IN"
                 " (SELECT id FROM identity_parked WHERE owner = :owner ORDER BY id DESC LIMIT :keep)",
             {{"owner", owner}, {"keep", keep}});
}

Result<std::optional<std::string>> parked(store::ReadTx& tx, std::string_view ticket, std::string_view owner, Instant since) {
  MACHIYA_TRY(auto row, tx.query_one("SELECT form FROM identity_parked WHERE ticket = :ticket AND owner = :owner AND created > :since",
                                     {{"ticket", ticket}, {"owner", owner}, {"since", since.us}}));
  if (!row) return std::optional<std::string>();
  return std::optional<std::string>(row->text(0));
}

Result<void> remove_parked_before(store::Tx& tx, Instant t) {
  return run(tx, "DELETE FROM identity_parked WHERE created < :t", {{"t", t.us}});
}

}  // namespace machiya::identity::session_dao
