#include "tell/audiences/audiences_dao.h"

#include <algorithm>

#include "platform/store/key_list.h"

namespace machiya::tell::audiences_dao {
Result<std::optional<int>> number(store::ReadTx& tx, std::string_view kind, std::string_view name) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT number FROM tell_name WHERE kind = :kind AND name = :name", {{"kind", kind}, {"name", name}}));
  if (!row) return std::optional<int>();
  return std::optional<int>(static_cast<int>(row->integer(0)));
}

Result<int> add_name(store::Tx& tx, std::string_view kind, std::string_view name) {
  MACHIYA_TRY(const auto row, tx.query_one("INSERT INTO tell_name (kind, number, name) SELECT :kind, coalesce(max(number), -1) + 1, :name FROM tell_name WHERE kind = :kind RETURNING number",
                                           {{"kind", kind}, {"name", name}}));
  return static_cast<int>(row->integer(0));
}

Result<std::string> name(store::ReadTx& tx, std::string_view kind, int number) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT name FROM tell_name WHERE kind = :kind AND number = :number", {{"kind", kind}, {"number", number}}));
  return row ? row->text(0) : std::string();
}

Result<std::optional<Row>> find(store::ReadTx& tx, By by, const store::Param& value) {
  const char* column = by == By::id ? "r.id" : by == By::person ? "r.person" : "r.leave_id";
  MACHIYA_TRY(const auto row, tx.query_one(std::string("SELECT r.id, r.person, r.leave_id, r.lang, r.data_key, r.profile, p.attributes FROM recipient r JOIN tell_profile p ON p.id = r.profile WHERE ") +
                                               column + " = :value",
                                           {{"value", value}}));
  if (!row) return std::optional<Row>();
  Row out;
  out.recipient.id = row->integer(0), out.recipient.person = row->integer(1), out.recipient.leave_id = row->text(2);
  out.recipient.lang = static_cast<int>(row->integer(3));
  out.data_key = row->integer(4), out.profile = row->integer(5);
  MACHIYA_TRY(out.recipient.attributes, json::parse(row->text(6)));
  return std::optional<Row>(std::move(out));
}

Result<std::int64_t> insert(store::Tx& tx, std::int64_t person, std::string_view leave_id, std::int64_t data_key, std::int64_t profile, int lang, Instant now) {
  return tx.insert("recipient", "INSERT INTO recipient (id, person, leave_id, data_key, profile, lang, created_us) VALUES (:id, :person, :leave, :key, :profile, :lang, :now)",
                   {{"person", person ? store::Param(person) : store::Param(nullptr)}, {"leave", leave_id}, {"key", data_key}, {"profile", profile}, {"lang", lang}, {"now", now.us}});
}

Result<std::vector<Subscribed>> channels(store::ReadTx& tx, std::int64_t recipient) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT channel, topics, rank FROM reach WHERE recipient = :recipient ORDER BY rank, channel", {{"recipient", recipient}}));
  std::vector<Subscribed> out;
  for (const store::Row& row : rows) out.push_back({static_cast<int>(row.integer(0)), row.integer(1), static_cast<int>(row.integer(2))});
  return out;
}

Result<void> set_profile(store::Tx& tx, std::int64_t recipient, std::int64_t profile) {
  MACHIYA_CHECK(tx.execute_later("UPDATE recipient SET profile = :profile WHERE id = :id", {{"profile", profile}, {"id", recipient}}));
  return tx.execute_later("UPDATE reach SET profile = :profile WHERE recipient = :id", {{"profile", profile}, {"id", recipient}});
}

Result<void> set_lang(store::Tx& tx, std::int64_t recipient, int lang) {
  MACHIYA_CHECK(tx.execute_later("UPDATE recipient SET lang = :lang WHERE id = :id", {{"lang", lang}, {"id", recipient}}));
  return tx.execute_later("UPDATE reach SET lang = :lang WHERE recipient = :id", {{"lang", lang}, {"id", recipient}});
}

Result<void> remove(store::Tx& tx, std::int64_t recipient) {
  for (const char* sql : {"DELETE FROM opt_in WHERE address IN (SELECT id FROM recipient_address WHERE recipient = :id)", "DELETE FROM reach WHERE recipient = :id",
                          "DELETE FROM recipient_address WHERE recipient = :id", "DELETE FROM consent_event WHERE recipient = :id", "DELETE FROM recipient WHERE id = :id"})
    MACHIYA_CHECK(tx.execute_later(sql, {{"id", recipient}}));
  return {};
}

Result<std::int64_t> profile(store::Tx& tx, std::string_view attributes) {
  MACHIYA_TRY(const auto row, tx.query_one("INSERT INTO tell_profile (attributes) VALUES (:attributes) ON CONFLICT (attributes) DO UPDATE SET attributes = excluded.attributes RETURNING id",
                                           {{"attributes", attributes}}));
  return row->integer(0);
}

Result<void> each_profile(store::ReadTx& tx, const std::function<void(std::int64_t, const std::string&)>& each) {
  return tx.stream("SELECT id, attributes FROM tell_profile ORDER BY id", {}, [&](const store::Row& row) {
    each(row.integer(0), row.text(1));
    return true;
  });
}

Result<std::int64_t> count_reached(store::ReadTx& tx, const std::vector<std::int64_t>& profiles, std::int64_t channels, std::int64_t topics) {
  // From the index of profiles to each recipient's rows: what a segment costs grows with the segment.
  MACHIYA_TRY(const auto row, tx.query_one(
      "SELECT count(*) FROM recipient q WHERE q.profile " + store::in_keys(tx.engine()) +
          " AND EXISTS (SELECT 1 FROM reach r WHERE r.recipient = q.id AND ((CAST(1 AS BIGINT) << r.channel) & :channels) <> 0 AND (:topics = 0 OR (r.topics & :topics) <> 0))",
      {{"keys", store::key_list(profiles, tx.engine())}, {"channels", channels}, {"topics", topics}}));
  return row->integer(0);
}

namespace {
std::optional<Address> address_in(const std::optional<store::Row>& row) {
  if (!row) return {};
  return Address{row->integer(0), row->integer(1), static_cast<int>(row->integer(2)), static_cast<int>(row->integer(3)), row->text(4)};
}
}  // namespace

Result<std::optional<Address>> in_use(store::ReadTx& tx, int channel, std::string_view digest) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT id, recipient, channel, state, digest FROM recipient_address WHERE channel = :channel AND digest = :digest AND state = 1", {{"channel", channel}, {"digest", digest}}));
  return address_in(row);
}

Result<std::optional<Address>> address(store::ReadTx& tx, std::int64_t id) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT id, recipient, channel, state, digest FROM recipient_address WHERE id = :id", {{"id", id}}));
  return address_in(row);
}

Result<std::int64_t> insert_address(store::Tx& tx, std::int64_t recipient, int channel, std::string_view digest, std::string_view sealed, int state, Instant now) {
  return tx.insert("recipient_address",
                   "INSERT INTO recipient_address (id, recipient, channel, digest, sealed, state, soft_failures, created_us, changed_us)"
                   " VALUES (:id, :recipient, :channel, :digest, :sealed, :state, 0, :now, :now)",
                   {{"recipient", recipient}, {"channel", channel}, {"digest", digest}, {"sealed", store::Bytes{std::string(sealed)}}, {"state", state}, {"now", now.us}});
}

Result<void> set_address_state(store::Tx& tx, std::int64_t id, int state, Instant now) {
  return tx.execute_later("UPDATE recipient_address SET state = :state, changed_us = :now WHERE id = :id", {{"state", state}, {"now", now.us}, {"id", id}});
}

Result<std::int64_t> end_addresses(store::Tx& tx, std::int64_t recipient, int channel, std::int64_t address, int state, Instant now) {
  return tx.execute("UPDATE recipient_address SET state = :state, changed_us = :now WHERE recipient = :recipient AND channel = :channel AND state = 1 AND (:address = 0 OR id = :address)",
                    {{"state", state}, {"now", now.us}, {"recipient", recipient}, {"channel", channel}, {"address", address}});
}

Result<bool> has_address(store::ReadTx& tx, std::int64_t recipient, int channel) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT id FROM recipient_address WHERE recipient = :recipient AND channel = :channel AND state = 1 LIMIT 1", {{"recipient", recipient}, {"channel", channel}}));
  return row.has_value();
}

Result<std::int64_t> add_soft_failure(store::Tx& tx, std::int64_t recipient, int channel, std::int64_t address, Instant since, Instant now) {
  // Written when an address fails (or begins): what was long ago says nothing of an address that took everything since.
  MACHIYA_TRY(const auto rows, tx.query("UPDATE recipient_address SET soft_failures = CASE WHEN changed_us < :since THEN 1 ELSE soft_failures + 1 END, changed_us = :now WHERE recipient = :recipient AND channel = :channel AND state = 1 AND (:address = 0 OR id = :address) RETURNING soft_failures",
                                        {{"since", since.us}, {"now", now.us}, {"recipient", recipient}, {"channel", channel}, {"address", address}}));
  std::int64_t most = 0;
  for (const store::Row& row : rows) most = std::max(most, row.integer(0));
  return most;
}

Result<std::vector<Sealed>> addresses(store::ReadTx& tx, int channel, const std::vector<std::int64_t>& recipients, Instant before) {
  MACHIYA_TRY(const auto rows, tx.query(
      "SELECT a.recipient, r.data_key, a.id, a.sealed, r.leave_id FROM recipient_address a JOIN recipient r ON r.id = a.recipient WHERE a.recipient " + store::in_keys(tx.engine()) +
          " AND a.channel = :channel AND a.state = 1 AND a.created_us <= :before ORDER BY a.recipient, a.id",
      {{"keys", store::key_list(recipients, tx.engine())}, {"channel", channel}, {"before", before.us}}));
  std::vector<Sealed> out;
  out.reserve(rows.size());
  for (const store::Row& row : rows) out.push_back({row.integer(0), row.integer(1), row.integer(2), row.text(3), row.text(4)});
  return out;
}

Result<std::vector<Sealed>> used_addresses(store::ReadTx& tx, int channel, std::int64_t recipient, int limit) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT a.recipient, r.data_key, a.id, a.sealed, r.leave_id FROM recipient_address a JOIN recipient r ON r.id = a.recipient"
                                        " WHERE a.recipient = :recipient AND a.channel = :channel AND a.state <> 0 ORDER BY a.id DESC LIMIT :limit",
                                        {{"recipient", recipient}, {"channel", channel}, {"limit", limit}}));
  std::vector<Sealed> out;
  for (const store::Row& row : rows) out.push_back({row.integer(0), row.integer(1), row.integer(2), row.text(3), row.text(4)});
  return out;
}

Result<void> put_reach(store::Tx& tx, std::int64_t recipient, int channel, std::int64_t topics) {
  return tx.execute_later("INSERT INTO reach (recipient, channel, topics, lang, profile, rank)"
                          " SELECT r.id, :channel, :topics, r.lang, r.profile, (SELECT count(*) FROM reach o WHERE o.recipient = r.id) FROM recipient r WHERE r.id = :recipient"
                          " ON CONFLICT (recipient, channel) DO UPDATE SET topics = excluded.topics, lang = excluded.lang, profile = excluded.profile",
                          {{"recipient", recipient}, {"channel", channel}, {"topics", topics}});
}

Result<bool> set_topics(store::Tx& tx, std::int64_t recipient, int channel, std::int64_t topics) {
  MACHIYA_TRY(const auto rows, tx.execute("UPDATE reach SET topics = :topics WHERE recipient = :recipient AND channel = :channel", {{"topics", topics}, {"recipient", recipient}, {"channel", channel}}));
  return rows == 1;
}

Result<void> set_rank(store::Tx& tx, std::int64_t recipient, int channel, int rank) {
  return tx.execute_later("UPDATE reach SET rank = :rank WHERE recipient = :recipient AND channel = :channel", {{"rank", rank}, {"recipient", recipient}, {"channel", channel}});
}

Result<bool> remove_reach(store::Tx& tx, std::int64_t recipient, int channel) {
  MACHIYA_TRY(const auto rows, tx.execute("DELETE FROM reach WHERE recipient = :recipient AND channel = :channel", {{"recipient", recipient}, {"channel", channel}}));
  return rows == 1;
}

Result<void> insert_consent(store::Tx& tx, std::int64_t recipient, const Audiences::Consent& consent) {
  return tx.execute_later("INSERT INTO consent_event (recipient, channel, what, detail, by_whom, at_us) VALUES (:recipient, :channel, :what, :detail, :by, :at)",
                          {{"recipient", recipient}, {"channel", consent.channel}, {"what", consent.what}, {"detail", consent.detail}, {"by", consent.by_whom}, {"at", consent.at.us}});
}

Result<std::vector<Audiences::Consent>> consents(store::ReadTx& tx, std::int64_t recipient) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT channel, what, detail, by_whom, at_us FROM consent_event WHERE recipient = :recipient ORDER BY id", {{"recipient", recipient}}));
  std::vector<Audiences::Consent> out;
  for (const store::Row& row : rows) out.push_back({static_cast<int>(row.integer(0)), row.text(1), row.text(2), row.text(3), Instant{row.integer(4)}});
  return out;
}

Result<void> insert_opt_in(store::Tx& tx, std::string_view digest, std::int64_t address, std::int64_t topics, Instant expires) {
  return tx.execute_later("INSERT INTO opt_in (digest, address, topics, expires_us) VALUES (:digest, :address, :topics, :expires)",
                          {{"digest", digest}, {"address", address}, {"topics", topics}, {"expires", expires.us}});
}

Result<std::optional<OptIn>> take_opt_in(store::Tx& tx, std::string_view digest, Instant now) {
  MACHIYA_TRY(const auto row, tx.query_one("DELETE FROM opt_in WHERE digest = :digest RETURNING address, topics, expires_us", {{"digest", digest}}));
  if (!row || row->integer(2) < now.us) return std::optional<OptIn>();
  return std::optional<OptIn>(OptIn{row->integer(0), row->integer(1)});
}

}  // namespace machiya::tell::audiences_dao
