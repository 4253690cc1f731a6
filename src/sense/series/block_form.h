// How grids and runs stand in bytes, for what writes and what reads them (block.h). Inside series only.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sense/series/bits.h"
#include "sense/series/block.h"

namespace machiya::sense::series {

enum class Form : std::uint8_t { grid = 1, runs = 2 };
/// Bits of the flags of a block.
inline constexpr std::uint8_t kHasMissing = 1, kHasQuality = 2, kHasVersions = 4, kConsecutive = 8;

/// A grid, column by column: a column is one time of all series.
class GridReader {
 public:
  /// `in` stands behind the form byte.
  bool open(Reader& in);
  std::size_t series() const { return series_; }
  std::span<const std::int64_t> times() const { return times_; }
  std::uint32_t number(std::size_t i) const { return numbers_.empty() ? first_ + static_cast<std::uint32_t>(i) : numbers_[i]; }
  std::uint8_t scale() const { return scale_; }
  bool plain() const { return (flags_ & (kHasMissing | kHasQuality)) == 0; }
  /// Position of a series, or series().
  std::size_t find(std::uint32_t number) const;
  /// The next time of all series: false when the bytes are damaged.
  bool next();
  /// The next time of one series: false when the bytes are damaged.
  bool next_of(std::size_t index);
  std::span<const std::int64_t> values() const { return values_; }
  bool missing(std::size_t i) const { return (flags_ & kHasMissing) != 0 && missing_[i] != 0; }
  std::uint8_t quality(std::size_t i) const { return (flags_ & kHasQuality) != 0 ? static_cast<std::uint8_t>(quality_[i]) : 0; }
  std::uint64_t version(std::size_t i) const { return (flags_ & kHasVersions) != 0 ? version_ - older_[i] : version_; }

 private:
  Reader* in_ = nullptr;
  std::uint8_t scale_ = 0, flags_ = 0;
  std::size_t series_ = 0;
  std::uint32_t first_ = 0;
  std::uint64_t version_ = 0;
  std::vector<std::uint32_t> numbers_;
  std::vector<std::int64_t> times_, values_;
  std::vector<std::uint64_t> missing_, quality_, older_;
};

/// The values of a block of runs, unpacked: of all its series, or of one.
struct RunsReader {
  std::uint8_t scale = 0;
  std::uint64_t version = 0;
  std::vector<std::uint32_t> numbers, starts;   ///< of each run
  std::vector<std::int64_t> times, values;
  std::vector<std::uint64_t> quality, older;    ///< empty: all good; all of one version
  bool open(Reader& in);
  /// One series only; `numbers` is empty when the block has nothing of it.
  bool open_one(Reader& in, std::uint32_t number);
  std::size_t end_of(std::size_t run) const { return run + 1 < starts.size() ? starts[run + 1] : times.size(); }
  Sample sample(std::size_t run, std::size_t i) const;

 private:
  /// Up to the counts; `total` values in all.
  bool open_head(Reader& in, std::uint8_t& flags, std::size_t& total);
};

}  // namespace machiya::sense::series
