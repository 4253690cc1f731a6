#include "sense/series/view.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "sense/series/roll_up.h"

namespace machiya::sense::series {
namespace {

bool overlaps(const BlockFacts& f, std::uint32_t first, std::uint32_t last, Span span) {
  return f.first <= last && f.last >= first && f.first_us < span.to_us && f.last_us >= span.from_us;
}

Result<void> read_blocks(const Segment& segment, std::span<const BlockEntry> blocks, std::uint32_t first, std::uint32_t last, Span span, std::vector<Sample>& out) {
  thread_local std::string buffer;
  for (const BlockEntry& e : blocks) {
    if (!overlaps(e.facts, first, last, span)) continue;
    MACHIYA_TRY(const std::string_view bytes, segment.read(e, buffer));
    if (!decode_block(bytes, first, last, out)) return segment.damaged(e);
  }
  return {};
}

/// True when each series has its values in these blocks in the order of time, block after block: aggregates can be added as they come.
bool in_order(std::span<const BlockEntry> blocks) {
  bool any = false;
  std::uint32_t reach = 0;
  std::int64_t reach_us = 0;
  for (const BlockEntry& e : blocks) {
    if (!any || e.facts.first > reach) reach_us = e.facts.last_us;
    else if (e.facts.first_us <= reach_us) return false;
    else reach_us = e.facts.last_us;
    reach = any ? std::max(reach, e.facts.last) : e.facts.last;
    any = true;
  }
  return true;
}

}  // namespace

void keep_last(std::vector<Sample>& samples, bool drop_erased, std::vector<Sample>* replaced) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const Sample s = samples[i];
    const bool more = i + 1 < samples.size() && samples[i + 1].number == s.number && samples[i + 1].time_us == s.time_us;
    if (!more && (!drop_erased || s.quality != kErased)) samples[kept++] = s;
    else if (more && replaced != nullptr && samples[i + 1].version != s.version) replaced->push_back(s);   // of one batch only the last one was ever written
  }
  samples.resize(kept);
}

void merge(Aggregate& a, const Aggregate& later) {
  if (later.count == 0) return;
  if (a.count == 0) { a = later; return; }
  a.min = std::min(a.min, later.min), a.max = std::max(a.max, later.max);
  a.count += later.count, a.sum += later.sum, a.sum_of_squares += later.sum_of_squares;
  a.last = later.last, a.last_us = later.last_us;
}

Snapshot::Snapshot(std::shared_ptr<const View> view) : view_(std::move(view)) {
  for (const auto& head : view_->heads) published_.push_back(head->published());
}

bool Snapshot::heads_touch(MeasurementId m, Span span) const {
  return std::any_of(view_->heads.begin(), view_->heads.end(), [&](const auto& head) { return head->touches(m, span); });
}

void Snapshot::take_heads(MeasurementId m, std::uint32_t first, std::uint32_t last, Span span, std::vector<Sample>& out) const {
  for (std::size_t h = 0; h < view_->heads.size(); ++h) view_->heads[h]->take(published_[h], m, first, last, span, out);
}

Result<void> Snapshot::take_day(std::int64_t day, MeasurementId m, std::uint32_t first, std::uint32_t last, Span span, bool all, std::vector<Sample>& out,
                                const std::vector<Sample>* heads) const {
  const Span of_day = view_->grid.span(day);
  const Span part{std::max(span.from_us, of_day.from_us), std::min(span.to_us, of_day.to_us)};
  if (part.from_us >= part.to_us || day < view_->floors_of(m).raw) return {};
  thread_local std::vector<Sample> taken;
  taken.clear();
  if (const auto at = view_->days.find(day); at != view_->days.end()) {
    if (at->second.damaged) return *at->second.damaged;
    for (const auto& segment : at->second.segments) {
      MACHIYA_CHECK(read_blocks(*segment, segment->blocks(m, Field::raw, first / kChunk), first, last, part, taken));
      if (all) MACHIYA_CHECK(read_blocks(*segment, segment->blocks(m, Field::replaced, first / kChunk), first, last, part, taken));
    }
  }
  if (heads == nullptr) take_heads(m, first, last, part, taken);
  else taken.insert(taken.end(), heads->begin(), heads->end());
  std::erase_if(taken, [&](const Sample& s) { return s.time_us < part.from_us || s.time_us >= part.to_us; });
  if (!std::is_sorted(taken.begin(), taken.end(), before)) std::stable_sort(taken.begin(), taken.end(), before);
  if (all) {   // of one batch only the last one was ever written
    std::size_t kept = 0;
    for (std::size_t i = 0; i < taken.size(); ++i)
      if (i + 1 == taken.size() || before(taken[i], taken[i + 1])) taken[kept++] = taken[i];
    taken.resize(kept);
  } else {
    keep_last(taken, true, nullptr);
  }
  out.insert(out.end(), taken.begin(), taken.end());
  return {};
}

std::vector<std::int64_t> Snapshot::days(MeasurementId m, Span span) const {
  std::set<std::int64_t> out;
  if (span.from_us >= span.to_us) return {};
  const std::int64_t first = view_->grid.day_of(std::clamp(span.from_us, kFirstUs, kLastUs)), last = view_->grid.day_of(std::clamp(span.to_us - 1, kFirstUs, kLastUs));
  for (auto at = view_->days.lower_bound(first); at != view_->days.end() && at->first <= last; ++at) out.insert(at->first);
  for (const auto& head : view_->heads) {
    const auto seen = head->days(m);
    for (const std::int64_t day : seen)
      if (day >= first && day <= last) out.insert(day);
  }
  return {out.begin(), out.end()};
}

Result<void> Snapshot::aggregate_day(std::int64_t day, MeasurementId m, std::uint32_t chunk, Span span, std::span<Aggregate, kChunk> of) const {
  const std::uint32_t first = chunk * kChunk, last = first + kChunk - 1;
  if (day < view_->floors_of(m).raw)
    return take_roll_ups(day, m, first, last, span, [&](std::uint32_t number, std::int64_t) { return &of[number % kChunk]; });
  const auto at = view_->days.find(day);
  if (at != view_->days.end() && at->second.damaged) return *at->second.damaged;
  if (!heads_touch(m, view_->grid.span(day)) && at != view_->days.end()) {
    const Segment* only = nullptr;
    std::size_t holders = 0;
    for (const auto& segment : at->second.segments)
      if (!segment->blocks(m, Field::raw, chunk).empty()) only = segment.get(), ++holders;
    if (holders == 0) return {};
    const auto blocks = only->blocks(m, Field::raw, chunk);
    if (holders == 1 && in_order(blocks)) {
      thread_local std::string buffer;
      for (const BlockEntry& e : blocks) {
        MACHIYA_TRY(const std::string_view bytes, only->read(e, buffer));
        if (!aggregate_block(bytes, span, of)) return only->damaged(e);
      }
      return {};
    }
  }
  std::vector<Sample> samples;
  MACHIYA_CHECK(take_day(day, m, first, last, span, false, samples));
  for (const Sample& s : samples)
    if (s.quality < static_cast<std::uint8_t>(Quality::bad)) add(of[s.number % kChunk], s.time_us, s.value);
  return {};
}

Result<void> Snapshot::take_roll_ups(std::int64_t day, MeasurementId m, std::uint32_t first, std::uint32_t last, Span span,
                                     const std::function<Aggregate*(std::uint32_t, std::int64_t)>& into) const {
  const Floors floors = view_->floors_of(m);
  const auto at = view_->days.find(day);
  if (at == view_->days.end() || day >= floors.raw || day < floors.days) return {};
  if (at->second.damaged) return *at->second.damaged;
  const Field count = day < floors.hours ? Field::day_count : Field::hour_count;
  for (const auto& segment : at->second.segments) {
    std::vector<RollUp> rows;
    MACHIYA_CHECK(read_roll_ups(*segment, m, count, first, last, rows));
    for (const RollUp& row : rows)
      if (row.begin_us >= span.from_us && row.begin_us < span.to_us)
        if (Aggregate* a = into(row.number, row.begin_us)) merge(*a, row.of);
  }
  return {};
}

}  // namespace machiya::sense::series
