// Equality, order, membership, paths, types of values (DMN 10.3.2.9, 10.3.2.13, 10.3.2.15).
#include "feel/machine.h"

namespace machiya::feel {
namespace {

template <class T>
Order order_of(const T& a, const T& b) {
  return a < b ? Order::less : b < a ? Order::greater : Order::equal;
}

// A local value has no order with a zoned one.
Order order_zoned(const DateTime& a, const DateTime& b) {
  if ((a.zone.kind == Zone::Kind::none) != (b.zone.kind == Zone::Kind::none)) return Order::unknown;
  return order_of(instant_nanos(a), instant_nanos(b));
}

Order order_zoned(const TimeOfDay& a, const TimeOfDay& b) {
  if ((a.zone.kind == Zone::Kind::none) != (b.zone.kind == Zone::Kind::none)) return Order::unknown;
  return order_of(a.nanos - offset_of(a).value_or(0) * kNanosPerSecond, b.nanos - offset_of(b).value_or(0) * kNanosPerSecond);
}

// DMN compares hour, minute, second and offset, where second is a whole number (10.3.2.13); is() looks at all of it.
int equal_to_the_second(const Value& a, const Value& b) {
  auto whole = [](const Value& v) {
    if (v.time()) return Value::time({v.time()->nanos / kNanosPerSecond * kNanosPerSecond, v.time()->zone});
    return Value::date_time({v.date_time()->date, v.date_time()->nanos / kNanosPerSecond * kNanosPerSecond, v.date_time()->zone});
  };
  return order(whole(a), whole(b)) == Order::equal;
}

int equal_lists(Machine& m, const List& a, const List& b) {
  if (a.items.size() != b.items.size()) return 0;
  for (std::size_t i = 0; i < a.items.size(); ++i)
    if (equal(m, a.items[i], b.items[i]) != 1) return 0;
  return 1;
}

int equal_contexts(Machine& m, const Context& a, const Value& b) {
  if (a.members.size() != b.context()->members.size()) return 0;
  for (const auto& member : a.members) {
    const Value* other = b.find(member.first);
    if (!m.charge(a.members.size() / 8) || !other || equal(m, member.second, *other) != 1) return 0;
  }
  return 1;
}

Value truth(Order o, bool less, bool equal_too, bool greater) {
  switch (o) {
    case Order::less: return Value::boolean(less);
    case Order::equal: return Value::boolean(equal_too);
    case Order::greater: return Value::boolean(greater);
    case Order::unknown: break;
  }
  return Value();
}

}  // namespace

Order order(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return Order::unknown;
  switch (a.kind()) {
    case TypeKind::number: return static_cast<Order>(compare(*a.number(), *b.number()));
    case TypeKind::string: {
      int c = a.string()->compare(*b.string());
      return c < 0 ? Order::less : c > 0 ? Order::greater : Order::equal;
    }
    case TypeKind::date: return order_of(*a.date(), *b.date());
    case TypeKind::time: return order_zoned(*a.time(), *b.time());
    case TypeKind::date_time: return order_zoned(*a.date_time(), *b.date_time());
    case TypeKind::month_duration: return order_of(a.month_duration()->months, b.month_duration()->months);
    case TypeKind::time_duration: return order_of(*a.time_duration(), *b.time_duration());
    default: return Order::unknown;
  }
}

int equal(Machine& m, const Value& a, const Value& b) {
  if (!m.charge(1)) return -1;
  if (a.is_null() || b.is_null()) return a.is_null() && b.is_null();
  if (a.kind() != b.kind()) return -1;
  switch (a.kind()) {
    case TypeKind::boolean: return *a.boolean() == *b.boolean();
    case TypeKind::list: return equal_lists(m, *a.list(), *b.list());
    case TypeKind::context: return equal_contexts(m, *a.context(), b);
    case TypeKind::range: {
      const Range &x = *a.range(), &y = *b.range();
      if (x.low_closed != y.low_closed || x.high_closed != y.high_closed || x.form != y.form) return 0;
      return equal(m, x.low, y.low) == 1 && equal(m, x.high, y.high) == 1;
    }
    case TypeKind::function: return a.function() == b.function();
    case TypeKind::time:
    case TypeKind::date_time: return equal_to_the_second(a, b);
    default: return order(a, b) == Order::equal;
  }
}

bool same_value(const Value& a, const Value& b) {
  Environment unlimited;
  unlimited.max_steps = UINT64_MAX;
  Machine m(unlimited);
  return equal(m, a, b) == 1;
}

Value equals(Machine& m, const Value& a, const Value& b) {
  int e = equal(m, a, b);
  return e < 0 ? Value() : Value::boolean(e == 1);
}
Value differs(Machine& m, const Value& a, const Value& b) {
  int e = equal(m, a, b);
  return e < 0 ? Value() : Value::boolean(e == 0);
}
Value less(Machine&, const Value& a, const Value& b) { return truth(order(a, b), true, false, false); }
Value less_equal(Machine&, const Value& a, const Value& b) { return truth(order(a, b), true, true, false); }
Value greater(Machine&, const Value& a, const Value& b) { return truth(order(a, b), false, false, true); }
Value greater_equal(Machine&, const Value& a, const Value& b) { return truth(order(a, b), false, true, true); }

Value in_range(const Value& v, const Range& r) {
  if (r.form == Range::Form::differs) {
    Order o = order(v, r.low);
    return o == Order::unknown ? Value() : Value::boolean(o != Order::equal);
  }
  bool unknown = r.form == Range::Form::interval && (r.low.is_null() || r.high.is_null());
  if (unknown) return Value();
  if (!r.low.is_null()) {
    Order o = order(v, r.low);
    if (o == Order::less || (o == Order::equal && !r.low_closed)) return Value::boolean(false);
    unknown = o == Order::unknown;
  }
  if (!r.high.is_null()) {
    Order o = order(v, r.high);
    if (o == Order::greater || (o == Order::equal && !r.high_closed)) return Value::boolean(false);
    unknown = unknown || o == Order::unknown;
  }
  return unknown || v.is_null() ? Value() : Value::boolean(true);
}

Value in_test(Machine& m, const Value& value, const Value& test) {
  if (auto* r = test.range(); r && !value.range()) return in_range(value, *r);
  if (auto* l = test.list()) {
    if (value.list() && equal(m, value, test) == 1) return Value::boolean(true);
    for (const auto& item : l->items) {
      if (!m.charge(1)) return Value();
      bool hit = item.range() && !value.range() ? in_range(value, *item.range()).is_true() : equal(m, value, item) == 1;
      if (hit) return Value::boolean(true);
    }
    return Value::boolean(false);
  }
  return equals(m, value, test);
}

namespace {

Value of_int(std::int64_t n) { return Value::number(n); }

Value date_property(const CivilDate& d, std::string_view name) {
  if (name == "year") return of_int(d.year);
  if (name == "month") return of_int(d.month);
  if (name == "day") return of_int(d.day);
  if (name == "weekday") return of_int(((days_of(d) + 3) % 7 + 7) % 7 + 1);
  return Value();
}

Value clock_property(std::int64_t nanos, const Zone& zone, std::optional<std::int32_t> offset, std::string_view name) {
  std::int64_t s = nanos / kNanosPerSecond;
  if (name == "hour") return of_int(s / 3600);
  if (name == "minute") return of_int(s / 60 % 60);
  if (name == "second") return of_int(s % 60);
  if (name == "time offset") return offset ? Value::duration(TimeDuration{*offset, 0}) : Value();
  if (name == "timezone") return zone.kind == Zone::Kind::id ? Value::string(std::string(zone_name(zone))) : Value();
  return Value();
}

Value duration_property(const Value& v, std::string_view name) {
  if (auto* d = v.month_duration()) {
    if (name == "years") return of_int(d->months / 12);
    if (name == "months") return of_int(d->months % 12);
    return Value();
  }
  __int128 n = total_nanos(*v.time_duration());
  auto s = static_cast<std::int64_t>(n / kNanosPerSecond);
  if (name == "days") return of_int(s / 86400);
  if (name == "hours") return of_int(s / 3600 % 24);
  if (name == "minutes") return of_int(s / 60 % 60);
  if (name == "seconds") {
    auto rest = static_cast<std::int64_t>(n % kNanosPerSecond);
    if (rest == 0) return of_int(s % 60);
    return Value::number((Decimal(s % 60) + Decimal::make(rest < 0, static_cast<unsigned __int128>(rest < 0 ? -rest : rest), -9)).reduced());
  }
  return Value();
}

Value range_property(const Range& r, std::string_view name) {
  if (name == "start") return r.low;
  if (name == "end") return r.high;
  if (name == "start included") return Value::boolean(r.low_closed);
  if (name == "end included") return Value::boolean(r.high_closed);
  return Value();
}

}  // namespace

Value path(Machine& m, const Value& v, std::string_view name) {
  switch (v.kind()) {
    case TypeKind::context: return v[name];
    case TypeKind::list: {
      std::vector<Value> items;
      items.reserve(v.items().size());
      for (const auto& item : v.items()) {
        if (!m.charge(1)) return Value();
        items.push_back(path(m, item, name));
      }
      return m.list(std::move(items));
    }
    case TypeKind::date: return date_property(*v.date(), name);
    case TypeKind::time: return clock_property(v.time()->nanos, v.time()->zone, offset_of(*v.time()), name);
    case TypeKind::date_time: {
      const DateTime& t = *v.date_time();
      Value p = date_property(t.date, name);
      return p.is_null() ? clock_property(t.nanos, t.zone, offset_of(t), name) : p;
    }
    case TypeKind::month_duration:
    case TypeKind::time_duration: return duration_property(v, name);
    case TypeKind::range: return range_property(*v.range(), name);
    default: return Value();
  }
}

namespace {

// `nested` values may be null: null belongs to every type there (DMN 10.3.2.9.1).
bool belongs(const Value& v, const Type& type, bool nested) {
  if (v.is_null()) return nested || type.kind() == TypeKind::null;
  if (type.is_any()) return true;
  if (v.kind() != type.kind()) return false;
  switch (type.kind()) {
    case TypeKind::list:
      if (type.element().is_any()) return true;
      for (const auto& item : v.items())
        if (!belongs(item, type.element(), true)) return false;
      return true;
    case TypeKind::context:
      for (const auto& member : type.members()) {
        const Value* part = v.find(member.first);
        if (!part || !belongs(*part, member.second, true)) return false;
      }
      return true;
    case TypeKind::range: return belongs(v.range()->low, type.element(), true) && belongs(v.range()->high, type.element(), true);
    case TypeKind::function: return conforms(type_of(v), type);
    default: return true;
  }
}

}  // namespace

bool instance_of(const Value& v, const Type& type) { return belongs(v, type, false); }

Value coerce(Machine& m, const Value& v, const Type& type) {
  if (type.is_any() || v.is_null() || belongs(v, type, true)) return v;
  if (type.kind() == TypeKind::list && !v.list()) return belongs(v, type.element(), false) ? m.list({v}) : Value();
  if (type.kind() != TypeKind::list && v.list() && v.items().size() == 1 && belongs(v.items()[0], type, true)) return v.items()[0];
  if (type.kind() == TypeKind::date_time && v.date()) return Value::date_time({*v.date(), 0, Zone{Zone::Kind::offset, 0, 0}});
  return Value();
}

}  // namespace machiya::feel
