// The nodes of compiled expressions. Internal to feel.
#pragma once
#include <span>

#include "feel/machine.h"

namespace machiya::feel {

using Nodes = std::vector<NodePtr>;
using BuiltinFunction = Value (*)(Machine&, std::span<Value>);
using BinaryFunction = Value (*)(Machine&, const Value&, const Value&);

NodePtr constant_node(Value v);
NodePtr slot_node(int slot);
NodePtr binary_node(BinaryFunction f, NodePtr a, NodePtr b);
NodePtr and_node(NodePtr a, NodePtr b);
NodePtr or_node(NodePtr a, NodePtr b);
NodePtr negate_node(NodePtr a);
/// `boxed`: a condition that is neither true, false nor null makes the whole null (DMN 10.2.2.12–16); in FEEL's own
/// if, filter, some and every it counts as not true.
NodePtr if_node(NodePtr condition, NodePtr yes, NodePtr no, bool boxed = false);
NodePtr list_node(Nodes items);
/// Each entry is also left in its slot, where later entries find it. With `result` the context is only a scope.
struct ContextEntry {
  std::string name;
  int slot;
  NodePtr node;
  Type type;  ///< coerced to it unless any
};
NodePtr context_node(std::vector<ContextEntry> entries, NodePtr result);
NodePtr range_node(NodePtr low, NodePtr high, bool low_closed, bool high_closed, Range::Form form = Range::Form::interval);
NodePtr path_node(NodePtr value, std::string name);
enum class FilterKind { by_index, by_condition, unknown };
NodePtr filter_node(NodePtr list, int item_slot, NodePtr condition, FilterKind kind, bool boxed = false);
struct Iteration {
  int slot;
  NodePtr from;
  NodePtr to;  ///< absent for a list
};
NodePtr for_node(std::vector<Iteration> iterations, int partial_slot, NodePtr body);
NodePtr quantified_node(bool every, std::vector<Iteration> iterations, NodePtr condition, bool boxed = false);
NodePtr instance_node(NodePtr value, Type type);
NodePtr between_node(NodePtr value, NodePtr low, NodePtr high);
/// True when any test holds for the value, which the tests find in `slot`.
NodePtr in_node(NodePtr value, int slot, Nodes tests);
/// A cell: true, false or null of `test` against the value in `slot`; `mentions` when the test names "?" itself.
NodePtr unary_test_node(int slot, NodePtr test, bool mentions);
NodePtr any_of_node(Nodes tests, bool negated);
NodePtr function_node(std::shared_ptr<const FunctionCode> code);
/// A member of the item in `slot` when it is a context that has it, otherwise `otherwise` (may be absent).
NodePtr member_or_node(int slot, std::string name, NodePtr otherwise);
NodePtr coerce_node(NodePtr value, Type type);

/// Kinds that a parameter takes, as bits of TypeKind.
using KindMask = std::uint32_t;
constexpr KindMask bit_of(TypeKind k) { return KindMask{1} << static_cast<int>(k); }
/// `given` tells how many arguments there are; missing ones are null. `packed`: the last parameter takes the rest as a list.
NodePtr builtin_node(BuiltinFunction f, Nodes arguments, std::vector<KindMask> masks, bool packed);
NodePtr invoke_node(NodePtr function, Nodes arguments);
NodePtr invoke_named_node(NodePtr function, std::vector<std::string> names, Nodes arguments);
/// Argument conversion of built-ins: singleton lists open and close; false when the value does not fit.
bool fit_argument(Machine& m, Value& v, KindMask mask);

}  // namespace machiya::feel
