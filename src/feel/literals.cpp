// Literals, names, lists, ranges, contexts, parentheses.
#include "feel/compiler.h"

namespace machiya::feel {

Code Compiler::primary() {
  skip();
  if (at_ >= text_.size()) return fail("the expression ends too early", "式が途中で終わっています");
  char c = peek();
  if ((c >= '0' && c <= '9') || (c == '.' && peek(1) >= '0' && peek(1) <= '9')) return number();
  switch (c) {
    case '"': return string();
    case '@': return at_literal();
    case '[':
    case ']': return list_or_range();
    case '(': return parenthesised();
    case '{': return context();
    case '<':
    case '>':
    case '!':
    case '=': return comparator_range(false);
    default: break;
  }
  // A name of the scope that is longer than a keyword wins over it.
  std::size_t begin = at_;
  bool longer = false;
  for (const auto& b : bindings_)
    if (b.name.find(' ') != std::string::npos && match_name(b.name, begin)) longer = true;
  if (!longer) {
    if (take_keyword("true")) return {constant_node(Value::boolean(true)), TypeKind::boolean};
    if (take_keyword("false")) return {constant_node(Value::boolean(false)), TypeKind::boolean};
    if (take_keyword("null")) return {constant_node(Value()), TypeKind::null};
    if (take_keyword("if")) return conditional();
    if (take_keyword("for")) return iteration();
    if (take_keyword("some")) return quantified(false);
    if (take_keyword("every")) return quantified(true);
    if (take_keyword("function")) return function_definition();
  }
  return name();
}

Code Compiler::number() {
  std::size_t begin = at_;
  auto digits = [&] {
    while (peek() >= '0' && peek() <= '9') ++at_;
  };
  digits();
  if (peek() == '.' && peek(1) >= '0' && peek(1) <= '9') {
    ++at_;
    digits();
  }
  if ((peek() | 32) == 'e') {
    std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 2 : 1;
    if (peek(sign) >= '0' && peek(sign) <= '9') {
      at_ += sign;
      digits();
    }
  }
  auto d = Decimal::parse(text_.substr(begin, at_ - begin));
  if (!d || d->is_nan()) return fail_at(begin, "this is no number", "数として読めません");
  return {constant_node(Value::number(*d)), TypeKind::number};
}

Code Compiler::string() {
  auto s = read_string();
  if (!s) return {};
  return {constant_node(Value::string(std::move(*s))), TypeKind::string};
}

// @"2026-04-01": the date, time, date and time or duration that the text is.
Code Compiler::at_literal() {
  std::size_t begin = at_++;
  skip();
  if (peek() != '"') return fail("expected a string after @", "@ の後には文字列が必要です");
  auto s = read_string();
  if (!s) return {};
  Value v;
  if (auto date = parse_date(*s)) v = Value::date(*date);
  else if (auto date_time = parse_date_time(*s)) v = Value::date_time(*date_time);
  else if (auto time = parse_time(*s)) v = Value::time(*time);
  else if (auto months = parse_month_duration(*s)) v = Value::duration(*months);
  else if (auto duration = parse_time_duration(*s)) v = Value::duration(*duration);
  else semantic(begin, "\"" + *s + "\" is no date, time or duration", "「" + *s + "」は日付・時刻・期間として読めません");
  Type t = v.is_null() ? Type() : type_of(v);
  return {constant_node(std::move(v)), std::move(t)};
}

Code Compiler::range_after(std::size_t at, Code low, bool low_closed) {
  ++range_end_;
  Code high = additive();
  --range_end_;
  if (!high) return {};
  skip();
  bool high_closed = peek() == ']';
  if (!high_closed && peek() != ')' && peek() != '[') return fail("expected \"]\" or \")\" here", "ここには「]」か「)」が必要です");
  ++at_;
  if (!may_meet(low.type, high.type))
    semantic(at, "the ends of this range are of different types", "範囲の両端の型が違います");
  Type t = Type::range(common(low.type, high.type));
  const Node *x = low.node.get(), *y = high.node.get();
  return {folded(range_node(std::move(low.node), std::move(high.node), low_closed, high_closed), {x, y}), std::move(t)};
}

// [a, b] | [a..b] | ]a..b[
Code Compiler::list_or_range() {
  std::size_t begin = at_;
  bool opened = text_[at_++] == ']';
  skip();
  int outer_range = range_end_;
  range_end_ = 0;
  Nodes items;
  Type element = TypeKind::null;
  bool all_constant = true;
  Code result;
  if (opened || peek() != ']') {
    do {
      Code item = textual();
      if (!item) return {};
      if (items.empty() && take("..")) {
        range_end_ = outer_range;
        return range_after(begin, std::move(item), !opened);
      }
      if (opened) return fail("expected \"..\" here", "ここには「..」が必要です");
      element = items.empty() ? item.type : common(element, item.type);
      all_constant = all_constant && item.node->constant();
      items.push_back(std::move(item.node));
    } while (take(","));
  }
  range_end_ = outer_range;
  if (!expect("]")) return {};
  Type t = Type::list(items.empty() ? Type() : element);
  bool small = items.size() < 1000;
  NodePtr node = list_node(std::move(items));
  return {all_constant && small ? folded(std::move(node)) : std::move(node), std::move(t)};
}

// (expression) | (a..b) | (< a)
Code Compiler::parenthesised() {
  std::size_t begin = at_++;
  skip();
  int outer_range = range_end_;
  range_end_ = 0;
  if (peek() == '<' || peek() == '>' || peek() == '=' || (peek() == '!' && peek(1) == '=')) {
    Code r = comparator_range(true);
    range_end_ = outer_range;
    return r;
  }
  Code inner = textual();
  range_end_ = outer_range;
  if (!inner) return {};
  if (take("..")) return range_after(begin, std::move(inner), false);
  if (!expect(")")) return {};
  return inner;
}

// A comparison without a left side is the range of all that satisfy it (DMN 1.5, 10.3.2.7).
Code Compiler::comparator_range(bool parenthesised) {
  int op = comparison_operator();
  Code end = additive();
  if (!end || (parenthesised && !expect(")"))) return {};
  Type t = Type::range(end.type);
  if (op <= 2) {
    if (!end.node->constant()) return fail("expected a literal here", "ここには定数が必要です");
    NodePtr copy = constant_node(*end.node->constant());
    bool same = op == 1;
    return {folded(range_node(std::move(end.node), std::move(copy), same, same, same ? Range::Form::equal : Range::Form::differs)), std::move(t)};
  }
  const Node* x = end.node.get();
  bool below = op == 3 || op == 4, closed = op == 4 || op == 6;
  constexpr auto kForm = Range::Form::comparison;
  NodePtr node = below ? range_node(nullptr, std::move(end.node), false, closed, kForm) : range_node(std::move(end.node), nullptr, closed, false, kForm);
  return {folded(std::move(node), {x}), std::move(t)};
}

Code Compiler::context() {
  ++at_;
  std::size_t scope = mark();
  int outer_range = range_end_;
  range_end_ = 0;
  std::vector<ContextEntry> entries;
  std::vector<Type::Member> members;
  skip();
  if (peek() != '}') {
    do {
      skip();
      std::size_t at = at_;
      auto key = read_key();
      if (!key || !expect(":")) return {};
      for (const auto& e : entries)
        if (e.name == *key) {
          semantic(at, "the key \"" + *key + "\" is there twice", "「" + *key + "」が二度書かれています");
          if (!strict_) return fail_at(at, "the key \"" + *key + "\" is there twice", "「" + *key + "」が二度書かれています");
        }
      std::string outer_name = std::exchange(entry_name_, *key);
      Code value = textual();
      entry_name_ = std::move(outer_name);
      if (!value) return {};
      int slot = declare(*key, value.type);
      members.emplace_back(*key, value.type);
      entries.push_back({std::move(*key), slot, std::move(value.node), Type()});
    } while (take(","));
  }
  range_end_ = outer_range;
  if (!expect("}")) return {};
  release(scope);
  return {context_node(std::move(entries), nullptr), Type::context(std::move(members))};
}

}  // namespace machiya::feel
