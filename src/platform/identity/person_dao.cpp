#include "platform/identity/person_dao.h"

#include "platform/store/run.h"

namespace machiya::identity::person_dao {
namespace {
std::optional<Person> person_from(const std::optional<store::Row>& row) {
  if (!row) return std::nullopt;
  return Person{row->integer(0), row->text(1), static_cast<int>(row->integer(2)), row->integer(3), row->text(4)};
}
}  // namespace

Result<std::optional<Person>> by_id(store::ReadTx& tx, std::int64_t id) {
  MACHIYA_TRY(auto row, tx.query_one("SELECT id, public_id, assurance, data_key, email FROM identity_person WHERE id = :id", {{"id", id}}));
  return person_from(row);
}

Result<std::optional<Person>> by_public_id(store::ReadTx& tx, std::string_view public_id) {
  MACHIYA_TRY(auto row, tx.query_one("SELECT id, public_id, assurance, data_key, email FROM identity_person WHERE public_id = :p",
                                     {{"p", public_id}}));
  return person_from(row);
}

Result<std::optional<Person>> by_login(store::ReadTx& tx, std::string_view method, std::string_view subject) {
  MACHIYA_TRY(auto row, tx.query_one("SELECT p.id, p.public_id, p.assurance, p.data_key, p.email FROM identity_login l"
                                     " JOIN identity_person p ON p.id = l.person WHERE l.method = :method AND l.subject = :subject",
                                     {{"method", method}, {"subject", subject}}));
  return person_from(row);
}

Result<std::int64_t> insert(store::Tx& tx, const Person& p, Instant now) {
  MACHIYA_TRY(auto rows, tx.query("INSERT INTO identity_person (public_id, data_key, email, assurance, created)"
                                  " VALUES (:public_id, :key, :email, :assurance, :now) RETURNING id",
                                  {{"public_id", p.public_id},
                                   {"key", p.data_key},
                                   {"email", store::Bytes{p.email}},
                                   {"assurance", p.assurance},
                                   {"now", now.us}}));
  MACHIYA_ASSERT(rows.size() == 1);
  return rows[0].integer(0);
}

Result<void> insert_login(store::Tx& tx, std::int64_t person, std::string_view method, std::string_view subject, Instant now) {
  return store::run(tx, "INSERT INTO identity_login (person, method, subject, created) VALUES (:person, :method, :subject, :now)",
                        {{"person", person}, {"method", method}, {"subject", subject}, {"now", now.us}});
}

Result<std::vector<std::string>> methods_of(store::ReadTx& tx, std::int64_t person) {
  MACHIYA_TRY(auto rows, tx.query("SELECT DISTINCT method FROM identity_login WHERE person = :person ORDER BY method", {{"person", person}}));
  std::vector<std::string> out;
  for (const auto& row : rows) out.emplace_back(row.text(0));
  return out;
}

Result<bool> remove_login(store::Tx& tx, std::int64_t person, std::string_view method) {
  MACHIYA_TRY(const auto removed, tx.execute("DELETE FROM identity_login WHERE person = :person AND method = :method", {{"person", person}, {"method", method}}));
  return removed > 0;
}

Result<bool> raise_assurance(store::Tx& tx, std::int64_t id, int assurance, Instant now) {
  MACHIYA_TRY(auto changed, tx.execute("UPDATE identity_person SET assurance = :a, verified = :now WHERE id = :id AND assurance < :a",
                                       {{"a", assurance}, {"now", now.us}, {"id", id}}));
  return changed == 1;
}

Result<void> insert_code(store::Tx& tx, const Code& c) {
  return store::run(tx, "INSERT INTO identity_code (ticket, address, client, email, code, shown, created, expires, tries, used)"
                        " VALUES (:ticket, :address, :client, :email, :code, :shown, :created, :expires, 0, 0)",
                        {{"ticket", c.ticket},
                         {"address", c.address},
                         {"client", c.client},
                         {"email", c.email},
                         {"code", c.code},
                         {"shown", c.shown},
                         {"created", c.created.us},
                         {"expires", c.expires.us}});
}

Result<Requests> count_requests(store::ReadTx& tx, std::string_view address, std::string_view client, Instant since) {
  MACHIYA_TRY(auto a, tx.query_one("SELECT COUNT(*) FROM identity_code WHERE address = :address AND created > :since",
                                   {{"address", address}, {"since", since.us}}));
  MACHIYA_TRY(auto c, tx.query_one("SELECT COUNT(*) FROM identity_code WHERE client = :client AND created > :since",
                                   {{"client", client}, {"since", since.us}}));
  return Requests{a->integer(0), c->integer(0)};
}

Result<std::optional<Code>> take_try(store::Tx& tx, std::string_view ticket, int max_tries, Instant now) {
  MACHIYA_TRY(auto rows, tx.query("UPDATE identity_code SET tries = tries + 1 WHERE ticket = :ticket AND used = 0 AND tries < :max"
                                  " AND expires > :now RETURNING address, client, email, code",
                                  {{"ticket", ticket}, {"max", max_tries}, {"now", now.us}}));
  if (rows.empty()) return std::optional<Code>();
  Code code;
  code.ticket = std::string(ticket);
  code.address = rows[0].text(0);
  code.client = rows[0].text(1);
  code.email = rows[0].text(2);
  code.code = rows[0].text(3);
  return std::optional<Code>(std::move(code));
}

Result<std::string> shown_code(store::ReadTx& tx, std::string_view ticket) {
  MACHIYA_TRY(auto row, tx.query_one("SELECT shown FROM identity_code WHERE ticket = :ticket", {{"ticket", ticket}}));
  return row ? std::string(row->text(0)) : std::string();
}

Result<bool> mark_used(store::Tx& tx, std::string_view ticket) {
  MACHIYA_TRY(auto changed, tx.execute("UPDATE identity_code SET used = 1, email = '', shown = '' WHERE ticket = :ticket AND used = 0", {{"ticket", ticket}}));
  return changed == 1;
}

Result<void> remove_codes_before(store::Tx& tx, Instant created) {
  return store::run(tx, "DELETE FROM identity_code WHERE created < :t", {{"t", created.us}});
}

}  // namespace machiya::identity::person_dao
