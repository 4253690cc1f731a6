// Unary tests: the cells of decision tables and the right side of "in" (DMN 10.3.2.8, grammar rules 7–16, 49).
#include "feel/compiler.h"

namespace machiya::feel {

Code Compiler::unary_tests(std::string_view text, const Type& input) {
  start(text);
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
  bool outer = question_used_;
  question_used_ = false;
  Code value = textual();
  bool mentions = question_used_;
  question_used_ = outer || mentions;
  if (!value) return {};
  if (!mentions && value.type.kind() != TypeKind::boolean) {
    const Type& t = value.type;
    bool through = t.kind() == TypeKind::range || t.kind() == TypeKind::list;
    if (!may_meet(input, t) && !(through && may_meet(input, t.element())) && input.kind() != TypeKind::list &&
        !(through && t.element().kind() == TypeKind::range))
      semantic(at, "a " + t.to_string() + " never matches an input of type " + input.to_string(),
               input.to_string() + " の入力が " + t.to_string() + " に一致することはありません");
  }
  return {unary_test_node(slot, std::move(value.node), mentions), TypeKind::boolean};
}

// value in test | value in (test, test …)
Code Compiler::in_tests(Code value) {
  std::size_t mark_here = mark();
  bool outer = question_used_;
  int slot = declare("?", value.type);
  Nodes tests;
  skip();
  bool ok = false;
  std::size_t begin = at_;
  std::size_t problems = problems_.size();
  if (take("(")) {
    // Either a list of tests in parentheses or an expression that begins with one, such as (1..5).
    ok = test_list(value.type, slot, tests, ')') && take(")");
    if (!ok) {
      problems_.resize(problems);
      syntax_error_ = false;
      at_ = begin;
      tests.clear();
    }
  }
  if (!ok) {
    int op_at = static_cast<int>(at_);
    if (int op = comparison_operator()) {
      Code limit = additive();
      if (!limit) return {};
      tests.push_back(compare_with(op, static_cast<std::size_t>(op_at), {slot_node(slot), value.type}, std::move(limit)).node);
    } else {
      Code test = additive();
      if (!test) return {};
      tests.push_back(unary_test_node(slot, std::move(test.node), false));
    }
  }
  question_used_ = outer;
  release(mark_here);
  return {in_node(std::move(value.node), slot, std::move(tests)), TypeKind::boolean};
}

}  // namespace machiya::feel
