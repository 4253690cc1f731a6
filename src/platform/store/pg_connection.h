// One PostgreSQL connection with its prepared statements. Used by one thread at a time.
#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "platform/store/store.h"

struct pg_conn;
struct pg_result;

namespace machiya::store {

using PgTypeId = unsigned int;

/// What was learnt about one statement: its numbered text and the type of each parameter.
struct PgPlan {
  std::string text;
  std::vector<std::string> names;
  std::vector<PgTypeId> types;
  bool cursor = false;   ///< a SELECT, so that it can be streamed
};

/// Plans of all connections of one store. Thread-safe.
class PgPlans {
 public:
  std::shared_ptr<const PgPlan> find(std::string_view sql) const;
  void put(std::string_view sql, std::shared_ptr<const PgPlan> plan);

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<const PgPlan>> plans_;
};

/// A failure, and whether the same transaction may succeed when it is run again.
struct PgFailure {
  Error error;
  bool retry = false;   ///< serialisation failure, deadlock, connection lost before the commit
};

struct PgResultDeleter {
  void operator()(pg_result* r) const;
};
using PgResult = std::unique_ptr<pg_result, PgResultDeleter>;

class PgConnection {
 public:
  static Result<std::unique_ptr<PgConnection>> open(const std::string& url, bool synchronous, PgPlans& plans);
  ~PgConnection();
  PgConnection(const PgConnection&) = delete;
  PgConnection& operator=(const PgConnection&) = delete;

  Result<Rows> query(std::string_view sql, const Binds& binds);
  Result<std::int64_t> execute(std::string_view sql, const Binds& binds);
  /// Sends without waiting (pipeline mode of libpq 14 and later). What went wrong shows at the next call that waits.
  Result<void> execute_later(std::string_view sql, const Binds& binds);
  Result<void> stream(std::string_view sql, const Binds& binds, const std::function<bool(const Row&)>& each);
  /// Statements without parameters, in one go.
  Result<void> script(const std::string& sql);
  /// The transaction begins with the first statement, in the same round trip.
  void begin(const char* how);
  /// COMMIT, together with what was sent before; an error when any of it failed or the server rolled back instead.
  Result<void> commit();
  Result<void> rollback();
  /// COMMIT of a transaction that only read: sent, its answer is taken up at the next begin().
  void end_read();
  bool alive() const;
  bool in_transaction() const;
  /// What the last failed call means for the transaction.
  bool last_failure_retryable() const { return retryable_; }

 private:
  struct Prepared {
    std::string name;
    std::shared_ptr<const PgPlan> plan;
  };
  struct Arguments;
  PgConnection(pg_conn* c, PgPlans& plans) : connection_(c), plans_(plans) {}
  Result<const Prepared*> prepare(std::string_view sql, const Binds& binds);
  Result<std::shared_ptr<const PgPlan>> learn(std::string_view sql, const Binds& binds);
  Result<bool> accepts(const PgPlan& plan);
  Result<PgResult> prepare_as(const std::string& name, const PgPlan& plan);
  Result<std::vector<PgTypeId>> described(const std::string& name, std::size_t count);
  Result<void> drop_statements();
  Result<PgResult> run(std::string_view sql, const Binds& binds);
  bool send(const Prepared& prepared, const Arguments& a);
  Result<void> sent(bool done);
  Result<void> open_pipeline();
  Result<PgResult> sync();
  Result<void> flush();
  Result<void> begin_now();
  void take_up_end();
  Result<PgResult> checked(pg_result* r);

  pg_conn* connection_;
  PgPlans& plans_;
  std::unordered_map<std::string, Prepared> statements_;
  std::string sqlstate_;
  Error refused_;   ///< why accepts() said no
  std::int64_t next_name_ = 0;
  bool retryable_ = false;
  const char* pending_begin_ = nullptr;   ///< a constant text
  bool ending_ = false;                   ///< the answer to end_read() is still to come
  int sent_ = 0;                          ///< statements of the open pipeline whose answers are still to come; 0: none is open
};

}  // namespace machiya::store
