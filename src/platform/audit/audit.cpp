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
#include "platform/audit/sealer.h"

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
  Impl(store::Store& s, const Clock& c) : store(s), clock(c), sealer(s, c) {}

  store::Store& store;
  const Clock& clock;
  Sealer sealer;
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
    if (auto done = sealer.run(); !done.ok() && done.error().code != ErrorCode::conflict)
      log(LogLevel::error, "audit-seal-failed", {{"error", done.error().to_string()}});
  }
}

Audit::Audit(store::Store& store, const Clock& clock) : impl_(std::make_unique<Impl>(store, clock)) {}

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

Result<Audit::Verdict> Audit::verify() {
  return impl_->store.read([](store::ReadTx& tx) -> Result<Verdict> {
    Verdict out;
    std::string link = first_link();
    const auto fault = [&](std::string text) {
      if (out.intact) out.first_fault = std::move(text);
      out.intact = false;
    };
    std::int64_t expected = 1;
    MACHIYA_CHECK(dao::each_link(tx, [&](const dao::Link& l) {
      const std::string row = "row " + std::to_string(l.seal.row_id);
      if (l.seal.sequence != expected) fault("seal " + std::to_string(expected) + ": missing or moved");
      expected = l.seal.sequence + 1;
      link = next_link(link, l.seal.sequence, l.row);
      if (!l.row_exists) fault(row + ": missing");
      else if (link != l.seal.hash) fault(row + ": changed");
      link = l.seal.hash;   // go on from what is written, so that later faults count for themselves
      out.sealed += 1;
      return true;
    }));
    MACHIYA_TRY(const auto head, dao::head(tx));
    if (head.sequence != expected - 1 || head.hash != link) fault("head: does not match seal " + std::to_string(expected - 1));
    out.head = to_hex(head.hash);
    MACHIYA_TRY(const auto tail, dao::tail(tx));
    out.unsealed_tail = tail.count;
    out.first_unsealed = tail.first;
    return out;
  });
}

Result<std::vector<Audit::Record>> Audit::of_object(std::string_view object, int limit) {
  return impl_->store.read([&](store::ReadTx& tx) { return dao::of_object(tx, object, limit); });
}

std::vector<store::Migration> Audit::migrations() { return sql_migrations_audit(); }

}  // namespace machiya::audit
