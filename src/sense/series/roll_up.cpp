#include "sense/series/roll_up.h"

#include "sense/series/view.h"

namespace machiya::sense::series {
namespace {

/// The figures of an aggregate in the order of Field; instants as µs after the period's beginning, so that doubles hold them exactly.
double figure(const RollUp& r, std::uint8_t index) {
  switch (index) {
    case 0: return static_cast<double>(r.of.count);
    case 1: return r.of.sum;
    case 2: return r.of.sum_of_squares;
    case 3: return r.of.min;
    case 4: return r.of.max;
    case 5: return r.of.first;
    case 6: return r.of.last;
    case 7: return static_cast<double>(r.of.first_us - r.begin_us);
    default: return static_cast<double>(r.of.last_us - r.begin_us);
  }
}

void set_figure(RollUp& r, std::uint8_t index, double v) {
  switch (index) {
    case 0: r.of.count = static_cast<std::uint64_t>(v); break;
    case 1: r.of.sum = v; break;
    case 2: r.of.sum_of_squares = v; break;
    case 3: r.of.min = v; break;
    case 4: r.of.max = v; break;
    case 5: r.of.first = v; break;
    case 6: r.of.last = v; break;
    case 7: r.of.first_us = r.begin_us + static_cast<std::int64_t>(v); break;
    default: r.of.last_us = r.begin_us + static_cast<std::int64_t>(v); break;
  }
}

Field field_at(Field count, std::uint8_t index) { return static_cast<Field>(static_cast<std::uint8_t>(count) + index); }

}  // namespace

std::vector<RollUp> roll_up(std::span<const Sample> samples, std::int64_t origin_us, std::int64_t period_us) {
  std::vector<RollUp> out;
  for (const Sample& s : samples) {
    if (s.quality >= static_cast<std::uint8_t>(Quality::bad)) continue;
    const std::int64_t begin = origin_us + floor_div(s.time_us - origin_us, period_us) * period_us;
    if (out.empty() || out.back().number != s.number || out.back().begin_us != begin) out.push_back({s.number, begin, {}});
    add(out.back().of, s.time_us, s.value);
  }
  return out;
}

Result<void> write_roll_ups(SegmentWriter& out, MeasurementId m, Field count, std::span<const RollUp> rows) {
  std::vector<Sample> samples(rows.size());
  for (std::uint8_t i = 0; i < kRollUpFields; ++i) {
    for (std::size_t r = 0; r < rows.size(); ++r) samples[r] = {rows[r].begin_us, figure(rows[r], i), 0, rows[r].number, 0};
    Result<void> done;
    encode_blocks(samples, false, [&](const BlockFacts& facts, const std::string& bytes) {
      if (done.ok()) done = out.add(m, field_at(count, i), facts, bytes);
    });
    MACHIYA_CHECK(std::move(done));
  }
  return {};
}

Result<void> read_roll_ups(const Segment& segment, MeasurementId m, Field count, std::uint32_t first, std::uint32_t last, std::vector<RollUp>& out) {
  std::string buffer;
  std::vector<Sample> samples;
  for (std::uint8_t i = 0; i < kRollUpFields; ++i) {
    samples.clear();
    const auto blocks = segment.blocks(m, field_at(count, i), first / kChunk);
    for (const BlockEntry& e : blocks) {
      MACHIYA_TRY(const std::string_view bytes, segment.read(e, buffer));
      if (!decode_block(bytes, first, last, samples)) return segment.damaged(e);
    }
    std::sort(samples.begin(), samples.end(), before);
    if (i == 0)
      for (const Sample& s : samples) out.push_back({s.number, s.time_us, {}});
    if (samples.size() != out.size()) return Error(ErrorCode::integrity_broken, "roll-ups do not fit each other", segment.path());
    for (std::size_t r = 0; r < out.size(); ++r) set_figure(out[r], i, samples[r].value);
  }
  return {};
}

}  // namespace machiya::sense::series
