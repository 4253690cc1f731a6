// Where the broker's writes become durable: a log of its own beside a snapshot (journal_file), or tables of the house's database (journal_store). Both
// give the same entities back.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sense/entities/entity.h"

namespace machiya::sense {

/// One write: the record for those who follow (codec.h), and the entity as it is now.
struct JournalEntry {
  std::string tenant, id;
  EntityPtr entity;     ///< nullptr: deleted
  std::string record;   ///< encode_record's bytes
};

/// Longer records are refused (too_large).
inline constexpr std::size_t kMostRecordBytes = std::size_t{64} << 20;

class Journal {
 public:
  using Number = std::uint64_t;
  using Done = std::function<void(Result<Number>)>;
  using VisitRecord = std::function<Result<void>(Number, std::string_view record)>;
  using VisitEntity = std::function<Result<void>(std::string_view tenant, std::string_view entity)>;

  virtual ~Journal() = default;
  /// Returns at once. `done` is called when the entry is on disk, or refused; in the order of the calls, by one thread, which must not be held up.
  virtual void append_later(JournalEntry entry, Done done) = 0;
  /// `call` is called by that thread behind the last `done` of entries that reached the disk together (or were refused together). Before the first append.
  virtual void after_group(std::function<void()> call) = 0;
  /// Entities as they were at some moment; records with a greater number than the answer's come on top.
  virtual Result<Number> load(const VisitEntity& visit) = 0;
  /// Records from `from` on that are kept, oldest first. May run beside appending.
  virtual Result<void> replay(Number from, const VisitRecord& visit) const = 0;
  /// The oldest record that is kept, and the newest on disk (0: none).
  virtual Number first() const = 0;
  virtual Number last() const = 0;
  /// Records below `needed` are no more needed by anybody who follows. `entities` gives every entity as of `up_to` or later, for a journal that keeps a
  /// snapshot of its own.
  virtual Result<void> compact(Number needed, Number up_to, const std::function<Result<void>(const VisitEntity&)>& entities) = 0;
};

/// A folder with log and snapshot; one process at a time.
Result<std::unique_ptr<Journal>> open_file_journal(const std::string& folder);

}  // namespace machiya::sense
