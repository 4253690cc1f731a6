// Arithmetic of FEEL (DMN tables 50–53): null for operands that do not fit.
#include "feel/machine.h"

namespace machiya::feel {
namespace {

constexpr __int128 kMostNanos = static_cast<__int128>(INT64_MAX / 2) * kNanosPerSecond;

Value duration_or_null(__int128 nanos) {
  if (nanos > kMostNanos || nanos < -kMostNanos) return Value();
  return Value::duration(duration_of_nanos(nanos));
}

// The end of a date-time sum, null when it leaves the calendar.
Value checked(const DateTime& t) {
  return t.date.year >= -999'999'999 && t.date.year <= 999'999'999 ? Value::date_time(t) : Value();
}

Value shift(const Value& v, const TimeDuration& d) {
  constexpr std::int64_t kMost = 36'000'000'000'000'000LL;  // more than the calendar of ±999,999,999 years holds
  if (d.seconds > kMost || d.seconds < -kMost) return Value();
  if (auto* t = v.date_time()) return checked(plus(*t, d));
  if (auto* date = v.date()) {
    Value r = checked(plus(DateTime{*date, 0, {}}, d));
    return r.is_null() ? r : Value::date(r.date_time()->date);
  }
  if (auto* t = v.time()) {
    __int128 n = (t->nanos + total_nanos(d)) % kNanosPerDay;
    if (n < 0) n += kNanosPerDay;
    return Value::time({static_cast<std::int64_t>(n), t->zone});
  }
  return Value();
}

Value shift(const Value& v, const MonthDuration& d) {
  if (auto* t = v.date_time()) {
    auto r = plus(*t, d);
    return r ? Value::date_time(*r) : Value();
  }
  if (auto* date = v.date()) {
    auto r = plus(DateTime{*date, 0, {}}, d);
    return r ? Value::date(r->date) : Value();
  }
  return Value();
}

TimeDuration minus(const TimeDuration& d) { return duration_of_nanos(-total_nanos(d)); }

// A date counts as its midnight (UTC beside a zoned date-time).
Value difference(const Value& a, const Value& b) {
  if (a.time() && b.time()) {
    auto x = offset_of(*a.time()), y = offset_of(*b.time());
    if (x.has_value() != y.has_value()) return Value();
    return duration_or_null(static_cast<__int128>(a.time()->nanos) - b.time()->nanos -
                            static_cast<__int128>(x.value_or(0) - y.value_or(0)) * kNanosPerSecond);
  }
  auto as_date_time = [](const Value& v) { return v.date() ? DateTime{*v.date(), 0, Zone{Zone::Kind::offset, 0, 0}} : *v.date_time(); };
  if ((!a.date() && !a.date_time()) || (!b.date() && !b.date_time())) return Value();
  DateTime x = as_date_time(a), y = as_date_time(b);
  bool local_x = x.zone.kind == Zone::Kind::none, local_y = y.zone.kind == Zone::Kind::none;
  if (local_x != local_y) return Value();
  return duration_or_null(instant_nanos(x) - instant_nanos(y));
}

Value scale_months(const MonthDuration& d, const Decimal& by, bool divide) {
  Decimal n = divide ? Decimal(d.months) / by : Decimal(d.months) * by;
  auto months = n.rounded(0, Rounding::down).to_int64();
  return months ? Value::months(*months) : Value();
}

Value scale_time(const TimeDuration& d, const Decimal& by, bool divide) {
  Decimal n = divide ? seconds_of(d) / by : seconds_of(d) * by;
  auto r = duration_of_seconds(n);
  return r ? duration_or_null(total_nanos(*r)) : Value();
}

}  // namespace

Value add(Machine& m, const Value& a, const Value& b) {
  if (a.number() && b.number()) return Value::number(*a.number() + *b.number());
  if (a.string() && b.string()) return m.string(*a.string() + *b.string());
  if (a.month_duration() && b.month_duration()) {
    std::int64_t n;
    if (__builtin_add_overflow(a.month_duration()->months, b.month_duration()->months, &n)) return Value();
    return Value::months(n);
  }
  if (a.time_duration() && b.time_duration()) return duration_or_null(total_nanos(*a.time_duration()) + total_nanos(*b.time_duration()));
  if (b.time_duration()) return shift(a, *b.time_duration());
  if (b.month_duration()) return shift(a, *b.month_duration());
  if (a.time_duration()) return shift(b, *a.time_duration());
  if (a.month_duration()) return shift(b, *a.month_duration());
  return Value();
}

Value subtract(Machine&, const Value& a, const Value& b) {
  if (a.number() && b.number()) return Value::number(*a.number() - *b.number());
  if (a.month_duration() && b.month_duration()) {
    std::int64_t n;
    if (__builtin_sub_overflow(a.month_duration()->months, b.month_duration()->months, &n)) return Value();
    return Value::months(n);
  }
  if (a.time_duration() && b.time_duration()) return duration_or_null(total_nanos(*a.time_duration()) - total_nanos(*b.time_duration()));
  if (b.time_duration()) return shift(a, minus(*b.time_duration()));
  if (b.month_duration()) return b.month_duration()->months == INT64_MIN ? Value() : shift(a, MonthDuration{-b.month_duration()->months});
  return difference(a, b);
}

Value multiply(Machine&, const Value& a, const Value& b) {
  if (a.number() && b.number()) return Value::number(*a.number() * *b.number());
  if (a.number() && b.month_duration()) return scale_months(*b.month_duration(), *a.number(), false);
  if (b.number() && a.month_duration()) return scale_months(*a.month_duration(), *b.number(), false);
  if (a.number() && b.time_duration()) return scale_time(*b.time_duration(), *a.number(), false);
  if (b.number() && a.time_duration()) return scale_time(*a.time_duration(), *b.number(), false);
  return Value();
}

Value divide(Machine&, const Value& a, const Value& b) {
  if (a.number() && b.number()) return Value::number(*a.number() / *b.number());
  if (b.number() && b.number()->is_zero()) return Value();
  if (b.number() && a.month_duration()) return scale_months(*a.month_duration(), *b.number(), true);
  if (b.number() && a.time_duration()) return scale_time(*a.time_duration(), *b.number(), true);
  if (a.month_duration() && b.month_duration()) return Value::number(Decimal(a.month_duration()->months) / Decimal(b.month_duration()->months));
  if (a.time_duration() && b.time_duration()) return Value::number(seconds_of(*a.time_duration()) / seconds_of(*b.time_duration()));
  return Value();
}

Value power(Machine&, const Value& a, const Value& b) {
  if (!a.number() || !b.number()) return Value();
  return Value::number(a.number()->power(*b.number()));
}

Value negate(const Value& a) {
  if (auto* n = a.number()) return Value::number(-*n);
  if (auto* d = a.month_duration()) return d->months == INT64_MIN ? Value() : Value::months(-d->months);
  if (auto* d = a.time_duration()) return Value::duration(minus(*d));
  return Value();
}

}  // namespace machiya::feel
