// FEEL, the expression language of every definition (OMG DMN 1.3–1.5, chapter 10), compiled once and evaluated
// many times. Pure: no I/O, no threads of its own, no clock (today() and now() read the Environment).
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "feel/type.h"
#include "feel/value.h"

namespace machiya::feel {

/// Names visible to an expression and their types; checked when it is compiled.
class Scope {
 public:
  Scope& add(std::string name, Type type);
  const Type* find(std::string_view name) const;
  const std::vector<std::pair<std::string, Type>>& names() const { return names_; }

 private:
  std::vector<std::pair<std::string, Type>> names_;
};

/// What one evaluation may see and spend.
struct Environment {
  Instant now;                          ///< today() and now(), in Japan Standard Time
  std::uint64_t max_steps = 1'000'000;  ///< evaluation stops with limit_exceeded after so many nodes
  Environment() = default;
  explicit Environment(Instant t) : now(t) {}
};

/// A compiled expression: immutable, thread-safe, cheap to copy (shared).
class Expression {
 public:
  Expression();
  explicit Expression(std::shared_ptr<const struct CompiledExpression> compiled) : node_(std::move(compiled)) {}
  /// Values by the order of Scope::names() at compile time; missing trailing values are null.
  Result<Value> evaluate(const std::vector<Value>& values, const Environment& environment) const;
  /// The same with values by name, for callers that are not in a hurry.
  Result<Value> evaluate(const std::vector<std::pair<std::string, Value>>& values, const Environment& environment) const;
  const Type& type() const;                 ///< the type worked out at compile time (Any where unknown)
  const std::string& source() const;
  std::vector<std::string> uses() const;    ///< the Scope names that it reads, sorted
  explicit operator bool() const { return node_ != nullptr; }

 private:
  std::shared_ptr<const struct CompiledExpression> node_;
};

/// Compiles `source`. The error's `where` is "line:column" within it; unknown names, wrong arities and
/// type clashes that can be known are found here.
Result<Expression> compile(std::string_view source, const Scope& scope);
/// Compiles unary tests (the cells of a decision table) against an input of type `input`, visible as "?" (the last
/// value after those of the scope).
Result<Expression> compile_unary_tests(std::string_view source, const Type& input, const Scope& scope);

}  // namespace machiya::feel
