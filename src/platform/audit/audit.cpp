#include "platform/audit/audit.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "base/log.h"
#include "platform/audit/audit_dao.h"
#include "platform/audit/chain.h"
#include "platform/audit/notary.h"
#include "platform/audit/sealer.h"
#include "platform/audit/search.h"
#include "platform/audit/verify.h"
#include "platform/vault/signing_key.h"

namespace machiya {
std::vector<store::Migration> sql_migrations_audit();
}

namespace machiya::audit {

namespace {

constexpr std::size_t kQueue = 50'000;         // some 20 MB at most
constexpr std::size_t kBacklog = 40'000;
constexpr std::size_t kFlush = 2'000;          // rows a transaction
constexpr std::chrono::milliseconds kFlushEvery{200}, kSealEvery{400}, kFullWait{5000};

StoredRow to_row(const Entry& e, Instant at) {
  return {0, at.us, e.actor, e.action, e.object, e.purpose, e.request, json::to_canonical(e.facts)};
}

}  // namespace

struct Audit::Impl {
  Impl(store::Store& s, const Clock& c, const Options& o) : store(s), clock(c), options(o), sealer(s, c), notary(s, c, o) {}

  store::Store& store;
  const Clock& clock;
  const Options options;
  Sealer sealer;
  Notary notary;
  std::mutex mutex;
  std::condition_variable work, room;
  std::deque<StoredRow> queue;   ///< includes the rows that are being written, until they are durable
  bool running = false, failing = false;
  std::mutex flush_mutex;        ///< one flush at a time keeps the order of the queue
  std::atomic<std::int64_t> lost{0};
  std::thread thread;

  Result<void> flush();
  void loop();
  /// A record that cannot be stored is at least in the log (ids only) and in the count.
  void give_up(const StoredRow& row) {
    lost += 1;
    log(LogLevel::error, "audit-record-not-stored",
        {{"actor", row.actor}, {"action", row.action}, {"object", row.object}, {"purpose", row.purpose}, {"request", row.request}});
  }
  void give_up_queue() {
    std::lock_guard lock(mutex);
    for (const StoredRow& row : queue) give_up(row);
    queue.clear();
  }
};

/// Writes everything queued. Rows leave the queue when they are durable.
Result<void> Audit::Impl::flush() {
  std::lock_guard one(flush_mutex);
  for (;;) {
    std::vector<StoredRow> rows;
    {
      std::lock_guard lock(mutex);
      const std::size_t n = std::min(queue.size(), kFlush);
      rows.assign(queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(n));
    }
    if (rows.empty()) return {};
    auto done = store.write([&](store::Tx& tx) -> Result<bool> {
      MACHIYA_CHECK(dao::insert(tx, rows));
      return true;
    });
    std::lock_guard lock(mutex);
    failing = !done.ok();
    if (!done.ok()) return std::move(done).error();
    queue.erase(queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(rows.size()));
    room.notify_all();
  }
}

void Audit::Impl::loop() {
  auto next_seal = std::chrono::steady_clock::now();
  for (;;) {
    bool stop = false;
    {
      std::unique_lock lock(mutex);
      work.wait_for(lock, kFlushEvery, [&] { return !running || (queue.size() >= kFlush && !failing); });
      stop = !running;
    }
    if (auto done = flush(); !done.ok()) log(LogLevel::error, "audit-flush-failed", {{"error", done.error().to_string()}});
    if (stop) return;
    if (std::chrono::steady_clock::now() < next_seal) continue;
    next_seal = std::chrono::steady_clock::now() + kSealEvery;
    auto sealed = sealer.run();
    if (!sealed.ok() && sealed.error().code != ErrorCode::conflict) log(LogLevel::error, "audit-seal-failed", {{"error", sealed.error().to_string()}});
    if (!sealed.ok() || !sealer.holds_lease()) continue;
    notary.look();
  }
}

Audit::Audit(store::Store& store, const Clock& clock, const Options& options) : impl_(std::make_unique<Impl>(store, clock, options)) {}

Audit::~Audit() { stop(); }

Result<void> Audit::append(store::Tx& tx, const Entry& entry) { return dao::insert(tx, {to_row(entry, impl_->clock.now())}); }

Result<void> Audit::append(store::Tx& tx, const std::vector<Entry>& entries) {
  std::vector<StoredRow> rows;
  for (const Entry& entry : entries) rows.push_back(to_row(entry, impl_->clock.now()));
  return dao::insert(tx, rows);
}

void Audit::append_later(Entry entry) {
  StoredRow row = to_row(entry, impl_->clock.now());
  std::unique_lock lock(impl_->mutex);
  if (impl_->room.wait_for(lock, kFullWait, [&] { return impl_->queue.size() < kQueue; })) {
    impl_->queue.push_back(std::move(row));
    if (impl_->queue.size() == kFlush) impl_->work.notify_one();
    return;
  }
  lock.unlock();
  impl_->give_up(row);
}

bool Audit::backlogged() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->failing || impl_->queue.size() >= kBacklog;
}

std::int64_t Audit::lost() const { return impl_->lost; }

void Audit::start() {
  std::lock_guard lock(impl_->mutex);
  if (impl_->running) return;
  impl_->running = true;
  impl_->thread = std::thread([this] { impl_->loop(); });
}

void Audit::stop() {
  bool was_running = false;
  {
    std::lock_guard lock(impl_->mutex);
    std::swap(was_running, impl_->running);
    impl_->work.notify_all();
  }
  if (was_running) impl_->thread.join();
  if (auto flushed = impl_->flush(); !flushed.ok()) {
    log(LogLevel::error, "audit-flush-failed", {{"error", flushed.error().to_string()}});
    impl_->give_up_queue();
  }
  if (!was_running) return;
  if (auto sealed = impl_->sealer.run(); !sealed.ok()) log(LogLevel::warn, "audit-stop", {{"error", sealed.error().to_string()}});
  if (auto released = impl_->sealer.release(); !released.ok())
    log(LogLevel::warn, "audit-stop", {{"error", released.error().to_string()}});
}

Result<std::int64_t> Audit::seal_now() {
  MACHIYA_CHECK(impl_->flush());
  return impl_->sealer.run();
}

Result<void> Audit::state_now() { return impl_->notary.run(true); }

std::optional<Instant> Audit::last_statement() const { return impl_->notary.last_copied(); }

Result<Audit::Verdict> Audit::verify(const Evidence& evidence) {
  Evidence given = evidence;
  if (given.keys.empty() && impl_->options.key) given.keys.push_back(impl_->options.key->public_key());
  std::vector<Statement> copied;
  if (!given.copies && !impl_->options.copy_to.empty()) {
    MACHIYA_TRY(copied, StatementFile(impl_->options.copy_to).read());
    given.copies = &copied;
  }
  return impl_->store.read([&](store::ReadTx& tx) { return verify_chain(tx, given, impl_->clock.now()); });
}

Result<Audit::Found> Audit::search(const Search& wanted) {
  return impl_->store.read([&](store::ReadTx& tx) { return find_records(tx, wanted); });
}

Result<void> Audit::each_sealed(Instant from, Instant to, const std::function<bool(const Record&)>& each) {
  return impl_->store.read([&](store::ReadTx& tx) -> Result<void> {
    MACHIYA_TRY(const std::int64_t low, first_id_at(tx, from));
    return dao::each_sealed(tx, low, from, to, each);
  });
}

Result<std::vector<Audit::Record>> Audit::of_object(std::string_view object, int limit) {
  return impl_->store.read([&](store::ReadTx& tx) { return dao::of_object(tx, object, limit); });
}

Result<void> Audit::each_after(std::int64_t after, const std::function<bool(const Record&)>& each) {
  return impl_->store.read([&](store::ReadTx& tx) { return dao::each_after(tx, after, each); });
}

std::vector<store::Migration> Audit::migrations() { return sql_migrations_audit(); }

}  // namespace machiya::audit
