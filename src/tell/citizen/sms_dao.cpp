#include "tell/citizen/sms_dao.h"

namespace machiya::tell::sms_dao {
namespace {
std::optional<Row> row_in(const std::optional<store::Row>& row) {
  if (!row) return {};
  return Row{row->integer(0), row->integer(1), row->text(2), row->text(3), row->integer(4), Instant{row->integer(5)}};
}
}  // namespace

Result<std::optional<Row>> find(store::ReadTx& tx, std::int64_t person) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT person, data_key, number, code, tries, expires_us FROM tell_sms_code WHERE person = :person", {{"person", person}}));
  return row_in(row);
}

Result<void> put(store::Tx& tx, const Row& row) {
  return tx.execute_later("INSERT INTO tell_sms_code (person, data_key, number, code, tries, expires_us) VALUES (:person, :key, :number, :code, :tries, :expires)",
                          {{"person", row.person}, {"key", row.key}, {"number", store::Bytes{row.sealed}}, {"code", row.code}, {"tries", row.tries}, {"expires", row.expires.us}});
}

Result<std::optional<Row>> count_try(store::Tx& tx, std::int64_t person) {
  MACHIYA_TRY(const auto row, tx.query_one("UPDATE tell_sms_code SET tries = tries + 1 WHERE person = :person RETURNING person, data_key, number, code, tries, expires_us", {{"person", person}}));
  return row_in(row);
}

Result<void> remove(store::Tx& tx, std::int64_t person) { return tx.execute_later("DELETE FROM tell_sms_code WHERE person = :person", {{"person", person}}); }

Result<std::vector<std::int64_t>> over(store::ReadTx& tx, Instant before, int limit) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT person FROM tell_sms_code WHERE expires_us < :before ORDER BY expires_us LIMIT :limit", {{"before", before.us}, {"limit", limit}}));
  std::vector<std::int64_t> out;
  for (const store::Row& row : rows) out.push_back(row.integer(0));
  return out;
}

Result<Counts> asked_since(store::ReadTx& tx, std::int64_t person, std::string_view number, Instant since) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT (SELECT count(*) FROM tell_sms_asked WHERE person = :person AND at_us >= :since),"
                                           " (SELECT count(*) FROM tell_sms_asked WHERE number = :number AND at_us >= :since AND sent = 1),"
                                           " (SELECT count(*) FROM tell_sms_asked WHERE at_us >= :since AND sent = 1)",
                                           {{"person", person}, {"number", number}, {"since", since.us}}));
  return Counts{row->integer(0), row->integer(1), row->integer(2)};
}

Result<void> note_asked(store::Tx& tx, std::int64_t person, std::string_view number, bool sent, Instant now) {
  MACHIYA_TRY(const auto id, tx.insert("tell_sms_asked", "INSERT INTO tell_sms_asked (id, person, number, sent, at_us) VALUES (:id, :person, :number, :sent, :now)",
                                       {{"person", person}, {"number", number}, {"sent", sent ? 1 : 0}, {"now", now.us}}));
  (void)id;
  return {};
}

Result<void> forget_asked(store::Tx& tx, Instant before) { return tx.execute_later("DELETE FROM tell_sms_asked WHERE at_us < :before", {{"before", before.us}}); }

}  // namespace machiya::tell::sms_dao
