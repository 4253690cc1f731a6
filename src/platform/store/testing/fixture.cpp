#include <libpq-fe.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>

#include "base/log.h"
#include "platform/store/testing.h"
#include "platform/store/testing/cluster.h"

namespace machiya::store::testing {

namespace {

std::string make_folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "machiya-test.XXXXXX").string();
  if (!::mkdtemp(pattern.data())) std::abort();
  return pattern;
}

class Folder {
 public:
  Folder() : path_(make_folder()) {}
  ~Folder() {
    std::error_code ignored;   // a test may have unmounted or removed it
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  const std::string path_;
};

class SqliteDatabase final : public TestDatabase {
 public:
  std::string url() const override { return "sqlite:" + folder_.path() + "/test.db"; }
  std::string folder() const override { return folder_.path(); }

 private:
  Folder folder_;
};

void run_on_cluster(const std::string& sql) {
  PGconn* c = PQconnectdb(database_url("postgres").c_str());
  PGresult* r = PQexec(c, sql.c_str());
  if (PQresultStatus(r) != PGRES_COMMAND_OK) {
    std::fprintf(stderr, "test fixture: %s%s\n", PQerrorMessage(c), PQresultErrorMessage(r));
    std::exit(2);
  }
  PQclear(r);
  PQfinish(c);
}

class PostgresDatabase final : public TestDatabase {
 public:
  PostgresDatabase() {
    static std::atomic<int> count{0};
    name_ = "t" + std::to_string(::getpid()) + "_" + std::to_string(++count);
    run_on_cluster("CREATE DATABASE " + name_);
  }
  ~PostgresDatabase() override { run_on_cluster("DROP DATABASE " + name_ + " WITH (FORCE)"); }
  std::string url() const override { return database_url(name_); }
  std::string folder() const override { return folder_.path(); }

 private:
  std::string name_;
  Folder folder_;
};

std::unique_ptr<Store> open_or_end(const std::string& url) {
  Options options;
  options.url = url;
  options.every_write_twice = true;   // a write function may run more than once: each one here does
  options.pg_writers = 8;
  auto opened = Store::open(options);
  if (!opened.ok()) {
    std::fprintf(stderr, "test fixture: %s\n", opened.error().to_string().c_str());
    std::exit(2);
  }
  return std::move(*opened);
}

}  // namespace

void wait_for_sessions_to_end(const std::string& url) {
  const std::size_t slash = url.find('/', url.find("://") + 3);
  const std::string name = url.substr(slash + 1, url.find('?') - slash - 1);
  run_on_cluster("SET statement_timeout = '60s'; DO $$ BEGIN WHILE EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = '" + name +
                 "') LOOP PERFORM pg_sleep(0.001), pg_stat_clear_snapshot(); END LOOP; END $$");
}

std::unique_ptr<TestDatabase> make_database(Engine engine) {
  if (engine == Engine::sqlite) return std::make_unique<SqliteDatabase>();
  return std::make_unique<PostgresDatabase>();
}

StoreTest::StoreTest() : database_(make_database(GetParam())), url_(database_->url()), store_(open_or_end(url_)) {
  set_log_level(LogLevel::warn);
}

StoreTest::~StoreTest() { store_.reset(); }

void StoreTest::reopen() {
  store_.reset();
  store_ = open_or_end(url_);
}

void StoreTest::migrate(const std::vector<Migration>& migrations) {
  const auto done = store_->migrate(migrations);
  ASSERT_TRUE(done.ok()) << done.error().to_string();
}

}  // namespace machiya::store::testing
