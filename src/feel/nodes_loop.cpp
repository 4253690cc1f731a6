// Filters, iterations and calls.
#include <algorithm>
#include <array>

#include "feel/nodes.h"

namespace machiya::feel {
namespace {

struct Filter final : Node {
  Filter(NodePtr l, int s, NodePtr c, FilterKind k, bool b)
      : list(std::move(l)), slot(s), condition(std::move(c)), kind(k), boxed(b) {
    height = 1 + std::max(list->height, condition->height);
  }
  Value eval(Machine& m) const override {
    Value source = run(*list, m);
    if (source.is_null()) return Value();
    if (!source.list()) source = Value::list({source});
    const auto& items = source.items();
    if (kind == FilterKind::by_index) {
      m.slot(slot) = Value();
      return at(items, run(*condition, m));
    }
    std::vector<Value> kept;
    for (std::size_t i = 0; i < items.size(); ++i) {
      m.slot(slot) = items[i];
      Value c = run(*condition, m);
      if (boxed && !c.boolean() && !c.is_null()) return Value();
      if (i == 0 && kind == FilterKind::unknown && c.number()) return at(items, c);
      if (c.is_true()) kept.push_back(items[i]);
      if (m.failed()) return Value();
    }
    if (items.empty() && kind == FilterKind::unknown) {
      m.slot(slot) = Value();
      if (run(*condition, m).number()) return Value();
    }
    return m.list(std::move(kept));
  }
  static Value at(const std::vector<Value>& items, const Value& index) {
    auto i = index.as_int();
    auto n = static_cast<std::int64_t>(items.size());
    if (!i || *i == 0 || *i > n || *i < -n) return Value();
    return items[static_cast<std::size_t>(*i > 0 ? *i - 1 : n + *i)];
  }
  NodePtr list;
  int slot;
  NodePtr condition;
  FilterKind kind;
  bool boxed;
};

int height_of(const std::vector<Iteration>& iterations, const NodePtr& body) {
  int h = body->height;
  for (const auto& i : iterations) h = std::max({h, i.from->height, i.to ? i.to->height : 0});
  return h + 1 + static_cast<int>(iterations.size());
}

// Walks `it` and calls `each` with every element left in its slot. False: stop, or nothing to walk (then *bad is set).
template <class F>
bool walk_numbers(Machine& m, int slot, std::int64_t from, std::int64_t to, F each) {
  std::int64_t step = from <= to ? 1 : -1;
  for (std::int64_t i = from;; i += step) {
    if (!m.charge(1)) return false;
    m.slot(slot) = Value::number(i);
    if (!each()) return false;
    if (i == to) return true;
  }
}

template <class F>
bool walk_dates(Machine& m, int slot, const CivilDate& from, const CivilDate& to, F each) {
  std::int64_t day = days_of(from), last = days_of(to), step = day <= last ? 1 : -1;
  for (;; day += step) {
    if (!m.charge(1)) return false;
    m.slot(slot) = Value::date(date_of_days(day));
    if (!each()) return false;
    if (day == last) return true;
  }
}

template <class F>
bool walk_span(Machine& m, int slot, const Value& from, const Value& to, bool& bad, F each) {
  auto a = from.as_int(), b = to.as_int();
  if (a && b) return walk_numbers(m, slot, *a, *b, each);
  if (from.date() && to.date()) return walk_dates(m, slot, *from.date(), *to.date(), each);
  bad = true;
  return false;
}

template <class F>
bool walk_range(Machine& m, int slot, const Range& r, bool& bad, F each) {
  auto a = r.low.as_int(), b = r.high.as_int();
  if (a && b) {
    std::int64_t low = r.low_closed ? *a : *a + 1, high = r.high_closed ? *b : *b - 1;
    return low > high || walk_numbers(m, slot, low, high, each);
  }
  if (r.low.date() && r.high.date()) {
    std::int64_t low = days_of(*r.low.date()) + !r.low_closed, high = days_of(*r.high.date()) - !r.high_closed;
    return low > high || walk_dates(m, slot, date_of_days(low), date_of_days(high), each);
  }
  bad = true;
  return false;
}

template <class F>
bool walk(Machine& m, const Iteration& it, bool& bad, F each) {
  Value from = run(*it.from, m);
  if (it.to) {
    Value to = run(*it.to, m);
    return walk_span(m, it.slot, from, to, bad, each);
  }
  if (auto* r = from.range()) return walk_range(m, it.slot, *r, bad, each);
  if (from.is_null()) {
    bad = true;
    return false;
  }
  if (!from.list()) {
    m.slot(it.slot) = from;
    return each();
  }
  for (const auto& item : from.items()) {
    if (!m.charge(1)) return false;
    m.slot(it.slot) = item;
    if (!each()) return false;
  }
  return true;
}

struct For final : Node {
  For(std::vector<Iteration> i, int p, NodePtr b) : iterations(std::move(i)), partial(p), body(std::move(b)) {
    height = height_of(iterations, body);
  }
  Value eval(Machine& m) const override {
    std::vector<Value> results;
    bool bad = false;
    level(m, 0, results, bad);
    return bad || m.failed() ? Value() : m.list(std::move(results));
  }
  bool level(Machine& m, std::size_t i, std::vector<Value>& results, bool& bad) const {
    if (i == iterations.size()) {
      if (partial >= 0) {
        m.charge(results.size());
        m.slot(partial) = m.list(results);
      }
      results.push_back(run(*body, m));
      return !m.failed();
    }
    return walk(m, iterations[i], bad, [&] { return level(m, i + 1, results, bad); }) || (!bad && !m.failed());
  }
  std::vector<Iteration> iterations;
  int partial;
  NodePtr body;
};

struct Quantified final : Node {
  Quantified(bool e, std::vector<Iteration> i, NodePtr c, bool b)
      : every(e), iterations(std::move(i)), condition(std::move(c)), boxed(b) {
    height = height_of(iterations, condition);
  }
  Value eval(Machine& m) const override {
    bool bad = false, unknown = false, decided = false;
    level(m, 0, bad, unknown, decided);
    if (m.failed() || (bad && !decided)) return Value();
    if (decided) return Value::boolean(!every);
    return unknown ? Value() : Value::boolean(every);
  }
  bool level(Machine& m, std::size_t i, bool& bad, bool& unknown, bool& decided) const {
    if (i == iterations.size()) {
      Value v = run(*condition, m);
      if (boxed && !v.boolean() && !v.is_null()) bad = true;
      if (bad) return false;
      decided = every ? v.is_false() : v.is_true();
      unknown = unknown || !v.boolean();
      return !decided && !m.failed();
    }
    return walk(m, iterations[i], bad, [&] { return level(m, i + 1, bad, unknown, decided); });
  }
  bool every;
  std::vector<Iteration> iterations;
  NodePtr condition;
  bool boxed;
};

struct BuiltinCall final : Node {
  BuiltinCall(BuiltinFunction fn, Nodes a, std::vector<KindMask> k, bool p)
      : f(fn), arguments(std::move(a)), masks(std::move(k)), packed(p) {
    for (const auto& n : arguments)
      if (n) height = std::max(height, n->height + 1);
  }
  Value eval(Machine& m) const override {
    std::array<Value, 8> values;
    std::size_t plain = packed ? masks.size() - 1 : masks.size();
    for (std::size_t i = 0; i < plain && i < arguments.size(); ++i) {
      if (arguments[i]) values[i] = run(*arguments[i], m);
      if (!fit_argument(m, values[i], masks[i])) return Value();
    }
    if (packed) {
      std::vector<Value> rest;
      for (std::size_t i = plain; i < arguments.size(); ++i) {
        rest.push_back(run(*arguments[i], m));
        if (!fit_argument(m, rest.back(), masks.back())) return Value();
      }
      values[plain] = m.list(std::move(rest));
    }
    if (m.failed()) return Value();
    return f(m, std::span<Value>(values.data(), masks.size()));
  }
  BuiltinFunction f;
  Nodes arguments;
  std::vector<KindMask> masks;
  bool packed;
};

struct Invoke final : Node {
  Invoke(NodePtr fn, std::vector<std::string> n, Nodes a) : function(std::move(fn)), names(std::move(n)), arguments(std::move(a)) {
    height = function->height;
    for (const auto& node : arguments) height = std::max(height, node->height);
    ++height;
  }
  Value eval(Machine& m) const override {
    Value f = run(*function, m);
    const Callable* c = f.function();
    if (!c) return Value();
    std::vector<Value> values;
    values.reserve(arguments.size());
    if (names.empty()) {
      for (const auto& a : arguments) values.push_back(run(*a, m));
      return invoke(m, f, std::move(values));
    }
    const auto& parameters = c->parameters();
    values.resize(parameters.size());
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      std::size_t p = 0;
      while (p < parameters.size() && parameters[p].name != names[i]) ++p;
      if (p == parameters.size()) return Value();
      values[p] = run(*arguments[i], m);
    }
    if (arguments.size() != parameters.size()) return Value();
    return invoke(m, f, std::move(values));
  }
  NodePtr function;
  std::vector<std::string> names;
  Nodes arguments;
};

}  // namespace

bool fit_argument(Machine& m, Value& v, KindMask mask) {
  KindMask bit = bit_of(v.kind());
  if ((mask & bit) || v.is_null()) return true;
  if (v.list() && v.items().size() == 1) {
    Value inner = v.items()[0];
    if (inner.is_null() || (mask & bit_of(inner.kind()))) {
      v = std::move(inner);
      return true;
    }
    return false;
  }
  if ((mask & bit_of(TypeKind::list)) && !v.list()) {
    v = m.list({v});
    return true;
  }
  return false;
}

NodePtr filter_node(NodePtr list, int slot, NodePtr condition, FilterKind kind, bool boxed) {
  return std::make_unique<Filter>(std::move(list), slot, std::move(condition), kind, boxed);
}
NodePtr for_node(std::vector<Iteration> i, int partial, NodePtr body) {
  return std::make_unique<For>(std::move(i), partial, std::move(body));
}
NodePtr quantified_node(bool every, std::vector<Iteration> i, NodePtr c, bool boxed) {
  return std::make_unique<Quantified>(every, std::move(i), std::move(c), boxed);
}
NodePtr builtin_node(BuiltinFunction f, Nodes a, std::vector<KindMask> masks, bool packed) {
  return std::make_unique<BuiltinCall>(f, std::move(a), std::move(masks), packed);
}
NodePtr invoke_node(NodePtr f, Nodes a) { return std::make_unique<Invoke>(std::move(f), std::vector<std::string>(), std::move(a)); }
NodePtr invoke_named_node(NodePtr f, std::vector<std::string> names, Nodes a) {
  return std::make_unique<Invoke>(std::move(f), std::move(names), std::move(a));
}

}  // namespace machiya::feel
