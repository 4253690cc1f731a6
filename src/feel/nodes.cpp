// Values, operators and structures.
#include "feel/nodes.h"

#include <algorithm>

namespace machiya::feel {
namespace {

template <class... N>
int above(const N&... nodes) {
  return 1 + std::max({0, (nodes ? nodes->height : 0)...});
}
int above_all(const Nodes& nodes) {
  int h = 0;
  for (const auto& n : nodes) h = std::max(h, n->height);
  return h + 1;
}

struct Constant final : Node {
  explicit Constant(Value v) : value(std::move(v)) {}
  Value eval(Machine&) const override { return value; }
  const Value* constant() const override { return &value; }
  Value value;
};

struct Slot final : Node {
  explicit Slot(int i) : slot(i) {}
  Value eval(Machine& m) const override { return m.slot(slot); }
  int slot;
};

struct Binary final : Node {
  Binary(BinaryFunction fn, NodePtr x, NodePtr y) : f(fn), a(std::move(x)), b(std::move(y)) { height = above(a, b); }
  Value eval(Machine& m) const override {
    Value x = run(*a, m);
    return f(m, x, run(*b, m));
  }
  BinaryFunction f;
  NodePtr a, b;
};

struct And final : Node {
  And(NodePtr x, NodePtr y) : a(std::move(x)), b(std::move(y)) { height = above(a, b); }
  Value eval(Machine& m) const override {
    Value x = run(*a, m);
    if (x.is_false()) return x;
    Value y = run(*b, m);
    if (y.is_false()) return y;
    return x.is_true() && y.is_true() ? y : Value();
  }
  NodePtr a, b;
};

struct Or final : Node {
  Or(NodePtr x, NodePtr y) : a(std::move(x)), b(std::move(y)) { height = above(a, b); }
  Value eval(Machine& m) const override {
    Value x = run(*a, m);
    if (x.is_true()) return x;
    Value y = run(*b, m);
    if (y.is_true()) return y;
    return x.is_false() && y.is_false() ? y : Value();
  }
  NodePtr a, b;
};

struct Negate final : Node {
  explicit Negate(NodePtr x) : a(std::move(x)) { height = above(a); }
  Value eval(Machine& m) const override { return negate(run(*a, m)); }
  NodePtr a;
};

struct If final : Node {
  If(NodePtr c, NodePtr y, NodePtr n, bool b) : condition(std::move(c)), yes(std::move(y)), no(std::move(n)), boxed(b) {
    height = above(condition, yes, no);
  }
  Value eval(Machine& m) const override {
    Value c = run(*condition, m);
    if (boxed && !c.boolean() && !c.is_null()) return Value();
    return c.is_true() ? run(*yes, m) : run(*no, m);
  }
  NodePtr condition, yes, no;
  bool boxed;
};

struct ListOf final : Node {
  explicit ListOf(Nodes i) : items(std::move(i)) { height = above_all(items); }
  Value eval(Machine& m) const override {
    std::vector<Value> values;
    values.reserve(items.size());
    for (const auto& n : items) values.push_back(run(*n, m));
    return m.list(std::move(values));
  }
  Nodes items;
};

struct ContextOf final : Node {
  ContextOf(std::vector<ContextEntry> e, NodePtr r) : entries(std::move(e)), result(std::move(r)) {
    for (const auto& entry : entries) height = std::max(height, entry.node->height + 1);
    if (result) height = std::max(height, result->height + 1);
  }
  Value eval(Machine& m) const override {
    std::vector<Value::Member> members;
    if (!result) members.reserve(entries.size());
    for (const auto& e : entries) {
      Value v = run(*e.node, m);
      if (!e.type.is_any()) v = coerce(m, v, e.type);
      if (!result) members.emplace_back(e.name, v);
      m.slot(e.slot) = std::move(v);
    }
    return result ? run(*result, m) : m.context(std::move(members));
  }
  std::vector<ContextEntry> entries;
  NodePtr result;
};

struct RangeOf final : Node {
  RangeOf(NodePtr l, NodePtr h, bool lc, bool hc, Range::Form f)
      : low(std::move(l)), high(std::move(h)), low_closed(lc), high_closed(hc), form(f) {
    height = above(low, high);
  }
  Value eval(Machine& m) const override {
    Range r{low ? run(*low, m) : Value(), high ? run(*high, m) : Value(), low_closed, high_closed, form};
    if (form != Range::Form::interval) {
      if ((low && r.low.is_null()) || (high && r.high.is_null())) return Value();
    } else if (r.low.is_null() || r.high.is_null()) {
      const Value& end = r.low.is_null() ? r.high : r.low;
      if (order(end, end) == Order::unknown) return Value();
    } else if (Order o = order(r.low, r.high); o == Order::unknown || o == Order::greater) {
      return Value();
    }
    return m.bounded(Value::range(std::move(r)));
  }
  NodePtr low, high;
  bool low_closed, high_closed;
  Range::Form form;
};

struct Path final : Node {
  Path(NodePtr v, std::string n) : value(std::move(v)), name(std::move(n)) { height = above(value); }
  Value eval(Machine& m) const override { return path(m, run(*value, m), name); }
  NodePtr value;
  std::string name;
};

struct InstanceOf final : Node {
  InstanceOf(NodePtr v, Type t) : value(std::move(v)), type(std::move(t)) { height = above(value); }
  Value eval(Machine& m) const override {
    Value v = run(*value, m);
    m.charge(v.weight() / 16);
    return Value::boolean(instance_of(v, type));
  }
  NodePtr value;
  Type type;
};

struct Between final : Node {
  Between(NodePtr v, NodePtr l, NodePtr h) : value(std::move(v)), low(std::move(l)), high(std::move(h)) {
    height = above(value, low, high);
  }
  Value eval(Machine& m) const override {
    Value v = run(*value, m), l = run(*low, m), h = run(*high, m);
    Order a = order(v, l), b = order(v, h);
    if (a == Order::unknown || b == Order::unknown) return Value();
    return Value::boolean(a != Order::less && b != Order::greater);
  }
  NodePtr value, low, high;
};

// Any of several tests, three-valued.
Value any_true(Machine& m, const Nodes& tests) {
  bool unknown = false;
  for (const auto& t : tests) {
    Value v = run(*t, m);
    if (v.is_true()) return v;
    unknown = unknown || v.is_null();
  }
  return unknown ? Value() : Value::boolean(false);
}

struct In final : Node {
  In(NodePtr v, int s, Nodes t) : value(std::move(v)), slot(s), tests(std::move(t)) {
    height = std::max(above(value), above_all(tests));
  }
  Value eval(Machine& m) const override {
    Value v = run(*value, m);
    m.slot(slot) = std::move(v);
    return any_true(m, tests);
  }
  NodePtr value;
  int slot;
  Nodes tests;
};

struct UnaryTest final : Node {
  UnaryTest(int s, NodePtr t, bool q) : slot(s), test(std::move(t)), mentions(q) { height = above(test); }
  Value eval(Machine& m) const override {
    Value t = run(*test, m);
    if (mentions && (t.boolean() || t.is_null())) return t;
    Value v = m.slot(slot);
    // true for an input that is no boolean: the cell was a condition of its own
    if (t.boolean() && !v.boolean() && !v.is_null() && !v.list()) return t;
    return in_test(m, v, t);
  }
  int slot;
  NodePtr test;
  bool mentions;
};

struct AnyOf final : Node {
  AnyOf(Nodes t, bool n) : tests(std::move(t)), negated(n) { height = above_all(tests); }
  Value eval(Machine& m) const override {
    Value v = any_true(m, tests);
    return negated && v.boolean() ? Value::boolean(v.is_false()) : v;
  }
  Nodes tests;
  bool negated;
};

struct FunctionOf final : Node {
  explicit FunctionOf(std::shared_ptr<const FunctionCode> c) : code(std::move(c)) {}
  Value eval(Machine& m) const override {
    std::vector<Value> captured;
    captured.reserve(code->captures.size());
    for (const auto& c : code->captures) captured.push_back(m.slot(c.first));
    return m.bounded(make_closure(code, std::move(captured)));
  }
  std::shared_ptr<const FunctionCode> code;
};

struct MemberOr final : Node {
  MemberOr(int s, std::string n, NodePtr o) : slot(s), name(std::move(n)), otherwise(std::move(o)) { height = above(otherwise); }
  Value eval(Machine& m) const override {
    const Value& item = m.slot(slot);
    if (const Value* v = item.find(name)) return *v;
    if (otherwise) return run(*otherwise, m);
    Value copy = item;
    return path(m, copy, name);
  }
  int slot;
  std::string name;
  NodePtr otherwise;
};

struct Coerce final : Node {
  Coerce(NodePtr v, Type t) : value(std::move(v)), type(std::move(t)) { height = above(value); }
  Value eval(Machine& m) const override { return coerce(m, run(*value, m), type); }
  NodePtr value;
  Type type;
};

}  // namespace

NodePtr constant_node(Value v) { return std::make_unique<Constant>(std::move(v)); }
NodePtr slot_node(int slot) { return std::make_unique<Slot>(slot); }
NodePtr binary_node(BinaryFunction f, NodePtr a, NodePtr b) { return std::make_unique<Binary>(f, std::move(a), std::move(b)); }
NodePtr and_node(NodePtr a, NodePtr b) { return std::make_unique<And>(std::move(a), std::move(b)); }
NodePtr or_node(NodePtr a, NodePtr b) { return std::make_unique<Or>(std::move(a), std::move(b)); }
NodePtr negate_node(NodePtr a) { return std::make_unique<Negate>(std::move(a)); }
NodePtr if_node(NodePtr c, NodePtr y, NodePtr n, bool boxed) { return std::make_unique<If>(std::move(c), std::move(y), std::move(n), boxed); }
NodePtr list_node(Nodes items) { return std::make_unique<ListOf>(std::move(items)); }
NodePtr context_node(std::vector<ContextEntry> e, NodePtr r) { return std::make_unique<ContextOf>(std::move(e), std::move(r)); }
NodePtr range_node(NodePtr l, NodePtr h, bool lc, bool hc, Range::Form f) {
  return std::make_unique<RangeOf>(std::move(l), std::move(h), lc, hc, f);
}
NodePtr path_node(NodePtr v, std::string name) { return std::make_unique<Path>(std::move(v), std::move(name)); }
NodePtr instance_node(NodePtr v, Type t) { return std::make_unique<InstanceOf>(std::move(v), std::move(t)); }
NodePtr between_node(NodePtr v, NodePtr l, NodePtr h) { return std::make_unique<Between>(std::move(v), std::move(l), std::move(h)); }
NodePtr in_node(NodePtr v, int slot, Nodes tests) { return std::make_unique<In>(std::move(v), slot, std::move(tests)); }
NodePtr unary_test_node(int slot, NodePtr test, bool mentions) { return std::make_unique<UnaryTest>(slot, std::move(test), mentions); }
NodePtr any_of_node(Nodes tests, bool negated) { return std::make_unique<AnyOf>(std::move(tests), negated); }
NodePtr function_node(std::shared_ptr<const FunctionCode> code) { return std::make_unique<FunctionOf>(std::move(code)); }
NodePtr member_or_node(int slot, std::string name, NodePtr o) { return std::make_unique<MemberOr>(slot, std::move(name), std::move(o)); }
NodePtr coerce_node(NodePtr v, Type t) { return std::make_unique<Coerce>(std::move(v), std::move(t)); }

}  // namespace machiya::feel
