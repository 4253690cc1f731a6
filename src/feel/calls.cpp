// Invocations: of built-in functions (bound when compiled) and of function values.
#include <algorithm>

#include "feel/compiler.h"

namespace machiya::feel {

// ( … ) positional, or name: value pairs.
bool Compiler::arguments(Arguments& out) {
  ++at_;
  int outer_range = std::exchange(range_end_, 0);
  skip();
  if (peek() != ')') {
    bool named = false;
    do {
      skip();
      std::size_t begin = at_;
      std::string word = peek() == '"' ? std::string() : read_words(true, "");
      skip();
      bool is_named = !word.empty() && peek() == ':';
      if (!out.values.empty() && named != is_named)
        return static_cast<bool>(fail("named and positional arguments cannot be mixed", "名前付きの引数と順番の引数は混ぜられません"));
      named = is_named;
      if (named) {
        ++at_;
        out.names.push_back(std::move(word));
      } else {
        at_ = begin;
      }
      Code value = textual();
      if (!value) return false;
      out.values.push_back(std::move(value));
    } while (take(","));
  }
  range_end_ = outer_range;
  return expect(")");
}

Code Compiler::call(Code function, std::size_t at) {
  Arguments a;
  if (!arguments(a)) return {};
  const Type& t = function.type;
  bool known = t.kind() == TypeKind::function && !t.members().empty();
  if (known && a.values.size() != t.members().size())
    semantic(at, "this function takes " + std::to_string(t.members().size()) + " arguments, not " + std::to_string(a.values.size()),
             "この関数の引数は " + std::to_string(t.members().size()) + " 個です(" + std::to_string(a.values.size()) + " 個あります)");
  else if (t.kind() != TypeKind::function && !t.is_any() && t.kind() != TypeKind::null && t.kind() != TypeKind::list)
    semantic(at, "a " + t.to_string() + " cannot be called", t.to_string() + " は関数ではありません");
  if (known && a.names.empty())
    for (std::size_t i = 0; i < a.values.size() && i < t.members().size(); ++i)
      if (!may_meet(a.values[i].type, t.members()[i].second) && a.values[i].type.kind() != TypeKind::list &&
          t.members()[i].second.kind() != TypeKind::list)
        semantic(at, "argument " + std::to_string(i + 1) + " is a " + a.values[i].type.to_string() + ", not a " + t.members()[i].second.to_string(),
                 std::to_string(i + 1) + " 番目の引数が " + a.values[i].type.to_string() + " です(" + t.members()[i].second.to_string() + " が必要です)");
  Type result = t.kind() == TypeKind::function ? t.element() : Type();
  Nodes nodes;
  for (auto& v : a.values) nodes.push_back(std::move(v.node));
  if (a.names.empty()) return {invoke_node(std::move(function.node), std::move(nodes)), std::move(result)};
  return {invoke_named_node(std::move(function.node), std::move(a.names), std::move(nodes)), std::move(result)};
}

// The way of calling that fits the arguments; places[i] is the parameter of argument i.
const Builtin* Compiler::choose(const BuiltinFamily& family, const Arguments& a, std::vector<std::size_t>& places) {
  for (const auto& way : family.ways) {
    places.clear();
    std::size_t n = a.values.size();
    if (n < way.least() || n > way.most()) continue;
    if (a.names.empty()) {
      for (std::size_t i = 0; i < n; ++i) places.push_back(std::min(i, way.parameters.size() - 1));
      return &way;
    }
    std::vector<bool> given(way.parameters.size());
    bool fits = true;
    for (const auto& name : a.names) {
      auto at = std::find_if(way.parameters.begin(), way.parameters.end(), [&](const BuiltinParameter& p) { return p.name == name; });
      auto i = static_cast<std::size_t>(at - way.parameters.begin());
      fits = fits && at != way.parameters.end() && !given[i];
      if (!fits) break;
      given[i] = true;
      places.push_back(i);
    }
    for (std::size_t i = 0; fits && i < given.size(); ++i) fits = given[i] || way.parameters[i].optional;
    if (fits) return &way;
  }
  return nullptr;
}

namespace {

std::string usage(const BuiltinFamily& family) {
  std::string s;
  for (const auto& way : family.ways) {
    s += (s.empty() ? "" : " / ") + way.name + "(";
    for (std::size_t i = 0; i < way.parameters.size(); ++i)
      s += (i ? ", " : "") + way.parameters[i].name + (way.parameters[i].optional ? "?" : way.parameters[i].rest ? "…" : "");
    s += ")";
  }
  return s;
}

std::string kinds_text(KindMask mask) {
  std::string s;
  for (int k = 0; k <= static_cast<int>(TypeKind::function); ++k)
    if (mask & (KindMask{1} << k)) {
      auto kind = static_cast<TypeKind>(k);
      s += (s.empty() ? "" : " / ") +
           std::string(kind == TypeKind::list ? "list" : kind == TypeKind::context ? "context" : kind == TypeKind::range ? "range"
                       : kind == TypeKind::function ? "function" : Type(kind).to_string());
    }
  return s;
}

}  // namespace

Code Compiler::call_builtin(std::string_view name, std::size_t at) {
  const BuiltinFamily& family = *find_builtin(name);
  Arguments a;
  if (!arguments(a)) return {};
  std::vector<std::size_t> places;
  const Builtin* way = choose(family, a, places);
  if (!way) {
    semantic(at, "call it as " + usage(family), "呼び方は " + usage(family) + " です");
    return {constant_node(Value()), Type()};
  }
  return builtin_code(*way, std::move(a), places, at);
}

Code Compiler::builtin_code(const Builtin& b, Arguments a, const std::vector<std::size_t>& places, std::size_t at) {
  bool constant = b.pure;
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    constant = constant && a.values[i].node->constant();
    const BuiltinParameter& p = b.parameters[places[i]];
    const Type& t = a.values[i].type;
    bool open = t.is_any() || t.kind() == TypeKind::null || t.kind() == TypeKind::list || (p.mask & bit_of(TypeKind::list));
    if (!open && !(p.mask & bit_of(t.kind())))
      semantic(at, b.name + ": \"" + p.name + "\" is a " + t.to_string() + ", not a " + kinds_text(p.mask),
               b.name + " の「" + p.name + "」が " + t.to_string() + " です(" + kinds_text(p.mask) + " が必要です)");
  }
  bool packed = !b.parameters.empty() && b.parameters.back().rest;
  std::vector<KindMask> masks;
  for (const auto& p : b.parameters) masks.push_back(p.mask);
  Nodes nodes;
  if (packed) {
    for (auto& v : a.values) nodes.push_back(std::move(v.node));
  } else {
    nodes.resize(b.parameters.size());
    for (std::size_t i = 0; i < a.values.size(); ++i) nodes[places[i]] = std::move(a.values[i].node);
  }
  Type result = b.result;
  NodePtr node = builtin_node(b.function, std::move(nodes), std::move(masks), packed);
  return {constant ? folded(std::move(node)) : std::move(node), std::move(result)};
}

}  // namespace machiya::feel
