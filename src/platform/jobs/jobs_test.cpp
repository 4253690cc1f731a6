#include "platform/jobs/jobs.h"

#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <thread>

#include "platform/store/testing.h"

namespace machiya::jobs {
namespace {

class JobsTest : public store::testing::StoreTest {
 protected:
  JobsTest() : jobs_(store(), clock_) {
    migrate(Jobs::migrations());
    jobs_.declare({"work", 60, 3, 2});
  }
  std::int64_t enqueue(int n, std::optional<Instant> not_before = {}, std::string_view unique = {}) {
    auto id = store().write([&](store::Tx& tx) { return jobs_.enqueue(tx, "work", json::Value::object({{"n", n}}), not_before, unique); });
    EXPECT_TRUE(id.ok()) << id.error().to_string();
    return id.ok() ? *id : 0;
  }
  Job lease(std::string_view owner = "me") {
    auto job = jobs_.lease("work", owner);
    EXPECT_TRUE(job.ok() && job->has_value());
    return **job;
  }
  bool nothing_due() { return !jobs_.lease("work", "me")->has_value(); }

  FakeClock clock_{Instant{1'775'000'000 * kSecond}};
  Jobs jobs_;
};

TEST_P(JobsTest, due_jobs_run_in_order_and_are_gone) {
  std::vector<std::int64_t> seen;
  jobs_.handle("work", [&](const Job& job) -> Result<void> {
    EXPECT_EQ(job.attempt, 1);
    seen.push_back(job.payload["n"].as_int());
    return {};
  });
  enqueue(1);
  enqueue(2, Instant{clock_.now().us + kHour});
  enqueue(3);
  EXPECT_EQ(*jobs_.run_due(), 2);
  EXPECT_EQ(seen, (std::vector<std::int64_t>{1, 3}));
  clock_.advance(kHour);
  EXPECT_EQ(*jobs_.run_due(), 1);
  EXPECT_EQ(jobs_.counts()->waiting + jobs_.counts()->leased, 0);
}

TEST_P(JobsTest, a_job_of_an_undone_change_does_not_exist) {
  auto undone = store().write([&](store::Tx& tx) -> Result<std::int64_t> {
    MACHIYA_TRY(auto id, jobs_.enqueue(tx, "work", {}));
    (void)id;
    return Error(ErrorCode::forbidden);
  });
  EXPECT_FALSE(undone.ok());
  EXPECT_TRUE(nothing_due());
}

TEST_P(JobsTest, back_off_doubles_with_jitter_then_the_job_dies_and_can_be_revived) {
  const auto id = enqueue(1);
  for (int attempt = 1; attempt <= 2; ++attempt) {
    Job job = lease();
    EXPECT_EQ(job.attempt, attempt);
    ASSERT_TRUE(jobs_.fail(job, "no luck").ok());
    const std::int64_t base = (2 * kSecond) << (attempt - 1);
    clock_.advance(base * 8 / 10 - 1);
    EXPECT_TRUE(nothing_due());
    clock_.advance(base * 4 / 10 + 1);
  }
  ASSERT_TRUE(jobs_.fail(lease(), "no luck at all").ok());
  clock_.advance(kDay);
  EXPECT_TRUE(nothing_due());
  auto dead = jobs_.dead(10);
  ASSERT_EQ(dead->size(), 1u);
  EXPECT_EQ((*dead)[0].id, id);
  EXPECT_EQ((*dead)[0].error, "no luck at all");
  EXPECT_EQ((*dead)[0].attempts, 3);
  EXPECT_EQ(jobs_.counts()->dead, 1);
  EXPECT_EQ(jobs_.revive(id + 1).error().code, ErrorCode::not_found);
  EXPECT_TRUE(jobs_.revive(id).ok());
  Job again = lease();
  EXPECT_EQ(again.attempt, 1);
  EXPECT_EQ(jobs_.counts()->dead, 0);
  const auto discard = [&] { return store().write([&](store::Tx& tx) { return jobs_.discard(tx, id); }); };
  EXPECT_EQ(discard().error().code, ErrorCode::not_found);   // it runs
  for (int attempt = 1; attempt <= 3; ++attempt) {
    ASSERT_TRUE(jobs_.fail(again, "no luck").ok());
    clock_.advance(kHour);
    if (attempt < 3) again = lease();
  }
  EXPECT_TRUE(discard().ok());
  EXPECT_EQ(jobs_.counts()->dead, 0);
}

TEST_P(JobsTest, a_lease_that_ran_out_goes_to_another_and_the_fence_keeps_the_first_out) {
  enqueue(1);
  const Job first = lease("first");
  EXPECT_TRUE(nothing_due());
  clock_.advance(59 * kSecond);
  EXPECT_TRUE(jobs_.renew(first).ok());
  clock_.advance(59 * kSecond);
  EXPECT_TRUE(nothing_due());
  clock_.advance(2 * kSecond);
  const Job second = lease("second");
  EXPECT_EQ(second.id, first.id);
  EXPECT_GT(second.fence, first.fence);
  EXPECT_EQ(jobs_.finish(first).error().code, ErrorCode::conflict);
  EXPECT_EQ(jobs_.fail(first, "x").error().code, ErrorCode::conflict);
  EXPECT_EQ(jobs_.renew(first).error().code, ErrorCode::conflict);
  EXPECT_TRUE(jobs_.finish(second).ok());
  EXPECT_EQ(jobs_.finish(second).error().code, ErrorCode::conflict);
}

TEST_P(JobsTest, a_job_that_kills_its_worker_each_time_dies_too) {
  enqueue(1);
  for (int i = 0; i < 3; ++i) {
    (void)lease();
    clock_.advance(61 * kSecond);
  }
  EXPECT_TRUE(nothing_due());
  ASSERT_EQ(jobs_.dead(10)->size(), 1u);
  EXPECT_NE(jobs_.dead(10)->at(0).error.find("vanished"), std::string::npos);
}

TEST_P(JobsTest, one_open_job_per_unique_key) {
  const auto first = enqueue(1, {}, "case:7");
  EXPECT_EQ(enqueue(2, {}, "case:7"), first);
  EXPECT_NE(enqueue(3, {}, "case:8"), first);
  Job job = lease();
  EXPECT_EQ(enqueue(4, {}, "case:7"), first);   // leased is open
  ASSERT_TRUE(jobs_.finish(job).ok());
  const auto second = enqueue(5, {}, "case:7");
  EXPECT_NE(second, first);
  // A dead one is not open; reviving it beside an open one is refused.
  ASSERT_TRUE(jobs_.finish(lease()).ok());   // case:8
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(jobs_.fail(lease(), "x").ok());
    clock_.advance(kHour);
  }
  ASSERT_EQ(jobs_.counts()->dead, 1);
  EXPECT_NE(enqueue(6, {}, "case:7"), second);
  EXPECT_EQ(jobs_.revive(second).error().code, ErrorCode::conflict);
}

TEST_P(JobsTest, finishing_inside_the_effect_happens_once) {
  enqueue(1);
  const Job job = lease();
  auto undone = store().write([&](store::Tx& tx) -> Result<bool> {
    MACHIYA_CHECK(jobs_.finish(tx, job));
    return Error(ErrorCode::forbidden);
  });
  EXPECT_FALSE(undone.ok());
  EXPECT_EQ(jobs_.counts()->leased, 1);
  auto done = store().write([&](store::Tx& tx) -> Result<bool> {
    MACHIYA_CHECK(jobs_.finish(tx, job));
    return true;
  });
  EXPECT_TRUE(done.ok());
  EXPECT_EQ(jobs_.counts()->leased, 0);
}

TEST_P(JobsTest, an_exception_is_a_failed_attempt) {
  jobs_.handle("work", [](const Job&) -> Result<void> { throw std::runtime_error("bug"); });
  enqueue(1);
  EXPECT_EQ(*jobs_.run_due(), 1);
  EXPECT_EQ(jobs_.counts()->waiting, 1);
}

TEST_P(JobsTest, many_workers_run_each_job_once) {
  SystemClock clock;
  Jobs jobs(store(), clock);
  jobs.declare({"work"});
  std::mutex mutex;
  std::multiset<std::int64_t> seen;
  jobs.handle("work", [&](const Job& job) -> Result<void> {
    std::lock_guard lock(mutex);
    seen.insert(job.payload["n"].as_int());
    return {};
  });
  jobs.start(4);
  constexpr int kJobs = 120;
  for (int i = 0; i < kJobs; ++i) {
    auto id = store().write([&](store::Tx& tx) { return jobs.enqueue(tx, "work", json::Value::object({{"n", i}})); });
    ASSERT_TRUE(id.ok());
  }
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  for (;;) {
    auto counts = jobs.counts();
    ASSERT_TRUE(counts.ok());
    if (counts->waiting + counts->leased == 0 || std::chrono::steady_clock::now() > until) break;
    std::this_thread::yield();
  }
  jobs.stop();
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(kJobs));
  EXPECT_EQ(std::set<std::int64_t>(seen.begin(), seen.end()).size(), static_cast<std::size_t>(kJobs));
}

MACHIYA_ON_BOTH_ENGINES(JobsTest);

}  // namespace
}  // namespace machiya::jobs
