// Writing blocks (block.h).
#include <algorithm>
#include <unordered_map>

#include "sense/series/block.h"
#include "sense/series/block_columns.h"
#include "sense/series/block_form.h"
#include "sense/series/values.h"

namespace machiya::sense::series {
namespace {

std::uint64_t greatest_version(std::span<const Sample> samples) {
  std::uint64_t v = 0;
  for (const Sample& s : samples) v = std::max(v, s.version);
  return v;
}

BlockFacts facts_of(std::span<const Sample> samples) {
  BlockFacts f{samples.front().number, samples.back().number, samples[0].time_us, samples[0].time_us, static_cast<std::uint32_t>(samples.size())};
  for (const Sample& s : samples) f.first_us = std::min(f.first_us, s.time_us), f.last_us = std::max(f.last_us, s.time_us);
  return f;
}

std::uint8_t flags_of(std::span<const Sample> samples, bool exact_versions) {
  std::uint8_t flags = 0;
  for (const Sample& s : samples) {
    if (s.quality != 0) flags |= kHasQuality;
    if (exact_versions && s.version != samples[0].version) flags |= kHasVersions;
  }
  return flags;
}

void put_numbers(const std::vector<std::uint32_t>& numbers, std::string& out) {
  std::vector<std::uint64_t> gaps;
  for (std::size_t i = 1; i < numbers.size(); ++i) gaps.push_back(numbers[i] - numbers[i - 1] - 1);
  pack(gaps, out);
}

void put_times(std::span<const std::int64_t> times, std::string& out) {
  std::vector<std::int64_t> steps;
  for (std::size_t i = 1; i < times.size(); ++i) steps.push_back(times[i] - times[i - 1]);
  put_varint(out, times.size());
  put_signed(out, times[0]);
  pack_signed(steps, out);
}

/// The cells of one grid while it is written.
class GridWriter {
 public:
  GridWriter(std::span<const Sample> samples, std::span<const std::int64_t> times, const std::vector<std::uint32_t>& numbers, bool exact_versions)
      : samples_(samples), times_(times), numbers_(numbers), flags_(flags_of(samples, exact_versions)), version_(greatest_version(samples)) {
    if (samples.size() < times.size() * numbers.size()) flags_ |= kHasMissing;
    if (numbers.back() - numbers.front() + 1 == numbers.size()) flags_ |= kConsecutive;
    scale_ = common_scale(samples.size(), [&](std::size_t i) { return samples[i].value; });
    place();
  }
  void put(std::string& out) const {
    out.push_back(static_cast<char>(Form::grid));
    out.push_back(static_cast<char>(scale_));
    out.push_back(static_cast<char>(flags_));
    put_varint(out, numbers_.size());
    put_varint(out, numbers_.front());
    if ((flags_ & kConsecutive) == 0) put_numbers(numbers_, out);
    put_times(times_, out);
    put_varint(out, version_);
    for (std::size_t t = 0; t < times_.size(); ++t) put_column_of(t, out);
  }

 private:
  void place() {
    const std::size_t wide = numbers_.size();
    at_.assign(times_.size() * wide, nullptr);
    std::size_t row = 0, column = 0;
    for (const Sample& s : samples_) {
      while (numbers_[row] != s.number) ++row, column = 0;
      while (times_[column] != s.time_us) ++column;
      at_[column * wide + row] = &s;
    }
  }
  void put_column_of(std::size_t t, std::string& out) const {
    const std::size_t wide = numbers_.size();
    const std::span<const Sample* const> cells(&at_[t * wide], wide);
    const auto put_cells = [&](auto of) {
      small_.resize(wide);
      for (std::size_t i = 0; i < wide; ++i) small_[i] = of(cells[i]);
      pack(small_, out);
    };
    if (flags_ & kHasMissing) put_cells([](const Sample* s) -> std::uint64_t { return s == nullptr; });
    if (flags_ & kHasQuality) put_cells([](const Sample* s) -> std::uint64_t { return s == nullptr ? 0 : s->quality; });
    if (flags_ & kHasVersions) put_cells([&](const Sample* s) -> std::uint64_t { return s == nullptr ? 0 : version_ - s->version; });
    values_.resize(wide);
    std::int64_t filler = 0;
    for (const Sample* s : cells)
      if (s != nullptr) { filler = to_integer(s->value, scale_); break; }
    for (std::size_t i = 0; i < wide; ++i) values_[i] = cells[i] != nullptr ? to_integer(cells[i]->value, scale_) : t > 0 ? previous_[i] : filler;
    series::put_column(values_, t > 0 ? std::span<const std::int64_t>(previous_) : std::span<const std::int64_t>(), scale_ == kBits, out);
    std::swap(previous_, values_);
  }

  std::span<const Sample> samples_;
  std::span<const std::int64_t> times_;
  const std::vector<std::uint32_t>& numbers_;
  std::uint8_t flags_, scale_ = 0;
  std::uint64_t version_;
  std::vector<const Sample*> at_;
  mutable std::vector<std::uint64_t> small_;
  mutable std::vector<std::int64_t> values_, previous_;
};

/// Times that at least a quarter of the series have in common.
std::vector<std::int64_t> common_times(std::span<const Sample> samples, std::size_t series) {
  std::vector<std::int64_t> times;
  times.reserve(samples.size());
  for (const Sample& s : samples) times.push_back(s.time_us);
  // Usually each series has the same few times: then what the first one has is all there is.
  std::size_t one = 0;
  while (one < samples.size() && samples[one].number == samples[0].number) ++one;
  if (one * series == samples.size()) {
    bool same = true;
    for (std::size_t i = one; same && i < times.size(); ++i) same = times[i] == times[i - one];
    if (same) return times.resize(one), times;
  }
  std::sort(times.begin(), times.end());
  std::vector<std::int64_t> common;
  for (std::size_t from = 0, to; from < times.size(); from = to) {
    for (to = from; to < times.size() && times[to] == times[from];) ++to;
    if ((to - from) * 4 >= series) common.push_back(times[from]);
  }
  return common;
}

void encode_grid(std::span<const Sample> samples, const std::vector<std::int64_t>& times, bool exact_versions, const BlockSink& sink) {
  std::vector<Sample> part;
  std::vector<std::uint32_t> numbers;
  for (const Sample& s : samples)
    if (numbers.empty() || numbers.back() != s.number) numbers.push_back(s.number);
  const std::size_t most = std::max<std::size_t>(1, kMostCells / numbers.size());
  for (std::size_t from = 0; from < times.size(); from += most) {
    const std::size_t to = std::min(times.size(), from + most);
    std::span<const Sample> taken = samples;
    if (times.size() > most) {
      part.clear();
      for (const Sample& s : samples)
        if (s.time_us >= times[from] && s.time_us <= times[to - 1]) part.push_back(s);
      taken = part;
    }
    std::vector<std::uint32_t> there;
    for (const Sample& s : taken)
      if (there.empty() || there.back() != s.number) there.push_back(s.number);
    if (taken.empty()) continue;
    std::string bytes;
    GridWriter(taken, std::span(times).subspan(from, to - from), there, exact_versions).put(bytes);
    sink(facts_of(taken), bytes);
  }
}

void encode_run_block(std::span<const Sample> samples, bool exact_versions, const BlockSink& sink) {
  const std::uint8_t flags = flags_of(samples, exact_versions);
  const std::uint8_t scale = common_scale(samples.size(), [&](std::size_t i) { return samples[i].value; });
  std::vector<std::uint32_t> numbers, starts;
  std::vector<std::int64_t> times, values;
  std::vector<std::uint64_t> counts, quality, older;
  const std::uint64_t version = greatest_version(samples);
  for (const Sample& s : samples) {
    if (numbers.empty() || numbers.back() != s.number) numbers.push_back(s.number), starts.push_back(static_cast<std::uint32_t>(times.size())), counts.push_back(0);
    ++counts.back();
    times.push_back(s.time_us), values.push_back(to_integer(s.value, scale)), quality.push_back(s.quality), older.push_back(version - s.version);
  }
  std::string out;
  out.push_back(static_cast<char>(Form::runs));
  out.push_back(static_cast<char>(scale));
  out.push_back(static_cast<char>(flags));
  put_varint(out, numbers.size());
  put_varint(out, numbers.front());
  put_numbers(numbers, out);
  pack(counts, out);
  put_runs(times, starts, false, out);
  put_varint(out, version);
  if (flags & kHasQuality) pack(quality, out);
  if (flags & kHasVersions) pack(older, out);
  put_runs(values, starts, scale == kBits, out);
  sink(facts_of(samples), out);
}

/// A block holds whole series, or a part of one.
void encode_run_blocks(std::span<const Sample> samples, bool exact_versions, const BlockSink& sink) {
  std::size_t from = 0;
  for (std::size_t at = 0, next; at < samples.size(); at = next) {
    for (next = at; next < samples.size() && samples[next].number == samples[at].number;) ++next;
    if (at > from && next - from > kMostRunValues) encode_run_block(samples.subspan(from, at - from), exact_versions, sink), from = at;
    while (next - from > kMostRunValues) encode_run_block(samples.subspan(from, kMostRunValues), exact_versions, sink), from += kMostRunValues;
    if (from > at && next > from) encode_run_block(samples.subspan(from, next - from), exact_versions, sink), from = next;
  }
  if (from < samples.size()) encode_run_block(samples.subspan(from), exact_versions, sink);
}

}  // namespace

void encode_runs(std::span<const Sample> samples, const BlockSink& sink) { encode_run_blocks(samples, true, sink); }

void encode_blocks(std::span<const Sample> samples, bool exact_versions, const BlockSink& sink) {
  if (samples.empty()) return;
  std::size_t series = 1;
  for (std::size_t i = 1; i < samples.size(); ++i) series += samples[i].number != samples[i - 1].number;
  std::vector<std::int64_t> times;
  if (series > 1) times = common_times(samples, series);
  std::vector<Sample> grid, rest;
  if (!times.empty()) {
    for (const Sample& s : samples) (std::binary_search(times.begin(), times.end(), s.time_us) ? grid : rest).push_back(s);
    if (times.size() * series > 2 * grid.size()) grid.clear();   // more holes than values
  }
  if (grid.empty()) return encode_run_blocks(samples, exact_versions, sink);
  encode_grid(grid, times, exact_versions, sink);
  if (!rest.empty()) encode_run_blocks(rest, exact_versions, sink);
}

}  // namespace machiya::sense::series
