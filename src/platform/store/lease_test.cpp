#include "platform/store/lease.h"

#include "platform/store/testing.h"

namespace machiya::store {
namespace {

class LeaseTest : public testing::StoreTest {
 protected:
  LeaseTest() { migrate({}); }
  std::optional<Lease> take(std::string_view owner) {
    auto lease = store().write([&](Tx& tx) { return take_lease(tx, clock_, "work", owner, 5 * kSecond); });
    EXPECT_TRUE(lease.ok()) << lease.error().to_string();
    return *lease;
  }
  bool holds(const Lease& lease) {
    return store().write([&](Tx& tx) -> Result<bool> {
      MACHIYA_CHECK(check_lease(tx, lease));
      return true;
    }).ok();
  }
  void release(const Lease& lease) {
    EXPECT_TRUE(store().write([&](Tx& tx) -> Result<bool> {
      MACHIYA_CHECK(release_lease(tx, lease));
      return true;
    }).ok());
  }
  FakeClock clock_{Instant{1'775'000'000 * kSecond}};
};

TEST_P(LeaseTest, one_owner_at_a_time_and_the_same_fence_while_it_holds) {
  const auto first = take("a");
  ASSERT_TRUE(first);
  EXPECT_FALSE(take("b"));
  clock_.advance(4 * kSecond);
  EXPECT_EQ(take("a")->fence, first->fence);   // prolonged
  clock_.advance(4 * kSecond);
  EXPECT_FALSE(take("b"));
  EXPECT_TRUE(holds(*first));
}

TEST_P(LeaseTest, after_it_runs_out_the_fence_keeps_the_old_owner_out) {
  const auto first = take("a");
  clock_.advance(5 * kSecond);
  EXPECT_TRUE(holds(*first));   // run out, but nobody has taken it: its work is still safe
  const auto second = take("b");
  ASSERT_TRUE(second);
  EXPECT_GT(second->fence, first->fence);
  EXPECT_FALSE(holds(*first));
  EXPECT_TRUE(holds(*second));
  release(*first);   // too late: no effect
  EXPECT_TRUE(holds(*second));
  EXPECT_FALSE(take("a"));
}

TEST_P(LeaseTest, a_released_lease_is_free_at_once_and_its_fence_goes_on) {
  const auto first = take("a");
  release(*first);
  const auto second = take("b");
  ASSERT_TRUE(second);
  EXPECT_GT(second->fence, first->fence);
  release(*second);
  EXPECT_GT(take("a")->fence, second->fence);
}

TEST_P(LeaseTest, guarded_work_of_a_lost_lease_is_undone) {
  const auto first = take("a");
  clock_.advance(6 * kSecond);
  ASSERT_TRUE(take("b"));
  auto done = store().write([&](Tx& tx) -> Result<std::int64_t> {
    MACHIYA_TRY(const auto n, tx.execute("INSERT INTO store_lease (name, owner, fence, expires_us) VALUES ('x', '', 0, 0)"));
    MACHIYA_CHECK(check_lease(tx, *first));
    return n;
  });
  EXPECT_EQ(done.error().code, ErrorCode::conflict);
  auto rows = store().read([](ReadTx& tx) { return tx.query("SELECT name FROM store_lease WHERE name = 'x'"); });
  EXPECT_TRUE(rows->empty());
}

TEST(lease_owner, is_never_the_same_twice) { EXPECT_NE(new_lease_owner(), new_lease_owner()); }

MACHIYA_ON_BOTH_ENGINES(LeaseTest);

}  // namespace
}  // namespace machiya::store
