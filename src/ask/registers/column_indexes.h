// The indexes in memory (column_index.h) of the registers whose lists are asked for. Each is read once from record_value by a thread of its own
// and follows what every process writes (records/touch_dao.h); until it is there, and when memory does not allow it, lists are read from the database.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "ask/records/touch_dao.h"
#include "ask/registers/column_index.h"
#include "platform/store/store.h"

namespace machiya::registers {

/// A register as its index is read.
struct IndexedRegister {
  std::string type;
  std::optional<std::int64_t> everywhere;   ///< a field of which every row has an entry; nothing: the keys are those of the table
  std::vector<std::int64_t> fields;         ///< of all its columns
};
struct IndexLimits {
  std::size_t bytes = std::size_t{512} << 20;   ///< of all indexes together; 0: none at all
  std::size_t rows = 1'000;                     ///< registers with fewer rows are read from the database
};

/// Thread-safe.
class ColumnIndexes {
 private:
  struct Slot;

 public:
  ColumnIndexes(store::Store& store, IndexLimits limits);
  ~ColumnIndexes();
  ColumnIndexes(const ColumnIndexes&) = delete;
  ColumnIndexes& operator=(const ColumnIndexes&) = delete;

  /// An index as it is in the snapshot of a reading transaction, held so until it goes.
  class View {
   public:
    const ColumnIndex& operator*() const { return *index_; }
    const ColumnIndex* operator->() const { return index_; }

   private:
    friend class ColumnIndexes;
    std::shared_ptr<Slot> slot_;
    std::shared_lock<std::shared_mutex> shared_;
    std::unique_lock<std::shared_mutex> alone_;
    const ColumnIndex* index_ = nullptr;
  };
  struct Viewed {
    std::optional<View> view;   ///< none: not there
    bool again = false;         ///< somebody brought the index past this snapshot: begin a new transaction, and ask `alone`
  };
  /// To be called before anything else is read in `tx`. `asked`: the fields of the query. An index that is not there is read in the background.
  Result<Viewed> view(store::ReadTx& tx, const IndexedRegister& reg, const std::vector<std::int64_t>& asked, bool alone);
  /// Waits until nothing is being read or merged: for measurements and tests.
  void settle();

 private:
  struct Job {
    std::shared_ptr<Slot> slot;
    IndexedRegister reg;
    bool merge = false;
  };
  std::shared_ptr<Slot> slot_of(const std::string& type);
  void ask(const std::shared_ptr<Slot>& slot, const IndexedRegister& reg, bool merge);
  Result<bool> follow(store::ReadTx& tx, Slot& slot, records::Touches news);
  void work(const std::stop_token& stop);
  Result<void> load(const Job& job, const std::stop_token& stop);
  void merge(Slot& slot);
  void make_room(const Slot& newest);

  store::Store& store_;
  const IndexLimits limits_;
  std::mutex mutex_;                                    ///< of everything below
  std::condition_variable_any wake_;
  std::map<std::string, std::shared_ptr<Slot>, std::less<>> slots_;
  std::deque<Job> jobs_;
  bool busy_ = false;
  std::jthread worker_;                                 ///< begins with the first job; last: ends first
};

}  // namespace machiya::registers
