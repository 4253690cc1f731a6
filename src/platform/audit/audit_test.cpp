#include "platform/audit/audit.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/rng.h"
#include "platform/audit/chain.h"
#include "platform/audit/testing.h"

namespace machiya::audit {
namespace {

using store::Engine;

using AuditTest = AuditStoreTest;

TEST_P(AuditTest, seals_what_was_committed_and_names_the_tail) {
  Audit audit(store(), clock_);
  append(audit, 0, 10);
  EXPECT_EQ(verify(audit).unsealed_tail, 10);
  EXPECT_EQ(*audit.seal_now(), 10);
  append(audit, 10, 13);
  const auto verdict = verify(audit);
  EXPECT_TRUE(verdict.intact) << verdict.first_fault;
  EXPECT_EQ(verdict.sealed, 10);
  EXPECT_EQ(verdict.unsealed_tail, 3);
  EXPECT_EQ(verdict.first_unsealed, 11);
  EXPECT_EQ(*audit.seal_now(), 3);
  EXPECT_EQ(*audit.seal_now(), 0);
  EXPECT_TRUE(verify(audit).intact);
  EXPECT_EQ(verify(audit).unsealed_tail, 0);
}

TEST_P(AuditTest, an_act_that_was_undone_leaves_no_row) {
  Audit audit(store(), clock_);
  auto undone = store().write([&](store::Tx& tx) -> Result<bool> {
    MACHIYA_CHECK(audit.append(tx, entry(1)));
    return Error(ErrorCode::forbidden);
  });
  EXPECT_FALSE(undone.ok());
  append(audit, 2, 4);
  EXPECT_EQ(*audit.seal_now(), 2);
  EXPECT_TRUE(verify(audit).intact);   // a gap in the row ids is no fault: the chain counts by itself
}

TEST_P(AuditTest, every_flipped_column_is_found) {
  drop_guards();
  Audit audit(store(), clock_);
  append(audit, 0, 40);
  ASSERT_EQ(*audit.seal_now(), 40);
  SeededRng rng(7);
  for (int round = 0; round < 6; ++round) {
    const std::string id = std::to_string(1 + rng.below(40));
    for (const std::string column : {"actor", "action", "object", "purpose", "request", "facts"}) {
      std::string text = one("SELECT " + column + " FROM audit_row WHERE id = " + id).text(0), old = text;
      text[rng.below(text.size())] ^= static_cast<char>(1 << rng.below(3));
      ASSERT_EQ(run("UPDATE audit_row SET " + column + " = :v WHERE id = " + id, {{"v", text}}), 1);
      EXPECT_EQ(verify(audit).first_fault, "row " + id + ": changed") << column;
      run("UPDATE audit_row SET " + column + " = :v WHERE id = " + id, {{"v", old}});
    }
    const std::string bit = std::to_string(1LL << rng.below(50));
    run("UPDATE audit_row SET at_us = at_us + " + bit + " WHERE id = " + id);
    EXPECT_EQ(verify(audit).first_fault, "row " + id + ": changed");
    run("UPDATE audit_row SET at_us = at_us - " + bit + " WHERE id = " + id);
    run("UPDATE audit_row SET id = id + 1000 WHERE id = " + id);
    EXPECT_EQ(verify(audit).first_fault, "row " + id + ": missing");
    run("UPDATE audit_row SET id = id - 1000 WHERE id = " + id + " + 1000");
    EXPECT_TRUE(verify(audit).intact);
  }
}

TEST_P(AuditTest, flipped_seals_and_head_are_found) {
  drop_guards();
  Audit audit(store(), clock_);
  append(audit, 0, 20);
  ASSERT_EQ(*audit.seal_now(), 20);
  SeededRng rng(11);
  const auto flipped = [&](std::string hash) {
    hash[rng.below(hash.size())] ^= static_cast<char>(1 << rng.below(8));
    return store::Bytes{hash};
  };
  for (int sequence = 1; sequence <= 20; ++sequence) {
    const std::string at = " WHERE sequence = " + std::to_string(sequence);
    const std::string hash = one("SELECT hash FROM audit_seal" + at).text(0);
    run("UPDATE audit_seal SET hash = :h" + at, {{"h", flipped(hash)}});
    EXPECT_FALSE(verify(audit).intact) << "hash of seal " << sequence;
    run("UPDATE audit_seal SET hash = :h" + at, {{"h", store::Bytes{hash}}});
    run("UPDATE audit_seal SET row_id = row_id + 1000" + at);
    EXPECT_FALSE(verify(audit).intact) << "row_id of seal " << sequence;
    run("UPDATE audit_seal SET row_id = row_id - 1000" + at);
    run("UPDATE audit_seal SET sequence = sequence + 1000" + at);
    EXPECT_FALSE(verify(audit).intact) << "sequence of seal " << sequence;
    run("UPDATE audit_seal SET sequence = sequence - 1000 WHERE sequence > 1000");
  }
  const std::string head = one("SELECT hash FROM audit_head").text(0);
  for (const std::string sql : {"UPDATE audit_head SET sequence = sequence + 1", "UPDATE audit_head SET one = 2"}) {
    run(sql);
    EXPECT_EQ(verify(audit).first_fault, "head: does not match seal 20") << sql;
    run("UPDATE audit_head SET sequence = 20, one = 1");
  }
  run("UPDATE audit_head SET hash = :h", {{"h", flipped(head)}});
  EXPECT_EQ(verify(audit).first_fault, "head: does not match seal 20");
  run("UPDATE audit_head SET hash = :h", {{"h", store::Bytes{head}}});
  EXPECT_TRUE(verify(audit).intact);
}

TEST_P(AuditTest, missing_and_swapped_rows_are_found) {
  drop_guards();
  Audit audit(store(), clock_);
  append(audit, 0, 20);
  ASSERT_EQ(*audit.seal_now(), 20);
  run("UPDATE audit_row SET actor = CASE id WHEN 5 THEN 'staff:8' ELSE 'staff:4' END WHERE id IN (5, 9)");
  EXPECT_EQ(verify(audit).first_fault, "row 5: changed");
  run("UPDATE audit_row SET actor = CASE id WHEN 5 THEN 'staff:4' ELSE 'staff:8' END WHERE id IN (5, 9)");
  ASSERT_TRUE(verify(audit).intact);
  run("UPDATE audit_seal SET row_id = 100 WHERE sequence = 5");   // two seals change places
  run("UPDATE audit_seal SET row_id = 5 WHERE sequence = 9");
  run("UPDATE audit_seal SET row_id = 9 WHERE sequence = 5");
  EXPECT_EQ(verify(audit).first_fault, "row 9: changed");
  run("UPDATE audit_seal SET row_id = 100 WHERE sequence = 5");
  run("UPDATE audit_seal SET row_id = 9 WHERE sequence = 9");
  run("UPDATE audit_seal SET row_id = 5 WHERE sequence = 5");
  ASSERT_TRUE(verify(audit).intact);
  run("DELETE FROM audit_row WHERE id = 13");
  EXPECT_EQ(verify(audit).first_fault, "row 13: missing");
  run("DELETE FROM audit_seal WHERE sequence = 13");   // with its seal: a gap
  EXPECT_EQ(verify(audit).first_fault, "seal 13: missing or moved");
}

TEST_P(AuditTest, a_tail_cut_off_is_found_by_the_head) {
  drop_guards();
  Audit audit(store(), clock_);
  append(audit, 0, 20);
  ASSERT_EQ(*audit.seal_now(), 20);
  run("DELETE FROM audit_row WHERE id > 18");
  run("DELETE FROM audit_seal WHERE sequence > 18");
  EXPECT_EQ(verify(audit).first_fault, "head: does not match seal 18");
}

TEST_P(AuditTest, later_commits_with_smaller_ids_are_chained) {
  if (GetParam() == Engine::sqlite) GTEST_SKIP() << "one writer: ids commit in order";
  Audit audit(store(), clock_);
  std::mutex mutex;
  std::condition_variable changed;
  int step = 0;   // 1: the slow transaction has its id, 2: it may commit
  std::thread slow([&] {
    auto done = store().write([&](store::Tx& tx) -> Result<bool> {
      MACHIYA_CHECK(audit.append(tx, entry(1)));
      std::unique_lock lock(mutex);
      step = std::max(step, 1);
      changed.notify_all();
      changed.wait(lock, [&] { return step == 2; });
      return true;
    });
    EXPECT_TRUE(done.ok());
  });
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return step == 1; });
  }
  for (int i = 0; i < 5; ++i) {   // time passes, sealing goes on, the slow one is still open
    append(audit, 2 + i, 3 + i);
    EXPECT_EQ(*audit.seal_now(), 1);
    clock_.advance(10 * kSecond);
  }
  {
    std::lock_guard lock(mutex);
    step = 2;
    changed.notify_all();
  }
  slow.join();
  EXPECT_EQ(*audit.seal_now(), 1);
  const auto verdict = verify(audit);
  EXPECT_TRUE(verdict.intact) << verdict.first_fault;
  EXPECT_EQ(verdict.sealed, 6);
  EXPECT_EQ(verdict.unsealed_tail, 0);
}

TEST_P(AuditTest, one_sealer_at_a_time_and_take_over_when_its_lease_runs_out) {
  Audit first(store(), clock_), second(store(), clock_);
  append(first, 0, 3);
  EXPECT_EQ(*first.seal_now(), 3);
  append(first, 3, 6);
  EXPECT_EQ(*second.seal_now(), 0);
  clock_.advance(6 * kSecond);
  EXPECT_EQ(*second.seal_now(), 3);
  append(first, 6, 8);
  EXPECT_EQ(*first.seal_now(), 0);
  EXPECT_EQ(*second.seal_now(), 2);
  EXPECT_TRUE(verify(first).intact);
}

TEST_P(AuditTest, read_records_become_durable_and_sealed_in_the_background) {
  Audit audit(store(), clock_);
  audit.start();
  for (int i = 0; i < 5000; ++i) audit.append_later(entry(i));
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (verify(audit).sealed < 5000 && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  audit.stop();
  const auto verdict = verify(audit);
  EXPECT_TRUE(verdict.intact) << verdict.first_fault;
  EXPECT_EQ(verdict.sealed, 5000);
  EXPECT_EQ(audit.lost(), 0);
  EXPECT_FALSE(audit.backlogged());
}

TEST_P(AuditTest, stop_writes_and_seals_what_is_queued) {
  Audit audit(store(), clock_);
  audit.start();
  audit.append_later(entry(1));
  audit.stop();
  EXPECT_EQ(verify(audit).sealed, 1);
}

TEST_P(AuditTest, a_record_that_can_no_longer_be_stored_is_counted) {
  Audit audit(store(), clock_);
  audit.append_later(entry(1));   // before start(): kept
  audit.stop();
  EXPECT_EQ(verify(audit).unsealed_tail, 1);
  audit.append_later(entry(2));
  store().close();
  audit.stop();
  EXPECT_EQ(audit.lost(), 1);
}

TEST_P(AuditTest, history_of_an_object_newest_first) {
  Audit audit(store(), clock_);
  append(audit, 0, 20);
  ASSERT_EQ(*audit.seal_now(), 20);
  auto records = audit.of_object("case:3", 2);
  ASSERT_TRUE(records.ok());
  ASSERT_EQ(records->size(), 2u);
  EXPECT_EQ((*records)[0].entry.actor, "staff:17");
  EXPECT_EQ((*records)[0].sequence, 18);
  EXPECT_EQ((*records)[0].entry.facts["n"].as_int(), 17);
  EXPECT_EQ((*records)[1].entry.actor, "staff:10");
}

TEST(chain, its_format_is_frozen) {
  const StoredRow row{1, 2, "a", "b", "c", "d", "e", "{}"};
  EXPECT_EQ(to_hex(next_link(first_link(), 1, row)), "984177dfe13535a901f00943337794ef4ea3d6b06a72c4010e44771982ffc09e");
  StoredRow moved = row;
  moved.actor = "ab";   // the same bytes in other columns
  moved.action = "";
  EXPECT_NE(next_link(first_link(), 1, moved), next_link(first_link(), 1, row));
}

MACHIYA_ON_BOTH_ENGINES(AuditTest);

}  // namespace
}  // namespace machiya::audit
