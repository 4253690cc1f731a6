// Range functions: Allen's interval relations over points and ranges (DMN 10.3.4.10, table 78).
#include "feel/builtins.h"

namespace machiya::feel {
namespace {

using Args = std::span<Value>;

enum class Truth : std::int8_t { no, yes, unknown };
Truth of(bool b) { return b ? Truth::yes : Truth::no; }
Truth operator&&(Truth a, Truth b) {
  if (a == Truth::no || b == Truth::no) return Truth::no;
  return a == Truth::unknown || b == Truth::unknown ? Truth::unknown : Truth::yes;
}
Truth operator||(Truth a, Truth b) {
  if (a == Truth::yes || b == Truth::yes) return Truth::yes;
  return a == Truth::unknown || b == Truth::unknown ? Truth::unknown : Truth::no;
}
Value value_of(Truth t) { return t == Truth::unknown ? Value() : Value::boolean(t == Truth::yes); }

Truth lt(const Value& a, const Value& b) { Order o = order(a, b); return o == Order::unknown ? Truth::unknown : of(o == Order::less); }
Truth eq(const Value& a, const Value& b) { Order o = order(a, b); return o == Order::unknown ? Truth::unknown : of(o == Order::equal); }
Truth gt(const Value& a, const Value& b) { return lt(b, a); }

// A point counts as the closed range of itself; everything else as it is.
struct Span {
  Value low, high;
  bool low_closed, high_closed, point;
};
Span span_of(const Value& v) {
  if (auto* r = v.range()) return {r->low, r->high, r->low_closed, r->high_closed, false};
  return {v, v, true, true, true};
}

Truth before(const Span& a, const Span& b) {
  return lt(a.high, b.low) || (eq(a.high, b.low) && of(!a.high_closed || !b.low_closed));
}
Truth meets(const Span& a, const Span& b) { return eq(a.high, b.low) && of(a.high_closed && b.low_closed); }
Truth starts_at(const Span& a, const Span& b) { return eq(a.low, b.low) && of(a.low_closed == b.low_closed); }
Truth ends_at(const Span& a, const Span& b) { return eq(a.high, b.high) && of(a.high_closed == b.high_closed); }
// a's end lies at or before b's end.
Truth ends_within(const Span& a, const Span& b) {
  return lt(a.high, b.high) || (eq(a.high, b.high) && of(!a.high_closed || b.high_closed));
}
Truth starts_within(const Span& a, const Span& b) {
  return gt(a.low, b.low) || (eq(a.low, b.low) && of(!a.low_closed || b.low_closed));
}
Truth includes(const Span& a, const Span& b) { return starts_within(b, a) && ends_within(b, a); }
// Some common point: neither lies before the other.
Truth reaches(const Span& a, const Span& b) {
  return gt(a.high, b.low) || (eq(a.high, b.low) && of(a.high_closed && b.low_closed));
}
Truth overlaps(const Span& a, const Span& b) { return reaches(a, b) && reaches(b, a); }
Truth overlaps_before(const Span& a, const Span& b) {
  Truth begins = lt(a.low, b.low) || (eq(a.low, b.low) && of(a.low_closed && !b.low_closed));
  Truth ends = lt(a.high, b.high) || (eq(a.high, b.high) && of(!a.high_closed || b.high_closed));
  return begins && reaches(a, b) && ends;
}
Truth overlaps_after(const Span& a, const Span& b) { return overlaps_before(b, a); }
Truth starts(const Span& a, const Span& b) {
  if (a.point) return eq(a.low, b.low) && of(b.low_closed);
  return starts_at(a, b) && ends_within(a, b);
}
Truth finishes(const Span& a, const Span& b) {
  if (a.point) return eq(a.high, b.high) && of(b.high_closed);
  return ends_at(a, b) && starts_within(a, b);
}
Truth coincides(const Span& a, const Span& b) { return starts_at(a, b) && ends_at(a, b); }

template <Truth (*f)(const Span&, const Span&), bool swap = false>
Value relation(Machine&, Args a) {
  if (a[0].is_null() || a[1].is_null()) return Value();
  Span x = span_of(a[0]), y = span_of(a[1]);
  return value_of(swap ? f(y, x) : f(x, y));
}

Truth after(const Span& a, const Span& b) { return before(b, a); }

constexpr BuiltinRow kRows[] = {
    {"before", "point1:a, point2:a", "b", relation<before>},
    {"before", "point:a, range:a", "b", relation<before>},
    {"before", "range1:a, range2:a", "b", relation<before>},
    {"after", "point1:a, point2:a", "b", relation<after>},
    {"after", "point:a, range:a", "b", relation<after>},
    {"after", "range1:a, range2:a", "b", relation<after>},
    {"meets", "range1:r, range2:r", "b", relation<meets>},
    {"met by", "range1:r, range2:r", "b", relation<meets, true>},
    {"overlaps", "range1:r, range2:r", "b", relation<overlaps>},
    {"overlaps before", "range1:r, range2:r", "b", relation<overlaps_before>},
    {"overlaps after", "range1:r, range2:r", "b", relation<overlaps_after>},
    {"finishes", "point:a, range:r", "b", relation<finishes>},
    {"finishes", "range1:a, range2:r", "b", relation<finishes>},
    {"finished by", "range:r, point:a", "b", relation<finishes, true>},
    {"finished by", "range1:r, range2:a", "b", relation<finishes, true>},
    {"includes", "range:r, point:a", "b", relation<includes>},
    {"includes", "range1:r, range2:a", "b", relation<includes>},
    {"during", "point:a, range:r", "b", relation<includes, true>},
    {"during", "range1:a, range2:r", "b", relation<includes, true>},
    {"starts", "point:a, range:r", "b", relation<starts>},
    {"starts", "range1:a, range2:r", "b", relation<starts>},
    {"started by", "range:r, point:a", "b", relation<starts, true>},
    {"started by", "range1:r, range2:a", "b", relation<starts, true>},
    {"coincides", "point1:a, point2:a", "b", relation<coincides>},
    {"coincides", "range1:a, range2:a", "b", relation<coincides>},
};

}  // namespace

std::span<const BuiltinRow> range_builtins() { return kRows; }

}  // namespace machiya::feel
