// What runs a compiled expression: the machine's budget and stack, the nodes of the tree, and callables.
// Internal to feel (value.cpp, the compiler and the built-in functions).
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "feel/feel.h"
#include "feel/value.h"

namespace machiya::feel {

/// One evaluation: the budget it spends and the slots of its frames. When the budget is gone `failed` is set,
/// every node answers null at once, and the caller reports limit_exceeded.
class Machine {
 public:
  explicit Machine(const Environment& environment) : environment_(environment), left_(environment.max_steps) {}

  const Environment& environment() const { return environment_; }
  bool failed() const { return failed_; }
  /// Spends `steps`; false when the budget is gone.
  bool charge(std::uint64_t steps) {
    if (failed_ || steps > left_) {
      failed_ = true;
      left_ = 0;
      return false;
    }
    left_ -= steps;
    return true;
  }
  std::uint64_t left() const { return left_; }
  void fail() { failed_ = true; left_ = 0; }

  Value& slot(int i) { return stack_[base_ + static_cast<std::size_t>(i)]; }
  /// Opens a frame of `slots` for a body of tree height `height`; false (and failed) when too deep.
  bool enter(int slots, int height);
  void leave(int height);

  /// Lists and contexts that respect the bounds on depth and size.
  Value list(std::vector<Value> items);
  Value context(std::vector<Value::Member> members);
  Value string(std::string s);
  Value bounded(Value v);

 private:
  const Environment& environment_;
  std::uint64_t left_;
  bool failed_ = false;
  int height_ = 0;
  std::vector<Value> stack_;
  std::vector<std::size_t> frames_;
  std::size_t base_ = 0;
};

/// One node of a compiled expression. Immutable.
class Node {
 public:
  virtual ~Node() = default;
  virtual Value eval(Machine& m) const = 0;
  /// The value when it is known at compile time.
  virtual const Value* constant() const { return nullptr; }
  int height = 1;
};
using NodePtr = std::unique_ptr<const Node>;

inline Value run(const Node& n, Machine& m) { return m.charge(1) ? n.eval(m) : Value(); }

struct Parameter {
  std::string name;
  Type type;
};

/// Something that can be invoked: a function definition with what it closes over, a built-in, a model's
/// knowledge model or decision service.
class Callable {
 public:
  virtual ~Callable() = default;
  virtual const std::vector<Parameter>& parameters() const = 0;
  virtual Type result() const { return {}; }
  /// Arguments by the order of parameters() (variadic callables: as given).
  virtual Value call(Machine& m, std::vector<Value> arguments) const = 0;
  virtual bool accepts(std::size_t count) const { return count == parameters().size(); }
  virtual std::string describe() const { return "function"; }
  virtual std::uint64_t weight() const { return 1; }
  virtual std::uint32_t depth() const { return 0; }
};
/// Calls `f` when the number of arguments fits; null otherwise.
Value invoke(Machine& m, const Value& f, std::vector<Value> arguments);

/// The body of a function definition and where its slots come from.
struct FunctionCode {
  std::vector<Parameter> parameters;
  Type result;
  Type found;                                 ///< result type as far as the body tells
  NodePtr body;
  int slots = 0;
  std::vector<std::pair<int, int>> captures;  ///< slot outside → slot inside; parameters fill slots 0…
  int self_slot = -1;                         ///< where the function finds itself, for recursion
};
/// A closure: the code with the captured values.
Value make_closure(std::shared_ptr<const FunctionCode> code, std::vector<Value> captured);

/// A compiled expression behind feel::Expression.
struct CompiledExpression {
  std::string source;
  NodePtr node;
  Type type;
  std::vector<std::string> scope_names;
  std::vector<std::string> used_names;
  int slots = 0;
};

// Operators, three-valued where FEEL is.
enum class Order : std::int8_t { less = -1, equal = 0, greater = 1, unknown = 2 };
Order order(const Value& a, const Value& b);
/// 1, 0, or -1 for null.
int equal(Machine& m, const Value& a, const Value& b);
Value add(Machine& m, const Value& a, const Value& b);
Value subtract(Machine& m, const Value& a, const Value& b);
Value multiply(Machine& m, const Value& a, const Value& b);
Value divide(Machine& m, const Value& a, const Value& b);
Value power(Machine& m, const Value& a, const Value& b);
Value negate(const Value& a);
Value equals(Machine& m, const Value& a, const Value& b);
Value differs(Machine& m, const Value& a, const Value& b);
Value less(Machine& m, const Value& a, const Value& b);
Value less_equal(Machine& m, const Value& a, const Value& b);
Value greater(Machine& m, const Value& a, const Value& b);
Value greater_equal(Machine& m, const Value& a, const Value& b);
/// v in r for a range; null where not comparable.
Value in_range(const Value& v, const Range& r);
/// `value in test`: a range, a list of tests, or a value to equal.
Value in_test(Machine& m, const Value& value, const Value& test);
/// a.name for contexts, lists of contexts and the properties of temporal values and ranges (DMN 10.3.2.15).
Value path(Machine& m, const Value& v, std::string_view name);
/// True when the value belongs to the type (null only to null and Any).
bool instance_of(const Value& v, const Type& type);
/// Implicit conversions of DMN 10.3.2.9.4 (singleton list, date to date and time); null when the value does not conform.
Value coerce(Machine& m, const Value& v, const Type& type);

}  // namespace machiya::feel
