#include "feel/boxed.h"

#include <algorithm>

namespace machiya::feel {
namespace {

Code nothing() { return {constant_node(Value()), Type()}; }

Code text_code(Compiler& c, const PlacedText& t) {
  std::string outer = c.place();
  c.set_place(t.place);
  Code code = c.expression(t.text);
  c.set_place(std::move(outer));
  return code ? std::move(code) : nothing();
}

Code context_code(Compiler& c, const Boxed& b) {
  std::size_t scope = c.mark();
  std::vector<ContextEntry> entries;
  std::vector<Type::Member> members;
  NodePtr result;
  Type result_type;
  for (const auto& e : b.entries) {
    Code value = e.value ? compile_boxed(c, *e.value) : nothing();
    Type type = e.type.is_any() ? value.type : e.type;
    if (e.name.empty()) {
      result = e.type.is_any() ? std::move(value.node) : coerce_node(std::move(value.node), e.type);
      result_type = type;
      continue;
    }
    int slot = c.declare(e.name, type);
    members.emplace_back(e.name, type);
    entries.push_back({e.name, slot, std::move(value.node), e.type});
  }
  c.release(scope);
  Type type = result ? result_type : Type::context(std::move(members));
  return {context_node(std::move(entries), std::move(result)), std::move(type)};
}

Code list_code(Compiler& c, const Boxed& b) {
  Nodes items;
  Type element = TypeKind::null;
  for (const auto& p : b.parts) {
    Code item = compile_boxed(c, *p);
    element = common(element, item.type);
    items.push_back(std::move(item.node));
  }
  Type type = Type::list(items.empty() ? Type() : element);
  return {list_node(std::move(items)), std::move(type)};
}

Code relation_code(Compiler& c, const Boxed& b) {
  Nodes rows;
  Type element = TypeKind::null;
  for (const auto& row : b.rows) {
    std::vector<ContextEntry> entries;
    std::vector<Type::Member> members;
    for (std::size_t i = 0; i < row.size() && i < b.entries.size(); ++i) {
      Code cell = row[i] ? compile_boxed(c, *row[i]) : nothing();
      Type type = b.entries[i].type.is_any() ? cell.type : b.entries[i].type;
      members.emplace_back(b.entries[i].name, type);
      std::size_t scope = c.mark();
      int slot = c.declare(b.entries[i].name, type);
      c.release(scope);
      entries.push_back({b.entries[i].name, slot, std::move(cell.node), b.entries[i].type});
    }
    element = common(element, Type::context(std::move(members)));
    rows.push_back(context_node(std::move(entries), nullptr));
  }
  return {list_node(std::move(rows)), Type::list(std::move(element))};
}

Code invocation_code(Compiler& c, const Boxed& b) {
  Code f = text_code(c, b.text);
  std::vector<std::string> names;
  Nodes values;
  for (const auto& e : b.entries) {
    Code v = e.value ? compile_boxed(c, *e.value) : nothing();
    names.push_back(e.name);
    values.push_back(e.type.is_any() ? std::move(v.node) : coerce_node(std::move(v.node), e.type));
  }
  Type type = f.type.kind() == TypeKind::function ? f.type.element() : Type();
  if (names.empty()) return {invoke_node(std::move(f.node), {}), std::move(type)};
  return {invoke_named_node(std::move(f.node), std::move(names), std::move(values)), std::move(type)};
}

Code function_code(Compiler& c, const Boxed& b) {
  std::vector<Parameter> parameters;
  std::vector<Type> types;
  for (const auto& e : b.entries) {
    parameters.push_back({e.name, e.type});
    types.push_back(e.type);
  }
  c.open_function(parameters, b.variable);
  Code body = b.body ? compile_boxed(c, *b.body) : nothing();
  Type result = body.type;
  auto code = c.close_function(parameters, Type(), std::move(body));
  return {function_node(std::move(code)), Type::function(std::move(types), std::move(result))};
}

Code filter_code(Compiler& c, const Boxed& b) {
  Code list = compile_boxed(c, *b.parts[0]);
  std::size_t scope = c.mark();
  Type element = list.type.kind() == TypeKind::list ? list.type.element() : list.type;
  int slot = c.declare_filter_item(element);
  Code condition = compile_boxed(c, *b.parts[1]);
  c.release(scope);
  return {filter_node(std::move(list.node), slot, std::move(condition.node), FilterKind::by_condition, true), Type()};
}

Code iterator_code(Compiler& c, const Boxed& b) {
  Code list = compile_boxed(c, *b.parts[0]);
  std::size_t scope = c.mark();
  TypeKind k = list.type.kind();
  Iteration it;
  it.slot = c.declare(b.variable, k == TypeKind::list || k == TypeKind::range ? list.type.element() : list.type);
  it.from = std::move(list.node);
  std::vector<Iteration> iterations;
  iterations.push_back(std::move(it));
  bool loop = b.kind == Boxed::Kind::iterate;
  int partial = loop ? c.declare("partial", Type::list()) : -1;
  Code body = compile_boxed(c, *b.parts[1]);
  c.release(scope);
  if (loop) return {for_node(std::move(iterations), partial, std::move(body.node)), Type::list(body.type)};
  return {quantified_node(b.kind == Boxed::Kind::every, std::move(iterations), std::move(body.node), true), TypeKind::boolean};
}

Code kind_code(Compiler& c, const Boxed& b) {
  switch (b.kind) {
    case Boxed::Kind::literal: return text_code(c, b.text);
    case Boxed::Kind::table: return compile_table(c, *b.table);
    case Boxed::Kind::context: return context_code(c, b);
    case Boxed::Kind::list: return list_code(c, b);
    case Boxed::Kind::relation: return relation_code(c, b);
    case Boxed::Kind::invocation: return invocation_code(c, b);
    case Boxed::Kind::function: return function_code(c, b);
    case Boxed::Kind::external: return nothing();
    case Boxed::Kind::filter: return filter_code(c, b);
    case Boxed::Kind::iterate:
    case Boxed::Kind::some:
    case Boxed::Kind::every: return iterator_code(c, b);
    case Boxed::Kind::conditional: break;
  }
  Code condition = compile_boxed(c, *b.parts[0]), yes = compile_boxed(c, *b.parts[1]), no = compile_boxed(c, *b.parts[2]);
  Type type = common(yes.type, no.type);
  return {if_node(std::move(condition.node), std::move(yes.node), std::move(no.node), true), std::move(type)};
}

}  // namespace

Code compile_boxed(Compiler& c, const Boxed& b) {
  Code code = kind_code(c, b);
  if (b.type.is_any()) return code;
  return {coerce_node(std::move(code.node), b.type), b.type};
}

}  // namespace machiya::feel
