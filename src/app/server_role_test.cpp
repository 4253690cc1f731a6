// PostgreSQL with two roles: the owner migrates, the server runs as another that can neither change the audit nor alter the schema.
#include "app/authorization_samples.h"
#include "platform/audit/tables.h"
#include "platform/store/roles.h"

namespace machiya::app::authorization {
namespace {

constexpr const char* kRole = "machiya_server";

struct OtherUrl final : store::testing::TestDatabase {
  OtherUrl(const store::testing::TestDatabase& of, std::string to) : folder_(of.folder()), url_(std::move(to)) {}
  std::string url() const override { return url_; }
  std::string folder() const override { return folder_; }
  std::string folder_, url_;
};

TEST(ServerRole, ServesEverythingAndCannotTouchTheAudit) {
  const auto database = store::testing::make_database(store::Engine::postgres);
  auto owner = store::Store::open({database->url()});
  ASSERT_TRUE(owner.ok()) << owner.error().to_string();
  auto made = (*owner)->write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(const auto known, tx.query_one("SELECT count(*) FROM pg_roles WHERE rolname = 'machiya_server'"));
    if (known->integer(0) > 0) return {};
    auto done = tx.execute("CREATE ROLE machiya_server LOGIN");
    return done.ok() ? Result<void>() : Result<void>(done.error());
  });
  ASSERT_TRUE(made.ok()) << made.error().to_string();
  ASSERT_TRUE((*owner)->migrate(all_migrations()).ok());
  EXPECT_FALSE(store::grant_server_role(**owner, "x; DROP TABLE audit_row", audit::only_added_to()).ok());
  for (int again = 0; again < 2; ++again) {
    const auto granted = store::grant_server_role(**owner, kRole, audit::only_added_to());
    ASSERT_TRUE(granted.ok()) << granted.error().to_string();
  }

  std::string url = database->url();
  url.replace(url.find("postgres@"), 8, kRole);
  World world(OtherUrl(*database, url));   // migrates (nothing is left to do), opens, seeds accounts
  Samples samples(world);                  // log-ins, applications, decisions, registers, imports, bulk edits, delegations, emergencies
  EXPECT_FALSE(::testing::Test::HasFailure());
  const auto sealed = world.house().audit().seal_now();
  ASSERT_TRUE(sealed.ok()) << sealed.error().to_string();
  EXPECT_GT(*sealed, 0);
  EXPECT_TRUE(world.house().audit().verify()->intact);

  auto count = [&] { return (*owner)->read([](store::ReadTx& tx) { return tx.query_one("SELECT count(*) FROM audit_row"); }).value()->integer(0); };
  const auto before = count();
  std::vector<std::string> forbidden = {"CREATE TABLE mine (a INT)", "DROP TRIGGER audit_row_kept ON audit_row", "CREATE TRIGGER mine BEFORE INSERT ON audit_row FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
                                        "DROP FUNCTION audit_refuse() CASCADE", "ALTER FUNCTION audit_refuse() RENAME TO gone", "DELETE FROM schema_migration", "SET session_replication_role = replica",
                                        "SET ROLE postgres", "ALTER ROLE machiya_server SUPERUSER"};
  for (const auto table : audit::only_added_to())
    for (const char* act : {"DELETE FROM ", "TRUNCATE ", "DROP TABLE ", "LOCK TABLE "}) forbidden.push_back(act + std::string(table) + (act[0] == 'L' ? " IN ACCESS EXCLUSIVE MODE" : ""));
  for (const char* set : {"UPDATE audit_row SET actor = 'system'", "UPDATE audit_seal SET hash = ''", "ALTER TABLE audit_row DISABLE TRIGGER ALL", "ALTER TABLE audit_row DISABLE TRIGGER audit_row_kept",
                          "ALTER TABLE audit_row ADD COLUMN x INT", "ALTER TABLE audit_seal OWNER TO machiya_server", "ALTER TABLE audit_row RENAME TO gone"})
    forbidden.push_back(set);
  const auto attempt = [&](const std::string& statement) {
    return world.store().write([&](store::Tx& tx) -> Result<void> {
      auto tried = tx.execute(statement);
      return tried.ok() ? Result<void>() : Result<void>(tried.error());
    });
  };
  // PostgreSQL warns and grants nothing; the statements below show that nothing was granted.
  EXPECT_TRUE(attempt("GRANT UPDATE, DELETE ON audit_row TO machiya_server").ok());
  for (const auto& statement : forbidden) {
    const auto done = attempt(statement);
    EXPECT_FALSE(done.ok()) << "the server's role may: " << statement;
  }
  EXPECT_EQ(count(), before);
  EXPECT_TRUE(world.house().audit().verify()->intact);
  std::printf("server role: the house runs as %s; %zu statements against the audit and the schema refused\n", kRole, forbidden.size());
}

}  // namespace
}  // namespace machiya::app::authorization
