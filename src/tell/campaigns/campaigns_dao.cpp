#include "tell/campaigns/campaigns_dao.h"

#include <algorithm>
#include <set>

namespace machiya::tell::campaigns_dao {
namespace {
constexpr std::string_view kColumns =
    "SELECT id, public_id, class, state, revision, department, draft, message, author, author_name, submitted_by, released_by, created_us, changed_us, released_us FROM campaign ";

Result<Campaign> campaign_in(const store::Row& row) {
  Campaign out;
  out.id = row.integer(0), out.public_id = row.text(1);
  out.cls = static_cast<Class>(row.integer(2)), out.state = static_cast<CampaignState>(row.integer(3));
  out.revision = static_cast<int>(row.integer(4)), out.department = row.text(5);
  MACHIYA_TRY(const json::Value draft, json::parse(row.text(6)));
  out.draft = draft_in(draft);
  out.message = row.integer(7);
  out.author = row.text(8), out.author_name = row.text(9), out.submitted_by = row.text(10), out.released_by = row.text(11);
  out.created = Instant{row.integer(12)}, out.changed = Instant{row.integer(13)};
  if (!row.is_null(14)) out.released = Instant{row.integer(14)};
  return out;
}
store::Param starts_of(const Campaign& c) { return c.draft.start ? store::Param(c.draft.start->us) : store::Param(nullptr); }
Result<std::vector<Campaign>> campaigns_in(const store::Rows& rows) {
  std::vector<Campaign> out;
  for (const store::Row& row : rows) {
    MACHIYA_TRY(Campaign one, campaign_in(row));
    out.push_back(std::move(one));
  }
  return out;
}
}  // namespace

Result<std::optional<Campaign>> find(store::ReadTx& tx, std::string_view public_id) {
  MACHIYA_TRY(const auto row, tx.query_one(std::string(kColumns) + "WHERE public_id = :id", {{"id", public_id}}));
  if (!row) return std::optional<Campaign>();
  MACHIYA_TRY(Campaign out, campaign_in(*row));
  return std::optional<Campaign>(std::move(out));
}

Result<std::vector<Campaign>> list(store::ReadTx& tx, const Campaigns::Filter& filter) {
  const std::int64_t before = filter.before > 0 ? filter.before : INT64_MAX;
  MACHIYA_TRY(const auto rows, filter.state ? tx.query(std::string(kColumns) + "WHERE state = :state AND id < :before ORDER BY id DESC LIMIT :limit",
                                                       {{"state", static_cast<int>(*filter.state)}, {"before", before}, {"limit", filter.limit}})
                                            : tx.query(std::string(kColumns) + "WHERE id < :before ORDER BY id DESC LIMIT :limit", {{"before", before}, {"limit", filter.limit}}));
  return campaigns_in(rows);
}

Result<std::vector<Campaign>> published(store::ReadTx& tx, int limit) {
  MACHIYA_TRY(const auto rows, tx.query(std::string(kColumns) + "WHERE released_us IS NOT NULL ORDER BY released_us DESC, id DESC LIMIT :limit", {{"limit", limit}}));
  return campaigns_in(rows);
}

Result<std::vector<Campaign>> released(store::ReadTx& tx, Class cls, Instant since, int limit) {
  MACHIYA_TRY(const auto rows, tx.query(std::string(kColumns) + "WHERE released_us > :since AND class = :class ORDER BY released_us DESC, id DESC LIMIT :limit",
                                        {{"since", since.us}, {"class", static_cast<int>(cls)}, {"limit", limit}}));
  return campaigns_in(rows);
}

Result<std::vector<Campaign>> starting(store::ReadTx& tx, Instant from, Instant to, int limit) {
  MACHIYA_TRY(const auto rows, tx.query(std::string(kColumns) + "WHERE starts_us >= :from AND starts_us < :to AND state <> 4 ORDER BY starts_us, id LIMIT :limit", {{"from", from.us}, {"to", to.us}, {"limit", limit}}));
  return campaigns_in(rows);
}

Result<std::string> public_id_of(store::ReadTx& tx, std::int64_t message) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT c.public_id FROM campaign c WHERE c.message = :message", {{"message", message}}));
  return row ? row->text(0) : std::string();
}

Result<std::int64_t> insert(store::Tx& tx, const Campaign& c) {
  return tx.insert("campaign",
                   "INSERT INTO campaign (id, public_id, class, state, revision, department, draft, message, author, author_name, submitted_by, released_by, created_us, changed_us, released_us, starts_us)"
                   " VALUES (:id, :public, :class, :state, 1, :department, :draft, NULL, :author, :author_name, '', '', :now, :now, NULL, :starts)",
                   {{"public", c.public_id}, {"class", static_cast<int>(c.cls)}, {"state", static_cast<int>(c.state)}, {"department", c.department},
                    {"draft", json::to_canonical(to_json(c.draft))}, {"author", c.author}, {"author_name", c.author_name}, {"now", c.created.us}, {"starts", starts_of(c)}});
}

Result<bool> update_draft(store::Tx& tx, const Campaign& c, int revision) {
  MACHIYA_TRY(const auto rows, tx.execute("UPDATE campaign SET draft = :draft, starts_us = :starts, revision = revision + 1, author = :author, author_name = :author_name, changed_us = :now WHERE id = :id AND revision = :revision AND state = 0",
                                          {{"draft", json::to_canonical(to_json(c.draft))}, {"author", c.author}, {"author_name", c.author_name}, {"now", c.changed.us}, {"starts", starts_of(c)}, {"id", c.id}, {"revision", revision}}));
  return rows == 1;
}

Result<bool> set_state(store::Tx& tx, std::int64_t id, CampaignState from, CampaignState to, std::string_view submitted_by, Instant now) {
  MACHIYA_TRY(const auto rows, tx.execute("UPDATE campaign SET state = :to, submitted_by = :by, changed_us = :now, revision = revision + 1 WHERE id = :id AND state = :from",
                                          {{"to", static_cast<int>(to)}, {"by", submitted_by}, {"now", now.us}, {"id", id}, {"from", static_cast<int>(from)}}));
  return rows == 1;
}

Result<bool> set_released(store::Tx& tx, std::int64_t id, CampaignState from, std::int64_t message, std::string_view by, Instant now) {
  MACHIYA_TRY(const auto rows, tx.execute("UPDATE campaign SET state = 2, message = :message, released_by = :by, released_us = :now, starts_us = CASE WHEN starts_us > :now THEN starts_us ELSE :now END, changed_us = :now, revision = revision + 1 WHERE id = :id AND state = :from",
                                          {{"message", message}, {"by", by}, {"now", now.us}, {"id", id}, {"from", static_cast<int>(from)}}));
  return rows == 1;
}

Result<std::optional<Firing>> firing(store::ReadTx& tx, std::string_view key) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT digest, message FROM campaign_firing WHERE key = :key", {{"key", key}}));
  return row ? std::optional<Firing>({row->text(0), row->text(1)}) : std::optional<Firing>();
}

Result<void> insert_firing(store::Tx& tx, std::string_view key, const Firing& firing, Instant now) {
  return tx.execute_later("INSERT INTO campaign_firing (key, digest, message, at_us) VALUES (:key, :digest, :message, :now)", {{"key", key}, {"digest", firing.digest}, {"message", firing.message}, {"now", now.us}});
}

Result<std::string> newest_of(store::ReadTx& tx, const std::vector<std::string>& templates, bool drill) {
  constexpr int kLookedAt = 200;
  MACHIYA_TRY(const auto rows, tx.query(std::string(kColumns) + "WHERE state = 2 AND class = 2 ORDER BY id DESC LIMIT :limit", {{"limit", kLookedAt}}));
  MACHIYA_TRY(const auto all, campaigns_in(rows));
  std::set<std::string> followed;
  for (const Campaign& one : all) {   // the newest first: who follows is seen before whom
    if (!one.draft.follows.empty()) followed.insert(one.draft.follows);
    if (one.draft.drill == drill && !followed.contains(one.public_id) && std::find(templates.begin(), templates.end(), one.draft.from_template) != templates.end()) return one.public_id;
  }
  return std::string();
}

Result<void> insert_event(store::Tx& tx, std::int64_t campaign, const CampaignEvent& event, std::string_view actor) {
  return tx.execute_later("INSERT INTO campaign_event (campaign, sequence, what, note, actor, actor_name, at_us) SELECT :campaign, coalesce(max(sequence), 0) + 1, :what, :note, :actor, :name, :at"
                          " FROM campaign_event WHERE campaign = :campaign",
                          {{"campaign", campaign}, {"what", event.what}, {"note", event.note}, {"actor", actor}, {"name", event.actor_name}, {"at", event.at.us}});
}

Result<std::vector<CampaignEvent>> events(store::ReadTx& tx, std::int64_t campaign) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT what, note, actor_name, at_us FROM campaign_event WHERE campaign = :campaign ORDER BY sequence", {{"campaign", campaign}}));
  std::vector<CampaignEvent> out;
  for (const store::Row& row : rows) out.push_back({row.text(0), row.text(1), row.text(2), Instant{row.integer(3)}});
  return out;
}

}  // namespace machiya::tell::campaigns_dao
