// Decisions in the house's own form (JSON, written by authors as YAML): one expression or one decision table, with
// typed inputs, and requirement graphs over them. Compiled once; every fault is reported with its JSON pointer.
//
//   { "decision": "dog-fee", "hit": "C+",
//     "inputs":  [ { "name": "registered", "type": "boolean", "expression": "…", "allowed": "true, false" } ],
//     "outputs": [ { "name": "fee", "type": "number", "values": "…" } ],
//     "rules":   [ { "when": ["false", "-"], "then": ["3000"], "note": … } ],
//     "default": ["0"], "needs": ["other-decision"] }
//   { "decision": "x", "expression": "FEEL", "inputs": [ { "name": "a", "type": "number" } ], "type": "number" }
//
// hit: U (default) A P F R O C C+ C< C> C#. An input's value is its `expression`, or else the name itself, which is
// then looked up in the scope or among the needed decisions, or belongs to the decision's own inputs. An output's
// `values` is the list of its values by falling priority (P and O). A decision table without match gives `default`,
// else null.
#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "feel/feel.h"

namespace machiya::feel {

/// One fault of a definition: the JSON pointer of the text, where in the text, and what is wrong.
struct Diagnostic {
  std::string pointer;
  int line = 1;    ///< within the text at the pointer
  int column = 1;  ///< in code points
  std::string en;
  std::string ja;
};
using Diagnostics = std::vector<Diagnostic>;

/// A compiled decision: immutable, thread-safe, cheap to copy.
class Decision {
 public:
  Decision() = default;
  const std::string& name() const;
  const Type& type() const;                 ///< of the result
  /// The names to hand in, by the order of evaluate()'s values: the scope's first, then the own inputs.
  const std::vector<std::pair<std::string, Type>>& inputs() const;
  /// The names among inputs() that are really read, sorted.
  std::vector<std::string> uses() const;
  const std::vector<std::string>& needs() const;
  /// Missing values are null. limit_exceeded when the budget is gone.
  Result<Value> evaluate(const std::vector<Value>& values, const Environment& environment) const;
  Result<Value> evaluate(const std::vector<std::pair<std::string, Value>>& values, const Environment& environment) const;
  /// The `note` members of the rules that fire for these values (decision tables), in rule order.
  Result<std::vector<json::Value>> notes(const std::vector<std::pair<std::string, Value>>& values, const Environment& environment) const;
  explicit operator bool() const { return data_ != nullptr; }

 private:
  friend class DecisionReader;
  std::shared_ptr<const struct DecisionData> data_;
};

/// Compiles one decision. `needed` are the decisions it may name in `needs` (already compiled); their results are
/// visible by their names ("dog-fee" is also visible as dog_fee). On failure the error is the first diagnostic.
Result<Decision> compile_decision(const json::Value& definition, const Scope& scope, Diagnostics& diagnostics,
                                  const std::vector<Decision>& needed = {});

/// Several decisions that need each other: compiles them in the order of need, whatever their order in the list.
/// Pointers begin with the index of the definition. A cycle is a fault. The result has the order of the list.
Result<std::vector<Decision>> compile_decisions(const json::Value::Array& definitions, const Scope& scope, Diagnostics& diagnostics);

}  // namespace machiya::feel
