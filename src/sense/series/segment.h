// A segment: one file with the blocks of one day, of all measurements, and an index of them with a checksum for each. Never changed once it is there.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sense/series/block.h"

namespace machiya::sense::series {

/// What a block holds. Roll-ups are columns of their own: one block for each of these figures, the time is where the hour or day begins.
enum class Field : std::uint8_t {
  raw = 0, replaced = 1,   ///< replaced: values that a later one within the same segment took the place of
  hour_count = 16, hour_sum, hour_squares, hour_min, hour_max, hour_first, hour_last, hour_first_at, hour_last_at,
  day_count = 32, day_sum, day_squares, day_min, day_max, day_first, day_last, day_first_at, day_last_at,
};
inline constexpr std::uint8_t kRollUpFields = 9;

/// One row of the index.
struct BlockEntry {
  MeasurementId measurement = 0;
  Field field = Field::raw;
  BlockFacts facts;
  std::uint64_t offset = 0;
  std::uint32_t length = 0, checksum = 0;
};

/// Writes one segment. One thread.
class SegmentWriter {
 public:
  static Result<std::unique_ptr<SegmentWriter>> create(const std::string& path);
  ~SegmentWriter();
  SegmentWriter(const SegmentWriter&) = delete;
  SegmentWriter& operator=(const SegmentWriter&) = delete;
  Result<void> add(MeasurementId measurement, Field field, const BlockFacts& facts, std::string_view bytes);
  /// Index, footer, fsync. Afterwards the file is whole.
  Result<void> finish();
  bool empty() const { return entries_.empty(); }

 private:
  SegmentWriter(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  Result<void> drain();
  int fd_;
  std::string path_, pending_;
  std::uint64_t written_ = 0;
  std::vector<BlockEntry> entries_;
};

/// Reads one segment. Thread-safe. The file stays readable as long as this object, also when it was removed.
class Segment {
 public:
  /// integrity_broken when footer or index do not check.
  static Result<std::shared_ptr<const Segment>> open(const std::string& path);
  ~Segment();
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;
  /// By measurement, field, first series, first time.
  std::span<const BlockEntry> entries() const { return entries_; }
  /// Those of one measurement and field; with `chunk`, only those of that chunk (number / kChunk).
  std::span<const BlockEntry> blocks(MeasurementId measurement, Field field) const;
  std::span<const BlockEntry> blocks(MeasurementId measurement, Field field, std::uint32_t chunk) const;
  /// The bytes of a block into `buffer` (with kSlack behind them), its checksum compared: integrity_broken with file and place.
  Result<std::string_view> read(const BlockEntry& entry, std::string& buffer) const;
  std::uint64_t bytes() const { return bytes_; }
  const std::string& path() const { return path_; }
  Error damaged(const BlockEntry& entry) const;

 private:
  Segment(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  Result<void> load();
  int fd_;
  std::string path_;
  std::uint64_t bytes_ = 0;
  std::vector<BlockEntry> entries_;
};

}  // namespace machiya::sense::series
