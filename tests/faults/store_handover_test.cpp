// Two processes on one SQLite file: one writes at a time, and a rolling restart hands the writer over.
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "base/log.h"
#include "platform/store/testing.h"
#include "tests/faults/process.h"

namespace machiya::faults {
namespace {

class Handover : public ::testing::Test {
 protected:
  Handover() : database_(store::testing::make_database(store::Engine::sqlite)), old_({STORE_CHILD, database_->url(), "holder"}) {
    set_log_level(LogLevel::error);
    std::string line;
    EXPECT_TRUE(old_.read_line(line) && line == "ready") << line;
    store::Options options;
    options.url = database_->url();
    auto opened = store::Store::open(options);
    EXPECT_TRUE(opened.ok());
    store_ = std::move(*opened);
  }
  void queue_write() {
    store_->write_later(
        [](store::Tx& tx) -> Result<void> {
          auto done = tx.execute("INSERT INTO note (who) VALUES ('new')");
          if (!done.ok()) return std::move(done).error();
          return {};
        },
        [&](Result<void> r) {
          std::lock_guard lock(mutex_);
          outcome_ = r.ok() ? 1 : -1;
          changed_.notify_all();
        });
  }
  int wait_for_write() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return outcome_ != 0; });
    return outcome_;
  }
  std::int64_t count(const std::string& who) {
    auto row = store_->read([&](store::ReadTx& tx) { return tx.query_one("SELECT count(*) FROM note WHERE who = :who", {{"who", who}}); });
    EXPECT_TRUE(row.ok());
    return (*row)->integer(0);
  }

  std::unique_ptr<store::testing::TestDatabase> database_;
  Process old_;
  std::unique_ptr<store::Store> store_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int outcome_ = 0;
};

TEST_F(Handover, the_new_process_reads_at_once_and_writes_after_the_old_one_yielded) {
  EXPECT_EQ(count("old"), 1);
  EXPECT_EQ(store_->acquire_writer(150).error().code, ErrorCode::unavailable);
  queue_write();
  EXPECT_EQ(store_->acquire_writer(150).error().code, ErrorCode::unavailable);
  {
    std::lock_guard lock(mutex_);
    EXPECT_EQ(outcome_, 0);
  }
  EXPECT_EQ(count("new"), 0);
  old_.write_line("yield");
  std::string line;
  ASSERT_TRUE(old_.read_line(line));
  EXPECT_EQ(line, "yielded");
  EXPECT_EQ(wait_for_write(), 1);
  EXPECT_TRUE(store_->acquire_writer(10'000).ok());
  ASSERT_TRUE(old_.read_line(line));
  EXPECT_EQ(line, "unavailable");   // the old process may not write any more
  ASSERT_TRUE(old_.read_line(line));
  EXPECT_EQ(line, "reads");
  EXPECT_EQ(count("queued"), 10);   // it finished what it had taken
  EXPECT_EQ(count("old"), 1);
  EXPECT_EQ(count("new"), 1);
  EXPECT_EQ(old_.finish(), 0);
}

TEST_F(Handover, a_process_that_only_reads_does_not_take_the_lease) {
  EXPECT_EQ(count("old"), 1);
  old_.write_line("yield");
  for (const char* answer : {"yielded", "unavailable", "reads"}) {
    std::string line;
    ASSERT_TRUE(old_.read_line(line));
    EXPECT_EQ(line, answer);
  }
  store::Options options;
  options.url = database_->url();
  auto third = store::Store::open(options);
  ASSERT_TRUE(third.ok());
  EXPECT_EQ(count("old"), 1);   // the second still reads, the third may write at once
  EXPECT_TRUE((*third)->acquire_writer(10'000).ok());
  EXPECT_EQ(store_->acquire_writer(100).error().code, ErrorCode::unavailable);
}

TEST_F(Handover, a_killed_process_leaves_no_lease_behind) {
  queue_write();
  old_.kill();
  EXPECT_EQ(wait_for_write(), 1);
  EXPECT_EQ(count("old"), 1);
}

}  // namespace
}  // namespace machiya::faults
