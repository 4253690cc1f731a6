// An append-only log on disk with group fsync: what is told to be done has reached the disk. Segments, a checksum over each record, replay.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace machiya::sense {

struct AppendLogOptions {
  std::string folder;                                ///< made when it is absent; one process at a time (locked)
  std::size_t segment_bytes = std::size_t{64} << 20;   ///< a file is closed when it is that long
  std::size_t max_record = std::size_t{64} << 20;    ///< longer ones are refused
  std::size_t max_waiting = std::size_t{64} << 20;   ///< bytes that wait for the disk; who appends more waits, too
};

/// Records are numbered from 1 without gaps, and never renumbered once they are on disk. Thread-safe; one thread of its own writes and syncs.
///
/// When the disk is full, everything that waits is refused (storage_full) and the log goes on with the next record. When a write or
/// fdatasync fails otherwise, nothing is known of the pages any more: all that waits and all that comes later is refused (storage_failed)
/// until the log is opened anew, which reads what really is there.
class AppendLog {
 public:
  using Number = std::uint64_t;
  using Visitor = std::function<Result<void>(Number number, std::string_view record)>;
  /// The record's number once it is on disk, or why it is not. Called on the log's thread, in the order of the records; must neither
  /// block nor throw. It may append_later().
  using Done = std::function<void(Result<Number>)>;

  /// Reads all that is there, in order, through `visit` (may be empty; an error of it ends the opening), and goes on behind it.
  /// What a crash left half written at the end was never acknowledged and is cut off; a broken record with synced ones behind it is
  /// integrity_broken, and so is a missing segment. conflict: another process has it open. storage_failed, storage_full.
  static Result<std::unique_ptr<AppendLog>> open(const AppendLogOptions& options, const Visitor& visit = {});
  /// Writes and syncs what waits first.
  ~AppendLog();

  /// Blocks until the record is on disk, together with whatever else waits. Not from within Done.
  Result<Number> append(std::string_view record);
  /// Copies the record and returns; `done` follows. The order of calls is the order on disk. too_large comes through `done` at once, on
  /// the caller's thread.
  void append_later(std::string_view record, Done done);
  /// `call` is called on the log's thread behind the last `done` of records that went to the disk together: what is common to them can be done once. Before the
  /// first append.
  void after_group(std::function<void()> call);
  /// Reads what is on disk from number `from` on (or from the oldest that is still kept). May run beside appending.
  Result<void> replay(Number from, const Visitor& visit) const;
  /// Everything below `needed` is no longer needed: segments that hold nothing else are removed.
  Result<void> forget_before(Number needed);

  struct Figures {
    Number first = 1;            ///< the oldest that is kept (or the next one, when there is none)
    Number synced = 0;           ///< the last one on disk; 0 for none yet
    std::uint64_t bytes = 0;     ///< of all segments
    std::uint64_t syncs = 0;     ///< fdatasync calls since opening: how far grouping goes
    std::uint64_t appended = 0;  ///< bytes since opening
  };
  Figures figures() const;
  /// Why the log takes nothing any more.
  std::optional<Error> failure() const;

 private:
  AppendLog();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace machiya::sense
