#include "feel/feel.h"

#include <algorithm>

#include "feel/compiler.h"

namespace machiya::feel {

Scope& Scope::add(std::string name, Type type) {
  for (auto& n : names_)
    if (n.first == name) {
      n.second = std::move(type);
      return *this;
    }
  names_.emplace_back(std::move(name), std::move(type));
  return *this;
}

const Type* Scope::find(std::string_view name) const {
  for (const auto& n : names_)
    if (n.first == name) return &n.second;
  return nullptr;
}

Expression::Expression() = default;

Result<Value> Expression::evaluate(const std::vector<Value>& values, const Environment& environment) const {
  if (!node_) return Error(ErrorCode::internal, "an empty expression was evaluated");
  Machine m(environment);
  if (!m.enter(std::max(node_->slots, 1), node_->node->height)) return Error(ErrorCode::limit_exceeded, "too deep: " + node_->source.substr(0, 80));
  std::size_t n = std::min(values.size(), node_->scope_names.size());
  for (std::size_t i = 0; i < n; ++i) m.slot(static_cast<int>(i)) = values[i];
  Value v = run(*node_->node, m);
  if (m.failed()) return Error(ErrorCode::limit_exceeded, "evaluation took more than " + std::to_string(environment.max_steps) + " steps: " + node_->source.substr(0, 80));
  return v;
}

Result<Value> Expression::evaluate(const std::vector<std::pair<std::string, Value>>& values, const Environment& environment) const {
  if (!node_) return Error(ErrorCode::internal, "an empty expression was evaluated");
  std::vector<Value> ordered(node_->scope_names.size());
  for (const auto& v : values) {
    auto at = std::find(node_->scope_names.begin(), node_->scope_names.end(), v.first);
    if (at != node_->scope_names.end()) ordered[static_cast<std::size_t>(at - node_->scope_names.begin())] = v.second;
  }
  return evaluate(ordered, environment);
}

const Type& Expression::type() const {
  static const Type kAny;
  return node_ ? node_->type : kAny;
}

const std::string& Expression::source() const {
  static const std::string kEmpty;
  return node_ ? node_->source : kEmpty;
}

std::vector<std::string> Expression::uses() const { return node_ ? node_->used_names : std::vector<std::string>(); }

namespace {

Error first_problem(const std::vector<Problem>& problems) {
  const Problem& p = problems.front();
  std::string detail = p.en;
  for (std::size_t i = 1; i < problems.size(); ++i)
    detail += "; " + std::to_string(problems[i].line) + ":" + std::to_string(problems[i].column) + " " + problems[i].en;
  return Error(ErrorCode::definition_error, std::move(detail), std::to_string(p.line) + ":" + std::to_string(p.column));
}

std::shared_ptr<const CompiledExpression> finished(Compiler& c, std::string_view source, const Scope& scope, Code code) {
  auto e = std::make_shared<CompiledExpression>();
  e->source = std::string(source);
  e->node = std::move(code.node);
  e->type = std::move(code.type);
  for (const auto& n : scope.names()) e->scope_names.push_back(n.first);
  for (const auto& n : c.used())
    if (scope.find(n)) e->used_names.push_back(n);
  std::sort(e->used_names.begin(), e->used_names.end());
  e->slots = c.slots();
  return e;
}

}  // namespace

Result<Expression> compile(std::string_view source, const Scope& scope) {
  Compiler c(true);
  for (const auto& n : scope.names()) c.declare(n.first, n.second);
  Code code = c.expression(source);
  if (!c.problems().empty()) return first_problem(c.problems());
  return Expression(finished(c, source, scope, std::move(code)));
}

Result<Expression> compile_unary_tests(std::string_view source, const Type& input, const Scope& scope) {
  Compiler c(true);
  Scope all = scope;
  all.add("?", input);
  for (const auto& n : all.names()) c.declare(n.first, n.second);
  Code code = c.unary_tests(source, input);
  if (!c.problems().empty()) return first_problem(c.problems());
  return Expression(finished(c, source, all, std::move(code)));
}

}  // namespace machiya::feel
