// Operators by precedence, from "or" down to postfix forms.
#include "feel/compiler.h"

namespace machiya::feel {
namespace {

constexpr int kMaxDepth = 120;    // nested parentheses, brackets, function bodies
constexpr int kMaxHeight = 1000;  // nodes on one path, which long chains of operators build up

struct Deeper {
  explicit Deeper(int& d) : depth(d) { ++depth; }
  ~Deeper() { --depth; }
  int& depth;
};

bool is_temporal(TypeKind k) { return k == TypeKind::date || k == TypeKind::time || k == TypeKind::date_time; }
bool is_duration(TypeKind k) { return k == TypeKind::month_duration || k == TypeKind::time_duration; }

// Opens singleton lists in thought: a list may hold one element that fits.
TypeKind known_kind(const Type& t) { return t.kind() == TypeKind::list ? TypeKind::any : t.kind(); }

}  // namespace

Code Compiler::expression(std::string_view text) {
  if (!start(text)) return {};
  Code c = textual();
  if (!c || !finish()) return {};
  return c;
}

NodePtr Compiler::folded(NodePtr node) {
  static const Environment kSmall = [] {
    Environment e;
    e.max_steps = 5000;
    return e;
  }();
  Machine m(kSmall);
  if (!m.enter(1, 1)) return node;
  Value v = run(*node, m);
  return m.failed() ? std::move(node) : constant_node(std::move(v));
}

NodePtr Compiler::folded(NodePtr node, std::initializer_list<const Node*> parts) {
  for (const Node* p : parts)
    if (p && !p->constant()) return node;
  return folded(std::move(node));
}

Code Compiler::textual() {
  Deeper deeper(depth_);
  if (depth_ > kMaxDepth) return fail("this is nested too deeply", "入れ子が深すぎます");
  skip();
  Code c = disjunction();
  if (c && c.node->height > kMaxHeight) return fail("this expression is too long", "式が長すぎます");
  return c;
}

Code Compiler::disjunction() {
  Code a = conjunction();
  while (a && take_keyword("or")) {
    Code b = conjunction();
    if (!b) return {};
    const Node *x = a.node.get(), *y = b.node.get();
    a = {folded(or_node(std::move(a.node), std::move(b.node)), {x, y}), TypeKind::boolean};
    if (a.node->height > kMaxHeight) return fail("this expression is too long", "式が長すぎます");
  }
  return a;
}

Code Compiler::conjunction() {
  Code a = comparison();
  while (a && take_keyword("and")) {
    Code b = comparison();
    if (!b) return {};
    const Node *x = a.node.get(), *y = b.node.get();
    a = {folded(and_node(std::move(a.node), std::move(b.node)), {x, y}), TypeKind::boolean};
    if (a.node->height > kMaxHeight) return fail("this expression is too long", "式が長すぎます");
  }
  return a;
}

// 0 none, else 1 = 2 != 3 < 4 <= 5 > 6 >=
int Compiler::comparison_operator() {
  skip();
  if (take("!=")) return 2;
  if (take("<=")) return 4;
  if (take(">=")) return 6;
  if (take("=")) return 1;
  if (take("<")) return 3;
  if (take(">")) return 5;
  return 0;
}

Code Compiler::compare_with(int op, std::size_t at, Code a, Code b) {
  static constexpr BinaryFunction kFunctions[] = {nullptr, equals, differs, less, less_equal, greater, greater_equal};
  if (!may_meet(a.type, b.type))
    semantic(at, "cannot compare " + a.type.to_string() + " with " + b.type.to_string(),
             a.type.to_string() + " と " + b.type.to_string() + " は比べられません");
  else if (op >= 3 && (a.type.kind() == TypeKind::boolean || a.type.kind() == TypeKind::context))
    semantic(at, a.type.to_string() + " has no order", a.type.to_string() + " には大小がありません");
  const Node *x = a.node.get(), *y = b.node.get();
  return {folded(binary_node(kFunctions[op], std::move(a.node), std::move(b.node)), {x, y}), TypeKind::boolean};
}

Code Compiler::comparison() {
  Code a = additive();
  while (a) {
    skip();
    std::size_t at = at_;
    if (int op = comparison_operator()) {
      Code b = additive();
      if (!b) return {};
      a = compare_with(op, at, std::move(a), std::move(b));
    } else if (take_keyword("between")) {
      a = between(std::move(a));
    } else if (take_keyword("in")) {
      a = in_tests(std::move(a));
    } else {
      return a;
    }
    if (a && a.node->height > kMaxHeight) return fail("this expression is too long", "式が長すぎます");
  }
  return a;
}

Code Compiler::between(Code value) {
  Code low = additive();
  if (!low || !expect("and")) return {};
  Code high = additive();
  if (!high) return {};
  return {between_node(std::move(value.node), std::move(low.node), std::move(high.node)), TypeKind::boolean};
}

Code Compiler::additive() {
  Code a = multiplicative();
  while (a) {
    skip();
    std::size_t at = at_;
    bool plus = take("+");
    if (!plus && !take("-")) return a;
    Code b = multiplicative();
    if (!b) return {};
    a = math(plus ? Math::add : Math::subtract, at, std::move(a), std::move(b));
    if (a && a.node->height > kMaxHeight) return fail("this expression is too long", "式が長すぎます");
  }
  return a;
}

Code Compiler::multiplicative() {
  Code a = exponent();
  while (a) {
    skip();
    std::size_t at = at_;
    bool times = peek() == '*' && peek(1) != '*';
    if (!times && peek() != '/') return a;
    ++at_;
    Code b = exponent();
    if (!b) return {};
    a = math(times ? Math::multiply : Math::divide, at, std::move(a), std::move(b));
    if (a && a.node->height > kMaxHeight) return fail("this expression is too long", "式が長すぎます");
  }
  return a;
}

Code Compiler::exponent() {
  Code a = unary();
  while (a) {
    skip();
    std::size_t at = at_;
    if (!take("**")) return a;
    Code b = unary();
    if (!b) return {};
    a = math(Math::power, at, std::move(a), std::move(b));
  }
  return a;
}

Code Compiler::unary() {
  Deeper deeper(depth_);
  if (depth_ > kMaxDepth) return fail("this is nested too deeply", "入れ子が深すぎます");
  skip();
  std::size_t at = at_;
  if (!take("-")) return instance();
  Code a = unary();
  if (!a) return {};
  TypeKind k = known_kind(a.type);
  if (k != TypeKind::any && k != TypeKind::null && k != TypeKind::number && !is_duration(k))
    semantic(at, "cannot negate " + a.type.to_string(), a.type.to_string() + " の符号は変えられません");
  const Node* x = a.node.get();
  Type t = a.type;
  return {folded(negate_node(std::move(a.node)), {x}), std::move(t)};
}

Code Compiler::instance() {
  Code a = postfix();
  while (a) {
    skip();
    std::size_t begin = at_;
    if (!take_keyword("instance")) return a;
    if (!take_keyword("of")) {
      at_ = begin;
      return a;
    }
    auto t = type();
    if (!t) return {};
    const Node* x = a.node.get();
    a = {folded(instance_node(std::move(a.node), *t), {x}), TypeKind::boolean};
  }
  return a;
}

Code Compiler::postfix() {
  Code a = primary();
  while (a) {
    std::size_t before = at_;
    skip();
    if (a.node->height > kMaxHeight) return fail("this expression is too long", "式が長すぎます");
    if (peek() == '.' && peek(1) != '.') {
      ++at_;
      skip();
      a = property(std::move(a));
    } else if (peek() == '[' && !(range_end_ > 0 && closes_range())) {
      ++at_;
      a = filter(std::move(a));
    } else if (peek() == '(') {
      a = call(std::move(a), at_);
    } else {
      at_ = before;
      return a;
    }
  }
  return a;
}

namespace {

// The result kind of an arithmetic operation on known kinds; null when there is none.
TypeKind math_kind(int op, TypeKind a, TypeKind b) {
  constexpr int kAdd = 0, kSubtract = 1, kMultiply = 2, kDivide = 3;
  if (a == TypeKind::number && b == TypeKind::number) return TypeKind::number;
  if (op == kAdd) {
    if (a == TypeKind::string && b == TypeKind::string) return TypeKind::string;
    if (is_duration(a) && a == b) return a;
    if (is_temporal(a) && is_duration(b) && !(a == TypeKind::time && b == TypeKind::month_duration)) return a;
    if (is_duration(a) && is_temporal(b) && !(b == TypeKind::time && a == TypeKind::month_duration)) return b;
  }
  if (op == kSubtract) {
    if (is_duration(a) && a == b) return a;
    if (is_temporal(a) && is_duration(b) && !(a == TypeKind::time && b == TypeKind::month_duration)) return a;
    if (is_temporal(a) && is_temporal(b) && (a == TypeKind::time) == (b == TypeKind::time)) return TypeKind::time_duration;
  }
  if (op == kMultiply) {
    if (is_duration(a) && b == TypeKind::number) return a;
    if (is_duration(b) && a == TypeKind::number) return b;
  }
  if (op == kDivide) {
    if (is_duration(a) && b == TypeKind::number) return a;
    if (is_duration(a) && a == b) return TypeKind::number;
  }
  return TypeKind::null;
}

}  // namespace

Code Compiler::math(Math op, std::size_t at, Code a, Code b) {
  static constexpr BinaryFunction kFunctions[] = {add, feel::subtract, feel::multiply, feel::divide, feel::power};
  TypeKind x = known_kind(a.type), y = known_kind(b.type);
  auto open = [](TypeKind k) { return k == TypeKind::any || k == TypeKind::null; };
  Type type;
  if (!open(x) && !open(y)) {
    TypeKind k = math_kind(static_cast<int>(op), x, y);
    if (k == TypeKind::null)
      semantic(at, "this operation does not exist for " + a.type.to_string() + " and " + b.type.to_string(),
               a.type.to_string() + " と " + b.type.to_string() + " の間にこの計算はありません");
    else
      type = k;
  } else if (op == Math::power) {
    type = TypeKind::number;
  }
  const Node *p = a.node.get(), *q = b.node.get();
  return {folded(binary_node(kFunctions[static_cast<int>(op)], std::move(a.node), std::move(b.node)), {p, q}), std::move(type)};
}

}  // namespace machiya::feel
