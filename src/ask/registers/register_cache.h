// What is kept in memory of the registers whose lists are asked for: the index of their columns (column_index.h), read once from record_value by a
// thread of its own, and the rows that were shown last. Both follow what every process writes (records/touch_dao.h). Until an index is there, and
// when memory does not allow it, lists are read from the database.
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
#include <unordered_map>
#include <vector>

#include "ask/records/touch_dao.h"
#include "ask/registers/column_index.h"
#include "ask/registers/token_lists.h"
#include "platform/store/store.h"

namespace machiya::registers {

/// A register as its index is read.
struct IndexedRegister {
  std::string type;
  std::optional<std::int64_t> everywhere;   ///< a field of which every row has an entry; nothing: the keys are those of the table
  std::vector<std::int64_t> fields;         ///< of all its columns
};
struct CacheLimits {
  std::size_t bytes = std::size_t{512} << 20;   ///< of all indexes together; 0: nothing is kept
  std::size_t rows = 1'000;                     ///< registers with fewer rows have no index
  std::size_t kept = 4'096;                     ///< rows of one register
};
/// A row as it is stored, with its plain columns read. What is sealed stays sealed.
struct KeptRow {
  dao::StoredRow stored;                        ///< as records::listed_rows_of() reads it with the sealed data; `data` is empty
  json::Value plain;
};
/// internal when the data of the row is no JSON.
Result<std::shared_ptr<const KeptRow>> kept_row(dao::StoredRow row);

/// Thread-safe.
class RegisterCache {
 private:
  struct Slot;

 public:
  RegisterCache(store::Store& store, CacheLimits limits);
  ~RegisterCache();
  RegisterCache(const RegisterCache&) = delete;
  RegisterCache& operator=(const RegisterCache&) = delete;

  /// A register as it is in the snapshot of a reading transaction, held so until it goes.
  class View {
   public:
    /// Null when it is not there.
    const ColumnIndex* index() const { return index_; }
    /// Null when it is not kept.
    std::shared_ptr<const KeptRow> row(std::int64_t id) const;
    std::shared_ptr<const KeptRow> row(const std::string& number) const;
    /// Keeps a row that was read in the transaction of the view.
    void keep(std::shared_ptr<const KeptRow> row) const;
    /// Newest records of the register that carry all of the tokens, at most `limit`.
    Result<std::vector<std::int64_t>> records_with_tokens(store::ReadTx& tx, const std::vector<std::int64_t>& tokens, std::size_t limit) const;

   private:
    friend class RegisterCache;
    std::shared_ptr<Slot> slot_;
    std::shared_lock<std::shared_mutex> shared_;
    std::unique_lock<std::shared_mutex> alone_;
    const ColumnIndex* index_ = nullptr;
  };
  struct Viewed {
    std::optional<View> view;   ///< none: nothing is kept, or not as of this snapshot
    bool again = false;         ///< it is kept as of a later snapshot: begin a new transaction, and ask `alone`
  };
  /// `asked`: fields that the index must have. An index that is not there is read in the background when one is wanted (`indexed`); rows are
  /// kept without one too. One view at a time in a thread: another would wait for this one.
  Result<Viewed> view(store::ReadTx& tx, const IndexedRegister& reg, const std::vector<std::int64_t>& asked, bool indexed, bool alone);
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
  static Result<bool> bring_to(store::ReadTx& tx, const std::string& type, View& view);
  static Result<bool> follow(store::ReadTx& tx, Slot& slot, const records::Touches& news);
  static void note(Slot& slot, const std::vector<records::Touched>& touched);
  void work(const std::stop_token& stop);
  Result<void> load(const Job& job, const std::stop_token& stop);
  void merge(Slot& slot);
  void make_room(const Slot& newest);

  store::Store& store_;
  const CacheLimits limits_;
  std::mutex mutex_;                                    ///< of everything below
  std::condition_variable_any wake_;
  std::map<std::string, std::shared_ptr<Slot>, std::less<>> slots_;
  std::deque<Job> jobs_;
  bool busy_ = false;
  std::jthread worker_;                                 ///< begins with the first job; last: ends first
};

}  // namespace machiya::registers
