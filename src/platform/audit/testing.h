// For tests of the audit: a store with its tables, rows to chain, and the hand of somebody who may write everywhere.
#pragma once
#include <gtest/gtest.h>

#include <string>

#include "platform/audit/audit.h"
#include "platform/store/testing.h"
#include "platform/vault/vault.h"

namespace machiya::audit {

class AuditStoreTest : public store::testing::StoreTest {
 protected:
  AuditStoreTest() { migrate(Audit::migrations()); }

  static Entry entry(int i) {
    return {"staff:" + std::to_string(i), "case.read", "case:" + std::to_string(i % 7), "decide", "req" + std::to_string(i),
            json::Value::object({{"n", i}})};
  }
  void append(Audit& audit, int from, int to) {
    for (int i = from; i < to; ++i) {
      auto done = store().write([&](store::Tx& tx) -> Result<bool> {
        MACHIYA_CHECK(audit.append(tx, entry(i)));
        return true;
      });
      ASSERT_TRUE(done.ok()) << done.error().to_string();
    }
  }
  /// What the owner of the schema can do: the database no longer refuses changes.
  void drop_guards() {
    for (const std::string table : {"audit_row", "audit_seal", "audit_statement", "audit_cut"}) {
      if (GetParam() == store::Engine::postgres) {
        run("ALTER TABLE " + table + " DISABLE TRIGGER ALL");
      } else {
        run("DROP TRIGGER " + table + "_kept");
        run("DROP TRIGGER " + table + "_stays");
      }
    }
  }
  std::int64_t run(std::string_view sql, const store::Binds& binds = {}) {
    auto done = store().write([&](store::Tx& tx) { return tx.execute(sql, binds); });
    EXPECT_TRUE(done.ok()) << sql << ": " << done.error().to_string();
    return done.ok() ? *done : -1;
  }
  store::Row one(std::string_view sql) {
    auto row = store().read([&](store::ReadTx& tx) { return tx.query_one(sql); });
    EXPECT_TRUE(row.ok() && row->has_value()) << sql;
    return **row;
  }
  Audit::Verdict verify(Audit& audit) {
    auto verdict = audit.verify();
    EXPECT_TRUE(verdict.ok()) << verdict.error().to_string();
    return *verdict;
  }
  FakeClock clock_{Instant{1'775'000'000 * kSecond}};
};

}  // namespace machiya::audit
