// What only PostgreSQL does: lost connections, serialisation failures.
#include <atomic>
#include <thread>

#include "platform/store/testing.h"

namespace machiya::store {
namespace {

class PostgresOnly : public testing::StoreTest {
 protected:
  PostgresOnly() {
    migrate({{"demo", 1, "demo", "CREATE TABLE slot (id ID, room INT NOT NULL); CREATE TABLE counter (id INT PRIMARY KEY, n INT NOT NULL);", ""}});
    EXPECT_TRUE(run(store(), "INSERT INTO counter (id, n) VALUES (1, 0)").ok());
  }
  static Result<std::int64_t> run(Store& s, std::string_view sql) {
    return s.write([&](Tx& tx) { return tx.execute(sql); });
  }
  /// As a restart of the server looks to its clients.
  void cut_all_connections() {
    Options options;
    options.url = url();
    auto other = Store::open(options);
    ASSERT_TRUE(other.ok());
    auto cut = (*other)->read([](ReadTx& tx) {
      return tx.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
    });
    ASSERT_TRUE(cut.ok());
  }
};

TEST_P(PostgresOnly, connections_come_back_after_a_restart) {
  for (int i = 0; i < 3; ++i) {
    std::vector<std::thread> threads;   // several connections on both sides
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        EXPECT_TRUE(run(store(), "INSERT INTO slot (room) VALUES (1)").ok());
        EXPECT_TRUE(store().read([](ReadTx& tx) { return tx.query("SELECT count(*) FROM slot"); }).ok());
      });
    for (auto& t : threads) t.join();
    cut_all_connections();
  }
  auto wrote = run(store(), "INSERT INTO slot (room) VALUES (1)");
  EXPECT_TRUE(wrote.ok()) << wrote.error().to_string();
  cut_all_connections();
  auto read = store().read([](ReadTx& tx) { return tx.query("SELECT count(*) FROM slot"); });
  ASSERT_TRUE(read.ok()) << read.error().to_string();
  EXPECT_EQ((*read)[0].integer(0), 13);
}

TEST_P(PostgresOnly, a_write_cut_off_in_the_middle_runs_again) {
  int runs = 0;
  auto done = store().write([&](Tx& tx) -> Result<std::int64_t> {
    MACHIYA_TRY(const auto n, tx.execute("INSERT INTO slot (room) VALUES (7)"));
    (void)n;
    if (++runs == 1) cut_all_connections();
    return tx.execute("UPDATE counter SET n = n + 1");
  });
  ASSERT_TRUE(done.ok()) << done.error().to_string();
  EXPECT_EQ(runs, 2);
  auto rows = store().read([](ReadTx& tx) { return tx.query("SELECT count(*), max(n) FROM slot, counter"); });
  EXPECT_EQ((*rows)[0].integer(0), 1);
  EXPECT_EQ((*rows)[0].integer(1), 1);
}

TEST_P(PostgresOnly, check_then_insert_is_safe_as_on_one_writer) {
  // Four rooms for many threads: "is it free? then take it" without any lock.
  std::atomic<int> taken{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      for (int room = 1; room <= 4; ++room) {
        auto done = store().write([&](Tx& tx) -> Result<bool> {
          MACHIYA_TRY(const auto row, tx.query_one("SELECT count(*) FROM slot WHERE room = :room", {{"room", room}}));
          if (row->integer(0) > 0) return false;
          MACHIYA_TRY(const auto n, tx.execute("INSERT INTO slot (room) VALUES (:room)", {{"room", room}}));
          return n == 1;
        });
        ASSERT_TRUE(done.ok()) << done.error().to_string();
        taken += *done;
      }
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(taken, 4);
  auto rows = store().read([](ReadTx& tx) { return tx.query("SELECT count(*) FROM slot"); });
  EXPECT_EQ((*rows)[0].integer(0), 4);
}

TEST_P(PostgresOnly, many_writers_of_one_row_all_get_through) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        const auto done = run(store(), "UPDATE counter SET n = n + 1 WHERE id = 1");
        EXPECT_TRUE(done.ok()) << done.error().to_string();
      }
    });
  for (auto& t : threads) t.join();
  auto rows = store().read([](ReadTx& tx) { return tx.query("SELECT n FROM counter"); });
  EXPECT_EQ((*rows)[0].integer(0), 160);
}

INSTANTIATE_TEST_SUITE_P(Store, PostgresOnly, ::testing::Values(Engine::postgres), testing::engine_name);

}  // namespace
}  // namespace machiya::store
