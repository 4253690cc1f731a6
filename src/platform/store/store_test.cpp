#include "platform/store/store.h"

#include <atomic>
#include <thread>

#include "platform/store/migration.h"
#include "platform/store/testing.h"

namespace machiya::store {
namespace {

const std::vector<Migration> kSchema{{"demo", 1, "demo",
    "CREATE TABLE demo (id ID, name TEXT UNIQUE, born TS, alive BOOL, body BYTES, size REAL, note JSON);", ""}};

class StoreContract : public testing::StoreTest {
 protected:
  StoreContract() { migrate(kSchema); }
  Result<std::int64_t> add(std::string_view name) {
    return store().write([&](Tx& tx) -> Result<std::int64_t> {
      MACHIYA_TRY(const auto row, tx.query_one("INSERT INTO demo (name) VALUES (:name) RETURNING id", {{"name", name}}));
      return row->integer(0);
    });
  }
  std::int64_t count() {
    auto rows = store().read([](ReadTx& tx) { return tx.query("SELECT count(*) FROM demo"); });
    EXPECT_TRUE(rows.ok());
    return (*rows)[0].integer(0);
  }
};

TEST_P(StoreContract, every_type_comes_back_as_it_went_in) {
  const std::string bytes("\0\x01\xff'\\x", 6);
  auto wrote = store().write([&](Tx& tx) {
    return tx.execute("INSERT INTO demo (name, born, alive, body, size, note) VALUES (:name, :born, :alive, :body, :size, :note)",
                      {{"name", "葛󠄀城市 :not_a_param"}, {"born", std::int64_t{1'775'000'000'000'000}}, {"alive", true},
                       {"body", Bytes{bytes}}, {"size", 0.1}, {"note", nullptr}});
  });
  ASSERT_TRUE(wrote.ok()) << wrote.error().to_string();
  EXPECT_EQ(*wrote, 1);
  auto read = store().read([](ReadTx& tx) {
    return tx.query_one("SELECT name, born, alive, body, size, note FROM demo WHERE alive AND name <> ':nothing'");
  });
  ASSERT_TRUE(read.ok()) << read.error().to_string();
  const Row& row = **read;
  EXPECT_EQ(row.text(0), "葛󠄀城市 :not_a_param");
  EXPECT_EQ(row.integer(1), 1'775'000'000'000'000);
  EXPECT_EQ(row.integer(2), 1);
  EXPECT_EQ(row.text(3), bytes);
  EXPECT_EQ(row.real(4), 0.1);
  EXPECT_TRUE(row.is_null(5));
  EXPECT_EQ(row.optional_text(5), std::nullopt);
}

TEST_P(StoreContract, an_error_undoes_the_write) {
  auto wrote = store().write([&](Tx& tx) -> Result<std::int64_t> {
    MACHIYA_TRY(auto n, tx.execute("INSERT INTO demo (name) VALUES ('a')"));
    (void)n;
    return Error(ErrorCode::forbidden, "no");
  });
  EXPECT_EQ(wrote.error().code, ErrorCode::forbidden);
  EXPECT_EQ(count(), 0);
}

TEST_P(StoreContract, a_failed_statement_ends_the_transaction_even_when_ignored) {
  ASSERT_TRUE(add("a").ok());
  auto wrote = store().write([&](Tx& tx) -> Result<std::int64_t> {
    MACHIYA_TRY(auto n, tx.execute("INSERT INTO demo (name) VALUES ('b')"));
    EXPECT_FALSE(tx.execute("INSERT INTO demo (name) VALUES ('a')").ok());
    EXPECT_FALSE(tx.execute("INSERT INTO demo (name) VALUES ('c')").ok());
    return n;
  });
  ASSERT_FALSE(wrote.ok());
  EXPECT_EQ(wrote.error().code, ErrorCode::conflict);
  EXPECT_EQ(count(), 1);
}

TEST_P(StoreContract, neighbours_of_a_failing_write_are_kept) {
  std::atomic<int> good{0}, bad{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        auto done = store().write([&](Tx& tx) -> Result<std::int64_t> {
          MACHIYA_TRY(auto n, tx.execute("INSERT INTO demo (name) VALUES (:name)", {{"name", std::to_string(t) + "-" + std::to_string(i)}}));
          if (i % 5 == 0) return Error(ErrorCode::forbidden);
          return n;
        });
        (done.ok() ? good : bad) += 1;
      }
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(good, 8 * 40);
  EXPECT_EQ(bad, 8 * 10);
  EXPECT_EQ(count(), 8 * 40);
}

TEST_P(StoreContract, after_commit_runs_only_for_what_was_committed) {
  std::atomic<int> ran{0};
  auto good = store().write([&](Tx& tx) {
    tx.after_commit([&] { ran += 1; });
    return tx.execute("INSERT INTO demo (name) VALUES ('a')");
  });
  auto bad = store().write([&](Tx& tx) -> Result<std::int64_t> {
    tx.after_commit([&] { ran += 100; });
    return Error(ErrorCode::forbidden);
  });
  EXPECT_TRUE(good.ok());
  EXPECT_FALSE(bad.ok());
  EXPECT_EQ(ran, 1);
}

TEST_P(StoreContract, parameters_are_checked) {
  const auto run = [&](std::string_view sql, const Binds& binds) {
    return store().read([&](ReadTx& tx) { return tx.query(sql, binds); }).error().code;
  };
  EXPECT_EQ(run("SELECT name FROM demo WHERE name = :name", {}), ErrorCode::internal);
  EXPECT_EQ(run("SELECT name FROM demo", {{"name", 1}}), ErrorCode::internal);
  EXPECT_EQ(run("SELECT name FROM demo WHERE name = :name", {{"name", std::string("a\0b", 3)}}), ErrorCode::invalid_input);
  EXPECT_EQ(run("SELECT name FROM demo WHERE name = :name", {{"name", "\xff"}}), ErrorCode::invalid_input);
}

TEST_P(StoreContract, a_write_inside_a_write_is_refused) {
  auto outer = store().write([&](Tx&) -> Result<std::int64_t> { return add("x"); });
  EXPECT_EQ(outer.error().code, ErrorCode::internal);
}

TEST_P(StoreContract, an_exception_of_the_work_reaches_its_caller) {
  EXPECT_THROW((void)store().write([&](Tx&) -> Result<std::int64_t> { throw std::runtime_error("bug"); }), std::runtime_error);
  EXPECT_TRUE(add("after").ok());
}

TEST_P(StoreContract, stream_stops_and_nests) {
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(add("n" + std::to_string(i)).ok());
  int seen = 0, inner = 0;
  auto done = store().read([&](ReadTx& tx) -> Result<int> {
    MACHIYA_CHECK(tx.stream("SELECT id FROM demo ORDER BY id", {}, [&](const Row& row) {
      auto again = tx.query("SELECT name FROM demo WHERE id = :id", {{"id", row.integer(0)}});
      if (again.ok() && (*again)[0].text(0) == "n" + std::to_string(seen)) ++inner;
      return ++seen < 700;
    }));
    MACHIYA_TRY(auto rows, tx.query("SELECT id FROM demo"));
    return static_cast<int>(rows.size());
  });
  ASSERT_TRUE(done.ok()) << done.error().to_string();
  EXPECT_EQ(*done, 1000);
  EXPECT_EQ(seen, 700);
  EXPECT_EQ(inner, 700);
}

TEST_P(StoreContract, a_reader_sees_one_snapshot) {
  ASSERT_TRUE(add("a").ok());
  auto done = store().read([&](ReadTx& tx) -> Result<std::int64_t> {
    MACHIYA_TRY(auto before, tx.query("SELECT count(*) FROM demo"));
    std::thread([&] { EXPECT_TRUE(add("b").ok()); }).join();   // the writer does not wait for the reader either
    MACHIYA_TRY(auto after, tx.query("SELECT count(*) FROM demo"));
    return after[0].integer(0) - before[0].integer(0);
  });
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(*done, 0);
  EXPECT_EQ(count(), 2);
}

TEST_P(StoreContract, a_reader_cannot_write) {
  auto done = store().read([&](ReadTx& tx) { return tx.query("INSERT INTO demo (name) VALUES ('x') RETURNING id"); });
  EXPECT_FALSE(done.ok());
  EXPECT_EQ(count(), 0);
}

TEST_P(StoreContract, a_key_is_known_before_the_row_is_sent) {
  auto ids = store().write([](Tx& tx) -> Result<std::vector<std::int64_t>> {
    std::vector<std::int64_t> out;
    for (const char* name : {"a", "b", "c"}) {
      MACHIYA_TRY(const auto id, tx.insert("demo", "INSERT INTO demo (id, name) VALUES (:id, :name)", {{"name", name}}));
      MACHIYA_CHECK(tx.execute_later("UPDATE demo SET born = :id WHERE id = :id", {{"id", id}}));
      out.push_back(id);
    }
    MACHIYA_TRY(const auto rows, tx.query("SELECT id FROM demo WHERE born = id ORDER BY id"));   // sees what was sent before
    EXPECT_EQ(rows.size(), 3u);
    for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(rows[i].integer(0), out[i]);
    return out;
  });
  ASSERT_TRUE(ids.ok()) << ids.error().to_string();
  EXPECT_EQ(count(), 3);
}

TEST_P(StoreContract, a_statement_sent_later_fails_the_write) {
  ASSERT_TRUE(add("a").ok());
  const auto twice = [](Tx& tx) -> Result<std::int64_t> {
    MACHIYA_CHECK(tx.execute_later("INSERT INTO demo (name) VALUES ('b')"));
    if (auto sent = tx.execute_later("INSERT INTO demo (name) VALUES ('a')"); !sent.ok()) return sent.error();
    return tx.insert("demo", "INSERT INTO demo (id, name) VALUES (:id, 'c')", {});
  };
  EXPECT_EQ(store().write(twice).error().code, ErrorCode::conflict);          // on PostgreSQL: at the commit
  EXPECT_EQ(store().write_joined(twice).error().code, ErrorCode::conflict);
  auto asked = store().write([&](Tx& tx) -> Result<std::int64_t> {
    (void)tx.execute_later("INSERT INTO demo (name) VALUES ('a')");
    EXPECT_FALSE(tx.query("SELECT 1").ok());                                   // or at the first call that waits
    return std::int64_t{1};
  });
  EXPECT_EQ(asked.error().code, ErrorCode::conflict);
  EXPECT_EQ(count(), 1);
  EXPECT_TRUE(add("d").ok());   // the connection is whole
}

TEST_P(StoreContract, joined_writes_fail_alone) {
  std::atomic<int> good{0}, refused{0}, taken{0}, committed{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 16; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 40; ++i) {
        auto done = store().write_joined([&](Tx& tx) -> Result<std::int64_t> {
          if (i % 8 == 1) return Error(ErrorCode::forbidden);                  // gives up before it wrote anything
          MACHIYA_TRY(const auto id, tx.insert("demo", "INSERT INTO demo (id, name) VALUES (:id, :name)",
                                               {{"name", i % 8 == 3 ? "same" : std::to_string(t) + "-" + std::to_string(i)}}));
          if (i % 8 == 5) return Error(ErrorCode::forbidden);                  // after it did
          tx.after_commit([&] { committed += 1; });
          return id;
        });
        if (done.ok()) good += 1;
        else (done.error().code == ErrorCode::conflict ? taken : refused) += 1;
      }
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(good, 16 * 25 + 1);      // of all that want the same name one has it
  EXPECT_EQ(taken, 16 * 5 - 1);
  EXPECT_EQ(refused, 16 * 10);
  EXPECT_EQ(committed, good);
  EXPECT_EQ(count(), good);
}

TEST_P(StoreContract, write_later_answers_after_the_commit) {
  std::mutex mutex;
  std::condition_variable ready;
  int answers = 0;
  for (int i = 0; i < 10; ++i)
    store().write_later(
        [i](Tx& tx) -> Result<void> {
          MACHIYA_TRY(auto n, tx.execute("INSERT INTO demo (name) VALUES (:n)", {{"n", std::to_string(i)}}));
          (void)n;
          return {};
        },
        [&](Result<void> r) {
          EXPECT_TRUE(r.ok());
          std::lock_guard lock(mutex);
          ++answers;
          ready.notify_one();
        });
  std::unique_lock lock(mutex);
  ready.wait(lock, [&] { return answers == 10; });
  EXPECT_EQ(count(), 10);
}

TEST_P(StoreContract, rows_stay_after_reopening_and_keys_are_never_reused) {
  auto first = add("a");
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(store().write([](Tx& tx) { return tx.execute("DELETE FROM demo"); }).ok());
  reopen();
  auto second = add("b");
  ASSERT_TRUE(second.ok());
  EXPECT_GT(*second, *first);
}

TEST_P(StoreContract, a_closed_store_refuses) {
  store().close();
  EXPECT_EQ(add("x").error().code, ErrorCode::unavailable);
  EXPECT_FALSE(store().read([](ReadTx& tx) { return tx.query("SELECT 1"); }).ok());
}

TEST_P(StoreContract, the_place_of_a_parameter_decides_its_type) {
  const std::int64_t late = 4'102'444'800'000'000;   // 2100 in microseconds: more than 32 bits
  ASSERT_TRUE(store().write([&](Tx& tx) {
    return tx.execute("INSERT INTO demo (name, born, alive) VALUES (:name, :born, :alive)",
                      {{"name", "a"}, {"born", late}, {"alive", 0}});
  }).ok());
  auto row = store().read([&](ReadTx& tx) {
    return tx.query_one("SELECT :free, COALESCE(:maybe, 0), substr(name, :from, 1), sum(born), :text FROM demo"
                        " WHERE born > :late - 1000 AND (:name IS NULL OR name = :name) AND NOT alive GROUP BY name LIMIT :limit",
                        {{"free", late}, {"maybe", late}, {"from", 1}, {"text", "x"}, {"late", late}, {"name", nullptr}, {"limit", 5}});
  });
  ASSERT_TRUE(row.ok()) << row.error().to_string();
  EXPECT_EQ((*row)->optional_integer(0), late);
  EXPECT_EQ((*row)->optional_integer(1), late);
  EXPECT_EQ((*row)->text(2), "a");
  EXPECT_EQ((*row)->integer(3), late);
  EXPECT_EQ((*row)->text(4), "x");
}

TEST_P(StoreContract, text_and_bytes_are_not_mixed) {
  const auto put = [&](std::string_view sql, Param value) {
    return store().write([&](Tx& tx) { return tx.execute(sql, {{"v", value}}); }).ok();
  };
  EXPECT_FALSE(put("INSERT INTO demo (body) VALUES (:v)", "text"));
  EXPECT_FALSE(put("INSERT INTO demo (name) VALUES (:v)", Bytes{"bytes"}));
  EXPECT_FALSE(put("INSERT INTO demo (born) VALUES (:v)", "not a number"));
  EXPECT_TRUE(put("INSERT INTO demo (body) VALUES (:v)", Bytes{""}));
  EXPECT_EQ(count(), 1);
}

TEST_P(StoreContract, backup_while_writing_restores_to_one_moment) {
  // Each write adds one row and counts it in another; a copy that mixes two moments breaks the sum.
  ASSERT_TRUE(store().write([](Tx& tx) { return tx.execute("INSERT INTO demo (name, born) VALUES ('sum', 0)"); }).ok());
  std::atomic<bool> stop{false};
  std::atomic<int> written{0};
  std::thread writer([&] {
    while (!stop) {
      auto done = store().write([&](Tx& tx) -> Result<std::int64_t> {
        MACHIYA_TRY(auto n, tx.execute("INSERT INTO demo (name, note) VALUES (:name, :note)",
                                       {{"name", std::to_string(written)}, {"note", std::string(2000, 'x')}}));
        (void)n;
        return tx.execute("UPDATE demo SET born = born + 1 WHERE name = 'sum'");
      });
      EXPECT_TRUE(done.ok());
      written += 1;
    }
  });
  while (written < 50) std::this_thread::yield();
  const std::string copy = folder() + "/copy";
  const auto made = store().backup_to(copy);
  EXPECT_TRUE(made.ok()) << made.error().to_string();
  EXPECT_EQ(store().backup_to(copy).error().code, ErrorCode::conflict);
  stop = true;
  writer.join();

  const auto other = testing::make_database(GetParam());
  Options options;
  options.url = other->url();
  const auto restored = Store::restore(options, copy);
  ASSERT_TRUE(restored.ok()) << restored.error().to_string();
  EXPECT_EQ(Store::restore(options, copy).error().code, ErrorCode::conflict);
  auto second = Store::open(options);
  ASSERT_TRUE(second.ok());
  EXPECT_TRUE((*second)->migrate(kSchema).ok());
  auto rows = (*second)->read([](ReadTx& tx) { return tx.query("SELECT count(*) - 1, max(born) FROM demo"); });
  ASSERT_TRUE(rows.ok());
  EXPECT_GE((*rows)[0].integer(0), 50);
  EXPECT_EQ((*rows)[0].integer(0), (*rows)[0].integer(1));
}

TEST_P(StoreContract, migrations_refuse_drift_gaps_and_newer_databases) {
  EXPECT_TRUE(store().migrate(kSchema).ok());   // again: nothing to do
  auto changed = kSchema;
  changed[0].sql = "CREATE TABLE demo (id ID);";
  EXPECT_EQ(store().migrate(changed).error().code, ErrorCode::integrity_broken);
  std::vector<Migration> next = kSchema;
  next.push_back({"demo", 3, "gap", "CREATE TABLE gap (id ID);", ""});
  EXPECT_EQ(store().migrate(next).error().code, ErrorCode::definition_error);
  next[1] = {"demo", 2, "broken", "CREATE TABLE half (id ID); CREATE TABLE demo (id ID);", ""};
  EXPECT_FALSE(store().migrate(next).ok());
  EXPECT_FALSE(store().read([](ReadTx& tx) { return tx.query("SELECT id FROM half"); }).ok());   // nothing half done
  next[1] = {"demo", 2, "more", "CREATE TABLE more (id ID);", "CREATE TABLE more (id ID, only_here INT);"};
  ASSERT_TRUE(store().migrate(next).ok());
  EXPECT_EQ(store().read([](ReadTx& tx) { return tx.query("SELECT only_here FROM more"); }).ok(), GetParam() == Engine::postgres);
  const auto older = store().migrate(kSchema);
  EXPECT_EQ(older.error().code, ErrorCode::integrity_broken);
  EXPECT_NE(older.error().detail.find("newer than this program"), std::string::npos);
}

TEST(store_migration, digest_is_sha_256) {   // FIPS 180-4, appendix B.1
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

MACHIYA_ON_BOTH_ENGINES(StoreContract);

}  // namespace
}  // namespace machiya::store
