// Conversions (DMN 10.3.4.1): from text and parts to values, and to text.
#include "base/text.h"
#include "feel/builtins.h"
#include "feel/compiler.h"

namespace machiya::feel {
namespace {

using Args = std::span<Value>;

// A whole number of a part; fractions are not cut off silently.
std::optional<std::int64_t> part(const Value& v) { return v.as_int(); }

Value date_from(Machine&, Args a) {
  if (auto* s = a[0].string()) {
    auto d = parse_date(*s);
    return d ? Value::date(*d) : Value();
  }
  if (a[0].date()) return a[0];
  return a[0].date_time() ? Value::date(a[0].date_time()->date) : Value();
}

Value date_of(Machine&, Args a) {
  auto y = part(a[0]), m = part(a[1]), d = part(a[2]);
  if (!y || !m || !d || !valid_date(*y, *m, *d)) return Value();
  return Value::date(CivilDate{static_cast<std::int32_t>(*y), static_cast<std::int8_t>(*m), static_cast<std::int8_t>(*d)});
}

Value time_from(Machine&, Args a) {
  if (auto* s = a[0].string()) {
    auto t = parse_time(*s);
    return t ? Value::time(*t) : Value();
  }
  if (a[0].time()) return a[0];
  if (auto* t = a[0].date_time()) return Value::time({t->nanos, t->zone});
  return a[0].date() ? Value::time({0, Zone{Zone::Kind::offset, 0, 0}}) : Value();
}

// h, m, s (with a fraction) as nanoseconds of the day.
std::optional<std::int64_t> clock(const Value& hour, const Value& minute, const Value& second) {
  auto h = part(hour), m = part(minute);
  if (!h || !m || !second.number() || *h < 0 || *h > 23 || *m < 0 || *m > 59) return std::nullopt;
  const Decimal& s = *second.number();
  if (s.is_negative() || !(s < Decimal(60))) return std::nullopt;
  auto nanos = (s * Decimal(kNanosPerSecond)).rounded(0, Rounding::down).to_int64();
  if (!nanos) return std::nullopt;
  return (*h * 60 + *m) * 60 * kNanosPerSecond + *nanos;
}

std::optional<Zone> zone_of(const Value& v) {
  if (v.is_null()) return Zone{};
  if (auto* s = v.string()) return find_zone(*s);
  auto* d = v.time_duration();
  if (!d || d->nanos != 0 || d->seconds > 18 * 3600 || d->seconds < -18 * 3600) return std::nullopt;
  return Zone{Zone::Kind::offset, 0, static_cast<std::int32_t>(d->seconds)};
}

Value time_of(Machine&, Args a) {
  auto nanos = clock(a[0], a[1], a[2]);
  auto zone = zone_of(a[3]);
  return nanos && zone ? Value::time({*nanos, *zone}) : Value();
}

Value date_time_from(Machine&, Args a) {
  if (auto* s = a[0].string()) {
    auto t = parse_date_time(*s);
    return t ? Value::date_time(*t) : Value();
  }
  if (a[0].date_time()) return a[0];
  return a[0].date() ? Value::date_time({*a[0].date(), 0, Zone{Zone::Kind::offset, 0, 0}}) : Value();
}

Value date_time_join(Machine&, Args a) {
  if (a[0].is_null() || !a[1].time()) return Value();
  CivilDate d = a[0].date() ? *a[0].date() : a[0].date_time()->date;
  return Value::date_time({d, a[1].time()->nanos, a[1].time()->zone});
}

Value date_time_of_parts(Machine& m, Args a) {
  Value d = date_of(m, a.subspan(0, 3));
  auto nanos = clock(a[3], a[4], a[5]);
  auto zone = a.size() > 6 ? zone_of(a[6]) : Zone{};
  if (d.is_null() || !nanos || !zone) return Value();
  return Value::date_time({*d.date(), *nanos, *zone});
}

Value duration_from(Machine&, Args a) {
  if (a[0].month_duration() || a[0].time_duration()) return a[0];
  if (!a[0].string()) return Value();
  if (auto d = parse_month_duration(*a[0].string())) return Value::duration(*d);
  auto d = parse_time_duration(*a[0].string());
  return d ? Value::duration(*d) : Value();
}

bool plain_number(std::string_view s) {
  std::size_t i = !s.empty() && s[0] == '-';
  bool digit = false, point = false;
  for (; i < s.size(); ++i) {
    if (s[i] >= '0' && s[i] <= '9') {
      digit = true;
    } else if (s[i] == '.' && !point) {
      point = true;
    } else if ((s[i] | 32) == 'e' && digit) {
      return true;  // Decimal::parse judges the rest
    } else {
      return false;
    }
  }
  return digit;
}

// number(from) and number(from, grouping separator, decimal separator).
Value number_from(Machine&, Args a) {
  if (a[0].number()) return a[0];
  if (!a[0].string()) return Value();
  const std::string& grouping = a.size() > 1 ? a[1].as_string() : std::string();
  std::string point = a.size() > 2 && a[2].string() ? *a[2].string() : ".";
  if (a.size() > 1) {
    if (a[1].string() && grouping != " " && grouping != "," && grouping != ".") return Value();
    if (point != "." && point != ",") return Value();
    if (a[1].string() && grouping == point) return Value();
  }
  std::string text;
  for (std::size_t i = 0; i < a[0].string()->size(); ++i) {
    char c = (*a[0].string())[i];
    if (!grouping.empty() && c == grouping[0]) continue;
    if (c == point[0]) {
      text += '.';
    } else if (c == '.') {
      return Value();
    } else {
      text += c;
    }
  }
  if (!plain_number(text)) return Value();
  auto d = Decimal::parse(text);
  return d ? Value::number(*d) : Value();
}

Value string_from(Machine& m, Args a) {
  if (a[0].is_null()) return Value();
  if (!m.charge(a[0].weight())) return Value();
  return m.string(to_text(a[0]));
}

// range("[1..5)"): both ends literals.
Value range_from(Machine& m, Args a) {
  if (!a[0].string() || !m.charge(a[0].string()->size())) return Value();
  std::string_view s = trim(*a[0].string());
  if (s.size() < 4) return Value();
  char open = s.front(), close = s.back();
  if ((open != '[' && open != '(' && open != ']') || (close != ']' && close != ')' && close != '[')) return Value();
  std::string_view inner = s.substr(1, s.size() - 2);
  std::size_t dots = inner.find("..");
  if (dots == std::string_view::npos) return Value();
  auto end = [&](std::string_view text, bool& ok) {
    if (trim(text).empty()) return Value();
    Compiler c(true);
    Code code = c.expression(text);
    ok = ok && code && c.problems().empty() && code.node->constant();
    return ok ? *code.node->constant() : Value();
  };
  bool ok = true;
  Range r{end(inner.substr(0, dots), ok), end(inner.substr(dots + 2), ok), open == '[', close == ']'};
  auto ordered = [](const Value& v) { return v.is_null() || order(v, v) != Order::unknown; };
  if (!ok || !ordered(r.low) || !ordered(r.high) || (r.low.is_null() && r.high.is_null())) return Value();
  if ((r.low.is_null() && r.low_closed) || (r.high.is_null() && r.high_closed)) return Value();
  if (!r.low.is_null() && !r.high.is_null()) {
    Order o = order(r.low, r.high);
    if (o == Order::unknown || o == Order::greater) return Value();
  }
  return Value::range(std::move(r));
}

constexpr BuiltinRow kRows[] = {
    {"date", "from:sdD", "d", date_from},
    {"date", "year:n, month:n, day:n", "d", date_of},
    {"time", "from:stdD", "t", time_from},
    {"time", "hour:n, minute:n, second:n, offset?:u", "t", time_of},
    {"date and time", "from:sdD", "D", date_time_from},
    {"date and time", "date:dD, time:t", "D", date_time_join},
    {"date and time", "year:n, month:n, day:n, hour:n, minute:n, second:n", "D", date_time_of_parts},
    {"date and time", "year:n, month:n, day:n, hour:n, minute:n, second:n, offset or timezone:us", "D", date_time_of_parts},
    {"date and time", "year:n, month:n, day:n, hour:n, minute:n, second:n, offset:u", "D", date_time_of_parts},
    {"date and time", "year:n, month:n, day:n, hour:n, minute:n, second:n, timezone:s", "D", date_time_of_parts},
    {"duration", "from:smu", "", duration_from},
    {"number", "from:sn", "n", number_from},
    {"number", "from:s, grouping separator:s, decimal separator:s", "n", number_from},
    {"string", "from:a", "s", string_from},
    {"range", "from:s", "r", range_from},
};

}  // namespace

std::span<const BuiltinRow> conversion_builtins() { return kRows; }

}  // namespace machiya::feel
