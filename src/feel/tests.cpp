// Unary tests: the cells of decision tables and the right side of "in" (DMN 10.3.2.8, grammar rules 7–16, 49).
#include "feel/compiler.h"

namespace machiya::feel {

Code Compiler::unary_tests(std::string_view text, const Type& input) {
  if (!start(text)) return {};
  Code question = lookup("?");
  int slot = -1;
  for (std::size_t i = bindings_.size(); i-- > 0 && slot < 0;)
    if (bindings_[i].name == "?") slot = slot_here(bindings_[i]);
  if (peek() == '-') {
    std::size_t begin = at_++;
    skip();
    if (at_ >= text_.size()) return {constant_node(Value::boolean(true)), TypeKind::boolean};
    at_ = begin;
  }
  bool negated = false;
  std::size_t begin = at_;
  if (take_keyword("not")) {
    skip();
    negated = peek() == '(';
    if (negated) ++at_;
    else at_ = begin;
  }
  Nodes tests;
  if (!test_list(input, slot, tests, negated ? ')' : '\0')) return {};
  if (negated && !expect(")")) return {};
  skip();
  if (negated && at_ < text_.size()) {  // not(…) was only the beginning of an expression
    at_ = begin;
    negated = false;
    tests.clear();
    if (!test_list(input, slot, tests, '\0')) return {};
  }
  if (!finish()) return {};
  return {any_of_node(std::move(tests), negated), TypeKind::boolean};
}

bool Compiler::test_list(const Type& input, int slot, Nodes& tests, char end) {
  do {
    Code t = positive_test(input, slot);
    if (!t) return false;
    tests.push_back(std::move(t.node));
    skip();
    if (end && peek() == end) return true;
  } while (take(","));
  return true;
}

Code Compiler::positive_test(const Type& input, int slot) {
  skip();
  std::size_t at = at_;
  if (int op = comparison_operator()) {
    Code limit = additive();
    if (!limit) return {};
    return compare_with(op, at, {slot_node(slot), input}, std::move(limit));
  }
  bool outer = std::exchange(question_used_, false);
  Code value = textual();
  bool mentions = question_used_;
  question_used_ = outer || mentions;
  return value ? as_test(at, input, slot, std::move(value), mentions) : Code();
}

Code Compiler::as_test(std::size_t at, const Type& input, int slot, Code value, bool mentions) {
  const Type& t = value.type;
  if (!mentions && t.kind() != TypeKind::boolean) {
    bool through = t.kind() == TypeKind::range || t.kind() == TypeKind::list;
    if (!may_meet(input, t) && !(through && may_meet(input, t.element())) && input.kind() != TypeKind::list &&
        !(through && t.element().kind() == TypeKind::range))
      semantic(at, "a " + t.to_string() + " never matches an input of type " + input.to_string(),
               input.to_string() + " の入力が " + t.to_string() + " に一致することはありません");
  }
  return {unary_test_node(slot, std::move(value.node), mentions), TypeKind::boolean};
}

// After "(": tests up to ")", or the range (a..b) — which of the two shows only behind the first expression, and reading
// it twice would double the work with every nesting.
bool Compiler::parenthesised_tests(const Type& input, int slot, Nodes& tests) {
  skip();
  std::size_t at = at_;
  if (peek() != '<' && peek() != '>' && peek() != '=' && peek() != '!') {
    question_used_ = false;
    Code first = textual();
    if (!first) return false;
    bool mentions = question_used_;
    if (take("..")) {
      Code range = range_after(at, std::move(first), false);
      if (!range) return false;
      tests.push_back(unary_test_node(slot, std::move(range.node), false));
      return true;
    }
    tests.push_back(as_test(at, input, slot, std::move(first), mentions).node);
    if (!take(",")) return expect(")");
  }
  return test_list(input, slot, tests, ')') && expect(")");
}

// value in test | value in (test, test …)
Code Compiler::in_tests(Code value) {
  std::size_t scope = mark();
  bool outer = question_used_;
  int outer_range = std::exchange(range_end_, 0);
  int slot = declare("?", value.type);
  Nodes tests;
  skip();
  std::size_t at = at_;
  if (take("(")) {
    if (!parenthesised_tests(value.type, slot, tests)) return {};
    range_end_ = outer_range;
  } else {
    range_end_ = outer_range;
    int op = comparison_operator();
    Code test = additive();
    if (!test) return {};
    tests.push_back(op ? compare_with(op, at, {slot_node(slot), value.type}, std::move(test)).node
                       : unary_test_node(slot, std::move(test.node), false));
  }
  question_used_ = outer;
  release(scope);
  return {in_node(std::move(value.node), slot, std::move(tests)), TypeKind::boolean};
}

}  // namespace machiya::feel
