// ReadTx and Tx over one PostgreSQL connection.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "platform/store/pg_connection.h"
#include "platform/store/store.h"

namespace machiya::store {

class PgTx final : public Tx {
 public:
  explicit PgTx(PgConnection& connection) : connection_(connection) {}
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
  Result<void> script(const std::string& sql) { return note(failed_ ? Result<void>(*failed_) : connection_.script(sql)); }
  void after_commit(std::function<void()> action) override { actions_.push_back(std::move(action)); }

  const std::optional<Error>& failed() const { return failed_; }
  bool may_retry() const { return retry_; }
  /// True once a statement has succeeded: its caller may have used what it gave.
  bool touched() const { return touched_; }
  std::vector<std::function<void()>> take_actions() { return std::move(actions_); }

 private:
  template <class R>
  R note(R result) {
    touched_ = touched_ || result.ok();
    if (!result.ok() && !failed_) {
      failed_ = result.error();
      retry_ = connection_.last_failure_retryable();
    }
    return result;
  }

  PgConnection& connection_;
  std::optional<Error> failed_;
  bool retry_ = false;
  bool touched_ = false;
  std::vector<std::function<void()>> actions_;
};

}  // namespace machiya::store
