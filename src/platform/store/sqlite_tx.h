// ReadTx and Tx over one SQLite connection. A failed statement poisons the transaction, as it does on PostgreSQL.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "platform/store/sqlite_connection.h"
#include "platform/store/store.h"

namespace machiya::store {

class SqliteTx final : public Tx {
 public:
  explicit SqliteTx(SqliteConnection& connection) : connection_(connection) {}
  Engine engine() const override { return Engine::sqlite; }
  Result<Rows> query(std::string_view sql, const Binds& binds) override {
    Rows rows;
    MACHIYA_CHECK(stream(sql, binds, [&](const Row& row) {
      rows.push_back(row);
      return true;
    }));
    return rows;
  }
  Result<void> stream(std::string_view sql, const Binds& binds, const std::function<bool(const Row&)>& each) override {
    return note(failed_ ? Result<void>(*failed_) : connection_.stream(sql, binds, each));
  }
  Result<std::int64_t> execute(std::string_view sql, const Binds& binds) override {
    return note(failed_ ? Result<std::int64_t>(*failed_) : connection_.execute(sql, binds));
  }
  Result<void> execute_later(std::string_view sql, const Binds& binds) override {
    if (auto done = execute(sql, binds); !done.ok()) return std::move(done).error();
    return {};
  }
  Result<std::int64_t> insert(std::string_view, std::string_view sql, Binds binds) override {
    binds.emplace_back(Bind{"id", Param()});
    MACHIYA_CHECK(execute_later(sql, binds));
    return connection_.last_id();
  }
  Result<void> script(const std::string& sql) { return note(failed_ ? Result<void>(*failed_) : connection_.script(sql)); }
  void after_commit(std::function<void()> action) override { actions_.push_back(std::move(action)); }

  const std::optional<Error>& failed() const { return failed_; }
  /// True when a statement was tried.
  bool used() const { return used_; }
  std::vector<std::function<void()>> take_actions() { return std::move(actions_); }

 private:
  template <class R>
  R note(R result) {
    used_ = true;
    if (!result.ok() && !failed_) failed_ = result.error();
    return result;
  }

  SqliteConnection& connection_;
  std::optional<Error> failed_;
  bool used_ = false;
  std::vector<std::function<void()>> actions_;
};

}  // namespace machiya::store
