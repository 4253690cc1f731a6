#include "sense/broker/journal_store.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "sense/broker/journal_dao.h"

namespace machiya {
std::vector<store::Migration> sql_migrations_broker();
}

namespace machiya::sense {
namespace {

constexpr std::size_t kMostInCommit = 512;
constexpr int kDeleteAtOnce = 2000;

class StoreJournal final : public Journal {
 public:
  StoreJournal(store::Store& store, NumbersKept kept) : store_(store), first_(kept.first), last_(kept.last), next_(kept.last + 1), thread_([this] { run(); }) {}

  ~StoreJournal() override {
    {
      std::lock_guard hold(mutex_);
      ending_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

  void append_later(JournalEntry entry, Done done) override {
    {
      std::lock_guard hold(mutex_);
      waiting_.push_back({std::move(entry), std::move(done)});
    }
    wake_.notify_one();
  }

  void after_group(std::function<void()> call) override {
    std::lock_guard hold(mutex_);
    group_ended_ = std::move(call);
  }

  Result<Number> load(const VisitEntity& visit) override {
    const Number up_to = last();
    auto done = store_.read([&](store::ReadTx& tx) { return read_entities(tx, visit); });
    if (!done.ok()) return done.error();
    return up_to;
  }
  Result<void> replay(Number from, const VisitRecord& visit) const override {
    return store_.read([&](store::ReadTx& tx) { return read_records(tx, from, last(), visit); });
  }
  Number first() const override {
    std::lock_guard hold(mutex_);
    return first_ == 0 ? next_ : first_;
  }
  Number last() const override {
    std::lock_guard hold(mutex_);
    return last_;
  }
  // The table of entities is the snapshot. The newest record stays: numbers go on behind it.
  Result<void> compact(Number needed, Number, const std::function<Result<void>(const VisitEntity&)>&) override {
    needed = std::min(needed, last());
    for (Number from = first(); from < needed;) {
      const Number below = std::min<Number>(needed, from + kDeleteAtOnce);
      if (auto done = store_.write([&](store::Tx& tx) { return delete_records_below(tx, below, kDeleteAtOnce); }); !done.ok()) return done;
      std::lock_guard hold(mutex_);
      first_ = from = below;
    }
    return {};
  }

 private:
  struct Waiting {
    JournalEntry entry;
    Done done;
  };
  store::Store& store_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Waiting> waiting_;
  std::function<void()> group_ended_;   // set before the first append
  bool ending_ = false;
  Number first_, last_, next_;
  std::thread thread_;

  void run() {
    for (;;) {
      std::vector<Waiting> batch;
      {
        std::unique_lock hold(mutex_);
        wake_.wait(hold, [&] { return ending_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        const std::size_t n = std::min(waiting_.size(), kMostInCommit);
        batch.assign(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(waiting_.begin() + static_cast<std::ptrdiff_t>(n)));
        waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(n));
      }
      write(batch);
    }
  }

  void write(std::vector<Waiting>& batch) {
    std::vector<NumberedEntry> entries;
    for (Waiting& w : batch) entries.push_back({next_ + entries.size(), std::move(w.entry)});
    auto done = store_.write([&](store::Tx& tx) { return write_entries(tx, entries); });
    if (done.ok()) {
      std::lock_guard hold(mutex_);
      if (first_ == 0) first_ = next_;
      next_ += entries.size(), last_ = next_ - 1;
    }
    const Error refused(ErrorCode::storage_failed, done.ok() ? std::string() : done.error().to_string());
    for (std::size_t i = 0; i < batch.size(); ++i) batch[i].done(done.ok() ? Result<Number>(entries[i].number) : Result<Number>(done.error().code == ErrorCode::conflict ? refused : done.error()));
    if (group_ended_) group_ended_();
  }
};

}  // namespace

std::vector<store::Migration> journal_migrations() { return sql_migrations_broker(); }

Result<std::unique_ptr<Journal>> open_store_journal(store::Store& store) {
  auto kept = store.read([](store::ReadTx& tx) { return numbers_kept(tx); });
  if (!kept.ok()) return kept.error();
  return std::unique_ptr<Journal>(std::make_unique<StoreJournal>(store, *kept));
}

}  // namespace machiya::sense
