// The inside of a loaded DMN model. Internal to feel.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "feel/boxed.h"
#include "feel/dmn.h"
#include "feel/xml.h"

namespace machiya::feel {

/// Allowed values of a type, with those of its parts.
struct Constraint {
  NodePtr each;             ///< unary tests on the value (or each element of a collection) in slot 0
  NodePtr whole;            ///< unary tests on the whole value in slot 0
  int slots = 1;
  bool collection = false;
  std::shared_ptr<const Constraint> base;
  std::vector<std::pair<std::string, std::shared_ptr<const Constraint>>> members;
};
using ConstraintPtr = std::shared_ptr<const Constraint>;
/// True when the value satisfies the constraint; null always does unless the tests refuse it.
bool satisfies(Machine& m, const Value& v, const Constraint& c);

struct NamedType {
  Type type;
  ConstraintPtr constraint;
};

/// One input, decision, knowledge model or decision service.
struct ModelItem {
  enum class Kind : std::uint8_t { input, decision, knowledge, service };
  struct Need {
    std::size_t item;
    std::string import;  ///< the name under which its model is imported; empty for the own model
  };
  Kind kind = Kind::input;
  std::string space, id, name;
  NamedType type;
  std::vector<Need> needs;
  std::vector<std::size_t> parameters, outputs;  ///< of a service
  BoxedPtr logic;
  std::shared_ptr<const CompiledExpression> compiled;
  std::vector<std::pair<std::string, std::vector<std::size_t>>> scope;  ///< slot name → item, or members of an import
  std::vector<bool> scope_is_import;
};

struct ModelData {
  std::string space;  ///< namespace of the main model
  std::vector<ModelItem> items;
  std::vector<std::string> faults;
  const ModelItem* find(std::string_view name, ModelItem::Kind kind) const;
  std::size_t index(const ModelItem& item) const { return static_cast<std::size_t>(&item - items.data()); }
};

/// One namespace's types by name, read from item definitions.
class TypeReader {
 public:
  TypeReader(const xml::Element& definitions, std::map<std::string, TypeReader*, std::less<>> imports, std::vector<std::string>& faults)
      : definitions_(definitions), imports_(std::move(imports)), faults_(faults) {}
  /// "number", "tPerson", "imported.tPerson"; any when empty or unknown.
  NamedType named(std::string_view ref, int depth = 0);
  void set_imports(std::map<std::string, TypeReader*, std::less<>> imports) { imports_ = std::move(imports); }
  /// For texts: all names with their types.
  const TypeNames& names();

 private:
  NamedType read(const xml::Element& definition, int depth);
  ConstraintPtr constrain(const xml::Element& definition, const NamedType& base, bool collection);
  NodePtr tests(const std::string& text, int& slots);
  const xml::Element& definitions_;
  std::map<std::string, TypeReader*, std::less<>> imports_;
  std::vector<std::string>& faults_;
  std::map<std::string, NamedType, std::less<>> known_;
  TypeNames names_;
  bool listed_ = false;
};

/// The boxed expression among an element's children, or nothing.
BoxedPtr read_logic(const xml::Element& parent, TypeReader& types);
BoxedPtr read_boxed(const xml::Element& e, TypeReader& types);

/// One evaluation of a model.
class ModelRun {
 public:
  ModelRun(const ModelData& data, Machine& m) : data_(data), m_(m), values_(data.items.size()), known_(data.items.size()) {}
  void set(std::size_t item, Value v);
  /// Raw input by name for the main model's inputs and "import.name" for others.
  void set_input(std::string_view name, const Value& v);
  Value value(std::size_t item);

 private:
  Value work_out(std::size_t item);
  const ModelData& data_;
  Machine& m_;
  std::vector<Value> values_;
  std::vector<char> known_;
  int depth_ = 0;
};
/// v as the type wants it; null when it does not fit or is not allowed.
Value conformed(Machine& m, const Value& v, const NamedType& type);

}  // namespace machiya::feel
