// Aggregates by period, collected from values or roll-ups in the order of time. Inside series only.
#pragma once
#include <bit>
#include <unordered_set>
#include <vector>

#include "sense/series/block.h"

namespace machiya::sense::series {

class Periods {
 public:
  explicit Periods(const AggregateQuery& query) : query_(query) {}
  /// The period of this time, which is none before the last one.
  Aggregate& at(std::int64_t time_us) {
    const std::int64_t from = query_.period_us <= 0 ? query_.span.from_us : query_.origin_us + floor_div(time_us - query_.origin_us, query_.period_us) * query_.period_us;
    if (out_.empty() || out_.back().from_us != from) {
      end_period();
      out_.push_back({from, {}});
    }
    return out_.back().of;
  }
  void add(const Sample& s) {
    if (s.quality >= static_cast<std::uint8_t>(Quality::bad)) return;
    series::add(at(s.time_us), s.time_us, s.value);
    if (query_.distinct) seen_.insert(std::bit_cast<std::uint64_t>(s.value));
  }
  std::vector<Period> finish() {
    end_period();
    return std::move(out_);
  }

 private:
  void end_period() {
    if (!out_.empty()) out_.back().of.distinct = seen_.size();
    seen_.clear();
  }
  const AggregateQuery query_;
  std::vector<Period> out_;
  std::unordered_set<std::uint64_t> seen_;
};

}  // namespace machiya::sense::series
