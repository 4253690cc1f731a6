// One indexed column in memory: its different values in order, and the rows that have each.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ask/registers/range.h"

namespace machiya::registers {

/// Immutable. Rows are numbers from 0 in the order of their keys. About 10 bytes for each row, and the text and 8 bytes of each different value.
class ColumnValues {
 public:
  /// Takes values in their order, and of each its rows in their order.
  class Builder {
   public:
    explicit Builder(std::size_t rows) : rows_(rows) {}
    void add(std::string_view value, std::uint32_t row);
    ColumnValues finish();

   private:
    std::size_t rows_, longest_ = 0;
    std::string texts_;
    std::vector<std::uint32_t> begins_, starts_, order_;
  };
  /// Positions in the list of different values: from `first` until before `last`.
  struct Stretch {
    std::uint32_t first = 0, last = 0;
  };

  std::size_t values() const { return starts_.size() - 1; }
  std::size_t entries() const { return order_.size(); }
  /// Has any row several values? Then code() is not to be asked.
  bool many() const { return codes_.empty() && !order_.empty(); }
  std::string_view value(std::uint32_t at) const { return std::string_view(texts_).substr(begins_[at], begins_[at + 1] - begins_[at] - 1); }
  /// Bytes of the longest value.
  std::size_t longest() const { return longest_; }
  /// The first value that is not less (or, `behind`, that is greater).
  std::uint32_t bound(std::string_view value, bool behind) const;
  /// Values of a range that is not `has`.
  Stretch stretch(const Range& range) const;
  /// Which of the values contain a text.
  std::vector<bool> containing(std::string_view text) const;
  /// Entries (value, row) in their order: those of a stretch stand from start(first) until before start(last).
  std::uint32_t start(std::uint32_t at) const { return starts_[at]; }
  std::uint32_t row(std::uint32_t entry) const { return order_[entry]; }
  /// 1 + the position of the row's value; 0: it has none.
  std::uint32_t code(std::uint32_t row) const { return codes_[row]; }
  std::size_t bytes() const { return texts_.size() + 4 * (begins_.size() + starts_.size() + order_.size() + codes_.size()); }

 private:
  friend class Builder;
  std::size_t longest_ = 0;
  std::string texts_;                            ///< each value with a NUL behind it, which no key contains
  std::vector<std::uint32_t> begins_, starts_;   ///< one more than there are values
  std::vector<std::uint32_t> order_, codes_;
};

}  // namespace machiya::registers
