#include "sense/series/log_record.h"

#include "sense/series/values.h"

namespace machiya::sense::series {
namespace {

/// The first byte of a point: what it has in common with the one before.
constexpr std::uint8_t kSameMeasurement = 1, kNextNumber = 2, kSameTime = 4, kFormShift = 3, kQualityShift = 5;
enum class ValueForm : std::uint8_t { integer = 0, decimal = 1, raw = 2, same = 3 };

struct Coded {
  ValueForm form = ValueForm::raw;
  std::uint8_t exponent = 0;
  std::int64_t integer = 0;
};
Coded code(double value, double before) {
  Coded c;
  if (std::bit_cast<std::uint64_t>(value) == std::bit_cast<std::uint64_t>(before)) c.form = ValueForm::same;
  else if (to_decimal(value, 0, c.integer)) c.form = ValueForm::integer;
  else
    for (c.exponent = 1; c.exponent <= 4; ++c.exponent)
      if (to_decimal(value, c.exponent, c.integer)) { c.form = ValueForm::decimal; break; }
  return c;
}

}  // namespace

void put_points(std::span<const Point> points, std::string& out) {
  put_varint(out, points.size());
  Point before;
  for (const Point& p : points) {
    const bool same_measurement = measurement_of(p.series) == measurement_of(before.series);
    const bool next = number_of(p.series) == number_of(before.series) + 1;
    const bool same_time = p.time_us == before.time_us;
    const Coded c = code(p.value, before.value);
    out.push_back(static_cast<char>((same_measurement ? kSameMeasurement : 0) | (next ? kNextNumber : 0) | (same_time ? kSameTime : 0) |
                                    static_cast<int>(c.form) << kFormShift | static_cast<int>(p.quality) << kQualityShift));
    if (!same_measurement) put_varint(out, measurement_of(p.series));
    if (!next) put_signed(out, static_cast<std::int64_t>(number_of(p.series)) - number_of(before.series));
    if (!same_time) put_signed(out, p.time_us - before.time_us);
    if (c.form == ValueForm::decimal) out.push_back(static_cast<char>(c.exponent));
    if (c.form == ValueForm::integer || c.form == ValueForm::decimal) put_signed(out, c.integer);
    if (c.form == ValueForm::raw) put_fixed(out, p.value);
    before = p;
  }
}

bool take_points(Reader& in, std::vector<Point>& out) {
  const std::uint64_t count = in.varint();
  if (count > in.left()) return in.fail(), false;   // each has at least its first byte
  out.reserve(out.size() + count);
  Point p;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint8_t flags = in.byte();
    const MeasurementId m = flags & kSameMeasurement ? measurement_of(p.series) : static_cast<MeasurementId>(in.varint());
    const std::uint32_t number = flags & kNextNumber ? number_of(p.series) + 1 : static_cast<std::uint32_t>(number_of(p.series) + in.signed_varint());
    p.series = series_id(m, number);
    if (!(flags & kSameTime)) p.time_us = static_cast<std::int64_t>(static_cast<std::uint64_t>(p.time_us) + static_cast<std::uint64_t>(in.signed_varint()));
    const auto form = static_cast<ValueForm>(flags >> kFormShift & 3);
    const std::uint8_t exponent = form == ValueForm::decimal ? in.byte() : std::uint8_t{0};
    if (exponent > kMostDecimals) in.fail();
    else if (form == ValueForm::raw) p.value = in.fixed<double>();
    else if (form != ValueForm::same) p.value = from_integer(in.signed_varint(), exponent);
    p.quality = static_cast<Quality>(flags >> kQualityShift);
    if (!in.ok()) return false;
    out.push_back(p);
  }
  return true;
}

}  // namespace machiya::sense::series
