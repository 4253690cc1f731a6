// What migrations make of campaigns that were there before them, on both databases.
#include <gtest/gtest.h>

#include "platform/store/testing.h"
#include "tell/campaigns/campaigns.h"

namespace machiya::tell {
namespace {

class CampaignMigrationsTest : public store::testing::StoreTest {
 protected:
  /// All up to this number, as a house that was not brought up to date has them.
  void migrate_to(int number) {
    std::vector<store::Migration> some;
    const auto all = Campaigns::migrations();
    for (const store::Migration& one : all)
      if (one.number <= number) some.push_back(one);
    migrate(some);
  }
  void insert(const char* public_id, const char* draft, std::optional<std::int64_t> released) {
    auto done = store().write([&](store::Tx& tx) {
      return tx.insert("campaign",
                       "INSERT INTO campaign (id, public_id, class, state, revision, department, draft, message, author, author_name, submitted_by, released_by, created_us, changed_us, released_us)"
                       " VALUES (:id, :public, 0, :state, 1, 'd', :draft, NULL, 'a', 'a', '', '', 1, 1, :released)",
                       {{"public", public_id}, {"state", released ? 2 : 0}, {"draft", draft}, {"released", released ? store::Param(*released) : store::Param(nullptr)}});
    });
    ASSERT_TRUE(done.ok()) << done.error().to_string();
  }
  std::optional<std::int64_t> starts(const char* public_id) {
    auto row = store().read([&](store::ReadTx& tx) { return tx.query_one("SELECT starts_us FROM campaign WHERE public_id = :id", {{"id", public_id}}); });
    EXPECT_TRUE(row.ok() && *row);
    return (*row)->optional_integer(0);
  }
};
MACHIYA_ON_BOTH_ENGINES(CampaignMigrationsTest);

TEST_P(CampaignMigrationsTest, what_was_released_or_has_a_time_stands_on_the_calendar) {
  migrate_to(2);
  constexpr std::int64_t kReleased = 1'782'867'600'000'000, kEarlier = kReleased - 5, kLater = kReleased + 5;
  insert("released", "{}", kReleased);
  insert("released-for-later", R"({"start_us":1782867600000005})", kReleased);
  insert("released-when-its-time-had-passed", R"({"start_us":1782867599999995})", kReleased);
  insert("draft-with-a-time", R"({"start_us":1782867599999995})", {});
  insert("draft", R"({"title":{"ja":"題"}})", {});
  migrate_to(1'000);
  EXPECT_EQ(starts("released"), kReleased);
  EXPECT_EQ(starts("released-for-later"), kLater);
  EXPECT_EQ(starts("released-when-its-time-had-passed"), kReleased);
  EXPECT_EQ(starts("draft-with-a-time"), kEarlier);
  EXPECT_EQ(starts("draft"), std::nullopt);
}

}  // namespace
}  // namespace machiya::tell
