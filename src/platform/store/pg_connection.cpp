#include "platform/store/pg_connection.h"

#include <libpq-fe.h>

#include <cstdlib>
#include <utility>

#include "base/text.h"
#include "platform/store/pg_values.h"
#include "platform/store/sql_text.h"

namespace machiya::store {

namespace {

constexpr std::size_t kPgStatementCache = 512;
constexpr int kFetch = 256;   // rows a round trip while streaming
constexpr int kMostSent = 512;   // statements of a pipeline: their answers (some 60 bytes each) fit the socket's buffer

/// True for text that DECLARE CURSOR takes: it reads and changes nothing.
bool can_stream(std::string_view sql) {
  const std::string lower = lower_ascii(trim(sql));
  if (starts_with(lower, "select") || starts_with(lower, "values")) return true;
  if (!starts_with(lower, "with")) return false;
  for (const char* word : {"insert ", "update ", "delete "})
    if (lower.find(word) != std::string::npos) return false;
  return true;
}

}  // namespace

void PgResultDeleter::operator()(pg_result* r) const { PQclear(r); }

std::shared_ptr<const PgPlan> PgPlans::find(std::string_view sql) const {
  std::lock_guard lock(mutex_);
  const auto found = plans_.find(std::string(sql));
  return found == plans_.end() ? nullptr : found->second;
}

void PgPlans::put(std::string_view sql, std::shared_ptr<const PgPlan> plan) {
  std::lock_guard lock(mutex_);
  if (plans_.size() >= 4 * kPgStatementCache) plans_.clear();   // text made at run time must not fill the memory
  plans_.insert_or_assign(std::string(sql), std::move(plan));
}

/// The bound values in the arrays that libpq wants.
struct PgConnection::Arguments {
  std::vector<std::string> numbers;
  std::vector<const char*> values;
  std::vector<int> lengths, formats;

  static Result<Arguments> make(const PgPlan& plan, const Binds& binds) {
    MACHIYA_TRY(const auto bound, arrange(plan.names, binds));
    Arguments out;
    out.numbers.resize(bound.size());
    for (std::size_t i = 0; i < bound.size(); ++i) {
      const Param::Variant& v = *bound[i];
      MACHIYA_CHECK(check_type(v, plan.types[i], plan.names[i]));
      const auto* bytes = std::get_if<Bytes>(&v);
      const auto* text = std::get_if<std::string>(&v);
      const std::string* source = bytes ? &bytes->data : text;
      if (!source && v.index() != 0) source = &(out.numbers[i] = number_text(v));
      out.values.push_back(source ? source->c_str() : nullptr);
      out.lengths.push_back(source ? static_cast<int>(source->size()) : 0);
      out.formats.push_back(bytes ? 1 : 0);
    }
    return out;
  }
};

Result<std::unique_ptr<PgConnection>> PgConnection::open(const std::string& url, bool synchronous, PgPlans& plans) {
  const char* keys[] = {"dbname", "connect_timeout", "application_name", "client_encoding", "tcp_user_timeout", nullptr};
  const char* values[] = {url.c_str(), "5", "machiya", "UTF8", "30000", nullptr};
  PGconn* c = PQconnectdbParams(keys, values, 1);
  std::unique_ptr<PgConnection> out(new PgConnection(c, plans));
  if (PQstatus(c) != CONNECTION_OK) return Error(ErrorCode::unavailable, "cannot connect to PostgreSQL");
  PQsetNoticeProcessor(c, [](void*, const char*) {}, nullptr);
  MACHIYA_CHECK(out->script(std::string("SET bytea_output=hex; SET TimeZone='UTC'; SET synchronous_commit=") + (synchronous ? "on" : "off")));
  return out;
}

PgConnection::~PgConnection() { PQfinish(connection_); }

bool PgConnection::alive() const { return PQstatus(connection_) == CONNECTION_OK; }

bool PgConnection::in_transaction() const {
  if (ending_) return false;
  if (sent_ > 0) return true;
  const auto state = PQtransactionStatus(connection_);
  return state == PQTRANS_INTRANS || state == PQTRANS_INERROR || state == PQTRANS_ACTIVE;
}

Result<PgResult> PgConnection::checked(pg_result* r) {
  PgResult result(r);
  const auto status = PQresultStatus(r);
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return result;
  const char* state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
  sqlstate_ = state ? state : "";
  const bool stale_plan = sqlstate_ == "0A000" || sqlstate_ == "26000";   // after a migration by another process
  if (stale_plan) statements_.clear();
  retryable_ = sqlstate_ == "40001" || sqlstate_ == "40P01" || stale_plan || !alive();
  return pg_error(sqlstate_, PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY), PQresultErrorField(r, PG_DIAG_CONSTRAINT_NAME));
}

void PgConnection::begin(const char* how) {
  take_up_end();
  MACHIYA_ASSERT(sent_ == 0);
  pending_begin_ = how;
}

Result<void> PgConnection::begin_now() {
  if (!pending_begin_) return {};
  const std::string how = std::exchange(pending_begin_, nullptr);
  return script(how);
}

void PgConnection::end_read() {
  if (std::exchange(pending_begin_, nullptr)) return;   // nothing was read
  ending_ = PQsendQuery(connection_, "COMMIT") == 1;
}

void PgConnection::take_up_end() {
  if (!std::exchange(ending_, false)) return;
  while (PGresult* r = PQgetResult(connection_)) PQclear(r);
}

Result<void> PgConnection::script(const std::string& sql) {
  MACHIYA_CHECK(flush());
  MACHIYA_CHECK(begin_now());
  if (auto r = checked(PQexec(connection_, sql.c_str())); !r.ok()) return std::move(r).error();
  return {};
}

Result<void> PgConnection::rollback() {
  if (auto sent_before = flush(); !sent_before.ok() && !alive()) return sent_before;   // what failed in it is being undone
  return script("ROLLBACK");
}

Result<void> PgConnection::commit() {
  if (std::exchange(pending_begin_, nullptr)) return {};   // nothing was done
  PgResult r;
  if (sent_ > 0) {
    MACHIYA_CHECK(sent(PQsendQueryParams(connection_, "COMMIT", 0, nullptr, nullptr, nullptr, nullptr, 0) == 1));
    MACHIYA_TRY(r, sync());
  } else {
    MACHIYA_TRY(r, checked(PQexec(connection_, "COMMIT")));
  }
  if (std::string_view(PQcmdStatus(r.get())) != "COMMIT") return Error(ErrorCode::internal, "the server rolled back");
  return {};
}

Result<PgResult> PgConnection::prepare_as(const std::string& name, const PgPlan& plan) {
  return checked(PQprepare(connection_, name.c_str(), plan.text.c_str(), static_cast<int>(plan.types.size()), plan.types.data()));
}

Result<std::vector<PgTypeId>> PgConnection::described(const std::string& name, std::size_t count) {
  MACHIYA_TRY(const PgResult r, checked(PQdescribePrepared(connection_, name.c_str())));
  std::vector<PgTypeId> types;
  for (std::size_t i = 0; i < count; ++i) types.push_back(PQparamtype(r.get(), static_cast<int>(i)));
  return types;
}

/// Prepares "learn" once to see whether the server takes these types; the transaction survives a refusal.
Result<bool> PgConnection::accepts(const PgPlan& plan) {
  MACHIYA_CHECK(script("SAVEPOINT learn"));
  auto prepared = prepare_as("learn", plan);
  if (prepared.ok()) {
    MACHIYA_CHECK(script("DEALLOCATE learn; RELEASE learn"));
    return true;
  }
  if (!alive()) return std::move(prepared).error();
  const Error refused = prepared.error();
  const std::string state = sqlstate_;
  MACHIYA_CHECK(script("ROLLBACK TO learn; RELEASE learn"));
  sqlstate_ = state;
  refused_ = refused;
  return false;
}

/// The first use of a statement in this store: the server infers each parameter's type from its place, so that 0 and 1
/// may go into BOOL columns and text into any. Where the place does not tell, or tells only because of a literal beside
/// it (a 32-bit integer) or for want of better (text), the type of the bound value decides, if the statement allows it.
Result<std::shared_ptr<const PgPlan>> PgConnection::learn(std::string_view sql, const Binds& binds) {
  NumberedSql numbered = number_parameters(sql, Engine::postgres);
  auto plan = std::make_shared<PgPlan>(PgPlan{std::move(numbered.text), std::move(numbered.names), {}, can_stream(sql)});
  MACHIYA_TRY(const auto bound, arrange(plan->names, binds));
  const std::size_t count = plan->names.size();
  plan->types.assign(count, 0);
  for (;;) {
    MACHIYA_TRY(const bool taken, accepts(*plan));
    if (taken) break;
    // 42P18 undetermined, 42P08 ambiguous: the message names the parameter as $n in every language.
    const std::size_t dollar = refused_.detail.rfind('$');
    const std::size_t n = dollar == std::string::npos ? 0 : std::strtoul(refused_.detail.c_str() + dollar + 1, nullptr, 10);
    const bool unclear = sqlstate_ == "42P18" || sqlstate_ == "42P08";
    if (!unclear || n == 0 || n > count || plan->types[n - 1] != 0) {
      // Leave the transaction in the state that the caller must see: failed.
      if (auto again = prepare_as("learn", *plan); !again.ok()) return std::move(again).error();
      return refused_;
    }
    plan->types[n - 1] = own_type(*bound[n - 1]);
  }
  if (auto prepared = prepare_as("learn", *plan); !prepared.ok()) return std::move(prepared).error();
  MACHIYA_TRY(plan->types, described("learn", count));
  MACHIYA_CHECK(script("DEALLOCATE learn"));
  for (std::size_t i = 0; i < count; ++i) {
    const PgTypeId given = plan->types[i];
    const PgTypeId own = own_type(*bound[i]);
    const bool narrow = (given == kPgInt4 || given == kPgInt2) && own != kPgFloat8;
    const bool number_as_text = given == kPgText && (own == kPgInt8 || own == kPgFloat8);
    if (!narrow && !number_as_text) continue;
    plan->types[i] = narrow ? kPgInt8 : own;
    MACHIYA_TRY(const bool taken, accepts(*plan));
    if (!taken) plan->types[i] = given;
  }
  return std::shared_ptr<const PgPlan>(std::move(plan));
}

Result<void> PgConnection::drop_statements() {
  statements_.clear();
  return script("DEALLOCATE ALL");
}

Result<const PgConnection::Prepared*> PgConnection::prepare(std::string_view sql, const Binds& binds) {
  const std::string key(sql);
  if (const auto found = statements_.find(key); found != statements_.end()) return &found->second;
  MACHIYA_CHECK(flush());
  MACHIYA_CHECK(begin_now());
  if (statements_.size() >= kPgStatementCache) MACHIYA_CHECK(drop_statements());
  auto plan = plans_.find(sql);
  if (!plan) {
    MACHIYA_TRY(plan, learn(sql, binds));
    plans_.put(sql, plan);
  }
  std::string name = "s" + std::to_string(++next_name_);
  if (auto made = prepare_as(name, *plan); !made.ok()) return std::move(made).error();
  return &statements_.emplace(key, Prepared{std::move(name), std::move(plan)}).first->second;
}

Result<PgResult> PgConnection::run(std::string_view sql, const Binds& binds) {
  MACHIYA_TRY(const Prepared* prepared, prepare(sql, binds));
  MACHIYA_TRY(const Arguments a, Arguments::make(*prepared->plan, binds));
  if (pending_begin_ || sent_ > 0) {   // together with what is under way: one round trip
    MACHIYA_CHECK(open_pipeline());
    MACHIYA_CHECK(sent(send(*prepared, a)));
    return sync();
  }
  return checked(PQexecPrepared(connection_, prepared->name.c_str(), static_cast<int>(a.values.size()), a.values.data(),
                                a.lengths.data(), a.formats.data(), 0));
}

bool PgConnection::send(const Prepared& prepared, const Arguments& a) {
  return PQsendQueryPrepared(connection_, prepared.name.c_str(), static_cast<int>(a.values.size()), a.values.data(), a.lengths.data(),
                             a.formats.data(), 0) == 1;
}

/// Counts a statement of the pipeline; the error when it could not be sent.
Result<void> PgConnection::sent(bool done) {
  if (done) {
    ++sent_;
    return {};
  }
  MACHIYA_CHECK(flush());
  retryable_ = !alive();
  return Error(ErrorCode::unavailable, "the connection to PostgreSQL was lost");
}

/// Pipeline mode, with the BEGIN that is due as its first statement.
Result<void> PgConnection::open_pipeline() {
  if (sent_ > 0) return {};
  if (PQenterPipelineMode(connection_) != 1) return sent(false);
  const char* how = std::exchange(pending_begin_, nullptr);
  if (!how) return {};
  return sent(PQsendQueryParams(connection_, how, 0, nullptr, nullptr, nullptr, nullptr, 0) == 1);
}

/// Ends the pipeline and takes up every answer: the first failure, or what the last statement gave.
Result<PgResult> PgConnection::sync() {
  PgResult failed, last;
  bool synced = PQpipelineSync(connection_) == 1;
  for (int empty = 0; synced && empty <= sent_;) {   // each statement's answer has an end; the sync's has none
    PgResult r(PQgetResult(connection_));
    if (!r) {
      if (!alive()) break;
      ++empty;
      continue;
    }
    const auto status = PQresultStatus(r.get());
    if (status == PGRES_PIPELINE_SYNC) break;
    if (status == PGRES_PIPELINE_ABORTED) continue;
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) last = std::move(r);
    else if (!failed) failed = std::move(r);
  }
  sent_ = 0;
  PQexitPipelineMode(connection_);
  if (failed) return checked(failed.release());
  return checked(last.release());
}

Result<void> PgConnection::flush() {
  if (sent_ == 0) return {};
  if (auto r = sync(); !r.ok()) return std::move(r).error();
  return {};
}

Result<void> PgConnection::execute_later(std::string_view sql, const Binds& binds) {
  MACHIYA_TRY(const Prepared* prepared, prepare(sql, binds));
  MACHIYA_TRY(const Arguments a, Arguments::make(*prepared->plan, binds));
  // The server must not block on answers that nobody takes while we block on sending.
  if (sent_ >= kMostSent) MACHIYA_CHECK(flush());
  MACHIYA_CHECK(open_pipeline());
  return sent(send(*prepared, a));
}

Result<Rows> PgConnection::query(std::string_view sql, const Binds& binds) {
  MACHIYA_TRY(const PgResult r, run(sql, binds));
  return read_rows(r.get());
}

Result<std::int64_t> PgConnection::execute(std::string_view sql, const Binds& binds) {
  MACHIYA_TRY(const PgResult r, run(sql, binds));
  if (PQresultStatus(r.get()) == PGRES_TUPLES_OK && starts_with(PQcmdStatus(r.get()), "SELECT")) return std::int64_t{0};
  return std::int64_t{std::atoll(PQcmdTuples(r.get()))};
}

Result<void> PgConnection::stream(std::string_view sql, const Binds& binds, const std::function<bool(const Row&)>& each) {
  MACHIYA_TRY(const Prepared* prepared, prepare(sql, binds));
  const std::shared_ptr<const PgPlan> plan = prepared->plan;
  if (!plan->cursor) {
    MACHIYA_TRY(const Rows rows, query(sql, binds));
    for (const Row& row : rows)
      if (!each(row)) break;
    return {};
  }
  MACHIYA_TRY(const Arguments a, Arguments::make(*plan, binds));
  MACHIYA_CHECK(flush());
  MACHIYA_CHECK(begin_now());
  const std::string cursor = "c" + std::to_string(++next_name_);
  const std::string declare = "DECLARE " + cursor + " NO SCROLL CURSOR FOR " + plan->text;
  MACHIYA_TRY(const PgResult opened, checked(PQexecParams(connection_, declare.c_str(), static_cast<int>(a.values.size()),
                                                          plan->types.data(), a.values.data(), a.lengths.data(), a.formats.data(), 0)));
  const std::string fetch = "FETCH FORWARD " + std::to_string(kFetch) + " FROM " + cursor;
  for (bool more = true; more;) {
    MACHIYA_TRY(const PgResult r, checked(PQexec(connection_, fetch.c_str())));
    const Rows rows = read_rows(r.get());
    more = rows.size() == static_cast<std::size_t>(kFetch);
    for (const Row& row : rows)
      if (!each(row)) {
        more = false;
        break;
      }
  }
  return script("CLOSE " + cursor);
}

}  // namespace machiya::store
