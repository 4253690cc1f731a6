#include "tell/signage/signage_dao.h"

namespace machiya::signage::dao {
namespace {

constexpr std::string_view kColumns = "SELECT id, public_id, token, department, settings, revision, created_us, changed_us, retired_us FROM signage_screen ";

Result<Screen> screen_in(const store::Row& row) {
  Screen out;
  out.id = row.integer(0), out.public_id = row.text(1), out.token = row.text(2), out.department = row.text(3);
  MACHIYA_TRY(const json::Value settings, json::parse(row.text(4)));
  out.settings = settings_in(settings);
  out.revision = static_cast<int>(row.integer(5)), out.created = Instant{row.integer(6)}, out.changed = Instant{row.integer(7)};
  if (!row.is_null(8)) out.retired = Instant{row.integer(8)};
  return out;
}

Result<std::optional<Screen>> one(store::ReadTx& tx, const std::string& where, const store::Binds& binds) {
  MACHIYA_TRY(const auto row, tx.query_one(std::string(kColumns) + where, binds));
  if (!row) return std::optional<Screen>();
  MACHIYA_TRY(Screen out, screen_in(*row));
  return std::optional<Screen>(std::move(out));
}

}  // namespace

Result<std::optional<Screen>> find(store::ReadTx& tx, std::string_view public_id) { return one(tx, "WHERE public_id = :id", {{"id", public_id}}); }
Result<std::optional<Screen>> by_token(store::ReadTx& tx, std::string_view token) { return one(tx, "WHERE token = :token AND retired_us IS NULL", {{"token", token}}); }

Result<std::vector<Screen>> list(store::ReadTx& tx) {
  MACHIYA_TRY(const auto rows, tx.query(std::string(kColumns) + "WHERE retired_us IS NULL ORDER BY id"));
  std::vector<Screen> out;
  for (const store::Row& row : rows) {
    MACHIYA_TRY(Screen screen, screen_in(row));
    out.push_back(std::move(screen));
  }
  return out;
}

Result<void> insert(store::Tx& tx, const Screen& s) {
  MACHIYA_TRY(const auto id, tx.insert("signage_screen",
                                       "INSERT INTO signage_screen (id, public_id, token, department, settings, revision, created_us, changed_us, retired_us)"
                                       " VALUES (:id, :public, :token, :department, :settings, 1, :now, :now, NULL)",
                                       {{"public", s.public_id}, {"token", s.token}, {"department", s.department}, {"settings", json::to_canonical(to_json(s.settings))}, {"now", s.created.us}}));
  (void)id;
  return {};
}

Result<bool> update(store::Tx& tx, const Screen& s, int revision) {
  MACHIYA_TRY(const auto rows, tx.execute("UPDATE signage_screen SET settings = :settings, revision = revision + 1, changed_us = :now WHERE id = :id AND revision = :revision AND retired_us IS NULL",
                                          {{"settings", json::to_canonical(to_json(s.settings))}, {"now", s.changed.us}, {"id", s.id}, {"revision", revision}}));
  return rows == 1;
}
Result<bool> set_token(store::Tx& tx, std::int64_t id, std::string_view token, Instant now) {
  MACHIYA_TRY(const auto rows, tx.execute("UPDATE signage_screen SET token = :token, revision = revision + 1, changed_us = :now WHERE id = :id AND retired_us IS NULL",
                                          {{"token", token}, {"now", now.us}, {"id", id}}));
  return rows == 1;
}
Result<bool> retire(store::Tx& tx, std::int64_t id, Instant now) {
  MACHIYA_TRY(const auto rows, tx.execute("UPDATE signage_screen SET retired_us = :now, revision = revision + 1, changed_us = :now WHERE id = :id AND retired_us IS NULL", {{"now", now.us}, {"id", id}}));
  return rows == 1;
}

Result<bool> insert_alert(store::Tx& tx, const Outside& a) {
  MACHIYA_TRY(const auto row, tx.query("INSERT INTO signage_alert (sender, identifier, sent_us, client, cap, received_us) VALUES (:sender, :identifier, :sent, :client, :cap, :now)"
                                       " ON CONFLICT (sender, identifier, sent_us) DO NOTHING RETURNING id",
                                       {{"sender", a.sender}, {"identifier", a.identifier}, {"sent", a.sent.us}, {"client", a.client}, {"cap", a.cap}, {"now", a.received.us}}));
  return !row.empty();
}

Result<std::vector<Outside>> alerts(store::ReadTx& tx, Instant since, int limit) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT sender, identifier, client, cap, sent_us, received_us FROM signage_alert WHERE received_us > :since ORDER BY id DESC LIMIT :limit",
                                        {{"since", since.us}, {"limit", limit}}));
  std::vector<Outside> out;
  for (const store::Row& row : rows) out.push_back({row.text(0), row.text(1), row.text(2), row.text(3), Instant{row.integer(4)}, Instant{row.integer(5)}});
  return out;
}

Result<void> end(store::Tx& tx, std::string_view thread, std::string_view actor, Instant now) {
  return tx.execute_later("INSERT INTO signage_end (thread, actor, at_us) VALUES (:thread, :actor, :now) ON CONFLICT (thread) DO UPDATE SET actor = excluded.actor, at_us = excluded.at_us",
                          {{"thread", thread}, {"actor", actor}, {"now", now.us}});
}
Result<std::map<std::string, Instant>> ended(store::ReadTx& tx, Instant since) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT thread, at_us FROM signage_end WHERE at_us > :since", {{"since", since.us}}));
  std::map<std::string, Instant> out;
  for (const store::Row& row : rows) out[row.text(0)] = Instant{row.integer(1)};
  return out;
}

Result<bool> insert_play(store::Tx& tx, std::int64_t screen, std::string_view player, const Play& play, Instant now) {
  MACHIYA_TRY(const auto rows, tx.execute("INSERT INTO signage_play (screen, player, sequence, at_us, item, lang, shown_ms, received_us) VALUES (:screen, :player, :sequence, :at, :item, :lang, :ms, :now)"
                                          " ON CONFLICT (screen, player, sequence) DO NOTHING",
                                          {{"screen", screen}, {"player", player}, {"sequence", play.sequence}, {"at", play.at.us}, {"item", play.item}, {"lang", play.lang}, {"ms", play.shown_ms}, {"now", now.us}}));
  return rows == 1;
}

Result<std::vector<ReportLine>> report(store::ReadTx& tx, std::int64_t screen, Instant from, Instant to) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT item, lang, count(*), CAST(sum(shown_ms) AS BIGINT), min(at_us), max(at_us) FROM signage_play WHERE screen = :screen AND at_us >= :from AND at_us < :to"
                                        " GROUP BY item, lang ORDER BY item, lang",
                                        {{"screen", screen}, {"from", from.us}, {"to", to.us}}));
  std::vector<ReportLine> out;
  for (const store::Row& row : rows) out.push_back({row.text(0), row.text(1), row.integer(2), row.integer(3), Instant{row.integer(4)}, Instant{row.integer(5)}});
  return out;
}

Result<void> put_seen(store::Tx& tx, std::int64_t screen, const Seen& s) {
  return tx.execute_later("INSERT INTO signage_seen (screen, at_us, item, lang, page, plain) VALUES (:screen, :at, :item, :lang, :page, :plain)"
                          " ON CONFLICT (screen) DO UPDATE SET at_us = excluded.at_us, item = excluded.item, lang = excluded.lang, page = excluded.page, plain = excluded.plain",
                          {{"screen", screen}, {"at", s.at.us}, {"item", s.item}, {"lang", s.lang}, {"page", s.page}, {"plain", s.plain}});
}
Result<std::optional<Seen>> seen(store::ReadTx& tx, std::int64_t screen) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT at_us, item, lang, page, plain FROM signage_seen WHERE screen = :screen", {{"screen", screen}}));
  if (!row) return std::optional<Seen>();
  return std::optional<Seen>(Seen{Instant{row->integer(0)}, row->text(1), row->text(2), static_cast<int>(row->integer(3)), row->integer(4) != 0});
}

Result<void> bump(store::Tx& tx) {
  return tx.execute_later("INSERT INTO signage_mark (one, revision) VALUES (1, 1) ON CONFLICT (one) DO UPDATE SET revision = signage_mark.revision + 1");
}
Result<std::int64_t> revision(store::ReadTx& tx) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT revision FROM signage_mark WHERE one = 1"));
  return row ? row->integer(0) : 0;
}

}  // namespace machiya::signage::dao
