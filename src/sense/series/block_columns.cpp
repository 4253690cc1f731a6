#include "sense/series/block_columns.h"

#include <algorithm>
#include <bit>
#include <vector>

namespace machiya::sense::series {
namespace {

std::int64_t minus(std::int64_t a, std::int64_t b) { return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b)); }
std::int64_t plus(std::int64_t a, std::int64_t b) { return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b)); }

/// A column that is not packed yet: above its least value, or (bits) without the zeros that all end with.
struct Prepared {
  std::vector<std::uint64_t> above;
  std::int64_t least = 0;
  int shift = 0;
  std::size_t size = 0;

  void take(std::span<const std::int64_t> values, bool bits) {
    above.resize(values.size());
    if (bits) {
      std::uint64_t all = 0;
      for (const std::int64_t v : values) all |= static_cast<std::uint64_t>(v);
      shift = all == 0 ? 0 : std::countr_zero(all);
      for (std::size_t i = 0; i < values.size(); ++i) above[i] = static_cast<std::uint64_t>(values[i]) >> shift;
    } else {
      least = values.empty() ? 0 : *std::min_element(values.begin(), values.end());
      for (std::size_t i = 0; i < values.size(); ++i) above[i] = static_cast<std::uint64_t>(minus(values[i], least));
    }
    size = packed_size(above);
  }
  void put(ColumnMode mode, bool bits, std::string& out) const {
    out.push_back(static_cast<char>(mode));
    if (bits) out.push_back(static_cast<char>(shift));
    else put_signed(out, least);
    pack(above, out);
  }
};

/// What stands before the packed numbers.
struct ColumnHead {
  ColumnMode mode = ColumnMode::plain;
  std::int64_t least = 0;
  int shift = 0;
};
bool take_head(Reader& in, bool bits, ColumnHead& head) {
  const std::uint8_t mode = in.byte();
  if (mode > 1) return in.fail(), false;
  head.mode = static_cast<ColumnMode>(mode);
  if (bits) {
    head.shift = in.byte();
    if (head.shift > 63) in.fail();
  } else {
    head.least = in.signed_varint();
  }
  return in.ok();
}

std::int64_t whole(std::int64_t packed, const ColumnHead& head, std::int64_t previous, bool bits) {
  const std::int64_t v = bits ? static_cast<std::int64_t>(static_cast<std::uint64_t>(packed) << head.shift) : plus(packed, head.least);
  if (head.mode == ColumnMode::plain) return v;
  return bits ? v ^ previous : plus(v, previous);
}

void put_better(std::span<const std::int64_t> plain, std::span<const std::int64_t> against, bool bits, std::string& out) {
  thread_local Prepared a, b;
  a.take(plain, bits);
  if (against.empty()) return a.put(ColumnMode::plain, bits, out);
  b.take(against, bits);
  if (b.size < a.size) b.put(ColumnMode::against_previous, bits, out);
  else a.put(ColumnMode::plain, bits, out);
}

}  // namespace

void put_column(std::span<const std::int64_t> values, std::span<const std::int64_t> previous, bool bits, std::string& out) {
  thread_local std::vector<std::int64_t> against;
  against.resize(previous.size());
  for (std::size_t i = 0; i < previous.size(); ++i) against[i] = bits ? values[i] ^ previous[i] : minus(values[i], previous[i]);
  put_better(values, against, bits, out);
}

bool take_column(Reader& in, std::span<std::int64_t> column, bool bits) {
  ColumnHead head;
  if (!take_head(in, bits, head)) return false;
  if (head.mode == ColumnMode::plain) {
    if (!unpack(in, {reinterpret_cast<std::uint64_t*>(column.data()), column.size()})) return false;
    for (std::int64_t& v : column) v = whole(v, head, 0, bits);
    return true;
  }
  thread_local std::vector<std::uint64_t> packed;
  packed.resize(column.size());
  if (!unpack(in, packed)) return false;
  for (std::size_t i = 0; i < column.size(); ++i) column[i] = whole(static_cast<std::int64_t>(packed[i]), head, column[i], bits);
  return true;
}

std::int64_t take_one(Reader& in, std::size_t count, std::size_t index, std::int64_t previous, bool bits) {
  ColumnHead head;
  if (!take_head(in, bits, head)) return 0;
  const std::uint64_t packed = unpack_one(in, count, index);
  return in.ok() ? whole(static_cast<std::int64_t>(packed), head, previous, bits) : 0;
}

void put_runs(std::span<const std::int64_t> values, std::span<const std::uint32_t> starts, bool bits, std::string& out) {
  thread_local std::vector<std::int64_t> against, firsts;
  against.resize(values.size());
  firsts.clear();
  for (std::size_t i = 0; i < values.size(); ++i) against[i] = i == 0 ? 0 : bits ? values[i] ^ values[i - 1] : minus(values[i], values[i - 1]);
  for (std::size_t r = starts.size(); r-- > 0;) {   // the place of a beginning is never read: the step behind it stands there, so that it costs nothing
    const std::size_t s = starts[r];
    against[s] = s + 1 < values.size() ? against[s + 1] : 0;
  }
  for (const std::uint32_t s : starts) firsts.push_back(values[s]);
  // First the beginnings, so that the steps between values are all alike.
  thread_local Prepared beginnings;
  beginnings.take(firsts, bits);
  beginnings.put(ColumnMode::plain, bits, out);
  put_better(values, against, bits, out);
}

namespace {
/// From packed numbers to the values of one run.
void follow(std::span<std::int64_t> run, std::int64_t first, const ColumnHead& head, bool bits) {
  std::int64_t previous = first;
  for (std::size_t i = 0; i < run.size(); ++i) {
    if (head.mode == ColumnMode::against_previous && i == 0) run[i] = first;
    else previous = run[i] = whole(run[i], head, previous, bits);
  }
}
}  // namespace

bool take_runs(Reader& in, std::span<std::int64_t> values, std::span<const std::uint32_t> starts, bool bits) {
  thread_local std::vector<std::int64_t> firsts;
  firsts.assign(starts.size(), 0);
  ColumnHead head;
  if (!take_column(in, firsts, bits) || !take_head(in, bits, head)) return false;
  if (!unpack(in, {reinterpret_cast<std::uint64_t*>(values.data()), values.size()})) return false;
  for (std::size_t r = 0; r < starts.size(); ++r) {
    const std::size_t end = r + 1 < starts.size() ? starts[r + 1] : values.size();
    follow(values.subspan(starts[r], end - starts[r]), firsts[r], head, bits);
  }
  return true;
}

bool take_run(Reader& in, std::size_t count, std::span<const std::uint32_t> starts, std::size_t run, std::span<std::int64_t> values, bool bits) {
  const std::int64_t first = take_one(in, starts.size(), run, 0, bits);
  ColumnHead head;
  if (!in.ok() || !take_head(in, bits, head)) return false;
  if (!unpack_part(in, count, starts[run], {reinterpret_cast<std::uint64_t*>(values.data()), values.size()})) return false;
  follow(values, first, head, bits);
  return true;
}

}  // namespace machiya::sense::series
