// For tests: a fresh SQLite store in a temporary folder, or a fresh database on a throw-away PostgreSQL 15 cluster.
// Link store_testing (TEST_DEPENDS store_testing). Derive from StoreTest and name the suite with MACHIYA_ON_BOTH_ENGINES.
#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "platform/store/store.h"

namespace machiya::store::testing {

/// A database that exists as long as this object.
class TestDatabase {
 public:
  virtual ~TestDatabase() = default;
  /// For Store::open and for a second process.
  virtual std::string url() const = 0;
  /// A private folder that is removed afterwards.
  virtual std::string folder() const = 0;
};
/// Ends the test program with a message when there is no PostgreSQL to start.
std::unique_ptr<TestDatabase> make_database(Engine engine);

/// A store on a fresh, empty database. TEST_P(MyTest, name) runs once on each engine.
class StoreTest : public ::testing::TestWithParam<Engine> {
 protected:
  StoreTest();
  ~StoreTest() override;
  Store& store() { return *store_; }
  const std::string& url() const { return url_; }
  std::string folder() const { return database_->folder(); }
  /// Closes the store and opens it again on the same database.
  void reopen();
  /// Applies `migrations`; fails the test when that fails.
  void migrate(const std::vector<Migration>& migrations);

 private:
  std::unique_ptr<TestDatabase> database_;
  std::string url_;
  std::unique_ptr<Store> store_;
};

inline std::string engine_name(const ::testing::TestParamInfo<Engine>& info) {
  return info.param == Engine::sqlite ? "sqlite" : "postgres";
}

#define MACHIYA_ON_BOTH_ENGINES(suite)                                                                            \
  INSTANTIATE_TEST_SUITE_P(Store, suite,                                                                          \
                           ::testing::Values(::machiya::store::Engine::sqlite, ::machiya::store::Engine::postgres), \
                           ::machiya::store::testing::engine_name)

}  // namespace machiya::store::testing
