// Calendar functions (DMN 10.3.4.8) and is(), today(), now().
#include "feel/builtins.h"

namespace machiya::feel {
namespace {

using Args = std::span<Value>;

const CivilDate* date_part(const Value& v) {
  if (v.date()) return v.date();
  return v.date_time() ? &v.date_time()->date : nullptr;
}

std::int64_t weekday(std::int64_t days) { return ((days + 3) % 7 + 7) % 7 + 1; }  // Monday 1 … Sunday 7

Value day_of_year(Machine&, Args a) {
  auto* d = date_part(a[0]);
  if (!d) return Value();
  return Value::number(days_of(*d) - days_of({d->year, 1, 1}) + 1);
}

Value day_of_week(Machine&, Args a) {
  static constexpr const char* kNames[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
  auto* d = date_part(a[0]);
  return d ? Value::string(kNames[weekday(days_of(*d)) - 1]) : Value();
}

Value month_of_year(Machine&, Args a) {
  static constexpr const char* kNames[] = {"January", "February", "March", "April", "May", "June",
                                           "July", "August", "September", "October", "November", "December"};
  auto* d = date_part(a[0]);
  return d ? Value::string(kNames[d->month - 1]) : Value();
}

// ISO 8601: week 1 is the one with the year's first Thursday.
Value week_of_year(Machine&, Args a) {
  auto* d = date_part(a[0]);
  if (!d) return Value();
  std::int64_t thursday = days_of(*d) + 4 - weekday(days_of(*d));
  CivilDate t = date_of_days(thursday);
  return Value::number((thursday - days_of({t.year, 1, 1})) / 7 + 1);
}

Value today(Machine& m, Args) { return Value::date(date_time_of(m.environment().now, kJapanOffset).date); }
Value now(Machine& m, Args) { return Value::instant(m.environment().now); }

bool same_zone(const Zone& a, const Zone& b) {
  return a == b;
}

bool identical(Machine& m, const Value& a, const Value& b);

bool identical_lists(Machine& m, const Value& a, const Value& b) {
  if (a.items().size() != b.items().size()) return false;
  for (std::size_t i = 0; i < a.items().size(); ++i)
    if (!identical(m, a.items()[i], b.items()[i])) return false;
  return true;
}

// is(): same type and same value, zones included.
bool identical(Machine& m, const Value& a, const Value& b) {
  if (!m.charge(1) || a.kind() != b.kind()) return false;
  if (a.list()) return identical_lists(m, a, b);
  if (auto *x = a.time(), *y = b.time(); x && y) return x->nanos == y->nanos && same_zone(x->zone, y->zone);
  if (auto *x = a.date_time(), *y = b.date_time(); x && y)
    return x->date == y->date && x->nanos == y->nanos && same_zone(x->zone, y->zone);
  return equal(m, a, b) == 1;
}

Value is(Machine& m, Args a) { return Value::boolean(identical(m, a[0], a[1])); }
// With one argument named the other is null.
Value is_null(Machine&, Args a) { return Value::boolean(a[0].is_null()); }

DateTime as_date_time(const Value& v) { return v.date_time() ? *v.date_time() : DateTime{*v.date(), 0, {}}; }

Value months_and_years(Machine&, Args a) {
  if (a[0].is_null() || a[1].is_null()) return Value();
  return Value::duration(months_between(as_date_time(a[0]), as_date_time(a[1])));
}

constexpr BuiltinRow kRows[] = {
    {"day of year", "date:dD", "n", day_of_year},
    {"day of week", "date:dD", "s", day_of_week},
    {"month of year", "date:dD", "s", month_of_year},
    {"week of year", "date:dD", "n", week_of_year},
    {"today", "", "d", today, false},
    {"now", "", "D", now, false},
    {"is", "value1:a, value2:a", "b", is},
    {"is", "value1:a", "b", is_null},
    {"is", "value2:a", "b", is_null},
    {"years and months duration", "from:dD, to:dD", "m", months_and_years},
};

}  // namespace

std::span<const BuiltinRow> temporal_builtins() { return kRows; }

}  // namespace machiya::feel
