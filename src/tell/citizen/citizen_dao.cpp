#include "tell/citizen/citizen_dao.h"

namespace machiya::tell::citizen_dao {
namespace {
Result<void> run(store::Tx& tx, std::string_view sql, const store::Binds& binds) {
  MACHIYA_TRY(const auto rows, tx.execute(sql, binds));
  (void)rows;
  return {};
}
}  // namespace

Result<bool> remember(store::Tx& tx, const LineSeen& event, Instant now) {
  MACHIYA_TRY(const auto rows, tx.execute("INSERT INTO tell_line_event (id, who, friendship, at_ms, taken_us) VALUES (:id, :who, :friendship, :at, :now) ON CONFLICT (id) DO NOTHING",
                                          {{"id", event.id}, {"who", event.who}, {"friendship", event.friendship ? 1 : 0}, {"at", event.at_ms}, {"now", now.us}}));
  return rows == 1;
}

Result<std::int64_t> last_friendship(store::ReadTx& tx, std::string_view who) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT at_ms FROM tell_line_event WHERE who = :who AND friendship = 1 ORDER BY at_ms DESC LIMIT 1", {{"who", who}}));
  return row ? row->integer(0) : std::int64_t{0};
}

Result<void> forget_events(store::Tx& tx, Instant before) { return run(tx, "DELETE FROM tell_line_event WHERE taken_us < :before", {{"before", before.us}}); }

Result<void> put_code(store::Tx& tx, std::string_view digest, std::int64_t person, Instant expires) {
  MACHIYA_CHECK(run(tx, "DELETE FROM tell_link_code WHERE person = :person", {{"person", person}}));
  return run(tx, "INSERT INTO tell_link_code (digest, person, expires_us) VALUES (:digest, :person, :expires)", {{"digest", digest}, {"person", person}, {"expires", expires.us}});
}

Result<std::optional<std::int64_t>> take_code(store::Tx& tx, std::string_view digest, Instant now) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT person FROM tell_link_code WHERE digest = :digest AND expires_us > :now", {{"digest", digest}, {"now", now.us}}));
  if (!row) return std::optional<std::int64_t>();
  MACHIYA_TRY(const auto rows, tx.execute("DELETE FROM tell_link_code WHERE digest = :digest", {{"digest", digest}}));
  return rows == 1 ? std::optional<std::int64_t>(row->integer(0)) : std::optional<std::int64_t>();
}

Result<std::int64_t> mailed_since(store::ReadTx& tx, std::string_view digest, Instant since) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT count(*) FROM tell_mailed WHERE digest = :digest AND at_us >= :since", {{"digest", digest}, {"since", since.us}}));
  return row->integer(0);
}

Result<void> note_mailed(store::Tx& tx, std::string_view digest, Instant now) {
  MACHIYA_TRY(const auto id, tx.insert("tell_mailed", "INSERT INTO tell_mailed (id, digest, at_us) VALUES (:id, :digest, :now)", {{"digest", digest}, {"now", now.us}}));
  (void)id;
  return {};
}

Result<void> forget_mailed(store::Tx& tx, Instant before) { return run(tx, "DELETE FROM tell_mailed WHERE at_us < :before", {{"before", before.us}}); }

}  // namespace machiya::tell::citizen_dao
