// Numeric functions (DMN 10.3.4.5) and not().
#include "feel/builtins.h"

namespace machiya::feel {
namespace {

using Args = std::span<Value>;

// The digits to keep behind the point; nothing when the argument is no small whole number.
std::optional<int> scale_of(const Value& v) {
  if (!v.number()) return std::nullopt;
  auto n = v.number()->rounded(0, Rounding::down).to_int64();
  if (!n || *n < -6111 || *n > 6176) return std::nullopt;
  return static_cast<int>(*n);
}

template <Rounding mode>
Value round_to(Machine&, Args a) {
  auto scale = scale_of(a[1]);
  if (!a[0].number() || !scale) return Value();
  Decimal d = a[0].number()->rounded(*scale, mode);
  // Behind the point exactly `scale` digits are shown, as in decimal(1, 2) = 1.00, where they fit.
  return Value::number(d);
}

Value floor_of(Machine&, Args a) {
  if (!a[0].number()) return Value();
  auto scale = a.size() < 2 ? std::optional<int>(0) : scale_of(a[1]);
  return scale ? Value::number(a[0].number()->rounded(*scale, Rounding::floor)) : Value();
}

Value ceiling_of(Machine&, Args a) {
  if (!a[0].number()) return Value();
  auto scale = a.size() < 2 ? std::optional<int>(0) : scale_of(a[1]);
  return scale ? Value::number(a[0].number()->rounded(*scale, Rounding::ceiling)) : Value();
}

Value abs_of(Machine&, Args a) {
  if (a[0].number()) return Value::number(a[0].number()->abs());
  if (auto* d = a[0].month_duration()) return d->months < 0 ? negate(a[0]) : a[0];
  if (auto* d = a[0].time_duration()) return d->seconds < 0 ? negate(a[0]) : a[0];
  return Value();
}

Value modulo_of(Machine&, Args a) {
  if (!a[0].number() || !a[1].number()) return Value();
  return Value::number(modulo(*a[0].number(), *a[1].number()));
}

Value sqrt_of(Machine& m, Args a) { return a[0].number() && m.charge(50) ? Value::number(a[0].number()->sqrt()) : Value(); }
Value log_of(Machine& m, Args a) { return a[0].number() && m.charge(200) ? Value::number(a[0].number()->ln()) : Value(); }
Value exp_of(Machine& m, Args a) { return a[0].number() && m.charge(100) ? Value::number(a[0].number()->exp()) : Value(); }

Value odd(Machine&, Args a) {
  if (!a[0].number() || !a[0].number()->is_integer()) return Value();
  return Value::boolean(!modulo(*a[0].number(), Decimal(2)).is_zero());
}

Value even(Machine&, Args a) {
  if (!a[0].number() || !a[0].number()->is_integer()) return Value();
  return Value::boolean(modulo(*a[0].number(), Decimal(2)).is_zero());
}

Value not_of(Machine&, Args a) { return a[0].boolean() ? Value::boolean(!*a[0].boolean()) : Value(); }

constexpr BuiltinRow kRows[] = {
    {"decimal", "n:n, scale:n", "n", round_to<Rounding::half_even>},
    {"floor", "n:n", "n", floor_of},
    {"floor", "n:n, scale:n", "n", floor_of},
    {"ceiling", "n:n", "n", ceiling_of},
    {"ceiling", "n:n, scale:n", "n", ceiling_of},
    {"round up", "n:n, scale:n", "n", round_to<Rounding::up>},
    {"round down", "n:n, scale:n", "n", round_to<Rounding::down>},
    {"round half up", "n:n, scale:n", "n", round_to<Rounding::half_up>},
    {"round half down", "n:n, scale:n", "n", round_to<Rounding::half_down>},
    {"abs", "n:nmu", "", abs_of},
    {"modulo", "dividend:n, divisor:n", "n", modulo_of},
    {"sqrt", "number:n", "n", sqrt_of},
    {"log", "number:n", "n", log_of},
    {"exp", "number:n", "n", exp_of},
    {"odd", "number:n", "b", odd},
    {"even", "number:n", "b", even},
    {"not", "negand:a", "b", not_of},
};

}  // namespace

std::span<const BuiltinRow> number_builtins() { return kRows; }

}  // namespace machiya::feel
