// DMN models (OMG DMN 1.3–1.5 XML): decisions, inputs, knowledge models, decision services, imports. Pure.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "feel/feel.h"

namespace machiya::feel {

using NamedValues = std::vector<std::pair<std::string, Value>>;

/// A loaded model: immutable, thread-safe, cheap to copy. A fault within one decision leaves that decision null
/// (as DMN asks); faults() tells all of them.
class Model {
 public:
  /// Missing inputs are null; values are coerced to the declared types (null where they do not fit).
  Result<Value> evaluate_decision(std::string_view name, const NamedValues& inputs, const Environment& environment) const;
  /// Calls a decision service or knowledge model with named arguments.
  Result<Value> invoke(std::string_view name, const NamedValues& arguments, const Environment& environment) const;
  /// The value of one output decision of a service when it is called with these arguments.
  Result<Value> invoke_output(std::string_view service, std::string_view output, const NamedValues& arguments, const Environment& environment) const;
  std::vector<std::string> decisions() const;
  /// Declared type of an input or decision; any when unknown.
  Type type(std::string_view name) const;
  const std::vector<std::string>& faults() const;

 private:
  friend Result<Model> load_dmn(std::string_view, const std::vector<std::string>&);
  std::shared_ptr<const struct ModelData> data_;
};

/// `imports` are the texts of the models that this one imports, directly or not (any others are ignored).
Result<Model> load_dmn(std::string_view xml, const std::vector<std::string>& imports = {});

}  // namespace machiya::feel
