// Latencies in microseconds with 1.6 % resolution in a fixed amount of memory.
#pragma once
#include <array>
#include <bit>
#include <cstdint>

namespace machiya::load {

class Histogram {
 public:
  void add(std::int64_t us) {
    if (us < 0) us = 0;
    ++counts_[index(static_cast<std::uint64_t>(us))];
    ++total_;
    if (us > max_) max_ = us;
  }
  void merge(const Histogram& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    total_ += other.total_;
    if (other.max_ > max_) max_ = other.max_;
  }
  std::int64_t total() const { return total_; }
  std::int64_t max() const { return max_; }
  /// The latency that the share `q` (0…1) of all stays at or below; 0 without samples.
  std::int64_t quantile(double q) const {
    const auto wanted = static_cast<std::int64_t>(q * static_cast<double>(total_) + 0.999999);
    std::int64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i)
      if ((seen += counts_[i]) >= wanted && seen > 0) return static_cast<std::int64_t>(upper(i)) < max_ ? static_cast<std::int64_t>(upper(i)) : max_;
    return max_;
  }

 private:
  static constexpr int kBits = 6;  ///< 64 buckets for each power of two
  static std::size_t index(std::uint64_t v) {
    if (v < (1U << kBits)) return static_cast<std::size_t>(v);
    const int shift = static_cast<int>(std::bit_width(v)) - 1 - kBits;
    return static_cast<std::size_t>((static_cast<std::uint64_t>(shift + 1) << kBits) + ((v >> shift) - (1U << kBits)));
  }
  static std::uint64_t upper(std::size_t i) {
    if (i < (1U << kBits)) return i;
    const int shift = static_cast<int>(i >> kBits) - 1;
    return (((i & ((1U << kBits) - 1)) + (1U << kBits) + 1) << shift) - 1;
  }
  std::array<std::int64_t, 64 * 59> counts_{};
  std::int64_t total_ = 0, max_ = 0;
};

}  // namespace machiya::load
