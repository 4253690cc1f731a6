#include "platform/store/migration.h"

#include <sodium.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "base/log.h"
#include "base/time.h"
#include "platform/store/sql_text.h"

namespace machiya {
std::vector<store::Migration> sql_migrations_store();
}

namespace machiya::store {

namespace {

// This table is frozen: every later program must read it before it can know what else there is.
constexpr std::string_view kTable =
    "CREATE TABLE IF NOT EXISTS schema_migration (module TEXT NOT NULL, number INT NOT NULL, name TEXT NOT NULL,"
    " digest TEXT NOT NULL, applied_us TS NOT NULL, PRIMARY KEY (module, number));";

std::string_view text_for(const Migration& m, Engine engine) {
  return engine == Engine::postgres && !m.pg_sql.empty() ? m.pg_sql : m.sql;
}

std::string label(std::string_view module, std::int64_t number) {
  return std::string(module) + " " + std::to_string(number);
}

using ByModule = std::map<std::string_view, std::vector<const Migration*>>;

Result<ByModule> in_order(const std::vector<Migration>& migrations) {
  ByModule out;
  for (const Migration& m : migrations) out[m.module].push_back(&m);
  for (auto& [module, list] : out) {
    std::sort(list.begin(), list.end(), [](const Migration* a, const Migration* b) { return a->number < b->number; });
    for (std::size_t i = 0; i < list.size(); ++i)
      if (list[i]->number != static_cast<int>(i + 1))
        return Error(ErrorCode::definition_error, "migrations of " + std::string(module) + " are not numbered 1, 2, 3 …");
  }
  return out;
}

Result<std::size_t> check_applied(Tx& tx, std::string_view module, const std::vector<const Migration*>& list) {
  MACHIYA_TRY(const Rows rows, tx.query("SELECT number, digest FROM schema_migration WHERE module = :module ORDER BY number",
                                        {{"module", module}}));
  if (rows.size() > list.size())
    return Error(ErrorCode::integrity_broken,
                 "the database is newer than this program: it has migration " + label(module, rows.back().integer(0)));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].integer(0) != list[i]->number)
      return Error(ErrorCode::integrity_broken, "migration " + label(module, list[i]->number) + " was skipped in the database");
    if (rows[i].text(1) != sha256_hex(text_for(*list[i], tx.engine())))
      return Error(ErrorCode::integrity_broken, "migration " + label(module, list[i]->number) + " has changed since it was applied");
  }
  return rows.size();
}

}  // namespace

std::string sha256_hex(std::string_view text) {
  unsigned char digest[crypto_hash_sha256_BYTES];
  crypto_hash_sha256(digest, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  char hex[2 * sizeof digest + 1];
  sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
  return hex;
}

Result<void> apply_migrations(Tx& tx, const std::vector<Migration>& migrations,
                              const std::function<Result<void>(const std::string&)>& run_script) {
  // Two servers that start together migrate one after the other (SQLite has one writer anyway).
  if (tx.engine() == Engine::postgres) MACHIYA_CHECK(run_script("SELECT pg_advisory_xact_lock(5643231)"));
  // The role of a server that is not the owner may make no table, not even one that is there (roles.h).
  bool there = false;
  if (tx.engine() == Engine::postgres) {
    MACHIYA_TRY(const auto known, tx.query_one("SELECT CASE WHEN to_regclass('schema_migration') IS NULL THEN 0 ELSE 1 END"));
    there = known->integer(0) == 1;
  }
  if (!there) MACHIYA_CHECK(run_script(expand_migration(kTable, tx.engine())));
  std::vector<Migration> all = sql_migrations_store();
  all.insert(all.end(), migrations.begin(), migrations.end());
  MACHIYA_TRY(const ByModule modules, in_order(all));
  for (const auto& [module, list] : modules) {
    MACHIYA_TRY(const std::size_t applied, check_applied(tx, module, list));
    for (std::size_t i = applied; i < list.size(); ++i) {
      const Migration& m = *list[i];
      const std::string_view text = text_for(m, tx.engine());
      if (auto done = run_script(expand_migration(text, tx.engine())); !done.ok()) {
        Error error = std::move(done).error();
        error.where = "migration " + label(module, m.number) + " " + std::string(m.name);
        return error;
      }
      const std::int64_t now = SystemClock().now().us;
      MACHIYA_TRY([[maybe_unused]] const auto rows,
                  tx.execute("INSERT INTO schema_migration (module, number, name, digest, applied_us)"
                             " VALUES (:module, :number, :name, :digest, :now)",
                             {{"module", module}, {"number", m.number}, {"name", m.name}, {"digest", sha256_hex(text)}, {"now", now}}));
      log(LogLevel::info, "migration-applied", {{"module", std::string(module)}, {"number", std::to_string(m.number)}});
    }
  }
  return {};
}

}  // namespace machiya::store
