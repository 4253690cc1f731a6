#include "platform/audit/sealer.h"

#include "platform/audit/audit_dao.h"

namespace machiya::audit {

namespace {

constexpr int kBatch = 2000;                         // rows a transaction: some 10 ms of the writer
constexpr std::int64_t kLeaseTime = 5 * kSecond;     // house.md §9: take-over ≤ 5 s
constexpr std::int64_t kSettleTime = 2 * kSecond;
constexpr const char* kLeaseName = "audit-sealer";

}  // namespace

Sealer::Sealer(store::Store& store, const Clock& clock) : store_(store), clock_(clock), owner_(store::new_lease_owner()) {}

/// The row id below which nothing unsealed can appear any more. On SQLite ids commit in order. On PostgreSQL an id is
/// handed out before its transaction commits: it counts as settled when every transaction that was running (or had not
/// begun) when it was first seen has ended, a few seconds have passed for those that had an id but no transaction
/// number yet, and everything has been looked at once more since. It lives in memory only: a new sealer begins at 0.
Result<Sealer::Look> Sealer::look(store::ReadTx& tx) {
  Look out;
  MACHIYA_TRY(out.last_row, dao::last_sealed_row(tx));
  if (tx.engine() == store::Engine::sqlite) {
    settled_ = out.last_row;
    return out;
  }
  MACHIYA_TRY(out.horizon, dao::horizon(tx));
  return out;
}

void Sealer::settle(const Look& look) {
  while (!marks_.empty() && marks_.front().next_transaction <= look.horizon.oldest_running &&
         clock_.now().us - marks_.front().at.us >= kSettleTime) {
    settled_ = marks_.front().last_row;
    marks_.pop_front();
  }
  if (look.last_row > settled_ && (marks_.empty() || marks_.back().last_row < look.last_row))
    marks_.push_back({clock_.now(), look.horizon.next, look.last_row});
}

Result<std::int64_t> Sealer::run() {
  std::lock_guard lock(mutex_);
  auto lease = store_.write([&](store::Tx& tx) { return store::take_lease(tx, clock_, kLeaseName, owner_, kLeaseTime); });
  if (!lease.ok()) return std::move(lease).error();
  if (!*lease || !lease_ || (*lease)->fence != lease_->fence) {
    settled_ = 0;
    marks_.clear();
  }
  lease_ = *lease;
  if (!lease_) return std::int64_t{0};
  std::int64_t sealed = 0;
  MACHIYA_TRY(const Look before, store_.read([&](store::ReadTx& tx) { return look(tx); }));
  for (bool more = true; more;) {
    MACHIYA_TRY(const std::int64_t n, run_batch(more));
    sealed += n;
  }
  settle(before);
  return sealed;
}

Result<std::int64_t> Sealer::run_batch(bool& more) {
  // Reading and hashing happen outside the write: rows never change once they are committed, and the head that was
  // read is compared again under the lease.
  dao::Head before, after;
  std::vector<dao::Seal> seals;
  auto read = store_.read([&](store::ReadTx& tx) -> Result<bool> {
    MACHIYA_TRY(before, dao::head(tx));
    MACHIYA_TRY(const auto rows, dao::unsealed(tx, settled_, kBatch));
    after = before;
    for (const StoredRow& row : rows) {
      after.sequence += 1;
      after.hash = next_link(after.hash, after.sequence, row);
      seals.push_back({after.sequence, row.id, after.hash});
    }
    return rows.size() == static_cast<std::size_t>(kBatch);
  });
  if (!read.ok()) return std::move(read).error();
  more = *read;
  if (seals.empty()) return std::int64_t{0};
  auto wrote = store_.write([&](store::Tx& tx) -> Result<std::int64_t> {
    MACHIYA_TRY(auto still, store::take_lease(tx, clock_, kLeaseName, owner_, kLeaseTime));
    if (!still || still->fence != lease_->fence) return Error(ErrorCode::conflict, "another process is the sealer now");
    MACHIYA_TRY(const auto now, dao::head(tx));
    if (now.sequence != before.sequence || now.hash != before.hash) return Error(ErrorCode::conflict, "the head has moved");
    MACHIYA_CHECK(dao::insert_seals(tx, seals));
    MACHIYA_CHECK(dao::put_head(tx, after));
    return static_cast<std::int64_t>(seals.size());
  });
  return wrote;
}

bool Sealer::holds_lease() const {
  std::lock_guard lock(mutex_);
  return lease_.has_value();
}

Result<void> Sealer::release() {
  std::lock_guard lock(mutex_);
  if (!lease_) return {};
  auto done = store_.write([&](store::Tx& tx) -> Result<bool> {
    MACHIYA_CHECK(store::release_lease(tx, *lease_));
    return true;
  });
  lease_.reset();
  if (!done.ok()) return std::move(done).error();
  return {};
}

}  // namespace machiya::audit
