// The subset of JSON Schema (draft 2020-12) that types definitions: it turns the untyped tree of a file into JSON, scalar
// by scalar as the schema says, and names every fault with what would be right.
//
// Known keywords: $ref (#/$defs/x, FILE.schema.json#/$defs/x), $defs, type, properties, required, additionalProperties, unevaluatedProperties,
// propertyNames (pattern only), items, minItems, maxItems, uniqueItems, enum, const, pattern, minLength, maxLength, minimum,
// maximum, allOf (parts that do not contradict), oneOf with discriminator or by the form of the node; annotations: $schema, $id, title, description, examples.
// Our own: x-hint {ja, en} says what is right when a pattern does not match; x-ref "workflow" names another definition
// (list: any of these kinds); x-feel marks an expression; x-answers "/procedure" types the members of an object as answers
// to that procedure (typed_answers.h). Any other keyword is refused when the schema is compiled.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/pattern.h"
#include "base/result.h"
#include "city/yaml.h"

namespace machiya::city {

/// The text of a schema of this house: "procedure", "workflow", "room", "common" … Empty when there is none.
std::string_view schema_text(std::string_view name);
/// The names of all of them, sorted.
std::vector<std::string> schema_names();

/// One compiled schema node. Owned by its Schema.
struct SchemaNode {
  enum Type : std::uint8_t { kString = 1, kInteger = 2, kNumber = 4, kBoolean = 8, kObject = 16, kArray = 32 };
  struct Property {
    std::string name;
    const SchemaNode* schema = nullptr;
    bool required = false;
  };
  std::uint8_t types = 0;                      ///< 0: anything; scalars stay text
  std::vector<Property> properties;
  const SchemaNode* additional = nullptr;      ///< schema of other members
  bool additional_allowed = true;
  std::unique_ptr<Pattern> names;              ///< propertyNames
  const SchemaNode* items = nullptr;
  std::size_t min_items = 0, max_items = SIZE_MAX;
  bool unique_items = false;
  std::vector<std::string> values;             ///< enum and const, as text
  std::unique_ptr<Pattern> pattern;
  std::size_t min_length = 0, max_length = SIZE_MAX;
  bool has_minimum = false, has_maximum = false;
  double minimum = 0, maximum = 0;
  std::vector<const SchemaNode*> one_of;
  std::string discriminator;
  std::string hint_ja, hint_en;
  std::vector<std::string> refs;               ///< x-ref
  bool feel = false;
  std::string answers;                         ///< x-answers

  const Property* property(std::string_view name) const;
};

/// A compiled schema. Immutable; thread-safe.
class Schema {
 public:
  /// `text` is JSON. Fails with definition_error at an unknown keyword, a bad pattern or a reference to nothing.
  static Result<std::shared_ptr<const Schema>> compile(std::string_view text);
  const SchemaNode& root() const { return *root_; }

 private:
  friend class SchemaCompiler;
  Schema() = default;
  std::vector<std::unique_ptr<SchemaNode>> nodes_;
  std::map<std::string, const SchemaNode*> by_place_;   ///< "file#pointer" of every $ref target
  const SchemaNode* root_ = nullptr;
};

/// Types `node` by `schema`; reports every fault. The value is complete where the node was right.
json::Value check_node(const Node& node, const SchemaNode& schema, std::vector<PlacedFault>& faults);

/// A reference to another definition found in a typed body.
struct Reference {
  const SchemaNode* schema = nullptr;   ///< its refs are the kinds that may be meant
  std::string pointer;
  std::string id;
};
/// Every x-ref of a typed body, in order.
std::vector<Reference> references(const json::Value& body, const SchemaNode& schema);
/// The variant of a oneOf that fits a typed value; the schema itself when there is no choice.
const SchemaNode* variant_of(const json::Value& value, const SchemaNode* schema);

}  // namespace machiya::city
