#include "ask/registers/search_dao.h"

#include "ask/registers/web.h"

namespace machiya::registers {

std::vector<store::Migration> page_migrations() {
  return {{"register_pages", 1, "saved searches", R"sql(
CREATE TABLE register_search (
  id ID,
  staff INT NOT NULL,
  register TEXT NOT NULL,
  name TEXT NOT NULL,
  query TEXT NOT NULL,
  saved TS NOT NULL,
  UNIQUE (staff, register, name)
);
)sql", ""}};
}

Result<std::vector<SavedSearch>> searches_of(store::ReadTx& tx, std::int64_t staff, std::string_view register_id) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT id, name, query FROM register_search WHERE staff = :staff AND register = :register ORDER BY name", {{"staff", staff}, {"register", register_id}}));
  std::vector<SavedSearch> out;
  for (const store::Row& row : rows) out.push_back({row.integer(0), row.text(1), row.text(2)});
  return out;
}

Result<void> save_search(store::Tx& tx, std::int64_t staff, std::string_view register_id, std::string_view name, std::string_view query, Instant now) {
  MACHIYA_TRY(const auto known, searches_of(tx, staff, register_id));
  if (known.size() >= static_cast<std::size_t>(kMaxSearches)) return Error(ErrorCode::limit_exceeded, "saved searches");
  MACHIYA_CHECK(tx.execute("INSERT INTO register_search (staff, register, name, query, saved) VALUES (:staff, :register, :name, :query, :saved) "
                           "ON CONFLICT (staff, register, name) DO UPDATE SET query = excluded.query, saved = excluded.saved",
                           {{"staff", staff}, {"register", register_id}, {"name", name}, {"query", query}, {"saved", now.us}}));
  return {};
}

Result<void> forget_search(store::Tx& tx, std::int64_t staff, std::int64_t id) {
  MACHIYA_CHECK(tx.execute("DELETE FROM register_search WHERE id = :id AND staff = :staff", {{"id", id}, {"staff", staff}}));
  return {};
}

}  // namespace machiya::registers
