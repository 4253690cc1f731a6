// if, for, some, every, function definitions and filters.
#include "feel/compiler.h"

namespace machiya::feel {

Code Compiler::conditional() {
  Code condition = textual();
  if (!condition || !expect("then")) return {};
  if (condition.type.kind() != TypeKind::any && condition.type.kind() != TypeKind::null && condition.type.kind() != TypeKind::boolean)
    semantic(at_, "the condition is a " + condition.type.to_string() + ", not true or false",
             "条件が " + condition.type.to_string() + " です。true か false になる式が必要です");
  Code yes = textual();
  if (!yes || !expect("else")) return {};
  Code no = textual();
  if (!no) return {};
  Type t = common(yes.type, no.type);
  const Node *a = condition.node.get(), *b = yes.node.get(), *c = no.node.get();
  return {folded(if_node(std::move(condition.node), std::move(yes.node), std::move(no.node)), {a, b, c}), std::move(t)};
}

// a in list, b in 1..3 — each name is visible to the following ones.
bool Compiler::iterations(std::vector<Iteration>& out, bool spans) {
  do {
    skip();
    std::string variable = read_words(true, "in");
    if (variable.empty()) return static_cast<bool>(fail("expected a variable name here", "ここには変数名が必要です"));
    if (!expect("in")) return false;
    Code from = textual();
    if (!from) return false;
    Iteration it;
    Type element;
    if (spans && take("..")) {
      Code to = additive();
      if (!to) return false;
      it.to = std::move(to.node);
      element = from.type;
    } else {
      TypeKind k = from.type.kind();
      element = k == TypeKind::list || k == TypeKind::range ? from.type.element() : from.type;
    }
    it.from = std::move(from.node);
    it.slot = declare(std::move(variable), std::move(element));
    out.push_back(std::move(it));
  } while (take(","));
  return true;
}

Code Compiler::iteration() {
  std::size_t scope = mark();
  std::vector<Iteration> list;
  if (!iterations(list, true) || !expect("return")) return {};
  int before = static_cast<int>(bindings_.size());
  int partial = declare("partial", Type::list());
  (void)before;
  std::size_t body_begin = at_;
  Code body = textual();
  if (!body) return {};
  bool uses_partial = text_.substr(body_begin, at_ - body_begin).find("partial") != std::string_view::npos;
  release(scope);
  Type t = Type::list(body.type);
  return {for_node(std::move(list), uses_partial ? partial : -1, std::move(body.node)), std::move(t)};
}

Code Compiler::quantified(bool every) {
  std::size_t scope = mark();
  std::vector<Iteration> list;
  if (!iterations(list, true) || !expect("satisfies")) return {};
  Code condition = textual();
  if (!condition) return {};
  release(scope);
  return {quantified_node(every, std::move(list), std::move(condition.node)), TypeKind::boolean};
}

Code Compiler::function_definition() {
  std::string self = std::exchange(entry_name_, std::string());
  if (!expect("(")) return {};
  std::vector<Parameter> parameters;
  skip();
  if (peek() != ')') {
    do {
      std::string name = read_words(true, "");
      if (name.empty()) return fail("expected a parameter name here", "ここには引数の名前が必要です");
      Type t;
      if (take(":")) {
        auto declared = type();
        if (!declared) return {};
        t = *declared;
      }
      parameters.push_back({std::move(name), std::move(t)});
    } while (take(","));
  }
  if (!expect(")")) return {};
  Type result;
  if (take(":")) {
    auto declared = type();
    if (!declared) return {};
    result = *declared;
  }
  if (take_keyword("external")) return fail("external functions are not available", "外部関数は使えません");
  open_function(parameters, self);
  Code body = textual();
  if (!body) return {};
  std::vector<Type> types;
  for (const auto& p : parameters) types.push_back(p.type);
  Type t = Type::function(std::move(types), result.is_any() ? body.type : result);
  auto code = close_function(parameters, std::move(result), std::move(body));
  return {function_node(std::move(code)), std::move(t)};
}

// In [a..b[ the last bracket closes the range; a filter would go on with an expression.
bool Compiler::closes_range() const {
  std::size_t i = at_ + 1;
  while (i < text_.size() && (text_[i] == ' ' || text_[i] == '\n' || text_[i] == '\t' || text_[i] == '\r')) ++i;
  if (i >= text_.size()) return true;
  char c = text_[i];
  if (c == ')' || c == ',' || c == ']' || c == '}' || c == '=' || c == '.') return true;
  std::string_view rest = text_.substr(i);
  for (std::string_view word : {"and", "or", "then", "else", "return", "satisfies"})
    if (rest.substr(0, word.size()) == word && (rest.size() == word.size() || rest[word.size()] == ' ')) return true;
  return false;
}

Code Compiler::filter(Code list) {
  std::size_t scope = mark();
  int outer_range = std::exchange(range_end_, 0);
  Type element = list.type.kind() == TypeKind::list ? list.type.element() : list.type;
  int slot = declare_filter_item(element);
  Code condition = textual();
  range_end_ = outer_range;
  if (!condition || !expect("]")) return {};
  release(scope);
  FilterKind kind = condition.type.kind() == TypeKind::number    ? FilterKind::by_index
                    : condition.type.kind() == TypeKind::boolean ? FilterKind::by_condition
                                                                 : FilterKind::unknown;
  Type t = kind == FilterKind::by_index ? element : kind == FilterKind::by_condition ? Type::list(element) : Type();
  return {filter_node(std::move(list.node), slot, std::move(condition.node), kind), std::move(t)};
}

}  // namespace machiya::feel
