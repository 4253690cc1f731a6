#include "ask/registers/column_values.h"

#include <string.h>

#include <algorithm>
#include <utility>

namespace machiya::registers {

void ColumnValues::Builder::add(std::string_view value, std::uint32_t row) {
  const bool same = !begins_.empty() && value == std::string_view(texts_).substr(begins_.back(), texts_.size() - begins_.back() - 1);
  if (!same) {
    begins_.push_back(static_cast<std::uint32_t>(texts_.size()));
    starts_.push_back(static_cast<std::uint32_t>(order_.size()));
    texts_ += value, texts_ += '\0';
    longest_ = std::max(longest_, value.size());
  }
  order_.push_back(row);
}

ColumnValues ColumnValues::Builder::finish() {
  ColumnValues out;
  begins_.push_back(static_cast<std::uint32_t>(texts_.size()));
  starts_.push_back(static_cast<std::uint32_t>(order_.size()));
  out.longest_ = longest_, out.texts_ = std::move(texts_), out.begins_ = std::move(begins_), out.starts_ = std::move(starts_), out.order_ = std::move(order_);
  for (auto* list : {&out.begins_, &out.starts_, &out.order_}) list->shrink_to_fit();
  out.texts_.shrink_to_fit();
  out.codes_.assign(rows_, 0);
  for (std::uint32_t v = 0; v < out.values(); ++v)
    for (std::uint32_t e = out.starts_[v]; e < out.starts_[v + 1]; ++e) {
      std::uint32_t& code = out.codes_[out.order_[e]];
      if (code != 0) {   // a second value: the column is one of several choices
        out.codes_ = {};
        return out;
      }
      code = v + 1;
    }
  return out;
}

std::uint32_t ColumnValues::bound(std::string_view wanted, bool behind) const {
  std::uint32_t low = 0, high = static_cast<std::uint32_t>(values());
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    const int order = value(middle).compare(wanted);
    if (order < 0 || (behind && order == 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}

ColumnValues::Stretch ColumnValues::stretch(const Range& range) const {
  const std::uint32_t first = bound(range.low, false), last = range.high ? bound(*range.high, true) : static_cast<std::uint32_t>(values());
  return {first, std::max(first, last)};
}

std::vector<bool> ColumnValues::containing(std::string_view text) const {
  std::vector<bool> out(values(), text.empty());
  if (text.empty()) return out;
  // One pass over all texts, by memmem(3), which is quicker than std::string::find; what is found spans no NUL, because the text has none.
  const char* const begin = texts_.data();
  for (std::size_t from = 0;;) {
    const void* const found = ::memmem(begin + from, texts_.size() - from, text.data(), text.size());
    if (found == nullptr) return out;
    const auto at = static_cast<std::uint32_t>(static_cast<const char*>(found) - begin);
    const auto v = static_cast<std::size_t>(std::upper_bound(begins_.begin(), begins_.end(), at) - begins_.begin()) - 1;
    out[v] = true, from = begins_[v + 1];
  }
}

}  // namespace machiya::registers
