#include "tell/campaigns/lists_dao.h"

#include "base/json.h"

namespace machiya::tell::lists_dao {
namespace {
std::string lines_json(const std::vector<std::int64_t>& lines) {
  json::Value out = json::Value::array();
  for (const std::int64_t line : lines) out.push(line);
  return json::to_text(out);
}
}  // namespace

Result<std::int64_t> insert(store::Tx& tx, const List& list, Instant now) {
  json::Value columns = json::Value::array();
  for (const std::string& one : list.columns) columns.push(one);
  return tx.insert("campaign_list", "INSERT INTO campaign_list (id, campaign, data_key, state, columns, total, left_out, created_us) VALUES (:id, :campaign, :key, 0, :columns, :total, '[]', :now)",
                   {{"campaign", list.campaign}, {"key", list.data_key}, {"columns", json::to_text(columns)}, {"total", list.total}, {"now", now.us}});
}

Result<void> insert_part(store::Tx& tx, std::int64_t list, const Part& part) {
  return tx.execute_later("INSERT INTO campaign_list_part (list, first, last, sealed) VALUES (:list, :first, :last, :sealed)",
                          {{"list", list}, {"first", part.first}, {"last", part.last}, {"sealed", store::Bytes{part.sealed}}});
}

Result<bool> put_in_use(store::Tx& tx, std::int64_t list) {
  MACHIYA_TRY(const auto rows, tx.execute("UPDATE campaign_list SET state = 1 WHERE id = :id AND state = 0", {{"id", list}}));
  return rows == 1;
}

Result<void> remove(store::Tx& tx, std::int64_t list) {
  MACHIYA_CHECK(tx.execute_later("DELETE FROM campaign_list_part WHERE list = :list", {{"list", list}}));
  return tx.execute_later("DELETE FROM campaign_list WHERE id = :list", {{"list", list}});
}

Result<std::optional<List>> find(store::ReadTx& tx, std::int64_t campaign) {
  MACHIYA_TRY(const auto row, tx.query_one("SELECT id, campaign, data_key, columns, total, left_out FROM campaign_list WHERE campaign = :campaign AND state = 1", {{"campaign", campaign}}));
  if (!row) return std::optional<List>();
  List out{row->integer(0), row->integer(1), row->integer(2), {}, row->integer(4), {}};
  MACHIYA_TRY(const json::Value columns, json::parse(row->text(3)));
  MACHIYA_TRY(const json::Value lines, json::parse(row->text(5)));
  for (const json::Value& one : columns.items()) out.columns.push_back(one.as_string());
  for (const json::Value& one : lines.items()) out.left_out.push_back(one.as_int());
  return std::optional<List>(std::move(out));
}

Result<void> set_left_out(store::Tx& tx, std::int64_t list, const std::vector<std::int64_t>& lines) {
  return tx.execute_later("UPDATE campaign_list SET left_out = :lines WHERE id = :id", {{"lines", lines_json(lines)}, {"id", list}});
}

namespace {
std::vector<Part> parts_in(const store::Rows& rows) {
  std::vector<Part> out;
  out.reserve(rows.size());
  for (const store::Row& row : rows) out.push_back({row.integer(0), row.integer(1), row.text(2)});
  return out;
}
}  // namespace

Result<std::vector<Part>> parts(store::ReadTx& tx, std::int64_t list, std::int64_t after, int limit) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT first, last, sealed FROM campaign_list_part WHERE list = :list AND first > :after ORDER BY first LIMIT :limit", {{"list", list}, {"after", after}, {"limit", limit}}));
  return parts_in(rows);
}

Result<std::vector<Part>> parts_within(store::ReadTx& tx, std::int64_t list, std::int64_t from, std::int64_t to) {
  // Parts do not overlap: only the last that begins before `from` can reach into the range.
  MACHIYA_TRY(const auto rows, tx.query("SELECT first, last, sealed FROM campaign_list_part WHERE list = :list AND first <= :to AND first >= coalesce((SELECT max(p.first) FROM campaign_list_part p"
                                        " WHERE p.list = :list AND p.first <= :from), :from) ORDER BY first",
                                        {{"list", list}, {"from", from}, {"to", to}}));
  return parts_in(rows);
}

Result<std::vector<Standing>> standing(store::ReadTx& tx) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT l.id, l.data_key, c.id, c.message, c.public_id, l.state, c.state, l.created_us, c.changed_us, c.released_us FROM campaign_list l JOIN campaign c ON c.id = l.campaign ORDER BY l.id"));
  std::vector<Standing> out;
  for (const store::Row& row : rows) {
    Standing one{row.integer(0), row.integer(1), row.integer(2), row.integer(3), row.text(4), row.integer(5) == 1, static_cast<int>(row.integer(6)), Instant{row.integer(7)}, Instant{row.integer(8)}, {}};
    if (!row.is_null(9)) one.released = Instant{row.integer(9)};
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace machiya::tell::lists_dao
