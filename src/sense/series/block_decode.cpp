// Reading blocks (block.h). Whatever the bytes are, nothing outside of them is touched.
#include <algorithm>

#include "sense/series/block.h"
#include "sense/series/block_columns.h"
#include "sense/series/block_form.h"
#include "sense/series/values.h"

namespace machiya::sense::series {
namespace {

/// Blocks never reach over a multiple of kChunk; so no number is passed by either.
bool of_one_chunk(std::uint32_t first, std::uint64_t count) { return first % kChunk + count <= kChunk; }

bool take_numbers(Reader& in, std::uint32_t first, std::size_t count, std::vector<std::uint32_t>& out) {
  std::vector<std::uint64_t> gaps(count - 1);
  if (!unpack(in, gaps)) return false;
  out.assign(1, first);
  for (const std::uint64_t gap : gaps) {
    if (gap >= kChunk || !of_one_chunk(out.back(), gap + 2)) return in.fail(), false;
    out.push_back(out.back() + static_cast<std::uint32_t>(gap) + 1);
  }
  return true;
}

bool take_scale(Reader& in, std::uint8_t& scale) {
  scale = in.byte();
  if (scale > kMostDecimals && scale != kBits) in.fail();
  return in.ok();
}

}  // namespace

bool GridReader::open(Reader& in) {
  in_ = &in;
  if (!take_scale(in, scale_)) return false;
  flags_ = in.byte();
  series_ = in.varint();
  first_ = static_cast<std::uint32_t>(in.varint());
  if (!in.ok() || series_ == 0 || series_ > kChunk || !of_one_chunk(first_, series_)) return in.fail(), false;
  numbers_.clear();
  if ((flags_ & kConsecutive) == 0 && !take_numbers(in, first_, series_, numbers_)) return false;
  const std::size_t times = in.varint();
  if (!in.ok() || times == 0 || times > kMostCells / series_) return in.fail(), false;
  const std::int64_t first = in.signed_varint();
  times_.resize(times);
  if (!unpack_signed(in, std::span(times_).subspan(1))) return false;
  times_[0] = first;
  for (std::size_t i = 1; i < times; ++i) times_[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(times_[i]) + static_cast<std::uint64_t>(times_[i - 1]));
  version_ = in.varint();
  values_.assign(series_, 0), missing_.resize(series_), quality_.resize(series_), older_.assign(series_, 0);
  return in.ok();
}

std::size_t GridReader::find(std::uint32_t number) const {
  if (numbers_.empty()) return number >= first_ && number - first_ < series_ ? number - first_ : series_;
  const auto at = std::lower_bound(numbers_.begin(), numbers_.end(), number);
  return at != numbers_.end() && *at == number ? static_cast<std::size_t>(at - numbers_.begin()) : series_;
}

bool GridReader::next() {
  if ((flags_ & kHasMissing) && !unpack(*in_, missing_)) return false;
  if ((flags_ & kHasQuality) && !unpack(*in_, quality_)) return false;
  if ((flags_ & kHasVersions) && !unpack(*in_, older_)) return false;
  return take_column(*in_, values_, scale_ == kBits);
}

bool GridReader::next_of(std::size_t i) {
  if (flags_ & kHasMissing) missing_[i] = unpack_one(*in_, series_, i);
  if (flags_ & kHasQuality) quality_[i] = unpack_one(*in_, series_, i);
  if (flags_ & kHasVersions) older_[i] = unpack_one(*in_, series_, i);
  values_[i] = take_one(*in_, series_, i, values_[i], scale_ == kBits);
  return in_->ok();
}

bool RunsReader::open_head(Reader& in, std::uint8_t& flags, std::size_t& total) {
  if (!take_scale(in, scale)) return false;
  flags = in.byte();
  const std::size_t runs = in.varint();
  const auto first = static_cast<std::uint32_t>(in.varint());
  if (!in.ok() || runs == 0 || runs > kChunk || !of_one_chunk(first, runs)) return in.fail(), false;
  if (!take_numbers(in, first, runs, numbers)) return false;
  std::vector<std::uint64_t> counts(runs);
  if (!unpack(in, counts)) return false;
  total = 0;
  starts.clear();
  for (const std::uint64_t n : counts) {
    if (n == 0 || n > kMostRunValues) return in.fail(), false;
    starts.push_back(static_cast<std::uint32_t>(total));
    total += n;
  }
  return total <= kMostRunValues || (in.fail(), false);
}

bool RunsReader::open(Reader& in) {
  std::uint8_t flags = 0;
  std::size_t total = 0;
  if (!open_head(in, flags, total)) return false;
  times.resize(total), values.resize(total);
  if (!take_runs(in, times, starts, false)) return false;
  version = in.varint();
  quality.resize(flags & kHasQuality ? total : 0), older.resize(flags & kHasVersions ? total : 0);
  if ((flags & kHasQuality) && !unpack(in, quality)) return false;
  if ((flags & kHasVersions) && !unpack(in, older)) return false;
  return take_runs(in, values, starts, scale == kBits);
}

bool RunsReader::open_one(Reader& in, std::uint32_t number) {
  std::uint8_t flags = 0;
  std::size_t total = 0;
  if (!open_head(in, flags, total)) return false;
  const auto at = std::lower_bound(numbers.begin(), numbers.end(), number);
  if (at == numbers.end() || *at != number) return numbers.clear(), true;
  const auto run = static_cast<std::size_t>(at - numbers.begin());
  const std::size_t from = starts[run], count = (run + 1 < starts.size() ? starts[run + 1] : total) - from;
  times.resize(count), values.resize(count);
  if (!take_run(in, total, starts, run, times, false)) return false;
  version = in.varint();
  quality.resize(flags & kHasQuality ? count : 0), older.resize(flags & kHasVersions ? count : 0);
  if ((flags & kHasQuality) && !unpack_part(in, total, from, quality)) return false;
  if ((flags & kHasVersions) && !unpack_part(in, total, from, older)) return false;
  if (!take_run(in, total, starts, run, values, scale == kBits)) return false;
  numbers.assign(1, number), starts.assign(1, 0);
  return true;
}

Sample RunsReader::sample(std::size_t run, std::size_t i) const {
  return {times[i], from_integer(values[i], scale), older.empty() ? version : version - older[i], numbers[run],
          quality.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(quality[i])};
}

namespace {

Sample cell(const GridReader& grid, std::size_t t, std::size_t i) {
  return {grid.times()[t], from_integer(grid.values()[i], grid.scale()), grid.version(i), grid.number(i), grid.quality(i)};
}

bool decode_grid(Reader& in, std::uint32_t first, std::uint32_t last, std::vector<Sample>& out) {
  thread_local GridReader grid;
  if (!grid.open(in)) return false;
  if (first == last) {
    const std::size_t i = grid.find(first);
    for (std::size_t t = 0; i < grid.series() && t < grid.times().size(); ++t) {
      if (!grid.next_of(i)) return false;
      if (!grid.missing(i)) out.push_back(cell(grid, t, i));
    }
    return true;
  }
  std::vector<Sample> cells;   // by time; out needs them by series
  std::vector<std::uint32_t> count(grid.series() + 1);
  for (std::size_t t = 0; t < grid.times().size(); ++t) {
    if (!grid.next()) return false;
    for (std::size_t i = 0; i < grid.series(); ++i) {
      if (grid.missing(i) || grid.number(i) < first || grid.number(i) > last) continue;
      cells.push_back(cell(grid, t, i));
      ++count[i + 1];
    }
  }
  for (std::size_t i = 1; i < count.size(); ++i) count[i] += count[i - 1];
  const std::size_t start = out.size();
  out.resize(start + cells.size());
  for (const Sample& s : cells) out[start + count[grid.find(s.number)]++] = s;
  return true;
}

bool decode_runs(Reader& in, std::uint32_t first, std::uint32_t last, std::vector<Sample>& out) {
  thread_local RunsReader runs;
  if (first == last ? !runs.open_one(in, first) : !runs.open(in)) return false;
  for (std::size_t r = 0; r < runs.numbers.size(); ++r) {
    if (runs.numbers[r] < first || runs.numbers[r] > last) continue;
    for (std::size_t i = runs.starts[r]; i < runs.end_of(r); ++i) out.push_back(runs.sample(r, i));
  }
  return true;
}

/// The usual case, without a branch for each value: nothing missing, all good, neighbouring numbers.
void add_column(const GridReader& grid, std::int64_t time_us, std::span<Aggregate, kChunk> of) {
  const std::uint8_t scale = grid.scale();
  const auto each = [&](auto value_of) {
    for (std::size_t i = 0; i < grid.series(); ++i) add(of[grid.number(i) % kChunk], time_us, value_of(grid.values()[i]));
  };
  if (scale == 0) each([](std::int64_t v) { return static_cast<double>(v); });
  else each([scale](std::int64_t v) { return from_integer(v, scale); });
}

bool aggregate_grid(Reader& in, Span span, std::span<Aggregate, kChunk> of) {
  thread_local GridReader grid;
  if (!grid.open(in)) return false;
  for (const std::int64_t t : grid.times()) {
    if (!grid.next()) return false;
    if (t < span.from_us || t >= span.to_us) continue;
    if (grid.plain()) {
      add_column(grid, t, of);
      continue;
    }
    for (std::size_t i = 0; i < grid.series(); ++i)
      if (!grid.missing(i) && grid.quality(i) < static_cast<std::uint8_t>(Quality::bad)) add(of[grid.number(i) % kChunk], t, from_integer(grid.values()[i], grid.scale()));
  }
  return true;
}

bool aggregate_runs(Reader& in, Span span, std::span<Aggregate, kChunk> of) {
  thread_local RunsReader runs;
  if (!runs.open(in)) return false;
  for (std::size_t r = 0; r < runs.numbers.size(); ++r) {
    Aggregate& a = of[runs.numbers[r] % kChunk];
    for (std::size_t i = runs.starts[r]; i < runs.end_of(r); ++i) {
      const bool counts = runs.quality.empty() || runs.quality[i] < static_cast<std::uint8_t>(Quality::bad);
      if (counts && runs.times[i] >= span.from_us && runs.times[i] < span.to_us) add(a, runs.times[i], from_integer(runs.values[i], runs.scale));
    }
  }
  return true;
}

}  // namespace

bool decode_block(std::string_view bytes, std::uint32_t first, std::uint32_t last, std::vector<Sample>& out) {
  Reader in(bytes);
  const std::uint8_t form = in.byte();
  if (form == static_cast<std::uint8_t>(Form::grid)) return decode_grid(in, first, last, out);
  return form == static_cast<std::uint8_t>(Form::runs) && decode_runs(in, first, last, out);
}

bool aggregate_block(std::string_view bytes, Span span, std::span<Aggregate, kChunk> of) {
  Reader in(bytes);
  const std::uint8_t form = in.byte();
  if (form == static_cast<std::uint8_t>(Form::grid)) return aggregate_grid(in, span, of);
  return form == static_cast<std::uint8_t>(Form::runs) && aggregate_runs(in, span, of);
}

}  // namespace machiya::sense::series
