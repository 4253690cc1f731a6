// Parties as records on both databases: found by name, kana and address, unreadable after erasure.
#include "ask/records/records.h"

#include <gtest/gtest.h>

#include "platform/audit/audit.h"
#include "platform/store/testing.h"
#include "platform/vault/vault.h"

namespace machiya::records {
namespace {

class RecordsTest : public store::testing::StoreTest {
 protected:
  RecordsTest() : clock(*parse_rfc3339("2026-05-01T10:00:00+09:00")) {
    vault = std::move(*vault::Vault::open(folder() + "/master.key", true));
    for (const auto& list : {vault::Vault::migrations(), audit::Audit::migrations(), migrations()}) migrate(list);
    audit = std::make_unique<audit::Audit>(store(), clock);
    records = std::make_unique<Records>(store(), *vault, *audit, clock, rng);
  }
  std::string household(const char* name, const char* address) {
    auto made = records->create(kHousehold, "household", json::Value::object({{"head", name}}), {{"name", name}, {"address", address}}, "staff:c1", "r");
    EXPECT_TRUE(made.ok());
    return *made;
  }

  FakeClock clock;
  SeededRng rng{5};
  std::unique_ptr<vault::Vault> vault;
  std::unique_ptr<audit::Audit> audit;
  std::unique_ptr<Records> records;
};
MACHIYA_ON_BOTH_ENGINES(RecordsTest);

TEST_P(RecordsTest, a_household_is_found_by_what_people_type) {
  const std::string number = household("髙橋 葛󠄀子", "大阪市北区中之島1丁目3番20号");
  household("高橋 花子", "大阪市西成区岸里1丁目");
  ASSERT_EQ(records->search(kHousehold, "髙橋", 10)->size(), 1u);   // 髙 is not 高
  EXPECT_EQ(records->search(kHousehold, "中之島１丁目", 10)->front().row.number, number);
  EXPECT_EQ(records->search(kHousehold, "大阪市", 10)->size(), 2u);
  EXPECT_EQ(records->search(kHousehold, "大阪市", 1)->size(), 1u);
  EXPECT_TRUE(records->search(kPerson, "大阪市", 10)->empty());
  EXPECT_TRUE(records->search(kHousehold, "北市区", 10)->empty());   // the pairs are there, the text is not
  EXPECT_EQ((*records->find(number))->data.text("head"), "髙橋 葛󠄀子");
}

TEST_P(RecordsTest, nothing_of_an_erased_record_can_be_read) {
  const std::string number = household("山田 花子", "大阪市");
  std::string sealed;
  auto erased = store().write([&](store::Tx& tx) -> Result<std::int64_t> {
    MACHIYA_TRY(auto row, find_record(tx, number));
    sealed = row->sealed;
    EXPECT_EQ(sealed.find("山田"), std::string::npos);
    EXPECT_TRUE(records->erase(tx, *row, "retention").ok());
    auto opened = vault->open_sealed(tx, row->data_key, kDataContext, sealed);   // even from a copy of the row
    EXPECT_FALSE(opened.ok());
    return count_tokens(tx, row->id);
  });
  ASSERT_TRUE(erased.ok()) << erased.error().to_string();
  EXPECT_EQ(*erased, 0);
  EXPECT_FALSE(*records->find(number));
  EXPECT_TRUE(records->search(kHousehold, "山田", 10)->empty());
  EXPECT_EQ(audit->of_object("household:" + number, 5)->front().entry.action, "record.erase");
}

TEST_P(RecordsTest, an_update_of_an_old_revision_is_refused) {
  const std::string number = household("山田 花子", "大阪市");
  auto row = store().read([&](store::ReadTx& tx) { return find_record(tx, number); });
  ASSERT_TRUE(row.ok() && *row);
  (*row)->state = "moved";
  auto write = [&] { return store().write([&](store::Tx& tx) { return update_record(tx, **row); }); };
  EXPECT_TRUE(write().ok());
  auto again = write();
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, ErrorCode::conflict);
}

}  // namespace
}  // namespace machiya::records
