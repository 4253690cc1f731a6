// For tests: a journal in memory that says when what becomes durable, and refuses what it is told to refuse.
#pragma once
#include <algorithm>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sense/broker/journal.h"

namespace machiya::sense::testing {

class PlannedJournal final : public Journal {
 public:
  /// What outlives the journal.
  struct Disk {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::string> records;
    std::deque<std::pair<JournalEntry, Done>> waiting;
    bool held = false;   ///< nothing becomes durable
    int refuse = 0;      ///< the next ones are refused
    bool stop = false;

    void hold(int refused) {
      std::lock_guard guard(mutex);
      held = true, refuse = refused;
    }
    /// Waits until so many entries wait, and lets them go.
    void let_go(std::size_t entries) {
      std::unique_lock guard(mutex);
      changed.wait(guard, [&] { return waiting.size() >= entries; });
      held = false;
      changed.notify_all();
    }
  };

  explicit PlannedJournal(std::shared_ptr<Disk> disk) : disk_(std::move(disk)) {
    disk_->stop = false;
    thread_ = std::thread([this] { run(); });
  }
  ~PlannedJournal() override {
    {
      std::lock_guard guard(disk_->mutex);
      disk_->stop = true, disk_->held = false;
    }
    disk_->changed.notify_all();
    thread_.join();
  }

  void append_later(JournalEntry entry, Done done) override {
    std::lock_guard guard(disk_->mutex);
    disk_->waiting.emplace_back(std::move(entry), std::move(done));
    disk_->changed.notify_all();
  }
  void after_group(std::function<void()> call) override { group_ended_ = std::move(call); }
  Result<Number> load(const VisitEntity&) override { return Number{0}; }
  Result<void> replay(Number from, const VisitRecord& visit) const override {
    for (Number n = std::max<Number>(from, 1); n <= disk_->records.size(); ++n)
      if (auto done = visit(n, disk_->records[n - 1]); !done.ok()) return done;
    return {};
  }
  Number first() const override { return 1; }
  Number last() const override {
    std::lock_guard guard(disk_->mutex);
    return disk_->records.size();
  }
  Result<void> compact(Number, Number, const std::function<Result<void>(const VisitEntity&)>&) override { return {}; }

 private:
  std::shared_ptr<Disk> disk_;
  std::function<void()> group_ended_;
  std::thread thread_;

  void run() {
    std::unique_lock guard(disk_->mutex);
    for (;;) {
      disk_->changed.wait(guard, [&] { return disk_->stop || (!disk_->held && !disk_->waiting.empty()); });
      if (disk_->waiting.empty()) return;
      auto [entry, done] = std::move(disk_->waiting.front());
      disk_->waiting.pop_front();
      const bool refused = disk_->refuse > 0;
      if (refused) --disk_->refuse;
      if (!refused) disk_->records.push_back(entry.record);
      Result<Number> number = refused ? Result<Number>(Error(ErrorCode::storage_full, "planned")) : Result<Number>(Number{disk_->records.size()});
      guard.unlock();
      done(std::move(number));
      if (group_ended_) group_ended_();
      guard.lock();
    }
  }
};

}  // namespace machiya::sense::testing
