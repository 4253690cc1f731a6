// ReadTx and Tx over one PostgreSQL connection.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "platform/store/pg_connection.h"
#include "platform/store/pg_keys.h"
#include "platform/store/store.h"

namespace machiya::store {

class PgTx final : public Tx {
 public:
  PgTx(PgConnection& connection, PgKeys& keys) : connection_(connection), keys_(keys) {}
  Engine engine() const override { return Engine::postgres; }
  Result<Rows> query(std::string_view sql, const Binds& binds) override {
    return note(failed_ ? Result<Rows>(*failed_) : connection_.query(sql, binds));
  }
  Result<std::optional<Row>> query_one(std::string_view sql, const Binds& binds) override {
    MACHIYA_TRY(Rows rows, query(sql, binds));
    if (rows.empty()) return std::optional<Row>();
    return std::optional<Row>(std::move(rows.front()));
  }
  Result<void> stream(std::string_view sql, const Binds& binds, const std::function<bool(const Row&)>& each) override {
    return note(failed_ ? Result<void>(*failed_) : connection_.stream(sql, binds, each));
  }
  Result<std::int64_t> execute(std::string_view sql, const Binds& binds) override {
    return note(failed_ ? Result<std::int64_t>(*failed_) : connection_.execute(sql, binds));
  }
  Result<void> execute_later(std::string_view sql, const Binds& binds) override {
    return note(failed_ ? Result<void>(*failed_) : connection_.execute_later(sql, binds));
  }
  Result<std::int64_t> insert(std::string_view table, std::string_view sql, Binds binds) override {
    MACHIYA_TRY(const std::int64_t key, note(failed_ ? Result<std::int64_t>(*failed_) : keys_.next(table, connection_)));
    binds.emplace_back(Bind{"id", key});
    MACHIYA_CHECK(execute_later(sql, binds));
    return key;
  }
  Result<void> script(const std::string& sql) { return note(failed_ ? Result<void>(*failed_) : connection_.script(sql)); }
  void after_commit(std::function<void()> action) override { actions_.push_back(std::move(action)); }

  const std::optional<Error>& failed() const { return failed_; }
  bool may_retry() const { return retry_; }
  /// True once a statement has succeeded: its caller may have used what it gave.
  bool touched() const { return touched_; }
  std::vector<std::function<void()>> take_actions() { return std::move(actions_); }
  /// How many callbacks there are; back to so many when one of several writes of this transaction gave up.
  std::size_t actions() const { return actions_.size(); }
  void keep_actions(std::size_t n) { actions_.resize(n); }
  /// Statements sent or tried.
  std::int64_t statements() const { return statements_; }

 private:
  template <class R>
  R note(R result) {
    ++statements_;
    touched_ = touched_ || result.ok();
    if (!result.ok() && !failed_) {
      failed_ = result.error();
      retry_ = connection_.last_failure_retryable();
    }
    return result;
  }

  PgConnection& connection_;
  PgKeys& keys_;
  std::optional<Error> failed_;
  bool retry_ = false;
  bool touched_ = false;
  std::int64_t statements_ = 0;
  std::vector<std::function<void()>> actions_;
};

}  // namespace machiya::store
